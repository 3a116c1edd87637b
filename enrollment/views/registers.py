from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from enrollment import policies, queries
from enrollment.enums import RegisterName, RegisterReason, RegisterVerdict
from enrollment.models import Enrollment, RegisterAnswer
from enrollment.registers.connections import is_connected
from enrollment.rules.registers import register_of
from enrollment.services.registers import GONE, ask_again
from institutions.models import User
from institutions.requests import SignedInRequest


@dataclass(frozen=True)
class ShownRegister:
    """What one register said about one person, as the page of the enrollment shows it."""

    label: str
    latest: RegisterAnswer | None
    facts: list[tuple[str, str]]
    what_comes: str
    earlier: list[dict[str, object]]


def registers_context(user: User, enrollment: Enrollment, districts: Collection[int]) -> dict[str, object]:
    """Return what templates/enrollment/_register_answers.html shows to whoever answers for these districts."""
    answers = list(queries.register_answers_of(enrollment))
    own = register_of(enrollment.category)
    # Another category before a correction of the roster had another register.
    others = [name for name in RegisterName if name != own and any(a.register == name for a in answers)]
    return {
        "enrollment": enrollment,
        "registers": [
            _shown(name, [answer for answer in answers if answer.register == name], enrollment)
            for name in (own, *others)
        ],
        "may_ask_registers": is_connected(own)
        and enrollment.status not in GONE
        and policies.can_ask_registers(user, enrollment.training_class, districts),
    }


@require_POST
@login_required
def ask_registers_again(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Have the register of one enrollment asked again."""
    enrollment = get_object_or_404(queries.enrollments_visible_to(request.user), public_id=public_id)
    ask_again(enrollment_id=enrollment.pk, actor=request.user, now=timezone.now())
    messages.info(request, _("The register is asked again, usually within a minute."))
    return redirect("enrollment-detail", public_id)


def _shown(name: RegisterName, answers: Sequence[RegisterAnswer], enrollment: Enrollment) -> ShownRegister:
    latest = answers[0] if answers else None
    return ShownRegister(
        label=str(name.label),
        latest=latest,
        facts=_facts(latest) if latest else [],
        what_comes=_what_comes(name, latest, enrollment) if name == register_of(enrollment.category) else "",
        earlier=[{"answer": answer, "why": _why(answer)} for answer in answers[1:]],
    )


def _facts(answer: RegisterAnswer) -> list[tuple[str, str]]:
    return [
        (_("Day asked about"), date_format(answer.as_of, "Y-m-d")),
        (_("Asked at"), _moment(answer.asked_at)),
        (_("Reason or reference"), _why(answer)),
    ]


def _why(answer: RegisterAnswer) -> str:
    """Return the portal's own reason in words, or the register's reference as it stands."""
    if answer.reference in RegisterReason.values:
        return str(RegisterReason(answer.reference).label)
    return answer.reference


def _what_comes(name: RegisterName, latest: RegisterAnswer | None, enrollment: Enrollment) -> str:
    due_at = enrollment.registers_due_at
    if not is_connected(name):
        return _("This register is not connected. Nobody is asked until it is.")
    if due_at is None or enrollment.status in GONE:
        return "" if latest else _("This register was not asked about this person.")
    if due_at <= timezone.now():
        return _("The register is asked now, usually within a minute.")
    if latest is None:
        return _("The register is being asked.")
    if latest.verdict == RegisterVerdict.UNREACHABLE:
        return _("This is no answer, and no “no”. The register is asked again at %(at)s.") % {
            "at": _moment(due_at)
        }
    return _("The register is asked once more at %(at)s.") % {"at": _moment(due_at)}


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i")
