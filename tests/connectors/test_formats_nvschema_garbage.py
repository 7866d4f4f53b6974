"""nvschema lines that cannot be read, files that are none, and files cut in pieces: nothing is lost unsaid."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import find, read
from tests.connectors.frames import options
from tests.connectors.nvschema import ALONE, GOLDEN, SIZE, frame, read_file, read_lines, thing

BAD = {
    "truncated": ('{"version":"4.0","id":"1","timest', "not_json"),
    "noise": (b"\x00\x01\x02\xff\xfe", "not_json"),
    "a word": ("frames", "not_json"),
    "not UTF-8": (frame(thing(type="X")).encode().replace(b'"X"', b'"\xff"'), "not_json"),
    "half a surrogate": (frame(thing(type="X")).replace('"X"', '"\\ud800"'), "not_json"),
    "a deep nest": (frame(depth="X").replace('"X"', "[" * 100_000), "not_json"),
    "a number": ("5", "bad_type"),
    "null": ("null", "bad_type"),
    "an empty object": ("{}", "bad_type"),
    "no objects": (frame(objects=...), "bad_type"),
    "null objects": (frame(objects=None), "bad_type"),
    "objects of numbers": (frame(5), "bad_type"),
    "a null object": (frame(None), "bad_type"),
    "objects as an object": (frame(objects={}), "bad_type"),
    "no time": (frame(timestamp=...), "bad_type"),
    "a time as number": (frame(timestamp=1767571200), "bad_time"),
    "an @time as number": (frame(timestamp=..., **{"@timestamp": 1767571200}), "bad_time"),
    "a time as object": (frame(timestamp={"seconds": 1767571200}), "bad_time"),
    "before 2000": (frame(timestamp="1999-12-31T23:59:59Z"), "before_2000"),
    "no sensor": (frame(sensorId=...), "bad_type"),
    "null sensor": (frame(sensorId=None), "bad_type"),
    "empty sensor": (frame(sensorId=""), "bad_type"),
    "a list as sensor": (frame(sensorId=["a"]), "bad_type"),
    "a fraction as id": (frame(id=1.5), "bad_type"),
    "5000 digits as id": (frame().replace('"id": "1"', '"id": ' + "9" * 5000), "bad_type"),
    "no box": (frame({"id": "7", "type": "Person"}), "bad_type"),
    "a null box": (frame(thing(bbox=None)), "bad_type"),
    "three sides": (frame(thing(bbox={"leftX": 1, "topY": 1, "rightX": 2})), "bad_type"),
    "a side as text": (frame(thing(bbox={"leftX": "1", "topY": 1, "rightX": 2, "bottomY": 2})), "bad_type"),
    "a side too large": (frame(thing()).replace("200", "1e999"), "bad_type"),
    "a side of 1e300": (frame(thing()).replace("200", "1e300"), "bad_box"),
    "a side of NaN": (frame(thing()).replace("200", "NaN"), "bad_box"),
    "a side of Infinity": (frame(thing()).replace("200", "-Infinity"), "bad_box"),
    "negative width": (frame(thing()).replace("200", "99"), "bad_box"),
    "NaN elsewhere": (frame(thing(speed="X")).replace('"X"', "NaN"), "not_json"),
    "no type": (frame({"id": "7", "bbox": thing()["bbox"]}), "bad_type"),
    "an empty type": (frame(thing(type="")), "bad_type"),
    "a number as type": (frame(thing(type=2)), "bad_type"),
    "confidence above 1": (frame(thing(confidence=1.01)), "bad_type"),
    "confidence below 0": (frame(thing(confidence=-0.5)), "bad_type"),
    "confidence far below 0": (frame(thing(confidence=-2)), "bad_type"),
    "confidence of NaN": (frame(thing(confidence="X")).replace('"X"', "NaN"), "bad_type"),
    "confidence as text": (frame(thing(confidence="0.5")), "bad_type"),
    "true as confidence": (frame(thing(confidence=True)), "bad_type"),
    "info as a list": (frame(thing(info=[])), "bad_type"),
    "mask confidence above 1": (frame(thing(info={"mask_confidence": "1.5"})), "bad_type"),
    "mask confidence as word": (frame(thing(info={"mask_confidence": "high"})), "bad_type"),
    "true as face": (frame(thing(info={"face_px": True})), "bad_type"),
    "a list as face": (frame(thing(info={"face_px": [31]})), "bad_type"),
    "NaN as face": (frame(thing(info={"face_px": "nan"})), "bad_type"),
    "minimal: empty": (frame(""), "bad_type"),
    "minimal: too few": (frame("7|100|50|200|250"), "bad_type"),
    "minimal: no type": (frame("7|100|50|200|250||#|||||||0.5"), "bad_type"),
    "minimal: words as box": (frame("7|left|50|200|250|Person"), "bad_type"),
    "minimal: an empty side": (frame("7||50|200|250|Person"), "bad_type"),
    "minimal: a side of NaN": (frame("7|nan|50|200|250|Person"), "bad_box"),
    "minimal: a side of inf": (frame("7|100|50|inf|250|Person"), "bad_box"),
    "minimal: negative height": (frame("7|100|50|200|49|Person"), "bad_box"),
    "minimal: confidence above 1": (frame("7|100|50|200|250|Person|#|||||||1.5"), "bad_type"),
    "minimal: confidence below 0": (frame("7|100|50|200|250|Person|#|||||||-0.5"), "bad_type"),
    "minimal: confidence of NaN": (frame("7|100|50|200|250|Person|#|||||||nan"), "bad_type"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_one_dead_letter_and_the_next_is_read(tmp_path: Path, line: str | bytes, reason: str) -> None:
    frames, objects, letters = read_lines(tmp_path, line, frame(thing()))
    assert letters == [(1, reason)]
    assert ([row[5] for row in frames], objects) == ([2], [ALONE])


def test_a_bad_object_takes_its_frame_along_and_no_other(tmp_path: Path) -> None:
    frames, objects, letters = read_lines(tmp_path, frame(thing()), frame(thing(), thing(type=None)), frame(thing()))
    assert ([row[5] for row in frames], letters) == ([1, 3], [(2, "bad_type")])
    assert [row[0] for row in objects] == [0, 1]


SPREAD = {
    "an array": f"[{frame()},{frame(thing())}]",
    "an array, a frame a line": f"[\n{frame()},\n{frame(thing())}\n]\n",
    "an array, pretty": json.dumps([json.loads(frame()), json.loads(frame(thing()))], indent=2),
    "objects, pretty": "".join(json.dumps(json.loads(one), indent=2) + "\n" for one in (frame(), frame(thing()))),
    "concatenated": frame() + frame(thing()),
    "under a key": '{"hits": {"total": 2, "docs": [' + frame() + "," + frame(thing()) + "]}}",
}


@pytest.mark.parametrize("text", SPREAD.values(), ids=SPREAD.keys())
def test_a_json_document_is_read_frame_by_frame(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    frames, objects, letters = read_file(tmp_path / "a.json")
    assert ([row[5] for row in frames], [row[0] for row in objects], letters) == ([1, 2], [1], [])


def test_several_frames_on_a_later_line_are_told_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(frame() + "\n" + frame() + frame())
    [chunk] = read(tmp_path / "a.json", "nvschema", options(size=SIZE))
    assert "expected one frame a line" in chunk.dead["detail"][0]


def test_an_array_that_is_never_closed_gives_its_frames_and_says_so(tmp_path: Path) -> None:
    frames, _, letters = read_lines(tmp_path, "[", frame(), frame())
    assert (len(frames), letters) == (2, [(3, "bad_file")])


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".zst", zstd.compress)], ids=["gzip", "zstd"])
def test_packed_files_are_found_and_read(tmp_path: Path, ending: str, pack: Any) -> None:
    (tmp_path / f"a.jsonl{ending}").write_bytes(pack((GOLDEN / "full.jsonl").read_bytes()))
    [path] = find([tmp_path], "nvschema")
    assert read_file(path) == read_file(GOLDEN / "full.jsonl")


def test_a_broken_archive_gives_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(frame(thing(id=str(i))).encode() for i in range(5000)), mtime=0)
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    frames, _, letters = read_file(tmp_path / "a.gz")
    assert 0 < len(frames) < 5000
    assert letters == [(len(frames) + 1, "bad_file")]


@pytest.mark.parametrize("records", [1, 2, 3, 8192])
def test_any_size_of_chunk_gives_the_same_records(records: int) -> None:
    wanted = read_file(GOLDEN / "full.jsonl")
    assert read_file(GOLDEN / "full.jsonl", chunk_records=records) == wanted


def test_a_record_above_the_limit_is_read_past(tmp_path: Path) -> None:
    long = frame(thing(info={"note": "x" * 5000}))
    frames, _, letters = read_lines(tmp_path, long, frame(), max_record_bytes=4096)
    assert ([row[5] for row in frames], letters) == ([2], [(1, "too_large")])


def test_an_empty_file_and_empty_lines_hold_no_records(tmp_path: Path) -> None:
    assert read_lines(tmp_path, "") == ([], [], [])
    assert read_lines(tmp_path, "", "  ", "\t", "") == ([], [], [])


def test_crlf_is_a_line_end(tmp_path: Path) -> None:
    frames, _, letters = read_lines(tmp_path, frame().encode() + b"\r", frame().encode() + b"\r", b"")
    assert (len(frames), letters) == (2, [])


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_come_every_line_is_a_frame_or_a_dead_letter(tmp_path_factory, data: st.DataObject) -> None:
    lines = (GOLDEN / data.draw(st.sampled_from(["full.jsonl", "minimal.jsonl"]))).read_bytes().splitlines()
    line = bytearray(data.draw(st.sampled_from(lines)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(line) - 1))
        line[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "garbage.jsonl"
    path.write_bytes(b"\n".join([lines[0], bytes(line), lines[0]]))
    frames, _, letters = read_file(path)
    held = sum(bool(part.strip()) for part in path.read_bytes().split(b"\n"))
    assert len(frames) + len(letters) == held
