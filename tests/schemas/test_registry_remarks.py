"""What is no mistake but hardly meant is said; what is usual is not."""

from __future__ import annotations

import random
import re
from math import cos, sin

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors import registry as registries
from schemas.errors import RegistryError
from schemas.registry import remarks
from schemas.registry.check import parse
from schemas.registry.outlines import crossing_sides

CAMERA = """[[camera]]
id = "{id}"
area = "00"
fps = {fps}
metrics = ["crowd", "flow"]
[[camera.zone]]
id = "a"
kind = "crowd"
polygon = [[0, 0], [1, 0], [1, 1]]
area_m2 = {area}
[[camera.line]]
id = "l"
points = [[0, 0], [1, 1]]
speed_limit_kmh = {limit}
[[road]]
id = "r"
kind = "ruas"
type = "{type}"
width_m = {width}
free_flow_kmh = {speed}
lines = ["{id}/l"]
"""
USUAL = {"id": "k1", "fps": 10, "area": 200, "limit": 40, "type": "4/2 UD", "width": 14, "speed": 42}


def said(**changes: object) -> list[str]:
    text = CAMERA.format(**USUAL | changes)
    return [*remarks.of_files({"a.toml": text}), *remarks.remarks(parse({"a.toml": text}))]


ODD = [
    ({"width": 1400}, "a carriageway of 1,400 m with 4 lanes, 350 m each"),
    ({"width": 0.14}, "a carriageway of 0.14 m"),
    ({"type": "2/1", "width": 20}, "10 m each"),
    ({"speed": 420}, "a free-flow speed of 420 km/h"),
    ({"limit": 4}, "a speed limit of 4 km/h"),
    ({"fps": 100}, "100 frames a second"),
    ({"area": 2_000_000}, "zone a of 2,000,000 m2"),
    ({"id": "sim-jalan"}, "a.toml:1: camera sim-jalan: counts as simulated"),
]


@pytest.mark.parametrize(("changes", "words"), ODD, ids=[words for _, words in ODD])
def test_what_is_hardly_meant_is_said_once(changes: dict[str, object], words: str) -> None:
    [remark] = said(**changes)
    assert words in remark


STREETS = [("2/2 UD", 5), ("2/2 UD", 11), ("4/2 UD", 14), ("6/2 D", 21), ("2/1", 7)]


@pytest.mark.parametrize("changes", [{}, *({"type": kind, "width": width} for kind, width in STREETS), {"limit": 100}])
def test_what_is_usual_is_not_said(changes: dict[str, object]) -> None:
    assert said(**changes) == []


def test_a_camera_that_says_itself_that_it_is_simulated_is_not_doubted() -> None:
    text = '[[camera]]\nid = "sim-1"\narea = "00"\nfps = 1.0\nsimulated = true\n'
    assert remarks.of_files({"a.toml": text}) == []


@pytest.mark.parametrize("text", ["", "\n", "# cameras follow\n", "camera = []\n"])
def test_a_file_that_registers_nothing_is_said(text: str) -> None:
    assert "registers nothing" in remarks.of_files({"a.toml": text})[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_registry_is_read_however_its_editor_saved_it(tmp_path, encoding: str) -> None:
    (tmp_path / "a.toml").write_bytes(CAMERA.format(**USUAL).encode(encoding))
    assert [camera.id for camera in registries.load(tmp_path / "a.toml").camera] == ["k1"]


def flaw(polygon: object) -> str:
    text = CAMERA.format(**USUAL).replace("[[0, 0], [1, 0], [1, 1]]", str(polygon))
    with pytest.raises(RegistryError) as caught:
        parse({"a.toml": text})
    return str(caught.value)


BOWS = [
    [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]],  # symmetrical: its signed area is 0
    [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9], [0.1, 0.1]],
    [[0.1, 0.4], [0.9, 0.9], [0.9, 0.4], [0.1, 0.8]],
]


@pytest.mark.parametrize("polygon", BOWS, ids=["symmetrical", "closed", "askew"])
def test_a_bow_tie_is_named_by_its_corners(polygon: list[list[float]]) -> None:
    words = flaw(polygon)
    assert "crosses" in words
    assert "corner 1 to 2" in words
    assert f"exchange corner 2 {polygon[1]} and corner 3 {polygon[2]}" in words


def test_corners_on_one_line_stay_named_so() -> None:
    assert "corners on one line" in flaw([[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]])


@given(st.integers(4, 9), st.integers(0, 2**32))
def test_two_corners_of_a_round_outline_exchanged_are_found(corners: int, seed: int) -> None:
    rng = random.Random(seed)
    angles = sorted(rng.uniform(0, 6.28) for _ in range(corners))
    shares = [(0.5 + 0.4 * cos(a), 0.5 + 0.4 * sin(a)) for a in angles]
    assume(shapely.Polygon(shares).area > 0.02 and len(set(shares)) == corners)
    i = rng.randrange(corners - 1)
    turned = shares.copy()
    turned[i], turned[i + 1] = turned[i + 1], turned[i]
    assume(not shapely.Polygon(turned).is_valid)
    found = crossing_sides(tuple(turned))
    assert found is not None
    first, second = (int(number) - 1 for number in re.findall(r"corner (\d+) \[", found.todo))
    turned[first], turned[second] = turned[second], turned[first]
    assert shapely.Polygon(turned).is_valid
