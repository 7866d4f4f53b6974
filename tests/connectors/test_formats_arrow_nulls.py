"""Columns, lists and fields in which nothing ever stands have the type null: they are empty, or absent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from connectors.formats import read
from tests.connectors.frames import joined, options
from tests.connectors.test_formats_arrow_trust import ROWS, chunks_of, table, told

THING = {"class": "car", "box": [0.1, 0.1, 0.2, 0.2]}
LISTS_OF_NULLS = pa.list_(pa.null())
EMPTY = pa.array([[]] * ROWS, LISTS_OF_NULLS)
PACKINGS = ["stream", "file", "parquet"]


def objects(**fields: None) -> pa.Array:
    """Return every second frame's object, some of whose fields are null in all."""
    return pa.array([[THING | fields], []] * (ROWS // 2))


READ = {
    "no object anywhere": {"objects": EMPTY},
    "no object anywhere, in long lists": {"objects": pa.array([[]] * ROWS, pa.large_list(pa.null()))},
    "no signal anywhere": {"signals": EMPTY, "objects": objects()},
    "no signal, some lists missing": {"signals": pa.array([[], None] * 2, LISTS_OF_NULLS)},
    "neither": {"objects": EMPTY, "signals": EMPTY},
    "columns of nulls": dict.fromkeys(
        ("signals", "image", "ts_source", "seq", "width", "height"), pa.nulls(ROWS)
    ),
    "fields of nulls": {"objects": objects(**dict.fromkeys(("confidence", "track", "mask", "face_px")))},
    "a zone of nulls": {"signals": pa.array([[{"kind": "flood", "zone": None, "value": 0.1}], []] * 2)},
    "a picture of nulls": {"image": pa.array([{"luma": None, "sharpness": None, "hash": None}] * ROWS)},
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("columns", READ.values(), ids=READ.keys())
def test_what_is_null_in_all_rows_is_absent(tmp_path: Path, columns, packing: str) -> None:
    chunks = chunks_of(tmp_path / "a", table(**columns), packing)
    made = joined(chunks)
    assert told(chunks) == (ROWS, [])
    rows = table(**columns).to_pylist()
    for name, entries in (("objects", made.objects), ("signals", made.signals)):
        assert entries["frame"].to_list() == [at for at, row in enumerate(rows) for _ in row.get(name) or []]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_rows_as_pyarrow_types_them_are_read(tmp_path: Path, packing: str, size: int) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [
        {"camera": "a", "ts": start + timedelta(seconds=i), "objects": [], "signals": [], "image": None}
        for i in range(100)
    ]
    chunks_of(tmp_path / "a", pa.Table.from_pylist(rows), packing)
    assert told(list(read(tmp_path / "a", "arrow", options(chunk_records=size)))) == (100, [])


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize("name", ["class", "box", "kind", "value"])
def test_what_must_stand_in_every_entry_and_is_null_in_all_costs_the_frames_that_have_some(
    tmp_path: Path, packing: str, size: int, name: str
) -> None:
    signals = pa.array([[{"kind": "flood", "value": 0.1} | {name: None}], []] * 2)
    columns = {"objects": objects(**{name: None})} if name in THING else {"signals": signals}
    chunks_of(tmp_path / "a", table(**columns), packing)
    said = told(list(read(tmp_path / "a", "arrow", options(chunk_records=size))))
    assert said == (2, [(1, "bad_type", 1), (3, "bad_type", 1)])


@pytest.mark.parametrize("name", ["objects", "signals"])
@pytest.mark.parametrize("packing", PACKINGS)
def test_an_entry_that_is_null_costs_its_frame(tmp_path: Path, name: str, packing: str) -> None:
    chunks = chunks_of(tmp_path / "a", table(**{name: pa.array([[], [None], [], []], LISTS_OF_NULLS)}), packing)
    assert told(chunks) == (ROWS - 1, [(2, "bad_type", 1)])


def test_frames_without_a_list_of_objects_are_refused_one_by_one(tmp_path: Path) -> None:
    """That nobody looked is not that nothing was there."""
    chunks = chunks_of(tmp_path / "a", table(objects=pa.nulls(ROWS)))
    assert told(chunks) == (0, [(row, "bad_type", 1) for row in range(1, ROWS + 1)])


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
def test_a_frame_of_more_nulls_than_a_frame_may_have_costs_itself_and_no_memory(tmp_path: Path, kind) -> None:
    """Nulls take no room in a file: a few bytes may say that there are any number."""
    count = 200_000_000
    offsets = np.array([0, 0, count, count, count], np.int32 if kind is pa.list_ else np.int64)
    lists = pa.Array.from_buffers(kind(pa.null()), ROWS, [None, pa.py_buffer(offsets)], children=[pa.nulls(count)])
    chunks = chunks_of(tmp_path / "a", table(objects=lists))
    assert told(chunks) == (ROWS - 1, [(2, "too_large", 1)])


@pytest.mark.parametrize("packing", ["ipc", "ipc_stream", "parquet"])
def test_frames_that_polars_types_are_read(tmp_path: Path, packing: str) -> None:
    frame = pl.DataFrame(pl.from_arrow(table())).with_columns(
        pl.Series("objects", [[]] * ROWS, pl.List(pl.Null)), pl.Series("signals", [None] * ROWS, pl.Null)
    )
    getattr(frame, f"write_{packing}")(tmp_path / "a")
    assert told(list(read(tmp_path / "a", "arrow", options()))) == (ROWS, [])


def lists(kind: pa.DataType, *entries: object) -> pa.Array:
    return pa.array(entries, pa.list_(kind))


def fields(**kinds: pa.DataType) -> pa.DataType:
    return pa.struct(list(kinds.items()))


BOX, TEXT, REAL = pa.list_(pa.float32(), 4), pa.string(), pa.float64()
OTHERS = {
    "objects of numbers": ("objects", pa.int32(), 1),
    "objects of other fields": ("objects", fields(plate=TEXT), {"plate": "H 1234 AB"}),
    "objects without box": ("objects", fields(**{"class": TEXT}), {"class": "car"}),
    "a class of numbers": ("objects", fields(**{"class": pa.int8()}, box=BOX), {"class": 1, "box": [0.0] * 4}),
    "a box of words": ("objects", fields(**{"class": TEXT}, box=pa.list_(TEXT)), {"class": "car", "box": ["a"] * 4}),
    "a face of words": ("objects", fields(**{"class": TEXT}, box=BOX, face_px=TEXT), {"class": "car", "face_px": "9"}),
    "signals of numbers": ("signals", REAL, 0.5),
    "signals without kind": ("signals", fields(value=REAL), {"value": 0.5}),
    "signals without value": ("signals", fields(kind=TEXT), {"kind": "flood"}),
    "a value of words": ("signals", fields(kind=TEXT, value=TEXT), {"kind": "flood", "value": "high"}),
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize(("name", "kind", "entry"), OTHERS.values(), ids=OTHERS.keys())
def test_lists_that_are_all_empty_are_empty_whatever_they_are_lists_of(
    tmp_path: Path, packing: str, name: str, kind: pa.DataType, entry: object
) -> None:
    chunks = chunks_of(tmp_path / "a", table(**{name: lists(kind, [], [], [], [])}), packing)
    assert told(chunks) == (ROWS, [])
    assert len(joined(chunks).signals) == 0


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("size", [1, 2, 1_000])
@pytest.mark.parametrize(("name", "kind", "entry"), OTHERS.values(), ids=OTHERS.keys())
def test_entries_that_cannot_be_read_cost_their_frames_alone(
    tmp_path: Path, packing: str, size: int, name: str, kind: pa.DataType, entry: object
) -> None:
    chunks_of(tmp_path / "a", table(**{name: lists(kind, [], [entry], [], [entry])}), packing)
    chunks = list(read(tmp_path / "a", "arrow", options(chunk_records=size)))
    assert told(chunks) == (2, [(2, "bad_type", 1), (4, "bad_type", 1)])
    assert joined(chunks).frames["position"].to_list() == [1, 3]
