"""DeepStream's full schema: a golden file worked out by hand, and how objects become frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Live, looks_like, read
from connectors.records import records
from flows import cli
from schemas.errors import UsageError
from tests.connectors.frames import NOW_US, START_US, assert_same, dead, joined, options

KIND = "deepstream"
GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "deepstream" / "eventmsg.jsonl"
SIZE = (1000, 500)
FRAMES = ["camera", "t_us", "ts_source", "width", "height", "position"]
OBJECTS = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2"]
PLACE = (0.1, 0.1, 0.2, 0.5)


def thing(label: str | None = "person", confidence: float | None = 0.5, **changes: object) -> dict:
    box = {"topleftx": 100, "toplefty": 50, "bottomrightx": 200, "bottomrighty": 250}
    named = {} if label is None else {label: {"age": 45, "gender": "male", "confidence": confidence}}
    return {"id": "7", "speed": 0, "direction": 0, "orientation": 0, **named, "bbox": box, **changes}


def message(at: float = 0, camera: str = "c", **changes: object) -> bytes:
    """Return a message `at` seconds; a change to `...` leaves the field out."""
    when = f"2026-01-05T00:00:{at:06.3f}Z"
    told = {"messageid": f"m{at}{camera}{changes}", "@timestamp": when, "sensor": {"id": camera}, "object": thing()}
    told |= {"event": {"id": "e", "type": ""}, "videoPath": ""} | changes
    return json.dumps({name: value for name, value in told.items() if value is not ...}).encode()


def said(chunks: list) -> tuple[list, list, list]:
    got = joined(chunks)
    frames = got.frames.with_columns(pl.col("t_us") - START_US).select(FRAMES).rows()
    objects = [
        tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row)
        for row in got.objects.select(OBJECTS).rows()
    ]
    return frames, objects, dead(chunks)


def heard(*lines: bytes, **changes: object) -> tuple[list, list, list]:
    live = Live(KIND, options(**{"size": SIZE} | changes))
    values = records(lines, range(1, len(lines) + 1), [NOW_US] * len(lines))
    return said([*live.read(values, "s"), *live.rest("s")])


def test_the_golden_file_reads_as_worked_out_by_hand() -> None:
    """Lines 1, 2, 4 are one frame of smg-301, 3 and 5 another camera's; see the README beside the file.

    A box 585,472,642,518 of 1000x500 px is 0.585, 0.944, 0.642 and, cut at the lower edge, 1.
    """
    chunks = list(read(GOLDEN, KIND, options(size=SIZE)))
    frames, objects, letters = said(chunks)
    assert frames == [
        ("smg-301", 0, "convert", 1000, 500, 1),
        ("smg-302", 10_000, "convert", 1000, 500, 3),
        ("smg-301", 100_000, "convert", 1000, 500, 6),
    ]
    assert objects == [
        (0, "car", None, "0", 0.585, 0.944, 0.642, 1.0),
        (0, "person", 0.9, "1", 0.1, 0.1, 0.2, 0.5),
        (1, "truck", 0.75, "18446744073709551615", 0.0, 0.0, 0.25, 0.5),
        (2, "roadsign", 0.5, "3", 0.1, 0.1, 0.2, 0.5),
    ]
    assert letters == [(7, "bad_type"), (8, "bad_box"), (9, "bad_time"), (10, "not_json"), (11, "future")]
    assert sum(chunk.rejected_objects for chunk in chunks) == 1
    assert not any(chunk.sends_empty for chunk in chunks)


LINES = [message(at, camera, messageid=str(n)) for at in (0, 0.1, 0.1, 0.2) for camera in "ab" for n in range(3)]


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=4).map(sorted))
def test_any_split_of_messages_gives_the_same_frames(cuts: list[int]) -> None:
    wanted = list(Live(KIND, options(size=SIZE)).read(records(LINES, range(len(LINES)), [NOW_US] * len(LINES)), "s"))
    chunks, state = [], b"{}"
    for first, end in zip([0, *cuts], [*cuts, len(LINES)], strict=True):
        live = Live(KIND, options(size=SIZE))
        live.resume(state)
        part = records(LINES[first:end], range(first, end), [NOW_US] * (end - first))
        chunks += live.read(part, "s")
        state = live.state()
    assert_same(joined(chunks), joined(wanted))
    assert [len(chunk) for chunk in (joined(wanted), joined(live.rest("s")))] == [2, 4]


def test_objects_of_neighbours_and_of_the_next_frame_may_come_in_turns() -> None:
    lines = [message(0), message(0, "d"), message(0.1), message(0), message(0.1, "d"), message(0.2), message(0, "d")]
    frames, objects, _ = heard(*lines, class_map={"person": "bus"})
    assert [(row[0], row[1]) for row in frames] == [("c", 0), ("d", 0), ("c", 100_000), ("d", 100_000), ("c", 200_000)]
    assert [row[0] for row in objects] == [0, 1, 2, 3, 4]  # the same message twice is one object
    assert {row[1] for row in objects} == {"bus"}


def test_a_message_without_an_id_is_another_object() -> None:
    _, objects, _ = heard(*[message(messageid=...)] * 2, message(messageid=None), message(messageid=7))
    assert len(objects) == 4


CLASSES = {
    "a person": (thing("person", 0.5), "person", 0.5),
    "a vehicle and its kind": (thing(None, vehicle={"type": "bus", "confidence": 1}), "bus", 1.0),
    "a kind that nobody knows": (thing(None, vehicle={"type": "wagon", "license": "H 1", "confidence": 1}), "car", 1.0),
    "a kind of no text": (thing(None, vehicle={"type": ["bus"]}), "car", None),
    "a kind of a person is none": (thing(None, person={"type": "bus", "confidence": 0}), "person", 0.0),
    "not set": (thing("vehicle", -0.1), "car", None),
    "none": (thing("vehicle", None), "car", None),
    "another model's": (thing("Two Wheeler", 0.5), "motorcycle", 0.5),
    "one that nobody knows": (thing("kambing", 0.5), "kambing", 0.5),
    "a known one behind others": (thing("bag", 0.1, bus={"confidence": 0.5}), "bus", 0.5),
    "no class": (thing(None), "object", None),
    "one that is no object": (thing(None, person=True), "object", None),
}


@pytest.mark.parametrize(("told", "label", "confidence"), CLASSES.values(), ids=CLASSES.keys())
def test_the_class_is_a_key_and_a_vehicle_may_say_its_kind(told: dict, label: str, confidence: float | None) -> None:
    assert heard(message(object=told))[1] == [(0, label, confidence, "7", *PLACE)]


REFUSED = {
    "no object": (message(object=...), "bad_type"),
    "no box": (message(object={"id": "1", "person": {}}), "bad_type"),
    "a box of texts": (message(object=thing(bbox={"topleftx": "1"})), "bad_type"),
    "a confidence above 1": (message(object=thing(confidence=1.5)), "bad_type"),
    "a confidence below 0": (message(object=thing(confidence=-0.5)), "bad_type"),
    "no sensor": (message(sensor=...), "bad_type"),
    "an empty sensor": (message(sensor={"id": ""}), "bad_type"),
    "no time": (message(**{"@timestamp": ...}), "bad_type"),
    "a time of no text": (message(**{"@timestamp": 7}), "bad_time"),
    "a date": (message(**{"@timestamp": "2026-01-05"}), "bad_time"),
    "before 2000": (message(**{"@timestamp": "1999-12-31T23:59:59Z"}), "before_2000"),
    "the future": (message(**{"@timestamp": "2027-12-31T23:59:59Z"}), "future"),
    "a box turned round": (message(object=thing(bbox=dict(topleftx=9, toplefty=9, bottomrightx=1, bottomrighty=19))),
                           "bad_box"),
    "an infinite box": (message().replace(b'"topleftx": 100', b'"topleftx": 1e999'), "bad_type"),
    "an array": (b"[1]", "bad_type"),
    "noise": (b"\x00\xff", "not_json"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_that_cannot_be_read_costs_itself_and_not_its_frame(line: bytes, reason: str) -> None:
    frames, objects, letters = heard(message(), line, message(messageid="other"))
    assert (len(frames), len(objects), letters) == (1, 2, [(2, reason)])


def test_a_frame_all_of_whose_boxes_lie_elsewhere_counts_its_messages() -> None:
    far = thing(bbox={"topleftx": 5000, "toplefty": 0, "bottomrightx": 5001, "bottomrighty": 1})
    live = Live(KIND, options(size=SIZE))
    lines = [message(object=far, messageid=str(n)) for n in range(3)]
    chunks = [*live.read(records(lines, [1, 2, 3], [NOW_US] * 3), "s"), *live.rest("s")]
    letters = pl.concat([chunk.dead for chunk in chunks]).select("position", "reason", "count", "raw").rows()
    assert letters == [(1, "boxes_refused", 3, lines[0])]


def test_times_with_and_without_offset_are_utc() -> None:
    times = ["2026-01-05T07:00:00.5+07:00", "2026-01-05T00:00:00.5", "2026-01-05 00:00:00.5Z"]
    frames, objects, _ = heard(*[message(messageid=text, **{"@timestamp": text}) for text in times])
    assert ([row[1] for row in frames], len(objects)) == ([500_000], 3)


def test_a_live_frame_is_whole_when_its_camera_falls_silent() -> None:
    live = Live(KIND, options(size=SIZE))
    assert len(joined(live.read(records([message()], [0], [START_US + 50_000]), "s"))) == 0
    assert list(live.tick(START_US + 2_049_999, "s")) == []
    got = joined(live.tick(START_US + 2_050_000, "s")).frames
    assert got.select("t_us", "arrival_us", "position").rows() == [(START_US, START_US + 50_000, 0)]
    assert list(live.rest("s")) == []


def test_cameras_that_are_held_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.formats.deepstream.MOST", 3)
    live = Live(KIND, options(size=SIZE))
    lines = [message(0, f"c{n}") for n in range(10)]
    assert len(joined(live.read(records(lines, range(10), [NOW_US] * 10), "s"))) == 7
    assert len(joined(live.rest("s"))) == 3


def test_a_size_that_is_not_given_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(message())
    with pytest.raises(UsageError, match=r"--format deepstream does not carry --size"):
        list(read(tmp_path / "a.jsonl", KIND, options()))
    assert looks_like(tmp_path / "a.jsonl") == KIND


def test_a_replay_says_what_the_cameras_need(
    tmp_path: Path, monkeypatch, capsys, empty_store: Callable[[str], str]
) -> None:
    asked = ["--format", KIND, "--size", "1000x500", "--json", "--warehouse", empty_store("store")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tilik", "replay", str(GOLDEN), *asked])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    told = json.loads(out.splitlines()[-1])
    assert not ended.value.code
    assert (told["frames"], told["objects"], told["dead_letters"]) == (3, 4, 5)
    assert "sends_empty = false" in err
