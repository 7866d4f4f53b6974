"""Intel DL Streamer: a golden file worked out by hand, its clocks and its boxes."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from connectors.formats import Live, MergedReader, looks_like, read
from connectors.records import records
from schemas.errors import UsageError
from tests.connectors.frames import START_US, dead, joined, options

KIND = "dlstreamer"
GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "dlstreamer" / "gvametaconvert.jsonl"
GIVEN = {"camera": "smg-501", "start_us": START_US}
FRAMES = ["camera", "t_us", "ts_source", "seq", "width", "height", "position"]
OBJECTS = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2"]
BOUNDS = {"x_min": 0.1, "y_min": 0.1, "x_max": 0.2, "y_max": 0.5}
PLACE = (0.1, 0.1, 0.2, 0.5)


def thing(**changes: object) -> dict:
    return {"detection": {"bounding_box": BOUNDS, "confidence": 0.5, "label": "person"}, "id": 7} | changes


def frame(*objects: object, at_ns: int = 0, **changes: object) -> str:
    told = {"objects": list(objects), "resolution": {"width": 1000, "height": 500}, "timestamp": at_ns} | changes
    return json.dumps({name: value for name, value in told.items() if value is not ...})


def said(chunks: list) -> tuple[list, list, list]:
    got = joined(chunks)
    frames = got.frames.with_columns(pl.col("t_us") - START_US).select(FRAMES).rows()
    rows = got.objects.select(OBJECTS).rows()
    objects = [tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row) for row in rows]
    return frames, objects, dead(chunks)


def of(path: Path, *lines: str, **changes: object) -> tuple[list, list, list]:
    (path / "a.jsonl").write_text("\n".join(lines))
    return said(list(read(path / "a.jsonl", KIND, options(**GIVEN | changes))))


def test_the_golden_file_reads_as_worked_out_by_hand() -> None:
    """PTS begin at 5 s, which is at the start; the third is 33.333333 ms later, cut to microseconds."""
    chunks = list(read(GOLDEN, KIND, options(**GIVEN)))
    frames, objects, letters = said(chunks)
    assert frames == [
        ("smg-501", 0, "pts", 5_000_000_000, 1000, 500, 1),
        ("smg-501", 33_333, "pts", 5_033_333_333, 1000, 500, 2),
        ("smg-501", 66_666, "pts", 5_066_666_666, 1000, 500, 3),
        ("smg-501", 250_000, "capture", 5_100_000_000, 1000, 500, 4),
    ]
    assert objects == [
        (0, "person", 0.5, "7", 0.1, 0.1, 0.2, 0.5),
        (0, "truck", 0.75, None, 0.0, 0.5, 0.25, 1.0),
        (2, "bicycle", None, "8", 0.1, 0.1, 0.2, 0.5),
        (3, "dog", 1.0, None, 0.1, 0.1, 0.2, 0.5),
    ]
    assert letters == [(5, "bad_type"), (6, "bad_type"), (7, "bad_box"), (8, "bad_time"), (9, "not_json")]
    assert sum(chunk.rejected_objects for chunk in chunks) == 1
    assert any("counted from 5,000,000,000 ns" in text for chunk in chunks for text in chunk.remarks)


BOXES = {
    "shares": (thing(), PLACE),
    "pixels": (thing(detection=..., x=100, y=50, w=100, h=200), PLACE),
    "both: shares": (thing(x=0, y=0, w=9, h=9), PLACE),
}


@pytest.mark.parametrize(("told", "box"), BOXES.values(), ids=BOXES.keys())
def test_boxes_are_read_in_either_unit(tmp_path: Path, told: dict, box: tuple) -> None:
    told = {name: value for name, value in told.items() if value is not ...}
    assert of(tmp_path, frame(told))[1][0][4:] == box


CLASSES = {
    "no label": (thing(detection={"bounding_box": BOUNDS}, roi_type="Car"), "car", None),
    "no label at all": (thing(detection={"bounding_box": BOUNDS}), "object", None),
    "a vehicle's kind": (
        thing(detection={"bounding_box": BOUNDS, "label": "vehicle"}, type={"label": "bus", "model": {}}), "bus", None,
    ),
    "a person's attributes": (thing(type={"label": "bus"}, age={"label": "31"}, gender={}), "person", 0.5),
}  # fmt: skip


@pytest.mark.parametrize(("told", "label", "confidence"), CLASSES.values(), ids=CLASSES.keys())
def test_the_class_is_the_detectors_and_of_a_vehicle_its_kind(
    tmp_path: Path, told: dict, label: str, confidence: float | None
) -> None:
    assert of(tmp_path, frame(told))[1][0][1:3] == (label, confidence)


REFUSED = {
    "no time": (frame(timestamp=...), "bad_type"),
    "a time of a text": (frame(timestamp="1"), "bad_time"),
    "a time of 64 bits and more": (frame(at_ns=2**64), "bad_time"),
    "a confidence above 1": (frame(thing(detection={"bounding_box": BOUNDS, "confidence": 2})), "bad_type"),
    "no box": (frame(thing(detection={"label": "car"})), "bad_type"),
    "the whole picture alone": (frame(objects=..., tensors=[{"label": "jam"}]), "bad_type"),
    "a size of 0": (frame(resolution={"width": 0, "height": 1}), "bad_type"),
    "a box turned round": (frame(thing(detection={"bounding_box": {**BOUNDS, "x_max": 0}})), "bad_box"),
    "years that nobody reaches": (frame(at_ns=-(2**63)), "before_2000"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_frame_that_cannot_be_read_is_a_letter(tmp_path: Path, line: str, reason: str) -> None:
    frames, _, letters = of(tmp_path, frame(), line)
    assert (len(frames), letters) == (1, [(2, reason)])


def test_a_frame_without_objects_was_watched_and_its_stream_sends_such(tmp_path: Path) -> None:
    frames, _, _ = of(tmp_path, frame(), frame(objects=..., at_ns=10**9))
    assert [row[1] for row in frames] == [0, 1_000_000]
    (tmp_path / "b").write_text(frame(thing()))
    (busy,) = read(tmp_path / "b", KIND, options(**GIVEN))
    assert not busy.sends_empty
    assert "sends_empty = false" in busy.remarks[0]


def test_pieces_of_one_stream_are_counted_from_its_first(tmp_path: Path) -> None:
    for name, at_ns in (("b", 7 * 10**9), ("a", 9 * 10**9)):
        (tmp_path / name).write_text(frame(at_ns=at_ns))
    got = joined(MergedReader([tmp_path / "a", tmp_path / "b"], KIND, options(**GIVEN)))
    assert (got.frames["t_us"] - START_US).to_list() == [0, 2_000_000]


def test_what_the_format_does_not_carry_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not carry --start"):
        of(tmp_path, frame(), start_us=None)
    with pytest.raises(UsageError, match="does not carry --camera"):
        of(tmp_path, frame(), camera=None)
    assert looks_like(tmp_path / "a.jsonl") == KIND
    with pytest.raises(UsageError, match="give --size"):
        of(tmp_path, frame({"x": 1, "y": 1, "w": 1, "h": 1}, resolution=...))
    clock = {"sender_ntp_unix_timestamp_ns": (START_US + 5) * 1000}
    assert of(tmp_path, frame(rtp=clock), start_us=None)[0][0][1:3] == (5, "capture")


def test_a_live_frame_is_taken_as_it_arrives_and_its_camera_is_of_the_topic() -> None:
    told = records([frame(at_ns=5).encode()], [0], [START_US + 9])
    got = joined(Live(KIND, options(camera="c")).read(told, "s")).frames
    assert got.select("t_us", "ts_source", "arrival_us").rows() == [(START_US + 9, "arrival", START_US + 9)]
