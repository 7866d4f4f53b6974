"""What a row of Arrow must have: why rows cannot stand though their buffers are sound."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.formats import arrow_casts as casts
from connectors.formats import arrow_layout as layout
from connectors.formats import arrow_words as words
from connectors.formats.arrow_columns import RANGES, Columns
from connectors.formats.arrow_trust import WrongColumns
from connectors.formats.chunks import CLOCKS

Faults = dict[int, tuple[str, str]]
"""Reason and detail of rows that cannot stand."""


def add(columns: Columns, faults: Faults) -> None:
    """Add rows with something required missing, or a value outside its range."""
    camera = columns.text("", "camera")
    if camera is None:
        raise WrongColumns("expected camera as text, got nulls alone")
    _mark(faults, pc.fill_null(pc.equal(pc.binary_length(camera), 0), True), "expected a camera")
    clock = columns.text("", "ts_source")
    if clock is not None:
        strange = pc.invert(pc.is_in(clock, pa.array([*CLOCKS, None], clock.type)))
        _mark(faults, strange, f"expected ts_source {'|'.join(CLOCKS)}")
    for name, (low, high) in RANGES.items():
        wrong = columns.whole(name).wrong
        if wrong is not None:
            _mark(faults, pa.array(wrong), f"expected {name} as a whole number in {low}..{high}")
    image = columns.structs["image"]
    if not casts.is_absent(image) and image is not None and not pa.types.is_struct(image.type):
        raise WrongColumns(f"expected image as a struct, got {words.kind(image)}")
    _object_faults(columns, layout.required(columns.batch, "objects"), faults)
    _signal_faults(columns, layout.column(columns.batch, "signals"), faults)


@lru_cache(maxsize=4)  # batches of a file have one type
def lacking(name: str, kind: pa.DataType) -> str:
    """Say why no entry of a list of objects, or signals, of that type can be read; '' where one can."""
    none = pa.nulls(0, kind)
    columns = Columns(pa.RecordBatch.from_arrays([none], [name]))
    try:
        if name == "objects":
            _object_faults(columns, none, {})
            columns.objects()
            columns.boxes()
        else:
            _signal_faults(columns, none, {})
            columns.signals()
    except WrongColumns as error:
        return str(error)
    return ""


def _object_faults(columns: Columns, objects: pa.Array, faults: Faults) -> None:
    if not layout.is_list(objects.type):
        raise WrongColumns(f"expected objects as a list of structs, got {words.kind(objects)}")
    _mark(faults, objects.is_null(), "expected objects, a list that may be empty")
    frame = columns.frame
    for name in ("class", "box"):
        child = columns.field("objects", name)
        if child is None:
            raise WrongColumns(f"expected objects with a field {name}, found {words.kind(objects)}")
        if child.null_count:
            _mark(faults, child.is_null(), f"expected {name} in every object", frame)
    named = columns.text("objects", "class")
    if named is not None:
        _mark(faults, pc.fill_null(pc.equal(pc.binary_length(named), 0), False), "expected a class", frame)
    box = columns.field("objects", "box")
    if casts.is_absent(box):
        pass  # every object is refused with its frame: a frame without any may stand
    elif box is None or not (layout.is_any_list(box.type) or pa.types.is_fixed_size_list(box.type)):
        raise WrongColumns(f"expected a box of 4 numbers, got {words.kind(box)}")
    elif not pa.types.is_fixed_size_list(box.type):
        _mark(faults, pc.not_equal(pc.list_value_length(box), 4), "expected a box of 4 numbers", frame)
    elif box.type.list_size != 4:
        raise WrongColumns(f"expected a box of 4 numbers, got {words.kind(box)}")
    for name in ("confidence", "mask_confidence"):
        _outside(faults, columns.real("objects", name), name, frame)


def _signal_faults(columns: Columns, signals: pa.Array | None, faults: Faults) -> None:
    if casts.is_absent(signals) or signals is None:
        return
    if not layout.is_list(signals.type):
        raise WrongColumns(f"expected signals as a list of structs, got {words.kind(signals)}")
    for name, cast in (("kind", columns.text), ("value", columns.real)):
        child = columns.field("signals", name)
        if child is None:
            raise WrongColumns(f"expected signals with a field {name}, found {words.kind(signals)}")
        cast("signals", name)
        if child.null_count:
            _mark(faults, child.is_null(), f"expected {name} in every signal", columns.signal_frame)


def _outside(faults: Faults, ratio: pl.Series | None, name: str, frame: NDArray[np.uint32]) -> None:
    if ratio is None or not ratio.len():
        return
    low, high = ratio.min(), ratio.max()
    if low is not None and (low < 0 or high > 1):  # type: ignore[operator]
        wrong = ((ratio < 0) | (ratio > 1)).fill_null(value=False)
        _mark(faults, pa.array(wrong), f"expected {name} in 0..1", frame)


def _mark(faults: Faults, wrong: pa.Array, detail: str, frame: NDArray[np.uint32] | None = None) -> None:
    found = np.flatnonzero(wrong.to_numpy(zero_copy_only=False) == True)  # noqa: E712  null is neither
    for row in found if frame is None else frame[found]:
        faults.setdefault(int(row), ("bad_type", detail))
