"""What an objection holds: the money for the certificate that it is about, and no other."""

from collections.abc import Collection

from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet

from chongqing_dte.foundation.lookups import Among
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus
from subsidies.models import Entitlement, Objection


class HangsOn(Func):
    """Test whether a decision's checks name this objection as the one that was upheld."""

    arity = 2
    arg_joiner = (
        " @> jsonb_build_array(jsonb_build_object('name', 'no_objection_was_upheld', 'facts', "
        "jsonb_build_object('objection', "
    )
    template = "(%(expressions)s))))"
    output_field = BooleanField()


def has_open_objection(path: str) -> Exists:
    """Return whether something is said against the decision to which `path` leads, or was upheld against it.

    Money of such a decision goes nowhere: it waits for the office's word, and then for what follows from it.
    """
    return Exists(_open_objections().filter(entitlement__certificate=OuterRef(f"{path}__certificate")))


def entitlements_objected_to(entitlement_ids: Collection[int]) -> set[int]:
    """Return which of these decisions are held by an objection at this moment."""
    held = Exists(_open_objections().filter(entitlement__certificate=OuterRef("certificate")))
    return set(Entitlement.objects.filter(held, Among("pk", entitlement_ids)).values_list("pk", flat=True))


def speaks_against_paying() -> Q:
    """Return the condition on an objection that it is against money, whichever decision came in the place of its own.

    What a person says against not being paid holds nothing: there is nothing to hold. What was upheld wrongly speaks
    no more: the person's own objection to the refusal that hung on it was upheld.
    """
    overturned = Objection.objects.filter(
        HangsOn("entitlement__checks", OuterRef("pk")),
        kind=ObjectionKind.PERSON,
        status=ObjectionStatus.UPHELD,
        entitlement__decision=Decision.REFUSED,
        entitlement__reason="no_objection_was_upheld",
    )
    against = ~Q(kind=ObjectionKind.PERSON) | Q(entitlement__decision=Decision.GRANTED)
    return against & ~Q(Exists(overturned))


def _open_objections() -> QuerySet[Objection]:
    return Objection.objects.filter(speaks_against_paying()).exclude(status=ObjectionStatus.DISMISSED)
