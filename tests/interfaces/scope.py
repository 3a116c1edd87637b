"""A small world of two offices, and the way to every page, for the tests of who sees what."""

import json
from collections.abc import Iterator
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any

from django.test import Client
from django.urls import URLResolver, get_resolver

from assessment.services.credential_keys import register_credential_keys
from institutions.enums import (
    DISTRICT_ROLES,
    EVALUATION_ROLES,
    MUNICIPAL_ROLES,
    PEOPLE_ROLES,
    TRAINING_ROLES,
    Role,
)
from tests.clock import NOW
from tests.enrollment.rosters import person
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    CertificateRevocationFactory,
    MarkReviewFactory,
)
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.identity import (
    EvidenceCorrectionFactory,
    ExportFactory,
    IdentityCorrectionFactory,
    TraineeMergeFactory,
)
from tests.factories.institutions import DistrictFactory, InstitutionFactory, UserFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.partners import PartnerClientFactory
from tests.factories.recoveries import RecoverySettlementFactory
from tests.factories.subsidies import RecoveryFactory, assembled_batch, granted_certificate
from tests.factories.training import LessonFactory
from tests.interfaces.scope_claims import claim_rows
from tests.interfaces.scope_money import bank_rows, budget_rows

OFFICES = {
    "municipal": MUNICIPAL_ROLES,
    "district": DISTRICT_ROLES,
    "training": TRAINING_ROLES,
    "evaluation": EVALUATION_ROLES,
}


def kind_of(role: Role) -> str:
    return next(kind for kind, roles in OFFICES.items() if role in roles)


def routes(resolver: Any = None, space: str = "") -> Iterator[str]:
    """Yield the name of every route, or its pattern where it has no name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        else:
            yield space + (entry.name or str(entry.pattern))


def two_offices() -> SimpleNamespace:
    """Return two certificates with all that came before them, the batch of both, and what could betray the second."""
    register_credential_keys(now=NOW)
    chains = [
        granted_certificate(
            attempt__enrollment__trainee__with_account=True,
            attempt__enrollment__roster_row__cells=json.dumps(person(number)),
        )
        for number in range(2)
    ]
    batch = assembled_batch(0)
    own, other = (rows_of(chain, batch) for chain in chains)
    own["sign_ins"] = {
        (role, is_own): signed_in(role, own, is_own=is_own)
        for role in PEOPLE_ROLES
        for is_own in (True, False)
    }
    return SimpleNamespace(own=own, other=other)


def rows_of(certificate, batch):
    attempt = certificate.attempt
    enrollment = attempt.enrollment
    return {
        "certificate": certificate,
        "session": attempt.session,
        "results": attempt.results_upload,
        "candidate": attempt.session.candidates.get(trainee=attempt.trainee),
        "class": enrollment.training_class,
        "institution": enrollment.training_class.institution,
        "enrollment": enrollment,
        "lesson": LessonFactory(training_class=enrollment.training_class),
        "correction": IdentityCorrectionFactory(enrollment=enrollment),
        "evidence_correction": EvidenceCorrectionFactory(enrollment=enrollment),
        "export": ExportFactory(training_class=enrollment.training_class),
        "merge": TraineeMergeFactory(),
        "roster": enrollment.roster_row.upload,
        "batch": batch,
        "bank_format": BankFormatFactory(),
        **bank_rows(),
        # Of somebody else in a session of the same institution: it freezes nobody's money.
        "review": MarkReviewFactory(attempt__session__institution=attempt.session.institution),
        "result_correction": AttemptCorrectionFactory(
            attempt__session__institution=attempt.session.institution
        ),
        # Against another decision of the same district: it holds nobody's money here.
        **budget_rows(enrollment.training_class.district),
        **claim_rows(enrollment.training_class),
        "partner_client": PartnerClientFactory(),
        "recovery": RecoveryFactory(),
        "settlement": RecoverySettlementFactory(),
        "objection": ObjectionFactory(entitlement__district=enrollment.training_class.district),
        "revocation": CertificateRevocationFactory(
            certificate__attempt__session__institution=attempt.session.institution
        ),
    }


def canaries(rows) -> dict[str, str]:
    return {
        "class": rows["class"].reference,
        "session": rows["session"].reference,
        "certificate": rows["certificate"].number,
    }


def browser_of(role: Role, rows: Any, *, is_own: bool) -> Client:
    """Return a browser of somebody with this role in the office of these rows, or in another."""
    client = Client()
    client.cookies = SimpleCookie(rows["sign_ins"][role, is_own])
    return client


def signed_in(role: Role, rows: Any, *, is_own: bool) -> str:
    """Sign somebody with this role in and return the cookies that say so."""
    client = Client()
    office: dict[str, object] = {}
    if role in DISTRICT_ROLES:
        office = {"district": rows["class"].district if is_own else DistrictFactory()}
    elif role in TRAINING_ROLES:
        office = {"institution": rows["class"].institution if is_own else InstitutionFactory()}
    elif role in EVALUATION_ROLES:
        office = {"institution": rows["session"].institution if is_own else InstitutionFactory()}
    client.force_login(UserFactory(**{role.lower(): True}, **office))
    return client.cookies.output(header="", sep=";")
