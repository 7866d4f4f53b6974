"""Streams without track ids: tracked here, or said to be untracked; never zero crossings at full coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Stage, connect
from flows.replay import ReplayOptions, playing
from flows.replay.telling import Seen, of_tracks
from operators.tracking.tracker import MODEL
from schemas.frames import FrameBatch
from schemas.registry import Registry
from schemas.words import REASONS
from tests.flows.city import SECOND, START, camera, chunks, plan, play, same, shuffled, stream

SECONDS = 400
TRACKED = ("flow_minute_log",)


def bare(batch: FrameBatch, first_s: int = 0, end_s: int = SECONDS) -> FrameBatch:
    """The batch without track ids between two times; cars in it overlap from frame to frame."""
    t_us = batch.frames["t_us"].gather(batch.objects["frame"]) - START
    within = t_us.is_between(first_s * SECOND, end_s * SECOND, closed="left")
    track = pl.when(within).then(pl.lit(None, pl.String)).otherwise(pl.col("track"))
    return replace(batch, objects=batch.objects.with_columns(track=track))


WITH_IDS = stream(["a", "b"], SECONDS)
WITHOUT = bare(WITH_IDS)
IN_BETWEEN = bare(WITH_IDS, 120, 260)


def registry(tracker: str = "auto") -> Registry:
    return Registry(camera=tuple(camera(name, tracker=tracker) for name in ("a", "b")))


def crossings(found: dict[str, pl.DataFrame]) -> int:
    return int(found["flow_minute_log"]["car_n"].sum())


@pytest.fixture(scope="module")
def own() -> dict[str, pl.DataFrame]:
    return play(chunks(WITH_IDS), plan(registry()))


@pytest.fixture(scope="module")
def here() -> dict[str, pl.DataFrame]:
    return play(chunks(WITHOUT), plan(registry()))


def test_a_camera_without_ids_is_tracked_here_and_says_so(own, here) -> None:
    assert own["flow_minute_log"]["model_id"].unique().to_list() == [""]
    assert here["flow_minute_log"]["model_id"].unique().to_list() == [MODEL]
    assert crossings(own) == crossings(here) > 20
    assert here["incidents_log"].filter(pl.col("kind") == "parking").height == 2
    assert here["flow_minute_log"]["observed_ms"].equals(own["flow_minute_log"]["observed_ms"])


def test_what_needs_tracks_is_untracked_where_nobody_tracks() -> None:
    found = play(chunks(WITHOUT), plan(registry("none")))
    flow, crowd = found["flow_minute_log"], found["crowd_minute_log"]
    assert flow["observed_ms"].sum() == 0
    assert {REASONS[code] for code in flow["reason"]} == {"untracked"}
    assert crowd["observed_ms"].sum() > 0
    assert crowd["reason"].max() == 0


def test_an_empty_frame_of_a_stream_without_ids_is_untracked_too() -> None:
    """A car in every tenth minute must not make the other nine a street without crossings."""
    objects = WITHOUT.objects.filter(pl.col("frame") < 4)
    found = play(chunks(replace(WITHOUT, objects=objects)), plan(registry("none")))
    assert found["flow_minute_log"]["observed_ms"].sum() == 0


def test_streams_with_ids_lose_nothing_without_a_tracker(own) -> None:
    found = play(chunks(WITH_IDS), plan(registry("none")))
    assert crossings(found) == crossings(own)
    assert found["flow_minute_log"]["observed_ms"].equals(own["flow_minute_log"]["observed_ms"])


def faint(batch: FrameBatch) -> FrameBatch:
    """As a small detector sees it: never surer than 0.36."""
    return replace(batch, objects=batch.objects.with_columns(pl.col("confidence") * 0.4))


@pytest.mark.parametrize("batch", [WITH_IDS, WITHOUT], ids=["with ids", "without"])
def test_a_detector_that_never_reaches_the_bar_is_read_on_its_own_scale(batch: FrameBatch, own) -> None:
    """No parking was told of such a camera, and without ids no crossing either: zeros at full coverage."""
    found = play(chunks(faint(batch)), plan(registry()))
    assert found["incidents_log"].filter(pl.col("kind") == "parking").height == 2
    half_us = START + SECONDS // 2 * SECOND  # what it says is known after some minutes
    late = pl.col("ts").dt.epoch("us") >= half_us
    assert crossings({"flow_minute_log": found["flow_minute_log"].filter(late)}) == crossings(
        {"flow_minute_log": own["flow_minute_log"].filter(late)}
    )


def delayed(batch: FrameBatch, end_s: int) -> FrameBatch:
    """The frames of the first seconds come at the end; nothing is seen in them."""
    early = (batch.frames["t_us"] - START < end_s * SECOND).to_numpy()
    objects = batch.objects.filter(~pl.Series(early).gather(batch.objects["frame"]))
    order = np.concatenate([np.flatnonzero(~early), np.flatnonzero(early)])
    return shuffled(replace(batch, objects=objects), order)


@pytest.mark.parametrize("batch", [WITH_IDS, WITHOUT], ids=["with ids", "without"])
def test_late_frames_say_nothing_of_whose_tracks_there_are(batch: FrameBatch) -> None:
    """A backlog of a street at night, without a soul in it: the bug made its camera one that is tracked here."""
    own = {""} if batch is WITH_IDS else {MODEL}
    found = play(chunks(delayed(batch, 90)), plan(registry()))
    health, flow = found["health_minute_log"], found["flow_minute_log"].sort("ts", "camera_id")
    assert health["late_frames"].sum() == 2 * 180
    assert health["made_here"].sum() == (0 if batch is WITH_IDS else health["frames"].sum() - 2 * 180)
    partly = flow.filter(pl.col("ts") > flow["ts"].min())  # no frame of the first minute came in time
    assert set(partly["model_id"]) == own
    assert set(flow["model_id"]) <= own | {""}


@pytest.mark.parametrize("workers", [1, 2])
def test_ids_that_stop_and_come_back_are_told_alike_by_any_cut(workers: int) -> None:
    once = play(chunks(IN_BETWEEN), plan(registry()))
    flow = once["flow_minute_log"].group_by("ts").agg(pl.col("observed_ms", "model_id", "reason").first()).sort("ts")
    assert flow["model_id"].to_list() == ["", "", "", MODEL, "", "", ""]
    assert [REASONS[code] for code in flow["reason"]] == ["", "", "untracked", "", "", "", ""]
    cuts = sorted(np.random.default_rng(workers).choice(len(IN_BETWEEN), 9, replace=False).tolist())
    assert same(play(chunks(IN_BETWEEN, cuts), plan(registry(), workers), workers), once)


def test_the_summary_and_the_views_say_it(tmp_path: Path, empty_store: Callable[[str], str]) -> None:
    events, cameras = tmp_path / "events.jsonl", tmp_path / "cameras.toml"
    events.write_bytes(to_json_lines(WITHOUT))
    cameras.write_text(to_toml(registry("none"), "none"))
    options = ReplayOptions((str(events),), "native", "", registry=str(cameras))
    with connect(empty_store("store")) as store, Stage() as stage, Stage() as again:
        asked = playing.ask(options, START + 86_400 * SECOND)
        said = playing.commit(store, asked, stage, playing.read(asked, stage)).warnings
        assert [one for one in said if "untracked" in one and one.endswith("cameras a, b")]
        asked_flow = "SELECT groupUniqArray(reason), countIf(crossings IS NOT NULL) FROM flow_hour"
        assert store.query(asked_flow).rows == [(["untracked"], 0)]
        asked = playing.ask(replace(options, tracker="auto"), START + 86_400 * SECOND)
        said = playing.commit(store, asked, again, playing.read(asked, again)).warnings
        assert [one for one in said if f"({MODEL}): cameras a, b" in one]
        asked_flow = "SELECT groupUniqArray(reason), sum(crossings) > 20, groupUniqArray(model_id) FROM flow_hour"
        assert store.query(asked_flow).rows == [([""], True, [MODEL])]


SAID = {
    "ids": (Seen("a", 100, 0, 500, 10), "auto", []),
    "no ids": (Seen("a", 100, 100, 0, 0), "auto", ["no track ids came, so"]),
    "told to track": (Seen("a", 100, 100, 0, 0), "iou", []),
    "nothing seen": (Seen("a", 100, 0, 0, 0), "none", []),
    "nobody tracks": (Seen("a", 100, 0, 0, 7), "none", ['no track ids came, and tracker = "none"']),
    "in part": (Seen("a", 100, 40, 90, 0), "auto", ["track ids came for part of the time only"]),
    "a mix": (
        Seen("a", 100, 0, 90, 10),
        "none",
        ["some persons and vehicles carry track ids and others none, or that of another"],
    ),
}


@pytest.mark.parametrize(("seen", "mode", "expected"), SAID.values(), ids=SAID.keys())
def test_what_is_said_of_a_stream(seen: Seen, mode: str, expected: list[str]) -> None:
    said = list(of_tracks([seen], Registry(camera=(camera("a", tracker=mode),))))
    assert len(said) == len(expected)
    assert all(one.startswith(start) for one, start in zip(said, expected, strict=True))


def test_tracks_made_here_of_less_than_a_frame_a_second_are_said_to_be_none() -> None:
    seen = Seen("a", 100, 100, 0, 0)
    for mode, fps, count in (("auto", 0.5, 2), ("iou", 0.5, 1), ("auto", 1.0, 1), ("none", 0.5, 0)):
        found = [seen._replace(made_here=0)] if mode == "none" else [seen]
        said = list(of_tracks(found, Registry(camera=(camera("a", tracker=mode, fps=fps),))))
        assert len(said) == count
        assert any("less than a frame a second" in one for one in said) == (fps < 1 and mode != "none")


def test_less_than_a_frame_a_second_is_no_watching_of_tracks() -> None:
    slow = Registry(camera=(camera("a", fps=0.5), camera("b")))
    flow = play(chunks(WITHOUT), plan(slow))["flow_minute_log"]
    a, b = (flow.filter(pl.col("camera_id") == name) for name in "ab")
    assert a["observed_ms"].sum() == 0 < b["observed_ms"].sum()
    assert {REASONS[code] for code in a["reason"]} == {"untracked"}


def test_many_cameras_are_said_in_one_sentence() -> None:
    (said,) = of_tracks(
        [Seen(f"c{i}", 100, 100, 0, 0) for i in range(9)], Registry(camera=tuple(camera(f"c{i}") for i in range(9)))
    )
    assert said.endswith("cameras c0, c1, c2, c3, c4 and 4 more")
