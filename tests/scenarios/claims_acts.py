"""What happens to the claims of a scenario, each by the real service."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from institutions.enums import Role
from institutions.models import User
from subsidies import queries
from subsidies.enums import LineRefusal, LineVerdict, ObjectionKind, ObjectionStatus
from subsidies.models import ClaimQuery, NoticeLine
from subsidies.services.claim_clocks import hand_over_claims
from subsidies.services.claim_confirmations import (
    ClaimSeen,
    confirm_claim,
    confirm_claims,
    refuse_recommended_claim,
    return_claim_to_district,
)
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.claim_reviews import (
    LineJudgement,
    accept_unflagged_lines,
    answer_about_claim,
    ask_about_claim,
    recommend_claim,
    refuse_claim,
    return_claim,
    review_lines,
)
from subsidies.services.claim_sweeps import lapse_claims, open_due_claims, reckon_due_claims
from subsidies.services.claims import extend_claim_window, open_claim, submit_claim, withdraw_claim
from subsidies.services.objections import (
    ObjectionEntry,
    decide_objection,
    follow_upheld_objections,
    raise_objection,
)
from tests.scenarios.banking import pay
from tests.scenarios.claims_given import manager
from tests.scenarios.claims_story import Step, step
from tests.scenarios.claims_world import ClassWorld

WHY = "The attendance sheets were compared."


# ── What the institution does ────────────────────────────────────────────────────────────────────────────
def opens(label: str) -> Step:
    """The institution opens the claim of a class."""
    return step(
        lambda world: open_claim(
            class_id=world.classes[label].pk, opener=manager(world, label), now=world.now
        )
    )


def submits(label: str) -> Step:
    """The institution hands its claim in."""
    return step(
        lambda world: submit_claim(
            claim_id=world.claim(label).pk, submitter=manager(world, label), now=world.now
        )
    )


def hands_in(label: str) -> Step:
    """The institution opens a claim and hands it in."""
    return step(lambda world: (opens(label)(world), submits(label)(world)))


def withdraws(label: str) -> Step:
    """The institution takes its claim back for good."""
    return step(
        lambda world: withdraw_claim(
            claim_id=world.claim(label).pk,
            withdrawer=manager(world, label),
            reason="Opened by mistake.",
            now=world.now,
        )
    )


def more_time(label: str, until: str) -> Step:
    """The bureau gives the institution time until a day."""
    return step(
        lambda world: extend_claim_window(
            claim_id=world.claim(label).pk,
            extender=world.someone(Role.MUNICIPAL_REVIEWER, 4),
            until=date.fromisoformat(until),
            reason="The archive had burnt.",
            now=world.now,
        )
    )


def answers(label: str) -> Step:
    """The institution answers what it was asked last."""
    return step(
        lambda world: answer_about_claim(
            question_id=ClaimQuery.objects.filter(claim=world.claim(label)).latest("pk").pk,
            answer="Our trainer Li.",
            answerer=manager(world, label),
            now=world.now,
        )
    )


# ── What happens by itself ───────────────────────────────────────────────────────────────────────────────
def later() -> Step:
    """An hour goes by."""
    return step(lambda world: setattr(world, "now", world.now + timedelta(hours=1)))


def looks() -> Step:
    """Two hours later the workers open what is due, reckon anew what moved, and let lapse what is over."""

    def take(world: ClassWorld) -> None:
        world.now += timedelta(hours=2)
        open_due_claims(now=world.now)
        reckon_due_claims(now=world.now)
        lapse_claims(now=world.now)

    return take


def follows() -> Step:
    """Two days later money follows what changed about confirmed claims."""

    def take(world: ClassWorld) -> None:
        world.now += timedelta(days=2)
        follow_changed_claims(now=world.now)

    return take


def opens_payments() -> Step:
    """The payments of what is confirmed are opened, as far as there is money."""
    return step(lambda world: open_claim_payments(now=world.now))


def follows_objections() -> Step:
    """Money follows what was upheld."""
    return step(lambda world: follow_upheld_objections(now=world.now))


# ── What the district says ───────────────────────────────────────────────────────────────────────────────
def reviewer(world: ClassWorld, label: str) -> User:
    """Return who reviews for the claim's district."""
    return world.of_district(world.claim(label).district, 1)


def accepts(label: str) -> Step:
    """The district accepts every line that raises no question."""
    return step(
        lambda world: accept_unflagged_lines(
            claim_id=world.claim(label).pk,
            reckoning_id=world.claim(label).reckoning_id,
            reviewer=reviewer(world, label),
            now=world.now,
        )
    )


def refuses_line(label: str, name: str, code: str = LineRefusal.ATTENDANCE_NOT_CREDIBLE) -> Step:
    """The district refuses one person's line."""
    return judges(label, name, LineVerdict.REFUSED, code)


def accepts_line(label: str, name: str) -> Step:
    """The district accepts one person's line."""
    return judges(label, name, LineVerdict.ACCEPTED)


def judges(label: str, name: str, verdict: LineVerdict, code: str = "") -> Step:
    return step(
        lambda world: review_lines(
            claim_id=world.claim(label).pk,
            judgements=[LineJudgement(world.line(name).pk, verdict, code)],
            reviewer=reviewer(world, label),
            now=world.now,
        )
    )


def asks(label: str) -> Step:
    """The district asks the institution something."""
    return step(
        lambda world: ask_about_claim(
            claim_id=world.claim(label).pk,
            question="Who taught on 9 March?",
            reviewer=reviewer(world, label),
            now=world.now,
        )
    )


def recommends(label: str) -> Step:
    """The district signs the claim as it stands."""
    return step(
        lambda world: recommend_claim(
            claim_id=world.claim(label).pk,
            sha256=page(world, label),
            reviewer=reviewer(world, label),
            now=world.now,
        )
    )


def page(world: ClassWorld, label: str) -> str:
    """Return the digest of what somebody sees who opens the claim now."""
    return queries.sha256_to_sign(world.claim(label).reckoning)


def reviews(label: str, *, refusing: Sequence[str] = ()) -> Step:
    """The district refuses some lines, accepts the others, and recommends the claim."""

    def take(world: ClassWorld) -> None:
        for name in refusing:
            refuses_line(label, name)(world)
        accepts(label)(world)
        recommends(label)(world)

    return take


def returns(label: str) -> Step:
    """The district gives the claim back."""
    return _says(return_claim, label)


def refuses(label: str) -> Step:
    """The district ends the claim."""
    return _says(refuse_claim, label)


def _says(verb: Callable[..., object], label: str) -> Step:
    return step(
        lambda world: verb(
            claim_id=world.claim(label).pk, reason=WHY, reviewer=reviewer(world, label), now=world.now
        )
    )


def handed_over(district: str, successor: str) -> Step:
    """What a district had is given to its successor."""
    return step(
        lambda world: hand_over_claims(
            from_district_id=world.district(district).pk,
            to_district_id=world.district(successor).pk,
            claim_ids=None,
            reason="Merged.",
            actor=world.someone(Role.MUNICIPAL_OPERATOR),
            now=world.now,
        )
    )


# ── What the municipal bureau says ───────────────────────────────────────────────────────────────────────
def confirms(label: str, by: int = 0) -> Step:
    """The first or another municipal reviewer signs the claim as it stands."""
    return step(
        lambda world: confirm_claim(
            claim_id=world.claim(label).pk,
            sha256=page(world, label),
            confirmer=world.someone(Role.MUNICIPAL_REVIEWER, by),
            now=world.now,
        )
    )


def confirms_together(*labels: str, left_out: dict[str, str] | None = None) -> Step:
    """A municipal reviewer signs several claims at a stroke; some are left out, for these reasons."""

    def take(world: ClassWorld) -> None:
        done = confirm_claims(
            claims=[ClaimSeen(world.claim(label).pk, page(world, label)) for label in labels],
            confirmer=world.someone(Role.MUNICIPAL_REVIEWER),
            now=world.now,
        )
        expected = {world.claim(label).pk: code for label, code in (left_out or {}).items()}
        assert {each.claim_id: each.code for each in done.left_out} == expected

    return take


def sends_back(label: str) -> Step:
    """The municipal bureau sends the claim back to the district."""
    return _decides(return_claim_to_district, label)


def refuses_recommended(label: str) -> Step:
    """The municipal bureau ends the claim."""
    return _decides(refuse_recommended_claim, label)


def _decides(verb: Callable[..., object], label: str) -> Step:
    return step(
        lambda world: verb(
            claim_id=world.claim(label).pk,
            reason=WHY,
            confirmer=world.someone(Role.MUNICIPAL_REVIEWER, 3),
            now=world.now,
        )
    )


def agreed(label: str) -> Step:
    """The claim is handed in, reviewed and confirmed, and nobody finds anything."""
    return step(lambda world: (hands_in(label)(world), reviews(label)(world), confirms(label)(world)))


def agreed_and_opened(label: str) -> Step:
    """The claim is handed in, reviewed and confirmed, and its payment is opened."""
    return step(lambda world: (agreed(label)(world), opens_payments()(world)))


def agreed_and_paid(label: str) -> Step:
    """The claim is handed in, reviewed, confirmed and paid."""
    return step(lambda world: (agreed_and_opened(label)(world), pay()(world)))


# ── Objections ───────────────────────────────────────────────────────────────────────────────────────────
def objects_to(label: str, kind: str = "PUBLIC") -> Step:
    """The public objects to the line on the notice, or an OFFICE to the claim."""

    def take(world: ClassWorld) -> None:
        is_public = kind == "PUBLIC"
        world.waiting[f"objection {label}"] = raise_objection(
            claim_id=world.claim(label).pk,
            entry=ObjectionEntry(ObjectionKind(kind), "Half of the class never came.", "李四", "13800000000"),
            notice_line_id=NoticeLine.objects.filter(payment=world.payment(label)).latest("pk").pk
            if is_public
            else None,
            raised_by=None if is_public else world.someone(Role.MUNICIPAL_OPERATOR),
            now=world.now,
        )

    return take


def objection_is(outcome: str, label: str) -> Step:
    """Somebody who has signed nothing upholds or dismisses what was said: "UPHELD" or "DISMISSED"."""
    return step(
        lambda world: decide_objection(
            objection_id=world.waiting[f"objection {label}"].pk,
            decider=world.someone(Role.MUNICIPAL_REVIEWER, 5),
            outcome=ObjectionStatus(outcome),
            reason=WHY,
            now=world.now,
        )
    )
