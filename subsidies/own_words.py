"""What was decided, in the words of the person whom it is about. The facts behind it stand on the office's page."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment.enums import ParticipantCategory
from subsidies.enums import CheckOutcome, PaymentStatus
from subsidies.explanations import check_sentence

OWN_SENTENCES: Final[dict[tuple[str, str], Promise]] = {
    ("policy_is_in_force", "PASSED"): _("There are approved rules for the day your certificate was issued."),
    ("policy_is_in_force", "UNKNOWN"): _(
        "The bureau has not approved the rules for your certificate's day yet. You need not do anything."
    ),
    ("certificate_is_valid", "PASSED"): _("Your certificate is valid."),
    ("certificate_is_valid", "FAILED"): _(
        "Your certificate was revoked or replaced, so nothing is paid for it. If another one took its place, look "
        "that one up."
    ),
    ("sitting_is_still_a_pass", "PASSED"): _("You passed the assessment."),
    ("sitting_is_still_a_pass", "FAILED"): _(
        "The result of your assessment was corrected and is not a pass any more."
    ),
    ("nothing_is_under_review", "PASSED"): _("None of your results is being looked at again."),
    ("nothing_is_under_review", "UNKNOWN"): _(
        "One of your results or certificates is being looked at again. It goes on by itself afterwards."
    ),
    ("no_objection_was_upheld", "PASSED"): _("No objection against your subsidy was upheld."),
    ("no_objection_was_upheld", "FAILED"): _(
        "An objection against your subsidy was upheld, so it is not paid."
    ),
    ("trained_in_the_programme", "PASSED"): _("You completed a training class of the programme."),
    ("trained_in_the_programme", "FAILED"): _(
        "You did not train in a class of the programme. Your certificate is valid all the same, but only those who "
        "trained in the programme receive the subsidy."
    ),
    ("category_is_eligible", "PASSED"): _("You took part as %(category)s, and that is subsidized."),
    ("category_is_eligible", "FAILED"): _("You took part as %(category)s, and that is not subsidized."),
    ("category_is_eligible", "UNKNOWN"): _("It is not known yet as what you took part."),
    ("graduates_in_time", "PASSED"): _("Your graduation date, if you need one, fits the rules."),
    ("graduates_in_time", "FAILED"): _(
        "You graduated on %(graduated_on)s. Your certificate is subsidized for those who graduate between "
        "%(first)s and %(last)s."
    ),
    ("graduates_in_time", "UNKNOWN"): _(
        "Your graduation date is not known. Ask your training institution to report it."
    ),
    ("recorded_in_time", "PASSED"): _("Your certificate was recorded in time."),
    ("recorded_in_time", "FAILED"): _("Your certificate was recorded too late to be subsidized."),
    ("passes_for_the_first_time", "PASSED"): _("You passed for the first time."),
    ("passes_for_the_first_time", "FAILED"): _(
        "You passed before, on %(on)s, and only the first pass is subsidized."
    ),
    ("passes_for_the_first_time", "UNKNOWN"): _("Whether this is your first pass is not decided yet."),
    ("is_not_claimed_already", "PASSED"): _("You were not subsidized for this before."),
    ("is_not_claimed_already", "FAILED"): _("You were subsidized for another certificate already."),
    ("ladder_is_kept", "PASSED"): _("You hold no higher level that was subsidized before."),
    ("ladder_is_kept", "FAILED"): _("You were subsidized for a higher level before this one."),
    ("within_lifetime_cap", "PASSED"): _("You have not received as many subsidies as one person may."),
    ("within_lifetime_cap", "FAILED"): _("You have received as many subsidies as one person may already."),
    ("within_yearly_cap", "PASSED"): _(
        "You have not received as many subsidies this year as one person may."
    ),
    ("within_yearly_cap", "FAILED"): _(
        "You have received as many subsidies this year as one person may already."
    ),
    ("fee_is_published", "PASSED"): _("The published fee of your assessment was %(total)s yuan."),
    ("fee_is_published", "UNKNOWN"): _(
        "The fee of your assessment is not published yet. You need not do anything."
    ),
    ("amount_is_positive", "PASSED"): _("By the rules it comes to %(amount)s yuan."),
    ("amount_is_positive", "FAILED"): _("By the rules there is nothing to pay."),
    ("amount_is_positive", "UNKNOWN"): _("How much it comes to is not known yet."),
    ("not_subsidized_elsewhere", "PASSED"): _("No other programme's subsidy stands in the way."),
    ("not_subsidized_elsewhere", "FAILED"): _(
        "Another programme has subsidized the same occupation and level, so this one does not."
    ),
    ("account_is_known", "PASSED"): _("We know your bank account."),
    ("account_is_known", "UNKNOWN"): _(
        "We do not know your bank account. Give it below; then the subsidy goes on by itself."
    ),
    ("budget_has_room", "PASSED"): _("The money for it is set aside."),
    ("budget_has_room", "UNKNOWN"): _(
        "The year's budget is used up. You keep your place in the queue and need not do anything."
    ),
}

NOT_DECIDED_YET: Final = _("This is not decided yet.")

# What comes next, by the state of the payment.
WHAT_IS_NEXT: Final[dict[str, Promise]] = {
    PaymentStatus.TO_NOTICE: _(
        "Your subsidy is granted. Before it is paid it stands on a public notice, which is published on the next "
        "working day."
    ),
    PaymentStatus.ON_NOTICE: _(
        "Your subsidy is granted and stands on a public notice. It is paid after the notice's last day."
    ),
    PaymentStatus.READY: _(
        "Your subsidy is granted and goes to the bank with the next payment file, usually within a few working days."
    ),
    PaymentStatus.INSTRUCTED: _(
        "Your subsidy is with the bank. The money usually arrives within three working days."
    ),
    PaymentStatus.RETURNED: _(
        "The bank could not pay and sent the money back. Nothing is lost: give an account that can take it, and it is "
        "paid again."
    ),
    PaymentStatus.PAID: _("Your subsidy is paid."),
    PaymentStatus.CANCELLED: _("The payment was cancelled before it was made."),
}
NOT_DECIDED: Final = _("Your certificate is not decided yet. That happens by itself; you need not apply.")
HELD: Final = _(
    "Your subsidy waits for something that is missing. It goes on by itself as soon as that is there."
)
REFUSED: Final = _("Your certificate is not subsidized.")
OBJECTED: Final = _("An objection is being looked into. Until it is decided, the money waits.")
PAID_BACK: Final = _("Your subsidy was paid, and it is to be paid back. The office tells you how.")


def own_sentence(check: Mapping[str, Any]) -> str:
    """Return one stored check as a sentence to the person. One that has none of its own is said as to an office."""
    facts = dict(check.get("facts", {}))
    words = OWN_SENTENCES.get((check["name"], check["outcome"]))
    if words is None and check["outcome"] == CheckOutcome.UNKNOWN:
        words = NOT_DECIDED_YET
    if words is None or "ended_on" in facts:
        return check_sentence(check)
    if facts.get("category") in ParticipantCategory.values:
        facts["category"] = ParticipantCategory(facts["category"]).label
    return str(words) % facts
