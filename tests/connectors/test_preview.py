"""The picture of a camera's entry shows what the entry says, where it says it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from connectors.preview import FLOW, GATE, blank, draw
from connectors.preview import files as preview_files
from connectors.preview.ground import ground_lines
from connectors.preview.text import Anchor, Labels
from schemas.cards import COLOURS
from schemas.errors import TilikError, UsageError
from schemas.ground import depth, homography, to_ground
from schemas.registry import ZONE_KINDS, Calibration, Camera, Line, Zone

LEFT = ((0.1, 0.3), (0.5, 0.3), (0.5, 0.9), (0.1, 0.9))
RIGHT = ((0.3, 0.3), (0.9, 0.3), (0.9, 0.9), (0.3, 0.9))
CAMERA = Camera("smg-001", "33.74.07.1005", 10.0, size=(960, 540))
GROUND = Calibration(
    ((0.35, 0.4), (0.65, 0.4), (0.98, 0.98), (0.02, 0.98)), ((0.0, 60.0), (14.0, 60.0), (14.0, 0.0), (0.0, 0.0))
)


def pixels(camera: Camera, under: Image.Image | None = None) -> np.ndarray:
    return np.asarray(draw(camera, blank(camera.size) if under is None else under)).astype(int)


def changed(camera: Camera, other: Camera) -> np.ndarray:
    """Where the pictures of two entries differ."""
    return (pixels(camera) != pixels(other)).any(axis=2)


def test_every_kind_of_zone_has_a_colour_of_its_own():
    assert set(COLOURS) == set(ZONE_KINDS)
    assert len(set(COLOURS.values())) == len(ZONE_KINDS)


@pytest.mark.parametrize("kind", ZONE_KINDS)
def test_a_zone_is_tinted_with_its_kind_and_lets_the_street_through(kind):
    street = Image.linear_gradient("L").resize(CAMERA.size).convert("RGB")
    given_, empty = replace(CAMERA, zone=(Zone("z", kind, LEFT),)), np.asarray(street).astype(int)
    seen = pixels(given_, street)
    for y in (200, 440):  # away from the name in the middle
        tint = seen[y, 150] - empty[y, 150]
        assert (tint * (np.array(COLOURS[kind]) - empty[y, 150]) >= 0).all()
        assert 0 < abs(tint).max() < abs(np.array(COLOURS[kind]) - empty[y, 150]).max() / 2
    assert (seen[440, 150] != seen[200, 150]).any()


def test_zones_over_each_other_stay_apart():
    both = pixels(replace(CAMERA, zone=(Zone("a", "crowd", LEFT), Zone("b", "flood", RIGHT))))
    spots = [tuple(both[450, x]) for x in (150, 400, 700)]
    assert len({*spots, tuple(both[450, 50])}) == 4


def test_a_zone_on_the_frames_edge_shows_its_whole_outline():
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    seen = pixels(replace(CAMERA, zone=(Zone("z", "crowd", whole),)))
    edges = [seen[-8:, 480], seen[270, :8], seen[270, -8:], seen[:8, 900]]
    assert all((abs(edge - np.array(COLOURS["crowd"])).max(axis=1) < 10).any() for edge in edges)


ARROWS = [((0.5, 0.2), (0.5, 0.8), -1, 0), ((0.5, 0.8), (0.5, 0.2), 1, 0), ((0.2, 0.5), (0.8, 0.5), 0, 1)]


@pytest.mark.parametrize(("first", "last", "dx", "dy"), ARROWS, ids=["down: west", "up: east", "east: down"])
def test_the_arrow_points_to_the_right_hand_of_who_walks_the_line(first, last, dx, dy):
    line = Line("l", (first, last), directions={"to_right": "m", "to_left": "k"})
    seen = pixels(replace(CAMERA, line=(line,)))
    assert [tuple(seen[270 + dy * reach, 480 + dx * reach]) for reach in (10, 20, 30)] == [FLOW] * 3
    assert tuple(seen[270 - dy * 10, 480 - dx * 10]) != FLOW


def test_a_bent_line_has_its_arrow_half_way_along():
    line = Line("l", ((0.1, 0.9), (0.1, 0.5), (0.9, 0.5)))  # 216 and 768 px: half-way at x = 372
    seen = pixels(replace(CAMERA, line=(line,)))
    assert tuple(seen[270 + 30, 372]) == FLOW
    assert tuple(seen[270 + 30, 300]) != FLOW


def test_a_gate_is_green_and_says_which_way_is_in():
    points = ((0.2, 0.5), (0.8, 0.5))
    gates = [replace(CAMERA, line=(Line("g", points, role="gate", entry=entry),)) for entry in ("to_right", "to_left")]
    assert tuple(pixels(gates[0])[270, 300]) == GATE
    ys = np.flatnonzero(changed(*gates).any(axis=1))
    assert ys.min() < 270 < ys.max()  # the names on both sides differ, the line itself does not


def test_the_grid_lies_on_the_ground_that_the_calibration_means():
    ground = ground_lines(replace(CAMERA, calibration=GROUND))
    matrix = homography(np.array(GROUND.image), np.array(GROUND.ground_m))
    assert ground is not None
    assert ground.step_m == 5.0
    assert {line.at_m for line in ground.lines if line.axis == "y"} >= {0.0, 5.0, 30.0, 60.0}
    for line in ground.lines:
        metres = to_ground(matrix, np.array([line.start, line.end]))
        assert np.allclose(metres[:, "xy".index(line.axis)], line.at_m, atol=1e-6)
        assert line.start[1] <= line.end[1]


SQUARES = [(8.0, 1.0), (19.0, 1.0), (60.0, 5.0), (300.0, 25.0), (1e7, None)]


@pytest.mark.parametrize(("length_m", "step_m"), SQUARES)
def test_squares_grow_with_the_ground_and_stay_few(length_m, step_m):
    corners = ((0.0, length_m), (4.0, length_m), (4.0, 0.0), (0.0, 0.0))
    ground = ground_lines(replace(CAMERA, calibration=Calibration(GROUND.image, corners)))
    assert ground is not None
    assert step_m in (None, ground.step_m)
    assert 4 <= len(ground.lines) <= 60


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.0, 4.0], ids="turned {} rad".format)
def test_the_grid_ends_before_the_horizon(turn):
    """Of a ground whose axes are turned, corners of the grid lie behind the camera: they would show in the sky."""
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array(GROUND.ground_m) * (6, 1) @ axes.T
    calibration = Calibration(GROUND.image, tuple(map(tuple, corners.tolist())))
    zone = Zone("z", "crowd", ((0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0)))
    ground = ground_lines(replace(CAMERA, calibration=calibration, zone=(zone,)))
    matrix = homography(np.array(GROUND.image), corners)
    assert ground is not None
    ends = np.array([point for line in ground.lines for point in (line.start, line.end)])
    assert len(np.unique(np.sign(depth(matrix, np.concatenate([ends, np.array(GROUND.image)]))))) == 1


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(1920, 1080), (640, 360), (320, 240), (480, 854)]),
    st.lists(st.tuples(st.text(max_size=300), st.floats(-3000, 3000), st.floats(-3000, 3000)), max_size=12),
)
def test_no_text_leaves_the_picture(size, texts):
    labels = Labels(size)
    for text, x, y in texts:
        labels.add(text, Anchor(x, y), FLOW, 1)
    labels.first("a title " * 100, FLOW)
    wide = Image.new("RGBA", size, (0, 0, 0, 255))
    seen = labels.placed(wide)
    assert seen.size == size
    for x, y, right, bottom in labels.boxes:
        assert 0 <= x < right <= size[0]
        assert 0 <= y < bottom <= size[1]


def test_texts_of_one_place_do_not_cover_each_other():
    labels = Labels((1920, 1080))
    for number in range(12):
        labels.add(f"a name that is long {number}", Anchor(960, 540), FLOW, 1)
    labels.placed(Image.new("RGBA", (1920, 1080)))
    boxes = labels.boxes
    assert len(boxes) == 12
    pairs = [(a, b) for at, a in enumerate(boxes) for b in boxes[:at]]
    assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for a, b in pairs)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (7, 2000), (3840, 2160)])
def test_any_size_of_frame_is_drawn(size):
    camera = replace(CAMERA, size=size, zone=(Zone("z", "crowd", LEFT),), line=(Line("l", ((0.1, 0.5), (0.9, 0.5))),))
    assert draw(replace(camera, calibration=GROUND), blank(size)).size == size


def test_a_frame_beyond_all_measure_is_refused():
    with pytest.raises(TilikError, match="correct size in the registry"):
        preview_files.frame(replace(CAMERA, size=(100_000, 100_000)))


@pytest.fixture
def saved(tmp_path):
    def make(size, kind="PNG"):
        path = tmp_path / f"snapshot.{kind.lower()}"
        Image.new("RGB", size, (200, 30, 30)).save(path, kind)
        return path

    return make


@pytest.mark.parametrize(
    ("size", "drawn", "said"),
    [
        ((960, 540), (960, 540), ""),
        ((1920, 1080), (960, 540), "brought to that size"),
        ((640, 480), (640, 480), "another proportion"),
        ((540, 960), (540, 960), "another proportion"),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_snapshot_of_another_size_is_said(saved, size, drawn, said, kind):
    shot = preview_files.snapshot(saved(size, kind), CAMERA)
    assert shot.picture.size == drawn
    assert said in shot.remark
    assert bool(said) == bool(shot.remark)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\nxx", b"GIF89a\1\0\1\0\0\0\0;", b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "shot.png"
    path.write_bytes(content)
    with pytest.raises(TilikError, match=r"expected a (whole )?PNG or JPEG"):
        preview_files.snapshot(path, CAMERA)


def test_half_a_picture_is_refused(saved):
    path = saved((960, 540))
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(TilikError, match="save the picture again"):
        preview_files.snapshot(path, CAMERA)


def test_a_missing_snapshot_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="found none"):
        preview_files.snapshot(tmp_path / "none.png", CAMERA)


def test_a_sheet_has_a_cell_a_camera():
    page = preview_files.sheet([replace(CAMERA, id=f"k-{n}", zone=(Zone("z", "crowd", LEFT),)) for n in range(5)])
    wide, high = page.size
    assert (wide // 640, high // 360) == (3, 2)
    with pytest.raises(UsageError, match="give a folder"):
        preview_files.sheet([CAMERA] * 101)
