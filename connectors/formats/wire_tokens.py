"""Tokens of protobuf's wire format for a scanner: varints, fixed numbers, entries of maps, fields to be passed over.

Every function that moves returns the place behind its token, or -1 to give the
message up; those that take a whole field say whether they could. Whatever they
read stays within the field's end, but for numbers written as texts: these stop at
the byte that follows every message.
"""

from __future__ import annotations

import numpy as np

from connectors.formats.native_tokens import ABSENT, PRIME, START, fraction, token

MOST_DIGITS = 18


@token
def fixed(d, p, end, bits, i, column):  # type: ignore[no-untyped-def]
    """Take four bytes, little end first, as the bits of a number."""
    if p + 4 > end:
        return False
    low = np.uint32(d[p]) | (np.uint32(d[p + 1]) << np.uint32(8))
    bits[i, column] = low | (np.uint32(d[p + 2]) << np.uint32(16)) | (np.uint32(d[p + 3]) << np.uint32(24))
    return True


@token
def text_number(d, p, end, out, i, column, ratio):  # type: ignore[no-untyped-def]
    """Read a text that is one plain number; an empty one is none."""
    out[i, column] = np.nan
    return p == end or fraction(d, p, out, i, column, ratio, False) == end


@token
def entry(d, p, end):  # type: ignore[no-untyped-def]
    """Read an entry of a map: where its value stands (-1 to give up), and its key's code."""
    start, stop, key, seen = p, p, START, 0
    while p < end:
        p, number, wire = tag(d, p, end)
        if p < 0 or wire != 2 or number > 2 or seen & number:
            return -1, stop, key
        seen |= number
        p, size = varint(d, p, end)
        if p < 0 or size > end - p:
            return -1, stop, key
        if number == 1:
            if not ascii_text(d, p, p + size):
                return -1, stop, key
            for at in range(p, p + size):
                key = (key ^ np.uint64(d[at])) * PRIME
        else:
            start, stop = p, p + size
        p += size
    return start, stop, key


@token
def digits(d, p, end, out, row, column):  # type: ignore[no-untyped-def]
    """Read a whole number that is a text; another text is none. Give up at one that may not fit."""
    out[row, column] = ABSENT
    if not ascii_text(d, p, end):
        return False
    value = np.int64(0)
    for at in range(p, end):
        if not 48 <= d[at] <= 57:
            return True
        if at - p < MOST_DIGITS:
            value = value * 10 + (np.int64(d[at]) - 48)
    if end - p > MOST_DIGITS:
        return False
    if end > p:
        out[row, column] = value
    return True


@token
def ascii_text(d, p, end):  # type: ignore[no-untyped-def]
    """Tell whether bytes are plain text."""
    top = np.uint8(0)
    for at in range(p, end):
        top |= d[at]
    return top < 128


@token
def varint(d, p, end):  # type: ignore[no-untyped-def]
    """Return the place behind a varint of at most 63 bits, -1 to give up, and its value."""
    value, shift = np.int64(0), 0
    while p < end and shift < 63:
        byte = np.int64(d[p])
        p += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return p, value
        shift += 7
    return -1, value


@token
def tag(d, p, end):  # type: ignore[no-untyped-def]
    """Return the place behind a field's tag, its number and its kind; -1 to give up, as at a number that none has."""
    p, value = varint(d, p, end)
    number, wire = value >> 3, value & 7
    return (p if 1 <= number < 1 << 29 else np.int64(-1)), number, wire


@token
def skip(d, p, end, wire):  # type: ignore[no-untyped-def]
    """Return the place behind a field that nobody reads; -1 to give up."""
    if wire == 0:
        return varint(d, p, end)[0]
    if wire in (1, 5):
        size = np.int64(4) if wire == 5 else np.int64(8)
        return p + size if p + size <= end else -1
    if wire == 2:
        p, size = varint(d, p, end)
        return p + size if p >= 0 and size <= end - p else -1
    return -1
