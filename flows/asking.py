"""Answers for people and scripts, with every value exact.

The server writes JSON itself, so that what Arrow has no type for (wide integers,
addresses, enums, times in arrays) arrives as it is; numbers are read as decimal
digits. Times are UTC with a Z, or carry the offset of their column's zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from zoneinfo import ZoneInfo

FORM: Final = "JSONCompactEachRowWithNamesAndTypes"
SETTINGS: Final[dict[str, int | str]] = {
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_decimals": 0,
    "output_format_json_quote_denormals": 0,
    "date_time_output_format": "iso",
    "wait_end_of_query": 1,
}
"""Numbers as numbers, NaN and infinities as null, times in ISO 8601, no answer that breaks off half-way."""

_ZONED: Final = re.compile(r"(?:Nullable\()?DateTime(?:64)?\((?:\d+, )?'([^']+)'\)")


Row: TypeAlias = list[Any]
"""Values in the order of the columns; which type each has, only the query knows."""


class Answer(NamedTuple):
    """Rows in the order of the columns; numbers are int, bool or Decimal."""

    column_names: list[str]
    rows: list[Row]


class Store(Protocol):
    """Whatever answers SQL as text."""

    def text(self, sql: str, form: str, settings: Mapping[str, int | str]) -> bytes:
        """Answer a query in one of ClickHouse's own formats."""


def ask(store: Store, sql: str) -> Answer:
    """Answer a query."""
    lines = store.text(sql, FORM, SETTINGS).decode(errors="replace").splitlines()
    if not lines:
        return Answer([], [])
    names, types, *rows = (json.loads(line, parse_float=Decimal) for line in lines)
    zones = {at: ZoneInfo(zone) for at, kind in enumerate(types) if (zone := _zone(kind)) != "UTC"}
    for row in rows if zones else ():
        for at, info in zones.items():
            row[at] = None if row[at] is None else _local(row[at], info)
    return Answer(names, rows)


def _zone(kind: str) -> str:
    found = _ZONED.match(kind)
    return found[1] if found else "UTC"


def _local(text: str, zone: ZoneInfo) -> str:
    """Move an ISO time that ends in Z to a zone, keeping its fraction of a second as it is."""
    whole, fraction = text[:19], text[19:-1]
    moved = datetime.fromisoformat(f"{whole}+00:00").astimezone(zone).isoformat()
    return moved[:19] + fraction + moved[19:]
