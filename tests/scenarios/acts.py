"""What happens in a scenario, each by the real service. Workers are told to look whenever somebody might have."""

from datetime import timedelta
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange

from demo.identifiers import make_card_number, make_cnaps
from enrollment.models import Enrollment
from enrollment.queries import rows_of_persons
from enrollment.services.accounts import AccountDetails, correct_bank_account
from institutions.enums import Role
from institutions.models import DistrictSuccession
from subsidies.enums import BudgetChangeKind, ObjectionKind, ObjectionStatus
from subsidies.models import Budget, NoticeLine, OtherSubsidy
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.objections import (
    ObjectionEntry,
    decide_objection,
    follow_upheld_objections,
    raise_objection,
)
from subsidies.services.other_subsidies import record_other_subsidy, withdraw_other_subsidy
from subsidies.services.revocations import follow_ended_certificates
from tests.factories.budgets import approved, proposed_change
from tests.factories.identity import evidence_is_corrected
from tests.scenarios.story import Step, step
from tests.scenarios.world import CITY, World, at_ten
from tests.subsidies import histories

# More than anything here needs: each one brings at least one certificate to its end.
SWEEPS = 10


# ── Time and workers ─────────────────────────────────────────────────────────────────────────────────────
def on(day: str) -> Step:
    """The day is this one by now."""
    return step(lambda world: setattr(world, "now", at_ten(day)))


def decide() -> Step:
    """The workers decide whatever waits."""
    return step(lambda world: decide_due_certificates(now=world.now))


def sweep() -> Step:
    """The workers look, as often as it takes, until nothing is left that they could do by themselves."""

    def take(world: World) -> None:
        for _ in range(SWEEPS):
            if not sweep_once(world):
                return
        raise AssertionError("The workers never come to an end.")

    return take


def sweep_once(world: World) -> int:
    """Let money follow what ended and decide what waits, and return how much was done."""
    followed = follow_upheld_objections(now=world.now) + follow_ended_certificates(now=world.now)
    return followed + decide_due_certificates(now=world.now)


def publish() -> Step:
    """The notices of the day are published."""
    return step(lambda world: publish_notices(now=world.now))


def close() -> Step:
    """The notices whose last day is over are closed, and payments go on from them."""
    return step(lambda world: close_notices(now=world.now))


# ── Results and certificates ─────────────────────────────────────────────────────────────────────────────
def revoke(label: str) -> Step:
    """One person proposes to revoke the certificate, and another one does."""
    return step(lambda world: histories.revoke(world.certificate(label)))


def question(label: str) -> Step:
    """Somebody proposes to revoke the certificate. Nobody has decided."""
    return step(lambda world: histories.question(world.certificate(label)))


def reissue(label: str, anew: str) -> Step:
    """Another certificate is issued in the place of one, and bears another label."""

    def take(world: World) -> None:
        world.certificates[anew] = histories.reissue(world.certificate(label))
        world.sittings[anew] = world.sittings[label]

    return take


def correct(label: str, outcome: str, anew: str = "") -> Step:
    """A result is corrected by two people. One that becomes a pass has a certificate, with a label of its own."""

    def take(world: World) -> None:
        histories.correct(world.sittings[label], outcome)
        if anew:
            world.certificates[anew] = world.new_certificate_of(label)
            world.sittings[anew] = world.sittings[label]

    return take


def appeal(label: str) -> Step:
    """An appeal against a result is opened: the person is frozen until it is closed."""
    return step(
        lambda world: world.waiting.update({f"appeal {label}": histories.appeal(world.sittings[label])})
    )


def dismiss_appeal(label: str) -> Step:
    """The appeal is closed: the result stands."""
    return step(lambda world: histories.uphold(world.waiting.pop(f"appeal {label}")))


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────
def merge(kept: str, merged: str) -> Step:
    """Two rows turn out to be one person, and the first stands for both."""
    return step(lambda world: histories.merge(world.person(kept), world.person(merged)))


def account(name: str, *, same_as: str = "", cnaps: str = "", number: str = "") -> Step:
    """An account of the person arrives: a new one, the very same as somebody's, or one with these particulars."""

    def take(world: World) -> None:
        trainee = world.person(name)
        given = number or make_card_number(900 + len(world.waiting) + trainee.pk % 90)
        if same_as:
            given = world.person(same_as).bank_accounts.get(replaced_at=None).number
        correct_bank_account(
            trainee_id=rows_of_persons([trainee.pk])[trainee.pk],
            operator=world.someone(Role.MUNICIPAL_OPERATOR),
            account=AccountDetails(given, "示范银行", cnaps or make_cnaps(1)),
            reason="The person told us.",
            now=world.now,
        )

    return take


def evidence(label: str, **corrected: object) -> Step:
    """What the roster said of the category turns out to be wrong, and two people put it right."""
    return step(
        lambda world: evidence_is_corrected(
            Enrollment.objects.get(pk=world.sittings[label].enrollment_id), now=world.now, **corrected
        )
    )


def other_subsidy(
    name: str, amount: str, *, occupation: str = "AI", level: str = "JUNIOR", by: str = "失业保险技能提升补贴"
) -> Step:
    """Another programme turns out to have paid the person for an occupation and level."""

    def take(world: World) -> None:
        trainee = world.person(name)
        record_other_subsidy(
            typed={
                "id_number": trainee.id_number,
                "name": trainee.name,
                "occupation": world.occupation(occupation).code,
                "level": level,
                "programme": by,
                "amount": amount,
                "paid_on": "2026-03-01",
                "source": "渝就函〔2026〕7 号",
            },
            recorder=world.someone(Role.MUNICIPAL_OPERATOR),
            now=world.now,
        )

    return take


def no_other_subsidy(name: str) -> Step:
    """What was recorded of another programme's payment to the person was a mistake."""
    return step(
        lambda world: withdraw_other_subsidy(
            other_subsidy_id=OtherSubsidy.objects.get(trainee=world.person(name), withdrawn_at=None).pk,
            reason="Another person of the same name.",
            withdrawer=world.someone(Role.MUNICIPAL_REVIEWER),
            now=world.now,
        )
    )


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────
def top_up(amount: str, whose: str = CITY) -> Step:
    """Two people top a budget up by so many yuan."""
    return step(
        lambda world: approved(proposed_change(BudgetChangeKind.TOP_UP, world.budget(whose).pk, amount))
    )


def transfer(amount: str, *, whose: str, to: str) -> Step:
    """Two people move so many yuan from one budget to another."""
    return step(
        lambda world: approved(
            proposed_change(
                BudgetChangeKind.TRANSFER, world.budget(to).pk, amount, from_budget_id=world.budget(whose).pk
            )
        )
    )


def alter_the_budget(paid: str) -> Step:
    """Somebody with a key to the database makes a budget say something else."""
    return step(lambda world: Budget.objects.update(paid=Decimal(paid)))


def retire(district: str, successor: str) -> Step:
    """A district ends today, and another one takes over."""

    def take(world: World) -> None:
        gone = world.district(district)
        gone.in_force = DateRange(gone.in_force.lower, world.now.date())
        gone.save(update_fields=["in_force"])
        DistrictSuccession.objects.create(predecessor=gone, successor=world.district(successor))

    return take


# ── Objections ───────────────────────────────────────────────────────────────────────────────────────────
def objects(label: str, kind: str = "PUBLIC") -> Step:
    """The public objects to the line on the notice, the PERSON to the decision, or an OFFICE to it."""

    def take(world: World) -> None:
        line = NoticeLine.objects.filter(payment__entitlement__certificate=world.certificates[label]).first()
        world.waiting[f"objection {label}"] = raise_objection(
            entitlement_id=world.decision(label).pk,
            entry=ObjectionEntry(ObjectionKind(kind), "This is not right.", "李四", "13800000000"),
            notice_line_id=line.pk if line is not None and kind == "PUBLIC" else None,
            raised_by=world.someone(Role.MUNICIPAL_OPERATOR) if kind == "OFFICE" else None,
            now=world.now,
        )

    return take


def objection_is(outcome: str, label: str) -> Step:
    """The office upholds or dismisses what was said against the decision: "UPHELD" or "DISMISSED"."""
    return step(
        lambda world: decide_objection(
            objection_id=world.waiting[f"objection {label}"].pk,
            decider=world.someone(Role.MUNICIPAL_REVIEWER),
            outcome=ObjectionStatus(outcome),
            reason="We looked into the attendance sheets.",
            now=world.now,
        )
    )


def days_pass(count: int) -> Step:
    """So many days go by."""
    return step(lambda world: setattr(world, "now", world.now + timedelta(days=count)))
