"""Who reviews a claim, who confirms it, and who answers what is asked about it.

Whoever stands in for somebody absent acts with that person's authority and under their own name. `absent` are those
whom the person stands in for; a check returns the one among them by whose authority they act, None for their own.
"""

from collections.abc import Callable, Sequence

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from subsidies.models import SubsidyClaim

Stood = Sequence[User]


def can_review_claim(user: User, absent: Stood, claim: SubsidyClaim) -> bool:
    """Test whether this person reviews this claim: its district, and never whoever submitted it."""
    return user.pk != claim.submitted_by_id and _authority(user, absent, _of_its_district(claim)) is not None


def check_can_review_claim(user: User, absent: Stood, claim: SubsidyClaim) -> User | None:
    """Return for whom this person reviews the claim; raise NotPermitted unless they do."""
    person = _authority(user, absent, _of_its_district(claim))
    if person is None:
        raise NotPermitted
    if user.pk == claim.submitted_by_id:
        raise NotPermitted(_("You submitted this claim. Somebody else reviews it."))
    return None if person.pk == user.pk else person


def can_confirm_claims(user: User, absent: Stood) -> bool:
    """Test whether this person confirms what districts recommend."""
    return _authority(user, absent, _is_municipal_reviewer) is not None


def can_confirm_claim(user: User, absent: Stood, claim: SubsidyClaim) -> bool:
    """Test whether this person signs this claim: a municipal reviewer who has had no other part in it."""
    if user.pk in _signers(claim):
        return False
    return _authority(user, absent, _may_sign(claim)) is not None


def check_can_confirm_claim(user: User, absent: Stood, claim: SubsidyClaim) -> User | None:
    """Return for whom this person signs the claim; raise NotPermitted, saying why, unless they may.

    Nobody signs for somebody absent who has signed it already: that would be one office's word twice.
    """
    if not can_confirm_claims(user, absent):
        raise NotPermitted
    if user.pk == claim.submitted_by_id:
        raise NotPermitted(_("You submitted this claim. Somebody else confirms it."))
    if user.pk == claim.recommended_by_id:
        raise NotPermitted(_("You recommended this claim. Somebody else confirms it."))
    if user.pk == claim.first_confirmed_by_id:
        raise NotPermitted(_("You signed this claim already. The second signature is another person's."))
    person = _authority(user, absent, _may_sign(claim))
    if person is None:
        raise NotPermitted(
            _(
                "The person you stand in for has signed this claim already. The second signature is another person's."
            )
        )
    return None if person.pk == user.pk else person


def check_can_decide_recommended_claim(user: User, absent: Stood, claim: SubsidyClaim) -> User | None:
    """Return for whom this person sends back or refuses what a district recommended; raise NotPermitted otherwise."""
    person = _authority(user, absent, _is_municipal_reviewer)
    if person is None:
        raise NotPermitted
    if user.pk in {claim.submitted_by_id, claim.recommended_by_id}:
        raise NotPermitted(_("You have had a part in this claim. Somebody else decides it."))
    return None if person.pk == user.pk else person


def can_answer_about_claim(user: User, claim: SubsidyClaim) -> bool:
    """Test whether this person answers what is asked about a claim: whoever works for its institution."""
    return user.role in TRAINING_ROLES and user.institution_id == claim.institution_id


def check_can_answer_about_claim(user: User, claim: SubsidyClaim) -> None:
    """Raise NotPermitted unless this person answers what is asked about the claim."""
    if not can_answer_about_claim(user, claim):
        raise NotPermitted


def can_hand_over_claims(user: User, absent: Stood) -> bool:
    """Test whether this person gives a retired district's claims to its successor."""
    return _authority(user, absent, _is_municipal_operator) is not None


def check_can_hand_over_claims(user: User, absent: Stood) -> User | None:
    """Return for whom this person hands claims over; raise NotPermitted unless they do."""
    person = _authority(user, absent, _is_municipal_operator)
    if person is None:
        raise NotPermitted
    return None if person.pk == user.pk else person


def can_see_claim_queue(user: User) -> bool:
    """Test whether this person sees which claims wait for an answer: both bureaus."""
    return user.role in (*DISTRICT_ROLES, *MUNICIPAL_ROLES)


def check_can_see_claim_queue(user: User) -> None:
    """Raise NotPermitted unless this person sees which claims wait for an answer."""
    if not can_see_claim_queue(user):
        raise NotPermitted


def _authority(user: User, absent: Stood, may: Callable[[User], bool]) -> User | None:
    return next((person for person in (user, *absent) if may(person)), None)


def _of_its_district(claim: SubsidyClaim) -> Callable[[User], bool]:
    return lambda person: person.role in DISTRICT_ROLES and person.district_id == claim.district_id


def _may_sign(claim: SubsidyClaim) -> Callable[[User], bool]:
    return lambda person: _is_municipal_reviewer(person) and person.pk not in _signers(claim)


def _signers(claim: SubsidyClaim) -> set[int | None]:
    return {claim.submitted_by_id, claim.recommended_by_id, claim.first_confirmed_by_id}


def _is_municipal_reviewer(person: User) -> bool:
    return person.role == Role.MUNICIPAL_REVIEWER


def _is_municipal_operator(person: User) -> bool:
    return person.role == Role.MUNICIPAL_OPERATOR
