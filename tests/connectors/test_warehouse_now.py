"""`*_now` shows the newest minute that counts of every key, whatever was written in whatever order.

What the newest minute is, the views by minute say: the last row of each key, of
those with one in the last stored day. That takes long to ask for, so the `_now`
views keep it at hand; these tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.warehouse import Warehouse, connect
from connectors.warehouse.inserts import to_arrow
from schemas.cards import CARDS
from schemas.columns import METRICS
from schemas.ddl import tables
from schemas.views.by_camera import keys
from schemas.views.lasting import DATA_END

from .minutes import rows

KEYS = {card.name: keys(card) for card in CARDS if card.camera is not None}
START = datetime(2026, 1, 5, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse of its own: the newest of all cameras is one of these."""
    with connect(laid(tmp_path_factory.mktemp("now") / "store")) as store:
        yield store


@pytest.fixture(autouse=True)
def empty(store: Warehouse) -> None:
    forget_all(store)


def forget_all(store: Warehouse) -> None:
    for metric in METRICS:
        for table in ("minute_log", "now_log"):
            store.command(f"TRUNCATE TABLE {metric.name}_{table}")


def plainly(store: Warehouse, metric: str) -> list[tuple]:
    """Return what stands in the `_now` view, asked of the minutes."""
    day = f"ts > (SELECT max(ts) FROM {metric}_minute) - INTERVAL 1 DAY"
    last = f"SELECT * FROM {metric}_minute WHERE {day} ORDER BY ts DESC LIMIT 1 BY {KEYS[metric]}"
    return store.query(f"SELECT * FROM ({last}) ORDER BY {KEYS[metric]}").rows


def now(store: Warehouse, metric: str) -> list[tuple]:
    return store.query(f"SELECT * FROM {metric}_now ORDER BY {KEYS[metric]}").rows


MINUTES = st.sampled_from([0, 1, 2, 3, 1438, 1440, 1441, 2890, 5000])
ROW = st.fixed_dictionaries(
    {
        "camera": st.sampled_from(["a", "b", "c"]),
        "minute": MINUTES,
        "rev": st.sampled_from([0, 1, 65_536]),
        "deleted": st.integers(0, 1),
        "persons_max": st.integers(0, 9),
    }
)
BLOCK = st.lists(ROW, min_size=1, max_size=4, unique_by=lambda row: (row["camera"], row["minute"]))
MERGE = st.just([])
WRITES = st.lists(BLOCK | MERGE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITES)
def test_any_writes_in_any_order_leave_the_newest_minute_that_counts(store: Warehouse, writes: list) -> None:
    """Restated, withdrawn, late and again: whatever is written, after each write; an empty one merges parts."""
    forget_all(store)
    for block in writes:
        made = [
            rows(
                "crowd",
                row["camera"],
                START + timedelta(minutes=row["minute"]),
                rev=row["rev"],
                deleted=row["deleted"],
                persons_max=row["persons_max"],
            )
            for row in block
        ]
        if made:
            store.insert("crowd_minute_log", pl.concat(made))
        else:
            store.command("OPTIMIZE TABLE crowd_now_log FINAL")
            store.command("OPTIMIZE TABLE crowd_minute_log FINAL")
        assert now(store, "crowd") == plainly(store, "crowd")


@pytest.mark.parametrize("metric", KEYS)
def test_every_now_view_has_the_columns_and_the_rows_of_its_minutes(store: Warehouse, metric: str) -> None:
    for camera, count in (("a", 3), ("b", 2)):
        store.insert(f"{metric}_minute_log", rows(metric, camera, START, count))
    shown = store.query(f"SELECT * FROM {metric}_now").column_names
    assert shown == store.query(f"SELECT * FROM {metric}_minute").column_names
    found = now(store, metric)
    assert found == plainly(store, metric)
    assert {row[shown.index("ts")].minute for row in found} == {1, 2}


def test_a_rerun_that_ends_earlier_takes_the_present_back(store: Warehouse) -> None:
    """Minutes of the first run that the second, of a higher generation, did not reproduce become tombstones."""

    def minutes(run: int, count: int, **more: int) -> pl.DataFrame:
        return rows("health", "a", START, count, run=run, rev=run << 16, **more)

    store.insert("health_minute_log", minutes(0, 10))
    store.insert("health_minute_log", minutes(1, 6))
    gone = minutes(1, 10, deleted=1).filter(pl.col("ts") >= START + timedelta(minutes=6))
    store.insert("health_minute_log", gone)
    assert store.query("SELECT toMinute(ts), generation FROM health_now").rows == [(5, 1)]
    assert store.query(f"SELECT {DATA_END} AS ends").rows == [(START.replace(minute=6),)]
    store.insert("health_minute_log", minutes(2, 7))
    assert store.query("SELECT toMinute(ts), generation FROM health_now").rows == [(6, 2)]


def test_a_forgotten_camera_is_nowhere_and_its_neighbours_stay(store: Warehouse) -> None:
    for camera, count in (("a", 3), ("b", 5)):
        store.insert("health_minute_log", rows("health", camera, START, count))
    store.forget("b")
    assert store.query("SELECT camera_id, toMinute(ts) FROM health_now").rows == [("a", 2)]
    store.forget("a")
    assert now(store, "health") == []
    assert store.query(f"SELECT {DATA_END} AS ends").rows == [(datetime(1970, 1, 1, 0, 1, tzinfo=UTC),)]


def test_a_feed_that_somebody_took_away_comes_back_with_what_it_missed(store: Warehouse) -> None:
    store.insert("health_minute_log", rows("health", "a", START, 2))
    store.command("DROP VIEW health_now_feed")
    store.insert("health_minute_log", rows("health", "a", START, 5))
    assert [change.what for change in store.migrate().changes] == [
        "the newest rows of health_minute_log",
        "a new feed from health_minute_log",
        "the newest rows of health_minute_log",
    ]
    assert store.query("SELECT toMinute(ts) FROM health_now").rows == [(4,)]
    store.insert("health_minute_log", rows("health", "a", START, 7))
    assert store.query("SELECT toMinute(ts) FROM health_now").rows == [(6,)]


def test_a_column_that_minutes_get_later_is_copied_too(store: Warehouse) -> None:
    """A feed copies by name what its target has; the target's column comes first (`schemas.ddl`)."""
    names = list(tables())
    assert all(names.index(f"{metric}_now_log") < names.index(f"{metric}_minute_log") for metric in KEYS)
    for table in ("now_log", "minute_log"):
        store.command(f"ALTER TABLE mask_{table} ADD COLUMN IF NOT EXISTS more UInt8")
    store.insert_block("mask_minute_log", to_arrow(rows("mask", "a", START).with_columns(more=pl.lit(7, pl.UInt8))))
    assert store.query("SELECT more FROM mask_now_log").rows == [(7,)]
    store.command("DROP VIEW mask_now_feed")
    for table in ("minute_log", "now_log"):
        store.command(f"ALTER TABLE mask_{table} DROP COLUMN more")
    store.migrate()
    store.insert("mask_minute_log", rows("mask", "a", START, 2))
    assert store.query("SELECT toMinute(ts) FROM mask_now").rows == [(1,)]


def test_the_present_is_read_from_a_row_a_key_however_long_the_past_is(store: Warehouse) -> None:
    """Rows that the engine reads: it used to be all hours, and a day of minutes."""
    for camera in ("a", "b"):
        store.insert("health_minute_log", rows("health", camera, START, 2 * 1440))
    store.roll()
    store.command("OPTIMIZE TABLE health_now_log FINAL")
    for question in ("SELECT * FROM health_now", f"SELECT {DATA_END}"):
        read = store.write_client().query(question).summary["read_rows"]
        assert 0 < int(read) < 100, question
