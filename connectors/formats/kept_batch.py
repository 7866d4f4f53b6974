"""What is kept of frames that were read and stay out: the same as of records, column by column."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from connectors.formats.kept_fields import MASKS, MOST_OF_ID, is_class
from schemas import track_names
from schemas.class_words import UNLISTED
from schemas.frames import FrameBatch

IDS: Final = rf"^[\w.\-:/]{{0,{MOST_OF_ID}}}$"
HASHES: Final = r"^[0-9A-Fa-f]{0,128}$"


def without_names(batch: FrameBatch) -> FrameBatch:
    """Return a batch whose texts are ids, words of lists, or hashes."""
    objects, signals, frames = batch.objects, batch.signals, batch.frames
    strange = [word for word in objects["class"].unique().drop_nulls() if word and not is_class(word)]
    if strange:
        objects = objects.with_columns(pl.col("class").replace(dict.fromkeys(strange, UNLISTED)))
    objects = objects.with_columns(
        track_names.column(objects["track"]), mask=pl.when(pl.col("mask").is_in(MASKS)).then("mask")
    )
    signals = signals.with_columns(_only(name, IDS) for name in ("kind", "zone"))
    frames = frames.with_columns(_only("camera", IDS), _only("image_hash", HASHES))
    return replace(batch, frames=frames, objects=objects, signals=signals)


def _only(name: str, pattern: str) -> pl.Expr:
    """Return a column's texts that match; of another how long it is."""
    size = pl.format("<a text of {} characters>", pl.col(name).str.len_chars())
    return pl.when(pl.col(name).str.contains(pattern) | pl.col(name).is_null()).then(name).otherwise(size).alias(name)
