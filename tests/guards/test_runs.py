"""Every test begins as if it were the first."""

import pytest
from django.conf import settings
from django.utils import translation

from tests import tables


@pytest.mark.parametrize("time", ["once", "once more"])
def test_no_test_is_told_the_language_of_another(time):
    assert translation.get_language() == settings.LANGUAGE_CODE

    translation.activate("en")


def test_another_migration_asks_for_other_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "REPOSITORY", tmp_path)
    for folder in ("enrollment/migrations", "enrollment/services"):
        (tmp_path / folder).mkdir(parents=True)
    before = tables._digest_of_sources()

    (tmp_path / "enrollment/services/rosters.py").write_text("")
    assert tables._digest_of_sources() == before
    (tmp_path / "enrollment/migrations/0001_initial.py").write_text("")
    assert tables._digest_of_sources() != before
