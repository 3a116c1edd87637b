"""What happened, as a short table, and whether all of it happened."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from django.db.models import QuerySet

from assessment.models import Attempt, LevelCertificate
from demo.world import CONFIRMERS, World
from enrollment.enums import RowOutcome
from enrollment.models import RosterRow
from enrollment.roster.messages import message_for
from subsidies.explanations import check_name
from subsidies.invariants import INVARIANTS, find_violations
from subsidies.models import (
    BankResultLine,
    Budget,
    Entitlement,
    JournalLine,
    Payment,
    PaymentBatch,
    Recovery,
    SubsidyClaim,
)
from subsidies.queries import journal_balance

# What the forty people of the demo come to; see demo/people.py.
EXPECTED = {
    "rows": Counter({"NEW": 40, "REFUSED": 3}),
    "attempts": Counter({"PASSED": 41, "FAILED": 1, "ABSENT": 1}),
    "decisions": Counter({"GRANTED": 36, "REFUSED": 5}),
    "payments": Counter({"PAID": 36}),
    "bank": Counter({"PAID": 36, "RETURNED": 1}),
    "certificates": Counter({"VALID": 40, "REVOKED": 1}),
    "recoveries": Counter({"certificate_revoked": 1}),
    "claims": Counter({"CONFIRMED": 1}),
    "claim signatures": Counter(("district", *CONFIRMERS)),
    "claim payments": Counter({"PAID": 1}),
}


def figures(world: World) -> dict[str, Counter[str]]:
    """Return what there is to count, by kind."""
    rows = RosterRow.objects.filter(upload__training_class=world.training_class)
    attempts = Attempt.objects.filter(session__in=world.sessions)
    decisions = Entitlement.objects.filter(
        certificate__attempt__session__in=world.sessions, superseded_at__isnull=True
    )
    payments = Payment.objects.filter(entitlement__in=decisions)
    certificates = LevelCertificate.objects.filter(attempt__session__in=world.sessions)
    recoveries = Recovery.objects.filter(payment__in=payments)
    answers = BankResultLine.objects.filter(attempt__payment__in=payments)
    claims = _claims(world)
    claim_payments = Payment.objects.filter(claim__in=claims)
    return {
        "rows": Counter(rows.values_list("outcome", flat=True)),
        "attempts": Counter(attempts.values_list("outcome", flat=True)),
        "decisions": Counter(decisions.values_list("decision", flat=True)),
        "payments": Counter(payments.values_list("status", flat=True)),
        "bank": Counter(answers.values_list("answer", flat=True)),
        "certificates": Counter(certificates.values_list("status", flat=True)),
        "recoveries": Counter(recoveries.values_list("reason", flat=True)),
        "claims": Counter(claims.values_list("status", flat=True)),
        "claim signatures": Counter(name for claim in claims for name in _signers(claim)),
        "claim payments": Counter(claim_payments.values_list("status", flat=True)),
    }


def all_of_it_happened(world: World) -> list[str]:
    """Return what is not as it should be; an empty list means that everything is."""
    found = figures(world)
    wrong = [f"{kind}: {dict(found[kind])} instead of {dict(expected)}" for kind, expected in EXPECTED.items()
             if found[kind] != expected]  # fmt: skip
    wrong += [f"{each.invariant.name}: {each.invariant.promise}" for each in find_violations()]
    if journal_balance() != 0:
        wrong.append("the journal does not balance")
    return wrong


def table(world: World, bank_folder: Path) -> str:
    """Return the table of what happened."""
    lines: list[tuple[str, str]] = []
    found = figures(world)
    lines.append(("roster rows", _counts(found["rows"])))
    lines += [("  refused", text) for text in _refused_rows(world)]
    lines.append(("attempts", _counts(found["attempts"])))
    lines.append(("certificates", _counts(found["certificates"])))
    lines.append(("entitlements", _counts(found["decisions"])))
    lines += [("  not granted", text) for text in _not_granted()]
    lines += [("  held at first", text) for text in _held_at_first()]
    lines.append(
        ("payments", f"{_counts(found['payments'])}, {sum(p.amount for p in Payment.objects.all())} yuan")
    )
    for batch in PaymentBatch.objects.order_by("id"):
        lines.append(("bank file", f"{bank_folder / 'payments' / 'taken' / batch.file_name}"))
        lines.append(("  sha256", batch.sha256))
        lines.append(
            ("  batch", f"{batch.line_count} payments, {batch.total} yuan, {batch.get_status_display()}")
        )
        answers = BankResultLine.objects.filter(result_file__batch=batch)
        lines.append(
            ("  the bank said", _counts(Counter(f"{a.answer} {a.return_code}".strip() for a in answers)))
        )
    for budget in Budget.objects.filter(paid__gt=0):
        lines.append(
            (
                "budget",
                f"{budget.year}, {budget.get_kind_display()}: {budget.paid} paid, {budget.reserved} reserved of "
                f"{budget.allotted}",
            )
        )
    lines += [line for claim in _claims(world) for line in _claim_lines(claim)]
    lines.append(("recoveries", _counts(found["recoveries"])))
    lines.append(("journal", f"{JournalLine.objects.count()} lines, balance {journal_balance()}"))
    lines.append(("invariants", f"{len(INVARIANTS) - len(find_violations())} of {len(INVARIANTS)} hold"))
    return "\n".join(f"  {name:<16} {text}" for name, text in lines)


def _claims(world: World) -> QuerySet[SubsidyClaim]:
    claims = SubsidyClaim.objects.filter(training_class=world.training_class).order_by("id")
    return claims.select_related("reckoning", "recommended_by", "first_confirmed_by", "second_confirmed_by")


def _signers(claim: SubsidyClaim) -> list[str]:
    """Return who signed a claim for a bureau, in this order."""
    signed = (claim.recommended_by, claim.first_confirmed_by, claim.second_confirmed_by)
    return [signer.username for signer in signed if signer]


def _claim_lines(claim: SubsidyClaim) -> Iterable[tuple[str, str]]:
    """Return what became of the class's claim for the training subsidy, as lines of the table."""
    opened = "opened by hand" if claim.opened_by_id else "opened by itself"
    yield "claim", f"{claim.reference}, {opened}: {claim.get_status_display()}"
    if claim.reckoning:
        passes = f"{claim.reckoning.pass_count} of {claim.reckoning.rate_count} passed"
        yield (
            "  comes to",
            f"{claim.reckoning.amount} yuan for {claim.reckoning.counted_count} people, {passes}",
        )
    yield "  signed by", ", ".join(_signers(claim)) or "nobody"
    payments = Payment.objects.filter(claim=claim)
    yield "  payments", _counts(Counter(payments.values_list("status", flat=True)))


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items())) or "none"


def _refused_rows(world: World) -> Iterable[str]:
    rows = RosterRow.objects.filter(upload__training_class=world.training_class, outcome=RowOutcome.REFUSED)
    for row in rows.order_by("number"):
        for problem in row.problems:
            if problem["severity"] == "error":
                text = message_for(problem["code"], problem["parameters"])
                yield f"row {row.number}, {problem['column']}: {text}"


def _not_granted() -> Iterable[str]:
    live = Entitlement.objects.filter(superseded_at__isnull=True).exclude(decision="GRANTED")
    reasons = Counter((entitlement.decision, entitlement.reason) for entitlement in live)
    for (decision, reason), count in sorted(reasons.items()):
        yield f"{count} {decision}: not so: {check_name(reason)}"


def _held_at_first() -> Iterable[str]:
    former = Entitlement.objects.filter(superseded_at__isnull=False)
    for reason, count in sorted(Counter(entitlement.reason for entitlement in former).items()):
        yield f"{count}, granted once this held: {check_name(reason)}"
