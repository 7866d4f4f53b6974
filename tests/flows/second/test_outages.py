"""Outages of stored rows: the same however the rows came to be stored, and in whatever spans they are computed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.warehouse import Span
from flows.second import outages
from flows.second.stored import FOREVER_US
from flows.thresholds import Thresholds
from schemas.columns import STATES
from schemas.registry import Camera
from tests.flows.city import camera
from tests.flows.second.memory import MINUTE_US, RUN, Memory, computed

START = 1_767_571_200 // 60  # minutes since 1970 of 2026-01-05T00:00:00Z, a midnight in UTC
DAY = 1440
LONGEST = 1440
OFFLINE, ONLINE = STATES.index("offline"), STATES.index("online")
Silences = dict[str, list[tuple[float, float]]]  # by camera: minutes from START, from and to


def site(*names: str, **fields: Any) -> tuple[Camera, ...]:
    return tuple(camera(name, **({"site": "nvr-1", "fps": 1.0} | fields)) for name in names)


NAMES = ("a", "b", "c", "d")
CAMERAS = (*site(*NAMES), *site("lone", site=""))
IDS = [each.id for each in CAMERAS]


def recording(silences: Silences, since: int, until: int, names: list[str] | None = None) -> pl.DataFrame:
    """Rows of health as a replay of these minutes states them: a frame every second, none in the silences."""
    parts = [_rows(name, silences.get(name, []), since, until) for name in (IDS if names is None else names)]
    return pl.concat(parts)


def _rows(name: str, silent: list[tuple[float, float]], since: int, until: int) -> pl.DataFrame:
    seconds = np.arange(since * 60, until * 60)
    for a, b in silent:
        seconds = seconds[(seconds < round(a * 60)) | (seconds >= round(b * 60))]
    minute = np.arange(since, until)
    at = seconds // 60 - since
    frames = np.bincount(at, minlength=len(minute))
    stands = np.minimum(np.diff(seconds, append=until * 60), np.minimum(2, 60 - seconds % 60))
    observed = np.bincount(at, stands, len(minute)).astype(np.int64) * 1000
    last = np.zeros(len(minute), np.int64)
    np.maximum.at(last, at, (START * 60 + seconds) * 1000)
    edges = np.concatenate([[since * 60], seconds, [until * 60]])
    state = np.full(len(minute), ONLINE)
    for i in np.flatnonzero(np.diff(edges) > 300).tolist():
        down = np.arange((edges[i] + 300) // 60, -(-edges[i + 1] // 60))
        state[down - since] = OFFLINE
    columns = {"minute": START + minute, "frames": frames, "observed_ms": observed, "last_ms": last, "state": state}
    rows = pl.DataFrame(columns).with_columns(camera_id=pl.lit(name), expected_ms=pl.lit(60_000))
    return rows.filter(~_silent_too_long(frames))


def _silent_too_long(frames: np.ndarray) -> np.ndarray:
    """Rows stop after a day of silence."""
    at = np.arange(len(frames))
    return at - np.maximum.accumulate(np.where(frames > 0, at, -1)) > LONGEST + 1


def reach(since: int, until: int, names: list[str] | None = None) -> Span:
    return Span(frozenset(IDS if names is None else names), (START + since) * MINUTE_US, (START + until) * MINUTE_US)


def anew(store: Memory, cameras: tuple[Camera, ...] = CAMERAS) -> pl.DataFrame:
    """What one computation of all that is stored tells."""
    fresh = Memory()
    fresh.minutes = store.minutes
    computed(fresh, cameras, Span(frozenset(each.id for each in cameras), 0, (START + 10_000_000) * MINUTE_US))
    return fresh.live


def told(store: Memory) -> list[tuple[Any, ...]]:
    """Camera or site, opened and closed in minutes of the recording, and whether a site explains it."""
    minutes = [(pl.col(f"{name}_at").dt.epoch("us") / MINUTE_US - START).round(2) for name in ("opened", "closed")]
    who = pl.when(pl.col("kind") == "site_down").then(pl.lit("site")).otherwise("camera_id").alias("who")
    return sorted(store.live.select(who, *minutes, pl.col("inhibited_by") != "").rows(), key=str)


ALL_DOWN = {name: [(100.0, 160.0)] for name in NAMES}


def test_a_site_that_is_down_is_told_once_and_again_changes_nothing() -> None:
    store = Memory()
    store.state(recording(ALL_DOWN, 0, 240))
    assert computed(store, CAMERAS, reach(0, 240)) == 5
    assert told(store) == [*((name, 99.98, 160.0, True) for name in NAMES), ("site", 99.98, 160.0, False)]
    assert computed(store, CAMERAS, reach(0, 240)) == 0


def test_outages_of_minutes_that_were_removed_stay_as_they_were_told() -> None:
    store = Memory()
    store.state(recording(ALL_DOWN, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    before = told(store)
    for name in IDS:
        store.withdraw(name, START, START + 200)
    store.floor_us = (START + 200) * MINUTE_US
    assert computed(store, CAMERAS, reach(0, 240)) == 0
    assert told(store) == before
    store.floor_us = 0
    assert computed(store, CAMERAS, reach(0, 240)) == 5, "else all would be withdrawn"


def test_any_part_computed_again_writes_nothing() -> None:
    """Also where a member comes back soon after its site, and where one stays away and is told of on its own."""
    names = ("a", "b", "c", "d", "soon", "away")
    cameras = site(*names)
    dark = {name: [(100.0, 160.0)] for name in "abcd"} | {"soon": [(100.5, 161.5)], "away": [(101.0, 300.0)]}
    store = Memory()
    store.state(recording(dark, 0, 240, list(names)))
    assert computed(store, cameras, reach(0, 240, list(names))) == 7
    whole = store.live.filter(pl.col("kind") == "site_down")["incident_id"][0]
    by = dict(store.live.filter(pl.col("kind") == "camera_down").select("camera_id", "inhibited_by").rows())
    assert by == {**{name: whole for name in names}, "away": ""}
    for since in range(240):
        assert computed(store, cameras, reach(since, 240, list(names))) == 0, since
    store.state(recording({"soon": [(225.0, 300.0)]}, 224, 240, ["soon"]))
    assert computed(store, cameras, reach(224, 240, ["soon"])) == 1
    assert store.live.equals(anew(store, cameras))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first day first", "second day first"])
def test_an_outage_over_midnight_is_one_whichever_day_is_replayed_first(order: tuple[int, int]) -> None:
    dark = {name: [(DAY - 2.5, DAY + 40.0)] for name in NAMES} | {"lone": [(DAY - 2.0, DAY + 3.5)]}
    store = Memory()
    for day in order:
        store.state(recording(dark, day * DAY, (day + 1) * DAY))
        computed(store, CAMERAS, reach(day * DAY, (day + 1) * DAY))
    cameras = [(name, DAY - 2.52, DAY + 40.0, True) for name in NAMES]
    lone = ("lone", DAY - 2.02, DAY + 3.5, False)  # neither day alone is silent for five minutes
    assert told(store) == sorted([*cameras, lone, ("site", DAY - 2.52, DAY + 40.0, False)], key=str)
    assert store.live.equals(anew(store))


def test_a_site_that_is_down_for_ten_days_is_one_incident() -> None:
    store, dark = Memory(), {name: [(100.0, 10 * DAY + 7.0)] for name in NAMES}
    for day in (*range(3), 10):
        store.state(recording(dark, 0, (day + 1) * DAY).filter(pl.col("minute") >= START + day * DAY))
        computed(store, CAMERAS, reach(day * DAY, (day + 1) * DAY))
    assert ("site", 99.98, 10 * DAY + 7.0, False) in told(store)
    assert len(told(store)) == 5
    assert store.live.equals(anew(store))


def test_a_recording_in_the_middle_of_anothers_gap_ends_what_the_gap_began() -> None:
    store = Memory()
    store.state(recording(ALL_DOWN | {"lone": [(50.0, 120.0)]}, 0, 110))
    store.state(recording({}, 900, 1000))
    computed(store, CAMERAS, reach(0, 110))
    computed(store, CAMERAS, reach(900, 1000))
    assert ("lone", 49.98, 900.0, False) in told(store)
    assert ("site", 99.98, 900.0, False) in told(store)
    store.state(recording({"b": [(500.0, 520.0)]}, 400, 600))
    computed(store, CAMERAS, reach(400, 600))
    assert ("site", 99.98, 400.0, False) in told(store)
    assert ("b", 499.98, 520.0, False) in told(store)
    assert store.live.equals(anew(store))


def test_a_sites_cameras_from_two_recordings_are_one_site() -> None:
    store = Memory()
    unseen = {name: [(0.0, 240.0)] for name in ("c", "d", "lone")}  # registered, and not in the first recording
    store.state(recording(ALL_DOWN | unseen, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    assert {("c", 0.0, None, False), ("lone", 0.0, None, False)} <= set(told(store))
    store.state(recording(ALL_DOWN, 0, 240, ["c", "d", "lone"]))
    computed(store, CAMERAS, reach(0, 240))
    assert told(store) == [*((name, 99.98, 160.0, True) for name in NAMES), ("site", 99.98, 160.0, False)]


def test_what_a_recording_leaves_open_is_open() -> None:
    store = Memory()
    store.state(recording({"lone": [(100.0, 500.0)]}, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    assert store.live.select("state", "closed_at", "inhibited_by").rows() == [("active", None, "")]


def test_a_row_that_replaces_another_wins_by_the_next_revision() -> None:
    store = Memory()
    store.state(recording({"lone": [(100.0, 160.0)]}, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    store.state(recording({"lone": [(100.0, 180.0)]}, 0, 240))
    assert computed(store, CAMERAS, reach(0, 240)) == 1
    assert store.told["rev"].to_list() == [1]
    store.state(recording({}, 0, 240))
    assert computed(store, CAMERAS, reach(0, 240)) == 1
    assert store.told.select("rev", "deleted").rows() == [(2, 1)]
    store.state(recording({"lone": [(100.0, 180.0)]}, 0, 240))
    assert computed(store, CAMERAS, reach(0, 240)) == 1
    assert store.told.select("rev", "deleted").rows() == [(3, 0)]


def test_other_definitions_are_said_of_what_lasts_too() -> None:
    store = Memory()
    store.state(recording({"lone": [(100.0, 500.0)]}, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    other = tuple(msgspec.structs.replace(each, owner="dishub") for each in CAMERAS)
    assert computed(store, other, reach(0, 240)) == 1
    assert store.live.select("owner", "state").rows() == [("dishub", "active")]
    assert computed(store, other, reach(0, 240)) == 0


def test_a_camera_that_is_forgotten_leaves_a_site_without_it() -> None:
    store = Memory()
    dark = {"a": [(100.0, 160.0)], "b": [(100.5, 160.0)], "c": [(101.0, 160.0)], "d": [(101.5, 160.0)]}
    store.state(recording(dark, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    assert store.live.filter(pl.col("kind") == "site_down")["camera_id"].to_list() == ["a"]
    outages.recompute(store, list(CAMERAS[:4]), Thresholds(), Span(frozenset("a"), 0, FOREVER_US), RUN, gone=["a"])
    assert store.live.filter(pl.col("kind") == "site_down")["camera_id"].to_list() == ["b"]
    assert set(store.live["camera_id"]) == {"b", "c", "d"}
    store.minutes = store.minutes.filter(pl.col("camera_id") != "a")
    assert store.live.equals(anew(store, CAMERAS[1:]))


def test_the_rows_held_are_a_day_of_one_site_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "ROWS", 1)
    store = Memory()
    store.state(recording(ALL_DOWN, 0, 4 * DAY))
    computed(store, CAMERAS, reach(0, 4 * DAY))
    assert store.most == DAY * len(IDS)
    assert store.live.equals(anew(store))


def test_of_a_camera_that_is_gone_alone_no_outage_stays() -> None:
    store = Memory()
    store.state(recording({"lone": [(100.0, 160.0)]}, 0, 240))
    computed(store, CAMERAS, reach(0, 240))
    assert store.live["camera_id"].to_list() == ["lone"]
    outages.recompute(store, [], Thresholds(), reach(0, 240), RUN, gone=["lone"])
    assert store.live.is_empty()


UNTIL = 600
THEN = datetime.fromtimestamp((START + 301) * 60, UTC)
MOVED = (*CAMERAS, *site("a", "b", "lone", site="nvr-2", valid_from=THEN), *site("c", valid_from=THEN))
silences = st.dictionaries(
    st.sampled_from(IDS),
    st.lists(
        st.tuples(st.integers(0, UNTIL * 6), st.integers(5, 900)).map(lambda s: (s[0] / 6, sum(s) / 6)), max_size=4
    ),
)
edges = st.lists(st.integers(1, UNTIL - 1), max_size=4, unique=True).map(lambda cuts: [0, *sorted(cuts), UNTIL])


@pytest.mark.parametrize("cameras", [CAMERAS, MOVED], ids=["one version", "two versions, of other recorders"])
@settings(max_examples=50, deadline=None)
@given(silences, edges, st.randoms())
def test_any_cut_into_recordings_and_any_order_of_storing_them_gives_the_same(
    cameras: tuple[Camera, ...], dark: Silences, cuts: list[int], random: Random
) -> None:
    spans = list(itertools.pairwise(cuts))
    random.shuffle(spans)
    store = Memory()
    for since, until in spans:
        store.state(recording(dark, since, until))
        computed(store, cameras, reach(since, until))
        assert store.live.equals(anew(store, cameras))


@settings(max_examples=60, deadline=None)
@given(silences, silences, st.integers(0, UNTIL - 1), st.integers(1, UNTIL), st.sets(st.sampled_from(IDS), min_size=1))
def test_computing_the_middle_again_after_rows_of_it_changed_gives_what_computing_all_gives(
    dark: Silences, other: Silences, since: int, length: int, names: set[str]
) -> None:
    until = min(UNTIL, since + length)
    store = Memory()
    store.state(recording(dark, 0, UNTIL))
    computed(store, CAMERAS, reach(0, UNTIL))
    store.state(recording(other, since, until, sorted(names)))
    computed(store, CAMERAS, reach(since, until, sorted(names)))
    assert store.live.equals(anew(store))
    for name in names:
        store.withdraw(name, START + since, START + until)
    computed(store, CAMERAS, reach(since, until, sorted(names)))
    assert store.live.equals(anew(store))
