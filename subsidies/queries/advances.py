"""What institutions have advanced, and what of it nobody has reimbursed yet."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from chongqing_dte.foundation.lookups import Among
from enrollment.models import Enrollment, TrainingClass
from enrollment.queries import classes_visible_to
from institutions.models import Institution, User
from subsidies.enums import CLAIM_ENDED, ClaimStatus, PaymentStatus
from subsidies.models import Advance, Payment, SubsidyClaim
from subsidies.rules.claim_days import Outstanding, age_of
from subsidies.rules.pass_rates import NOTHING


@dataclass(frozen=True)
class Owed:
    """What an institution has advanced for one class, and what is still to come, in yuan."""

    class_id: int
    institution_id: int
    district_id: int
    reference: str
    advanced: Decimal
    # What was paid for the class's claim.
    reimbursed: Decimal
    # Nothing once it is paid, confirmed at nothing, or every claim of the class has ended: nobody owes the rest.
    outstanding: Decimal
    # The last day on which it was spent.
    spent_on: date
    claim_status: str

    def days_since(self, today: date) -> int:
        """How long it has been outstanding."""
        return max((today - self.spent_on).days, 0)

    def age(self, today: date) -> str:
        """The age that it has among advances, by name."""
        return age_of(self.spent_on, today)

    @property
    def as_outstanding(self) -> Outstanding:
        """The same for the ageing."""
        return Outstanding(self.outstanding, self.spent_on)


def advances_visible_to(user: User) -> QuerySet[Advance]:
    """Return the advances, those taken back too, for the classes that this person may see, newest first."""
    classes = classes_visible_to(user).order_by()
    return Advance.objects.filter(training_class__in=classes).select_related(
        "training_class__institution", "recorded_by", "withdrawn_by"
    )


def advances_of_class(training_class: TrainingClass) -> QuerySet[Advance]:
    """Return what was said of a class's cost, what was taken back too, newest first."""
    return Advance.objects.filter(training_class=training_class).select_related("recorded_by", "withdrawn_by")


def owed_by_class(user: User, class_ids: Collection[int] | None = None) -> list[Owed]:
    """Return what was advanced for each of these classes, or of all, that this person may see, oldest first."""
    classes = classes_visible_to(user)
    if class_ids is not None:
        classes = classes.filter(Among("pk", class_ids))
    live = Advance.objects.filter(training_class=OuterRef("pk"), withdrawn_at__isnull=True).order_by()
    of_class = live.values("training_class")
    paid = Payment.objects.filter(claim__training_class=OuterRef("pk"), status=PaymentStatus.PAID).order_by()
    latest = SubsidyClaim.objects.filter(training_class=OuterRef("pk")).order_by("-pk")
    nothing = latest.filter(status=ClaimStatus.CONFIRMED, reckoning__amount=0)
    rows = (
        classes.annotate(
            advanced=Subquery(of_class.annotate(total=Sum("amount")).values("total")),
            spent_by=Subquery(of_class.annotate(last=Max("spent_on")).values("last")),
            paid=Coalesce(
                Subquery(paid.values("claim__training_class").annotate(total=Sum("amount")).values("total")),
                NOTHING,
            ),
            claim_status=Coalesce(Subquery(latest.values("status")[:1]), Value("")),
            comes_to_nothing=Exists(nothing),
        )
        .filter(Exists(live))
        .order_by("spent_by", "pk")
    )
    columns = rows.values_list(
        "pk",
        "institution_id",
        "district_id",
        "reference",
        "advanced",
        "paid",
        "spent_by",
        "claim_status",
        "comes_to_nothing",
    )
    return [_owed(each) for each in columns]


def total_outstanding(owed: Iterable[Owed]) -> Decimal:
    """Return what is outstanding of several classes together, in yuan."""
    return sum((each.outstanding for each in owed), NOTHING)


def institutions_owed(owed: Iterable[Owed]) -> dict[int, Institution]:
    """Return the institutions that made these advances, by id."""
    return Institution.objects.in_bulk({each.institution_id for each in owed})


def class_of_advance(advance_id: int) -> int:
    """Return the class that an advance was made for. It never changes, so that the class can be locked first."""
    return Advance.objects.values_list("training_class_id", flat=True).get(pk=advance_id)


def lock_advance(advance_id: int) -> Advance:
    """Return one advance that no other transaction can change until this one ends."""
    return Advance.objects.select_for_update(of=("self",), no_key=True).get(pk=advance_id)


def people_in_class(class_id: int) -> int:
    """Return how many people are or were in a class."""
    return Enrollment.objects.filter(training_class=class_id).count()


def _owed(row: Any) -> Owed:
    class_id, institution_id, district_id, reference, advanced, paid, spent_on, status, is_nothing = row
    is_settled = paid > 0 or status in CLAIM_ENDED or is_nothing
    return Owed(
        class_id=class_id,
        institution_id=institution_id,
        district_id=district_id,
        reference=reference,
        advanced=advanced,
        reimbursed=paid,
        outstanding=NOTHING if is_settled else advanced,
        spent_on=spent_on,
        claim_status=status,
    )
