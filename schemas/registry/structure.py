"""From TOML tables to types, with every unknown, missing or mistyped field named: the registry's, and the alert rules'.

msgspec stops at the first mistake, so it is asked field by field once a document
as a whole does not convert. A field that fails takes a neutral value, which no
rule minds, so that the rules still see the rest of the table.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from schemas.cards import METRIC_NAMES
from schemas.plain import plain
from schemas.registry.entries import Point
from schemas.registry.mistakes import Flaw, did_you_mean, expected, under
from schemas.toml_lines import Path

S = TypeVar("S", bound=msgspec.Struct)

UNREAD = "?"
"""Neutral id or kind of a table whose own could not be read."""

Neutral = Mapping[str, Any]

NEUTRAL: Neutral = {
    "id": UNREAD,
    "kind": UNREAD,
    "area": "00",
    "fps": 1.0,
    "metrics": METRIC_NAMES,
    "polygon": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "points": ((0.0, 0.0), (1.0, 1.0)),
    "entry": "to_right",
}

WORDS: dict[Any, str] = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    datetime: "a date and time with its offset, such as 2026-01-05T00:00:00+07:00",
    Point: "two numbers [a, b]",
    tuple[int, int]: "two whole numbers [width, height]",
    tuple[str, ...]: "a list of texts",
    tuple[Point, ...]: "a list of points [[x, y], ...]",
    dict[str, str]: "a table of texts { key = 'text' }",
    dict[str, float]: "a table of numbers { key = 1.0 }",
}


class Read(NamedTuple):
    """A struct (None where there was none to read) and the flaws met."""

    value: Any
    flaws: list[Flaw]


def read(document: dict[str, Any], kind: type[S], neutral: Neutral) -> tuple[S, list[Flaw]]:
    """Turn a parsed TOML document into a type such as `Registry`, naming all structural mistakes.

    Parameters
    ----------
    neutral
        By field what stands for a value that could not be read, so that no rule minds it.
    """
    codes = list(_codes(document, ()))
    try:
        return msgspec.convert(document, kind), codes
    except msgspec.ValidationError:
        value, flaws = _struct(kind, document, neutral)
        return value, codes + flaws


def _codes(part: Any, path: Path) -> Iterator[Flaw]:
    """Yield texts that a terminal or a page would not show as they are."""
    if isinstance(part, str) and plain(part) != part:
        todo = "remove control codes, line breaks and marks of direction"
        yield Flaw(path, expected("a text of one line", repr(plain(part)[:40]), todo))
    elif isinstance(part, dict):
        for name, inner in part.items():
            yield from _codes(name, path)
            yield from _codes(inner, (*path, name))
    elif isinstance(part, list):
        for i, inner in enumerate(part):
            yield from _codes(inner, (*path, i))


def _struct(kind: type[msgspec.Struct], table: Any, neutral: Neutral) -> Read:
    """Read one table field by field."""
    if not isinstance(table, dict):
        return Read(None, [Flaw((), expected("a table", _short(table), "write it as [name] or { key = value }"))])
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    flaws = [_unknown(name, list(fields)) for name in table if name not in fields]
    values: dict[str, Any] = {}
    whole = True
    for name, field in fields.items():
        if name in table:
            value, found = _field(field.type, table[name], neutral)
        elif field.required:
            value, found = None, [Flaw((), expected(f"a field {name}", "none", f"add {name} = ..."))]
        else:
            continue
        flaws += under((name,) if name in table else (), found)
        if value is not None:
            values[field.name] = value
        elif name in neutral:
            values[field.name] = neutral[name]
        else:
            whole = whole and not field.required
    return Read(kind(**values) if whole else None, flaws)


def _unknown(name: str, fields: list[str]) -> Flaw:
    todo = did_you_mean(name, fields, "remove it; known are " + ", ".join(fields))
    return Flaw((name,), expected("a known field", name, todo))


def _field(annotation: Any, value: Any, neutral: Neutral) -> Read:
    """Read one field: a table, a list of tables, or a plain value."""
    inner = _inner(annotation)
    if _is_struct(inner):
        return _struct(inner, value, neutral)
    if get_origin(inner) is tuple and _is_struct(get_args(inner)[0]):
        return _tables(get_args(inner)[0], value, neutral)
    try:
        return Read(msgspec.convert(value, annotation), [])
    except (msgspec.ValidationError, ValueError) as error:
        return Read(None, [Flaw((), _mistyped(inner, value, error))])


def _tables(kind: type[msgspec.Struct], value: Any, neutral: Neutral) -> Read:
    name = kind.__name__.lower()
    if not isinstance(value, list):
        return Read(
            None, [Flaw((), expected(f"tables [[...{name}]]", _short(value), "double the brackets of its header"))]
        )
    rows = [_struct(kind, row, neutral) for row in value]
    flaws = [flaw for i, row in enumerate(rows) for flaw in under((i,), row.flaws)]
    values = tuple(row.value for row in rows)
    return Read(None if None in values else values, flaws)


def _mistyped(annotation: Any, value: Any, error: Exception) -> str:
    if get_origin(annotation) is Literal:
        words = [str(word) for word in get_args(annotation)]
        return expected("one of " + ", ".join(words), _short(value), did_you_mean(value, words, "choose one of them"))
    where = str(error).partition("`$")[2].partition("`")[0]
    todo = f"correct the value at {where}" if where else "correct the value"
    return expected(WORDS[annotation], _short(value), todo)


def _inner(annotation: Any) -> Any:
    """Return X of ``X | None``."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
