"""Bounds on what a sender may ask of a reader; docs/formats.md names them, and what becomes of what is larger.

One run stays below 1 GB whatever it is given: these are the parts of that sum which
its input decides. Where none is named, the numbers are ours: far above what streams
hold, and small enough together.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from schemas.frames import FRAMES, SIGNALS
from schemas.frames import OBJECTS as OBJECTS_SCHEMA

MIB: Final = 1 << 20
OBJECTS: Final = 65_535
"""Objects of a frame, and signals: what the counts of a minute row hold (16 bits)."""
TEXT_BYTES: Final = 1_024
"""Bytes of a name, a class, a track or any other text of a frame."""
DETAIL: Final = 1_024
"""Characters of what a dead letter says."""
TOGETHER: Final = 250_000
"""Objects and signals that are decoded at once, beside those of one frame."""
BATCH_BYTES: Final = 128 * MIB
"""A record batch of Arrow, unpacked, and the dictionaries of a file together."""
BATCH_ROWS: Final = 4 << 20
"""Rows of a record batch of Arrow."""
METADATA_BYTES: Final = 16 * MIB
"""What says how a record batch or a Parquet file is laid out."""
GROUP_BYTES: Final = 512 * MIB
"""A row group of Parquet, unpacked."""
COLUMN_BYTES: Final = 256 * MIB
"""One column of it."""
PAGE_BYTES: Final = 128 * MIB
"""The largest pages of its columns together, which are held at once."""
GROUP_OBJECTS: Final = 32 << 20
"""Objects of a row group."""
TEXTS: Final = [
    (of, name)
    for of, schema in (("frames", FRAMES), ("objects", OBJECTS_SCHEMA), ("signals", SIGNALS))
    for name, kind in schema.items()
    if kind == pl.String
]
"""Columns that are texts, and their tables."""


def exceeded(
    frames: pl.DataFrame, objects: pl.DataFrame, signals: pl.DataFrame, *, has_short_texts: bool = False
) -> dict[int, tuple[str, str]]:
    """Return reason and detail of the frames that hold too much, by row; texts known to be short are not looked at."""
    found: dict[int, tuple[str, str]] = {}
    for table, name in ((objects, "objects"), (signals, "signals")):
        if table.height > OBJECTS:
            count = np.bincount(table["frame"].to_numpy(), minlength=frames.height)
            for row in np.flatnonzero(count > OBJECTS).tolist():
                found[row] = "too_large", f"expected at most {OBJECTS:,} {name}, came {count[row]:,}"
    if has_short_texts:
        return found
    tables = {"frames": frames, "objects": objects, "signals": signals}
    for (of, name), longest in zip(TEXTS, _longest(tables), strict=True):
        if longest > TEXT_BYTES:
            sizes = tables[of][name].str.len_bytes()
            for at in (sizes > TEXT_BYTES).arg_true().to_list():
                said = f"expected a {name} of at most {TEXT_BYTES:,} bytes, came {sizes[at]:,}"
                found.setdefault(at if of == "frames" else tables[of]["frame"][at], ("too_large", said))
    return found


def _longest(tables: dict[str, pl.DataFrame]) -> list[int]:
    """Return the bytes of the longest text in each column of `TEXTS`, all at once: asking costs more than looking."""
    columns = [pl.lit(tables[of][name]).str.len_bytes().max().alias(str(i)) for i, (of, name) in enumerate(TEXTS)]
    return [0 if size is None else size for size in pl.select(columns).row(0)]
