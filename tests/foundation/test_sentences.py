import copy
import json

import pytest
from django.utils.translation import gettext_lazy as django_lazy
from django.utils.translation import override

from chongqing_dte.foundation.sentences import (
    Sentence,
    gettext,
    gettext_lazy,
    in_every_language,
    main_language,
    ngettext,
    pgettext,
    text_in,
)
from institutions.enums import Role

LONG = {"zh-Hans": "名称过长。", "en": "The name is too long."}


@pytest.fixture(params=["zh-hans", "en"])
def language(request):
    with override(request.param):
        yield request.param


def test_sentence_reads_as_text_in_the_language_of_the_moment(language):
    sentence = gettext("The name is too long.")

    assert sentence == (LONG["en"] if language == "en" else LONG["zh-Hans"])
    assert isinstance(sentence, str)
    assert json.dumps(sentence, ensure_ascii=False) == f'"{sentence}"'


def test_sentence_is_told_in_both_languages_whatever_the_moment(language):
    assert in_every_language(gettext("The name is too long.")) == LONG


def test_parameters_stay_with_the_sentence(language):
    sentence = gettext("A name has 1 to %(count)s characters.") % {"count": 64}

    told = in_every_language(sentence)
    assert told["en"] == "A name has 1 to 64 characters."
    assert "64" in told["zh-Hans"]
    assert sentence == told["en" if language == "en" else "zh-Hans"]


@pytest.mark.parametrize(
    "inner",
    [
        gettext("The name is too long."),
        gettext_lazy("The name is too long."),
        django_lazy("The name is too long."),
    ],
    ids=["sentence", "lazy sentence", "django's lazy text"],
)
def test_text_as_a_parameter_is_told_in_the_language_too(inner, language):
    told = in_every_language(gettext("A name has 1 to %(count)s characters.") % {"count": inner})

    assert LONG["en"] in told["en"]
    assert LONG["zh-Hans"] in told["zh-Hans"]


def test_lazy_text_keeps_its_languages_when_it_is_forced(language):
    forced = str(gettext_lazy("A name has 1 to %(count)s characters.")) % {"count": 64}

    assert in_every_language(forced)["en"] == "A name has 1 to 64 characters."
    assert in_every_language(
        gettext_lazy("A name has 1 to %(count)s characters.") % {"count": 1}
    ) != in_every_language(forced)


def test_forced_label_of_a_choice_keeps_its_languages(language):
    told = in_every_language(Role.TRAINING_MANAGER.label)

    assert told["en"] != told["zh-Hans"]


def test_plural_and_context_keep_their_languages(language):
    singular, plural = (
        ngettext("%(count)s row", "%(count)s rows", count) % {"count": count} for count in (1, 2)
    )

    assert (text_in(singular, "en"), text_in(plural, "en")) == ("1 row", "2 rows")
    assert text_in(pgettext("a place", "Nowhere at all"), "en") == "Nowhere at all"


def test_parameters_in_order_stay_too():
    assert (
        text_in(gettext("%s of %s") % (1, gettext("The name is too long.")), "en")
        == "1 of The name is too long."
    )


def test_text_without_a_source_reads_alike():
    assert in_every_language("甲") == {"zh-Hans": "甲", "en": "甲"}
    assert Sentence("甲").in_language("en") == "甲"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copy_is_plain_text(copied, language):
    sentence = gettext("The name is too long.")

    assert copied(sentence) == sentence
    assert type(copied(sentence)) is str


def test_what_is_told_to_machines_is_plain_text():
    assert {type(text) for text in in_every_language(gettext_lazy("The name is too long.")).values()} == {str}


def test_language_of_the_moment_has_its_name_for_machines(language):
    assert main_language() == ("en" if language == "en" else "zh-Hans")
