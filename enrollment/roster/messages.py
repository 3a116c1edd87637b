from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular_reading import NO_ROWS_TEXT, TABLE_MESSAGES, wrong_columns_text
from chongqing_dte.foundation.workbooks import UNREADABLE
from enrollment.roster.columns import ROSTER_COLUMNS

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
    "birth_date_differs": _("The date of birth is not the one in the ID number."),
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
    "account_known_elsewhere": _("Somebody else in the register has this account. Confirm the account."),
    "mobile_shared": _("Several people have this mobile number: rows %(rows)s."),
    "mobile_known_elsewhere": _("Somebody else in the register has this mobile number. Confirm the number."),
    "name_differs": _("The person with this ID number is known under another name."),
    "account_differs": _(
        "Another account of this person is on record. It stays; the bureau's operator changes accounts."
    ),
    "same_person": _("These rows name one person under two ID numbers: %(rows)s."),
    "id_number_corrected": _("The ID number of this person was corrected. Enter the present one."),
    "left_class": _("The person has left this class. A roster does not bring anybody back."),
    "roster_locked": _("The roster of the class is locked, and changes by withdrawals and transfers only."),
    "class_overlaps": _("The person is in class %(class_reference)s on the same days."),
    "certificate_held": _("The person holds a certificate of this occupation and level already."),
}
# Why a whole file is refused.
FILE_MESSAGES: Final[dict[str, Any]] = {
    **UNREADABLE,
    "no_rows": NO_ROWS_TEXT,
    "worker_died": _(
        "Reading the file has failed several times. Copy the rows into a fresh template and upload it again."
    ),
    "other_class": _(
        "The template was made for class {found}, and this is class {expected}. Use the template of this class."
    ),
    "other_version": _(
        "The template is version {found}. Download version {expected} and copy the rows into it."
    ),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a roster problem in the language of the reader."""
    return str(ROSTER_MESSAGES[code]) % parameters


def failure_text(code: str, parameters: Mapping[str, Any]) -> Promise:
    """Return why a whole file was refused, in the language of the moment in which it is shown."""
    if code == "wrong_columns":
        return wrong_columns_text(ROSTER_COLUMNS, parameters)
    return format_lazy(FILE_MESSAGES[code], **parameters)
