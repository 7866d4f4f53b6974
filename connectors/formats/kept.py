"""What is kept of a record that could not be used: what Tilik reads, and nothing else of it.

A refused record is kept for some days so that it can be repaired. It may hold plates,
names, age, gender, vectors of faces: so it is parsed, and by the same allow-list as
readers have only the fields that are read stay, each only where its value is of the
kind that is meant. In the place of another stands what kind it was, and in the place of a
name its hash (`kept_fields`). A record that cannot be parsed is kept only by those who ask
for it. What is still longer than `RAW_BYTES` loses its last objects, and its letter says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container
from typing import Any, Final, NamedTuple

import polars as pl

from connectors.files import RAW_BYTES
from connectors.formats import kept_fields, nvschema_messages
from connectors.formats.kept_cuts import Cuts, Names
from connectors.formats.kept_rows import numbers
from connectors.formats.nvschema_messages import Unreadable
from schemas.came import came
from schemas.counting import counted

SSE: Final = re.compile(rb"^\s*data:")
LONGEST_DETAIL: Final = 300
"""Characters of what is said of a letter."""
QUOTED: Final = re.compile(r"""(?<!\w)b?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
CAMERA: Final = re.compile(r"^camera (.+?)(?=: all boxes )")
"""How a detail begins that names a camera before anybody knows whether it is registered."""


class Kept(NamedTuple):
    """What is kept of a record, and what was cut off it, '' where nothing was."""

    raw: bytes | None
    cut: str = ""


OURS: Final = "ours"
"""Form of a record that was read and is written again by us; of others it is their format."""
COLUMNS: Final = {"form": pl.String(), "cut": pl.String(), "part": pl.UInt64()}
"""Columns of letters that are kept beside `schemas.frames.DEAD_LETTERS`."""


def letters(
    rows: pl.DataFrame,
    kind: str,
    known: Container[str],
    ours: Container[str] = (),
    *,
    words: Container[str] = (),
    keeps_unreadable: bool = False,
) -> pl.DataFrame:
    """Return dead letters (`schemas.frames.DEAD_LETTERS` and `COLUMNS`) as they are kept.

    Parameters
    ----------
    kind
        The format of their records.
    known
        Ids of the registry: a detail may name these, and a record too.
    ours
        Reasons of letters whose records were read and written again (`kept_batch`).
    words
        Words of the class map: a record may hold these.
    keeps_unreadable
        Records that cannot be parsed are kept as they came, else not at all.
    """
    cuts = kept_fields.formats(Names(known, words))
    kept: list[tuple[Kept, str]] = []
    for reason, raw in rows.select("reason", "raw").iter_rows():
        if reason in ours:
            kept.append((_fitting_line(raw), OURS))
        else:
            kept.append((_kept(raw, kind, cuts, keeps_unreadable=keeps_unreadable), FORMS.get(kind, kind)))
    said = {detail: told(detail, known) for detail in rows["detail"].unique().drop_nulls()}
    out = rows.with_columns(
        pl.Series("raw", [each.raw for each, _ in kept], dtype=pl.Binary),
        rows["detail"].replace(said) if said else rows["detail"],
        pl.Series("form", [form for _, form in kept], dtype=pl.String),
        pl.Series("cut", [each.cut for each, _ in kept], dtype=pl.String),
        pl.Series("part", [_part(each.raw) for each, _ in kept], dtype=pl.UInt64),
    )
    is_cut = pl.col("cut") != ""
    out = out.with_columns(detail=pl.when(is_cut).then(pl.format("{}; {}", "detail", "cut")).otherwise("detail"))
    return _counted(out)


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row a letter: parts of one record that read the same are one, counted as often as they came."""
    by = ["source", "position", "reason", "part"]
    whole = rows.group_by(by, maintain_order=True).agg(pl.all().exclude(*by, "count").first(), pl.col("count").sum())
    return whole.select(rows.columns)


def _part(raw: bytes | None) -> int:
    """Return what a part of a record is known by: of what is kept of it, so that it says no more."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little") if raw else 0


FORMS: Final = {"arrow": "native", "nvschema-protobuf": "nvschema"}
"""Formats whose records are kept as another's."""


def _kept(raw: bytes | None, kind: str, cuts: Cuts, *, keeps_unreadable: bool) -> Kept:
    if not raw:
        return Kept(None)
    found = parsed(raw, kind, cuts)
    if found.raw is not None or not keeps_unreadable:
        return found
    return Kept(raw[:RAW_BYTES], "kept is its beginning" if len(raw) > RAW_BYTES else "")


def parsed(raw: bytes, kind: str, cuts: Cuts = kept_fields.FORMATS) -> Kept:
    """Return what is kept of a record; nothing where it cannot be parsed."""
    if kind == "mot":
        return Kept(numbers(raw[:RAW_BYTES]))
    try:
        return _fitting(cuts[kind](_values(raw, kind)))
    except (ValueError, RecursionError, Unreadable):
        return Kept(None)


def _values(raw: bytes, kind: str) -> Any:
    """Return a record as JSON values; one of protobuf is kept as its format's JSON, by which it can be mended."""
    try:
        return json.loads(SSE.sub(b"", raw))
    except ValueError:
        if kind != "nvschema-protobuf":
            raise
        return nvschema_messages.as_json(raw)


def _fitting_line(raw: bytes) -> Kept:
    return Kept(raw) if len(raw) <= RAW_BYTES else _fitting(json.loads(raw))


def _fitting(value: Any) -> Kept:
    """Return a value as JSON; without its last objects where it is too long, without anything where that is no help."""
    written = _written(value)
    if len(written) <= RAW_BYTES:
        return Kept(written)
    holders = [name for name in LISTS if isinstance(value, dict) and isinstance(value.get(name), list)]
    for name in holders:
        whole = value[name]
        few, many = 0, len(whole)
        while few + 1 < many:  # as many as fit
            some = (few + many) // 2
            few, many = (some, many) if len(_written({**value, name: whole[:some]})) <= RAW_BYTES else (few, some)
        if len(left := _written({**value, name: whole[:few]})) <= RAW_BYTES:
            return Kept(left, f"kept are {few:,} of its {counted(len(whole), name)}, more do not fit")
    return Kept(None, f"not kept: {counted(len(written), 'bytes')}, {RAW_BYTES:,} fit")


LISTS: Final = ("objects", "detections", "signals")
"""Fields that hold what a frame has many of."""


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def told(detail: str, known: Container[str]) -> str:
    """Return a detail without what it quotes, but for ids that the registry knows."""

    def quoted(found: re.Match[str]) -> str:
        inner = found[1] if found[1] is not None else found[2]
        return found[0] if inner in known else came(inner)

    def named(found: re.Match[str]) -> str:
        return found[0] if found[1] in known else f"camera (an id of {len(found[1])} characters)"

    said = QUOTED.sub(quoted, CAMERA.sub(named, detail))
    return said if len(said) <= LONGEST_DETAIL else f"{said[:LONGEST_DETAIL]}..."
