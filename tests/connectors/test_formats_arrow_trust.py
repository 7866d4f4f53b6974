"""Arrow and Parquet are looked at before they are believed: columns, rows and files are refused, each with a reason."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.formats import Chunk, limits, read
from tests.connectors.frames import START_US, joined, options

ROWS = 4
BOX = pa.list_(pa.float32(), 4)
THING = pa.struct([("class", pa.string()), ("box", BOX)])
UTC = pa.timestamp("us", "UTC")


def things(count: int = ROWS, kind: pa.DataType = THING, **fields: object) -> pa.Array:
    thing = {"class": "car", "box": [0.1, 0.1, 0.2, 0.2]} | fields
    return pa.array([[thing]] * count, pa.list_(kind))


def table(**columns: object) -> pa.Table:
    """Return good frames, some columns replaced; None drops one."""
    good = {
        "camera": pa.array(["a"] * ROWS),
        "ts": pa.array([START_US + i * 1_000_000 for i in range(ROWS)], UTC),
        "objects": things(),
    }
    return pa.table({name: column for name, column in (good | columns).items() if column is not None})


def chunks_of(path: Path, made: pa.Table, packing: str = "stream") -> list[Chunk]:
    if packing == "parquet":
        pq.write_table(made, path)
    else:
        sink = pa.ipc.new_file if packing == "file" else pa.ipc.new_stream
        with sink(str(path), made.schema, options=pa.ipc.IpcWriteOptions(compression=None)) as writer:
            writer.write_table(made)
    return list(read(path, "arrow", options()))


def told(chunks: list[Chunk]) -> tuple[int, list[tuple[int, str, int]]]:
    letters = [row for chunk in chunks for row in chunk.dead.select("position", "reason", "count").rows()]
    return len(joined(chunks)), letters


def of_objects(*fields: tuple[str, pa.DataType], **values: object) -> pa.Array:
    """Return lists of objects with more fields, or fields of other types."""
    kinds = {"class": pa.string(), "box": BOX} | dict(fields)
    return things(ROWS, pa.struct(list(kinds.items())), **values)


WRONG = {
    "no time": {"ts": None},
    "a time without a zone": {"ts": pa.array([START_US] * ROWS, pa.timestamp("us"))},
    "a date": {"ts": pa.array([0] * ROWS, pa.date32())},
    "a time as a fraction": {"ts": pa.array([1.5] * ROWS)},
    "a camera of numbers": {"camera": pa.array([1] * ROWS)},
    "a camera of bytes": {"camera": pa.array([b"a"] * ROWS)},
    "a camera of nulls": {"camera": pa.nulls(ROWS)},
    "a clock of numbers": {"ts_source": pa.array([1] * ROWS)},
    "a width of words": {"width": pa.array(["wide"] * ROWS)},
    "a number of truths": {"seq": pa.array([True] * ROWS)},
    "objects of numbers": {"objects": pa.array([[1]] * ROWS)},
    "objects as a text": {"objects": pa.array(["[]"] * ROWS)},
    "objects of other fields": {"objects": pa.array([[{"plate": "H 1234 AB"}]] * ROWS)},
    "a box of words": {"objects": of_objects(("box", pa.list_(pa.string())), box=["a"] * 4)},
    "a box of three": {"objects": of_objects(("box", pa.list_(pa.float32(), 3)), box=[0.1] * 3)},
    "a box that is a number": {"objects": of_objects(("box", pa.float32()), box=0.5)},
    "a class of numbers": {"objects": of_objects(("class", pa.int32()), **{"class": 3})},
    "a confidence of words": {"objects": of_objects(("confidence", pa.string()), confidence="high")},
    "a face of words": {"objects": of_objects(("face_px", pa.string()), face_px="31")},
    "a mask of numbers": {"objects": of_objects(("mask", pa.int8()), mask=1)},
    "a track of fractions": {"objects": of_objects(("track", pa.float64()), track=1.5)},
    "signals of numbers": {"signals": pa.array([[0.5]] * ROWS)},
    "signals without value": {"signals": pa.array([[{"kind": "flood"}]] * ROWS)},
    "a value of words": {"signals": pa.array([[{"kind": "flood", "value": "high"}]] * ROWS)},
    "a picture as a text": {"image": pa.array(["dark"] * ROWS)},
    "a brightness of words": {"image": pa.array([{"luma": "dark"}] * ROWS)},
}


@pytest.mark.parametrize("packing", ["stream", "file", "parquet"])
@pytest.mark.parametrize("columns", WRONG.values(), ids=WRONG.keys())
def test_a_column_of_another_type_refuses_its_batch_and_counts_its_rows(tmp_path: Path, columns, packing) -> None:
    chunks = chunks_of(tmp_path / "a", table(**columns), packing)
    assert told(chunks) == (0, [(1, "bad_type", ROWS)])


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    made = table()
    twice = pa.Table.from_arrays([*made.columns, made["ts"]], names=[*made.schema.names, "ts"])
    assert told(chunks_of(tmp_path / "a", twice)) == (0, [(1, "bad_type", ROWS)])


def dictionary(values: list[object]) -> pa.Array:
    return pa.array(values).dictionary_encode()


ACCEPTED = {
    "texts in a dictionary": {"camera": dictionary(["a"] * ROWS), "ts_source": dictionary(["pts"] * ROWS)},
    "texts as views": {"camera": pa.array(["a"] * ROWS, pa.string_view())},
    "seconds": {"ts": pa.array([START_US // 1_000_000 + i for i in range(ROWS)], pa.timestamp("s", "Asia/Jakarta"))},
    "milliseconds": {"ts": pa.array([START_US // 1000 + i * 1000 for i in range(ROWS)], pa.timestamp("ms", "+07:00"))},
    "nanoseconds": {"ts": pa.array([START_US * 1000 + i * 10**9 for i in range(ROWS)], pa.timestamp("ns", "UTC"))},
    "a zone that nobody knows": {
        "ts": pa.array([START_US + i * 1_000_000 for i in range(ROWS)], pa.timestamp("us", "Mars/Olympus"))
    },
    "widths of 64 bits": {"width": pa.array([1920] * ROWS, pa.uint64())},
    "widths as pandas writes them": {"width": pa.array([1920.0, None, float("nan"), 640.0])},
    "a decimal confidence": {"objects": of_objects(("confidence", pa.decimal128(5, 2)), confidence=None)},
    "tracks of numbers": {"objects": of_objects(("track", pa.int64()), track=42)},
    "half boxes": {"objects": of_objects(("box", pa.list_(pa.float16(), 4)), box=list(np.float16([0, 0, 1, 1])))},
    "widths of 8 bits": {"width": pa.array([120] * ROWS, pa.int8()), "height": pa.array([200] * ROWS, pa.uint8())},
    "a null zone": {"signals": pa.array([[{"kind": "flood", "zone": None, "value": 0.1}]] * ROWS)},
    "no picture": {"image": pa.nulls(ROWS)},
    "no signals": {"signals": pa.nulls(ROWS)},
    "no object anywhere": {"objects": pa.array([[]] * ROWS, pa.list_(THING))},
}  # fmt: skip


@pytest.mark.parametrize("columns", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_type_that_means_the_same_is_read(tmp_path: Path, columns) -> None:
    chunks = chunks_of(tmp_path / "a", table(**columns))
    assert told(chunks) == (ROWS, [])
    assert joined(chunks).frames["t_us"].to_list() == [START_US + i * 1_000_000 for i in range(ROWS)]


def second(value: object, others: object, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array([others, value, others, others], kind)


VALUES = {
    "a width of 33 bits": ({"width": second(2**32, 640)}, "bad_type"),
    "a width below zero": ({"width": second(-1, 640)}, "bad_type"),
    "half a pixel": ({"width": second(0.5, 640.0)}, "bad_type"),
    "a number of 64 bits without sign": ({"seq": second(2**64 - 1, 1, pa.uint64())}, "bad_type"),
    "a year of its own": ({"ts": second(2**62, START_US // 1_000_000, pa.timestamp("s", "UTC"))}, "future"),
    "a year before all": ({"ts": second(-(2**62), START_US // 1000, pa.timestamp("ms", "UTC"))}, "before_2000"),
    "the last nanosecond": ({"ts": second(2**63 - 1, START_US * 1000, pa.timestamp("ns", "UTC"))}, "future"),
    "microseconds without sign": ({"ts": second(2**64 - 1, START_US, pa.uint64())}, "future"),
    "microseconds of 8 bits": ({"ts": second(-1, START_US, pa.int64())}, "before_2000"),
    "an empty class": (
        {"objects": pa.chunked_array([pa.concat_arrays([things(1), things(1, **{"class": ""}), things(2)])])},
        "bad_type",
    ),
    "a text without end": ({"camera": second("a" * (limits.TEXT_BYTES + 1), "a")}, "too_large"),
    "a class without end": (
        {"objects": pa.concat_arrays([things(1), things(1, **{"class": "x" * 10_000}), things(2)])},
        "too_large",
    ),
    "a clock of its own": ({"ts_source": second("sundial", "pts")}, "bad_type"),
}


@pytest.mark.parametrize(("columns", "reason"), VALUES.values(), ids=VALUES.keys())
def test_a_value_beyond_its_meaning_refuses_its_row(tmp_path: Path, columns, reason: str) -> None:
    chunks = chunks_of(tmp_path / "a", table(**columns))
    assert told(chunks) == (ROWS - 1, [(2, reason, 1)])


def patched(made: pa.Array, buffer: int, at: int, value: bytes) -> pa.Array:
    """Return an array one of whose buffers is changed."""
    buffers = made.buffers()
    raw = bytearray(buffers[buffer].to_pybytes())
    raw[at : at + len(value)] = value
    buffers[buffer] = pa.py_buffer(bytes(raw))
    return pa.Array.from_buffers(made.type, len(made), buffers)


def int32(value: int) -> bytes:
    return struct.pack("<i", value)


def lists_with(offset: int) -> pa.Array:
    good = things()
    offsets = np.arange(ROWS + 1, dtype=np.int32)
    offsets[2] = offset
    return pa.Array.from_buffers(good.type, ROWS, [None, pa.py_buffer(offsets.tobytes())], children=[good.values])


BROKEN: dict[str, dict[str, Callable[[], object]]] = {
    "offsets that go down": {"objects": lambda: lists_with(0)},
    "offsets out of range": {"objects": lambda: lists_with(1_000_000)},
    "offsets below zero": {"objects": lambda: lists_with(-5)},
    "text offsets that go down": {"camera": lambda: patched(pa.array(["abc"] * ROWS), 1, 8, int32(1))},
    "text offsets out of range": {"camera": lambda: patched(pa.array(["abc"] * ROWS), 1, 8, int32(2**30))},
    "text offsets below zero": {"camera": lambda: patched(pa.array(["abc"] * ROWS), 1, 8, int32(-7))},
    "an index out of range": {
        "camera": lambda: pa.DictionaryArray.from_arrays(
            pa.array([0, 9, 0, 0], pa.int32()), pa.array(["a"]), safe=False
        )
    },
    "an index below zero": {
        "camera": lambda: pa.DictionaryArray.from_arrays(
            pa.array([0, -9, 0, 0], pa.int32()), pa.array(["a"]), safe=False
        )
    },
}


@pytest.mark.parametrize("packing", ["stream", "file"])
@pytest.mark.parametrize("columns", BROKEN.values(), ids=BROKEN.keys())
def test_buffers_that_do_not_fit_refuse_their_batch(tmp_path: Path, columns, packing: str) -> None:
    made = table(**{name: make() for name, make in columns.items()})
    assert told(chunks_of(tmp_path / "a", made, packing)) == (0, [(1, "bad_type", ROWS)])


def test_a_text_that_is_no_utf_8_costs_its_row_alone(tmp_path: Path) -> None:
    camera = patched(pa.array(["abc"] * ROWS), 2, 4, b"\xff")
    values = things().values
    names = patched(pa.array(["car"] * ROWS), 2, 9, b"\xc3")
    thing = pa.StructArray.from_arrays([names, values.field("box")], ["class", "box"])
    objects = pa.ListArray.from_arrays(pa.array(range(ROWS + 1), pa.int32()), thing)
    chunks = chunks_of(tmp_path / "a", table(camera=camera, objects=objects))
    assert told(chunks) == (2, [(2, "bad_type", 1), (4, "bad_type", 1)])
    assert joined(chunks).frames["position"].to_list() == [1, 3]
    assert joined(chunks).objects["class"].to_list() == ["car", "car"]


def test_what_stands_behind_a_batch_that_is_refused_is_read(tmp_path: Path) -> None:
    good, bad = table(), table(objects=lists_with(0))
    with pa.ipc.new_stream(str(tmp_path / "a"), good.schema) as writer:
        for part in (good, bad, good):
            writer.write_table(part)
    chunks = list(read(tmp_path / "a", "arrow", options()))
    assert told(chunks) == (2 * ROWS, [(ROWS + 1, "bad_type", ROWS)])
    assert joined(chunks).frames["position"].to_list() == [1, 2, 3, 4, 9, 10, 11, 12]


def test_a_frame_with_more_objects_than_a_frame_may_have_costs_itself(tmp_path: Path) -> None:
    count = limits.OBJECTS + 1
    many = pa.StructArray.from_arrays(
        [pa.array(["car"]).dictionary_encode().take(pa.array(np.zeros(count + ROWS, np.int64))),
         pa.FixedSizeListArray.from_arrays(pa.array(np.tile(np.float32([0, 0, 1, 1]), count + ROWS)), 4)],
        ["class", "box"],
    )  # fmt: skip
    offsets = pa.array([0, 1, 1 + count, 2 + count, 3 + count], pa.int32())
    chunks = chunks_of(tmp_path / "a", table(objects=pa.ListArray.from_arrays(offsets, many)))
    assert told(chunks) == (ROWS - 1, [(2, "too_large", 1)])
    assert len(joined(chunks).objects) == ROWS - 1


def test_a_batch_that_says_it_is_too_large_ends_its_file_and_keeps_what_came_before(
    tmp_path: Path, monkeypatch
) -> None:
    with pa.ipc.new_stream(str(tmp_path / "a"), table().schema) as writer:
        for count in (1, 1, 1_000):
            writer.write_table(pa.concat_tables([table()] * count).combine_chunks())
    monkeypatch.setattr(limits, "BATCH_BYTES", 10_000)
    assert told(list(read(tmp_path / "a", "arrow", options()))) == (2 * ROWS, [(2 * ROWS + 1, "bad_file", 1)])


@pytest.mark.parametrize("packed", ["lz4", "zstd"])
def test_a_packed_batch_is_judged_by_what_it_unpacks_to(tmp_path: Path, monkeypatch, packed: str) -> None:
    made = pa.concat_tables([table()] * 2_000).combine_chunks()
    with pa.ipc.new_stream(str(tmp_path / "a"), made.schema, options=pa.ipc.IpcWriteOptions(compression=packed)) as out:
        out.write_table(made)
    size = (tmp_path / "a").stat().st_size
    assert len(joined(read(tmp_path / "a", "arrow", options()))) == 2_000 * ROWS
    monkeypatch.setattr(limits, "BATCH_BYTES", 2 * size)
    assert told(list(read(tmp_path / "a", "arrow", options()))) == (0, [(1, "bad_file", 1)])


@pytest.mark.parametrize(
    ("name", "most"), [("GROUP_BYTES", 300), ("COLUMN_BYTES", 100)], ids=["the row group", "one column"]
)
def test_a_row_group_that_is_too_large_ends_its_file(tmp_path: Path, monkeypatch, name: str, most: int) -> None:
    monkeypatch.setattr(limits, name, most)
    assert told(chunks_of(tmp_path / "a", table(), "parquet")) == (0, [(1, "bad_file", 1)])


def test_columns_that_are_not_ours_are_not_read_from_parquet(tmp_path: Path, monkeypatch) -> None:
    made = table(
        objects=of_objects(("embedding", pa.string()), embedding="x" * 10_000), plates=pa.array(["y" * 10_000] * ROWS)
    )
    monkeypatch.setattr(limits, "COLUMN_BYTES", 2_000)
    assert told(chunks_of(tmp_path / "a", made, "parquet")) == (ROWS, [])


@pytest.mark.parametrize("at", range(0, 2_000, 23))
def test_a_byte_that_was_changed_ends_in_letters_at_worst(tmp_path: Path, at: int) -> None:
    made = pa.concat_tables([table()] * 50).combine_chunks()
    with pa.ipc.new_stream(str(tmp_path / "a"), made.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
        out.write_table(made)
    raw = bytearray((tmp_path / "a").read_bytes())
    raw[at % len(raw)] ^= 0x7F
    (tmp_path / "a").write_bytes(raw)
    frames, letters = told(list(read(tmp_path / "a", "arrow", options())))
    assert frames <= 50 * ROWS
    assert all(reason in ("bad_file", "bad_type", "bad_time", "too_large", "future", "before_2000", "bad_box",
                          "boxes_refused") for _, reason, _ in letters)  # fmt: skip


def test_a_bad_row_among_texts_as_views_costs_itself(tmp_path: Path) -> None:
    chunks = chunks_of(tmp_path / "a", table(camera=pa.array(["a", "", "a", "a"], pa.string_view())))
    assert told(chunks) == (ROWS - 1, [(2, "bad_type", 1)])
