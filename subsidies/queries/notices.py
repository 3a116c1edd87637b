"""Public notices: what waits for one, what stands on one, and what has been on one long enough."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Case, Count, Max, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from chongqing_dte.foundation.lookups import Among
from enrollment.models import Trainee
from enrollment.queries import person_of
from institutions.models import District, User
from institutions.queries import working_day_after
from subsidies.enums import PaymentStatus, SubsidyKind
from subsidies.models import NoticeLine, Payment, PublicNotice
from subsidies.queries.claim_holds import claim_is_objected_to, claim_rests_on_what_changed
from subsidies.queries.payments import (
    is_in_question,
    is_objected_to,
    is_owed_no_more,
    must_wait,
    of_kind,
)
from subsidies.queries.visible import payments_visible_to
from subsidies.rules.gathering import Span


@dataclass(frozen=True)
class WaitingForNotice:
    """Payments of one district that wait for a notice for one cause.

    `cause` is "revoked", "changed", "frozen" or "objection", or "next_notice" for those that nothing keeps.
    """

    district: District | None
    cause: str
    payment_count: int
    total: Decimal
    oldest: datetime


class PaymentToNotice(NamedTuple):
    """One payment that waits for a notice, with what is published of it; a notice has very many.

    The person is the row that stands for the payee by now.
    """

    pk: int
    entitlement_id: int
    person_id: int
    name: str
    certificate_number: str
    occupation_code: str
    occupation: str
    level: str
    institution: str
    amount: Decimal
    notice_working_days: int


class ClaimToNotice(NamedTuple):
    """One claim's payment that waits for a notice, with what is published of it."""

    pk: int
    claim_id: int
    institution: str
    class_reference: str
    occupation_code: str
    occupation: str
    level: str
    people_count: int
    amount: Decimal
    notice_working_days: int


# ── What waits for a notice ──────────────────────────────────────────────────────────────────────────────
def districts_to_notice(kind: SubsidyKind) -> list[int | None]:
    """Return the districts, and None for those without one, of payments that can be put on a notice."""
    named = _to_notice(kind).order_by("district").values_list("district", flat=True)
    return list(named.distinct())


def to_notice_since(kind: SubsidyKind) -> Span | None:
    """Return since when payments that could be put on a notice have been waiting for it; None if there are none."""
    ends = _to_notice(kind).aggregate(oldest=Min("opened_at"), newest=Max("opened_at"))
    return Span(**ends) if ends["oldest"] is not None else None


def lock_payments_to_notice(district_id: int | None, *, limit: int) -> list[PaymentToNotice]:
    """Return a district's payments that wait for a notice, oldest first, locked; those of others are left out.

    So are those that are held up by a revocation, a freeze or an objection: they stay behind for a later notice.
    """
    certificate = "entitlement__certificate"
    rows = _locked_to_notice(SubsidyKind.ASSESSMENT, district_id, limit).values_list(
        "pk",
        "entitlement_id",
        person_of("payee"),
        Coalesce("payee__merged_into__name", "payee__name"),
        f"{certificate}__number",
        f"{certificate}__occupation__code",
        f"{certificate}__occupation__name_zh",
        f"{certificate}__level",
        f"{certificate}__institution__name_zh",
        "amount",
        "notice_working_days",
    )
    return [PaymentToNotice(*row) for row in rows.order_by("pk")]


def lock_claims_to_notice(district_id: int | None, *, limit: int) -> list[ClaimToNotice]:
    """Return the payments of a district's claims in the same way."""
    training_class = "claim__training_class"
    rows = _locked_to_notice(SubsidyKind.TRAINING, district_id, limit).values_list(
        "pk",
        "claim_id",
        "institution__name_zh",
        f"{training_class}__reference",
        f"{training_class}__occupation__code",
        f"{training_class}__occupation__name_zh",
        f"{training_class}__level",
        "claim__reckoning__counted_count",
        "amount",
        "notice_working_days",
    )
    return [ClaimToNotice(*row) for row in rows.order_by("pk")]


def _locked_to_notice(kind: SubsidyKind, district_id: int | None, limit: int) -> QuerySet[Payment]:
    of_district = Q(district=district_id) if district_id else Q(district=None)
    locked = (
        _to_notice(kind)
        .filter(of_district)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .order_by("pk")
        .only("pk")[:limit]
    )
    return Payment.objects.filter(Among("pk", [payment.pk for payment in locked]))


def payments_of_claims_objected_to(payment_ids: Collection[int]) -> set[int]:
    """Return which of these payments an objection to the claim that they pay holds at this moment."""
    held = Payment.objects.filter(claim_is_objected_to(), pk__in=payment_ids, claim__isnull=False)
    return set(held.values_list("pk", flat=True))


def id_numbers_of(trainee_ids: Collection[int]) -> dict[int, str]:
    """Return the ID numbers of these rows of people. Raises InvalidTag for a damaged one."""
    return dict(Trainee.objects.filter(Among("pk", trainee_ids)).values_list("pk", "id_number"))


def notice_stands(*, kind: SubsidyKind, district_id: int | None, day: date) -> bool:
    """Test whether the district's notice of that day is published."""
    return PublicNotice.objects.filter(kind=kind, district=district_id, opens_on=day).exists()


def payments_waiting_for_notice(user: User) -> list[WaitingForNotice]:
    """Return how many payments wait for a notice and their sum, by district and by what keeps them from it."""
    cause = Case(
        When(is_owed_no_more(), then=Value("revoked")),
        When(claim_rests_on_what_changed(), then=Value("changed")),
        When(is_in_question(), then=Value("frozen")),
        When(is_objected_to(), then=Value("objection")),
        default=Value("next_notice"),
    )
    waiting = (
        payments_visible_to(user)
        .filter(status=PaymentStatus.TO_NOTICE)
        .order_by()
        .annotate(cause=cause)
        .values("district", "cause")
        .annotate(payment_count=Count("pk"), total=Sum("amount"), oldest=Min("opened_at"))
    )
    districts = District.objects.in_bulk({row["district"] for row in waiting} - {None})
    found = [
        WaitingForNotice(
            district=districts.get(row["district"]),
            cause=row["cause"],
            payment_count=row["payment_count"],
            total=row["total"],
            oldest=row["oldest"],
        )
        for row in waiting
    ]
    return sorted(found, key=lambda each: (each.district.code if each.district else "", each.cause))


def calendar_reaches(today: date) -> bool:
    """Test whether the end of the longest period that a waiting payment needs is a known working day."""
    waiting = Payment.objects.filter(status=PaymentStatus.TO_NOTICE)
    longest = waiting.aggregate(days=Max("notice_working_days"))["days"]
    return working_day_after(today, max(1, longest or 1)) is not None


def _to_notice(kind: SubsidyKind) -> QuerySet[Payment]:
    return Payment.objects.filter(of_kind(kind), ~must_wait(kind), status=PaymentStatus.TO_NOTICE)


# ── What has been on one long enough ─────────────────────────────────────────────────────────────────────
def notice_ids_to_close(today: date) -> list[int]:
    """Return the notices whose last day for objections is over, oldest first."""
    over = PublicNotice.objects.filter(closed_at__isnull=True, closes_on__lt=today)
    return list(over.order_by("pk").values_list("pk", flat=True))


def lock_notice(notice_id: int) -> PublicNotice:
    """Return one notice that no other transaction can change until this one ends, without its content."""
    notices = PublicNotice.objects.select_for_update(of=("self",), no_key=True).defer("content")
    return notices.get(pk=notice_id)


def payment_ids_off_notice(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` payments of closed notices against which nothing is said, from behind this one on."""
    payments = _off_notice().filter(pk__gt=after)
    return list(payments.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_payments_off_notice(payment_ids: Collection[int]) -> list[Payment]:
    """Return those of these payments that still leave their notice, locked; those of others are left out."""
    locked = _off_notice().select_for_update(of=("self",), skip_locked=True, no_key=True)
    return list(locked.filter(pk__in=payment_ids).order_by("pk"))


def _off_notice() -> QuerySet[Payment]:
    return Payment.objects.filter(
        ~is_objected_to(),
        status=PaymentStatus.ON_NOTICE,
        notice_line__notice__closed_at__isnull=False,
    )


# ── What anybody may see ─────────────────────────────────────────────────────────────────────────────────
def notices_published() -> QuerySet[PublicNotice]:
    """Return every notice without its content. Notices are public."""
    return PublicNotice.objects.select_related("district").defer("content")


def notices_narrowed(*, district_code: str, first: date | None, last: date | None) -> QuerySet[PublicNotice]:
    """Return the notices of one district that were published on these days; what is empty does not narrow."""
    notices = notices_published()
    if district_code:
        notices = notices.filter(district__code=district_code)
    if first is not None:
        notices = notices.filter(opens_on__gte=first)
    return notices if last is None else notices.filter(opens_on__lte=last)


def districts_with_notices() -> list[District]:
    """Return the districts that have published a notice, by code."""
    named = PublicNotice.objects.order_by().values("district")
    return list(District.objects.filter(pk__in=named).order_by("code"))


def notice_content(notice: PublicNotice) -> str:
    """Return the list as it was published."""
    return PublicNotice.objects.values_list("content", flat=True).get(pk=notice.pk)


def lines_of_notice(
    notice: PublicNotice, *, after: int, limit: int, name: str = "", id_ending: str = ""
) -> list[NoticeLine]:
    """Return up to `limit` of a notice's lines from behind this one on, with what is published of each.

    `name` is masked, or a family name alone.
    """
    lines = NoticeLine.objects.filter(notice=notice, line_number__gt=after)
    if name:
        lines = (
            lines.filter(masked_name=name) if len(name) > 1 else lines.filter(masked_name__startswith=name)
        )
    if id_ending:
        lines = lines.filter(id_ending=id_ending.upper())
    # Which lines they are is asked first: a plan that joins before it cuts off reads all of a long notice.
    shown = list(lines.order_by("line_number").values_list("pk", flat=True)[:limit])
    return list(_with_what_is_published(NoticeLine.objects.filter(pk__in=shown)).order_by("line_number"))


def notice_line_of(notice: PublicNotice, line_number: int) -> NoticeLine | None:
    """Return one line of a notice with what is published of it."""
    return _with_what_is_published(notice.lines.filter(line_number=line_number)).first()


def _with_what_is_published(lines: QuerySet[NoticeLine]) -> QuerySet[NoticeLine]:
    return lines.select_related(
        "payment__entitlement__certificate__occupation",
        "payment__entitlement__certificate__institution",
        "payment__claim__training_class__occupation",
    ).only(
        "notice_id",
        "line_number",
        "masked_name",
        "id_ending",
        "people_count",
        "payment__amount",
        "payment__claim__public_id",
        "payment__claim__training_class__reference",
        "payment__claim__training_class__level",
        "payment__claim__training_class__occupation__name_zh",
        "payment__claim__training_class__occupation__name_en",
        "payment__entitlement__public_id",
        "payment__entitlement__superseded_at",
        "payment__entitlement__certificate__number",
        "payment__entitlement__certificate__level",
        "payment__entitlement__certificate__occupation__name_zh",
        "payment__entitlement__certificate__occupation__name_en",
        "payment__entitlement__certificate__institution__name_zh",
        "payment__entitlement__certificate__institution__name_en",
    )
