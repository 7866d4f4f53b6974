"""What is refused of Arrow and Parquet depends on the file alone, and is told in words that are not the sender's."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Chunk, parquet_files, read
from connectors.formats import arrow_words as words
from connectors.formats.kept import told
from tests.connectors.frames import START_US, joined, options
from tests.connectors.test_formats_arrow_trust import BOX, THING, of_objects, table
from tests.flows.planted import NAME, PLANTED, PLATE, foreign_arrows

CHUNKS = (1, 7, 50, 1_000)
THINGS = [[{"class": "car", "box": [0.1, 0.1, 0.2, 0.2]}]]


def write(path: Path, made: pa.Table, packing: str) -> Path:
    if packing == "parquet":
        pq.write_table(made, path)
    else:
        with pa.ipc.new_stream(str(path), made.schema) as writer:
            writer.write_table(made)
    return path


def refused(chunks: list[Chunk]) -> list[tuple[int, str, str]]:
    """Return the rows that letters stand for, and why, however many stand in one letter."""
    letters = [row for chunk in chunks for row in chunk.dead.select("position", "count", "reason", "detail").rows()]
    return [(at, reason, detail) for first, count, reason, detail in letters for at in range(first, first + count)]


NOT_LISTS = {
    "a struct": pa.array([thing for things in THINGS * 4 for thing in things], THING),
    "a list of one length": pa.array(THINGS * 4, pa.list_(THING, 1)),
}


@pytest.mark.parametrize("objects", NOT_LISTS.values(), ids=NOT_LISTS.keys())
def test_many_objects_that_are_no_list_are_refused_like_few(tmp_path: Path, monkeypatch, objects: pa.Array) -> None:
    path = write(tmp_path / "a", table(objects=objects), "parquet")
    few = refused(list(read(path, "arrow", options())))
    monkeypatch.setattr(parquet_files, "AT_ONCE", 0)
    assert refused(list(read(path, "arrow", options()))) == few
    assert [(at, reason) for at, reason, _ in few] == [(at, "bad_type") for at in (1, 2, 3, 4)]


@pytest.mark.parametrize("packing", ["stream", "parquet"])
@given(said=st.lists(st.booleans(), min_size=1, max_size=120), lacks=st.sampled_from(["kind", "value", "zone"]))
def test_what_is_refused_does_not_depend_on_how_many_rows_are_read_at_once(
    tmp_path_factory: pytest.TempPathFactory, packing: str, said: list[bool], lacks: str
) -> None:
    """Signals without a kind were refused together with as many rows as were read at once."""
    signal = {"kind": "flood", "zone": "road", "value": 0.5}
    del signal[lacks]
    fields = [(name, pa.string() if name != "value" else pa.float64()) for name in signal]
    made = pa.table({
        "camera": ["a"] * len(said),
        "ts": pa.array([START_US + i * 1_000_000 for i in range(len(said))], pa.timestamp("us", "UTC")),
        "objects": pa.array(THINGS * len(said), pa.list_(THING)),
        "signals": pa.array([[signal] * each for each in said], pa.list_(pa.struct(fields))),
    })  # fmt: skip
    path = write(tmp_path_factory.mktemp("a") / "a", made, packing)
    found = [list(read(path, "arrow", options(chunk_records=each))) for each in CHUNKS]
    frames, letters = [joined(each).frames for each in found], [refused(each) for each in found]
    assert all(each.equals(frames[0]) for each in frames)
    assert all(each == letters[0] for each in letters)
    assert len(frames[0]) + len(letters[0]) == len(said)
    assert len(letters[0]) == (0 if lacks == "zone" else sum(said))


WORDS: dict[str, tuple[Any, str]] = {
    "a struct": (pa.struct([("class", pa.string()), (NAME, BOX), (PLATE, BOX)]), "struct of class, 2 of other names"),
    "a list": (pa.list_(pa.struct([(NAME, BOX)])), "list of struct of 1 of other names"),
    "a box of three": (pa.list_(pa.float32(), 3), "list of 3 float"),
    "a zone": (pa.timestamp("us", NAME), "timestamp in us with a zone"),
    "no zone": (pa.timestamp("ms"), "timestamp in ms"),
    "a dictionary": (pa.dictionary(pa.int8(), pa.struct([(NAME, BOX)])), "DictionaryType"),
    "a map": (pa.map_(pa.string(), pa.struct([(NAME, BOX)])), "MapType"),
    "an opaque type": (pa.opaque(pa.int32(), NAME, PLATE), "OpaqueType"),
    "a number": (pa.decimal128(9, 2), "decimal128(9, 2)"),
}


@pytest.mark.parametrize(("kind", "said"), WORDS.values(), ids=WORDS.keys())
def test_a_type_is_told_without_names_of_others(kind: pa.DataType, said: str) -> None:
    assert words.kind(pa.nulls(1, kind)) == said


def test_columns_of_other_names_are_counted() -> None:
    assert words.names(["ts", NAME, PLATE, "camera", "ts"]) == "ts, camera, 2 of other names"
    assert words.names([]) == "none"


def test_bytes_that_a_detail_quotes_are_told_like_texts() -> None:
    assert told(f"begins {NAME.encode()!r}, at its clock's end", ()) == (
        f"begins a text of {len(NAME)} characters, at its clock's end"
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "+99:99", "../x"])
def test_a_row_is_refused_alone_whatever_zone_its_time_names(tmp_path: Path, zone: str) -> None:
    """What is kept of it was asked of Python, which knows no such zone."""
    times = pa.array([START_US + i for i in range(4)]).cast(pa.timestamp("us", zone))
    path = write(tmp_path / "a", table(ts=times, width=pa.array([1, -1, 1, 1])), "stream")
    chunks = list(read(path, "arrow", options()))
    assert [(at, reason) for at, reason, _ in refused(chunks)] == [(2, "bad_type")]
    assert len(joined(chunks)) == 3


def test_a_file_of_persons_names_is_refused_without_them(tmp_path: Path) -> None:
    files = foreign_arrows(tmp_path)
    found = {path.name: refused(list(read(path, "arrow", options()))) for path in files}
    assert {name: len(letters) for name, letters in found.items()} == dict.fromkeys(found, 1)
    said = {name: told(detail, ()) for name, [(_, _, detail)] in found.items()}
    assert {name: detail for name, detail in said.items() if any(each in detail for each in PLANTED)} == {}


def test_whatever_is_broken_no_letter_names_what_is_not_ours(tmp_path: Path) -> None:
    """Arrow's own errors name a type with all of its fields."""
    objects = of_objects((NAME, pa.string()), ("plate", pa.timestamp("us", PLATE)), **{NAME: "x", "plate": 0})
    path = write(tmp_path / "a", table(**{PLATE: pa.array([NAME] * 4), "objects": objects}), "stream")
    whole, rng, said = path.read_bytes(), random.Random(3), set()
    for _ in range(800):
        raw = bytearray(whole)
        raw[rng.randrange(len(raw))] = rng.randrange(256)
        path.write_bytes(raw)
        said |= {detail for chunk in read(path, "arrow", options()) for detail in chunk.dead["detail"].to_list()}
    assert any("in array of type" in detail for detail in said)
    assert [detail for detail in said if any(each in told(detail, ()) for each in PLANTED)] == []
