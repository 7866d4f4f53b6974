"""Tables are what the definitions say; a migration that has landed is never edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from schemas import ddl, migration_files
from schemas.columns import METRICS


def test_a_migration_that_has_landed_never_changes() -> None:
    assert migration_files.changed() == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the numbered files."""
    return Path(shutil.copytree(migration_files.FOLDER, tmp_path / "migrations"))


def test_an_edited_a_missing_and_an_unnoted_migration_are_named(folder: Path) -> None:
    first, second = sorted(folder.glob("*.sql"))[:2]
    first.write_text(first.read_text() + "\n")
    second.unlink()
    (folder / "001_again.sql").write_text("SELECT 1;\n")
    assert set(migration_files.changed(folder)) == {
        f"{first.name} has changed",
        f"{second.name} is gone",
        "001_again.sql has no sum",
        "number 1 is used twice",
    }


def test_the_next_migration_takes_the_next_number_and_is_frozen(folder: Path) -> None:
    last = migration_files.read(folder)[-1].number
    path = migration_files.write("more", ["SELECT 1", "SELECT 2"], folder)
    assert path.name == f"{last + 1:03}_more.sql"
    assert migration_files.changed(folder) == []
    path.write_text("SELECT 2;\n")
    assert migration_files.changed(folder) == [f"{path.name} has changed"]


def test_the_number_of_the_former_views_is_not_used_again(folder: Path) -> None:
    for path in folder.glob("*.sql"):
        if path.name != "001_tables.sql":
            path.unlink()
    assert migration_files.write("next", ["SELECT 1"], folder).name == "003_next.sql"


def test_a_file_is_read_as_its_statements() -> None:
    file = migration_files.MigrationFile(7, "x", "-- why\n\nSELECT 'a;b';\n\nSELECT 2\nFROM y;\n")
    assert file.statements == ["SELECT 'a;b'", "SELECT 2\nFROM y"]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_part_is_a_column_of_every_grain(metric) -> None:
    for table in (ddl.minute_table(metric), *(ddl.coarse_table(metric, grain) for grain in ddl.GRAINS)):
        for name, part in metric.parts.items():
            assert table.columns[name].comment.endswith(f"[{part.unit}]")


def test_a_minute_table_is_keyed_by_area_camera_key_and_time() -> None:
    assert ddl.minute_table(METRICS[0]).order == "(area, camera_id, zone_id, ts)"
