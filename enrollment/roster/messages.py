from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.tabular_reading import TABLE_MESSAGES

ID_NUMBER_MESSAGES: Final[dict[str, Promise]] = {
    "id_fifteen_digits": _("This is a 15-digit ID number. Enter the 18 characters of the present ID card."),
    "id_length": _("An ID number has 18 characters."),
    "id_characters": _("An ID number has 17 digits, and a digit or X at the end."),
    "id_region": _("The first two digits of the ID number are not those of a province."),
    "id_birth_date": _("The ID number holds a date of birth that does not exist or lies in the future."),
    "id_check_character": _(
        "The last character of the ID number does not fit the others. Check for a typing error."
    ),
    "id_repeated": _("This ID number appears more than once: rows %(rows)s."),
}

ROSTER_MESSAGES: Final[dict[str, Promise]] = {
    **TABLE_MESSAGES,
    **ID_NUMBER_MESSAGES,
    "name_characters": _("The name holds digits or symbols."),
    "age_out_of_range": _("By the ID number, the age is not within %(min_age)s to %(max_age)s."),
    "mobile_format": _("A mobile number has 11 digits and begins with 13 to 19."),
    "required_for_category": _("This column is required for this participant category."),
    "education_too_low": _("A college graduate needs an associate degree or higher."),
    "graduation_in_future": _("An earlier graduate cannot graduate in the future."),
    "credit_code_format": _(
        "A unified social credit code has 18 digits and capitals, without I, O, S, V and Z."
    ),
    "credit_code_check_character": _(
        "The credit code's last character does not fit the others. Confirm the code."
    ),
    "account_missing": _("Without an account the payment is held until the account is added."),
    "account_format": _("An account number has 8 to 32 digits."),
    "account_check_digit": _("The account's last digit does not fit a card number. Confirm the account."),
    "required_with_account": _("This column is required when an account is given."),
    "cnaps_format": _("A bank code (CNAPS) has 12 digits."),
    "account_shared": _("Several people have this account: rows %(rows)s."),
    "name_differs": _("The person with this ID number is known under another name."),
    "mobile_shared": _("Several people have this mobile number: rows %(rows)s."),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a roster problem in the language of the reader."""
    return str(ROSTER_MESSAGES[code]) % parameters
