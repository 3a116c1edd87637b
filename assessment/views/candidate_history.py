"""One candidate of one session: every result with what corrected it, reviews, certificates, and what is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from assessment import policies, queries
from assessment.enums import CertificateOrigin, Outcome, ReviewKind, ReviewStatus
from assessment.forms.reviews import AttemptCorrectionForm, ReviewClosingForm, ReviewForm
from assessment.models import Attempt, AttemptCorrection, MarkReview, SessionCandidate
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.rules.identifiers import mask_id_number, mask_mobile, mask_name
from institutions.models import User
from institutions.requests import SignedInRequest

ATTEMPT_COLUMNS = (
    (gettext_lazy("Recorded at"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("Theory score"), "numeric"),
    (gettext_lazy("Practice score"), "numeric"),
    (gettext_lazy("Where it comes from"), ""),
)
REVIEW_COLUMNS = (
    (gettext_lazy("Received at"), ""),
    (gettext_lazy("Kind"), ""),
    (gettext_lazy("What the candidate asks for"), ""),
    (gettext_lazy("Finding"), ""),
    (gettext_lazy("Status"), ""),
)
CORRECTION_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Corrected result"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Status"), ""),
)
CERTIFICATE_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Issued on"), ""),
    (gettext_lazy("Why it ended"), ""),
    (gettext_lazy("Status"), ""),
)


@dataclass(frozen=True)
class History:
    """All that hangs on one sitting, as the database has it."""

    candidate: SessionCandidate
    attempts: list[Attempt]
    reviews: list[MarkReview]
    corrections: list[AttemptCorrection]

    @property
    def live(self) -> Attempt | None:
        """The result that counts, if there is one."""
        return self.attempts[-1] if self.attempts else None

    @property
    def open_review(self) -> MarkReview | None:
        """The review that waits for its finding."""
        return next((review for review in self.reviews if review.status == ReviewStatus.OPEN), None)

    @property
    def proposed_correction(self) -> AttemptCorrection | None:
        """The correction that waits for its decision."""
        proposed = (c for c in self.corrections if c.status == RequestStatus.PROPOSED)
        return next(proposed, None)


@require_safe
@login_required
def candidate_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one candidate with all that became of their sitting."""
    return shown(request, history_of(request, public_id))


def history_of(request: SignedInRequest, public_id: str) -> History:
    """Return the history of a candidate whom this person may see; any other does not exist for them."""
    found = get_object_or_404(queries.candidates_visible_to(request.user), public_id=public_id)
    candidate = queries.candidate_with_session(found)
    attempts = queries.chain_of_sitting(session_id=candidate.session_id, trainee_id=candidate.trainee_id)
    if candidate.removed_at is not None:
        # Whoever was taken off and put on again sat under the other row.
        attempts = []
    ids = [attempt.pk for attempt in attempts]
    return History(
        candidate, attempts, queries.reviews_of_attempts(ids), queries.corrections_of_attempts(ids)
    )


def shown(request: SignedInRequest, history: History, **forms_in_error: forms.Form) -> HttpResponse:
    """Return the candidate's page, with the forms that were filled in wrongly in the place of empty ones."""
    candidate, user = history.candidate, request.user
    ids = [attempt.pk for attempt in history.attempts]
    context = {
        "candidate": candidate,
        "session": candidate.session,
        "name": name_shown_to(user, candidate),
        "facts": facts_of(history, user),
        "freezes": freezes_of(history),
        "attempts": attempt_rows(history.attempts),
        "attempt_columns": ATTEMPT_COLUMNS,
        "reviews": history.reviews,
        "review_columns": REVIEW_COLUMNS,
        "corrections": history.corrections,
        "correction_columns": CORRECTION_COLUMNS,
        "certificates": queries.certificates_of_attempts(ids),
        "certificate_columns": CERTIFICATE_COLUMNS,
        **acts_of(history, user),
        **forms_in_error,
    }
    return render(request, "assessment/candidate_detail.html", context, status=422 if forms_in_error else 200)


def acts_of(history: History, user: User) -> dict[str, object]:
    """Return the forms for what this person may do now; a form that is None is not shown."""
    review, is_proposed = history.open_review, history.proposed_correction is not None
    acts: dict[str, object] = {"open_review": review, "review_form": None, "correction_form": None}
    may_close = review is not None and not is_proposed and policies.can_close_review(user, review)
    acts["closing_form"] = ReviewClosingForm() if may_close else None
    if history.live is None:
        return acts
    if review is None and (kinds := kinds_open_to(user, history.live)):
        acts["review_form"] = ReviewForm(kinds=kinds)
    if not is_proposed and policies.can_propose_correction(user, history.candidate.session):
        acts["correction_form"] = correction_form(history.live)
    return acts


def kinds_open_to(user: User, attempt: Attempt) -> list[ReviewKind]:
    """Return what this person may open of a result today."""
    last_day = review_deadline(attempt)
    is_late = last_day is None or timezone.localdate() > last_day
    return [
        kind
        for kind in ReviewKind
        if policies.can_open_review(user, attempt.session, kind)
        and not (is_late and kind == ReviewKind.REVIEW)
    ]


def review_deadline(attempt: Attempt) -> date | None:
    """Return the last day for a review, or None where no policy says it."""
    try:
        return queries.last_review_day(attempt)
    except queries.AssessmentPolicyMissing:
        return None


def correction_form(attempt: Attempt, filled_in: QueryDict | None = None) -> AttemptCorrectionForm:
    """Return the form that corrects a result, which begins with the result as it is."""
    numbers = attempt.session.certificate_origin == CertificateOrigin.INSTITUTION
    return AttemptCorrectionForm(
        filled_in,
        initial={
            "outcome": attempt.outcome,
            "theory_score": attempt.theory_score,
            "practice_score": attempt.practice_score,
        },
        numbers_certificate=numbers and attempt.outcome != Outcome.PASSED,
        prefix="correction",
    )


# ── What is shown ────────────────────────────────────────────────────────────────────────────────────────
def name_shown_to(user: User, row: SessionCandidate | Attempt) -> str:
    """Return the person's name, whole for the institution that assesses them and masked for others."""
    name = (row.trainee.merged_into or row.trainee).name
    return name if policies.can_propose_correction(user, row.session) else mask_name(name)


def facts_of(history: History, user: User) -> list[tuple[str, object]]:
    """Return who the candidate is, masked, and what they were admitted to."""
    candidate = history.candidate
    session, trainee = candidate.session, candidate.trainee
    facts: list[tuple[str, object]] = [
        (_("Name"), name_shown_to(user, candidate)),
        (_("ID number"), mask_id_number(trainee.id_number)),
        (_("Mobile"), mask_mobile(trainee.mobile)),
        (_("Occupation and level"), f"{session.occupation.name} · {session.get_level_display()}"),
        (_("Evaluation institution"), session.institution.name),
        (_("Held on"), session.held_on.isoformat()),
        (_("Assessment site"), session.site.name if session.site else ""),
        (_("Admission number"), candidate.admission_number),
        (_("Origin"), candidate.get_origin_display()),
    ]
    if candidate.enrollment is not None:
        facts.append((_("Training institution"), candidate.enrollment.training_class.institution.name))
    if candidate.removed_at is not None:
        facts.append((_("Taken off at"), moment(candidate.removed_at)))
    if history.live is not None and (last_day := review_deadline(history.live)):
        facts.append((_("A review may be asked for until"), last_day.isoformat()))
    return facts


def freezes_of(history: History) -> list[str]:
    """Return why nothing is decided or paid for this person at present."""
    reasons = []
    if history.open_review is not None:
        reasons.append(
            _("%(kind)s, open since %(day)s.")
            % {
                "kind": history.open_review.get_kind_display(),
                "day": timezone.localtime(history.open_review.opened_at).date().isoformat(),
            }
        )
    if history.proposed_correction is not None:
        reasons.append(_("A correction of the result waits for the municipal bureau."))
    reasons += [
        _("The revocation of certificate %(number)s waits for its decision.")
        % {"number": revocation.certificate.number}
        for revocation in queries.revocations_open_on([attempt.pk for attempt in history.attempts])
    ]
    person_id = history.candidate.trainee.person_id
    if not reasons and queries.frozen_persons([person_id]):
        reasons.append(_("Something about this person is in question."))
    return reasons


def attempt_rows(attempts: Sequence[Attempt]) -> list[dict[str, object]]:
    """Return every result of a sitting, the first one first, and where each comes from."""
    return [
        {"attempt": attempt, "counts": attempt == attempts[-1], "origin": origin_of(attempt)}
        for attempt in attempts
    ]


def origin_of(attempt: Attempt) -> str:
    """Return where a result comes from, in words."""
    if attempt.correction is None:
        return _("Results of the session")
    return _("Correction proposed by %(proposer)s, approved by %(decider)s: %(reason)s") % {
        "reason": attempt.correction.reason,
        "proposer": attempt.correction.proposed_by,
        "decider": attempt.correction.decided_by,
    }


def moment(at: datetime) -> str:
    """Return a time as the portal's pages write it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
