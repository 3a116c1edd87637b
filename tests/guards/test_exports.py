"""What leaves the portal as a file of many rows leaves by one door, which records who takes it."""

import ast
from pathlib import Path

import pytest

from tests.guards.sources import calls_in, name_of, python_files

# Files without anybody's data, public ones, and those of which a service records each fetch: the sealed file of a
# batch, and the files that show what a class has cost.
OTHER_FILES = frozenset(
    {
        "subsidies/views/bank_formats.py",
        "subsidies/views/claim_files.py",
        "subsidies/views/downloads.py",
        "subsidies/views/notices.py",
        "subsidies/views/other_subsidies.py",
    }
)
DOOR = "subsidies/views/exports.py"
DOWNLOADS = frozenset({"workbook_download", "FileResponse", "StreamingHttpResponse"})
VIEWS = [path for path in python_files("subsidies/views") if name_of(path) not in {DOOR, *OTHER_FILES}]


def files_handed_out_in(source: str) -> list[int]:
    """Return the lines that make a download."""
    tree = ast.parse(source)
    made = [call.lineno for name, call in calls_in(tree) if name.rpartition(".")[2] in DOWNLOADS]
    headers = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "Content-Disposition"
    ]
    return sorted(made + headers)


@pytest.mark.parametrize("path", VIEWS, ids=name_of)
def test_list_of_money_leaves_by_the_door_that_records_it(path: Path) -> None:
    assert files_handed_out_in(path.read_text()) == []


def test_each_other_file_is_still_handed_out() -> None:
    by_name = {name_of(path): path for path in python_files("subsidies/views")}

    assert [name for name in (DOOR, *OTHER_FILES) if not files_handed_out_in(by_name[name].read_text())] == []


@pytest.mark.parametrize(
    "planted",
    [
        "return workbook_download(content, file_name=name)",
        "return FileResponse(BytesIO(content), as_attachment=True)",
        'response["Content-Disposition"] = "attachment"',
    ],
)
def test_planted_download_is_found(planted: str) -> None:
    assert files_handed_out_in(planted) == [1]
