"""Replays with a detector that goes mute: the incident, the hours that say so, and what takes both back."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.warehouse import Warehouse, calendar_days
from flows.replay import ReplayOptions, replay
from flows.second import mutes, renamed_days

NUMBERS = itertools.count()
MORNING = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # Monday, seven in Semarang
REGISTRY = """
[[camera]]
id = "{id}"
area = "33.74.07.1005"
fps = 0.1
metrics = ["crowd"]
[[camera.zone]]
id = "jalan"
kind = "crowd"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
area_m2 = 100.0
"""
BOX = {"class": "person", "confidence": 0.9, "box": [0.4, 0.4, 0.5, 0.6]}


class Crossing:
    """A camera at a busy crossing: about 60 persons an hour, whom its detector sees or not."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        self.folder, self.url, self.id = folder, url, name
        self.registry = folder / f"{name}.toml"
        self.registry.write_text(REGISTRY.format(id=name))

    def recorded(self, since: float, until: float, dead: tuple[float, float], start: datetime = MORNING) -> Path:
        """Write a frame every ten seconds of hours [since, until), without objects while the detector is dead."""
        path = self.folder / f"{self.id}-{start:%d}-{since}-{until}-{dead[0]}.jsonl"
        dice = random.Random(int(since * 60))
        lines = []
        for step in range(round(since * 360), round(until * 360)):
            seen = not dead[0] <= step / 360 < dead[1] and dice.random() < 0.2
            ts = (start + timedelta(seconds=10 * step)).isoformat()
            lines.append(json.dumps({"camera": self.id, "ts": ts, "objects": [BOX] if seen else []}))
        path.write_text("\n".join(lines) + "\n")
        return path

    def replay(self, path: Path, **options: Any) -> Any:
        return replay(ReplayOptions((str(path),), "native", self.url, str(self.registry), **options))

    def told(self, warehouse: Warehouse) -> list[tuple]:
        """State, begin and end in hours from the morning."""
        sql = "SELECT state, opened_at, closed_at FROM incidents WHERE kind = 'mute' AND camera_id = {c:String}"
        found = warehouse.query(f"{sql} ORDER BY opened_at", {"c": self.id}).rows

        def at(time: datetime | None) -> float | None:
            return None if time is None else round((time - MORNING).total_seconds() / 3600, 1)

        return [(state, at(opened), at(closed)) for state, opened, closed in found]

    def why(self, warehouse: Warehouse, grain: str = "hour") -> dict[int, str]:
        """Reasons that are not '', by the hour of the window."""
        sql = (
            f"SELECT toHour(local_ts) AS h, any(reason) FROM crowd_{grain} "
            "WHERE camera_id = {c:String} AND reason != '' GROUP BY h ORDER BY h"
        )
        return dict(warehouse.query(sql, {"c": self.id}).rows)

    def stored(self, warehouse: Warehouse) -> list[tuple]:
        """All that is stored of it: keys and versions."""
        sql = "SELECT incident_id, rev, deleted FROM incidents_log FINAL WHERE kind = 'mute' AND camera_id = {c:String}"
        log = "SELECT toString(at), seconds, version + deleted FROM mutes_log FINAL WHERE camera_id = {c:String}"
        return sorted(warehouse.query(f"{sql} UNION ALL {log}", {"c": self.id}).rows)


@pytest.fixture
def crossing(tmp_path: Path, warehouse_url: str, warehouse: Warehouse) -> Crossing:
    return Crossing(tmp_path, warehouse_url, f"bisu-{next(NUMBERS)}")


def test_a_dead_detector_is_not_an_empty_street(crossing: Crossing, warehouse: Warehouse) -> None:
    """A run of zeros that is an outage (CityofToronto/bdit_data-sources, issues 1276 and 323)."""
    path = crossing.recorded(0, 12, (7, 10))
    crossing.replay(path)
    ((state, opened, closed),) = crossing.told(warehouse)
    assert (state, closed) == ("closed", 10.0)
    assert 6.8 < opened <= 7.0
    assert crossing.why(warehouse) == dict.fromkeys((14, 15, 16), "mute")
    minutes = crossing.why(warehouse, "minute")
    assert {14, 15, 16} <= set(minutes) <= {13, 14, 15, 16, 17}
    assert set(minutes.values()) == {"mute"}
    online = warehouse.query("SELECT DISTINCT state FROM health_hour WHERE camera_id = {c:String}", {"c": crossing.id})
    assert online.rows == [("online",)]  # frames came all the time
    sums = "SELECT countIf(persons_mean IS NULL), countIf(observed_ms = 0) FROM crowd_hour WHERE camera_id = {c:String}"
    assert warehouse.query(sums, {"c": crossing.id}).rows == [(3, 3)]


def test_the_same_replay_again_writes_nothing(crossing: Crossing, warehouse: Warehouse) -> None:
    path = crossing.recorded(0, 12, (7, 10))
    crossing.replay(path)
    before = crossing.stored(warehouse)
    assert len(before) > 3
    crossing.replay(path)
    assert crossing.stored(warehouse) == before


def test_what_is_replaced_by_a_detector_that_lives_is_withdrawn(crossing: Crossing, warehouse: Warehouse) -> None:
    crossing.replay(crossing.recorded(0, 12, (7, 10)))
    crossing.replay(crossing.recorded(0, 12, (99, 99)), replace=True)
    assert crossing.told(warehouse) == []
    assert crossing.why(warehouse) == {}
    left = "SELECT count() FROM mutes_log FINAL WHERE deleted = 0 AND camera_id = {c:String}"
    assert warehouse.query(left, {"c": crossing.id}).rows == [(0,)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_parts_of_a_day_in_any_order_end_alike(crossing: Crossing, warehouse: Warehouse, order: tuple) -> None:
    parts = [crossing.recorded(a, b, (5.5, 9.25)) for a, b in ((0, 5), (5, 9), (9, 13))]
    for which in order:
        crossing.replay(parts[which])
    ((state, opened, closed),) = crossing.told(warehouse)
    assert (state, round(opened, 1) in (5.4, 5.5), round(closed, 1) in (9.2, 9.3, 9.4)) == ("closed", True, True)
    assert set(crossing.why(warehouse)) == {12, 13, 14, 15, 16}


def test_silence_is_known_by_the_days_before_and_open_at_the_end(crossing: Crossing, warehouse: Warehouse) -> None:
    for day in range(3):
        crossing.replay(crossing.recorded(2, 6, (99, 99), MORNING + timedelta(days=day)))
    crossing.replay(crossing.recorded(2, 6, (4, 6), MORNING + timedelta(days=3)))
    ((state, _, closed),) = crossing.told(warehouse)
    assert (state, closed) == ("active", None)
    assert crossing.why(warehouse) == {11: "mute", 12: "mute"}


def test_a_day_that_the_calendar_calls_otherwise_is_judged_anew(
    crossing: Crossing, warehouse: Warehouse, tmp_path: Path
) -> None:
    """By whichever replay brings the calendar: here one of another camera, in another year."""
    other = Crossing(tmp_path, crossing.url, f"{crossing.id}-lain")
    for day in range(3):
        crossing.replay(crossing.recorded(2, 6, (99, 99), MORNING + timedelta(days=day)))
    crossing.replay(crossing.recorded(2, 6, (4, 6), MORNING + timedelta(days=3)))
    (told,) = crossing.told(warehouse)
    shipped = files("schemas").joinpath("data/semarang/calendar.toml").read_text()
    closed = tmp_path / "kota.toml"
    closed.write_text(f'{shipped}\n[[holiday]]\ndate = 2026-01-08\ntype = "holiday"\nname = "Libur kota"\n')
    elsewhere = other.recorded(2, 3, (99, 99), MORNING - timedelta(days=400))
    other.replay(elsewhere, calendar=str(closed))
    assert crossing.told(warehouse) == []
    assert crossing.why(warehouse) == {}
    assert calendar_days.to_judge(warehouse) == []
    other.replay(elsewhere)
    assert crossing.told(warehouse) == [told]
    assert crossing.why(warehouse) == {11: "mute", 12: "mute"}


@given(st.lists(st.dates(date(2020, 1, 1), date(2021, 12, 31)), min_size=1, unique=True).map(sorted))
def test_days_are_judged_a_month_at_a_time_and_each_once(days: list[date]) -> None:
    spans = list(renamed_days.spans(days))
    assert all(last - first < timedelta(days=renamed_days.DAYS) for first, last in spans)
    assert [sum(first <= day <= last for first, last in spans) for day in days] == [1] * len(days)


def test_a_forgotten_camera_leaves_no_silence(crossing: Crossing, warehouse: Warehouse, tilik: Any) -> None:
    crossing.replay(crossing.recorded(0, 12, (7, 10)))
    assert tilik("registry", "forget", crossing.id, "--warehouse", crossing.url)[0] == 0
    assert all(row[-1] for row in crossing.stored(warehouse))
    assert crossing.told(warehouse) == []


def test_whole_hours_and_the_minutes_around_them_cover_a_silence() -> None:
    opened, closed = MORNING + timedelta(minutes=58), MORNING + timedelta(hours=3, minutes=2)
    spans = pl.DataFrame({"camera_id": ["a"], "opened_at": [opened], "closed_at": [closed], "updated_at": [closed]})
    found = mutes.keys(spans)
    assert found["seconds"].to_list() == [60, 60, 3600, 3600, 60, 60]
    assert found["at"].to_list()[2] == MORNING + timedelta(hours=1)
