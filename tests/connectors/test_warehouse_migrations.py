"""A warehouse of any age becomes this version's, whoever is killed on the way; a newer one is refused."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.warehouse import Warehouse, connect, migrations, shapes, views
from connectors.warehouse.address import parse
from schemas import ddl, migration_files
from schemas.errors import WarehouseError
from schemas.shape import compare
from schemas.views.order import View, ordered, wanted


class Killed(BaseException):
    """The program ends here."""


class Mortal(Warehouse):
    """A warehouse whose program ends before the statement after `left` others."""

    left = 0

    def _live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def command(self, sql, parameters=None):
        self._live()
        super().command(sql, parameters)

    def insert_block(self, table, block):
        self._live()
        super().insert_block(table, block)


def shape(store: Warehouse) -> dict[str, list[tuple]]:
    """Return all that the engine says of tables, views and columns, but for when and where they were made."""
    tables = "SELECT name, engine_full, sorting_key, partition_key, comment, as_select FROM system.tables"
    columns = "SELECT table, position, name, type, default_expression, compression_codec, comment FROM system.columns"
    return {
        "tables": store.query(f"{tables} WHERE database = currentDatabase() ORDER BY name").rows,
        "columns": store.query(f"{columns} WHERE database = currentDatabase() ORDER BY table, position").rows,
    }


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Warehouse]:
    with connect(f"embedded:{tmp_path}") as store:
        yield store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse that tests may bend, if they bend it back."""
    with connect(f"embedded:{tmp_path_factory.mktemp('bent')}") as store:
        store.migrate()
        yield store


def test_numbered_files_alone_make_what_the_definitions_say(empty: Warehouse) -> None:
    migrations.run_files(empty, migration_files.read(), {})
    found = shapes.read(empty)
    assert compare(ddl.shape(), found) == ([], []), "run `make migration NAME=what_it_is_for`"
    assert found.keys() - ddl.shape().keys() == migrations.BOOKS.keys()
    assert compare(migrations.BOOKS, found) == ([], [])


def test_every_statement_of_every_file_may_be_run_again(empty: Warehouse, warehouse: Warehouse) -> None:
    for file in migration_files.read():
        for statement in file.statements:
            empty.command(statement)
            empty.command(statement)
    empty.migrate()
    assert shape(empty) == shape(warehouse)
    assert empty.query("SELECT name, value FROM settings_log FINAL").rows == [("zone", "Asia/Jakarta")]


def test_a_program_killed_at_any_statement_is_finished_by_the_next(tmp_path: Path, warehouse: Warehouse) -> None:
    """Each run goes three statements further than the one before; in the first file, the newest and the views, more."""
    first, *others, comments = (len(file.statements) + 1 for file in migration_files.read())
    one_by_one, tables = sum(others), sum(others) + comments
    steps = [*range(0, first, 7), first + 1, *range(0, one_by_one, 3), *range(one_by_one, tables + 2, 7)]
    steps += range(tables + 50, tables + 400, 50)
    missing: set[int] = set()
    with Mortal(parse(f"embedded:{tmp_path}")) as store:
        for left in steps:
            store.left = left
            try:
                store.migrate()
                break
            except Killed:
                missing.add(len(store.plan().files))
        else:
            pytest.fail("it was never finished")
        assert 0 in missing  # killed in the views, too
        assert len(missing) > 5  # and in many a file
        assert store.plan().empty
        assert shape(store) == shape(warehouse)


@pytest.mark.parametrize("left", [31, 200])
def test_an_engine_killed_while_a_warehouse_is_made_loses_nothing(
    tmp_path: Path, warehouse: Warehouse, left: int
) -> None:
    with Mortal(parse(f"embedded:{tmp_path}")) as store:
        store.left = left
        with pytest.raises(Killed):
            store.migrate()
        os.kill(json.loads((tmp_path / "server.json").read_text())["pid"], signal.SIGKILL)
    with connect(f"embedded:{tmp_path}") as store:
        store.migrate()
        assert shape(store) == shape(warehouse)


def test_a_plan_says_what_would_change_and_changes_nothing(empty: Warehouse) -> None:
    before = shape(empty)
    plan = empty.plan()
    assert plan.files == migration_files.read()
    assert {change.table for change in plan.changes} == set(ddl.shape())
    assert plan.views == (list(wanted()), [], [])
    assert shape(empty) == before
    assert empty.migrate().files == plan.files
    assert empty.plan().empty
    assert empty.migrate().empty


def test_what_somebody_took_away_comes_back_and_the_plan_says_so(store: Warehouse) -> None:
    before = shape(store)
    store.command("ALTER TABLE crowd_hour_log DROP COLUMN persons_hist")
    store.command("ALTER TABLE marks_log COMMENT COLUMN mark 'scribbled'")
    store.command("DROP TABLE trends_log")
    store.command("DROP VIEW crowd_day")
    plan = store.plan()
    assert [(change.table, change.what) for change in plan.changes] == [
        ("crowd_hour_log", "a new column persons_hist"),
        ("trends_log", "a new table"),
        ("marks_log", "the comment of mark"),
    ]
    assert plan.views == (["crowd_day"], [], [])
    assert store.migrate() == plan
    assert shape(store) == before


def test_a_difference_that_would_rewrite_rows_is_an_error_that_names_it(store: Warehouse) -> None:
    store.command("ALTER TABLE dead_letters_log MODIFY COLUMN count UInt64")
    for ask in (store.migrate, store.plan):
        with pytest.raises(
            WarehouseError, match=r"dead_letters_log\.count: expected type UInt32, found UInt64\n.*bent"
        ):
            ask()
    store.command("ALTER TABLE dead_letters_log MODIFY COLUMN count UInt32")
    assert store.migrate().empty


def test_a_plan_says_what_a_waiting_file_is_to_bridge(store: Warehouse) -> None:
    last = migration_files.read()[-1]
    store.command(f"ALTER TABLE schema_versions DELETE WHERE version = {last.number} SETTINGS mutations_sync = 1")
    store.command("ALTER TABLE dead_letters_log MODIFY COLUMN count UInt64")
    plan = store.plan()
    assert plan.files == [last]
    assert plan.changes == [("dead_letters_log.count", "expected type UInt32, found UInt64", "")]
    store.command("ALTER TABLE dead_letters_log MODIFY COLUMN count UInt32")
    assert store.migrate().files == [last]


NEWER = {
    "tables": (
        "schema_versions",
        {"version": pa.array([99], pa.uint32()), "md5": [""], "script": [""], "tilik": ["7.2.0"]},
        r"was made by Tilik 7\.2\.0 with migration 99, this is Tilik .*: install Tilik 7\.2\.0 or newer",
    ),
    "views": (
        "views_log",
        {"name": ["x"], "fingerprint": ["x"], "tilik": ["7.10.0"], "version": pa.array([99], pa.uint64())},
        r"was made by Tilik 7\.10\.0 .*: install Tilik 7\.10\.0 or newer",
    ),
}


@pytest.mark.parametrize(("table", "row", "said"), NEWER.values(), ids=NEWER)
def test_a_newer_warehouse_is_refused_with_the_version_it_needs(
    store: Warehouse, table: str, row: dict, said: str
) -> None:
    store.insert_block(table, pa.table(row))
    try:
        for ask in (store.migrate, store.plan):
            with pytest.raises(WarehouseError, match=said):
                ask()
    finally:
        store.command(f"ALTER TABLE {table} DELETE WHERE tilik LIKE '7.%' SETTINGS mutations_sync = 1")
    assert store.migrate().empty


def test_days_of_another_zone_are_refused(store: Warehouse) -> None:
    store.command("INSERT INTO settings_log (name, value) VALUES ('zone', 'Asia/Makassar')")
    with pytest.raises(WarehouseError, match="holds days of Asia/Makassar, this is set to Asia/Jakarta"):
        store.migrate()
    store.command("INSERT INTO settings_log (name, value) VALUES ('zone', 'Asia/Jakarta')")


def say(**texts: str) -> dict[str, View]:
    return ordered([f"CREATE OR REPLACE VIEW {name} AS\n{text}" for name, text in texts.items()], {})


def test_views_are_applied_where_they_differ_and_dropped_when_they_are_gone(store: Warehouse) -> None:
    """A view that reads a changed one is made again too; one that somebody else made stays."""

    def step(**texts: str) -> views.Step:
        full = wanted() | say(**texts)
        found = views.plan(store, full, set(ddl.tables()))
        views.apply(store, full, found, migrations.TILIK)
        return found

    store.command("CREATE VIEW guests AS SELECT 1 AS x")
    both = {"one": "SELECT 1 AS x", "two": "SELECT * FROM one"}
    assert step(**both) == (["one", "two"], [], [])
    assert step(**both) == ([], [], [])
    assert step(**both | {"one": "SELECT 1 AS x, 2 AS y"}) == ([], ["one", "two"], [])
    assert store.query("SELECT * FROM two").rows == [(1, 2)]
    assert step(one="SELECT 1 AS x, 2 AS y") == ([], [], ["two"])
    assert step() == ([], [], ["one"])
    assert step() == ([], [], [])
    assert store.query("SELECT * FROM guests").rows == [(1,)]
    store.command("DROP VIEW guests")


def test_a_view_that_a_rival_makes_at_the_same_time_is_tried_again(store: Warehouse) -> None:
    class Raced:
        tried = 0

        def command(self, sql: str) -> None:
            self.tried += 1
            if self.tried < 3:
                error = WarehouseError("raced")
                error.__cause__ = OSError("Code: 57. DB::Exception: Table tilik.one already exists")
                raise error

    raced = Raced()
    views._run(raced, "CREATE OR REPLACE VIEW one AS SELECT 1")
    assert raced.tried == 3
    with pytest.raises(WarehouseError, match="UNKNOWN_IDENTIFIER"):
        views._run(store, "CREATE OR REPLACE VIEW one AS SELECT FROM")


def test_a_view_that_a_killed_engine_left_half_made_is_dropped(store: Warehouse) -> None:
    """One that is being made just now stays."""
    store.command("CREATE VIEW _tmp_replace_1f_2a AS SELECT 1 AS x")
    assert store.plan().empty
    step = views.plan(store, wanted(), set(ddl.tables()), -1)
    assert step == ([], [], ["_tmp_replace_1f_2a"])
    views.apply(store, wanted(), step, migrations.TILIK)
    assert "_tmp_replace_1f_2a" not in shapes.views(store)


def test_a_plan_for_a_server_without_the_database_is_all_there_is(empty: Warehouse) -> None:
    empty.command("DROP DATABASE tilik")
    plan = empty.plan()
    assert plan.files == migration_files.read()
    assert {change.table for change in plan.changes} == set(ddl.shape())
    with pytest.raises(WarehouseError, match="the database does not exist"):
        empty.query("SELECT 1")


@pytest.mark.parametrize(
    "full",
    [
        "ReplacingMergeTree(rev) PARTITION BY toYYYYMMDD(ts) ORDER BY (area, ts)",
        "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/a', '{replica}', rev) ORDER BY area",
        "SharedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', rev) ORDER BY area",
    ],
)
def test_a_replicated_table_has_the_engine_of_a_plain_one(full: str) -> None:
    assert shapes._engine(full) == "ReplacingMergeTree(rev)"
