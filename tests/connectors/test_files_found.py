"""Which files a path means: a warehouse among them is never read, least of all its passwords."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.files import find
from connectors.warehouse import connect
from schemas.errors import UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with input and a real warehouse in it."""
    made = tmp_path_factory.mktemp("work")
    (made / "events").mkdir()
    (made / "events" / "a.jsonl").write_text("{}\n")
    with connect(f"embedded:{made / 'data' / 'store'}"):
        pass
    (made / "data" / "store" / "left.jsonl").write_text("{}\n")
    return made


@pytest.mark.parametrize("kind", ["native", "nvschema", "opendatacam"])
def test_a_warehouse_in_a_folder_is_passed_over(folder: Path, kind: str) -> None:
    assert "tilik" in json.loads((folder / "data" / "store" / "secrets.json").read_text())
    assert find([folder], kind) == [folder / "events" / "a.jsonl"]


@pytest.mark.parametrize("path", ["data", "data/store", "data/store/secrets.json", "data/*/*.json", "**/*.json*"])
def test_what_lies_in_a_warehouse_is_refused_where_it_is_named(folder: Path, path: str) -> None:
    with pytest.raises(UsageError, match="came files of a warehouse"):
        find([folder / path], "native")
