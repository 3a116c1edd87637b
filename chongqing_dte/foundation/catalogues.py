"""The catalogues of the two languages: what must be translated, and whether it is.

    python -m chongqing_dte.foundation.catalogues            brings the .po files up to the code, compiles them
    python -m chongqing_dte.foundation.catalogues --check    exits with 1 if a text is missing or a .mo is stale

Needs no GNU gettext. The admin theme's own words are looked after too, because it brings no Chinese.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parent.parent.parent
LOCALES: Final = ("zh_Hans", "en")
APPS: Final = ("chongqing_dte", "institutions", "partners", "enrollment", "assessment", "subsidies")
FUNCTIONS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

# Babel writes a date into the compiled form, which must not depend on the day.
NO_DAY: Final = datetime(2025, 1, 1, tzinfo=UTC)

Key = tuple[str, str | None]
Translation = str | list[str] | tuple[str, ...]


class Found(NamedTuple):
    """One text to translate, and the file that it stands in."""

    text: str | tuple[str, ...]
    context: str | None
    file: str


def main() -> int:
    """Update the catalogues, or with --check only report; return the exit code."""
    is_check = "--check" in sys.argv[1:]
    problems = []
    for locale in LOCALES:
        catalog = merged(locale)
        problems += [f"{locale}: not translated: {text}" for text in untranslated(catalog)]
        problems += stale(catalog) if is_check else []
        if not is_check:
            write(catalog)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


def merged(locale: str) -> Catalog:
    """Return the catalogue with every text of the code in it, and with the translations that there are."""
    known = known_translations(locale)
    catalog = Catalog(
        locale=locale,
        fuzzy=False,
    )
    for found in sorted(texts(locale), key=lambda found: (str(found.text), found.context or "")):
        catalog.add(found.text, context=found.context, locations=[(found.file, 0)])
    for message in catalog:
        if message.id and (translation := known.get(key_of(message))):
            message.string = translation
    return catalog


def known_translations(locale: str) -> dict[Key, Translation]:
    """Return what the committed .po file translates."""
    path = po_path(locale)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        known = read_po(file, locale=locale)
    return {key_of(message): message.string for message in known if message.id and message.string}


def texts(locale: str) -> Iterator[Found]:
    """Return every text of the project, and those of the admin theme that Django does not translate itself."""
    for path in sorted(project_files()):
        yield from texts_of(path, shown_as=path.relative_to(ROOT).as_posix())
    if locale == "en":
        return
    covered = django_texts(locale)
    theme = theme_folder()
    for path in sorted(files_below(theme)):
        shown_as = f"unfold/{path.relative_to(theme).as_posix()}"
        yield from (found for found in texts_of(path, shown_as=shown_as) if not _is_covered(found, covered))


def project_files() -> Iterator[Path]:
    """Return every file of the project that can hold a text."""
    for folder in (*APPS, "templates"):
        yield from files_below(ROOT / folder)


def files_below(folder: Path) -> Iterator[Path]:
    """Return the Python files and templates in a folder, migrations left out."""
    found = (path for suffix in ("*.py", "*.html") for path in folder.rglob(suffix))
    return (path for path in found if "migrations" not in path.parts)


def texts_of(path: Path, *, shown_as: str) -> Iterator[Found]:
    """Return the texts of one file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # In brackets, so that the blanks which templatize leaves are no indentation.
        source = f"(\n{templatize(source)}\n)"
    for _line, text, _comments, context in extract("python", BytesIO(source.encode()), keywords=FUNCTIONS):
        yield Found(tuple(text) if isinstance(text, tuple) else text, context, shown_as)


def theme_folder() -> Path:
    """Return where the admin theme is installed."""
    spec = find_spec("unfold")
    if spec is None or spec.origin is None:
        raise RuntimeError("django-unfold is not installed.")
    return Path(spec.origin).parent


def django_texts(locale: str) -> set[str]:
    """Return the texts that Django and its own apps translate."""
    covered: set[str] = set()
    for path in Path(django.__file__).parent.glob(f"**/locale/{locale}/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            covered |= {_singular(message) for message in read_mo(file) if message.id and _is_full(message)}
    return covered


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts without a translation. English needs none: the texts are English."""
    if str(catalog.locale) == "en":
        return []
    return [_singular(message) for message in catalog if message.id and not _is_full(message)]


def stale(catalog: Catalog) -> list[str]:
    """Return the compiled catalogue if it is not what code and .po file make; where a text stands is no matter."""
    path = mo_path(str(catalog.locale))
    is_fresh = path.exists() and path.read_bytes() == mo_bytes(catalog)
    return [] if is_fresh else [f"stale: {path.relative_to(ROOT)}"]


def write(catalog: Catalog) -> None:
    """Write a language's two files."""
    locale = str(catalog.locale)
    po_path(locale).parent.mkdir(parents=True, exist_ok=True)
    po_path(locale).write_bytes(po_bytes(catalog))
    mo_path(locale).write_bytes(mo_bytes(catalog))


def po_bytes(catalog: Catalog) -> bytes:
    """Return the readable form, the same for the same texts on any day."""
    target = BytesIO()
    write_po(target, catalog, width=0, omit_header=True, include_lineno=False)
    return HEADER.format(locale=catalog.locale, plurals=catalog.plural_forms).encode() + target.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the compiled form, the same for the same texts on any day."""
    target = BytesIO()
    readable = read_po(BytesIO(po_bytes(catalog)), locale=str(catalog.locale))
    readable.creation_date = readable.revision_date = NO_DAY
    write_mo(target, readable)
    return target.getvalue()


def po_path(locale: str) -> Path:
    """Return where a language's readable catalogue is kept."""
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def mo_path(locale: str) -> Path:
    """Return where a language's compiled catalogue is kept."""
    return po_path(locale).with_suffix(".mo")


def key_of(message: Message) -> Key:
    """Return what a translation is found by."""
    return (_singular(message), message.context)


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_full(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(strings) and all(strings)


def _is_covered(found: Found, covered: set[str]) -> bool:
    return (found.text if isinstance(found.text, str) else found.text[0]) in covered


HEADER: Final = """\
# The portal's texts. Brought up to the code by chongqing_dte.foundation.catalogues.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""

if __name__ == "__main__":
    sys.exit(main())
