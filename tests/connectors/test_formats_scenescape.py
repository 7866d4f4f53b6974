"""Intel SceneScape's detectors: a golden file worked out by hand, and the shapes of their messages."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from connectors.formats import looks_like, read
from schemas.errors import UsageError
from tests.connectors.frames import START_US, dead, joined, options

KIND = "scenescape"
GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "scenescape" / "messages.jsonl"
SIZE = (1000, 500)
FRAMES = ["camera", "t_us", "ts_source", "position"]
OBJECTS = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2", "mask", "mask_confidence"]
PX = {"x": 100, "y": 50, "width": 100, "height": 200}
PLACE = (0.1, 0.1, 0.2, 0.5)


def thing(**changes: object) -> dict:
    return {"id": 7, "category": "person", "confidence": 0.5, "bounding_box_px": PX} | changes


def frame(*objects: object, **changes: object) -> str:
    told = {"id": "cam", "timestamp": "2026-01-05T00:00:00.000Z", "objects": list(objects), "rate": 9.9} | changes
    return json.dumps({name: value for name, value in told.items() if value is not ...})


def said(chunks: list) -> tuple[list, list, list]:
    got = joined(chunks)
    frames = got.frames.with_columns(pl.col("t_us") - START_US).select(FRAMES).rows()
    rows = got.objects.select(OBJECTS).rows()
    objects = [tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row) for row in rows]
    return frames, objects, dead(chunks)


def of(path: Path, *lines: str, **changes: object) -> tuple[list, list, list]:
    (path / "a.jsonl").write_text("\n".join(lines))
    return said(list(read(path / "a.jsonl", KIND, options(**{"size": SIZE} | changes))))


def test_the_golden_file_reads_as_worked_out_by_hand() -> None:
    frames, objects, letters = said(list(read(GOLDEN, KIND, options(size=SIZE))))
    assert frames == [
        ("smg-601", 0, "capture", 1),
        ("smg-601", 100_000, "capture", 2),
        ("smg-602", 200_000, "capture", 3),
        ("smg-603", 300_000, "capture", 4),
    ]
    assert objects == [
        (0, "person", 0.5, "7", *PLACE, "masked", 0.75),
        (0, "car", None, None, 0.5, 0.5, 0.75, 1.0, None, None),
        (2, "person", 0.5, "9", 0.25, 0.5, 0.5, 1.0, "unmasked", None),
    ]
    assert letters == [(5, "bad_type"), (6, "bad_time"), (7, "bad_box"), (8, "not_json")]


BOXES = {
    "pixels": (thing(), PLACE),
    "pixels under the plain name": (thing(bounding_box_px=None, bounding_box=PX), PLACE),
    "shares": (
        thing(bounding_box_px=None, bounding_box={"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.4}), PLACE,
    ),
    "both": (thing(bounding_box={"x": -0.3, "y": 0, "width": 0.1, "height": 0.1}), PLACE),
    "over the edge": (thing(bounding_box_px={**PX, "x": -50, "width": 250}), (0.0, 0.1, 0.2, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize(("told", "box"), BOXES.values(), ids=BOXES.keys())
def test_boxes_are_read_in_either_unit(tmp_path: Path, told: dict, box: tuple) -> None:
    assert of(tmp_path, frame(told))[1][0][4:8] == box


MASKS = {
    "a label": ({"label": "No-Mask", "model": "m"}, ("unmasked", None)),
    "a label and how sure": ({"label": "mask", "confidence": 0.5}, ("masked", 0.5)),
    "a truth": (True, ("masked", None)),
    "a word": ("with mask", ("masked", None)),
    "a word that nobody knows": ({"label": "scarf", "confidence": 0.5}, (None, None)),
    "a list": ([1], (None, None)),
    "how sure, of no number": ({"label": "mask", "confidence": "x"}, ("masked", None)),
}


@pytest.mark.parametrize(("told", "mask"), MASKS.values(), ids=MASKS.keys())
def test_a_facemask_is_read_as_far_as_it_is_understood(tmp_path: Path, told: object, mask: tuple) -> None:
    assert of(tmp_path, frame(thing(facemask=told)))[1][0][8:] == mask


def test_objects_may_stand_by_their_kinds(tmp_path: Path) -> None:
    plain = {name: value for name, value in thing().items() if name != "category"}
    _, objects, _ = of(tmp_path, frame(objects={"vehicle": [plain, thing(id=None)], "person": []}))
    assert [(row[1], row[3]) for row in objects] == [("car", "7"), ("person", None)]


REFUSED = {
    "no time": (frame(timestamp=...), "bad_type"),
    "a time of a number": (frame(timestamp=7), "bad_time"),
    "no objects": (frame(objects=...), "bad_type"),
    "no box": (frame(thing(bounding_box_px=None)), "bad_type"),
    "a negative width": (frame(thing(bounding_box_px={**PX, "width": -1})), "bad_box"),
    "no camera": (frame(id=...), "bad_type"),
    "a confidence above 1": (frame(thing(confidence=2)), "bad_type"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_that_cannot_be_read_is_a_letter(tmp_path: Path, line: str, reason: str) -> None:
    frames, _, letters = of(tmp_path, frame(), line)
    assert (len(frames), letters) == (1, [(2, reason)])


def test_the_camera_is_the_messages_then_the_topics_then_the_one_given(tmp_path: Path) -> None:
    payload = json.loads(frame(id=...))
    lines = [frame(), json.dumps({"topic": "scenescape/data/camera/smg-7", "payload": payload}), frame(id=...)]
    frames, _, letters = of(tmp_path, *lines, camera="smg-9")
    assert ([row[0] for row in frames], letters) == (["cam", "smg-7", "smg-9"], [])


def test_a_size_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--format scenescape.*--size"):
        of(tmp_path, frame(thing()), size=None)
    assert looks_like(tmp_path / "a.jsonl") == KIND
    shares = thing(bounding_box_px=None, bounding_box={"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.4})
    assert len(of(tmp_path, frame(shares), size=None)[1]) == 1


def test_vectors_and_looks_do_not_come_in(tmp_path: Path) -> None:
    secret = {"reid": "secret", "age": "secret", "gender": {"label": "secret"}, "name": "secret"}
    (tmp_path / "a").write_text(frame(thing(**secret), **secret))
    got = joined(read(tmp_path / "a", KIND, options(size=SIZE)))
    assert "secret" not in got.frames.write_csv() + got.objects.write_csv()
