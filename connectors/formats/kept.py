"""What is kept of a record that could not be used: what Tilik reads, and nothing else of it.

A refused record is kept for some days so that it can be repaired. It may hold plates,
names, age, gender, vectors of faces: so it is parsed, and by the same allow-list as
readers have only the fields that are read stay, each only where its value is of the
kind that is meant. In the place of another stands what kind it was. A record that
cannot be parsed is kept only by those who ask for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any, Final

import polars as pl

from connectors.formats import kept_fields, nvschema_messages
from connectors.formats.kept_rows import numbers
from connectors.formats.nvschema_messages import Unreadable
from schemas.came import came

SSE: Final = re.compile(rb"^\s*data:")
LONGEST_DETAIL: Final = 300
"""Characters of what is said of a letter."""
QUOTED: Final = re.compile(r"""(?<!\w)b?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
CAMERA: Final = re.compile(r"^camera (.+?)(?=: all boxes )")
"""How a detail begins that names a camera before anybody knows whether it is registered."""


def letters(
    rows: pl.DataFrame, kind: str, known: Container[str], ours: Container[str] = (), *, keeps_unreadable: bool = False
) -> pl.DataFrame:
    """Return dead letters (`schemas.frames.DEAD_LETTERS`) as they are kept.

    Parameters
    ----------
    kind
        The format of their records.
    known
        Ids of the registry: a detail may name these.
    ours
        Reasons of letters whose records were read and written again (`kept_batch`).
    keeps_unreadable
        Records that cannot be parsed are kept as they came, else not at all.
    """
    raw = [
        each if reason in ours else _kept(each, kind, keeps_unreadable=keeps_unreadable)
        for reason, each in rows.select("reason", "raw").iter_rows()
    ]
    said = {detail: told(detail, known) for detail in rows["detail"].unique().drop_nulls()}
    return rows.with_columns(
        pl.Series("raw", raw, dtype=pl.Binary), rows["detail"].replace(said) if said else rows["detail"]
    )


def _kept(raw: bytes | None, kind: str, *, keeps_unreadable: bool) -> bytes | None:
    if not raw:
        return None
    found = record(raw, kind)
    return raw if found is None and keeps_unreadable else found


def record(raw: bytes, kind: str) -> bytes | None:
    """Return what is kept of a record; None where it cannot be parsed."""
    if kind == "mot":
        return numbers(raw)
    try:
        cut = kept_fields.FORMATS[kind](_parsed(raw, kind))
        return json.dumps(cut, separators=(",", ":")).encode()
    except (ValueError, RecursionError, Unreadable):
        return None


def _parsed(raw: bytes, kind: str) -> Any:
    """Return a record as JSON values; one of protobuf is kept as its format's JSON, by which it can be mended."""
    try:
        return json.loads(SSE.sub(b"", raw))
    except ValueError:
        if kind != "nvschema-protobuf":
            raise
        return nvschema_messages.as_json(raw)


def told(detail: str, known: Container[str]) -> str:
    """Return a detail without what it quotes, but for ids that the registry knows."""

    def quoted(found: re.Match[str]) -> str:
        inner = found[1] if found[1] is not None else found[2]
        return found[0] if inner in known else came(inner)

    def named(found: re.Match[str]) -> str:
        return found[0] if found[1] in known else f"camera (an id of {len(found[1])} characters)"

    said = QUOTED.sub(quoted, CAMERA.sub(named, detail))
    return said if len(said) <= LONGEST_DETAIL else f"{said[:LONGEST_DETAIL]}..."
