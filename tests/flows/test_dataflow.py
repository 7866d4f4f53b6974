"""The live flow's laws: any split, order, worker count or replay gives the same rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flows.dataflow import Tick
from flows.refusals import refused
from schemas import track_names
from schemas.columns import STATES
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, chunks, plan, play, same, shuffled, stream

NAMES = ["a", "b", "c"]
REGISTRY = Registry(camera=tuple(camera(name) for name in NAMES))


@pytest.fixture(scope="module")
def batch():
    return stream(NAMES, 400)


@pytest.fixture(scope="module")
def once(batch):
    return play(chunks(batch), plan(REGISTRY))


def test_every_key_has_a_row_in_every_minute(once) -> None:
    assert once["health_minute_log"].height == 3 * 7
    assert once["crowd_minute_log"].height == 3 * 2 * 7
    assert once["flow_minute_log"].height == 3 * 2 * 7


def test_the_figures_are_those_of_the_stream(batch, once) -> None:
    minutes = once["health_minute_log"]
    assert minutes["frames"].sum() == len(batch)
    assert minutes.filter(pl.col("expected_ms") == 60_000)["observed_ms"].unique().to_list() == [60_000]
    persons = batch.objects.filter(pl.col("class") == "person").height
    assert once["crowd_minute_log"]["person_ms"].sum() == persons * 500
    crossings = once["flow_minute_log"].group_by("direction").agg(pl.col("car_n").sum()).sort("direction")
    middle = [30 * lap + 15 - 7 * index for index in range(3) for lap in range(20)]
    assert dict(crossings.iter_rows()) == {"masuk": sum(0 < t < 400 for t in middle), "to_right": 0}


def test_incidents_are_opened_once_and_end_with_the_recording(once) -> None:
    """A recording of seven minutes is no flood of 24 hours; nobody says that it cleared."""
    incidents = once["incidents_log"]
    floods = incidents.filter(pl.col("kind") == "flood")
    parked = incidents.filter(pl.col("kind") == "parking")
    for each in (floods, parked):
        assert each["state"].to_list() == ["closed"] * 3
        assert each["close_reason"].to_list() == ["end_of_input"] * 3
        assert (each["closed_at"] - datetime.fromtimestamp(START / SECOND + 400, UTC)).dt.total_seconds().max() < 1
    assert parked["severity"].to_list() == ["parked"] * 3
    assert parked["track_ids"].to_list() == [[track_names.stored("parked")]] * 3


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_split_and_worker_count_gives_the_same_rows(batch, once, workers: int) -> None:
    cuts = sorted(np.random.default_rng(workers).choice(len(batch), 9, replace=False).tolist())
    assert same(play(chunks(batch, cuts), plan(REGISTRY, workers), workers), once)


def test_any_displacement_up_to_reorder_s_gives_the_same_rows(batch, once) -> None:
    random = np.random.default_rng(5)
    arrival = batch.frames["t_us"].to_numpy() + random.integers(0, 2 * SECOND, len(batch))
    order = np.argsort(arrival, kind="stable")
    moved = shuffled(batch, order)
    assert same(play(chunks(moved, [500, 501, 1_900]), plan(REGISTRY)), once)


def test_a_frame_that_comes_again_changes_nothing_but_its_count(batch, once) -> None:
    doubled = shuffled(batch, np.sort(np.concatenate([np.arange(len(batch)), [7, 8, 9, 2_000]])))
    found = play(chunks(doubled), plan(REGISTRY))
    assert found["health_minute_log"]["duplicate_frames"].sum() == 4
    for name in ("crowd_minute_log", "flow_minute_log", "incidents_log"):
        assert found[name].drop("rev").equals(once[name].drop("rev"))


def test_a_late_frame_restates_its_minute(batch) -> None:
    late = np.array([30])
    rest = np.setdiff1d(np.arange(len(batch)), late)
    found = play(chunks(shuffled(batch, np.concatenate([rest, late])), [1_200]), plan(REGISTRY))
    minutes = found["health_minute_log"]
    assert minutes["frames"].sum() == len(batch)
    assert minutes.filter(pl.col("late_frames") == 1).select("camera_id", "frames", "rev").row(0) == ("a", 120, 121)
    assert found["dead"].height == 0


def test_frames_too_late_and_of_unknown_cameras_are_dead_letters(batch) -> None:
    registry = Registry(camera=(camera("a"), camera("b")))
    run = plan(registry, lateness_us=60 * SECOND)
    late = shuffled(batch, np.concatenate([np.arange(1, len(batch)), [0]]))
    found = play(chunks(late), run)
    assert found["dead"]["reason"].value_counts(sort=True).rows() == [("unknown_camera", 800), ("too_late", 1)]
    assert run.totals.frames + found["dead"].height == len(batch)
    assert b'"camera"' in found["dead"]["raw"][0]


def test_a_camera_that_sends_nothing_has_rows_that_say_so(batch) -> None:
    registry = Registry(camera=(*REGISTRY.camera, camera("mati")))
    found = play(chunks(batch), plan(registry))
    silent = found["health_minute_log"].filter(pl.col("camera_id") == "mati")
    assert silent["frames"].to_list() == [0] * 7
    assert silent["expected_ms"].to_list()[:6] == [60_000] * 6
    assert [STATES[state] for state in silent["state"]] == ["stale"] * 5 + ["offline"] * 2
    assert found["crowd_minute_log"].filter(pl.col("camera_id") == "mati")["reason"].min() > 0


def test_a_camera_that_dies_goes_stale_then_offline_and_its_flood_unknown(batch) -> None:
    times = batch.frames["t_us"] - START
    dies = (batch.frames["camera"] == "b") & (times > 330 * SECOND)
    longer = stream(["a"], 60 * 40, seed=2)
    kept = batch.pick(np.flatnonzero(~dies.to_numpy() & (batch.frames["camera"] != "a").to_numpy()))
    run = plan(REGISTRY)
    found = play([*chunks(longer)[:-1], *chunks(kept)[:-1], chunks(longer)[-1]], run)
    states = found["health_minute_log"].filter(pl.col("camera_id") == "b")["state"].to_list()
    assert [STATES[s] for s in states[:4]] == ["online"] * 4
    assert STATES[states[6]] == "stale"
    assert STATES[states[-1]] == "offline"
    flood = found["incidents_log"].filter((pl.col("camera_id") == "b") & (pl.col("kind") == "flood"))
    assert flood["state"].to_list() == ["unknown"]


def test_a_recording_starts_with_its_first_frame_and_ends_with_its_last(batch) -> None:
    found = play(chunks(batch.pick(np.arange(60, 300))), plan(REGISTRY, since_us=int(batch.frames["t_us"][60])))
    edges = found["health_minute_log"].filter(pl.col("camera_id") == "a")
    assert edges["expected_ms"].to_list() == [40_000]
    assert edges["observed_ms"].to_list() == [40_000]


def test_the_last_minute_before_a_long_silence_keeps_its_frames() -> None:
    before, after = stream(["a"], 100), stream(["a"], 30, seed=4)
    later = after.frames.with_columns(pl.col("t_us") + 3_600 * SECOND)
    items = [*chunks(before)[:-1], *chunks(type(after)(later, after.objects, after.signals, "test"))]
    found = play(items, plan(Registry(camera=(camera("a"),))))["health_minute_log"]
    assert found["frames"].to_list() == [120, 80] + [0] * 58 + [60]
    assert (found["rev"] == 1 + found["frames"] + found["state"]).all()
    assert [STATES[s] for s in found["state"]] == ["online", "stale", *["stale"] * 4, *["offline"] * 54, "online"]


def test_a_site_that_goes_dark_is_one_incident_that_explains_its_cameras() -> None:
    names = ["a", "b", "c", "d"]
    registry = Registry(camera=tuple(camera(name, site="nvr-1" if name != "d" else "") for name in names))
    batch = stream(names, 1500)
    seconds = (batch.frames["t_us"].to_numpy() - START) // SECOND
    dark = (seconds >= 200) & (seconds < 800) & (batch.frames["camera"] != "d").to_numpy()
    items = chunks(batch.pick(np.flatnonzero(~dark)), [2000, 4000])
    one, four = play(items, plan(registry)), play(items, plan(registry, 4), 4)
    assert same(one, four)
    told = one["incidents_log"].filter(pl.col("kind").is_in(["camera_down", "site_down"]))
    site = told.filter(pl.col("kind") == "site_down")
    assert site.select("site", "camera_id", "state", "peak").rows() == [("nvr-1", "a", "closed", 3.0)]
    cameras = told.filter(pl.col("kind") == "camera_down")
    assert sorted(cameras["camera_id"]) == ["a", "b", "c"]
    assert cameras["inhibited_by"].unique().to_list() == site["incident_id"].to_list()


def test_only_signals_of_a_zones_kind_and_within_their_range_are_observations(batch) -> None:
    said = {"lava": 0.3, "flood": -1.0, "percent": 13.0}
    for kind, value in said.items():
        name = "flood" if kind == "percent" else kind
        signals = batch.signals.with_columns(kind=pl.lit(name), value=pl.lit(value))
        found = play(chunks(type(batch)(batch.frames, batch.objects, signals, batch.source)), plan(REGISTRY))
        assert found["flood_minute_log"]["signals_n"].sum() == 0, kind
        assert found["incidents_log"].filter(pl.col("kind") == "flood").is_empty(), kind


def test_a_parked_car_under_two_ids_names_the_first_and_the_newest() -> None:
    car = stream(["a"], 300)
    late = pl.when((pl.col("track") == "parked") & (pl.col("frame") >= 200)).then(pl.lit("again"))
    objects = car.objects.with_columns(track=late.otherwise("track"))
    found = play(chunks(type(car)(car.frames, objects, car.signals, "test")), plan(Registry(camera=(camera("a"),))))
    parked = found["incidents_log"].filter(pl.col("kind") == "parking")
    assert parked["track_ids"].to_list() == [[track_names.stored("parked"), track_names.stored("again")]]


@pytest.mark.parametrize("cuts", [[], [400, 700, 1_100], list(range(50, 1_800, 50))])
def test_an_incident_ends_with_the_version_of_its_camera(cuts: list[int]) -> None:
    """It is told when the next version's frames come, not at the end of the input, and nobody says that it cleared."""
    turned = datetime.fromtimestamp(START / SECOND + 300, UTC)
    registry = Registry(camera=(camera("a"), camera("a", valid_from=turned)))
    found = play(chunks(stream(["a"], 900), cuts), plan(registry))
    floods = found["incidents_log"].filter(pl.col("kind") == "flood").sort("opened_at")
    assert floods["state"].to_list() == ["closed", "closed"]
    assert floods["close_reason"].to_list() == ["version_ended", "end_of_input"]
    assert floods["closed_at"].to_list() == [turned, turned + timedelta(seconds=600)]
    assert floods["opened_at"].to_list() == [turned - timedelta(seconds=180), turned]
    minutes = found["health_minute_log"]
    assert minutes["expected_ms"].sum() == minutes["observed_ms"].sum() == 900_000


def test_a_version_that_has_ended_is_told_of_while_the_stream_goes_on() -> None:
    turned = datetime.fromtimestamp(START / SECOND + 300, UTC)
    registry = Registry(camera=(camera("a"), camera("a", valid_from=turned)))
    items = [*chunks(stream(["a"], 900), [700, 1_400])[:-1], Tick(START + 900 * SECOND)]
    found = play(items, plan(registry))["incidents_log"]
    told = found.filter(pl.col("kind") == "flood").sort("opened_at")
    assert told["close_reason"].to_list() == ["version_ended", ""]


def test_a_frame_that_came_too_late_says_its_time_as_people_read_it():
    letters = refused(stream(["a"], 2), np.array([2]), "too_late", START)
    (detail,) = letters["detail"]
    assert detail == "camera 'a': frame at 2026-01-05T00:00:01Z came later than lateness_s behind the newest"
