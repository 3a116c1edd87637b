"""Texts that know themselves in every language of the portal.

The portal's own words for `django.utils.translation`: the same names, called in the same way. What they return is text
in the reader's language, as before, and remembers what it was made of, so that one refusal can be told in both.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language, override

# What a text for machines calls the languages, in BCP 47, and what they are called here.
LANGUAGES: Final = {"zh-Hans": "zh-hans", "en": "en"}

Lookup = Callable[[], str]

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Sentence(str):
    """A translated text, with its parameters set in or not yet. Anything done to it but `%` makes it plain text."""

    __slots__ = ("_look_up", "_parameters")

    _look_up: Lookup | None
    _parameters: Any

    @classmethod
    def found_by(cls, look_up: Lookup) -> Self:
        """Return the text that this finds in the language of the moment."""
        return cls._made(look_up(), look_up, None)

    @classmethod
    def _made(cls, text: str, look_up: Lookup | None, parameters: Any) -> Self:
        made = cls(text)
        made._look_up = look_up
        made._parameters = parameters
        return made

    def __mod__(self, parameters: Any) -> "Sentence":
        return self._made(super().__mod__(parameters), getattr(self, "_look_up", None), parameters)

    # As plain text it would have forgotten what it is.
    def __str__(self) -> str:
        return self

    def __reduce_ex__(self, _protocol: Any) -> tuple[type[str], tuple[str]]:
        return str, (self[:],)

    def in_language(self, language: str) -> str:
        """Return how it reads in this language, parameters that are texts themselves included."""
        look_up = getattr(self, "_look_up", None)
        if look_up is None:
            return self[:]
        with override(language):
            text = look_up()
        return text if self._parameters is None else text % _read_in(self._parameters, language)


def gettext(message: str) -> Sentence:
    """Return the text in the language of the moment."""
    return Sentence.found_by(lambda: translation.gettext(message))


def ngettext(singular: str, plural: str, number: int) -> Sentence:
    """Return the text for this number in the language of the moment."""
    return Sentence.found_by(lambda: translation.ngettext(singular, plural, number))


def pgettext(context: str, message: str) -> Sentence:
    """Return the text, as it is meant in this context, in the language of the moment."""
    return Sentence.found_by(lambda: translation.pgettext(context, message))


def gettext_noop(message: str) -> str:
    """Return the text as it is, to be translated wherever it is shown."""
    return message


if TYPE_CHECKING:

    def gettext_lazy(message: str) -> _StrPromise: ...
    def pgettext_lazy(context: str, message: str) -> _StrPromise: ...

else:
    gettext_lazy = lazy(gettext, str)
    pgettext_lazy = lazy(pgettext, str)


def text_in(text: object, language: str) -> str:
    """Return how a text reads in this language: a sentence, a lazy text, or text that reads alike in all."""
    if isinstance(text, Sentence):
        return text.in_language(language)
    with override(language):
        # Sliced, so that it is text and nothing more.
        return str(text)[:]


def in_every_language(text: object) -> dict[str, str]:
    """Return a text in each language, under the names that machines know the languages by."""
    return {name: text_in(text, language) for name, language in LANGUAGES.items()}


def main_language() -> str:
    """Return the name, for machines, of the language of the moment."""
    current = get_language() or settings.LANGUAGE_CODE
    return next((name for name, language in LANGUAGES.items() if language == current), "zh-Hans")


def _read_in(parameters: Any, language: str) -> Any:
    if isinstance(parameters, Mapping):
        return {key: _one_in(value, language) for key, value in parameters.items()}
    if isinstance(parameters, tuple):
        return tuple(_one_in(value, language) for value in parameters)
    return _one_in(parameters, language)


def _one_in(value: Any, language: str) -> Any:
    return text_in(value, language) if isinstance(value, Sentence | Promise) else value
