"""What is refused inside frames: counted once by reason, said with its remedy, in rows that restate like others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.warehouse import Stage, Warehouse, connect
from flows import suggestions
from flows.replay import ReplayOptions, ReplaySummary, playing
from schemas.frames import FrameBatch
from schemas.registry import Registry
from schemas.rejects import REFUSED, REJECTS
from tests.flows.city import SECOND, START, camera, chunks, plan, play, same, shuffled, stream

REGISTRY = Registry(camera=(camera("a"), camera("b")))


def strange(batch: FrameBatch) -> FrameBatch:
    """Every tenth person is an orang, some masks are `ya`, and of each signal there are three more nobody takes."""
    row = pl.int_range(pl.len())
    cls = pl.when((pl.col("class") == "person") & (row % 10 == 0)).then(pl.lit("orang")).otherwise(pl.col("class"))
    mask = pl.when(row % 50 == 0).then(pl.lit("ya")).otherwise(pl.lit(None, pl.String))
    objects = batch.objects.with_columns(cls.alias("class"), mask=mask)
    also = [{"zone": "jaln"}, {"kind": "banjir"}, {"value": 30.0}, {"kind": REFUSED, "zone": "outside", "value": 2.0}]
    more = [batch.signals.with_columns(pl.lit(v).alias(k) for k, v in changed.items()) for changed in also]
    signals = pl.concat([batch.signals, *more]).sort("frame", maintain_order=True)
    return replace(batch, objects=objects, signals=signals)


BATCH = strange(stream(["a", "b"], 300))


def refused(found: dict[str, pl.DataFrame]) -> dict[str, int]:
    hist = np.array(found["health_minute_log"]["refused_hist"].to_list())
    return {reason: int(n) for reason, n in zip(REJECTS, hist.sum(axis=0), strict=True) if n}


@pytest.fixture(scope="module")
def once() -> dict[str, pl.DataFrame]:
    return play(chunks(BATCH), plan(REGISTRY))


def test_every_refusal_is_counted_by_its_reason(once) -> None:
    frames = len(BATCH)
    told = refused(once)
    assert told == {
        "outside": 2 * frames,
        "unknown_class": BATCH.objects.filter(pl.col("class") == "orang").height,
        "unknown_mask": BATCH.objects.filter(pl.col("mask") == "ya").height,
        "unknown_kind": frames,
        "unknown_zone": frames,
        "bad_value": frames,
    }
    assert once["health_minute_log"]["signals"].sum() == frames
    assert once["health_minute_log"]["objects"].sum() == BATCH.objects.height


def test_what_is_refused_changes_nothing_else(once) -> None:
    plain = play(chunks(stream(["a", "b"], 300)), plan(REGISTRY))
    assert once["flood_minute_log"].equals(plain["flood_minute_log"])
    assert once["incidents_log"].equals(plain["incidents_log"])


@pytest.mark.parametrize("workers", [1, 2])
def test_any_cut_and_worker_count_gives_the_same_counts(once, workers: int) -> None:
    cuts = sorted(np.random.default_rng(workers).choice(len(BATCH), 7, replace=False).tolist())
    assert same(play(chunks(BATCH, cuts), plan(REGISTRY, workers), workers), once)


def test_a_frame_that_comes_again_is_refused_once(once) -> None:
    doubled = shuffled(BATCH, np.sort(np.concatenate([np.arange(len(BATCH)), [7, 8, 9]])))
    assert refused(play(chunks(doubled), plan(REGISTRY))) == refused(once)


def test_a_late_frame_is_refused_in_its_minute(once) -> None:
    order = np.concatenate([np.setdiff1d(np.arange(len(BATCH)), [30]), [30]])
    found = play(chunks(shuffled(BATCH, order), [900]), plan(REGISTRY))
    assert found["health_minute_log"]["late_frames"].sum() == 1
    assert refused(found) == refused(once)


def events(folder: Path, name: str, lines: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.jsonl"
    rows = [
        {"camera": "a", "ts": START + i * SECOND // 2, "width": 1280, "height": 720} | x for i, x in enumerate(lines)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rejects")
    (made / "cameras.toml").write_text(to_toml(Registry(camera=(camera("a"),)), "a"))
    return made


@pytest.fixture
def store(empty_store: Callable[[str], str]):
    with connect(empty_store("store")) as opened:
        yield opened


def replayed(store: Warehouse, folder: Path, path: Path, **given: Any) -> ReplaySummary:
    options = ReplayOptions((str(path),), "native", "", registry=str(folder / "cameras.toml"), **given)
    with Stage() as stage:
        asked = playing.ask(options, START + 86_400 * SECOND)
        return playing.commit(store, asked, stage, playing.read(asked, stage))


def suggested(store: Warehouse) -> str:
    return suggestions.as_text(suggestions.find(store, Registry(camera=(camera("a"),))))


WALK = {"class": "orang", "box": [0.4, 0.4, 0.5, 0.7], "track": "1"}
PX = {"class": "person", "box": [600, 400, 640, 500], "track": "1"}
SIGNALS = [{"kind": "flood", "zone": "jaln", "value": 0.3}, {"kind": "banjir", "zone": "jalan", "value": 0.3}]


def test_words_that_nobody_knows_are_said_stored_and_mended(store: Warehouse, folder: Path) -> None:
    lines = [{"objects": [WALK], "signals": [*SIGNALS, {"kind": "flood", "zone": "jalan", "value": 30}]}] * 120
    path = events(folder, "words", lines)
    summary = replayed(store, folder, path)
    said = "\n".join(summary.warnings)
    for told in (
        "orang (120): name them: --class-map orang=person",
        "jaln (120): jaln: did you mean jalan?",
        "banjir (120)",
    ):
        assert told in said
    assert "outside 0..1: 30.0 (120): send shares, 0..1: divide per cent by 100" in said
    stored = store.query(
        "SELECT reason, sum(count) FROM rejects WHERE camera_id = 'a' GROUP BY reason ORDER BY reason"
    ).rows
    assert (
        dict(stored)
        == summary.rejects
        == dict.fromkeys(("unknown_class", "unknown_kind", "unknown_zone", "bad_value"), 120)
    )
    assert "--class-map orang=person" in suggested(store)
    again = replayed(store, folder, path, class_map={"orang": "person"}, replace=True)
    assert "unknown_class" not in again.rejects
    assert "class-map" not in suggested(store)
    counts = store.query("SELECT reason, sum(count) FROM rejects GROUP BY reason").rows
    assert dict(counts) == again.rejects


def test_a_street_in_pixels_is_dead_letters_and_not_an_empty_street(store: Warehouse, folder: Path) -> None:
    fine = {"objects": [WALK | {"class": "person"}]}
    path = events(folder, "pixels", [fine] * 60 + [{"objects": [PX, PX]}] * 60 + [fine] * 60)
    summary = replayed(store, folder, path)
    assert (summary.frames, summary.dead_letters, summary.rejects) == (120, 60, {})
    assert [one.reason for one in summary.reasons] == ["boxes_refused"]
    assert any(one.startswith("60 frames with refused boxes alone") for one in summary.warnings)
    said = [one for one in summary.warnings if "they reach 640 x 500" in one]
    assert said
    assert "divide them by the width and height" in said[0]
    assert "divide them by the width and height" in suggested(store)
    (watched,) = store.query("SELECT sum(observed_ms) FROM crowd_minute_log FINAL WHERE zone_id = 'kiri'").rows
    assert watched[0] < 75_000  # 120 frames of half a second, and the gap's two periods


def test_a_camera_that_is_all_in_pixels_states_nothing(store: Warehouse, folder: Path) -> None:
    summary = replayed(store, folder, events(folder, "all", [{"objects": [PX]}] * 20))
    assert (summary.frames, summary.dead_letters, summary.rows) == (0, 20, 0)
    assert "divide by its width and height" in summary.unread
    assert "divide them by the width and height" in suggested(store)


def test_a_camera_that_goes_over_to_pixels_is_misread_and_not_down(store: Warehouse, folder: Path) -> None:
    fine = {"objects": [WALK | {"class": "person"}]}
    path = events(folder, "turned", [fine] * 120 + [{"objects": [PX]}] * 3480)
    summary = replayed(store, folder, path)
    assert (summary.frames, summary.dead_letters, summary.incidents) == (120, 3480, 0)
    later = "WHERE frames = 0 AND ts > (SELECT min(ts) FROM health_minute)"
    health = store.query(f"SELECT DISTINCT state, reason, coverage, misread FROM health_minute {later}").rows
    assert health == [("misread", "misread", 0, 120)]
    assert store.query(f"SELECT DISTINCT persons_mean, reason FROM crowd_minute {later}").rows == [(None, "misread")]
    area = "SELECT DISTINCT persons_mean, reason FROM crowd_area_quarter WHERE frames = 0"
    assert store.query(area).rows == [(None, "misread")]
    assert store.query("SELECT count() FROM rejects").rows == [(0,)]
