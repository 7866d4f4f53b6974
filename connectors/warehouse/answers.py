"""Answers of ClickHouse: Arrow tables, with DateTime as a timestamp instead of a bare number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc
from clickhouse_connect.driver.client import Client
from urllib3 import HTTPResponse

CHUNK: Final = 1 << 20
"""Bytes of an answer that are read at once."""

_DATETIME = re.compile(r"(?:Nullable\()?DateTime(?:\('([^']+)'\))?\)?$")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `table` is Arrow; rows as Python values for what prints or unpacks them.

    Polars and pyarrow take it as it is (`pl.DataFrame(answer)`).
    """

    table: pa.Table

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""
        names: list[str] = self.table.column_names
        return names

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Rows in the order of the columns."""
        return [tuple(row) for row in zip(*(column.to_pylist() for column in self.table.columns), strict=True)]

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.table[column]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table to any Arrow library."""
        return self.table.__arrow_c_stream__(requested_schema)

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return rows by column name."""
        found: list[dict[str, Any]] = self.table.to_pylist()
        return found


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer's bytes as they come, and the format they come in."""

    form: str
    chunks: Iterator[bytes]
    close: Callable[[], None]


def stream(client: Client, sql: str, form: str, settings: Mapping[str, int | str]) -> Streamed:
    """Answer one query as bytes; the format goes beside the query, whose errors then tell of nothing it did not say."""
    wanted = {"X-ClickHouse-Format": form}
    reply = cast("HTTPResponse", client.raw_stream(sql, settings=dict(settings), transport_settings=wanted))
    return Streamed(reply.headers.get("X-ClickHouse-Format", form), reply.stream(CHUNK), reply.close)


def ask(client: Client, sql: str, parameters: Mapping[str, Any] | None) -> Answer:
    """Answer one query.

    Returns
    -------
    Columns named as ClickHouse names them; DateTime columns are timestamp[s] in their zone.
    """
    text = sql.strip().rstrip(";")
    given = dict(parameters or {})
    table = client.query_arrow(text, parameters=given, use_strings=True)
    if not any(pa.types.is_uint32(field.type) for field in table.schema):
        return Answer(table)
    if not re.match(r"\s*(--[^\n]*\n\s*)*(select|with|\()", text, re.IGNORECASE):
        return Answer(table)
    described = client.query(f"DESCRIBE TABLE ({text}\n)", parameters=given)
    for position, row in enumerate(described.result_rows):
        found = _DATETIME.match(row[1])
        if found and pa.types.is_uint32(table.schema.field(position).type):
            column = pc.cast(table.column(position), pa.int64()).cast(pa.timestamp("s", found[1] or "UTC"))
            table = table.set_column(position, row[0], column)
    return Answer(table)
