"""What came, in words that say its kind and size and never its value: a value may be a plate or a name."""

from __future__ import annotations

from typing import Final

KINDS: Final = {bool: "a truth value", int: "a number", float: "a number", type(None): "None"}


def came(value: object) -> str:
    """Return the kind of a value, and how long it is."""
    if isinstance(value, str):
        return _of("a text", len(value), "character") if value else "an empty text"
    if isinstance(value, bytes):
        return _of("a text", len(value), "byte")
    if isinstance(value, list | tuple):
        return _of("a list", len(value), "entry") if value else "an empty list"
    if isinstance(value, dict):
        return _of("an object", len(value), "field") if value else "an empty object"
    return KINDS.get(type(value), f"a {type(value).__name__}")


def kind(value: object) -> str:
    """Return the kind of a value alone: of a text that stands in a person's place even its length says something."""
    if isinstance(value, str):
        return "a text" if value else "an empty text"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    return came(value)


def _of(what: str, many: int, unit: str) -> str:
    plural = {"entry": "entries"}.get(unit, f"{unit}s")
    return f"{what} of {many:,} {unit if many == 1 else plural}"
