"""What is stuck, matter by matter: each a set of rows with the moment `since` which they wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.db.models import (
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.queries import account_id_of, person_of
from subsidies.enums import (
    UNPAID,
    AttemptStatus,
    BatchStatus,
    DeliveryWay,
    NotificationStatus,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
    ResultFileStatus,
)
from subsidies.models import (
    InvariantAlarm,
    LineResolution,
    NoticeLine,
    PaymentAttempt,
    Recovery,
)
from subsidies.policies import can_see_money
from subsidies.queries.bank_results import result_files_visible_to, result_lines_visible_to
from subsidies.queries.deliveries import sending_stops_visible_to
from subsidies.queries.desk_claims import (
    back_with_the_district,
    classes_without_a_policy,
    late_with_the_city,
    late_with_the_district,
    without_a_last_day,
)
from subsidies.queries.desk_decisions import (
    account_asked_for,
    account_overdue,
    evidence_corrected,
    granted_before_a_merge,
    held_for,
    held_otherwise,
    undecided,
)
from subsidies.queries.desk_view import Desk
from subsidies.queries.notifications import notifications_overseen_by
from subsidies.queries.objections import objections_visible_to
from subsidies.queries.payments import (
    has_another_institution_account,
    is_in_question,
    is_objected_to,
    must_wait,
    said_to_be_paid,
)
from subsidies.queries.recoveries import is_not_owed, recoveries_visible_to, settlements_visible_to
from subsidies.queries.visible import (
    batches_visible_to,
    payment_attempts_visible_to,
    payments_visible_to,
)
from subsidies.rules.desk import DELIVERED_WITHIN, HELD, PUBLISHED_WITHIN

Rows = QuerySet[Any]
BY_HAND: Final = Q(bank_format__delivery=DeliveryWay.DOWNLOAD)


@dataclass(frozen=True)
class Selection:
    """How the rows of a matter are found, where their district stands, and who has done their own part."""

    rows: Callable[[Desk], Rows]
    # More than one where a row stands under either of two.
    districts: tuple[str, ...] = ()
    done_by: str = ""
    # What a list shows of each, and what it must not read: secrets, and what is wide.
    related: tuple[str, ...] = ()
    deferred: tuple[str, ...] = field(default=())


# ── Notices and objections ───────────────────────────────────────────────────────────────────────────────
def _notices_not_published(desk: Desk) -> Rows:
    waiting = payments_visible_to(desk.user).filter(~must_wait(), status=PaymentStatus.TO_NOTICE)
    if not desk.calendar_is_missing:
        waiting = waiting.filter(opened_at__lte=desk.now - PUBLISHED_WITHIN)
    return waiting.annotate(since=F("opened_at"))


def _off_notice_objected(desk: Desk) -> Rows:
    over = payments_visible_to(desk.user).filter(
        is_objected_to(),
        status=PaymentStatus.ON_NOTICE,
        notice_line__notice__closed_at__isnull=False,
    )
    return over.annotate(since=F("notice_line__notice__closed_at"))


def _objections(desk: Desk) -> Rows:
    raised = objections_visible_to(desk.user).filter(status=ObjectionStatus.RAISED)
    return raised.annotate(since=F("raised_at"))


def _in_question(desk: Desk) -> Rows:
    frozen = payments_visible_to(desk.user).filter(is_in_question(), status__in=UNPAID)
    return frozen.annotate(since=F("opened_at"))


# ── Payments and batches ─────────────────────────────────────────────────────────────────────────────────
def _ready_since() -> Greatest:
    """Return since when a payment could be put into a batch: opened, off its notice, or out of a withdrawn batch."""
    off_notice = NoticeLine.objects.filter(payment=OuterRef("pk")).values("notice__closed_at")
    last = PaymentAttempt.objects.filter(payment=OuterRef("pk"), status=AttemptStatus.WITHDRAWN)
    withdrawn = last.order_by("-pk").values("batch__withdrawn_at")
    return Greatest("opened_at", Subquery(off_notice[:1]), Subquery(withdrawn[:1]))


def _not_in_a_batch(desk: Desk) -> Rows:
    ready = payments_visible_to(desk.user).filter(
        ~said_to_be_paid(),
        ~must_wait(),
        status=PaymentStatus.READY,
        opened_at__lt=desk.batches_before,
    )
    return ready.annotate(since=_ready_since()).filter(since__lt=desk.batches_before)


def _returned(desk: Desk) -> Rows:
    used = PaymentAttempt.objects.filter(payment=OuterRef("pk"), bank_account=OuterRef("account"))
    answered = PaymentAttempt.objects.filter(payment=OuterRef("pk"), status=AttemptStatus.RETURNED)
    returned = (
        payments_visible_to(desk.user)
        .filter(status=PaymentStatus.RETURNED)
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
    )
    last = answered.order_by("-pk")
    of_people = Q(payee__isnull=False) & (Q(account__isnull=True) | Exists(used))
    of_claims = Q(payee__isnull=True) & ~Q(has_another_institution_account())
    return returned.filter(of_people | of_claims).annotate(
        since=Coalesce(Subquery(last.values("answered_at")[:1]), "opened_at"),
        return_code=Subquery(last.values("return_code")[:1]),
    )


def _signatures(desk: Desk) -> Rows:
    waiting = batches_visible_to(desk.user).filter(status=BatchStatus.ASSEMBLED)
    return waiting.annotate(since=F("assembled_at"))


def _refused_by_the_books(desk: Desk) -> Rows:
    waiting = _signatures(desk)
    return waiting if desk.books_differ else waiting.none()


def _released(desk: Desk) -> Rows:
    released = batches_visible_to(desk.user).filter(status__in=[BatchStatus.RELEASED, BatchStatus.SENDING])
    return released.annotate(since=Coalesce("second_released_at", "assembled_at"))


def _to_hand_over(desk: Desk) -> Rows:
    return _released(desk).filter(BY_HAND, since__lte=desk.now - DELIVERED_WITHIN)


def _not_delivered(desk: Desk) -> Rows:
    by_itself = Q(bank_format__isnull=True) | ~BY_HAND
    return _released(desk).filter(by_itself, since__lte=desk.now - DELIVERED_WITHIN)


def _not_answered(desk: Desk) -> Rows:
    unanswered = PaymentAttempt.objects.filter(batch=OuterRef("pk"), status=AttemptStatus.OPEN)
    delivered = batches_visible_to(desk.user).filter(Exists(unanswered), status=BatchStatus.DELIVERED)
    return delivered.filter(delivered_at__lt=desk.answers_before).annotate(since=F("delivered_at"))


# ── The bank's word ──────────────────────────────────────────────────────────────────────────────────────
def _unknown_at_bank(desk: Desk) -> Rows:
    unknown = payment_attempts_visible_to(desk.user).filter(status=AttemptStatus.UNKNOWN)
    return unknown.annotate(since=Coalesce("answered_at", "batch__delivered_at", "batch__assembled_at"))


def _bank_lines(desk: Desk) -> Rows:
    proposed = LineResolution.objects.filter(line=OuterRef("pk"), status=RequestStatus.PROPOSED)
    lines = result_lines_visible_to(desk.user).filter(~Q(problem=""), resolved_at__isnull=True)
    return lines.filter(~Exists(proposed)).annotate(since=F("result_file__received_at"))


def _resolutions(desk: Desk) -> Rows:
    proposed = LineResolution.objects.filter(
        line__in=result_lines_visible_to(desk.user).filter(~Q(problem=""), resolved_at__isnull=True),
        status=RequestStatus.PROPOSED,
    )
    return proposed.annotate(since=F("proposed_at"))


def _result_files(desk: Desk) -> Rows:
    aside = result_files_visible_to(desk.user).filter(status=ResultFileStatus.QUARANTINED)
    return aside.annotate(since=F("received_at"))


def _brought_files(desk: Desk) -> Rows:
    brought = result_files_visible_to(desk.user).filter(status=ResultFileStatus.WAITING)
    return brought.annotate(since=F("received_at"))


# ── Recoveries ───────────────────────────────────────────────────────────────────────────────────────────
def _open_recoveries(desk: Desk) -> QuerySet[Recovery]:
    return recoveries_visible_to(desk.user).filter(~is_not_owed(), status=RecoveryStatus.OPEN)


def _recoveries_not_owed(desk: Desk) -> Rows:
    return recoveries_visible_to(desk.user).filter(is_not_owed()).annotate(since=F("not_owed_since"))


def _recoveries_overdue(desk: Desk) -> Rows:
    overdue = _open_recoveries(desk).filter(due_on__lt=timezone.localdate(desk.now))
    return overdue.annotate(since=Cast("due_on", DateTimeField()))


def _recoveries_not_asked(desk: Desk) -> Rows:
    return _open_recoveries(desk).filter(asked_at__isnull=True).annotate(since=F("opened_at"))


def _settlements(desk: Desk) -> Rows:
    proposed = settlements_visible_to(desk.user).filter(status=RequestStatus.PROPOSED)
    return proposed.annotate(since=F("proposed_at"))


# ── The portal itself ────────────────────────────────────────────────────────────────────────────────────
def _messages_failed(desk: Desk) -> Rows:
    failed = notifications_overseen_by(desk.user).filter(status=NotificationStatus.FAILED)
    return failed.annotate(since=F("created_at"))


def _sending_stopped(desk: Desk) -> Rows:
    return sending_stops_visible_to(desk.user).filter(lifted_at__isnull=True).annotate(since=F("stopped_at"))


def _alarms(desk: Desk) -> Rows:
    alarms = InvariantAlarm.objects.filter(ended_at__isnull=True)
    return (alarms if can_see_money(desk.user) else alarms.none()).annotate(since=F("first_seen_at"))


def _secrets(*people: str) -> tuple[str, ...]:
    return tuple(f"{person}__{name}" for person in people for name in ("id_number", "mobile"))


def _paid_for(path: str = "") -> tuple[str, ...]:
    named = ("payee", "entitlement__certificate", "claim", "institution", "district")
    return tuple(f"{path}{name}" for name in named)


_of_certificates = partial(
    Selection,
    districts=("attempt__enrollment__training_class__district",),
    related=("trainee", "attempt__enrollment__training_class__district"),
    deferred=_secrets("trainee"),
)
_of_decisions = partial(
    Selection,
    districts=("district",),
    related=("certificate", "person", "district", "policy_version"),
    deferred=("checks", *_secrets("person")),
)
_of_payments = partial(
    Selection,
    districts=("district",),
    related=_paid_for(),
    deferred=("entitlement__checks", *_secrets("payee")),
)
_of_recoveries = partial(
    Selection,
    districts=("payment__district",),
    related=_paid_for("payment__"),
    deferred=("payment__entitlement__checks", *_secrets("payment__payee")),
)
_of_claims = partial(Selection, districts=("district",), related=("institution", "district"))
_of_batches = partial(Selection, related=("bank_format",), deferred=("content", "bank_format__payer_account"))

SELECTIONS: Final[Mapping[str, Selection]] = {
    "alarms": Selection(_alarms),
    "sending-stopped": Selection(_sending_stopped, done_by="lift_proposed_by"),
    "books-differ": _of_batches(_refused_by_the_books),
    "undecided": _of_certificates(undecided),
    "notices-not-published": _of_payments(_notices_not_published),
    "not-in-a-batch": _of_payments(_not_in_a_batch),
    "to-hand-over": _of_batches(_to_hand_over),
    "not-delivered": _of_batches(_not_delivered),
    "not-answered": _of_batches(_not_answered),
    "unknown-at-bank": Selection(
        _unknown_at_bank,
        districts=("payment__district",),
        related=("batch", *_paid_for("payment__")),
        deferred=("batch__content", "payment__entitlement__checks", *_secrets("payment__payee")),
    ),
    "bank-lines": Selection(_bank_lines, related=("result_file",), deferred=("result_file__content",)),
    "resolutions": Selection(
        _resolutions,
        done_by="proposed_by",
        related=("line__result_file", "proposed_by"),
        deferred=("line__result_file__content",),
    ),
    "result-files": Selection(_result_files),
    "brought-files": Selection(_brought_files, done_by="received_by", related=("received_by",)),
    "signatures": _of_batches(_signatures, done_by="first_released_by"),
    "settlements": Selection(
        _settlements,
        districts=("recovery__payment__district",),
        done_by="proposed_by",
        related=("proposed_by", *_paid_for("recovery__payment__")),
        deferred=("recovery__payment__entitlement__checks", *_secrets("recovery__payment__payee")),
    ),
    "recoveries-overdue": _of_recoveries(_recoveries_overdue),
    "recoveries-not-asked": _of_recoveries(_recoveries_not_asked),
    "recoveries-not-owed": _of_recoveries(_recoveries_not_owed),
    "objections": Selection(
        _objections,
        districts=("entitlement__district", "claim__district"),
        done_by="raised_by",
        related=(
            "entitlement__certificate",
            "entitlement__person",
            "entitlement__district",
            "claim__institution",
            "claim__district",
        ),
        deferred=(
            "statement",
            "objector_name",
            "contact",
            "entitlement__checks",
            *_secrets("entitlement__person"),
        ),
    ),
    "off-notice-objected": _of_payments(_off_notice_objected),
    "in-question": _of_payments(_in_question),
    "evidence-corrected": _of_decisions(evidence_corrected),
    "paid-before-a-merge": _of_decisions(granted_before_a_merge),
    "account-overdue": _of_decisions(account_overdue),
    **{name: _of_decisions(partial(held_for, reason)) for name, reason in HELD.items()},
    "held-account-is-known": _of_decisions(account_asked_for),
    "held-otherwise": _of_decisions(held_otherwise),
    "messages-failed": Selection(
        _messages_failed,
        related=("entitlement__certificate", "claim", "institution", "person", "district"),
        deferred=("entitlement__checks", *_secrets("person")),
    ),
    "returned": _of_payments(_returned),
    "classes-without-a-policy": Selection(
        classes_without_a_policy, districts=("district",), related=("institution", "district")
    ),
    "claims-without-a-last-day": _of_claims(without_a_last_day),
    "claims-back-with-the-district": _of_claims(back_with_the_district),
    "claims-late-with-the-district": _of_claims(late_with_the_district),
    "claims-late-with-the-city": _of_claims(late_with_the_city),
}
