"""ONVIF Profile M: the published example worked out by hand, every way devices write it, and what cameras say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Live, looks_like, read
from connectors.records import records
from flows import cli
from tests.connectors.frames import START_US, assert_same, dead, joined, options

KIND = "onvif"
GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "onvif" / "messages.jsonl"
FRAMES = ["camera", "t_us", "luma", "sharpness", "position"]
OBJECTS = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2"]
BOX = {"@left": 20.0, "@top": 80.0, "@right": 100.0, "@bottom": 30.0}
WAY = {"Translate": {"@x": -1.0, "@y": -1.0}, "Scale": {"@x": 0.003125, "@y": 0.00416667}}
PLACE = (20 / 640, 400 / 480, 100 / 640, 450 / 480)
"""The specification's example: of 640x480 px, x 20..100 and y 400..450 from the top.

xn = 20 * 0.003125 - 1 = -0.9375, so (xn + 1) / 2 = 0.03125 = 20 / 640; for the top 80 * 0.00416667 - 1 = -0.66667,
so (1 + 0.66667) / 2 = 0.83333 = 400 / 480."""


def thing(label: object = "Human", likelihood: object = 0.75, box: object = BOX, **changes: object) -> dict:
    kinds = {"Type": [{"@Likelihood": likelihood, "#text": label}]}
    return {"@ObjectId": 12, "Appearance": {"Shape": {"BoundingBox": box}, "Class": kinds}} | changes


def frame(*objects: object, at: float = 0, **changes: object) -> dict:
    told = {"@UtcTime": f"2026-01-05T00:00:{at:06.3f}Z", "@Source": "cam", "Transformation": WAY}
    told |= {"Object": list(objects)} | changes
    return {name: value for name, value in told.items() if value is not ...}


def metadata(*objects: object, **changes: object) -> bytes:
    return json.dumps({"Frame": [frame(*objects, **changes)]}).encode()


def event(name: str, state: object, at: float = 0, camera: str = "cam") -> bytes:
    payload = {"UtcTime": f"2026-01-05T00:00:{at:06.3f}Z", "Source": {"Source": camera}, "Data": {"State": state}}
    return json.dumps({"topic": f"onvif-ej/VideoSource/{name}/ImagingService", "payload": payload}).encode()


def heard(*lines: bytes, topics: list[str] | None = None, **changes: object) -> list:
    told = records(lines, range(1, len(lines) + 1), [START_US] * len(lines))
    if topics is not None:
        told = replace(told, topic=np.arange(len(lines), dtype=np.int32), topics=tuple(topics))
    return list(Live(KIND, options(**changes)).read(told, "s"))


def said(chunks: list) -> tuple[list, list, list]:
    got = joined(chunks)
    frames = got.frames.filter(~pl.Series(got.unseen)).with_columns(pl.col("t_us") - START_US).select(FRAMES).rows()
    rows = got.objects.select(OBJECTS).rows()
    objects = [tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row) for row in rows]
    return frames, objects, dead(chunks)


def near(*box: float) -> tuple[float, ...]:
    return tuple(round(side, 4) for side in box)


def test_the_golden_file_reads_as_worked_out_by_hand() -> None:
    chunks = list(read(GOLDEN, KIND, options(camera="smg-409")))
    frames, objects, letters = said(chunks)
    none = None, None
    assert frames == [
        ("smg-401", 0, *none, 1),
        ("smg-401", 100_000, *none, 2),
        ("smg-402", 100_000, *none, 3),
        ("smg-401", 200_000, 0.0, None, 4),
        ("smg-401", 300_000, 0.0, None, 5),
        ("smg-401", 400_000, *none, 7),
        ("smg-409", 500_000, *none, 8),
    ]
    assert objects == [
        (0, "person", 0.75, "12", *near(*PLACE)),
        (0, "truck", 0.5, "13", 0.25, 0.25, 0.5, 0.75),
        (2, "car", 0.5, "12", 0.0, 0.0, 0.5, 0.5),
        (5, "Animal", None, "12", *near(*PLACE)),
    ]
    assert letters == [(9, "not_json"), (10, "bad_box"), (11, "bad_time"), (12, "bad_type")]
    assert {row for (row,) in joined(chunks).frames.select("ts_source").rows()} == {"capture"}


BOXES = {
    "y points up": (frame(thing()), near(*PLACE)),
    "numbers as texts": (
        frame(thing(box={key: str(side) for key, side in BOX.items()}, likelihood="0.75")), near(*PLACE),
    ),
    "no transformation": (
        frame(thing(box={"@left": -0.5, "@top": 0.5, "@right": 0.5, "@bottom": -1}), Transformation=...),
        (0.25, 0.25, 0.75, 1.0),
    ),
    "no scale": (
        frame(thing(box={"@left": 0, "@top": 0, "@right": 0.5, "@bottom": -1}),
              Transformation={"Translate": {"@x": 0.5, "@y": 0.5}}),
        (0.75, 0.25, 1.0, 0.75),
    ),
    "no translation": (
        frame(thing(box={"@left": 0, "@top": 1, "@right": 1, "@bottom": 0}),
              Transformation={"Scale": {"@x": "0.5", "@y": "0.5"}}),
        (0.5, 0.25, 0.75, 0.5),
    ),
    "a device whose y points down": (
        frame(thing(box={"@left": 0, "@top": 120, "@right": 320, "@bottom": 240}),
              Transformation={"Translate": {"@x": -1, "@y": 1}, "Scale": {"@x": 1 / 320, "@y": -1 / 240}}),
        (0.0, 0.25, 0.5, 0.5),
    ),
    "over the edge": (frame(thing(box={**BOX, "@left": -20, "@bottom": -20})), near(0.0, PLACE[1], PLACE[2], 1.0)),
}  # fmt: skip


@pytest.mark.parametrize(("told", "box"), BOXES.values(), ids=BOXES.keys())
def test_boxes_become_shares_of_the_picture(told: dict, box: tuple) -> None:
    _, objects, letters = said(heard(json.dumps({"Frame": [told]}).encode()))
    assert (objects, letters) == ([(0, "person", 0.75, "12", *box)], [])


SHAPES = {
    "one frame without a list": {"Frame": frame(thing())},
    "one object without a list": {"Frame": [frame(Object=thing())]},
    "one type without a list": {
        "Frame": [frame(thing(Appearance={"Shape": {"BoundingBox": BOX},
                                          "Class": {"Type": {"@Likelihood": 0.75, "#text": "Human"}}}))]
    },
    "within VideoAnalytics": {"VideoAnalytics": {"Frame": [frame(thing())]}},
    "within MetadataStream": {"MetadataStream": {"VideoAnalytics": {"Frame": [frame(thing())]}}},
    "candidates of classes": {
        "Frame": [frame(thing(Appearance={"Shape": {"BoundingBox": BOX},
                                          "Class": {"ClassCandidate": [{"Type": "Human", "Likelihood": "0.75"}]}}))]
    },
    "an id as text": {"Frame": [frame(thing(**{"@ObjectId": "12"}))]},
    "with what nobody reads": {
        "Frame": [frame(thing(Behaviour={"Speed": 1}, HumanFace={}), ObjectTree={"Delete": []}, PTZStatus={})]
    },
}  # fmt: skip


@pytest.mark.parametrize("message", SHAPES.values(), ids=SHAPES.keys())
def test_every_way_devices_write_a_frame_is_read(message: dict) -> None:
    frames, objects, letters = said(heard(json.dumps(message).encode()))
    assert (frames, letters) == ([("cam", 0, None, None, 1)], [])
    assert objects == [(0, "person", 0.75, "12", *near(*PLACE))]


CLASSES = {
    "the likeliest": ([("Vehicle", 0.2), ("Human", 0.7)], "person", 0.7),
    "of a vehicle its kind": ([("Vehicle", 0.9), ("Truck", 0.4)], "truck", 0.4),
    "a vehicle of no kind": ([("Vehicle", 0.9), ("Animal", 0.4)], "car", 0.9),
    "one word": ("Bike", "bicycle", None),
    "none": ([], "object", None),
    "an unknown one": ([("Bag", 1)], "Bag", 1.0),
}


@pytest.mark.parametrize(("types", "label", "confidence"), CLASSES.values(), ids=CLASSES.keys())
def test_the_class_is_the_likeliest_type(types: object, label: str, confidence: float | None) -> None:
    kinds = types if isinstance(types, str) else [{"#text": name, "@Likelihood": sure} for name, sure in types]
    told = thing(Appearance={"Shape": {"BoundingBox": BOX}, "Class": {"Type": kinds}})
    assert said(heard(metadata(told)))[1][0][1:3] == (label, confidence)


REFUSED = {
    "no time": (metadata(**{"@UtcTime": ...}), "bad_time"),
    "a time that is none": (metadata(**{"@UtcTime": "noon"}), "bad_time"),
    "a likelihood above 1": (metadata(thing(likelihood=2)), "bad_type"),
    "a side that is no number": (metadata(thing(box={**BOX, "@left": "left"})), "bad_type"),
    "a side that is missing": (metadata(thing(box={"@left": 1})), "bad_type"),
    "a side of NaN": (metadata(thing(box={**BOX, "@left": "NaN"})), "bad_box"),
    "top below bottom": (metadata(thing(box={**BOX, "@top": 10})), "bad_box"),
    "a scale of a text": (metadata(thing(), Transformation={"Scale": "1"}), "bad_type"),
    "a frame that is none": (b'{"Frame": [7]}', "bad_type"),
    "pixels without a transformation": (metadata(thing(), Transformation=...), "boxes_refused"),
    "an unquoted value": (b'{"UtcTime": "2026-01-05T00:00:00Z", "Data": {"State": on}}', "not_json"),
    "an event without a topic": (b'{"UtcTime": "2026-01-05T00:00:00Z", "Data": {"State": true}}', "bad_type"),
    "an event of no state": (event("ImageTooDark", "maybe"), "bad_type"),
    "an event of no time": (event("ImageTooDark", True).replace(b"2026-01-05", b"someday"), "bad_time"),
    "noise": (b"\xff\x00", "not_json"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_that_cannot_be_read_is_a_letter(line: bytes, reason: str) -> None:
    frames, _, letters = said(heard(line, metadata(at=1)))
    assert (len(frames), letters) == (1, [(1, reason)])


def test_an_object_without_a_box_is_rejected_and_its_frame_stands() -> None:
    chunks = heard(metadata({"@ObjectId": 3}, thing()))
    assert (len(said(chunks)[1]), chunks[0].rejected_objects) == (1, 1)


@pytest.mark.parametrize("zone", ["Z", "", "+07:00"])
def test_a_time_without_an_offset_is_utc(zone: str) -> None:
    hour = "07" if zone == "+07:00" else "00"
    frames, _, _ = said(heard(metadata(**{"@UtcTime": f"2026-01-05T{hour}:00:01.5{zone}"})))
    assert frames[0][1] == 1_500_000


def test_the_camera_is_of_the_topic_then_of_the_frame_then_as_given() -> None:
    lines = [metadata(), metadata(at=1), metadata(at=2, **{"@Source": ...})]
    topics = ["kota/smg-7/onvif-mj/VideoAnalytics/0", "onvif-mj/VideoAnalytics/0", "onvif-mj/VideoAnalytics/0"]
    frames, _, letters = said(heard(*lines, topics=topics, camera="smg-9"))
    assert ([row[0] for row in frames], letters) == (["smg-7", "cam", "smg-9"], [])
    assert said(heard(lines[2]))[2] == [(1, "bad_type")]


TRUTHS = [(True, True), ("true", True), ("True", True), (1, True), ("1", True), (False, False), ("false", False),
          (0, False), ("0", False)]  # fmt: skip


@pytest.mark.parametrize(("written", "is_so"), TRUTHS)
def test_truth_is_read_however_a_device_writes_it(written: object, is_so: bool) -> None:
    frames, _, _ = said(heard(event("ImageTooDark", written), metadata(at=1)))
    assert [row[2] for row in frames] == ([0.0, 0.0] if is_so else [None])


def test_a_camera_says_what_its_frames_show_until_it_says_otherwise() -> None:
    lines = [
        metadata(at=0),
        event("GlobalSceneChange", True, 1), metadata(at=2),
        event("ImageTooBlurry", "true", 3), metadata(at=4), metadata(at=4, **{"@Source": "other"}),
        event("GlobalSceneChange", False, 5), metadata(at=6),
        event("SignalLoss", True, 7), event("ImageTooBlurry", False, 8), event("ImageTooDark", False, 9),
        metadata(at=9),
        event("SignalLoss", False, 10), metadata(at=11),
    ]  # fmt: skip
    chunks = heard(*lines)
    frames, objects, letters = said(chunks)
    got = joined(chunks)
    moved = set(got.signals["frame"].to_list())
    shown = [(row[1] // 1_000_000, row[2], row[3], at in moved) for at, row in enumerate(frames) if row[0] == "cam"]
    assert shown == [
        (0, None, None, False), (1, None, None, True), (2, None, None, True), (3, None, 0.0, True),
        (4, None, 0.0, True), (6, None, 0.0, False), (7, 0.0, 0.0, False), (9, 0.0, None, False),
        (11, None, None, False),
    ]  # fmt: skip
    assert got.signals.select("kind", "zone", "value").unique().rows() == [("condition", "moved", 1.0)]
    assert [row[2:4] for row in frames if row[0] == "other"] == [(None, None)]
    assert (objects, letters) == ([], [])


def test_other_rules_are_passed_over_and_said() -> None:
    lines = [event("LineDetector/Crossed", True), event("MotionAlarm", True), metadata()]
    chunks = heard(*lines)
    assert (len(said(chunks)[0]), dead(chunks)) == (1, [])
    assert chunks[0].remarks == ("s: 2 rule events were passed over: only what a camera says of its picture is read",)


LINES = [each for at in range(8) for each in (metadata(thing(), at=at), event("GlobalSceneChange", at % 3 == 0, at))]


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=4).map(sorted))
def test_any_split_of_messages_gives_the_same_frames(cuts: list[int]) -> None:
    chunks, state = [], b"{}"
    for first, end in zip([0, *cuts], [*cuts, len(LINES)], strict=True):
        live = Live(KIND, options())
        live.resume(state)
        part = records(LINES[first:end], range(first + 1, end + 1), [START_US] * (end - first))
        chunks += live.read(part, "s")
        state = live.state()
    assert_same(joined(chunks), joined(heard(*LINES)))


def test_conditions_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.formats.onvif.MOST", 2)
    told = [event("ImageTooDark", True, camera=f"c{n}") for n in range(4)]
    frames, _, _ = said(heard(*told, *(metadata(at=1, **{"@Source": f"c{n}"}) for n in range(4))))
    assert [row[2] for row in frames[4:]] == [None, None, 0.0, 0.0]


def test_files_of_it_are_known(tmp_path: Path) -> None:
    for at, raw in enumerate((metadata(thing()), event("ImageTooDark", True), json.dumps({"topic": "c/onvif-mj/x",
                              "payload": {"Frame": [frame()]}}).encode())):  # fmt: skip
        (tmp_path / str(at)).write_bytes(raw)
        assert looks_like(tmp_path / str(at)) == KIND


def test_a_replay_says_that_a_camera_moved(
    tmp_path: Path, monkeypatch, capsys, empty_store: Callable[[str], str]
) -> None:
    lines = [
        metadata(
            thing(box={**BOX, "@left": 20 + at % 40}), **{"@UtcTime": f"2026-01-05T00:{at // 60:02}:{at % 60:02}Z"}
        )
        for at in range(300)
    ]
    told = json.loads(event("GlobalSceneChange", True))
    told["payload"]["UtcTime"] = "2026-01-05T00:02:00.5Z"
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*lines[:121], json.dumps(told).encode(), *lines[121:]]))
    monkeypatch.chdir(tmp_path)
    where = ["--warehouse", empty_store("store")]

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tilik", *arguments, *where])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return capsys.readouterr().out

    summary = json.loads(run("replay", "a.jsonl", "--format", KIND, "--json").splitlines()[-1])
    assert (summary["frames"], summary["objects"], summary["dead_letters"]) == (301, 300, 0)
    rows = run("query", "SELECT state, reason, persons_mean FROM health_minute h JOIN crowd_minute c USING (ts) "
               "ORDER BY ts", "--format", "csv").splitlines()[1:]  # fmt: skip
    assert rows[:2] == ["online,,1", "online,,1"]
    assert {row.replace("\\N", "") for row in rows[2:]} == {"moved,moved,"}
