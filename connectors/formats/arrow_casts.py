"""What types our columns may have in Arrow, and the one that each becomes.

| ours | accepted |
|---|---|
| text | string of any kind, or a dictionary of such; a track may also be a whole number |
| real number | integers, floats, decimals |
| whole number | integers; floats that are whole, as pandas writes a column with gaps |
| time | timestamp with a zone, whole microseconds, ISO 8601 as text |

A column of another type is refused with its batch; a value that its type allows and its
meaning does not, with its row. The columns are taken as valid: `arrow_trust` has looked.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.formats import arrow_words as words
from connectors.formats.arrow_trust import WrongColumns
from connectors.formats.times import refused, time_us

FARTHEST_US: Final = 2**62
UNITS_US: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
WHOLE_IN_FLOAT: Final = float(2**53)


class Times(NamedTuple):
    """Times of `n` rows."""

    t_us: NDArray[np.int64]  # (n,) microseconds UTC; those beyond 2^62 are cut there
    faults: dict[int, str]  # why a row's time cannot be read


class Whole(NamedTuple):
    """Whole numbers of `n` rows."""

    values: pl.Series | None  # whole, null where absent; None where all are
    wrong: NDArray[np.bool_] | None  # (n,) not whole, or outside what is allowed; None where none is


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is text."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_absent(column: pa.Array | None) -> bool:
    """Tell whether a column is missing, or of the type that holds nulls alone."""
    return column is None or pa.types.is_null(column.type)


def text_bytes(column: pa.Array) -> NDArray[np.int64]:
    """Return the length of each text in bytes, 0 for null; a dictionary's texts are not copied."""
    if pa.types.is_dictionary(column.type):
        sizes = text_bytes(column.dictionary)
        if not len(sizes):
            return np.zeros(len(column), np.int64)
        indices = column.indices
        found = sizes[indices.fill_null(0).cast(pa.int64()).to_numpy(zero_copy_only=False)]
        return np.where(indices.is_null().to_numpy(zero_copy_only=False), 0, found) if indices.null_count else found
    if not is_text(column.type):
        return np.zeros(len(column), np.int64)
    sizes = pc.binary_length(column.cast(pa.large_string())).fill_null(0)
    filled: NDArray[np.int64] = sizes.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return filled


def most_bytes(column: pa.Array | None) -> int:
    """Return how many bytes the texts of a column can be at most, where they may be many more than the column holds."""
    if column is None or not len(column):
        return 0
    if pa.types.is_dictionary(column.type):
        return len(column) * int(text_bytes(column.dictionary).max(initial=0))
    return int(text_bytes(column).sum()) if pa.types.is_string_view(column.type) else 0


def text(column: pa.Array | None, name: str, *, or_number: bool = False) -> pa.Array | None:
    """Return a column of texts, None where there is none.

    Raises
    ------
    WrongColumns
        It is of another type.
    """
    if is_absent(column):
        return None
    assert column is not None
    if not is_text(column.type) and not (or_number and pa.types.is_integer(column.type)):
        raise WrongColumns(f"expected {name} as text, got {words.kind(column)}")
    if pa.types.is_dictionary(column.type) and pa.types.is_string_view(column.type.value_type):
        # Polars' categories: Arrow does not unpack a dictionary of views
        column = pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.large_string()))
    return column if pa.types.is_large_string(column.type) else column.cast(pa.large_string())


def real(column: pa.Array | None, name: str) -> pl.Series | None:
    """Return a column of numbers, null where they are NaN; None where there is none.

    Raises
    ------
    WrongColumns
        It is of another type.
    """
    if is_absent(column):
        return None
    assert column is not None
    series = pl.Series(pl.from_arrow(_plain_numbers(column, name)))
    return series.fill_nan(None) if series.dtype.is_float() and series.is_nan().any() else series


def reals(column: pa.Array, name: str) -> NDArray[np.float32]:
    """Return a column of numbers as 32 bits, NaN where they are null.

    Raises
    ------
    WrongColumns
        It is of another type.
    """
    numbers = _plain_numbers(column, name)
    with np.errstate(over="ignore"):
        out: NDArray[np.float32] = numbers.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return out


def _plain_numbers(column: pa.Array, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return column.cast(pa.float64())
    if not pa.types.is_floating(kind) and not pa.types.is_integer(kind):
        raise WrongColumns(f"expected {name} as a number, got {words.kind(column)}")
    return column


def whole(column: pa.Array | None, name: str, low: int, high: int) -> Whole:
    """Return a column of whole numbers within `low`..`high`.

    Raises
    ------
    WrongColumns
        It is of another type.
    """
    if is_absent(column):
        return Whole(None, None)
    assert column is not None
    numbers = _plain_numbers(column, name)
    if pa.types.is_integer(numbers.type):
        least, most = (value.as_py() for value in pc.min_max(numbers).values())
        if least is None or (least >= low and most <= high):
            return Whole(pl.Series(pl.from_arrow(numbers)), None)
        values = numbers.fill_null(0).to_numpy(zero_copy_only=False)
        wrong = (values > high) if values.dtype.kind == "u" else (values < low) | (values > high)
    else:
        values = numbers.cast(pa.float64()).fill_null(math.nan).to_numpy(zero_copy_only=False)
        wrong = ~np.isnan(values) & ~((values >= low) & (values <= high) & (values == np.floor(values)))
        wrong |= np.abs(values) > WHOLE_IN_FLOAT
    is_missing = wrong | numbers.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    kept = [None if missing else int(value) for value, missing in zip(values, is_missing, strict=True)]
    return Whole(pl.Series(kept, dtype=pl.Int64), wrong if wrong.any() else None)


def times(column: pa.Array, now_us: int) -> Times:
    """Return times in microseconds, and why some cannot be read.

    Raises
    ------
    WrongColumns
        The column is of another type.
    """
    kind = column.type
    if is_text(kind):
        return _of_texts(column.cast(pa.large_string()), now_us)
    if pa.types.is_timestamp(kind) and kind.tz:
        t_us = _in_us(column.view(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), kind.unit)
    elif pa.types.is_integer(kind):
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
        t_us = np.clip(numbers, -FARTHEST_US if numbers.dtype.kind == "i" else 0, FARTHEST_US).astype(np.int64)
    elif is_absent(column):
        t_us = np.zeros(len(column), np.int64)
    else:
        raise WrongColumns(
            f"expected ts as timestamp with a zone, integer microseconds or ISO text, got {words.kind(column)}"
        )
    missing = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)) if column.null_count else ()
    return Times(t_us, {int(row): refused(None, now_us) for row in missing})


def _in_us(numbers: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    if unit == "ns":
        return numbers // 1000
    factor = UNITS_US[unit]
    return np.clip(numbers, -FARTHEST_US // factor, FARTHEST_US // factor) * factor


def _of_texts(column: pa.Array, now_us: int) -> Times:
    t_us, faults = np.zeros(len(column), np.int64), {}
    for row, said in enumerate(column.to_pylist()):
        read = None if said is None else time_us(said)
        if read is None:
            faults[row] = refused(said, now_us)
        else:
            t_us[row] = read
    return Times(t_us, faults)
