"""What is too large, or no file, costs itself: bounds in bytes and counts, each with its dead letter."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import polars as pl
import pytest
from backports import zstd

from connectors import unpacking
from connectors.files import find
from connectors.formats import MergedReader, limits, mot, read
from connectors.warehouse import stage as staging
from connectors.warehouse.stage import Stage
from schemas.errors import TilikError, UsageError
from schemas.frames import DEAD_LETTERS
from tests.connectors.frames import START_US, dead, joined, options

CLIP = {"camera": "a", "fps": 10.0, "start_us": START_US, "size": (100, 100)}
GOOD = f'{{"camera":"a","ts":{START_US},"objects":[]}}'


def native(**fields: object) -> str:
    return json.dumps({"camera": "a", "ts": START_US, "objects": []} | fields)


LONG = "x" * (limits.TEXT_BYTES + 1)
BOX = [0, 0, 1, 1]
LARGE = {
    "a camera without end": native(camera=LONG),
    "a class without end": native(objects=[{"class": LONG, "box": BOX}]),
    "a track without end": native(objects=[{"class": "car", "box": BOX, "track": LONG}]),
    "a hash without end": native(image={"hash": LONG}),
    "a zone without end": native(signals=[{"kind": "flood", "zone": LONG, "value": 0}]),
    "letters of two bytes": native(camera="é" * (limits.TEXT_BYTES // 2 + 1)),
    "too many objects": native(objects=[{"class": "c", "box": BOX}] * (limits.OBJECTS + 1)),
    "too many signals": native(signals=[{"kind": "f", "value": 0}] * (limits.OBJECTS + 1)),
}


@pytest.mark.parametrize("line", LARGE.values(), ids=LARGE.keys())
def test_a_frame_that_holds_too_much_is_a_dead_letter(tmp_path: Path, line: str) -> None:
    (tmp_path / "a").write_text(f"{GOOD}\n{line}\n{GOOD}\n")
    chunks = list(read(tmp_path / "a", "native", options()))
    assert dead(chunks) == [(2, "too_large")]
    assert joined(chunks).frames["position"].to_list() == [1, 3]


def test_the_longest_text_and_the_fullest_frame_stand(tmp_path: Path) -> None:
    many = native(camera="x" * limits.TEXT_BYTES, objects=[{"class": "c", "box": BOX}] * limits.OBJECTS)
    (tmp_path / "a").write_text(many)
    chunks = list(read(tmp_path / "a", "native", options()))
    assert (dead(chunks), len(joined(chunks).objects)) == ([], limits.OBJECTS)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_file_that_unpacks_without_end_ends(tmp_path: Path, monkeypatch, pack) -> None:
    (tmp_path / "a").write_bytes(pack((GOOD + "\n").encode() * 40_000))
    assert len(joined(read(tmp_path / "a", "native", options()))) == 40_000
    monkeypatch.setattr(unpacking, "FREE_BYTES", 500_000)
    monkeypatch.setattr(unpacking, "MOST_RATIO", 2)
    chunks = list(read(tmp_path / "a", "native", options()))
    assert [reason for _, reason in dead(chunks)] == ["bad_file"]
    assert 0 < len(joined(chunks)) < 40_000


def test_zstd_with_a_window_above_8_mib_is_refused_in_words(tmp_path: Path) -> None:
    wide = {zstd.CompressionParameter.window_log: 26, zstd.CompressionParameter.enable_long_distance_matching: 1}
    packer = zstd.ZstdCompressor(options=wide)
    (tmp_path / "a").write_bytes(packer.compress(GOOD.encode()) + packer.flush())
    [(_, reason)] = dead(read(tmp_path / "a", "native", options()))
    assert reason == "bad_file"


def test_a_pipe_is_no_input_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "a.jsonl").write_text(GOOD)
    with pytest.raises(UsageError, match="came a pipe or a device"):
        find([tmp_path / "pipe.jsonl"], "native")
    assert [path.name for path in find([tmp_path, str(tmp_path / "*.jsonl")], "native")] == ["a.jsonl"]
    with pytest.raises(TilikError, match="came a pipe"):
        unpacking.open_plain(tmp_path / "pipe.jsonl")


def test_frames_of_mot_an_hour_apart_are_a_gap_that_nobody_watched(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1,1,1,1,5,5,1\n36001,1,1,1,5,5,1\n72002,1,1,1,5,5,1\n10000000,1,1,1,5,5,1\n")
    chunks = list(read(tmp_path / "a", "mot", options(**CLIP | {"now_us": START_US + 10**13})))
    seq = joined(chunks).frames["seq"].to_list()
    assert seq == [*range(1, 36_002), 72_002, 10_000_000]
    [said] = {text for chunk in chunks for text in chunk.remarks}
    assert "frame 72002 follows frame 36001" in said
    assert "2 such gaps" in said


def test_a_mot_file_of_too_many_rows_ends_there(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mot, "MOST_ROWS", 30)
    (tmp_path / "a").write_text("".join(f"{i},1,1,1,5,5,1\n" for i in range(1, 100)))
    chunks = list(read(tmp_path / "a", "mot", options(**CLIP | {"chunk_records": 7})))
    assert (len(joined(chunks)), dead(chunks)) == (30, [(31, "bad_file")])


def test_a_frame_of_mot_with_too_many_rows_costs_itself(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "OBJECTS", 5)
    monkeypatch.setattr(limits, "TOGETHER", 7)
    rows = [1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 6]
    (tmp_path / "a").write_text("".join(f"{frame},{i},1,1,5,5,1\n" for i, frame in enumerate(rows)))
    chunks = list(read(tmp_path / "a", "mot", options(**CLIP)))
    got = joined(chunks)
    assert dead(chunks) == [(4, "too_large")]
    counts = dict(got.objects["frame"].value_counts().rows())
    found = [(number, counts.get(i, 0)) for i, number in enumerate(got.frames["seq"])]
    assert found == [(1, 3), (2, 0), (3, 4), (4, 5), (5, 0), (6, 1)]


def test_many_rows_of_mot_that_cannot_be_read_are_handed_on_as_they_come(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1,1,1,1,5,5,1\n" + "noise\n" * 1_000)
    chunks = list(read(tmp_path / "a", "mot", options(**CLIP)))
    assert sum(chunk.dead.height for chunk in chunks) == 1_000
    assert max(chunk.dead.height for chunk in chunks) <= mot.HELD_LETTERS
    assert len(joined(chunks)) == 1


SIZED = '{"sensorId":"a","timestamp":"2026-01-05T00:00:0%d","info":{"width":9,"height":9},"objects":["1|0|0|9|9|Car"]}'
UNSIZED = '{"sensorId":"a","timestamp":"2026-01-05T00:00:0%d","objects":["1|0|0|9|9|Car"]}'
TOLD = '{"frame":%d,"videoResolution":{"w":9,"h":9},"detections":[]}'
UNTOLD = '{"frame":%d,"detections":[]}'
SIZES = [("nvschema", SIZED, UNSIZED), ("opendatacam", TOLD, UNTOLD)]
UNKNOWN = CLIP | {"size": None}


@pytest.mark.parametrize(("kind", "with_size", "without"), SIZES, ids=["nvschema", "opendatacam"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_frame_without_a_size_is_a_dead_letter(tmp_path: Path, kind, with_size, without, at: int) -> None:
    lines = [(without if i == at else with_size) % i for i in range(3)]
    (tmp_path / "a").write_text("\n".join(lines))
    chunks = list(read(tmp_path / "a", kind, options(**UNKNOWN)))
    assert dead(chunks) == [(at + 1, "bad_type")]
    assert len(joined(chunks)) == 2


@pytest.mark.parametrize(("kind", "with_size", "without"), SIZES, ids=["nvschema", "opendatacam"])
def test_a_file_without_sizes_costs_itself_and_is_a_question_where_it_is_alone(
    tmp_path: Path, kind, with_size, without
) -> None:
    (tmp_path / "a").write_text(with_size % 1)
    (tmp_path / "b").write_text(without % 2)
    reader = MergedReader([tmp_path / "a", tmp_path / "b"], kind, options(**UNKNOWN))
    chunks = list(reader)
    assert (len(joined(chunks)), dead(chunks)) == (1, [(1, "bad_type")])
    assert reader.silent == [str(tmp_path / "b")]
    with pytest.raises(UsageError, match="--size"):
        MergedReader([tmp_path / "b"], kind, options(**UNKNOWN))


def test_a_frame_that_is_only_numbered_among_timed_ones_is_a_dead_letter(tmp_path: Path) -> None:
    timed = '{"timestamp":"2026-01-05T00:00:00Z","objects":[]}'
    (tmp_path / "a").write_text(f"{timed}\n{UNTOLD % 5}\n{timed}")
    chunks = list(read(tmp_path / "a", "opendatacam", options(camera="a", size=(9, 9))))
    assert dead(chunks) == [(2, "bad_time")]


def test_a_frame_number_beyond_all_time_is_a_dead_letter(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"{TOLD % 0}\n{TOLD % 2**40}")
    chunks = list(read(tmp_path / "a", "opendatacam", options(**CLIP | {"fps": 0.01})))
    assert dead(chunks) == [(2, "future")]


def test_what_is_staged_comes_back_in_pieces_of_bounded_bytes(monkeypatch) -> None:
    monkeypatch.setattr(staging, "PIECE_BYTES", 10_000)
    letters = pl.DataFrame(
        [("a", n, "not_json", "", 0, 1, b"x" * 3_000) for n in range(40)], DEAD_LETTERS, orient="row"
    )
    with Stage(50_000) as stage:
        for part in letters.iter_slices(7):
            stage.add("dead_letters_log", part)
        pieces = list(stage.pieces("dead_letters_log", 1_000))
    assert pl.concat(pieces).equals(letters)
    assert max(piece.estimated_size() for piece in pieces) < 15_000


def test_a_row_of_mot_with_a_line_end_inside_is_a_dead_letter(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1,1,1,1,5,5,1\n2,1,\r1,1\xbf,5,5,1\n3,1,1,1,5,5,1\n")
    chunks = list(read(tmp_path / "a", "mot", options(**CLIP)))
    assert dead(chunks) == [(2, "bad_type")]
