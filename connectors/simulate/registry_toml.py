"""A registry written as TOML: tables of tables as blocks, the rest inline, defaults left out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec

from schemas.registry import Registry


def to_toml(registry: Registry, heading: str) -> str:
    """Return the registry as a TOML text that begins with a comment."""
    lines = [f"# {line}" for line in heading.splitlines()]
    for kind in ("camera", "road", "place"):
        for entry in getattr(registry, kind):
            lines += ["", f"[[{kind}]]", *_table(_fields(entry), kind)]
    return "\n".join(lines) + "\n"


def _fields(entry: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that differ from their defaults."""
    return {
        field.name: getattr(entry, field.name)
        for field in msgspec.structs.fields(entry)
        if getattr(entry, field.name) != field.default
        and not (field.default_factory is not msgspec.NODEFAULT and not getattr(entry, field.name))
    }


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
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
