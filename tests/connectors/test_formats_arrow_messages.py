"""Messages of Arrow that come in one poll give what each gives alone: its frames in their order, and its letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.formats import Live, limits, to_table
from connectors.formats.arrow_messages import Batches
from connectors.formats.chunks import AHEAD_US, Chunk
from connectors.records import records
from tests.connectors.frames import START_US, assert_same, batch, joined, options
from tests.fuzzing import columns

SOURCE: Final = "spool:s/0"
CAME_US: Final = START_US + 60_000_000
GOOD: Final = to_table(batch(7))
UTC: Final = pa.timestamp("us", "UTC")


def packed(*tables: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    return sink.getvalue().to_pybytes()


def of(name: str, column: pa.Array | pa.ChunkedArray | None) -> pa.Table:
    """Return the good frames with another column, or without it."""
    if column is None:
        return GOOD.drop_columns([name])
    return GOOD.set_column(GOOD.schema.get_field_index(name), name, column)


def objects(kind: pa.DataType, **values: object) -> pa.Array:
    return pa.array([[{"class": "car", "box": [0.1, 0.1, 0.2, 0.2], **values}]] * len(GOOD), pa.list_(kind))


def thing(*fields: tuple[str, pa.DataType], box: int = 4) -> pa.StructType:
    return pa.struct({"class": pa.string(), "box": pa.list_(pa.float32(), box), **dict(fields)})


def broken_text() -> bytes:
    made = packed(of("camera", pa.array(["kamera-seribu"] * len(GOOD), pa.large_string())))
    return made.replace(b"kamera-seribu", b"kamera-\xff\xffribu", 2)


def broken_name() -> bytes:
    """Return a message one of whose fields has a name that is no text."""
    made = packed(of("objects", objects(thing(("confidence", pa.float32())), confidence=0.5)))
    return made.replace(b"confidence", b"\xffonfidence", 1)


NEARLY_US: Final = CAME_US + AHEAD_US + 3_500_000  # in the future of the first messages of a poll alone
ages: Final = pa.array([START_US] * 6 + [NEARLY_US], UTC)
KINDS: Final[dict[str, Callable[[], bytes]]] = {
    "good": lambda: packed(GOOD),
    "several batches": lambda: packed(GOOD, GOOD.slice(2, 3), GOOD),
    "no frames": lambda: packed(GOOD.slice(0, 0)),
    "no batches": lambda: packed(pa.table([], pa.schema([]))),
    "a dictionary of cameras": lambda: packed(of("camera", pa.array(list("abcabca")).dictionary_encode())),
    "another dictionary": lambda: packed(of("camera", pa.array(list("xyzxyzx")).dictionary_encode())),
    "other types": lambda: packed(of("objects", objects(thing(("track", pa.int32())), track=7))),
    "other classes as a dictionary": lambda: packed(
        of("objects", objects(pa.struct({"class": pa.dictionary(pa.int8(), pa.string()), "box": thing()["box"].type})))
    ),
    "other columns": lambda: packed(GOOD.append_column("plate", pa.array(["H 9321 XY"] * len(GOOD)))),
    "a text that is none": broken_text,
    "a name that is none": broken_name,
    "a time in the future": lambda: packed(of("ts", ages)),
    "a time that is missing": lambda: packed(of("ts", pa.array([None] + [START_US] * 6, UTC))),
    "texts as times": lambda: packed(of("ts", pa.array(["2026-01-05T00:00:00Z"] * 6 + ["1767571200"]))),
    "a camera without a name": lambda: packed(of("camera", pa.array(["a"] * 6 + [""]))),
    "a box of pixels": lambda: packed(of("objects", objects(thing(), box=[10, 10, 20, 20]))),
    "a box of three": lambda: packed(of("objects", objects(thing(box=3), box=[0.1, 0.1, 0.2]))),
    "a class that is a number": lambda: packed(
        of("objects", objects(pa.struct({"class": pa.int32(), "box": pa.list_(pa.float32(), 4)}), **{"class": 2}))
    ),
    "a confidence of 30": lambda: packed(of("objects", objects(thing(("confidence", pa.float32())), confidence=30))),
    "a word that is too long": lambda: packed(of("camera", pa.array(["a" * (limits.TEXT_BYTES + 1)] * len(GOOD)))),
    "no camera": lambda: packed(of("camera", None)),
    "cut": lambda: packed(GOOD, GOOD)[:-900],
    "no Arrow": lambda: b'{"camera":"a"}',
}
MADE: Final = {name: make() for name, make in KINDS.items()}
FINE: Final = ("good", "several batches", "no frames", "other types", "a dictionary of cameras", "another dictionary")


def changed(seed: int) -> bytes:
    """Return a message of some frames, of which one in three is strange and one in six has other bytes."""
    rng = np.random.default_rng(seed)
    made = columns.table(rng, seed % 100, int(rng.integers(1, 6)), is_strange=seed % 3 == 0)
    raw = columns.packed(rng, made, "stream" if seed % 2 else "file")
    return columns.bytes_changed(rng, raw) if seed % 6 == 0 else raw


def heard(values: list[bytes], polls: list[int], **changes: object) -> list[Chunk]:
    """Return what messages say that come in polls of these sizes."""
    live, out, first = Live("arrow", options(**changes)), [], 0
    for size in polls:
        some = range(first, first + size)
        cut = records(values[first : first + size], some, [CAME_US + at * 1_000_000 for at in some])
        out += live.read(cut, SOURCE)
        first += size
    return out


def assert_alike(values: list[bytes], **bounds: int) -> None:
    """See that messages of one poll say what each says in a poll of its own."""
    together, alone = heard(values, [len(values)], **bounds), heard(values, [1] * len(values), **bounds)
    assert_same(joined(together), joined(alone))
    assert letters(together).equals(letters(alone))
    counted = [sum(chunk.rejected_objects for chunk in chunks) for chunks in (together, alone)]
    assert counted[0] == counted[1]
    came = [
        [at for chunk in chunks if chunk.batch.came_us is not None for at in chunk.batch.came_us.tolist()]
        for chunks in (together, alone)
    ]
    assert came[0] == came[1]


def letters(chunks: list[Chunk]) -> pl.DataFrame:
    return pl.concat([chunk.dead for chunk in chunks]).sort("position", maintain_order=True)


@pytest.mark.parametrize("bounds", [{}, {"chunk_records": 10}, {"block_bytes": 2_000}])
@example(names=["a time in the future", *["good"] * 6])
@settings(max_examples=40)
@given(names=st.lists(st.sampled_from([*FINE, *KINDS]), min_size=1, max_size=8))
def test_a_poll_of_messages_says_what_each_says_alone(names: list[str], bounds: dict[str, int]) -> None:
    values = [MADE["good"], *(MADE[name] for name in names)]
    assert_alike(values, **bounds)


@settings(max_examples=40)
@given(values=st.lists(st.integers(0, 10_000).map(changed), min_size=2, max_size=8))
def test_so_do_messages_that_were_changed_on_their_way(values: list[bytes]) -> None:
    assert_alike([MADE["good"], *values])


def test_messages_of_one_type_are_decoded_as_one_and_what_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[int] = []
    kept = Batches._alone
    monkeypatch.setattr(Batches, "_alone", lambda self, one, *rest: alone.append(one.row) or kept(self, one, *rest))
    good = MADE["good"]
    assert len([chunk for chunk in heard([good] * 32, [32]) if len(chunk.batch)]) == 1
    assert alone == []
    heard([good] * 11 + [MADE["a time that is missing"]] + [good] * 20, [32])
    assert alone == [10, 11]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_field_whose_name_is_no_text_costs_its_message_and_no_other(at: int) -> None:
    """It ended the run, and one that came before was told as it."""
    values = [MADE["good"]] * 3
    values[at] = MADE["a name that is none"]
    told = letters(heard(values, [3]))
    assert told.select("position", "reason", "count").rows() == [(at, "bad_type", len(GOOD))]
    assert len(joined(heard(values, [3]))) == 2 * len(GOOD)


def test_what_nobody_foresaw_of_a_message_is_its_own_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise pa.ArrowInvalid("never seen before")

    monkeypatch.setattr("connectors.formats.arrow_messages.of_batch", fails)
    told = letters(heard([MADE["good"], MADE["cut"], MADE["a box of three"]], [3]))
    assert told.select("position", "reason").rows() == [(1, "bad_file"), (2, "bad_file")]
