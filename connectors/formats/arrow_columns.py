"""Our columns of a record batch whose buffers are sound, each cast once however often it is asked for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from connectors.formats import arrow_casts as casts
from connectors.formats import arrow_layout as layout
from connectors.formats import limits
from connectors.formats.chunks import WITHOUT_BOX, Draft, table
from connectors.formats.native_lines import LARGEST_PX, LARGEST_SEQ
from schemas.frames import FRAMES, SIGNALS

TEXTS: Final = {"": ("camera", "ts_source"), "objects": ("class", "track", "mask"), "signals": ("kind", "zone")}
"""Texts of frames, and fields of objects and of signals that are texts."""
REALS: Final = {"objects": ("confidence", "mask_confidence", "face_px"), "image": ("luma", "sharpness")}
RANGES: Final = {
    "seq": (-LARGEST_SEQ - 1, LARGEST_SEQ),
    "width": (0, LARGEST_PX),
    "height": (0, LARGEST_PX),
}
"""What whole numbers may be."""


class Columns:
    """The columns of a batch; a cast raises `WrongColumns` where one is of another type."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch
        things, self.frame = layout.flat(layout.column(batch, "objects"))
        signals, self.signal_frame = layout.flat(layout.column(batch, "signals"))
        self.structs = {"objects": things, "signals": signals, "image": layout.column(batch, "image")}
        self.fields: dict[tuple[str, str], pa.Array | None] = {}
        self.texts: dict[tuple[str, str], pa.Array | None] = {}
        self.numbers: dict[tuple[str, str], pl.Series | None] = {}
        self.wholes: dict[str, casts.Whole] = {}

    def field(self, of: str, name: str) -> pa.Array | None:
        """Return a column as it came, or a field of one; None where there is none."""
        if (of, name) not in self.fields:
            found = layout.child(self.structs[of], name) if of else layout.column(self.batch, name)
            self.fields[of, name] = found
        return self.fields[of, name]

    def text(self, of: str, name: str) -> pa.Array | None:
        """Return a column of texts."""
        if (of, name) not in self.texts:
            self.texts[of, name] = casts.text(self.field(of, name), name, or_number=name == "track")
        return self.texts[of, name]

    def real(self, of: str, name: str) -> pl.Series | None:
        """Return a column of numbers."""
        if (of, name) not in self.numbers:
            self.numbers[of, name] = casts.real(self.field(of, name), name)
        return self.numbers[of, name]

    def whole(self, name: str) -> casts.Whole:
        """Return one of the columns of `RANGES`."""
        if name not in self.wholes:
            self.wholes[name] = casts.whole(self.field("", name), name, *RANGES[name])
        return self.wholes[name]

    def objects(self) -> dict[str, Any]:
        """Return the columns of objects but for their boxes."""
        return {
            **{name: _series(self.text("objects", name)) for name in TEXTS["objects"]},
            **{name: self.real("objects", name) for name in REALS["objects"]},
            "frame": self.frame,
        }

    def signals(self) -> dict[str, Any]:
        """Return the columns of signals."""
        return {
            **{name: _series(self.text("signals", name)) for name in TEXTS["signals"]},
            "value": self.real("signals", "value"),
            "frame": self.signal_frame,
        }

    def boxes(self) -> NDArray[np.float32]:
        """Return the objects' boxes."""
        box = self.field("objects", "box")
        if box is None or casts.is_absent(box):
            return np.empty((0, 4), np.float32)
        return casts.reals(box.flatten(), "box").reshape(len(self.frame), 4)

    def draft(self, t_us: NDArray[np.int64], position: NDArray[np.int64]) -> Draft:
        """Return the rows, all of which can be read, as frames."""
        frames = {
            **{name: _series(self.text("", name)) for name in TEXTS[""]},
            **{name: self.whole(name).values for name in RANGES},
            **{name: self.real("image", name) for name in REALS["image"]},
            "image_hash": _series(self.text("image", "hash")),
            "t_us": t_us,
            "position": position,
        }
        made = table(frames, FRAMES, self.batch.num_rows).with_columns(pl.col("ts_source").fill_null("capture"))
        things = table(self.objects(), WITHOUT_BOX, len(self.frame))
        return Draft(made, things, self.boxes(), table(self.signals(), SIGNALS, len(self.signal_frame)))

    def has_short_texts(self) -> bool:
        """Tell whether all texts that were cast are within their bound, as their offsets say."""
        return all(_longest(texts) <= limits.TEXT_BYTES for texts in self.texts.values() if texts is not None)


def _series(column: pa.Array | None) -> pl.Series | None:
    return None if column is None else pl.Series(pl.from_arrow(column))


def _longest(texts: pa.Array) -> int:
    """Return the bytes of the longest of texts with offsets of 64 bits; those of nulls count, too."""
    if not len(texts):
        return 0
    offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, 8 * texts.offset)
    return int(np.diff(offsets).max())
