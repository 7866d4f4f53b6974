"""MOTChallenge and OpenDataCam: golden frames worked out by hand, and two real recordings."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from connectors.formats import find, read
from schemas.errors import UsageError
from tests.connectors.frames import START_US, dead, joined, options

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
CLIP = {"camera": "smg-001", "fps": 10.0, "start_us": START_US, "size": (200, 100)}


def read_text(tmp_path: Path, text: str, kind: str, **changes: object) -> tuple[list[tuple], list[tuple], list]:
    """Return frames (time, number), objects (frame, class, confidence, track, box) and dead letters."""
    (tmp_path / "a.txt").write_text(text)
    chunks = list(read(tmp_path / "a.txt", kind, options(**CLIP | changes)))
    got = joined(chunks)
    frames = got.frames.select(pl.col("t_us") - START_US, "seq").rows()
    names = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2"]
    return frames, [_rounded(row) for row in got.objects.select(names).rows()], dead(chunks)


def _rounded(row: tuple) -> tuple:
    return tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row)


def test_mot_detections_count_pixels_from_one_and_frames_from_one(tmp_path: Path) -> None:
    # left 21 is 20 px from the edge: 20/200; top 11 is 10/100; width 40, height 50
    frames, objects, letters = read_text(tmp_path, "2,-1,21,11,40,50,0.75,-1,-1,-1\n", "mot")
    assert frames == [(100_000, 2)]
    assert objects == [(0, "person", 0.75, None, 0.1, 0.1, 0.3, 0.6)]
    assert letters == []


def test_mot_ground_truth_has_classes_tracks_and_rows_to_ignore(tmp_path: Path) -> None:
    # track by track, as MOT16 writes: the person in frames 1 and 3, a car whose row is to be ignored, a bus of no class
    text = "1,7,1,1,20,10,1,1,0.5\n3,7,21,1,20,10,1,1,0.5\n2,8,1,1,20,10,0,3,1\n3,9,1,1,200,100,1,3,1\n"
    frames, objects, _ = read_text(tmp_path, text, "mot")
    assert frames == [(0, 1), (100_000, 2), (200_000, 3)]
    person = (0, "person", 1.0, "7", 0.0, 0.0, 0.1, 0.1)
    assert objects == [
        person,
        (2, "person", 1.0, "7", 0.1, 0.0, 0.2, 0.1),
        (2, "car", 1.0, "9", 0.0, 0.0, 1.0, 1.0),
    ]


def test_mot_rows_of_minus_one_and_missing_frames_are_empty_frames(tmp_path: Path) -> None:
    frames, objects, _ = read_text(tmp_path, "1,-1,-1,-1,-1,-1,-1,-1,-1,-1\n4,-1,1,1,20,10,0.5,-1,-1,-1\n", "mot")
    assert [number for _, number in frames] == [1, 2, 3, 4]
    assert [row[0] for row in objects] == [3]


def test_a_class_map_names_the_files_own_numbers(tmp_path: Path) -> None:
    text = "1,-1,1,1,20,10,0.5,2,-1,-1\n1,-1,1,1,20,10,0.5,7,-1,-1\n1,3,1,1,20,10,0.5,7 \n"
    _, objects, _ = read_text(tmp_path, text, "mot", class_map={"2": "car", "7": "truck"})
    assert [row[1] for row in objects] == ["car", "truck", "truck"]


MOT_BAD = {
    "words": ("frame,id,left", "bad_type"),
    "too few": ("1,2,3", "bad_type"),
    "frame 0": ("0,-1,1,1,2,2,0.5", "bad_type"),
    "frame 10^12": ("1000000000000,-1,1,1,2,2,0.5", "bad_type"),
    "NaN": ("1,-1,nan,1,2,2,0.5", "bad_box"),
    "negative width": ("1,-1,1,1,-2,2,0.5", "bad_box"),
    "a track of NaN": ("1,nan,1,1,2,2,0.5", "bad_type"),
}


@pytest.mark.parametrize(("line", "reason"), MOT_BAD.values(), ids=MOT_BAD.keys())
def test_a_bad_mot_row_is_a_dead_letter(tmp_path: Path, line: str, reason: str) -> None:
    good = "1,-1,1,1,20,10,0.5,-1,-1,-1"
    frames, objects, letters = read_text(tmp_path, f"{good}\n{line}\n{good}\n", "mot")
    assert letters == [(2, reason)]
    assert (len(frames), len(objects)) == (1, 2)


def test_opendatacam_boxes_are_centres_and_probabilities_per_cent(tmp_path: Path) -> None:
    # centre 50,50 with 20x10: 40..60 of 200, 45..55 of 100; the second is cut at the right and lower edge
    things = [
        {"x": 50, "y": 50, "w": 20, "h": 10, "prob": 29, "name": "motorbike"},
        {"x": 190, "y": 95, "w": 40, "h": 20, "prob": 100, "name": "traffic light"},
    ]
    text = json.dumps({"frame": 0, "detections": things}) + "\n" + json.dumps({"frame": 3, "detections": []})
    frames, objects, letters = read_text(tmp_path, text, "opendatacam")
    assert frames == [(0, 0), (300_000, 3)]
    assert objects == [
        (0, "motorcycle", 0.29, None, 0.2, 0.45, 0.3, 0.55),
        (0, "traffic light", 1.0, None, 0.85, 0.85, 1.0, 1.0),
    ]
    assert letters == []


def test_opendatacams_tracker_carries_size_and_tracks(tmp_path: Path) -> None:
    thing = {"id": 12, "x": 320, "y": 240, "w": 64, "h": 48, "bearing": 90, "name": "car", "prob": None}
    line = {
        "trackerDataForLastFrame": {"frameIndex": 5, "data": [thing]},
        "videoResolution": {"w": 640, "h": 480},
        "appState": {},
    }
    frames, objects, _ = read_text(tmp_path, "data: " + json.dumps(line), "opendatacam", size=None)
    assert frames == [(500_000, 5)]
    assert objects == [(0, "car", None, "12", 0.45, 0.45, 0.55, 0.55)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"frame":0,"detections":[{"x":1,"y":1,"w":-2,"h":1,"prob":5,"name":"car"}]}', "bad_box"),
        ('{"frame":0,"detections":[{"x":"1","y":1,"w":2,"h":1,"prob":5,"name":"car"}]}', "bad_type"),
        ('{"frame":0}', "bad_type"),
        ('{"frame":0,"detec', "not_json"),
    ],
)
def test_a_bad_opendatacam_line_is_a_dead_letter(tmp_path: Path, line: str, reason: str) -> None:
    frames, _, letters = read_text(tmp_path, line + '\n{"frame":1,"detections":[]}\n', "opendatacam")
    assert letters == [(1, reason)]
    assert frames == [(100_000, 1)]


@pytest.mark.parametrize(("kind", "missing"), [("mot", "camera"), ("mot", "size"), ("opendatacam", "fps")])
def test_what_a_format_does_not_carry_is_asked_for_by_its_flag(tmp_path: Path, kind: str, missing: str) -> None:
    with pytest.raises(UsageError, match=f"--{missing}"):
        read(tmp_path / "a", kind, options(**CLIP | {missing: None}))


@pytest.mark.parametrize("kind", ["mot", "opendatacam"])
def test_an_empty_file_holds_no_records(tmp_path: Path, kind: str) -> None:
    assert read_text(tmp_path, "", kind) == ([], [], [])


def test_the_road_of_opendatacam_reads_whole() -> None:
    [path] = find([RECORDINGS / "opendatacam"], "opendatacam")
    chunks = list(read(path, "opendatacam", options(**CLIP | {"size": (1920, 1080)})))
    got = joined(chunks)
    counts = dict(got.objects["class"].value_counts().rows())
    # the counts of the boxes' names in the file, by grep
    assert (len(got), counts["car"], counts["truck"], counts["person"], counts["bus"]) == (2573, 47923, 1789, 262, 259)
    assert dead(chunks) == []


def test_the_stopped_cars_of_roadtrack_read_whole() -> None:
    files = find([RECORDINGS / "roadtrack"], "mot")
    names = {"2": "car", "7": "truck"}
    truth = next(path for path in files if path.name == "04-15_14_K295_5.gt.txt.gz")
    assert len(files) == 60
    got = joined(read(truth, "mot", options(**CLIP | {"size": (640, 540), "class_map": names})))
    # rows 41..632 of one car, one a frame
    assert (len(got), got.objects.height, got.objects["track"].unique().to_list()) == (592, 592, ["0"])
    assert got.objects["class"].unique().to_list() == ["car"]
