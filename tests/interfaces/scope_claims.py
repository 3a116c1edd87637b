"""What the world of two offices holds of reimbursement claims: of other classes of the same institution."""

from datetime import timedelta
from types import SimpleNamespace

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from enrollment.models import TrainingClass
from institutions.models import Delegation, District
from subsidies.models import SubsidyClaim
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    ClaimQueryFactory,
    SubsidyClaimFactory,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import InstitutionAccountFactory, UserFactory


def claim_rows(training_class: TrainingClass) -> dict[str, object]:
    """Return a claim in each state that somebody answers, what was spent on a class, a file and a question."""
    submitted = _claim_beside(training_class, submitted=True)
    other = _class_beside(training_class)
    return {
        "claim": _claim_beside(training_class),
        "submitted_claim": submitted,
        "recommended_claim": _claim_beside(training_class, recommended=True),
        "claim_question": ClaimQueryFactory(claim=submitted),
        "advance": AdvanceFactory(training_class=other),
        "claim_evidence": ClaimEvidenceFactory(training_class=other),
        "institution_account": InstitutionAccountFactory(institution=training_class.institution),
        "delegation": _delegation_in(training_class.district),
        # It is found by its key.
        "live_district": SimpleNamespace(address=[training_class.district_id]),
    }


def _claim_beside(training_class: TrainingClass, **values: object) -> SubsidyClaim:
    claim: SubsidyClaim = SubsidyClaimFactory(training_class=_class_beside(training_class), **values)
    return claim


def _class_beside(training_class: TrainingClass) -> TrainingClass:
    """Return another completed class of the same institution and district."""
    found: TrainingClass = TrainingClassFactory(
        completed=True, institution=training_class.institution, district=training_class.district
    )
    return found


def _delegation_in(district: District) -> Delegation:
    """Return one person of a district who stands in for another one these days."""
    absent, stand_in = UserFactory.create_batch(2, district_reviewer=True, district=district)
    today = timezone.localdate()
    return Delegation.objects.create(
        delegator=absent,
        delegate=stand_in,
        in_force=DateRange(today, today + timedelta(days=5)),
        reason="Annual leave.",
        given_by=absent,
        given_at=NOW,
    )
