"""How an answer names a row of another list: by what never changes, so that the row need not move with it."""

from typing import Any

from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _


class InstitutionReference(serializers.Serializer[Any]):
    """An institution, to be looked up in the directory."""

    id = serializers.UUIDField(source="public_id")
    credit_code = serializers.CharField(help_text=_("Unified social credit code"))


class DistrictReference(serializers.Serializer[Any]):
    """A district, to be looked up in the reference data."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()


class OccupationReference(serializers.Serializer[Any]):
    """An occupation, to be looked up in the reference data."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()


class FieldReference(serializers.Serializer[Any]):
    """A field of the Plan, to be looked up in the reference data."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()


class DaysOutput(serializers.Serializer[Any]):
    """Days on which something holds. It ends before the last one named here, or is open."""

    begins_on = serializers.DateField(source="lower", allow_null=True)
    ends_before = serializers.DateField(source="upper", allow_null=True)
