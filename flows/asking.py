"""Answers for people and scripts, with every value exact, row by row as they come.

The server writes JSON itself, so that what Arrow has no type for (wide integers,
addresses, enums, times in arrays) arrives as it is; cells stay the JSON they came
as until somebody wants values. Times are UTC with a Z, or carry the offset of
their column's zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

FORM: Final = "JSONCompactEachRowWithNamesAndTypes"
SETTINGS: Final[dict[str, int | str]] = {
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_decimals": 0,
    "output_format_json_quote_denormals": 0,
    "date_time_output_format": "iso",
    "wait_end_of_query": 1,
}
"""Numbers as numbers, NaN and infinities as null, times in ISO 8601, no answer that breaks off half-way."""

Cell = msgspec.Raw
"""A value as the JSON that the server wrote."""

NULL: Final = b"null"

KEPT: Final = 4_096
"""Local times that are kept: rows of one minute share theirs."""

_ZONED: Final = re.compile(r"(?:Nullable\()?DateTime(?:64)?\((?:\d+, )?'([^']+)'\)")
_ROWS: Final = msgspec.json.Decoder(list[Cell])


Row: TypeAlias = list[Any]
"""Values in the order of the columns; which type each has, only the query knows."""


class Answer(NamedTuple):
    """Rows in the order of the columns; numbers are int, bool or Decimal."""

    column_names: list[str]
    rows: list[Row]


class Rows(NamedTuple):
    """An answer that comes bit by bit."""

    names: list[str]
    kinds: list[str]  # types as the server names them
    cells: Iterator[list[Cell]]


class Text(NamedTuple):
    """An answer in the format that the query itself asked for."""

    chunks: Iterator[bytes]


class Streamed(Protocol):
    """An answer's bytes, and the format they came in."""

    @property
    def form(self) -> str:
        """Name of the format."""

    @property
    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces of any size."""


class Store(Protocol):
    """Whatever answers SQL as text."""

    def stream(self, sql: str, form: str, settings: Mapping[str, int | str]) -> AbstractContextManager[Streamed]:
        """Answer a query in one of ClickHouse's own formats: `form`, unless the query names one."""


def ask(store: Store, sql: str) -> Answer:
    """Answer a query whose answer is small."""
    with store.stream(sql, FORM, SETTINGS) as streamed:
        found = rows(streamed.chunks)
        return Answer(found.names, [[value(cell) for cell in row] for row in found.cells])


def value(cell: Cell) -> object:
    """Return a cell's value, with every digit."""
    return json.loads(bytes(cell), parse_float=Decimal)


def read(streamed: Streamed) -> Rows | Text:
    """Return an answer as rows, or as the text that the query asked for."""
    return rows(streamed.chunks) if streamed.form == FORM else Text(streamed.chunks)


def rows(chunks: Iterator[bytes]) -> Rows:
    """Return the rows of an answer in `FORM`."""
    blocks = _whole_lines(chunks)
    names, kinds, first = _head(next(blocks, b""))
    zones = {at: ZoneInfo(zone) for at, kind in enumerate(kinds) if (zone := _zone(kind)) != "UTC"}
    cells = (row for block in chain([first], blocks) for row in _ROWS.decode_lines(block))
    return Rows(names, kinds, _moved(cells, zones))


def _head(block: bytes) -> tuple[list[str], list[str], bytes]:
    """Return names, types and what follows of an answer's first piece."""
    names, _, rest = block.partition(b"\n")
    kinds, _, rest = rest.partition(b"\n")
    return json.loads(names or b"[]"), json.loads(kinds or b"[]"), rest


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut an answer where lines end; its first piece holds two lines at least, where there are two."""
    kept: list[bytes] = []
    least = 2
    for chunk in chunks:
        kept.append(chunk)
        if b"\n" not in chunk:
            continue
        whole = b"".join(kept)
        if whole.count(b"\n") >= least:
            end = whole.rindex(b"\n") + 1
            yield whole[:end]
            kept, least = [whole[end:]], 1
    if rest := b"".join(kept):
        yield rest


def _moved(cells: Iterator[list[Cell]], zones: Mapping[int, ZoneInfo]) -> Iterator[list[Cell]]:
    """Move times to the zones of their columns."""
    movers = {at: lru_cache(KEPT)(partial(_local, zone)) for at, zone in zones.items()}
    for row in cells:
        for at, move in movers.items():
            row[at] = move(bytes(row[at]))
        yield row


def _zone(kind: str) -> str:
    found = _ZONED.match(kind)
    return found[1] if found else "UTC"


def _local(zone: ZoneInfo, cell: bytes) -> Cell:
    """Move an ISO time that ends in Z to a zone, keeping its fraction of a second as it is."""
    if cell == NULL:
        return Cell(cell)
    text = cell.decode()[1:-1]
    whole, fraction = text[:19], text[19:-1]
    moved = datetime.fromisoformat(f"{whole}+00:00").astimezone(zone).isoformat()
    return Cell(f'"{moved[:19]}{fraction}{moved[19:]}"'.encode())
