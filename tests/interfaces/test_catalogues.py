import subprocess
import sys

from chongqing_dte.foundation import catalogues


def test_every_text_is_in_the_committed_catalogues_and_has_its_chinese() -> None:
    command = [sys.executable, "-m", "chongqing_dte.foundation.catalogues", "--check"]

    check = subprocess.run(command, cwd=catalogues.ROOT, capture_output=True, text=True, check=False)

    assert (check.stdout, check.stderr, check.returncode) == ("", "", 0)


def test_text_of_a_template_is_found_with_its_plural(tmp_path) -> None:
    template = tmp_path / "page.html"
    template.write_text(
        '<p class="x">{% translate "One" context "number" %}</p>\n'
        "  {% blocktranslate count counter=n %}{{ counter }} row{% plural %}{{ counter }} rows{% endblocktranslate %}"
    )

    found = [(text.text, text.context) for text in catalogues.texts_of(template, shown_as="page.html")]

    assert found == [("One", "number"), (("%(counter)s row", "%(counter)s rows"), None)]


def test_text_without_chinese_is_reported() -> None:
    catalog = catalogues.merged("zh_Hans")
    catalog.add("Nobody has translated this.")

    assert catalogues.untranslated(catalog) == ["Nobody has translated this."]


def test_no_translation_has_other_placeholders_than_its_text() -> None:
    catalog = catalogues.merged("zh_Hans")

    wrong = [message.id for message in catalog if message.id and list(message.check(catalog))]

    assert wrong == []
