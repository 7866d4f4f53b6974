"""Columns of words as numbers, read where they lie.

Polars keeps a string as sixteen bytes: its length (4) and its bytes, where they are
at most twelve, else where they are. So a short word is two integers, which are
compared and hashed without making a string or copying a column.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from schemas import fnv

NAMED: Final = np.uint64(1 << 63)
"""Top bit of a hashed name; without it the code is the number itself plus one."""
NULL: Final = np.uint64(0)
"""The code of null."""
OFFSET, PRIME = np.uint64(fnv.OFFSET), np.uint64(fnv.PRIME)

LETTER, DASH = b"t-"
"""How a stored name begins."""
SHORT: Final = 12
"""Bytes of the longest word that lies in its view."""
ABSENT: Final = 254
"""The number of null."""
UNKNOWN: Final = 255
"""The number of a word that is none of a vocabulary."""

_BITS: Final = 11
_EMPTY: Final = -1


class Vocabulary(NamedTuple):
    """Words that are numbered, with a table in which each short one has a place of its own."""

    words: pl.Enum
    view: NDArray[np.uint64]  # (w, 2)
    place: NDArray[np.int16]  # (2 ** _BITS,) a word's number, `_EMPTY` for none
    factor: NDArray[np.uint64]  # (2,) odd; chosen so that no two words share a place


def vocabulary(words: list[str]) -> Vocabulary:
    """Give words numbers by their order; at most 254 of them.

    Raises
    ------
    ValueError
        With more words, or when no table without clashes is found.
    """
    if len(words) > ABSENT:
        raise ValueError(f"expected at most {ABSENT} words, came {len(words)}")
    view = _views(pl.Series(words, dtype=pl.String))[0]
    short = np.flatnonzero(_sizes(view) <= SHORT)
    draw = np.random.default_rng(0)
    for _ in range(10_000):
        factor = draw.integers(0, 1 << 63, 2, np.uint64) * np.uint64(2) + np.uint64(1)
        at = (view[short, 0] * factor[0] + view[short, 1] * factor[1]) >> np.uint64(64 - _BITS)
        if len(np.unique(at)) == len(short):
            place = np.full(1 << _BITS, _EMPTY, np.int16)
            place[at] = short
            return Vocabulary(pl.Enum(words), view, place, factor)
    raise ValueError(f"expected words with a place each, came {len(words)} that clash")


def numbers(texts: pl.Series, known: Vocabulary) -> NDArray[np.uint8]:
    """Return (n,) each word's number, `ABSENT` for null, `UNKNOWN` for a word that is not known."""
    view, valid, first = _views(texts)
    out = np.empty(len(texts), np.uint8)
    if _number(view, valid, first, known.view, known.place, known.factor, out):
        long = np.flatnonzero(_sizes(view) > SHORT)
        cast = texts.gather(long).cast(known.words, strict=False).to_physical()
        number = cast.cast(pl.UInt8).fill_null(UNKNOWN).to_numpy()
        out[long] = np.where(out[long] == ABSENT, ABSENT, number)
    return out


def codes(names: pl.Series) -> NDArray[np.uint64]:
    """Return a code a name, the same on every machine; 0 for null.

    A plain decimal of at most 18 digits is its number plus one, anything else its FNV-1a hash with `NAMED`. A name as
    it is stored (`schemas.track_names`), `t-` and 63 bits in hexadecimal digits, is the code that it was made of.
    """
    view, valid, first = _views(names)
    out = np.empty(len(names), np.uint64)
    if _encode_short(view.view(np.uint8).reshape(-1), valid, first, out):
        text = names.to_arrow(compat_level=pl.CompatLevel.oldest())
        offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(names) + 1]
        _encode(offsets, np.frombuffer(text.buffers()[2], np.uint8), valid, first, out)
    return out


def _views(texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint8], int]:
    """Return (n, 2) the views of a column, the bits of those that are not null, and which bit is the first's.

    No bits where none is null.
    """
    column = texts.to_arrow(compat_level=pl.CompatLevel.newest())
    bits, where = column.buffers()[:2]
    first, size = column.offset, len(texts)
    view = np.frombuffer(where, np.uint64, 2 * size, 16 * first) if size else np.empty(0, np.uint64)
    valid = np.frombuffer(bits, np.uint8) if texts.null_count() else np.empty(0, np.uint8)
    return view.reshape(-1, 2), valid, first


def _sizes(view: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return view[:, 0] & np.uint64(0xFFFFFFFF)


@njit(cache=True, inline="always")
def _is_null(valid: NDArray[np.uint8], at: int) -> bool:
    return bool(len(valid) > 0 and (valid[at >> 3] >> (at & 7)) & 1 == 0)


@njit(cache=True)
def _number(
    view: NDArray[np.uint64],
    valid: NDArray[np.uint8],
    first: int,
    known: NDArray[np.uint64],
    place: NDArray[np.int16],
    factor: NDArray[np.uint64],
    out: NDArray[np.uint8],
) -> bool:
    """Write the number of each short word; tell whether there are longer ones."""
    has_long = False
    for i in range(len(view)):
        if _is_null(valid, first + i):
            out[i] = ABSENT
            continue
        head, tail = view[i, 0], view[i, 1]
        at = place[(head * factor[0] + tail * factor[1]) >> np.uint64(64 - _BITS)]
        is_it = at >= 0 and known[at, 0] == head and known[at, 1] == tail
        out[i] = at if is_it else UNKNOWN
        has_long |= (head & np.uint64(0xFFFFFFFF)) > SHORT
    return has_long


@njit(cache=True, inline="always")
def _code(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Return the code of a name."""
    size = end - start
    if 0 < size <= 18 and (size == 1 or data[start] != 48):
        number = np.uint64(0)
        digits = True
        for j in range(start, end):
            byte = np.uint64(data[j]) - np.uint64(48)
            digits = digits and bool(byte <= np.uint64(9))
            number = number * np.uint64(10) + byte
        if digits:
            return number + np.uint64(1)
    if 3 <= size <= 18 and data[start] == LETTER and data[start + 1] == DASH:
        code = _stored(data, start + 2, end)
        if code < NAMED:
            return code | NAMED
    code = OFFSET
    for j in range(start, end):
        code = (code ^ np.uint64(data[j])) * PRIME
    return code | NAMED


@njit(cache=True, inline="always")
def _stored(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Return the number that hexadecimal digits write, as `{:x}` does; `NAMED` where it writes none so."""
    number = np.uint64(0)
    for j in range(start, end):
        digit = np.uint64(data[j]) - np.uint64(48)
        letter = np.uint64(data[j]) - np.uint64(97)
        if digit > np.uint64(9) and letter > np.uint64(5):
            return NAMED
        number = number * np.uint64(16) + (digit if digit <= np.uint64(9) else letter + np.uint64(10))
    is_padded = end - start > 1 and data[start] == 48
    return NAMED if is_padded or number >= NAMED else number


@njit(cache=True)
def _encode_short(data: NDArray[np.uint8], valid: NDArray[np.uint8], first: int, out: NDArray[np.uint64]) -> bool:
    """Write the codes of names that lie in their views; stop and tell at one that is longer."""
    for i in range(len(out)):
        if _is_null(valid, first + i):
            out[i] = NULL
            continue
        at = 16 * i
        size = data[at]
        if size > SHORT or data[at + 1] | data[at + 2] | data[at + 3]:
            return True
        out[i] = _code(data, at + 4, at + 4 + size)
    return False


@njit(cache=True)
def _encode(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], valid: NDArray[np.uint8], first: int, out: NDArray[np.uint64]
) -> None:
    for i in range(len(out)):
        out[i] = NULL if _is_null(valid, first + i) else _code(data, offsets[i], offsets[i + 1])
