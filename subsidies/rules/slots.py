"""Places of a person's grants: what a cap counts."""

from collections.abc import Collection
from itertools import count


def first_free(taken: Collection[int]) -> int:
    """Return the lowest place from 1 on that nobody has. One that was given up is given again."""
    return next(place for place in count(1) if place not in taken)
