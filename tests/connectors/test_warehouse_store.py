"""A stored window is a statement: repeated, corrected or withdrawn, never added to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from connectors.warehouse import Run, Span, Statement, Warehouse, answers, runs
from connectors.warehouse.conflicts import conflicts
from connectors.warehouse.sweep import sweep
from schemas.errors import WarehouseError
from schemas.registry import Camera, Registry

from .minutes import rows
from .test_warehouse_figures import ask

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)


def test_the_same_rows_twice_change_nothing(warehouse: Warehouse) -> None:
    block = rows("health", "same-1", NOON, 60)
    warehouse.insert("health_minute_log", block)
    warehouse.roll()
    before = ask(warehouse, "health_minute", "same-1", "*"), ask(warehouse, "health_day", "same-1", "*")
    warehouse.insert("health_minute_log", block.select(reversed(block.columns)))
    warehouse.roll()
    assert (ask(warehouse, "health_minute", "same-1", "*"), ask(warehouse, "health_day", "same-1", "*")) == before


def test_the_higher_revision_wins_whatever_the_order(warehouse: Warehouse) -> None:
    warehouse.insert("health_minute_log", rows("health", "rev-1", NOON, rev=2, objects=7))
    warehouse.insert("health_minute_log", rows("health", "rev-1", NOON, rev=1, objects=5))
    found = ask(warehouse, "health_minute", "rev-1", "objects, revision, generation")
    assert found == [(7, 2, 0)]


def test_a_correction_reaches_the_day(warehouse: Warehouse) -> None:
    warehouse.insert("flow_minute_log", rows("flow", "fix-1", NOON, 60, car_n=1))
    warehouse.roll()
    warehouse.insert("flow_minute_log", rows("flow", "fix-1", NOON, car_n=11, rev=1))
    warehouse.roll()
    cars = "crossings, revision, class"
    assert [row[:2] for row in ask(warehouse, "flow_day", "fix-1", cars) if row[2] == "car"] == [(70, 1)]


def test_a_tombstone_reaches_the_day(warehouse: Warehouse) -> None:
    warehouse.insert("health_minute_log", rows("health", "tomb-1", NOON, 2))
    warehouse.roll()
    warehouse.insert("health_minute_log", rows("health", "tomb-1", NOON, 1, deleted=1, rev=1))
    warehouse.roll()
    assert ask(warehouse, "health_day", "tomb-1", "frames") == [(600,)]
    warehouse.insert("health_minute_log", rows("health", "tomb-1", NOON, 2, deleted=1, rev=1))
    warehouse.roll()
    assert [ask(warehouse, f"health_{grain}", "tomb-1", "frames") for grain in ("quarter", "hour", "day")] == [[]] * 3


def test_rolling_again_without_changes_does_nothing(warehouse: Warehouse) -> None:
    warehouse.insert("health_minute_log", rows("health", "idle-1", NOON))
    assert warehouse.roll() > 0
    leases = "SELECT uniqExact(token) FROM leases_log WHERE kind = 'roll'"
    before = warehouse.query(leases).rows
    assert warehouse.roll() == 0
    assert warehouse.query(leases).rows == before, "nobody has to wait for his turn to do nothing"


def test_a_question_that_is_asked_again_is_described_once(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, real = [], answers._wanted

    def noted(client, sql, given, schema):
        described.append(sql)
        return real(client, sql, given, schema)

    monkeypatch.setattr(answers, "_wanted", noted)
    asked = "SELECT toDateTime({s:UInt32}, 'UTC') AS at, {s:UInt32} AS number"
    found = [warehouse.query(asked, {"s": seconds}).rows for seconds in (60, 120)]
    assert found == [[(datetime(1970, 1, 1, 0, minute, tzinfo=UTC), 60 * minute)] for minute in (1, 2)]
    assert described == [asked]


def test_a_block_of_many_days_is_split(warehouse: Warehouse) -> None:
    new_year = datetime(2025, 1, 1, tzinfo=UTC)
    days = pl.concat([rows("health", "many-1", new_year + timedelta(days=n)) for n in range(104)])
    warehouse.insert("health_minute_log", days)
    assert len(ask(warehouse, "health_minute", "many-1", "ts")) == 104


def begun(warehouse: Warehouse, of: int, name: str, camera: str, replaces: bool = False) -> Run:
    span = Span(frozenset({camera}), round(NOON.timestamp() * 1e6), round(NOON.timestamp() * 1e6) + 3_600_000_000)
    return runs.begin(warehouse, Statement(of, 1, "replay", [name], replaces=replaces), span)


def test_the_same_input_keeps_its_generation_and_a_replacement_takes_the_next(warehouse: Warehouse) -> None:
    first = begun(warehouse, 1, "a", "gen-1")
    again = begun(warehouse, 1, "a", "gen-1")
    other = begun(warehouse, 2, "b", "gen-1", replaces=True)
    assert again.run > first.run
    assert again.generation == first.generation
    assert other.generation > first.generation
    assert begun(warehouse, 2, "b", "gen-1").generation == other.generation


def test_minutes_of_other_input_conflict_and_own_ones_do_not(warehouse: Warehouse) -> None:
    mine = begun(warehouse, 11, "mine.jsonl", "conf-1")
    block = rows("health", "conf-1", NOON, 9, run=mine.run)
    warehouse.insert("health_minute_log", block)
    assert conflicts(warehouse, 11, block) is None
    assert conflicts(warehouse, 12, rows("health", "conf-2", NOON)) is None
    found = conflicts(warehouse, 12, block)
    assert found is not None
    assert found.found == 9
    assert "mine.jsonl" in str(found)
    assert "conf-1 2026-01-05T05:00Z" in str(found)


def test_a_number_that_two_took_at_once_belongs_to_the_one_who_kept_it(warehouse: Warehouse) -> None:
    kept = begun(warehouse, 15, "kept", "conf-4")
    row = warehouse.query("SELECT * FROM runs_log FINAL WHERE token = {t:UInt64}", {"t": kept.token}).table
    lost = pl.DataFrame(row).with_columns(token=pl.lit(7, pl.UInt64), fingerprint=pl.lit(16, pl.UInt64))
    lost = lost.with_columns(state=pl.lit("abandoned"), step=pl.lit(1, pl.UInt8))
    warehouse.insert_block("runs_log", lost.to_arrow(compat_level=pl.CompatLevel.oldest()))
    block = rows("health", "conf-4", NOON, run=kept.run)
    warehouse.insert("health_minute_log", block)
    assert conflicts(warehouse, 15, block) is None
    assert conflicts(warehouse, 16, block) is not None


def test_minutes_that_nobody_watched_do_not_conflict(warehouse: Warehouse) -> None:
    mine = begun(warehouse, 13, "mine", "conf-3")
    block = rows("health", "conf-3", NOON, frames=0, observed_ms=0, run=mine.run)
    warehouse.insert("health_minute_log", block)
    assert conflicts(warehouse, 14, block) is None


def test_a_replacement_leaves_nothing_of_what_it_replaces(warehouse: Warehouse) -> None:
    old = begun(warehouse, 21, "old", "swp-1")
    for name in ("health", "crowd"):
        warehouse.insert(f"{name}_minute_log", rows(name, "swp-1", NOON, 3, run=old.run, rev=3))
    warehouse.insert("crowd_minute_log", rows("crowd", "swp-1", NOON, 3, run=old.run, zone_id="gone"))
    new = begun(warehouse, 22, "new", "swp-1", replaces=True)
    rev = new.generation * 65_536
    for name in ("health", "crowd"):
        warehouse.insert(f"{name}_minute_log", rows(name, "swp-1", NOON, 2, run=new.run, rev=rev))
    assert sweep(warehouse, new) == 2
    warehouse.roll()
    zones = ask(warehouse, "crowd_minute", "swp-1", "toMinute(ts), zone_id, generation > 0")
    assert sorted(zones) == [(0, "alun", True), (1, "alun", True), (2, "alun", False), (2, "gone", False)]
    assert sorted(ask(warehouse, "crowd_day", "swp-1", "zone_id, frames")) == [("alun", 1800), ("gone", 600)]


def test_a_camera_with_rows_is_not_registered_in_another_area(warehouse: Warehouse) -> None:
    camera = Camera(id="move-1", area="33.74.07.1005", fps=10.0, position=(-6.99, 110.42), metrics=("crowd",))
    warehouse.store_registry(Registry(camera=(camera,)))
    warehouse.insert("health_minute_log", rows("health", "move-1", NOON))
    moved = Registry(camera=(Camera(id="move-1", area="33.74.07.1006", fps=10.0),))
    with pytest.raises(WarehouseError, match=r"move-1: registered in area 33.74.07.1006.*33.74.07.1005"):
        warehouse.store_registry(moved)
    warehouse.roll()
    assert ask(warehouse, "health_day", "move-1", "frames") == [(600,)]
    warehouse.forget("move-1")
    assert ask(warehouse, "health_day", "move-1", "frames") == []
    warehouse.store_registry(moved)
    found = warehouse.query("SELECT area, lat FROM cameras WHERE camera_id = 'move-1'").rows
    assert found == [("33.74.07.1006", None)]


def test_dead_letters_are_counted_and_their_bytes_kept_apart(warehouse: Warehouse) -> None:
    letters = pl.DataFrame(
        {"source": ["f"], "position": [3], "reason": ["not_json"], "detail": ["x"], "first_seen_us": [0], "count": [1],
         "raw": [b"\xff" * 100_000]}
    )  # fmt: skip
    for _ in range(2):
        warehouse.insert("dead_letters_log", letters)
    assert warehouse.query("SELECT position, reason, count FROM dead_letters WHERE source = 'f'").rows == [
        (3, "not_json", 1)
    ]
    assert warehouse.query("SELECT length(raw) FROM dead_letters_raw FINAL WHERE source = 'f'").rows == [(65_536,)]


def test_a_query_cannot_change_anything(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"(?i)readonly"):
        warehouse.query("DROP TABLE crowd_minute_log")
    with pytest.raises(WarehouseError, match=r"no query reads files of the machine"):
        warehouse.query("SELECT * FROM file('/etc/passwd', 'LineAsString')")


def test_a_wrong_table_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"crowd_minit.*SHOW TABLES"):
        warehouse.query("SELECT * FROM crowd_minit")
