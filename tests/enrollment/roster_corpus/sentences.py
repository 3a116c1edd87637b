"""What the reader is told, in English, for every code of the corpus. Figures and names are those of the cases."""

from typing import Final

SENTENCES: Final = {
    "empty_file": "The file is empty.",
    "too_large": "The file is larger than 20 MB.",
    "not_a_spreadsheet": "The file is not a spreadsheet. Save the list as .xlsx, .xls or .csv and upload it again.",
    "encrypted": "The file is protected by a password. Remove the password and upload it again.",
    "zip_bomb": "The file unpacks to far more than a list can hold. Copy the rows into a fresh template.",
    "macros": "The file contains macros. Save it as .xlsx without macros and upload it again.",
    "external_links": "The file has links to other workbooks. Paste the values into a fresh template.",
    "embedded_files": "The file has other files inside it. Paste the values into a fresh template.",
    "damaged": "The file is damaged and cannot be read. Open it in Excel, save it again and upload it.",
    "no_visible_sheet": "The workbook has no visible sheet.",
    "too_many_rows": "The list has too many rows. Split it into smaller files.",
    "too_many_columns": "The list has too many columns. Use the template.",
    "no_rows": "The list has no rows under its header.",
    "other_class": "The template was made for class C-2, and this is class C-1. Use the template of this class.",
    "other_version": "The template is version roster-1. Download version roster-2 and copy the rows into it.",
    "number_cell": "The cell holds a number. Excel keeps only 15 digits, so the number may be damaged: "
    "format the column as text and type it again.",
    "error_cell": "The cell holds an Excel error and no value. Type the value.",
    "formula_cell": "The cell holds a formula, and its last result was read. Check the value.",
    "required": "This column is required.",
    "bad_date": "This is not a date. Write it like 2026-06-30.",
    "name_characters": "The name holds digits or symbols.",
    "id_fifteen_digits": "This is a 15-digit ID number. Enter the 18 characters of the present ID card.",
    "id_length": "An ID number has 18 characters.",
    "id_characters": "An ID number has 17 digits, and a digit or X at the end.",
    "id_region": "The first two digits of the ID number are not those of a province.",
    "id_birth_date": "The ID number holds a date of birth that does not exist or lies in the future.",
    "id_check_character": "The last character of the ID number does not fit the others. Check for a typing error.",
    "birth_date_differs": "The date of birth is not the one in the ID number.",
    "age_out_of_range": "By the ID number, the age is not within 16 to 65.",
    "mobile_format": "A mobile number has 11 digits and begins with 13 to 19.",
    "required_for_category": "This column is required for this participant category.",
    "education_too_low": "A college graduate needs an associate degree or higher.",
    "graduation_in_future": "An earlier graduate cannot graduate in the future.",
    "credit_code_format": "A unified social credit code has 18 digits and capitals, without I, O, S, V and Z.",
    "credit_code_check_character": "The credit code's last character does not fit the others. Confirm the code.",
    "account_missing": "Without an account the payment is held until the account is added.",
    "account_format": "An account number has 8 to 32 digits.",
    "account_check_digit": "The account's last digit does not fit a card number. Confirm the account.",
    "required_with_account": "This column is required when an account is given.",
    "cnaps_format": "A bank code (CNAPS) has 12 digits.",
}
# These name columns, values, lengths or rows, so that only their beginnings are the same for every case.
BEGINNINGS: Final = {
    "wrong_columns": (
        "Missing columns: ",
        "Columns that are not in the template: ",
        "Columns that occur more",
    ),
    "too_long": ("The text is longer than ",),
    "unknown_choice": ("This is not one of the values: ",),
    "id_repeated": ("This ID number appears more than once: rows ",),
    "account_shared": ("Several people have this account: rows ",),
    "mobile_shared": ("Several people have this mobile number: rows ",),
}


def says(code: str, text: str) -> bool:
    """Test whether the text is what the reader has to be told."""
    return text == SENTENCES[code] if code in SENTENCES else text.startswith(BEGINNINGS[code])
