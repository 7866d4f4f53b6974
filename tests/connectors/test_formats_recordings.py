"""MOTChallenge and OpenDataCam: golden frames worked out by hand, and two real recordings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from connectors.formats import MergedReader, find, read
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
    "frame -1": ("-1,-1,1,1,2,2,0.5", "bad_type"),
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
    assert frames == [(0, 5)]  # the first that is read is at the start
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
    assert [number for _, number in frames] == [1]


TRACKER = "1,7,409,500,60,180,0.87"
"""A tracker's row: frame, track, left, top, width, height, confidence."""
WRITINGS = {
    "commas": TRACKER,
    "commas and blanks": "1, 7, 409, 500, 60, 180, 0.87 ",
    "blanks": "1 7 409 500 60 180 0.87 ",
    "blanks, decimal commas": "1 7 409,0 500 60 180 0,87",
    "tabs": "1\t7\t409\t500\t60\t180\t0.87",
    "semicolons, decimal commas": "1;7;409,0;500;60;180;0,87",
    "semicolons, points": "1;7;409;500;60;180;0.87;",
    "quotes": '"1","7","409,0","500","60","180","0,87"',
    "a heading": "frame,id,bb_left,bb_top,bb_width,bb_height,conf\n" + TRACKER,
    "a heading in blanks": "Frame Track_ID X Y W H Score\n1 7 409 500 60 180 0.87",
    "Excel's Unicode text": TRACKER.replace(",", "\t").encode("utf-16"),
    "a byte-order mark": b"\xef\xbb\xbf" + TRACKER.encode(),
    "blank lines around": "\n \n" + TRACKER + "\n\n",
    "two gzip members": gzip.compress(b"") + gzip.compress(TRACKER.encode()),
}


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS.keys())
def test_a_trackers_row_is_one_row_however_it_is_written(tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / "a.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    chunks = list(read(tmp_path / "a.txt", "mot", options(**CLIP | {"size": (1920, 1080)})))
    got = joined(chunks)
    assert (dead(chunks), got.frames["t_us"].to_list()) == ([], [START_US])
    side = [408 / 1920, 499 / 1080, 468 / 1920, 679 / 1080]
    assert got.objects.select("track", "confidence", "x1", "y1", "x2", "y2").rows() == [
        ("7", pytest.approx(0.87), *map(pytest.approx, side))
    ]


def test_a_heading_of_other_columns_refuses_the_file_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("frame,class,confidence,x,y,w,h\n1,0,0.9,10,10,5,5\n")
    [chunk] = read(tmp_path / "a.csv", "mot", options(**CLIP))
    [(reason, detail)] = chunk.dead.select("reason", "detail").rows()
    assert (reason, len(chunk.batch)) == ("bad_file", 0)
    assert "frame,id,left,top" in detail
    assert "frame,class" in detail


def remarks(path: Path, kind: str, **changes: object) -> list[str]:
    said = [text for chunk in read(path, kind, options(**CLIP | changes)) for text in chunk.remarks]
    return [text.removeprefix(f"{path}: ") for text in dict.fromkeys(said)]


def test_mot_frames_that_begin_with_0_begin_at_the_start(tmp_path: Path) -> None:
    text = "0,7,1,1,20,10,1\n1,7,1,1,20,10,1\n"
    frames, _, letters = read_text(tmp_path, text, "mot")
    assert (frames, letters) == ([(0, 0), (100_000, 1)], [])
    assert remarks(tmp_path / "a.txt", "mot") == ["frames are counted from 0: frame 0 is at --start"]


def test_a_mot_file_that_begins_late_says_by_how_much(tmp_path: Path) -> None:
    frames, _, _ = read_text(tmp_path, "41,7,1,1,20,10,1\n", "mot")
    assert frames == [(4_000_000, 41)]
    [said] = remarks(tmp_path / "a.txt", "mot")
    assert said == "its first row is of frame 41, 4 s after frame 1, which is at --start"


@pytest.mark.parametrize(("first", "objects"), [(0, 2), (1, 1)], ids=["all rows 0", "one row above 0"])
def test_a_confidence_of_0_marks_rows_to_ignore_unless_all_have_it(tmp_path: Path, first: int, objects: int) -> None:
    text = f"1,7,1,1,20,10,{first},1,1\n2,7,1,1,20,10,0,1,1\n"
    _, found, letters = read_text(tmp_path, text, "mot")
    assert (len(found), letters) == (objects, [])
    said = [text for text in remarks(tmp_path / "a.txt", "mot") if "column 8 is read as" not in text]
    assert [text.startswith("column 7 is 0 in every row") for text in said] == ([True] if first == 0 else [])


RECORDED = {"id": 5, "x": 50, "y": 50, "w": 20, "h": 10, "bearing": 90, "name": "car", "confidence": 0.8}
DOCUMENTS = [
    {"_id": f"aa{i}", "recordingId": "bb", "timestamp": f"2026-01-05T00:00:0{i}.500Z", "objects": [RECORDED]}
    for i in range(3)
]
DOWNLOADS = {
    "the download": json.dumps(DOCUMENTS),
    "indented": json.dumps(DOCUMENTS, indent=2),
    "a document a line": "\n".join(map(json.dumps, DOCUMENTS)),
    "with a frame's number": json.dumps([row | {"frameId": 40_000 + i} for i, row in enumerate(DOCUMENTS)]),
    "without confidence": json.dumps(
        [row | {"objects": [{k: v for k, v in RECORDED.items() if k != "confidence"}]} for row in DOCUMENTS]
    ),
    "a recording that holds its history": json.dumps(
        {"id": "bb", "counterHistory": [{"timestamp": "x", "area": "a"}], "trackerHistory": DOCUMENTS}
    ),
    "mongoexport": "\n".join(json.dumps(row | {"timestamp": {"$date": row["timestamp"]}}) for row in DOCUMENTS),
    "mongoexport of old": "\n".join(
        json.dumps(row | {"timestamp": {"$date": {"$numberLong": str(START_US // 1000 + 500 + 1000 * i)}}})
        for i, row in enumerate(DOCUMENTS)
    ),
}


@pytest.mark.parametrize("text", DOWNLOADS.values(), ids=DOWNLOADS.keys())
def test_opendatacams_download_is_read_with_its_own_times(tmp_path: Path, text: str) -> None:
    frames, objects, letters = read_text(tmp_path, text, "opendatacam", fps=None, start_us=None)
    assert [t_us for t_us, _ in frames] == [500_000, 1_500_000, 2_500_000]
    assert [(row[1], row[3], *row[4:]) for row in objects] == [("car", "5", 0.2, 0.45, 0.3, 0.55)] * 3
    assert letters == []
    assert "sends_empty" in remarks(tmp_path / "a.txt", "opendatacam", fps=None, start_us=None)[0]
    assert not any(
        chunk.sends_empty
        for chunk in read(tmp_path / "a.txt", "opendatacam", options(**CLIP | {"fps": None, "start_us": None}))
    )


def test_opendatacams_counter_is_told_from_its_tracker(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"id": "bb", "areas": {}, "counterHistory": [{"area": "a"}]}))
    [chunk] = read(tmp_path / "a.json", "opendatacam", options(**CLIP))
    assert "download the tracker's data" in chunk.dead["detail"][0]


def tapped(first: int, count: int) -> str:
    """Return what `/tracker/sse` sends from a frame on."""
    size = {"w": 200, "h": 100}
    rows = [
        {"trackerDataForLastFrame": {"frameIndex": n, "data": [RECORDED]}, "videoResolution": size}
        for n in range(first, first + count)
    ]
    return ": ping\nretry: 1000\n" + "".join(f"id: {n}\ndata: {json.dumps(row)}\n\n" for n, row in enumerate(rows))


def test_a_stream_tapped_in_the_middle_begins_at_the_start_and_says_so(tmp_path: Path) -> None:
    frames, _, letters = read_text(tmp_path, tapped(40_000, 2), "opendatacam", size=None)
    assert (frames, letters) == ([(0, 40_000), (100_000, 40_001)], [])
    [said] = remarks(tmp_path / "a.txt", "opendatacam", size=None)
    assert said == "frame numbers are counted from 40000, the first that was read: it is at --start"


def test_the_pieces_of_one_stream_share_one_numbering(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(tapped(40_000, 2))
    (tmp_path / "a.txt").write_text(tapped(40_002, 2))
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    got = joined(MergedReader(paths, "opendatacam", options(**CLIP | {"size": None})))
    assert got.frames.select(pl.col("t_us") - START_US).to_series().to_list() == [0, 100_000, 200_000, 300_000]


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
