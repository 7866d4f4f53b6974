"""A warehouse of the first release's tables lives on: its rows, views and comments.

`tests/data/warehouse` holds the two files of that time: tables without IF NOT
EXISTS and all views, numbered, in a bookkeeping that noted whole files.
"""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from connectors.warehouse import Warehouse, connect, shapes
from connectors.warehouse.inserts import to_arrow
from flows import migration_plan
from schemas import migration_files
from schemas.views.order import wanted
from tests.connectors.bytes_on_disk import holding

from .minutes import METRICS, rows
from .test_warehouse_migrations import shape

DATA = Path(__file__).parents[1] / "data" / "warehouse"
OLD = {path.name.removesuffix(".xz"): lzma.decompress(path.read_bytes()).decode() for path in DATA.glob("*.xz")}
BOOKS = """CREATE TABLE schema_versions (
    version UInt32, md5 String, script String, created_at DateTime DEFAULT now()
) ENGINE = MergeTree ORDER BY tuple(created_at)"""
NOON = datetime(2026, 1, 5, 5, tzinfo=UTC)
KEYS = {
    "runs_log": "(run, token, state) VALUES (1, 7, 'done')",
    "cameras_log": "(camera_id, valid_from, name, area) VALUES ('old-1', 0, 'Simpang', '33.74.07.1005')",
    "areas_log": "(area, name) VALUES ('33.74', 'Semarang')",
    "places_log": "(place_id, zones) VALUES ('alun', ['old-1/alun'])",
    "roads_log": "(road, lines) VALUES ('pemuda', ['old-1/utara'])",
    "calendar_log": "(date, day_type, hijri) VALUES ('2026-01-01', 'holiday', '1447-07-12')",
    "trends_log": "(place_id, day, verdict) VALUES ('alun', '2026-01-04', 'naik')",
    "dead_letters_log": "(source, position, reason) VALUES ('a.jsonl', 3, 'json')",
    "dead_letters_raw": "(source, position, reason, raw) VALUES ('a.jsonl', 3, 'json', '{')",
    "marks_log": "(domain, hour, mark, state) VALUES ('crowd', '2026-01-05 05:00:00', 5, 1)",
    "rolls_log": "(roll, domain, hour, mark) VALUES (1, 'crowd', '2026-01-05 05:00:00', 5)",
    "incidents_log": "(area, camera_id, incident_id, kind, state, opened_at) VALUES "
    "('33.74.07.1005', 'old-1', 'f00', 'flood', 'active', '2026-01-05 05:00:00')",
}


def make_old(store: Warehouse) -> None:
    """Make the warehouse as the first release made it, with rows in every table and a view that is no more."""
    views = OLD["002_views.sql"] + "CREATE OR REPLACE VIEW gone_by AS\nSELECT count() AS n FROM areas_log;\n"
    store.command(BOOKS)
    for number, text in ((1, OLD["001_tables.sql"]), (2, views)):
        for statement in migration_files.MigrationFile(number, "", text).statements:
            store.command(statement)
        md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        store.insert_block("schema_versions", pa.table({"version": [number], "md5": [md5], "script": [text]}))
    store.command("CREATE VIEW somebodys AS SELECT 1 AS x")
    for table, columns in tables_of(OLD["001_tables.sql"]).items():
        if table in KEYS:
            store.command(f"INSERT INTO {table} {KEYS[table]}")
        elif table.endswith("_minute_log"):
            made = rows(table.removesuffix("_minute_log"), "old-1", NOON, 90)
            store.insert_block(table, to_arrow(made.select(name for name in made.columns if name in columns)))
        elif table != "settings_log":
            store.command(f"INSERT INTO {table} (area, camera_id, ts, frames) VALUES ('33.74', 'old-0', 1767589200, 3)")


def tables_of(text: str) -> dict[str, list[str]]:
    """Return tables and their columns as the old file has them."""
    return {
        found[1]: re.findall(r"^    `(\w+)`", found[2], re.MULTILINE)
        for found in re.finditer(r"CREATE TABLE (\w+) \((.*?)\n\)\nENGINE", text, re.DOTALL)
    }


def held(store: Warehouse) -> dict[str, pl.DataFrame]:
    """Return all rows of all old tables, in their old columns."""
    return {
        table: pl.DataFrame(store.query(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").table)
        for table, columns in tables_of(OLD["001_tables.sql"]).items()
    }


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, dict[str, pl.DataFrame]]]:
    """A warehouse of then, brought to now, and the rows that it had."""
    with connect(f"embedded:{tmp_path_factory.mktemp('upgraded')}") as store:
        make_old(store)
        before = held(store)
        plan = store.plan()
        assert [file.number for file in plan.files] == [f.number for f in migration_files.read() if f.number > 1]
        assert plan.views.dropped == ["gone_by"]
        done = store.migrate()
        assert (done.files, done.views) == (plan.files, plan.views)
        assert store.plan().empty
        assert store.query("SELECT x FROM somebodys").rows == [(1,)]
        store.command("DROP VIEW somebodys")
        yield store, before


def test_every_row_is_still_there(upgraded: tuple[Warehouse, dict[str, pl.DataFrame]]) -> None:
    store, before = upgraded
    assert all(frame.height for frame in before.values())
    after = held(store)
    assert [table for table in before if not after[table].equals(before[table])] == []


def test_tables_columns_comments_and_views_are_those_of_a_fresh_warehouse(
    upgraded: tuple[Warehouse, dict[str, pl.DataFrame]], warehouse: Warehouse
) -> None:
    store, _ = upgraded
    assert shape(store) == shape(warehouse)
    assert shapes.tables(store) == shapes.tables(warehouse)


def test_every_view_answers_and_old_minutes_are_rolled_up(
    upgraded: tuple[Warehouse, dict[str, pl.DataFrame]],
) -> None:
    store, _ = upgraded
    assert store.roll() > 0
    asked = [name for name, view in wanted().items() if "{" not in view.statement]
    assert len(wanted()) - len(asked) < 10, "only comparisons take parameters"
    for view in asked:
        store.query(f"SELECT * FROM {view} LIMIT 10")
    assert store.query("SELECT frames FROM crowd_hour WHERE camera_id = 'old-1'").rows == [(36_000,)]
    newest = [("old-1", NOON.replace(hour=6, minute=29))]
    assert [store.query(f"SELECT camera_id, ts FROM {metric}_now").rows[:1] for metric in METRICS] == [newest] * 9
    assert store.query("SELECT camera_id, kind FROM incidents_open").rows == [("old-1", "flood")]
    assert store.query("SELECT verdict FROM visits_trend").num_rows <= 1


def test_what_older_rows_lack_and_only_a_replay_fills_is_named(
    upgraded: tuple[Warehouse, dict[str, pl.DataFrame]],
) -> None:
    """Rows of the first release know no riders; those of a run that began once the columns were there do."""
    store, _ = upgraded
    found = {one.metric: one for one in store.unfilled()}
    assert sorted(found) == ["flow", "health"]
    assert {"rider_n"} <= set(found["flow"].columns)
    assert {"refused_hist", "made_here"} <= set(found["health"].columns)
    assert [each.run for each in found["flow"].runs] == [1]
    said = migration_plan.advice(store.unfilled(), " --warehouse w")
    assert "  flow: rider_n, " in said
    assert "tilik replay PATH... --warehouse w, with the --format and --registry that run 1 had" in said
    store.command("INSERT INTO runs_log (run, token, state, started_at) VALUES (2, 8, 'done', now())")
    store.insert_block("flow_minute_log", to_arrow(rows("flow", "old-1", NOON, 90, run=2, rev=65_536)))
    assert [one.metric for one in store.unfilled()] == ["health"]
    assert migration_plan.advice([]) == ""


@pytest.mark.parametrize("made", [1, 20])
def test_a_warehouse_that_was_lost_while_the_first_release_made_it_is_finished(
    tmp_path: Path, warehouse: Warehouse, made: int
) -> None:
    """Its program was killed between two tables: later ones said that a table already exists."""
    with connect(f"embedded:{tmp_path}") as store:
        store.command(BOOKS)
        for statement in migration_files.MigrationFile(1, "", OLD["001_tables.sql"]).statements[:made]:
            store.command(statement)
        store.migrate()
        assert shape(store) == shape(warehouse)


def test_what_an_older_version_kept_of_persons_goes_from_tables_and_files(tmp_path: Path) -> None:
    plate, word = "H-9321-PLANTED", "Budi-Planted"
    summary = f'{{"frames":7,"left_out":[["a","unknown_class",1,1,[["{word}",1]]]],"warnings":["{plate}"]}}'
    incident = "(area, camera_id, incident_id, kind, state, opened_at, track_ids)"
    with connect(f"embedded:{tmp_path}") as store:
        make_old(store)
        quoted = f"('b.jsonl', 4, 'bad_type', 'got ''{plate}''')"
        store.command(f"INSERT INTO dead_letters_log (source, position, reason, detail) VALUES {quoted}")
        store.command(f"INSERT INTO dead_letters_raw (source, position, reason, raw) VALUES ('b', 4, 'x', '{plate}')")
        store.command(f"INSERT INTO runs_log (run, token, state, summary) VALUES (2, 8, 'done', '{summary}')")
        store.command(
            f"INSERT INTO incidents_log {incident} VALUES "
            f"('33.74', 'old-1', 'f01', 'parking', 'active', '2026-01-05 05:00:00', ['{plate}', '42'])"
        )
        assert holding(tmp_path, plate)
        store.migrate()
        assert holding(tmp_path, plate) == holding(tmp_path, word) == []
        assert store.query("SELECT summary FROM runs_log FINAL WHERE run = 2").rows == [('{"frames":7}',)]
        ((names,),) = store.query("SELECT track_ids FROM incidents_log FINAL WHERE incident_id = 'f01'").rows
        assert (names[0][:2], names[1]) == ("t-", "42")
        assert store.query("SELECT detail FROM dead_letters_log FINAL WHERE source = 'b.jsonl'").rows == [("",)]


def test_a_file_of_changes_that_runs_again_takes_nothing_of_what_was_written_since(tmp_path: Path) -> None:
    """Two may migrate at once, and one be killed before it has noted what it did."""
    summary = '{"frames":7,"by":{"registry":"1"},"warnings":["slow"]}'
    letter, row = "(source, position, reason, content", "'b', 4, 'bad_type', 9"
    with connect(f"embedded:{tmp_path}") as store:
        store.migrate()
        store.command(f"INSERT INTO dead_letters_log {letter}, detail) VALUES ({row}, 'got \"a text\"')")
        store.command(f"INSERT INTO dead_letters_raw {letter}, raw) VALUES ({row}, 'record')")
        store.command(f"INSERT INTO runs_log (run, token, state, summary) VALUES (2, 8, 'done', '{summary}')")
        for statement in migration_files.read()[-1].statements:
            store.command(statement)
        assert store.query("SELECT detail FROM dead_letters_log FINAL").rows == [('got "a text"',)]
        assert store.query("SELECT raw FROM dead_letters_raw FINAL").rows == [("record",)]
        assert store.query("SELECT summary FROM runs_log FINAL").rows == [(summary,)]
