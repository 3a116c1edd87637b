"""What people write in free text."""

import pytest

from chongqing_dte.foundation.words import one_code, one_line, stated


@pytest.mark.parametrize(
    "text", ["", "  ", "\t\r\n", "\u3000", "\u200b\u200d\ufeff", "\u00a0", "\x00", "\ud800", "\u3164\u2800"]
)
@pytest.mark.parametrize("keep", [stated, one_line, one_code])
def test_text_without_anything_to_see_is_none(keep, text):
    assert keep(text) == ""


@pytest.mark.parametrize(
    ("keep", "text", "kept"),
    [
        (stated, " 第一（甲）\r\n第二\x00 ", "第一（甲）\n第二"),
        (one_line, "示范路\n 1号（东）", "示范路 1号（东）"),
        (one_code, "　ＡＩ－７ ", "AI-7"),
    ],
)
def test_text_is_kept_as_it_is_read(keep, text, kept):
    assert keep(text) == kept
