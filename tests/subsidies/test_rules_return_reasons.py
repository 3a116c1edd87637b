import pytest
from django.utils.translation import override

from subsidies.explanations import RETURN_REASONS, return_advice, return_reason
from subsidies.rules.return_reasons import CAUSES, CODES, WORDS, cause_of


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("AC01", "ACCOUNT_UNKNOWN"),
        ("ac04", "ACCOUNT_CLOSED"),
        ("AC06", "ACCOUNT_BLOCKED"),
        ("ＡＣ０６", "ACCOUNT_BLOCKED"),
        ("BE01", "NAME_MISMATCH"),
        ("AM04", "OUR_FUNDS"),
        ("账号不存在", "ACCOUNT_UNKNOWN"),
        ("帐号不存在", "ACCOUNT_UNKNOWN"),
        ("户名不符", "NAME_MISMATCH"),
        ("账号户名不一致", "NAME_MISMATCH"),
        ("卡未激活", "ACCOUNT_NOT_ACTIVATED"),
        ("账户已销户", "ACCOUNT_CLOSED"),
        ("账户状态异常（冻结）", "ACCOUNT_BLOCKED"),
        ("ACCOUNT_CLOSED", "ACCOUNT_CLOSED"),
        ("ZZ99", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_code_stands_for_a_cause(code, cause):
    assert cause_of(code) == cause


def test_every_cause_has_its_words():
    assert set(RETURN_REASONS) == set(CAUSES) == {*CODES.values(), *(cause for _word, cause in WORDS)}


def test_a_code_that_nobody_knows_is_named():
    with override("en"):
        assert "ZZ99" in return_reason("ZZ99")
        assert return_reason("") == ""
        assert return_advice("AC04") == "Ask the person for another account in their own name."
