"""The pages in docs/states say what the tables in the code say."""

from pathlib import Path

import pytest

from chongqing_dte import state_diagrams
from chongqing_dte.state_diagrams import machines, model_of, pages, stale
from subsidies.enums import BatchStatus
from subsidies.transitions import BATCH_TRANSITIONS
from tests.guards.test_transition_tables import TABLES


def test_no_page_is_stale() -> None:
    assert stale() == [], "Run .venv/bin/python -m chongqing_dte.state_diagrams"


def test_every_table_has_a_page() -> None:
    assert {f"{machine.app}.{machine.constant}" for machine in machines()} == set(TABLES)


def test_page_names_every_status_and_every_arrow() -> None:
    page = pages()["subsidies-paymentbatch.md"]

    assert all(f"| {status.value} |" in page for status in BatchStatus)
    assert all(
        f"    {status.value} --> {target.value}\n" in page
        for status, targets in BATCH_TRANSITIONS.items()
        for target in targets
    )


def test_labels_are_in_both_languages() -> None:
    assert "| SETTLED | Settled | 已结清 |" in pages()["subsidies-paymentbatch.md"]


def test_planted_stale_missing_and_left_over_pages_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("another text", encoding="utf-8")
    (tmp_path / "subsidies-payment.md").unlink()
    (tmp_path / "subsidies-claim.md").write_text("a machine that is gone", encoding="utf-8")
    monkeypatch.setattr(state_diagrams, "FOLDER", tmp_path)

    assert stale() == ["README.md", "subsidies-claim.md", "subsidies-payment.md"]


def test_table_of_no_model_is_refused() -> None:
    with pytest.raises(LookupError, match="enrollment has no model"):
        model_of("enrollment", BATCH_TRANSITIONS)
