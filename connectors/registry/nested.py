"""JSON of any shape as a plain list: where the cameras stand in a document, and their nested values as columns.

A nested value becomes a column by its path (`location.coordinates.lat`), two
numbers or a GeoJSON point become one cell of latitude and longitude, and a list
of words its words. What else is nested keeps its column, so that it can be named
as not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

DEEPEST: Final = 4
"""Objects around a list, or around a value, that are looked into; ours."""
SHOWN: Final = 80
"""Characters kept of a value that is no cell."""
SERVICE: Final = "meta"
"""Where Socrata's `rows.json` describes the columns of its arrays."""


class Found(NamedTuple):
    """The list of a document: its items, and the keys under which it stands."""

    items: list[Any]
    path: tuple[str, ...]


def find(document: Any) -> Found | None:
    """Return the longest list of objects or arrays of a document; a table of objects by id is one too."""
    if isinstance(document, list):
        return Found(_joined(document), ())
    found = list(_lists(document, (), DEEPEST))
    if found:
        return max(found, key=lambda one: len(one.items))
    if isinstance(document, dict) and document and all(isinstance(value, dict) for value in document.values()):
        return Found([{"id": name} | value for name, value in document.items()], ())
    return None


def _lists(value: Any, path: tuple[str, ...], deep: int) -> Iterator[Found]:
    if not isinstance(value, dict) or not deep:
        return
    for key, inner in value.items():
        if key == SERVICE:
            continue
        if isinstance(inner, list) and any(isinstance(one, dict | list) for one in inner):
            yield Found(_joined(inner), (*path, key))
        else:
            yield from _lists(inner, (*path, key), deep - 1)


def _joined(items: list[Any]) -> list[Any]:
    """Return pages of objects as one list."""
    is_paged = items and all(isinstance(page, list) and all(isinstance(one, dict) for one in page) for page in items)
    return [one for page in items for one in page] if is_paged else items


def tabled(document: Any, items: list[Any]) -> list[Any]:
    """Turn arrays below a row of names, or described by Socrata's `meta`, into objects."""
    if not items or not all(isinstance(row, list) for row in items):
        return items
    described = _described(document)
    names = described if described is not None else items[0]
    if not all(isinstance(name, str) for name in names):
        return items
    return [dict(zip(names, row, strict=False)) for row in (items if described is not None else items[1:])]


def _described(document: Any) -> list[str] | None:
    try:
        return [str(column["name"]) for column in document[SERVICE]["view"]["columns"]]
    except (TypeError, KeyError):
        return None


class Cells(NamedTuple):
    """An object's values as texts by path, and which of them were a list of two numbers."""

    values: dict[str, str]
    pairs: frozenset[str]


def flat(item: dict[str, Any]) -> Cells:
    """Return all values of an object, nested ones by their path."""
    values: dict[str, str] = {}
    pairs: set[str] = set()
    for name, value, is_pair in _walk(item, "", DEEPEST):
        values.setdefault(name, value)
        if is_pair:
            pairs.add(name)
    return Cells(values, frozenset(pairs))


def _walk(item: dict[str, Any], before: str, deep: int) -> Iterator[tuple[str, str, bool]]:
    for key, value in item.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and (point := geojson_point(value)) is not None:
            yield name, point, False
        elif isinstance(value, dict) and value and deep:
            yield from _walk(value, f"{name}.", deep - 1)
        elif isinstance(value, list) and (two := two_numbers(value)) is not None:
            yield name, f"{two[0]}, {two[1]}", True
        elif isinstance(value, list) and value and all(isinstance(one, str | int | float) for one in value):
            yield name, ", ".join(map(plain, value)), False
        elif isinstance(value, dict | list):
            yield name, json.dumps(value, ensure_ascii=False)[:SHOWN] if value else "", False
        else:
            yield name, plain(value), False


def geojson_point(value: dict[str, Any]) -> str | None:
    """Return a GeoJSON point, which has its longitude first, as latitude and longitude."""
    if value.get("type") != "Point":
        return None
    at = value.get("coordinates")
    two = two_numbers(at) if isinstance(at, list) else None
    return None if two is None else f"{two[1]}, {two[0]}"


def two_numbers(value: list[Any]) -> tuple[str, str] | None:
    """Return the first two of two or three numbers, which may be texts."""
    if len(value) not in (2, 3) or isinstance(value[0], bool):
        return None
    texts = [plain(one) for one in value if isinstance(one, int | float | str)]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return None
    return (texts[0], texts[1]) if len(numbers) == len(value) else None


def plain(value: Any) -> str:
    """Return a value as a cell's text."""
    return "" if value is None else str(value).strip()
