"""Native frames: one meaning in JSON lines, Arrow and Parquet, and a reason for what cannot be read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files import find
from connectors.formats import Chunk, read, to_json_lines, to_table, write_arrow
from connectors.formats.native_lines import Fault, decode
from connectors.formats.native_scan import scan
from connectors.formats.native_tokens import ABSENT
from schemas.errors import UsageError
from tests.connectors.frames import NOW_US, START_US, assert_same, batch, dead, joined, options

GOOD = (
    b'{"camera":"smg-001","ts":"2026-01-05T00:00:00.100Z","ts_source":"capture","seq":17,"width":1920,"height":1080,'
    b'"objects":[{"class":"person","confidence":0.91,"box":[0.10,0.20,0.15,0.40],"track":"42","mask":"masked",'
    b'"mask_confidence":0.88,"face_px":31}],"signals":[{"kind":"flood","zone":"jalan","value":0.13}],'
    b'"image":{"luma":0.41,"sharpness":120.0,"hash":"9f3c"}}'
)


def changed(**fields: object) -> bytes:
    """Return the good line with fields replaced; None drops one."""
    line = json.loads(GOOD) | fields
    return json.dumps({name: value for name, value in line.items() if value is not None}).encode()


def boxed(*box: object) -> bytes:
    return changed(objects=[{"class": "person", "box": box}])


def test_the_documented_frame_reads_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b"\n")
    got = joined(read(path, "native", options()))
    assert got.frames.rows() == [
        ("smg-001", START_US + 100_000, None, "capture", 17, 1920, 1080, pytest.approx(0.41), 120.0, "9f3c", 1)
    ]
    [row] = got.objects.rows()
    box = [pytest.approx(v) for v in (0.91, 0.10, 0.20, 0.15, 0.40)]
    assert row == (0, "person", *box, "42", "masked", pytest.approx(0.88), 31.0)
    assert got.signals.rows() == [(0, "flood", "jalan", 0.13)]


@pytest.mark.parametrize(
    ("ts", "t_us"),
    [
        ('"2026-01-05T07:00:00+07:00"', START_US),
        ('"2026-01-05T00:00:00Z"', START_US),
        ('"2026-01-04T19:30:00.25-04:30"', START_US + 250_000),
        ('"2024-02-29T12:00:00.000001Z"', 1_709_208_000_000_001),
        ('"2000-01-01T00:00:00Z"', 946_684_800_000_000),
        (str(START_US), START_US),
    ],
)
def test_a_time_is_read_with_its_offset(tmp_path: Path, ts: str, t_us: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"camera":"a","ts":{ts},"objects":[]}}\n')
    assert joined(read(path, "native", options())).frames["t_us"].to_list() == [t_us]


BAD = {
    "truncated": (GOOD[:200], "not_json"),
    "binary noise": (bytes(range(128, 256)), "not_json"),
    "zero bytes": (b"\0\0\0\0", "not_json"),
    "nested without end": (b'{"x":' + b"[" * 100_000, "not_json"),
    "an array": (b"[]", "bad_type"),
    "confidence as text": (GOOD.replace(b"0.91", b'"high"'), "bad_type"),
    "confidence above one": (GOOD.replace(b"0.91", b"91"), "bad_type"),
    "objects as a map": (changed(objects={}), "bad_type"),
    "camera as number": (changed(camera=5), "bad_type"),
    "camera empty": (changed(camera=""), "bad_type"),
    "no camera": (changed(camera=None), "bad_type"),
    "no objects": (changed(objects=None), "bad_type"),
    "no time": (changed(ts=None), "bad_type"),
    "an unknown clock": (changed(ts_source="sundial"), "bad_type"),
    "a box of three": (boxed(0, 0, 1), "bad_type"),
    "a word where NaN stands in a signal": (GOOD.replace(b"0.13", b"NaN"), "not_json"),
    "a box of NaN": (GOOD.replace(b"0.10", b"NaN"), "bad_box"),
    "an infinite box": (GOOD.replace(b"0.40", b"Infinity"), "bad_box"),
    "a box beyond 32 bits": (boxed(0, 0, 1e300, 1), "bad_box"),
    "a negative width": (boxed(0.5, 0.1, 0.4, 0.2), "bad_box"),
    "a negative height": (boxed(0.1, 0.5, 0.2, 0.4), "bad_box"),
    "time without offset": (changed(ts="2026-01-05T00:00:00"), "bad_time"),
    "time in words": (changed(ts="yesterday"), "bad_time"),
    "the 30th of February": (changed(ts="2026-02-30T00:00:00Z"), "bad_time"),
    "time as a fraction": (changed(ts=1.5), "bad_time"),
    "five minutes ahead and more": (changed(ts=NOW_US + 300_000_001), "future"),
    "beyond 64 bits": (changed(ts=10**30), "future"),
    "1999": (changed(ts="1999-12-31T23:59:59.999999Z"), "before_2000"),
    "too large": (b'{"x":"' + b"y" * 5000 + b'"}', "too_large"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_a_dead_letter_and_its_neighbours_stand(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b"\n\n" + line + b"\n" + GOOD + b"\n")
    size = 200_000 if line.startswith(b'{"x":[') else 4000
    chunks = list(read(path, "native", options(max_record_bytes=size)))
    assert dead(chunks) == [(3, reason)]
    assert joined(chunks).frames["position"].to_list() == [1, 4]
    [raw] = [raw for chunk in chunks for raw in chunk.dead["raw"]]
    assert raw == line


def test_exactly_five_minutes_ahead_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(changed(ts=NOW_US + 300_000_000))
    assert dead(read(path, "native", options())) == []


def test_a_box_without_area_after_clamping_is_a_rejected_object(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    boxes = [[0.1, 0.1, 0.1, 0.2], [1.2, 0.1, 1.3, 0.2], [-0.5, 0.25, 0.5, 1.5]]
    path.write_bytes(changed(objects=[{"class": "car", "box": box} for box in boxes]))
    [chunk] = read(path, "native", options())
    assert chunk.rejected_objects == 2
    assert chunk.batch.objects.select("x1", "y1", "x2", "y2").rows() == [(0.0, 0.25, 0.5, 1.0)]


def test_unknown_fields_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = json.loads(GOOD) | {"plate": "H 1234 AB", "who": {"name": "Siti"}}
    line["objects"][0] |= {"embedding": [0.1, 0.2], "name": "Siti"}
    path.write_bytes(GOOD + b"\n" + json.dumps(line).encode())
    [chunk] = read(path, "native", options())
    assert chunk.batch.objects["track"].to_list() == ["42", "42"]
    assert "Siti" not in str(chunk.batch.frames.rows()) + str(chunk.batch.objects.rows())


NUMBER = st.one_of(
    st.floats(0, 1), st.floats(0, 1, width=32), st.integers(0, 1), st.decimals(0, 1, places=4).map(float)
)
NAME = st.one_of(st.sampled_from(["a", "person", "smg-001"]), st.text(min_size=1, max_size=5))
THING = st.fixed_dictionaries(
    {"class": NAME, "box": st.lists(st.floats(-2, 2), min_size=4, max_size=4)},
    optional={
        "confidence": st.none() | NUMBER,
        "track": st.none() | st.text(max_size=4) | st.integers(-3, 10**6),
        "mask": st.none() | NAME,
        "mask_confidence": st.none() | NUMBER,
        "face_px": st.none() | st.floats(0, 1e4) | st.integers(0, 500),
        "embedding": st.lists(NUMBER, max_size=2),
        "label": NAME,
    },
)
EVENT = st.fixed_dictionaries(
    {
        "camera": NAME,
        "ts": st.one_of(
            st.integers(0, 2**61),
            st.datetimes().map(lambda t: t.isoformat() + "Z"),
            st.datetimes().map(lambda t: t.isoformat() + "-03:30"),
        ),
        "objects": st.lists(THING, max_size=3),
    },
    optional={
        "ts_source": st.sampled_from([None, "capture", "pts", "sundial"]),
        "seq": st.none() | st.integers(-(2**62), 2**62),
        "width": st.none() | st.integers(-1, 2**32),
        "signals": st.none() | st.lists(st.fixed_dictionaries({"kind": NAME, "value": st.floats(-9, 9)}), max_size=2),
        "image": st.none() | st.fixed_dictionaries({"luma": st.none() | NUMBER, "hash": st.none() | NAME}),
        "note": st.one_of(st.none(), st.booleans(), NAME, NUMBER),
    },
)


@settings(max_examples=150, deadline=None)
@given(event=EVENT, indent=st.sampled_from([None, (",", ":")]), ascii_only=st.booleans())
def test_the_scanner_agrees_with_the_strict_decoder_or_gives_up(event: dict, indent: tuple, ascii_only: bool) -> None:
    line = json.dumps(event, separators=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    scanned = scan(np.frombuffer(line + b"\n", np.uint8), np.array([0]), np.array([len(line)]))
    if not scanned.read[0]:
        return
    found = decode(line)
    assert not isinstance(found, Fault), found
    t_us, seq, width, _ = scanned.whole[0].tolist()
    assert t_us == found.t_us
    assert (None if seq == ABSENT else seq) == found.frame.seq
    assert (None if width == ABSENT else width) == found.frame.width
    things = found.frame.objects
    assert len(scanned.number) == len(things)
    wanted = [[_none(o.confidence), *o.box, _none(o.mask_confidence), _none(o.face_px)] for o in things]
    np.testing.assert_array_equal(scanned.number, np.array(wanted, np.float64).reshape(-1, 7).astype(np.float32))
    tracks = [line[a:b].decode() if a >= 0 else None for a, b in scanned.object_text[:, 2:4].tolist()]
    assert tracks == [None if o.track is None else str(o.track) for o in things]


def _none(value: float | None) -> float:
    return float("nan") if value is None else value


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_line_with_one_byte_changed_is_never_read_more_leniently_than_strictly(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    line = GOOD[:at] + bytes([data.draw(st.integers(11, 255))]) + GOOD[at + 1 :]
    scanned = scan(np.frombuffer(line + b"\n", np.uint8), np.array([0]), np.array([len(line)]))
    assert not scanned.read[0] or not isinstance(decode(line), Fault)


def test_json_arrow_stream_and_parquet_hold_the_same_frames(tmp_path: Path) -> None:
    wanted = batch(300)
    (tmp_path / "a.jsonl").write_bytes(to_json_lines(wanted))
    write_arrow(tmp_path / "a.arrow", wanted)
    table = to_table(wanted)
    with pa.ipc.new_stream(str(tmp_path / "a.arrows"), table.schema) as writer:
        writer.write_table(table, max_chunksize=37)
    pq.write_table(table, tmp_path / "a.parquet")
    assert_same(joined(read(tmp_path / "a.jsonl", "native", options())), wanted)
    for name in ("a.arrow", "a.arrows", "a.parquet"):
        assert_same(joined(read(tmp_path / name, "arrow", options())), wanted)


@pytest.mark.parametrize("records", [1, 7, 299, 300, 10_000])
def test_any_chunk_size_gives_the_same_frames(tmp_path: Path, records: int) -> None:
    wanted = batch(300)
    (tmp_path / "a.jsonl").write_bytes(to_json_lines(wanted).replace(b"smg-001", b"smg-\\u0030\\u0030\\u0031"))
    write_arrow(tmp_path / "a.arrow", wanted)
    for name, kind in (("a.jsonl", "native"), ("a.arrow", "arrow")):
        chunks = list(read(tmp_path / name, kind, options(chunk_records=records)))
        assert max(len(chunk.batch) for chunk in chunks) <= records
        assert_same(joined(chunks), wanted)


def test_compressed_files_read_as_plain_ones_whatever_their_name(tmp_path: Path) -> None:
    wanted = batch(50)
    lines = to_json_lines(wanted)
    write_arrow(tmp_path / "a.arrow", wanted)
    columns = (tmp_path / "a.arrow").read_bytes()
    for kind, plain in (("native", lines), ("arrow", columns)):
        for pack in (gzip.compress, zstd.compress):
            half = len(plain) // 2
            (tmp_path / "packed").write_bytes(pack(plain[:half]) + pack(plain[half:]))
            assert_same(joined(read(tmp_path / "packed", kind, options())), wanted)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_what_comes_before_a_break_in_a_compressed_file_counts(tmp_path: Path, pack: object) -> None:
    packed = pack(to_json_lines(batch(20_000)))  # type: ignore[operator]
    (tmp_path / "a").write_bytes(packed[: len(packed) // 2])
    chunks = list(read(tmp_path / "a", "native", options()))
    count = len(joined(chunks))
    assert 1000 < count < 19_000
    assert dead(chunks) == [(count + 1, "bad_file")]


def test_what_comes_before_the_end_of_a_truncated_arrow_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    write_arrow(path, batch(40_000))
    path.write_bytes(path.read_bytes()[:-2_000_000])
    chunks = list(read(path, "arrow", options()))
    assert len(joined(chunks)) == 16_384
    assert dead(chunks) == [(16_385, "bad_file")]


@pytest.mark.parametrize("kind", ["native", "arrow"])
def test_an_empty_file_holds_no_records(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").touch()
    chunks = list(read(tmp_path / "a", kind, options()))
    assert dead(chunks) == []
    assert len(joined(chunks)) == 0


def test_noise_is_a_bad_arrow_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)) * 4)
    assert dead(read(tmp_path / "a", "arrow", options())) == [(1, "bad_file")]


def test_a_line_of_100_mb_is_read_past(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(zstd.compress(GOOD + b"\n" + b"x" * 100_000_000 + b"\n" + GOOD))
    chunks = list(read(path, "native", options()))
    assert dead(chunks) == [(2, "too_large")]
    [letter] = [row for chunk in chunks for row in chunk.dead.rows(named=True)]
    assert (len(letter["raw"]), letter["detail"]) == (65536, "100000000 bytes")
    assert joined(chunks).frames["position"].to_list() == [1, 3]


def test_slices_and_missing_optional_columns_are_read(tmp_path: Path) -> None:
    wanted = batch(100)
    table = to_table(wanted).select(["camera", "ts", "objects"]).slice(30, 40)
    with pa.ipc.new_stream(str(tmp_path / "a"), table.schema) as writer:
        writer.write_table(table)
    got = joined(read(tmp_path / "a", "arrow", options(chunk_records=7)))
    assert got.frames["t_us"].to_list() == wanted.frames["t_us"][30:70].to_list()
    inside = wanted.objects.filter(pl.col("frame").is_between(30, 69))
    assert got.objects.drop("frame").equals(inside.drop("frame"))
    assert got.objects["frame"].to_list() == (inside["frame"] - 30).to_list()


OBJECT_ROW = {"class": "car", "confidence": 0.5, "box": [0.1, 0.1, 0.2, 0.2]}
ROWS = {
    "no camera": ({"camera": None}, "bad_type"),
    "no time": ({"ts": None}, "bad_time"),
    "no objects": ({"objects": None}, "bad_type"),
    "no class": ({"objects": [OBJECT_ROW | {"class": None}]}, "bad_type"),
    "no box": ({"objects": [OBJECT_ROW | {"box": None}]}, "bad_type"),
    "a box of three": ({"objects": [OBJECT_ROW | {"box": [0.1, 0.1, 0.2]}]}, "bad_type"),
    "a box of NaN": ({"objects": [OBJECT_ROW | {"box": [0.1, 0.1, float("nan"), 0.2]}]}, "bad_box"),
    "a confidence of 50": ({"objects": [OBJECT_ROW | {"confidence": 50.0}]}, "bad_type"),
    "1999": ({"ts": 0}, "before_2000"),
    "the future": ({"ts": NOW_US * 2}, "future"),
}


@pytest.mark.parametrize(("change", "reason"), ROWS.values(), ids=ROWS.keys())
def test_a_bad_arrow_row_is_a_dead_letter_and_its_neighbours_stand(tmp_path: Path, change: dict, reason: str) -> None:
    row = {"camera": "a", "ts": START_US, "objects": [OBJECT_ROW]}
    table = pa.Table.from_pylist([row, row | change, row])
    with pa.ipc.new_stream(str(tmp_path / "a"), table.schema) as writer:
        writer.write_table(table)
    chunks = list(read(tmp_path / "a", "arrow", options()))
    assert dead(chunks) == [(2, reason)]
    assert joined(chunks).objects["frame"].to_list() == [0, 1]


def test_iso_text_is_a_time_in_arrow_too(tmp_path: Path) -> None:
    rows = [{"camera": "a", "ts": ts, "objects": [OBJECT_ROW]} for ts in ("2026-01-05T07:00:00+07:00", "2026-01-05")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a")
    chunks = list(read(tmp_path / "a", "arrow", options()))
    assert joined(chunks).frames["t_us"].to_list() == [START_US]
    assert dead(chunks) == [(2, "bad_time")]


def test_every_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"(?s)nothing\.jsonl.*no\*thing"):
        find([tmp_path / "nothing.jsonl", tmp_path, str(tmp_path / "no*thing")], "native")


def test_a_directory_gives_the_files_of_its_format(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.jsonl.gz", "d.arrow", "registry.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in find([tmp_path, tmp_path / "b.jsonl"], "native")] == ["c.jsonl.gz", "b.jsonl"]


def test_an_unknown_format_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="native"):
        read("a", "carrier pigeon", options())


def test_json_lines_written_are_valid_json() -> None:
    assert len([msgspec.json.decode(line) for line in to_json_lines(batch(20)).splitlines()]) == 20


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1767574800000000", "write the number without quotes"),
        ("1767574800000", "in milliseconds this would be 2026-01-05T01:00:00Z"),
        ("2026-01-05T08:00:00", "without an offset"),
        (None, "got None"),
    ],
)
def test_a_time_as_text_in_columns_is_refused_with_what_it_may_mean(
    tmp_path: Path, written: str | None, hint: str
) -> None:
    table = to_table(batch(2))
    times = pa.array(["2026-01-05T00:00:00Z", written], pa.large_string())
    pq.write_table(table.set_column(table.schema.get_field_index("ts"), "ts", times), tmp_path / "a.parquet")
    chunks = list(read(tmp_path / "a.parquet", "arrow", options(now_us=START_US + 86_400_000_000)))
    assert len(joined(chunks)) == 1
    assert [hint in detail for chunk in chunks for detail in chunk.dead["detail"]] == [True]


UNNAMED = (changed(camera=None), changed(camera=None, note="\\u00e9"), GOOD.replace(b'"smg-001"', b"null"))
"""Read by the scanner, left to the other reader, and one whose camera is null."""


def letters(chunks: Iterable[Chunk]) -> list[dict[str, Any]]:
    return [row for chunk in chunks for row in chunk.dead.to_dicts()]


@pytest.mark.parametrize("line", UNNAMED)
def test_a_frame_that_names_no_camera_is_of_the_one_given(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line + b"\n" + GOOD + b"\n")
    got = joined(read(path, "native", options(camera="gate-1")))
    assert got.frames["camera"].to_list() == ["gate-1", "smg-001"]
    [letter] = letters(read(path, "native", options()))
    assert letter["reason"] == "bad_type"
    assert letter["detail"].startswith("expected camera, found none: ")


@pytest.mark.parametrize("line", UNNAMED)
def test_a_letter_of_a_frame_that_names_no_camera_is_kept_with_the_one_given(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line.replace(b"2026", b"2096") + b"\n")
    [letter] = letters(read(path, "native", options(camera="gate-1")))
    assert (letter["reason"], json.loads(letter["raw"])["camera"]) == ("future", "gate-1")


def test_an_array_of_frames_that_name_no_camera_is_found_by_their_other_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"frames": [json.loads(UNNAMED[0])] * 2}, indent=1))
    assert joined(read(path, "native", options(camera="gate-1"))).frames["camera"].to_list() == ["gate-1"] * 2


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_rows_without_a_column_of_cameras_are_of_the_one_given(tmp_path: Path, suffix: str) -> None:
    lines, columns = tmp_path / "a.jsonl", tmp_path / f"a.{suffix}"
    lines.write_bytes(GOOD + b"\n")
    table = to_table(joined(read(lines, "native", options()))).drop_columns(["camera"])
    if suffix == "parquet":
        pq.write_table(table, columns)
    else:
        with pa.OSFile(str(columns), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    got = joined(read(columns, "arrow", options(camera="gate-1")))
    assert (got.frames["camera"].to_list(), got.objects.height) == (["gate-1"], 1)
    [letter] = letters(read(columns, "arrow", options()))
    assert letter["detail"].startswith("expected a column camera")
