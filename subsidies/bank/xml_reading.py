"""Reads XML from outside, without ever following what it says.

A document type is refused where it begins, so that there are no entities to expand and none to fetch; every element
has to be in one namespace, and none lies deeper than a bank's messages go, nor are there more of them.
"""

from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from subsidies.bank.files import UnreadableAnswer

DEEPEST: Final = 24
# Elements and attributes. An answer to a hundred thousand payments has fewer; each takes many times its bytes.
MOST_PARTS: Final = 2_000_000
BETWEEN: Final = " "
# The parser takes by place alone that nothing follows.
ENDS: Final = (True,)


class _Reading:
    """One document on its way from bytes to a tree of elements with their local names."""

    def __init__(self) -> None:
        self.namespace = ""
        self.depth = 0
        self.part_count = 0
        self.builder = TreeBuilder()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _between, local = name.rpartition(BETWEEN)
        self.depth += 1
        self.part_count += 1 + len(attributes)
        if self.part_count > MOST_PARTS:
            raise UnreadableAnswer("too_large")
        if self.depth == 1:
            self.namespace = namespace
        if self.depth > DEEPEST or namespace != self.namespace:
            raise UnreadableAnswer("xml_refused")
        self.builder.start(local, attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.builder.end(name.rpartition(BETWEEN)[2])

    def refuse(self, *_what: object) -> None:
        raise UnreadableAnswer("xml_refused")


def read_xml(content: bytes) -> tuple[str, Element]:
    """Return the namespace of a document and its root. Raises UnreadableAnswer."""
    reading = _Reading()
    # The encoding is ours to say: one that the document names is another way to say something else than it shows.
    parser = expat.ParserCreate("utf-8", BETWEEN)
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.builder.data
    parser.StartDoctypeDeclHandler = reading.refuse
    parser.EntityDeclHandler = reading.refuse
    try:
        parser.Parse(content)
        parser.Parse(b"", *ENDS)
    except (expat.ExpatError, UnicodeError, ValueError) as problem:
        raise UnreadableAnswer("xml_wrong") from problem
    return reading.namespace, reading.builder.close()


def text_at(element: Element, path: str) -> str:
    """Return the text at the first place of this path, without the space around it; "" if there is none."""
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""
