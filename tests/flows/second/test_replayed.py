"""Replays into a warehouse, and the outages that the second flow tells of what they stored."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.warehouse import Warehouse
from flows.replay import ReplayOptions, ReplaySummary, replay
from flows.second.stored import Stored

TILIK = Path(sys.executable).with_name("tilik")
MIDNIGHT = datetime(2026, 1, 6, tzinfo=UTC)
NUMBERS = itertools.count()
Silences = dict[str, tuple[float, float]]  # by camera: minutes from MIDNIGHT, from and to
CAMERA = """
[[camera]]
id = "{id}"
area = "33.74.07.1005"
site = "{site}"
fps = 0.5
metrics = []
"""


class Town:
    """Cameras of one site, and recordings of them."""

    def __init__(self, folder: Path, url: str, names: str = "abcde") -> None:
        self.folder, self.url, number = folder, url, next(NUMBERS)
        self.site, self.ids = f"nvr-{number}", [f"town{number}-{name}" for name in names]
        self.registry = self.registered(names)

    def registered(self, names: str) -> Path:
        """Write a registry of these cameras."""
        path = self.folder / f"registry-{names}.toml"
        path.write_text("".join(CAMERA.format(id=self.id(name), site=self.site) for name in names))
        return path

    def recorded(self, since: float, until: float, silences: Silences, names: str = "abcde") -> Path:
        """Write a frame every two seconds of these cameras, none in their silences."""
        path = self.folder / f"{next(NUMBERS)}.jsonl"
        lines = []
        for step in range(round(since * 30), round(until * 30)):
            for name in names:
                a, b = silences.get(name, (0.0, 0.0))
                if not a <= step / 30 < b:
                    ts = MIDNIGHT + timedelta(seconds=2 * step)
                    lines.append(json.dumps({"camera": self.id(name), "ts": ts.isoformat(), "objects": []}))
        path.write_text("\n".join(lines) + "\n")
        return path

    def id(self, name: str) -> str:
        return next(each for each in self.ids if each.endswith(f"-{name}"))

    def replay(self, path: Path, **options: Any) -> ReplaySummary:
        return replay(ReplayOptions((str(path),), "native", self.url, str(self.registry), **options))

    def told(self, warehouse: Warehouse) -> list[tuple[Any, ...]]:
        """Camera's name or site, opened and closed in seconds from MIDNIGHT, and whether a site explains it."""
        rows = warehouse.query(
            "SELECT if(kind = 'site_down', 'site', splitByChar('-', toString(camera_id))[2]) AS who, "
            "opened_at, closed_at, inhibited_by FROM incidents_log FINAL WHERE deleted = 0 "
            "AND kind IN ('camera_down', 'site_down') AND camera_id IN {c:Array(String)} ORDER BY who, opened_at",
            {"c": self.ids},
        ).rows
        return [(who, _s(opened), _s(closed), bool(by)) for who, opened, closed, by in rows]

    def versions(self, warehouse: Warehouse) -> list[tuple[Any, ...]]:
        """Keys and revisions of all that is stored of outages, tombstones too."""
        sql = (
            "SELECT incident_id, rev, run, deleted FROM incidents_log FINAL WHERE kind IN ('camera_down', 'site_down') "
            "AND camera_id IN {c:Array(String)} ORDER BY incident_id"
        )
        return warehouse.query(sql, {"c": self.ids}).rows


def _s(time: datetime | None) -> float | None:
    return None if time is None else (time - MIDNIGHT).total_seconds()


@pytest.fixture
def town(tmp_path: Path, warehouse_url: str, warehouse: Warehouse) -> Town:
    return Town(tmp_path, warehouse_url)


DARK = {name: (4.0, 14.0) for name in "abcd"}
SITE = [*((name, 238.0, 840.0, True) for name in "abcd"), ("site", 238.0, 840.0, False)]


def test_a_sites_cameras_replayed_by_two_replays_are_one_site(town: Town, warehouse: Warehouse) -> None:
    town.replay(town.recorded(0, 20, DARK, "abe"))
    assert [row for row in town.told(warehouse) if row[0] in "cd"] == [(name, 0.0, None, False) for name in "cd"]
    town.replay(town.recorded(0, 20, DARK, "cd"))
    assert town.told(warehouse) == SITE


def test_two_processes_that_replay_a_sites_halves_at_once_tell_one_site(town: Town, warehouse: Warehouse) -> None:
    """Each has a registry of its own, so neither waits for the other but where they look at the whole site."""
    asked = [
        [
            TILIK,
            "replay",
            town.recorded(0, 20, DARK, names),
            "--registry",
            town.registered(names),
            "--warehouse",
            town.url,
        ]
        for names in ("abe", "cd")
    ]
    started = [subprocess.Popen([str(part) for part in each], cwd=town.folder) for each in asked]
    assert [each.wait(timeout=300) for each in started] == [0, 0]
    assert town.told(warehouse) == SITE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["earlier first", "later first"])
def test_recordings_of_adjacent_days_are_one_outage_in_either_order(
    town: Town, warehouse: Warehouse, order: tuple[int, int]
) -> None:
    dark = {name: (-3.0, 4.0) for name in "abcd"}
    paths = town.recorded(-20, 0, dark), town.recorded(0, 20, dark)
    for which in order:
        town.replay(paths[which])
    # neither recording says that they were silent for longer than four minutes
    assert town.told(warehouse) == [*((name, -182.0, 240.0, True) for name in "abcd"), ("site", -182.0, 240.0, False)]


def test_a_replay_that_is_done_again_writes_no_outage_again(town: Town, warehouse: Warehouse) -> None:
    path = town.recorded(0, 20, DARK)
    assert town.replay(path).incidents == 5
    before = town.versions(warehouse)
    assert town.replay(path).incidents == 5
    assert town.versions(warehouse) == before
    assert town.told(warehouse) == SITE


def test_what_a_replacement_does_not_reproduce_is_withdrawn(town: Town, warehouse: Warehouse) -> None:
    town.replay(town.recorded(0, 20, DARK))
    town.replay(town.recorded(0, 20, {"b": (4.0, 14.0)}), replace=True)
    assert town.told(warehouse) == [("b", 238.0, 840.0, False)]
    assert sum(deleted for *_, deleted in town.versions(warehouse)) == 4


def test_forgetting_the_camera_that_stands_for_a_site_makes_another_one_stand_for_it(
    town: Town, warehouse: Warehouse, tilik: Any
) -> None:
    town.replay(town.recorded(0, 20, DARK | {"a": (3.0, 14.0)}))
    stands = "SELECT camera_id FROM incidents_log FINAL WHERE kind = 'site_down' AND site = {s:String} AND deleted = 0"
    assert warehouse.query(stands, {"s": town.site})["camera_id"].to_pylist() == [town.id("a")]
    assert tilik("registry", "forget", town.id("a"), "--warehouse", town.url)[0] == 0
    assert warehouse.query(stands, {"s": town.site})["camera_id"].to_pylist() == [town.id("b")]
    assert town.told(warehouse) == [row for row in SITE if row[0] != "a"]
    explained = warehouse.query(
        "SELECT DISTINCT inhibited_by IN (SELECT incident_id FROM incidents WHERE kind = 'site_down') AS known "
        "FROM incidents_log FINAL WHERE kind = 'camera_down' AND site = {s:String} AND deleted = 0",
        {"s": town.site},
    )
    assert explained["known"].to_pylist() == [1]


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("rows", range(6))
def test_a_computation_killed_while_it_writes_is_made_good_by_the_next(
    town: Town, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Of what it writes in one block, any part may have come to be stored."""
    write = Stored.write

    def killed(self: Stored, told: Any) -> None:
        if rows:
            write(self, told.head(rows))
        raise Killed

    town.replay(town.recorded(20, 40, DARK))
    path = town.recorded(0, 20, DARK)
    monkeypatch.setattr(Stored, "write", killed)
    with pytest.raises(Killed):
        town.replay(path)
    monkeypatch.setattr(Stored, "write", write)
    town.replay(path)
    assert town.told(warehouse) == SITE
