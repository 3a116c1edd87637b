"""How answers about money name what they are about: by what never changes."""

from typing import Any

from rest_framework import serializers


class ClassReference(serializers.Serializer[Any]):
    """A training class, to be looked up among the classes."""

    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField()


class CertificateReference(serializers.Serializer[Any]):
    """A level certificate, to be looked up among the certificates."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()


class ClaimReference(serializers.Serializer[Any]):
    """A reimbursement claim, to be looked up among the claims."""

    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField()


class EntitlementReference(serializers.Serializer[Any]):
    """A decision, to be looked up among the entitlements."""

    id = serializers.UUIDField(source="public_id")


INSTITUTION_EXAMPLE = {"id": "5b1c7a52-0a4f-4f0c-8d52-8f6f0f1f2a11", "credit_code": "91500000MA5U000011"}
DISTRICT_EXAMPLE = {"id": "7e5a1f5e-3c1d-4f6b-9a55-0d9b1c2e3f12", "code": "500112"}
CLASS_EXAMPLE = {"id": "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10", "reference": "TC-2026-000017"}
CLAIM_EXAMPLE = {"id": "3a6b0f7e-8f52-4d31-9d6e-2c6a1e0b4c15", "reference": "TC-2026-000017-1"}
CERTIFICATE_EXAMPLE = {"id": "c1d2e3f4-5a6b-4c7d-8e9f-0a1b2c3d4e16", "number": "2600000000000017"}
ENROLLMENT_EXAMPLE = "e5f60718-293a-4b4c-8d5e-6f708192a317"
