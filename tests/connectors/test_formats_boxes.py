"""Boxes that are not what they should be: left out and counted; where none stands, the frame is a dead letter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import ReadOptions, boxes, read
from schemas.rejects import OF_BOXES, REFUSED, WHOLE

NOW_US = 1_780_000_000_000_000
FINE, PX, BESIDE, FLAT = [0.1, 0.1, 0.2, 0.4], [600, 400, 640, 500], [1.2, 0.1, 1.3, 0.2], [0.3, 0.1, 0.3, 0.2]


def frame(*given: list[float], **more: object) -> str:
    objects = [{"class": "person", "box": box} for box in given]
    told = {"camera": "a", "ts": "2026-01-05T00:00:00Z", "width": 1280, "height": 720, "objects": objects}
    return json.dumps(told | more)


def chunk(tmp_path: Path, *lines: str, **given: object):
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    [out] = read(tmp_path / "a.jsonl", "native", ReadOptions(now_us=NOW_US, **given))
    return out


def refused(batch) -> dict[str, int]:
    told = batch.signals.filter(pl.col("kind") == REFUSED)
    return dict(zip(told["zone"].to_list(), told["value"].cast(int).to_list(), strict=True))


CASES = {
    "all stand": ([FINE, FINE], {}, 2),
    "a little over the edge": ([[0.9, 0.5, 1.2, 1.1]], {}, 1),
    "pixels among others": ([PX, FINE, PX], {"pixels": 2}, 1),
    "beside the picture": ([BESIDE, FINE], {"outside": 1}, 1),
    "no area": ([FLAT], {"no_area": 1}, 0),
    "a whole picture in pixels": ([[0, 0, 1280, 720], FINE], {"pixels": 1}, 1),
    "one of each": ([PX, BESIDE, FLAT, FINE], {"no_area": 1, "outside": 1, "pixels": 1}, 1),
}


@pytest.mark.parametrize(("given", "expected", "stand"), CASES.values(), ids=CASES.keys())
def test_each_box_is_left_out_for_its_own_reason(tmp_path: Path, given: list, expected: dict, stand: int) -> None:
    out = chunk(tmp_path, frame(*given))
    assert refused(out.batch) == expected
    assert (out.batch.objects.height, out.rejected_objects) == (stand, sum(expected.values()))
    assert out.dead.height == 0


@pytest.mark.parametrize("given", [[PX], [PX, FLAT], [BESIDE], [PX, BESIDE]])
def test_a_frame_all_of_whose_boxes_lie_elsewhere_is_no_empty_street(tmp_path: Path, given: list) -> None:
    out = chunk(tmp_path, frame(FINE), frame(*given), frame())
    assert out.dead["reason"].to_list() == ["boxes_refused"]
    assert out.dead["detail"][0].startswith("camera a: all boxes lie outside where shares of the picture are meant")
    assert out.batch.frames["position"].to_list() == [1, 2, 3]
    assert out.batch.unseen.tolist() == [False, True, False]
    assert refused(out.batch) == {WHOLE: 1}
    assert out.batch.objects.height == 1
    assert {far.reason: far.many for far in out.far} == {
        name: n
        for name, n in zip(OF_BOXES, (given.count(PX), given.count(BESIDE), given.count(FLAT)), strict=True)
        if n
    }


def test_how_far_boxes_reach_is_remembered(tmp_path: Path) -> None:
    (far,) = chunk(tmp_path, frame(PX, FINE), frame([700, 10, 710, 20])).far
    assert far == ("a", "pixels", 2, (710.0, 500.0), (1280, 720))
    assert far.joined(far._replace(reach=(9.0, 900.0))) == ("a", "pixels", 4, (710.0, 900.0), (1280, 720))


def test_no_sender_can_say_what_a_reader_left_out(tmp_path: Path) -> None:
    said = [{"kind": REFUSED, "zone": "pixels", "value": 5}]
    assert chunk(tmp_path, frame(FINE, signals=said)).batch.signals["kind"].to_list() == [f"{REFUSED}?"]


def test_classes_go_by_the_names_they_are_given(tmp_path: Path) -> None:
    assert chunk(tmp_path, frame(FINE), class_map={"person": "rider"}).batch.objects["class"].to_list() == ["rider"]


SIDE = st.one_of(
    st.floats(-5, 5, width=32), st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, 1.0, np.nan, np.inf])
)


@settings(max_examples=200, deadline=None)
@given(given=st.lists(st.lists(st.tuples(SIDE, SIDE, SIDE, SIDE), max_size=4), max_size=6), in_pixels=st.booleans())
def test_every_box_stands_is_left_out_or_takes_its_frame_along(given: list, in_pixels: bool) -> None:
    rows = np.repeat(np.arange(len(given), dtype=np.uint32), [len(each) for each in given])
    box = np.array([side for each in given for side in each], np.float32).reshape(-1, 4)
    out = boxes.judge(rows, box, len(given), in_pixels=in_pixels)
    kept = out.box[:, out.keep]
    assert ((kept >= 0) & (kept <= 1)).all()
    assert (kept[2:] > kept[:2]).all()
    assert (out.keep | out.refused | out.bad[rows]).all()
    for i in range(len(given)):
        mine = rows == i
        assert not out.lost[i] or (out.refused[mine].all() and not out.bad[i] and mine.any())


SHARES, TINY = "7|0.10|0.20|0.15|0.40|Person", "8|100|50|101|51|Person"


@pytest.mark.parametrize(
    ("things", "letters", "stand"), [([SHARES] * 2, 1, 0), ([SHARES, TINY], 0, 1), ([TINY], 0, 1), ([], 0, 0)]
)
def test_shares_where_px_are_meant_are_no_crowd_in_a_corner(
    tmp_path: Path, things: list[str], letters: int, stand: int
) -> None:
    """Divided by the size once more, they all stood within the first pixel: nobody ever moved."""
    line = {"version": "4.0", "id": "1", "timestamp": "2026-01-05T00:00:00Z", "sensorId": "a", "objects": things}
    (tmp_path / "a.jsonl").write_text(json.dumps(line))
    [out] = read(tmp_path / "a.jsonl", "nvschema", ReadOptions(now_us=NOW_US, size=(1920, 1080)))
    assert out.dead["reason"].to_list() == ["boxes_refused"] * letters
    assert out.batch.objects.height == stand
    assert sum(far.many for far in out.far) == things.count(SHARES)
