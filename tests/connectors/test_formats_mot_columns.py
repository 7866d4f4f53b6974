"""What stands behind a MOTChallenge box: classes of one table or another, world coordinates, a confidence or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.formats import ReadOptions, read
from schemas.rejects import REFUSED

NOW_US = 1_780_000_000_000_000


def told(tmp_path: Path, rows: list[str], **given: dict[str, str]) -> tuple[list[str], int, list[str]]:
    """Classes of a file's objects, rows left out as ignored, and what is said of its columns."""
    path = tmp_path / "gt.txt"
    path.write_text("\n".join(rows))
    start_us = 1_767_571_200_000_000
    options = ReadOptions(now_us=NOW_US, camera="a", fps=25.0, start_us=start_us, size=(1920, 1080), **given)
    chunks = list(read(path, "mot", options))
    signals = [chunk.batch.signals for chunk in chunks]
    assert {kind for part in signals for kind in part["kind"]} <= {REFUSED}
    ignored = sum(int(part["value"].sum()) for part in signals)
    classes = [name for chunk in chunks for name in chunk.batch.objects["class"]]
    return classes, ignored, [remark for chunk in chunks for remark in chunk.remarks]


BOX = "1,{},400,500,60,180"
FILES = {
    "a detector's ten columns": ([f"{BOX.format(-1)},0.9,-1,-1,-1"], ["person"], 0, ""),
    "world coordinates": ([f"{BOX.format(1)},1,-3.5,2.1,0"], ["person"], 0, ""),
    "seven columns": ([f"{BOX.format(1)},0.9"], ["person"], 0, ""),
    "MOT16": ([f"{BOX.format(1)},1,1,0.9", f"{BOX.format(2)},1,3,0.5"], ["person", "car"], 0, "MOT16's classes"),
    "MOT16's ignored": ([f"{BOX.format(1)},1,1,1", f"{BOX.format(2)},0,8,1"], ["person"], 1, "MOT16's classes"),
    "COCO from 0": ([f"{BOX.format(1)},1,0,0.8", f"{BOX.format(2)},1,2,0.8"], ["person", "car"], 0, "COCO's classes"),
    "VisDrone": (
        [f"{BOX.format(0)},0,0,0,0", f"{BOX.format(1)},1,4,0,0", f"{BOX.format(2)},1,10,0,1"],
        ["car", "motorcycle"],
        1,
        "VisDrone's classes, 0 is ignored, 4 is car, 10 is motorcycle",
    ),
    "no confidence": (
        [f"{BOX.format(1)},0,0,-1", f"{BOX.format(2)},0,0,-1"],
        ["person"] * 2,
        0,
        "column 7 is 0",
    ),
    "numbers of nobody's": ([f"{BOX.format(1)},1,1,1", f"{BOX.format(2)},1,99,1"], ["person", "99"], 0, "1 is person"),
}


@pytest.mark.parametrize(("rows", "classes", "ignored", "said"), FILES.values(), ids=FILES.keys())
def test_what_columns_hold_is_judged_by_all_rows(
    tmp_path: Path, rows: list[str], classes: list[str], ignored: int, said: str
) -> None:
    found = told(tmp_path, rows)
    assert found[:2] == (classes, ignored)
    assert bool(found[2]) == bool(said)
    assert said in "\n".join(found[2])


def test_a_class_map_wins_and_what_it_names_is_not_guessed(tmp_path: Path) -> None:
    rows = [f"{BOX.format(1)},1,4,0,0", f"{BOX.format(2)},1,10,0,1"]
    assert told(tmp_path, rows, class_map={"4": "bus", "10": "truck"}) == (["bus", "truck"], 0, [])
    world = [f"{BOX.format(1)},1,4,0.5,0", f"{BOX.format(2)},1,7,0.5,1"]
    assert told(tmp_path, world, class_map={"4": "bus"}) == (["bus", "person"], 0, [])
