from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from enrollment.enums import IN_TRAINING
from enrollment.models import Enrollment, TrainingClass
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User
from institutions.queries import AnsweredForBy


def classes_visible_to(user: User) -> QuerySet[TrainingClass]:
    """Return the classes that this person may see. A role that is not named here sees none.

    The bureaus see a class once it has been filed: a draft is the institution's own. A district that took over from
    another one answers for the classes that were filed there.
    """
    classes = TrainingClass.objects.all()
    filed = classes.filter(filed_at__isnull=False)
    if user.role in MUNICIPAL_ROLES:
        return filed
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        return filed.filter(AnsweredForBy("district_id", user.district_id))
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        return classes.filter(institution_id=user.institution_id)
    return classes.none()


def classes_with_counts_visible_to(user: User) -> QuerySet[TrainingClass]:
    """Return the same classes with `enrolled_count`, newest first, ready for a list."""
    # Counted for the rows of the page only, and not for every class that there is.
    enrolled = (
        Enrollment.objects.filter(training_class=OuterRef("pk"), status__in=IN_TRAINING)
        .order_by()
        .values("training_class")
        .annotate(number=Count("pk"))
    )
    return (
        classes_visible_to(user)
        .select_related("institution", "district", "occupation")
        .annotate(enrolled_count=Coalesce(Subquery(enrolled.values("number")), 0))
        .order_by("-id")
    )


def lock_class(class_id: int) -> TrainingClass:
    """Return one class that no other transaction can change until this one ends."""
    return (
        TrainingClass.objects.select_for_update(of=("self",)).select_related("institution").get(pk=class_id)
    )
