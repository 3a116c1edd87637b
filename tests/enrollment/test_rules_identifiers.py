from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id
from enrollment.rules.identifiers import (
    age_on,
    birth_date_of,
    cnaps_is_valid,
    credit_code_is_valid,
    luhn_is_valid,
    mask_account,
    mask_id_number,
    mask_mobile,
    mask_name,
    mobile_is_valid,
    normalize_identifier,
    normalize_name,
    resident_id_problem,
)

TODAY = date(2026, 11, 20)
# The two examples that GB 11643 itself prints.
PUBLISHED_IDS = ("11010519491231002X", "440524188001010014")

resident_ids = st.builds(
    make_resident_id,
    born_on=st.dates(date(1950, 1, 1), TODAY),
    sequence=st.integers(0, 999),
    region=st.sampled_from(["500299", "510202", "511223", "513523", "810000", "830000"]),
)


@pytest.mark.parametrize("id_number", PUBLISHED_IDS)
def test_published_example_is_valid(id_number: str) -> None:
    assert resident_id_problem(id_number, today=TODAY) is None


@pytest.mark.parametrize(
    ("id_number", "code"),
    [
        pytest.param("", "id_length", id="empty"),
        pytest.param("110105491231002", "id_fifteen_digits", id="card of before 1999"),
        pytest.param("11010549123100", "id_length", id="14 digits"),
        pytest.param("11010519491231002", "id_length", id="17 digits"),
        pytest.param("11010519491231002XX", "id_length", id="19 characters"),
        pytest.param("11010519491231002x", "id_characters", id="small x, so not normalized"),
        pytest.param("1101051949123100XX", "id_characters", id="X inside"),
        pytest.param("H1010519491231002X", "id_characters", id="letter in front"),
        pytest.param("٥٠٠٢٩٩٢٠٠٢٠٥٠١٠٠٣٢", "id_characters", id="digits of another script"),
        pytest.param("160105194912310021", "id_region", id="no such province"),
        pytest.param("840105194912310021", "id_region", id="after the last province"),
        pytest.param("110105194913310021", "id_birth_date", id="month 13"),
        pytest.param("110105190002290021", "id_birth_date", id="29 February 1900"),
        pytest.param("110105000012310021", "id_birth_date", id="year 0"),
        pytest.param(
            make_resident_id(born_on=TODAY + timedelta(days=1), sequence=1),
            "id_birth_date",
            id="born tomorrow",
        ),
        pytest.param("110105194912310021", "id_check_character", id="wrong last character"),
    ],
)
def test_wrong_id_number_has_its_code(id_number: str, code: str) -> None:
    assert resident_id_problem(id_number, today=TODAY) == code


@given(resident_ids)
def test_made_id_number_is_valid(id_number: str) -> None:
    assert resident_id_problem(id_number, today=TODAY) is None


@given(resident_ids, st.sampled_from("0123456789X"))
def test_another_last_character_is_refused(id_number: str, last: str) -> None:
    problem = resident_id_problem(id_number[:17] + last, today=TODAY)

    assert (problem is None) == (last == id_number[17])


@given(resident_ids, st.integers(0, 16), st.integers(1, 9))
def test_any_one_wrong_digit_is_refused(id_number: str, place: int, shift: int) -> None:
    wrong = str((int(id_number[place]) + shift) % 10)

    assert resident_id_problem(id_number[:place] + wrong + id_number[place + 1 :], today=TODAY) is not None


@given(resident_ids, st.integers(0, 15))
def test_two_neighbors_swapped_are_refused(id_number: str, place: int) -> None:
    swapped = id_number[:place] + id_number[place + 1] + id_number[place] + id_number[place + 2 :]

    assert swapped == id_number or resident_id_problem(swapped, today=TODAY) is not None


@given(st.dates(date(1950, 1, 1), TODAY), st.integers(0, 999))
def test_birth_date_comes_back_out_of_the_id_number(born_on: date, sequence: int) -> None:
    assert birth_date_of(make_resident_id(born_on=born_on, sequence=sequence)) == born_on


@pytest.mark.parametrize("text", ["", "500299", "500299200213010031", "id number of old"])
def test_no_birth_date_without_a_day_of_the_calendar(text: str) -> None:
    assert birth_date_of(text) is None


@pytest.mark.parametrize(
    ("day", "age"), [(date(2026, 11, 19), 15), (date(2026, 11, 20), 16), (date(2027, 11, 19), 16)]
)
def test_age_rises_on_the_birthday(day: date, age: int) -> None:
    assert age_on(date(2010, 11, 20), day) == age


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("１１０１０５１９４９１２３１００２ｘ", "11010519491231002X", id="full width"),
        pytest.param(" 110105 19491231\u3000002x\r\n", "11010519491231002X", id="white space"),
        pytest.param(
            "\u200b1101\u202e051949\ufeff1231002X\u2060", "11010519491231002X", id="invisible marks"
        ),
        pytest.param("110105\x0019491231\x7f002X", "11010519491231002X", id="control characters"),
    ],
)
def test_identifier_is_normalized(text: str, normal: str) -> None:
    assert normalize_identifier(text) == normal


@given(st.text(max_size=20))
def test_normalizing_an_identifier_twice_changes_nothing_more(text: str) -> None:
    once = normalize_identifier(text)

    assert normalize_identifier(once) == once


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param(" 张　三 ", "张三", id="Chinese name spread out"),
        pytest.param("阿依古丽•买买提", "阿依古丽·买买提", id="bullet"),
        pytest.param("阿依古丽 ・ 买买提", "阿依古丽·买买提", id="katakana dot between spaces"),
        pytest.param("Anna  Maria Smith", "Anna Maria Smith", id="Latin name keeps its spaces"),
        pytest.param("𠮷\u200b田", "𠮷田", id="rare character and a zero-width space"),
    ],
)
def test_name_is_normalized(text: str, normal: str) -> None:
    assert normalize_name(text) == normal


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [
        pytest.param("91350100M000100Y43", True, id="example of GB 32100"),
        pytest.param("91350100M000100Y44", False, id="wrong last character"),
        pytest.param("91350100M000100I43", False, id="letter I"),
        pytest.param("91350100M000100Y4", False, id="17 characters"),
        pytest.param(make_credit_code(7), True, id="made for the demo"),
    ],
)
def test_credit_code(code: str, is_valid: bool) -> None:
    assert credit_code_is_valid(code) is is_valid


@given(st.integers(0, 99_999_999))
def test_made_credit_code_is_valid(sequence: int) -> None:
    assert credit_code_is_valid(make_credit_code(sequence))


@pytest.mark.parametrize(
    ("mobile", "is_valid"),
    [
        ("13000000000", True),
        ("12000000000", False),
        ("1300000000", False),
        ("130000000000", False),
        ("8613000000000", False),
        (make_mobile(1), True),
    ],
)
def test_mobile(mobile: str, is_valid: bool) -> None:
    assert mobile_is_valid(mobile) is is_valid


@pytest.mark.parametrize(
    ("account", "is_valid"),
    [
        pytest.param("79927398713", True, id="published example"),
        pytest.param("79927398710", False, id="wrong last digit"),
        pytest.param("0000000", False, id="too short"),
        pytest.param("7992739871X", False, id="letter"),
    ],
)
def test_luhn(account: str, is_valid: bool) -> None:
    assert luhn_is_valid(account) is is_valid


@given(st.integers(0, 10**12 - 1), st.integers(0, 18), st.integers(1, 9))
def test_card_number_with_one_wrong_digit_is_refused(sequence: int, place: int, shift: int) -> None:
    card = make_card_number(sequence)
    wrong = str((int(card[place]) + shift) % 10)

    assert luhn_is_valid(card)
    assert not luhn_is_valid(card[:place] + wrong + card[place + 1 :])


@pytest.mark.parametrize(
    ("cnaps", "is_valid"), [(make_cnaps(1), True), ("12345678901", False), ("1" * 13, False)]
)
def test_cnaps(cnaps: str, is_valid: bool) -> None:
    assert cnaps_is_valid(cnaps) is is_valid


@pytest.mark.parametrize(
    ("id_number", "masked"), [("500101200001011234", "500***********1234"), ("1234567", "*******"), ("", "")]
)
def test_masked_id_number(id_number: str, masked: str) -> None:
    assert mask_id_number(id_number) == masked


@pytest.mark.parametrize(
    ("account", "masked"),
    [
        ("6217001234561234", "*" * 12 + "1234"),
        ("69000012345671234", "*" * 12 + "1234"),
        ("123", "*" * 12),
        ("", ""),
    ],
)
def test_masked_account_hides_its_length(account: str, masked: str) -> None:
    assert mask_account(account) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张＊"), ("欧阳娜娜", "欧＊＊＊"), ("张", "＊"), ("", ""), ("𠮷田", "𠮷＊")]
)
def test_masked_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_masked_mobile() -> None:
    assert mask_mobile("13812345678") == "138****5678"
