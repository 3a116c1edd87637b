"""What a roster says anew about somebody who is in the class."""

from collections.abc import Callable, Mapping


def changed_facts(said: Callable[[str], str], known: Mapping[str, str]) -> list[str]:
    """Return the facts that the roster gives otherwise than they are known. A cell that is empty says nothing."""
    return [key for key, was in known.items() if (text := said(key)) and text != was]
