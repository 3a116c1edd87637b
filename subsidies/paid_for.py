"""What a payment is for, in the words of every list that shows payments: a certificate, or an institution's claim."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy
from enrollment.rules.identifiers import mask_name
from institutions.models import District
from subsidies.models import Objection, Payment, SubsidyClaim

# What the lists call it, and to whom it goes.
HEADING: Final[Promise] = gettext_lazy("Certificate or claim")
PAYEE: Final[Promise] = gettext_lazy("Payee")


@dataclass(frozen=True)
class PaidFor:
    """What one payment is for: its number and page, to whom it goes, and whose it is. A person's name is masked."""

    number: str
    url: str
    payee: str
    district: District | None


def paid_for(payment: Payment) -> PaidFor:
    """Return what a payment is for. Read with it: its claim and institution, or its payee and certificate."""
    if payment.claim is not None and payment.institution is not None:
        payee = payment.institution.name
        return PaidFor(payment.claim.reference, page_of_claim(payment.claim), payee, payment.district)
    certificate = payment.grant.certificate
    url = reverse("certificate-detail", args=[certificate.public_id])
    return PaidFor(certificate.number, url, mask_name(payment.trainee.name), payment.district)


def objected_to(objection: Objection) -> PaidFor:
    """Return the same of what an objection is against. Read with it: the claim, or the person's decision."""
    claim = objection.claim
    if claim is not None:
        return PaidFor(claim.reference, page_of_claim(claim), claim.institution.name, claim.district)
    decision = objection.against
    url = reverse("certificate-detail", args=[decision.certificate.public_id])
    return PaidFor(decision.certificate.number, url, mask_name(decision.person.name), decision.district)


def page_of_claim(claim: SubsidyClaim) -> str:
    """Return where a claim's page is."""
    return reverse("claim-detail", args=[claim.public_id])
