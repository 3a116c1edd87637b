"""Claims on their way through the bureaus, through the services, and the people who deal with them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from institutions.models import Delegation, District, DistrictSuccession, User
from institutions.services.delegations import Absence, give_delegation
from subsidies import queries
from subsidies.enums import LineRefusal, LineVerdict
from subsidies.models import ClaimLine, ClaimQuery, SubsidyClaim, TrainingPolicyVersion
from subsidies.services.claim_confirmations import confirm_claim
from subsidies.services.claim_reviews import (
    LineJudgement,
    accept_unflagged_lines,
    answer_about_claim,
    ask_about_claim,
    recommend_claim,
    review_lines,
)
from subsidies.services.claims import submit_claim
from tests.clock import NOW
from tests.factories.claims import institution_user, open_training, ready_to_submit
from tests.factories.institutions import DistrictFactory, UserFactory

TODAY = NOW.date()


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────
def reviewer_of(claim: SubsidyClaim, **values: object) -> User:
    """Return somebody of the claim's district."""
    return UserFactory(**{"district_reviewer": True, "district": claim.district, **values})


def municipal_reviewer() -> User:
    """Return somebody who confirms."""
    return UserFactory(municipal_reviewer=True)


def stands_in(
    stand_in: User, absent: User, *, first: date = TODAY, last: date = TODAY, now: datetime = NOW
) -> Delegation:
    """Let somebody do an absent colleague's work."""
    absence = Absence(absent.pk, stand_in.pk, first, last, "Annual leave.")
    return give_delegation(absence=absence, giver=absent, now=now)


def retire(district: District, *, successor: District | None = None) -> District:
    """Let a district end before today, and another one take over from it; return that one."""
    heir = successor or DistrictFactory()
    District.objects.filter(pk=district.pk).update(in_force=DateRange(date(2025, 1, 1), TODAY))
    DistrictSuccession.objects.create(predecessor=district, successor=heir)
    return heir


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────
def submitted_claim(passes: Sequence[bool] = (True, True), **policy: object) -> SubsidyClaim:
    """Return a claim that was just handed in to its district."""
    if not TrainingPolicyVersion.objects.exists():
        open_training(**policy)
    claim = ready_to_submit(passes)
    submitter = institution_user(claim.training_class)
    return fresh(submit_claim(claim_id=claim.pk, submitter=submitter, now=NOW))


def recommended_claim(passes: Sequence[bool] = (True, True), **policy: object) -> SubsidyClaim:
    """Return a claim whose lines the district has accepted, and that it has recommended."""
    claim = submitted_claim(passes, **policy)
    reviewer = reviewer_of(claim)
    accept_all(claim, reviewer)
    return recommended(claim, reviewer)


def fresh(claim: SubsidyClaim) -> SubsidyClaim:
    """Return a claim as it stands in the database, with its reckoning."""
    return SubsidyClaim.objects.select_related("reckoning", "district", "training_class").get(pk=claim.pk)


def page_of(claim: SubsidyClaim) -> str:
    """Return the hash of what a person who opens the claim now would sign."""
    reckoning = fresh(claim).reckoning
    assert reckoning is not None
    return queries.sha256_to_sign(reckoning)


def lines_of(claim: SubsidyClaim) -> list[ClaimLine]:
    """Return the lines of the reckoning that holds now."""
    return list(ClaimLine.objects.filter(reckoning=fresh(claim).reckoning_id).order_by("line_number"))


# ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────
def accept_all(claim: SubsidyClaim, reviewer: User, now: datetime = NOW) -> int:
    """Accept every line of a claim as it stands."""
    reckoning_id = fresh(claim).reckoning_id
    assert reckoning_id is not None
    return accept_unflagged_lines(claim_id=claim.pk, reckoning_id=reckoning_id, reviewer=reviewer, now=now)


def accepting(line: ClaimLine) -> LineJudgement:
    return LineJudgement(line.pk, LineVerdict.ACCEPTED)


def refusing(line: ClaimLine, code: str = LineRefusal.NOT_TRAINED_HERE, note: str = "") -> LineJudgement:
    return LineJudgement(line.pk, LineVerdict.REFUSED, code, note)


def judge(
    claim: SubsidyClaim, *judgements: LineJudgement, reviewer: User | None = None, now: datetime = NOW
) -> SubsidyClaim:
    """Say something of some lines, as somebody of the district."""
    who = reviewer or reviewer_of(claim)
    return review_lines(claim_id=claim.pk, judgements=judgements, reviewer=who, now=now)


def recommended(claim: SubsidyClaim, reviewer: User | None = None, now: datetime = NOW) -> SubsidyClaim:
    """Recommend a claim as it stands, as somebody of the district."""
    who = reviewer or reviewer_of(claim)
    return fresh(recommend_claim(claim_id=claim.pk, sha256=page_of(claim), reviewer=who, now=now))


def confirmed(claim: SubsidyClaim, confirmer: User | None = None, now: datetime = NOW) -> SubsidyClaim:
    """Sign a claim as it stands, as somebody of the municipal bureau."""
    who = confirmer or municipal_reviewer()
    return fresh(confirm_claim(claim_id=claim.pk, sha256=page_of(claim), confirmer=who, now=now))


def asked(
    claim: SubsidyClaim,
    *,
    enrollment_id: int | None = None,
    now: datetime = NOW,
    reviewer: User | None = None,
) -> ClaimQuery:
    """Ask the institution something."""
    return ask_about_claim(
        claim_id=claim.pk,
        question="Who taught on 9 March?",
        reviewer=reviewer or reviewer_of(claim),
        enrollment_id=enrollment_id,
        now=now,
    )


def answered(question: ClaimQuery, now: datetime = NOW) -> ClaimQuery:
    """Answer a question, as the institution's manager."""
    answerer = institution_user(question.claim.training_class)
    return answer_about_claim(question_id=question.pk, answer="Our trainer Li.", answerer=answerer, now=now)


def in_days(days: int) -> datetime:
    """Return the same hour some days later."""
    return NOW + timedelta(days=days)
