"""Answers of ClickHouse: Arrow tables, with DateTime as a timestamp instead of a bare number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from clickhouse_connect.driver.client import Client
from urllib3 import HTTPResponse

CHUNK: Final = 1 << 20
"""Bytes of an answer that are read at once."""

MOST_DESCRIBED: Final = 500
"""Questions of which it is remembered what their answers are; ours."""

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
        return [tuple(row) for row in zip(*(_values(column) for column in self.table.columns), strict=True)]

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.table[column]

    def values(self, column: str) -> list[Any]:
        """Return the values of a column."""
        return _values(self.table[column])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table to any Arrow library."""
        return self.table.__arrow_c_stream__(requested_schema)

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return rows by column name."""
        names = self.column_names
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values; times by polars, as pyarrow would load pandas for them (half a second)."""
    found: list[Any] = pl.Series(column).to_list() if pa.types.is_timestamp(column.type) else column.to_pylist()
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


@dataclass(frozen=True, slots=True)
class Batches:
    """An answer as Arrow record batches that come bit by bit."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    close: Callable[[], None]


class Described:
    """As what answers to the questions of before were described: to ask for that is to have them analysed again."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, pa.Schema], pa.Schema] = {}

    def wanted(self, sql: str, schema: pa.Schema, describe: Callable[[], pa.Schema]) -> pa.Schema:
        """Return what an answer that came by this schema is made into."""
        found = self._wanted.get((sql, schema))
        if found is None:
            found = describe()
            if len(self._wanted) >= MOST_DESCRIBED:
                self._wanted.clear()
            self._wanted[sql, schema] = found
        return found


def ask(client: Client, sql: str, parameters: Mapping[str, Any] | None, described: Described) -> Answer:
    """Answer one query.

    Parameters
    ----------
    described
        Of the client's other questions.

    Returns
    -------
    Columns named as ClickHouse names them; DateTime columns are timestamp[s] in their zone.
    """
    text, given = _bare(sql), dict(parameters or {})
    table = client.query_arrow(text, parameters=given, use_strings=True)
    wanted = described.wanted(text, table.schema, lambda: _wanted(client, text, given, table.schema))
    return Answer(_cast(table, wanted))


def batches(client: Client, sql: str) -> Batches:
    """Answer one query bit by bit; columns as those of `ask`."""
    text = _bare(sql)
    reply = cast("HTTPResponse", client.raw_stream(text, fmt="ArrowStream", settings=_ARROW))
    reader = pa.ipc.open_stream(reply)
    wanted = _wanted(client, text, {}, reader.schema)
    return Batches(wanted, (_cast(batch, wanted) for batch in reader), reply.close)


_ARROW: Final = {"output_format_arrow_string_as_string": 1, "wait_end_of_query": 1}


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")


def _wanted(client: Client, sql: str, given: dict[str, Any], schema: pa.Schema) -> pa.Schema:
    """Return a schema whose DateTime columns are times: Arrow has them as bare numbers of seconds."""
    if not any(pa.types.is_uint32(field.type) for field in schema):
        return schema
    if not re.match(r"\s*(--[^\n]*\n\s*)*(select|with|\()", sql, re.IGNORECASE):
        return schema
    described = client.query(f"DESCRIBE TABLE ({sql}\n)", parameters=given)
    for at, (name, kind, *_) in enumerate(described.result_rows):
        found = _DATETIME.match(kind)
        if found and pa.types.is_uint32(schema.field(at).type):
            schema = schema.set(at, pa.field(name, pa.timestamp("s", found[1] or "UTC"), schema.field(at).nullable))
    return schema


T = TypeVar("T", pa.Table, pa.RecordBatch)


def _cast(rows: T, wanted: pa.Schema) -> T:
    """Return rows by a schema that differs from theirs in times alone."""
    columns = [
        column if column.type == field.type else pc.cast(pc.cast(column, pa.int64()), field.type)
        for column, field in zip(rows.columns, wanted, strict=True)
    ]
    return type(rows).from_arrays(columns, schema=wanted)
