"""What a bureau looks at beside a claim: the classes that its checks name."""

from collections.abc import Collection

from enrollment.models import TrainingClass
from enrollment.queries import classes_visible_to
from institutions.models import User


def classes_named(user: User, class_ids: Collection[int]) -> list[TrainingClass]:
    """Return those of these classes that this person may see, by reference."""
    if not class_ids:
        return []
    return list(classes_visible_to(user).filter(pk__in=class_ids).order_by("reference"))
