"""Templates are all used, and hold neither styles nor scripts: the content policy would refuse them."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.guards.sources import PACKAGES, REPOSITORY, python_files

FOLDER = REPOSITORY / "templates"
TEMPLATES = {str(path.relative_to(FOLDER)): path.read_text() for path in sorted(FOLDER.rglob("*.html"))}
CODE = {str(path): path.read_text() for path in python_files(*PACKAGES)}
# Django looks for these by name.
KNOWN_TO_DJANGO = frozenset({"400.html", "403.html", "403_csrf.html", "404.html", "500.html"})
# What the admin looks for by name stands in its folders.
ADMIN_FOLDERS = ("admin/", "registration/", "unfold/")
TEMPLATE_TAG = re.compile(r"{[%{#].*?[%}#]}", re.DOTALL)
INLINE = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|<[^>]*\s(?:style|on[a-z]+)\s*=|javascript:", re.IGNORECASE
)


def unused(templates: Mapping[str, str], code: Mapping[str, str]) -> list[str]:
    """Return the templates whose names stand in no other template and in no module."""
    return [
        name
        for name in templates
        if name not in KNOWN_TO_DJANGO
        and not name.startswith(ADMIN_FOLDERS)
        and not any(
            _names(text, name) for other, text in (*templates.items(), *code.items()) if other != name
        )
    ]


def inline_in(text: str) -> list[str]:
    """Return what a browser would have to run or apply from within the page."""
    return INLINE.findall(TEMPLATE_TAG.sub("", text))


def _names(text: str, name: str) -> bool:
    return f'"{name}"' in text or f"'{name}'" in text


def test_every_template_is_used() -> None:
    assert unused(TEMPLATES, CODE) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_no_style_and_no_script_of_its_own(name: str) -> None:
    assert inline_in(TEMPLATES[name]) == []


def test_every_template_that_the_code_names_exists() -> None:
    named = {name for text in CODE.values() for name in re.findall(r'["\']([a-z_/0-9]+\.html)["\']', text)}

    assert [
        name for name in sorted(named) if name not in TEMPLATES and not name.startswith(ADMIN_FOLDERS)
    ] == []


def test_planted_unused_template_is_found() -> None:
    templates = {"a.html": '{% include "b.html" only %}', "b.html": "", "c.html": "c.html"}

    assert unused(templates, {"views.py": 'render(request, "a.html")'}) == ["c.html"]


@pytest.mark.parametrize(
    "planted",
    [
        '<p style="color: red">',
        "<style>p { color: red }</style>",
        "<script>alert(1)</script>",
        '<p class="{% if x > 1 %}a{% endif %}" onclick="pay()">',
        '<a href="javascript:pay()">',
    ],
)
def test_planted_inline_part_is_found(planted: str) -> None:
    assert inline_in(planted)


def test_a_script_with_a_source_is_no_offence() -> None:
    assert inline_in('<script src="{% static "portal.js" %}" defer></script>') == []


def test_templates_folder_is_looked_at() -> None:
    assert Path(FOLDER, "base.html").exists()
