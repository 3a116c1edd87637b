"""Corrections of names and ID numbers: shown masked, and whole where looking is noted."""

from dataclasses import replace
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from enrollment.enums import IdentityField
from enrollment.models import IdentityCorrection
from enrollment.rules.identifiers import mask_id_number, mask_name
from enrollment.services.identity_corrections import approve_identity_correction, reveal_correction
from enrollment.views.corrections import CorrectionKind, Facts, find_correction, shown
from institutions.requests import SignedInRequest


def what_is_corrected(correction: IdentityCorrection) -> str:
    """Return what of the person is wrong, in words."""
    return str(correction.get_field_display())


def masked_facts(correction: IdentityCorrection) -> Facts:
    """Return what a correction says, as everybody may see it."""
    mask = mask_name if correction.field == IdentityField.NAME else mask_id_number
    return [
        (_("What is corrected"), what_is_corrected(correction)),
        (_("Former"), mask(correction.former_value)),
        (_("Corrected"), mask(correction.corrected_value)),
    ]


def whole_facts(correction: IdentityCorrection) -> Facts:
    """Return what a correction says, with the values whole."""
    return [
        (_("What is corrected"), what_is_corrected(correction)),
        (_("Former"), correction.former_value),
        (_("Corrected"), correction.corrected_value),
    ]


IDENTITY: Final = CorrectionKind(
    model=IdentityCorrection,
    route="identity-correction",
    template="enrollment/identity_correction_detail.html",
    approve=approve_identity_correction,
    approved=gettext_lazy("The person is corrected."),
    what=what_is_corrected,
    facts=masked_facts,
    context=lambda _correction: {"is_whole": False},
)
WHOLE: Final = replace(IDENTITY, facts=whole_facts, context=lambda _correction: {"is_whole": True})


@require_POST
@login_required
@never_cache
def show_whole(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one correction with its values whole, in this answer and nowhere else."""
    correction = find_correction(request, public_id, IDENTITY)
    reveal_correction(correction_id=correction.pk, viewer=request.user, now=timezone.now())
    return shown(request, correction, WHOLE)
