"""An Arrow IPC file says what a stream of the same rows says, whoever wrote it."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from connectors.formats import limits, read
from tests.connectors.frames import START_US, joined, options
from tests.connectors.test_formats_arrow_trust import BOX, ROWS, table, told

KIND = pa.struct([("class", pa.string()), ("box", BOX), ("mask", pa.string())])
THINGS = [{"class": name, "box": [0.1, 0.1, 0.2, 0.2], "mask": None} for name in ("car", "bus", "person")]
PACKED = [None, "lz4", "zstd"]


def rows(parts: int = 3) -> pa.Table:
    """Return frames with none to two objects, in several batches."""
    made = table(objects=pa.array([THINGS[:i] for i in (2, 0, 1, 2)], pa.list_(KIND)))
    batches = [
        made.set_column(1, "ts", pa.array([START_US + 1_000_000 * (ROWS * k + i) for i in range(ROWS)], pa.int64()))
        for k in range(parts)
    ]
    return pa.concat_tables(batches)


def of_pyarrow(made: pa.Table, packed: str | None, sink: object) -> bytes:
    out = io.BytesIO()
    with sink(out, made.schema, options=pa.ipc.IpcWriteOptions(compression=packed)) as writer:
        for batch in made.to_batches():
            writer.write_batch(batch)
    return out.getvalue()


def of_polars(made: pa.Table, packed: str | None, *, is_file: bool, size: int | None = 5) -> bytes:
    out, frame = io.BytesIO(), pl.DataFrame(pl.from_arrow(made))
    if is_file:
        frame.write_ipc(out, compression=packed or "uncompressed", record_batch_size=size)
    else:
        frame.write_ipc_stream(out, compression=packed or "uncompressed")
    return out.getvalue()


def moved(raw: bytes, by: int) -> bytes:
    """Return a file whose messages begin later, as arrow-rs has it."""
    [size] = struct.unpack_from("<i", raw, len(raw) - 10)
    begin = len(raw) - 10 - size
    footer, with_blocks = bytearray(raw[begin:-10]), pa.ipc.open_file(pa.BufferReader(raw)).num_record_batches
    table_at = struct.unpack_from("<I", footer, 0)[0]
    fields = table_at - struct.unpack_from("<i", footer, table_at)[0]
    at = table_at + struct.unpack_from("<H", footer, fields + 4 + 2 * 3)[0]
    vector = at + struct.unpack_from("<I", footer, at)[0]
    assert struct.unpack_from("<I", footer, vector)[0] == with_blocks
    for i in range(with_blocks):
        place = vector + 4 + 24 * i
        struct.pack_into("<q", footer, place, struct.unpack_from("<q", footer, place)[0] + by)
    return raw[:8] + bytes(by) + raw[8:begin] + bytes(footer) + raw[-10:]


def found(path: Path, raw: bytes) -> tuple[list[dict], list[dict], list]:
    path.write_bytes(raw)
    chunks = list(read(path, "arrow", options()))
    whole = joined(chunks)
    return whole.frames.to_dicts(), whole.objects.to_dicts(), told(chunks)[1]


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("packed", PACKED)
def test_a_file_says_what_a_stream_says_whoever_wrote_it(tmp_path: Path, packed: str | None, zipped: bool) -> None:
    made = rows()
    files = {
        "a stream of pyarrow": of_pyarrow(made, packed, pa.ipc.new_stream),
        "a file of pyarrow": of_pyarrow(made, packed, pa.ipc.new_file),
        "a stream of Polars": of_polars(made, packed, is_file=False),
        "a file of Polars": of_polars(made, packed, is_file=True),
        "a file that begins later": moved(of_pyarrow(made, packed, pa.ipc.new_file), 56),
    }
    said = {name: found(tmp_path / "a", gzip.compress(raw) if zipped else raw) for name, raw in files.items()}
    first = said["a stream of pyarrow"]
    assert [len(first[0]), len(first[1]), first[2]] == [3 * ROWS, 15, []]
    assert {name for name, each in said.items() if each != first} == set()


def test_dictionaries_of_a_file_are_read_by_the_numbers_that_they_have_there(tmp_path: Path) -> None:
    frame = pl.DataFrame(pl.from_arrow(rows())).with_columns(
        pl.lit("pts").cast(pl.Enum(["capture", "pts"])).alias("ts_source"), pl.col("camera").cast(pl.Categorical)
    )
    frame = frame.with_columns(
        pl.col("objects").list.eval(pl.element().struct.with_fields(pl.field("class").cast(pl.Categorical)))
    )
    out = io.BytesIO()
    frame.write_ipc(out)
    frames, objects, letters = found(tmp_path / "a", out.getvalue())
    assert ([row["camera"] for row in frames], letters) == (["a"] * 3 * ROWS, [])
    assert [row["class"] for row in objects] == ["car", "bus", "car", "car", "bus"] * 3


def test_a_file_without_record_batches_is_empty(tmp_path: Path) -> None:
    assert found(tmp_path / "a", of_pyarrow(rows(1).slice(0, 0), None, pa.ipc.new_file)) == ([], [], [])


@pytest.mark.parametrize("packed", PACKED)
def test_a_file_of_polars_has_the_bounds_of_a_stream(tmp_path: Path, monkeypatch, packed: str | None) -> None:
    raw = of_polars(pa.concat_tables([rows()] * 2_000), packed, is_file=True, size=None)
    assert found(tmp_path / "a", raw)[2] == []
    monkeypatch.setattr(limits, "BATCH_BYTES", 100_000)
    assert found(tmp_path / "a", raw)[2] == [(1, "bad_file", 1)]


def test_a_file_that_was_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    raw = of_pyarrow(rows(), None, pa.ipc.new_file)
    frames, _, letters = found(tmp_path / "a", raw[: len(raw) * 3 // 5])
    assert (len(frames), letters) == (ROWS, [(ROWS + 1, "bad_file", 1)])


def test_a_batch_that_a_footer_lists_twice_is_read_once(tmp_path: Path) -> None:
    """Else a small file had any number of rows."""
    raw = bytearray(of_pyarrow(rows(2), None, pa.ipc.new_file))
    places = [at for at in range(0, len(raw), 8) if raw[at : at + 4] == b"\xff" * 4][1:3]
    second = raw.rindex(struct.pack("<q", places[1]))
    raw[second : second + 8] = struct.pack("<q", places[0])
    frames, _, letters = found(tmp_path / "a", bytes(raw))
    assert (len(frames), letters) == (ROWS, [(ROWS + 1, "bad_file", 1)])


@pytest.mark.parametrize("at", range(0, 1_500, 31))
def test_a_byte_of_a_file_of_polars_that_was_changed_ends_in_letters_at_worst(tmp_path: Path, at: int) -> None:
    raw = bytearray(of_polars(rows(), "lz4", is_file=True))
    raw[-1 - at % (len(raw) - 8)] ^= 0x7F
    assert len(found(tmp_path / "a", bytes(raw))[0]) <= 3 * ROWS
