"""A backfill beside a warehouse: what it changes and what not, what follows, and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
import pytest

from connectors.archive import reading
from connectors.archive.folder import Folder
from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Run, Warehouse, backfills, connect
from connectors.warehouse.address import parse
from flows import afterwards, retention
from flows.backfilling import asked, running
from flows.backfilling.asked import BackfillOptions
from flows.backfilling.comparing import KEYS
from flows.replay import ReplayOptions, replay
from flows.settings import Settings
from flows.thresholds import Thresholds
from schemas.errors import ArchiveError, UsageError, WarehouseError
from schemas.local_time import DAY_US, MINUTE_US
from schemas.registry import Registry
from schemas.retention import CLASSES
from tests.flows.every import NIGHT, camera, stream
from tests.flows.statements import Mortal, mortal

pytestmark = pytest.mark.slow
NAMES = ["a", "b"]
SINCE, UNTIL = NIGHT + 6 * MINUTE_US, NIGHT + 16 * MINUTE_US
COARSE = ("crowd_quarter_log", "crowd_hour_log", "crowd_day_log")


class Told(NamedTuple):
    """A night that was replayed into a store and an archive."""

    folder: Path
    url: str
    registry: Path

    def options(self, **changes: Any) -> BackfillOptions:
        given: dict[str, Any] = {
            "since_us": SINCE,
            "until_us": UNTIL,
            "archive": f"file:{self.folder / 'archive'}",
            "warehouse": self.url,
            "registry": str(self.registry),
        }
        return BackfillOptions(**(given | changes))

    def backfill(self, *, dry_run: bool = False, **changes: Any) -> running.Summary:
        return running.backfill(self.options(**changes), lambda done, of: None, dry_run=dry_run)

    def undo(self, generation: int) -> int:
        return running.undo(Settings(warehouse=self.url), generation)

    def redrawn(self) -> Path:
        """The registry with a smaller park of camera a, and a line elsewhere."""
        park, *zones = camera("a").zone
        line, *lines = camera("a").line
        smaller = msgspec.structs.replace(park, polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 0.3), (0.0, 0.3)))
        moved = msgspec.structs.replace(line, points=((0.4, 0.5), (0.4, 0.8)))
        other = msgspec.structs.replace(camera("a"), zone=(smaller, *zones), line=(moved, *lines))
        path = self.folder / "redrawn.toml"
        path.write_text(to_toml(Registry(camera=(other, camera("b"))), "test"))
        return path


@pytest.fixture(scope="module")
def told(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Told:
    tmp_path = tmp_path_factory.mktemp("told")
    frames = stream(NAMES, 1200)
    order = np.argsort(np.arange(len(frames)) + np.random.default_rng(1).uniform(0, 3, len(frames)), kind="stable")
    came = frames.reordered(np.insert(order, 1500, np.arange(1000, 1010)))
    (tmp_path / "in.jsonl").write_bytes(to_json_lines(came))
    registry = tmp_path / "registry.toml"
    registry.write_text(to_toml(Registry(camera=tuple(map(camera, NAMES))), "test"))
    url = laid(tmp_path / "store")
    replay(
        ReplayOptions(
            (str(tmp_path / "in.jsonl"),), "native", url, registry=str(registry), archive=f"file:{tmp_path / 'archive'}"
        )
    )
    return Told(tmp_path, url, registry)


@pytest.fixture(scope="module")
def store(told: Told) -> Iterator[Warehouse]:
    with connect(told.url) as warehouse:
        yield warehouse


def tables(store: Warehouse, also: tuple[str, ...] = ()) -> dict[str, pl.DataFrame]:
    """All rows that count, with who stated them."""
    found = {}
    for table in (*KEYS, *also):
        rows = store.query(f"SELECT * FROM {table} FINAL WHERE deleted = 0").table
        plain = backfills.plain(pl.DataFrame(pl.from_arrow(rows))).drop("rev", "roll", strict=False)
        keys = [name for name in ("camera_id", "ts", "zone_id", "line_id", "direction", "incident_id") if name in plain]
        found[table] = plain.sort(keys)
    return found


def differing(a: dict[str, pl.DataFrame], b: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The rows of b that a does not have, by table."""
    out = {}
    for name, rows in b.items():
        held = set(a[name].hash_rows(0).to_list())
        new = rows.filter(~pl.Series([one in held for one in rows.hash_rows(0).to_list()], dtype=pl.Boolean))
        if new.height:
            out[name] = new
    return out


def test_made_again_by_the_same_nothing_differs_and_nothing_is_written(told: Told, store: Warehouse) -> None:
    before = tables(store)
    looked = told.backfill(dry_run=True)
    assert (looked.rows, looked.withdrawn, looked.generation) == (0, 0, None)
    assert looked.frames == len(stream(NAMES, 1200)) + 10
    done = told.backfill(metrics=("crowd", "health"))
    assert (done.rows, done.withdrawn) == (0, 0)
    assert not differing(before, tables(store))
    with pytest.raises(UsageError, match="nothing from 2026-03"):
        told.backfill(dry_run=True, since_us=SINCE + 60 * 1440 * MINUTE_US, until_us=UNTIL + 60 * 1440 * MINUTE_US)


def test_a_zone_drawn_otherwise_changes_what_it_should_and_undo_restores_every_row(
    told: Told, store: Warehouse
) -> None:
    before = tables(store, COARSE)
    looked = told.backfill(dry_run=True, registry=str(told.redrawn()))
    assert not differing(before, tables(store, COARSE))
    done = told.backfill(registry=str(told.redrawn()), workers=2)
    assert (done.rows, done.withdrawn) == (looked.rows, looked.withdrawn)
    assert done.changes.sort(pl.all()).equals(looked.changes.sort(pl.all()))
    assert 0 < done.renamed < done.rows  # metrics of this camera that look at other zones
    changed = differing(before, tables(store, COARSE))
    minutes = changed["crowd_minute_log"]
    assert minutes["ts"].dt.epoch("us").min() == SINCE
    assert minutes["ts"].dt.epoch("us").max() == UNTIL - MINUTE_US
    assert {camera for rows in changed.values() for camera in rows["camera_id"].unique()} == {"a"}
    assert set(COARSE) <= set(changed)  # hours and days follow
    said = store.query("SELECT sum(rows) AS n FROM backfill_jobs").rows
    assert said == [(done.rows,)]
    persons = done.changes.filter((pl.col("metric") == "crowd") & (pl.col("part") == "person_ms")).row(0, named=True)
    of = (pl.col("camera_id") == "a") & pl.col("ts").dt.epoch("us").is_between(SINCE, UNTIL, closed="left")
    now = tables(store)["crowd_minute_log"]
    assert persons["before"] == before["crowd_minute_log"].filter(of)["person_ms"].sum()
    assert persons["after"] == now.filter(of)["person_ms"].sum() < persons["before"]
    with pytest.raises(WarehouseError, match="expected the generation of a backfill"):
        told.undo(77)
    assert done.generation is not None
    told.undo(done.generation)
    assert not differing(before, tables(store, COARSE))
    assert not differing(tables(store, COARSE), before)
    with pytest.raises(UsageError, match="taken back already"):
        told.undo(done.generation)
    said = store.query(f"SELECT state, frames, rows, withdrawn FROM backfills WHERE generation = {done.generation}")
    assert said.rows == [("undone", done.frames, done.rows, done.withdrawn)]
    assert not list(told.folder.glob("archive/backfills/*/stood/*"))
    again = told.backfill(registry=str(told.redrawn()))
    assert (again.rows, again.withdrawn) == (done.rows, done.withdrawn)
    assert again.generation is not None
    assert again.generation > done.generation
    told.undo(again.generation)


def test_one_metric_leaves_the_others(told: Told, store: Warehouse) -> None:
    before = tables(store)
    done = told.backfill(registry=str(told.redrawn()), metrics=("flow",), cameras=("a",), takes_too_late=True)
    assert set(differing(before, tables(store))) == {"flow_minute_log"}
    assert set(done.changes["metric"]) == {"flow"}
    assert done.generation is not None
    told.undo(done.generation)
    assert not differing(before, tables(store))
    assert backfills.ledger(store)[-1].takes_too_late


def test_an_empty_warehouse_gets_the_rows_that_came(
    told: Told, store: Warehouse, empty_store: Callable[[str], str]
) -> None:
    url = empty_store("other")
    done = told.backfill(warehouse=url, since_us=NIGHT, until_us=NIGHT + 60 * MINUTE_US)
    right = {name: rows.drop("run") for name, rows in tables(store).items()}
    with connect(url) as other:
        found = {name: rows.drop("run") for name, rows in tables(other).items()}
        assert [entry.state for entry in backfills.ledger(other)] == ["done"]
    assert done.begun == {"beginning": len(NAMES)}
    assert right["incidents_log"].height > 5
    for name, rows in right.items():
        assert found[name].equals(rows), name


def test_metrics_that_can_be_made_again_are_all_but_those_of_the_second_flow() -> None:
    assert {"crowd", "health", "parking"} <= set(asked.metrics())
    assert not {"outages", "mutes"} & set(asked.metrics())


def test_killed_at_any_statement_the_same_again_finishes_and_so_does_taking_it_back(
    told: Told, store: Warehouse
) -> None:
    before = tables(store, COARSE)
    options = told.options(registry=str(told.redrawn()))
    looked = running.backfill(options, lambda done, of: None, dry_run=True)
    ready, limits = asked.make_ready(options), Thresholds()
    with Mortal(parse(told.url)) as mine:

        def stored() -> None:
            run = backfills.begin(mine, ready.asked, ready.definitions)
            running.store(mine, ready, run, lambda done, of: None, 0.0)

        def counted(what: Callable[[], object]) -> int:
            mine.left, mine.sent = 1 << 30, 0
            what()
            mine.left = None
            return mine.sent

        whole = counted(stored)
        right = tables(store, COARSE)
        last = backfills.ledger(store)[-1]
        said = "SELECT * EXCEPT generation FROM backfill_changes WHERE generation = {} ORDER BY ALL"
        changes = store.query(said.format(last.generation)).rows
        backs = counted(lambda: running.undo_in(mine, last.generation, limits))
        with mortal(mine, whole // 4):
            stored()
        stored()
        last = backfills.ledger(store)[-1]
        now = tables(store, COARSE)
        assert not [
            name
            for name, rows in now.items()
            if not rows.drop("run", strict=False).equals(right[name].drop("run", strict=False))
        ]
        assert store.query(said.format(last.generation)).rows == changes
        with mortal(mine, backs // 3):
            running.undo_in(mine, last.generation, limits)
        running.undo_in(mine, last.generation, limits)
        now = tables(store, COARSE)
        assert not [name for name, rows in now.items() if not rows.equals(before[name])]
    assert looked.rows == sum(row[0] for row in store.query("SELECT max(rows) FROM backfill_jobs").rows) > 0


def test_a_file_that_is_not_as_it_was_written_is_not_used(told: Told, store: Warehouse) -> None:
    parts = reading.streams(Folder(told.folder / "archive"))[0].parts
    for part in parts:
        path = told.folder / "archive" / part.name
        path.write_bytes(path.read_bytes()[:-100] + bytes(100))
    standing = tables(store)
    with pytest.raises(ArchiveError, match=r"not those that were written .*: bring it back .* with --archive$"):
        told.backfill(since_us=SINCE + MINUTE_US)
    assert not differing(standing, tables(store))


def test_what_retention_removed_is_neither_made_again_nor_taken_back(told: Told, store: Warehouse) -> None:
    """The last test of this file: it takes the minutes away. What others left unfinished would keep them."""
    for each in backfills.ledger(store):
        if each.state == backfills.RUNNING:
            told.undo(each.generation)
    made = told.backfill(registry=str(told.redrawn()))
    assert made.generation is not None
    places = retention.Places(Folder(told.folder / "archive"), store)
    keep, later_us = dict.fromkeys(CLASSES, 0), time.time_ns() // 1000 + 100 * DAY_US
    (saved,) = {each.kind for each in retention.plan(places, keep | {"backfills": 90}, later_us).items}
    assert saved == "backfills"
    retention.apply(places, keep | {"backfills": 90}, later_us)
    assert places.store.names("backfills/") == {}
    with pytest.raises(UsageError, match="what it replaced was removed"):
        told.undo(made.generation)

    before = tables(store, COARSE)
    removed = retention.apply(places, keep | {"minutes": 10}, NIGHT + 100 * DAY_US)
    assert {each.kind for each in removed.items} == {"minutes"}, removed.held_by
    for dry_run in (True, False):
        with pytest.raises(UsageError, match=r"rows of local days before 2026-\S+ were removed"):
            told.backfill(dry_run=dry_run)
    (run,) = store.query("SELECT max(run) FROM runs_log").rows[0]
    afterwards.follow(store, Run(run, 0, backfills.ledger(store)[-1].id, 0), Thresholds())
    after = tables(store, COARSE)
    assert {name for name in after if not after[name].equals(before[name])} == {
        name for name in KEYS if name != "incidents_log" and before[name].height
    }
    assert not any(after[name].height for name in KEYS if name != "incidents_log")
