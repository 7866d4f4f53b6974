"""A registry written as TOML that reads back equal: the one writer for imports and simulations.

It follows the types of `schemas.registry`, not a list of their fields: a table
inside a table is a header, a list of tables a `[[...]]`, everything else stands
on its own line, and what equals its default is left out.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime, time
from math import inf, isfinite
from pathlib import Path
from typing import Any

import msgspec

from schemas.errors import TilikError
from schemas.registry import Registry

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NOT_IN_TOML = re.compile("\x7f")


def to_toml(registry: Registry, heading: str) -> str:
    """Return the registry as a TOML text that begins with a comment.

    Parameters
    ----------
    registry
        Any registry, checked or not; its order of entries is kept.
    heading
        Said in comment lines at the top.
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for field in msgspec.structs.fields(registry):
        for entry in getattr(registry, field.name):
            lines += ["", f"[[{field.name}]]", *_table(_fields(entry), field.name)]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put a text in a file's place at once, so that nobody ever reads half of it.

    Raises
    ------
    TilikError
        It cannot be written there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise TilikError(f"{path}: cannot be written: {error.strerror}: correct the path or its rights") from error


def _fields(entry: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that differ from their defaults."""
    given = {field.name: (getattr(entry, field.name), field) for field in msgspec.structs.fields(entry)}
    return {name: value for name, (value, field) in given.items() if value is not None and value != _default(field)}


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _table(fields: dict[str, Any], path: str) -> list[str]:
    lines, below = [], []
    for name, value in fields.items():
        if isinstance(value, msgspec.Struct):
            below += [f"[{path}.{name}]", *_table(_fields(value), f"{path}.{name}")]
        elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            for entry in value:
                below += [f"[[{path}.{name}]]", *_table(_fields(entry), f"{path}.{name}")]
        else:
            lines.append(f"{name} = {_value(value)}")
    return lines + below


def _value(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        value = _fields(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return "inf" if value == inf else "-inf" if value == -inf else "nan"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Quote a text; of what JSON leaves as it is, TOML forbids the delete character alone."""
    return _NOT_IN_TOML.sub(r"\\u007f", json.dumps(text, ensure_ascii=False))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _moment(moment: datetime) -> str:
    """Write a time; TOML's offsets have whole minutes, so that odd ones are told in UTC."""
    offset = moment.utcoffset()
    return (moment.astimezone(UTC) if offset is not None and offset.total_seconds() % 60 else moment).isoformat()
