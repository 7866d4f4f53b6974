"""Which figures a rule may go by, and what a row of their view stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schemas.rules.entries import Rule
from schemas.views import types
from schemas.views.sql import LENGTH_S
from schemas.words import LEVELS

GRAINS: Final = ("minute", "quarter", "hour")
"""Windows that a rule may go by: a day is over before anybody could act."""

KEYS: Final = ("camera_id", "zone_id", "line_id", "direction", "class", "place_id", "road")
"""Columns by which a view's rows are told apart, where it has them."""
NARROWS: Final = ("area", "category", "owner", "place", "camera", "zone")
"""What a rule may be narrowed to."""
_COLUMNS: Final = {"camera": "camera_id", "zone": "zone_id"}
_NUMBERS: Final = ("Float64", "UInt8", "UInt16", "UInt32", "UInt64", "Int64")
_COMMON: Final = frozenset(("frames", "observed_ms", "expected_ms", "revision", "generation", "params_hash", "uptime"))


def views() -> list[str]:
    """Return the views that a rule may name."""
    return [name for name in types.read() if name.rpartition("_")[2] in GRAINS and name != "flow_sheet_quarter"]


def columns(view: str) -> dict[str, str]:
    """Return a view's columns with their types."""
    return types.read()[view].columns


def figures(view: str) -> list[str]:
    """Return the figures of a view that a rule may go by: numbers, and levels."""
    return [name for name, kind in columns(view).items() if _is_figure(name, kind)]


def is_level(figure: str) -> bool:
    """Say whether a figure is a level, told by `at_least`."""
    return figure in ("level", "los")


def subject(view: str) -> tuple[str, ...]:
    """Return the columns by which its rows are told apart."""
    found = columns(view)
    if "area_level" in found:
        return ("area", *(name for name in ("class",) if name in found))
    if "road" in found:
        return ("road", "direction")
    return tuple(name for name in KEYS if name in found)


def narrowed_by(rule: Rule) -> tuple[str, ...]:
    """Return what a rule may be narrowed to."""
    if rule.silent:
        return ()
    if rule.blind is not None:
        return ("area",)
    if not rule.figure:
        return NARROWS
    found = columns(rule.figure.partition(".")[0])
    own = [name for name in NARROWS if _COLUMNS.get(name, name) in found]
    return (*own, "place") if "place_id" in found or "camera_id" in found else tuple(own)


def column(narrow: str) -> str:
    """Return the column that says what a rule is narrowed to."""
    return _COLUMNS.get(narrow, narrow)


def length_us(view: str) -> int:
    """Return how long a window of a view is [us]."""
    return LENGTH_S[view.rpartition("_")[2]] * 1_000_000


def levels_from(level: str) -> Iterable[str]:
    """Return a level and those that are worse."""
    return LEVELS[LEVELS.index(level) :]


def _is_figure(name: str, kind: str) -> bool:
    inner = kind.removeprefix("Nullable(").removesuffix(")")
    return is_level(name) or name == "uptime" or (inner in _NUMBERS and name not in _COMMON and inner != kind)
