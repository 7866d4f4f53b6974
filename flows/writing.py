"""An answer written as it comes: CSV or JSON to go on with, the beginning of a table to read.

Memory holds a piece of the answer, never the whole.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final

from flows import rendering
from flows.asking import NULL, Cell, Rows, Text

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN: Final = 1_000
"""Rows of a table that are shown: nobody reads more by eye."""

PIECE: Final = 2_000
"""Rows that are written at once."""

DIGITS: Final = 15
"""Digits of a binary fraction that mean something: the rest is noise of its last bit."""


FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d.,:]*$)")
"""Texts that a spreadsheet would run: they get an apostrophe. A number with its sign is none."""


def pieces(found: Rows | Text, form: str) -> Iterator[bytes]:
    """Yield an answer's bytes in a format of `WRITERS`, or as it is where the query asked for a format itself."""
    return found.chunks if isinstance(found, Text) else WRITERS[form](found)


def as_json(found: Rows) -> Iterator[bytes]:
    """Yield a list of objects, one a line; every digit as the server wrote it."""
    keys = [f"{',' if at else '{'}{json.dumps(name)}:".encode() for at, name in enumerate(found.names)]
    yield b"["
    start = b""
    for rows in _batches(found.cells):
        yield start + b",\n ".join(b"".join(chain(*zip(keys, row, strict=True), [b"}"])) for row in rows)
        start = b",\n "
    yield b"]\n"


def as_csv(found: Rows) -> Iterator[bytes]:
    """Yield CSV with a header; NULL is an empty field, and no text is a formula of a spreadsheet."""
    if found.names:
        yield _lines([found.names])
    for rows in _batches(found.cells):
        yield _lines([[_exact(bytes(cell)) for cell in row] for row in rows])


def as_table(found: Rows) -> Iterator[bytes]:
    """Yield the first rows as a table for the eye, and say how many there are."""
    kinds = [_is_binary(kind) for kind in found.kinds]
    shown = [
        [_value(bytes(cell), is_binary) for cell, is_binary in zip(row, kinds, strict=True)]
        for row in islice(found.cells, SHOWN)
    ]
    yield rendering.table(found.names, shown).encode()
    more = sum(1 for _ in found.cells)
    if more:
        yield f"... {len(shown):,} of {len(shown) + more:,} rows: --format csv or json writes all of them\n".encode()


WRITERS: Final[dict[str, Callable[[Rows], Iterator[bytes]]]] = {"table": as_table, "csv": as_csv, "json": as_json}
"""How `tilik query --format` writes an answer."""


def parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], out: BinaryIO) -> None:
    """Write Parquet: local times stay local, as Arrow's readers know them."""
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415  start-up time

    with ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _batches(cells: Iterator[list[Cell]]) -> Iterator[list[list[Cell]]]:
    while rows := list(islice(cells, PIECE)):
        yield rows


def _lines(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _exact(cell: bytes) -> str:
    """Return a cell's text: nothing for NULL, strings without quotes, numbers in digits, what is nested as JSON."""
    if cell == NULL:
        return ""
    if cell[:1] == b'"':
        text = str(json.loads(cell))
        return f"'{text}" if FORMULA.match(text) else text
    return rendering.digits(Decimal(cell.decode())) if b"e" in cell and cell[:1] in b"-0123456789" else cell.decode()


def _value(cell: bytes, is_binary: bool) -> object:
    """Return a cell's value for the eye."""
    value = json.loads(cell, parse_float=Decimal)
    return Decimal(f"{float(value):.{DIGITS}g}") if is_binary and isinstance(value, Decimal) else value


def _is_binary(kind: str) -> bool:
    return kind.removeprefix("Nullable(").startswith("Float")
