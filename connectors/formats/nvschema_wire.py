"""A scanner for Frames of nvschema as most senders write them, straight from protobuf bytes to columns.

It follows the tags of the allow-listed fields, passes over all others, and gives up a
message at anything unusual: a field twice or of another kind, a byte beyond ASCII, a
number that is out of its range. Such messages go to `nvschema_messages`, which knows
the format's whole meaning; where both can read one they agree: a law tests it.

Numba's cache of this module does not see changes in `wire_tokens`: touch this file when
that one changes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.formats.native_tokens import ABSENT, code, token
from connectors.formats.wire_tokens import ascii_text, digits, entry, fixed, skip, tag, text_number, varint

SHORTEST_OBJECT: Final = 7
"""Bytes of the shortest object that can be read: its tag and size, an empty box, a type of one letter."""
NUMBERS: Final = ("confidence", "x1", "y1", "x2", "y2", "mask_confidence", "face_px")
T_US, SEQ, WIDTH, HEIGHT, FRAME_WIDTH, FRAME_HEIGHT = range(6)
CONFIDENCE, MASK_CONFIDENCE, FACE_PX = 0, 5, 6
TYPE, ID, MASK = 0, 2, 4
MASK_KEY, MASK_CONFIDENCE_KEY, FACE_PX_KEY = code("mask"), code("mask_confidence"), code("face_px")
WIDTH_KEY, HEIGHT_KEY = code("width"), code("height")
FRAME_WIDTH_KEY, FRAME_HEIGHT_KEY = code("frameWidth"), code("frameHeight")


class Scanned(NamedTuple):
    """`n` messages, `m` objects of those that were read; spans are byte ranges, -1 when absent."""

    read: NDArray[np.bool_]  # (n,) False: left to the other reader
    whole: NDArray[np.int64]  # (n, 6) t_us, seq, and widths and heights under either pair of names, or `ABSENT`
    text: NDArray[np.int32]  # (n, 2) span of sensorId
    object_line: NDArray[np.uint32]  # (m,)
    number: NDArray[np.float32]  # (m, 7) as `NUMBERS`, NaN when absent
    object_text: NDArray[np.int32]  # (m, 6) spans of type, id, mask


def scan(data: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> Scanned:
    """Read the messages of a buffer in which a byte follows each."""
    many = len(start)
    room = int((end - start).sum()) // SHORTEST_OBJECT + 1 if many else 0
    made = Scanned(
        np.zeros(many, np.bool_),
        np.empty((many, 6), np.int64),
        np.empty((many, 2), np.int32),
        np.empty(room, np.uint32),
        np.empty((room, 7), np.float32),
        np.empty((room, 6), np.int32),
    )
    count = _scan(data, start, end, made, made.number.view(np.uint32))
    return made._replace(
        object_line=made.object_line[:count], number=made.number[:count], object_text=made.object_text[:count]
    )


@token
def _scan(data, start, end, out, bits):  # type: ignore[no-untyped-def]
    objects = 0
    for row in range(len(start)):
        after = _frame(data, start[row], end[row], row, out, bits, objects)
        if after >= 0:
            out.read[row] = True
            out.object_line[objects:after] = row
            objects = after
    return objects


@token
def _frame(d, p, end, row, out, bits, objects):  # type: ignore[no-untyped-def]  # noqa: PLR0911  it may give up
    """Read a Frame whose objects begin at a row; return the row behind them, or -1 to give up."""
    out.whole[row, :] = ABSENT
    out.text[row, :] = -1
    seen = 0
    while p < end:
        p, number, wire = tag(d, p, end)
        if p < 0:
            return -1
        is_ours = 2 <= number <= 5 or number == 12
        if wire != 2:
            p = -1 if is_ours else skip(d, p, end, wire)
            if p < 0:
                return -1
            continue
        p, size = varint(d, p, end)
        if p < 0 or size > end - p:
            return -1
        stop = p + size
        bit = 0
        if number == 5:
            if not _object(d, p, stop, objects, out, bits):
                return -1
            objects += 1
        elif number == 12:
            if not _frame_info(d, p, stop, row, out):
                return -1
        elif number == 3:
            bit = 1
            if not _stamp(d, p, stop, row, out):
                return -1
        elif number == 4:
            bit = 2
            if not ascii_text(d, p, stop):
                return -1
            out.text[row, 0], out.text[row, 1] = p, stop
        elif number == 2:
            bit = 4
            if not digits(d, p, stop, out.whole, row, SEQ):
                return -1
        if seen & bit:
            return -1
        seen |= bit
        p = stop
    return objects if seen & 1 else -1


@token
def _object(d, p, end, i, out, bits):  # type: ignore[no-untyped-def]  # noqa: PLR0911  it may give up anywhere
    out.number[i, :] = 0.0
    out.number[i, CONFIDENCE] = out.number[i, MASK_CONFIDENCE] = out.number[i, FACE_PX] = np.nan
    out.object_text[i, :] = -1
    seen = 0
    while p < end:
        p, number, wire = tag(d, p, end)
        if p < 0:
            return False
        if number == 4:
            if wire != 5 or seen & 8 or not fixed(d, p, end, bits, i, CONFIDENCE):
                return False
            seen |= 8
            p += 4
            continue
        if wire != 2:
            p = -1 if number <= 5 else skip(d, p, end, wire)
            if p < 0:
                return False
            continue
        p, size = varint(d, p, end)
        if p < 0 or size > end - p:
            return False
        stop = p + size
        bit = 0
        if number in (1, 3):
            bit = 1 if number == 1 else 4
            column = ID if number == 1 else TYPE
            if not ascii_text(d, p, stop) or (number == 3 and size == 0):
                return False
            out.object_text[i, column], out.object_text[i, column + 1] = p, stop
        elif number == 2:
            bit = 2
            if not _bbox(d, p, stop, bits, i):
                return False
        elif number == 5 and not _object_info(d, p, stop, i, out):
            return False
        if seen & bit:
            return False
        seen |= bit
        p = stop
    if seen & 6 != 6:
        return False
    return not seen & 8 or _settled(out.number, i)


@token
def _settled(number, i):  # type: ignore[no-untyped-def]
    """Tell whether a confidence is one, or says that none is set: then it is taken away."""
    value = number[i, CONFIDENCE]
    if value < 0 and (abs(value + np.float32(0.1)) < 1e-6 or value == -1):
        number[i, CONFIDENCE] = np.nan
        return True
    return 0 <= value <= 1


@token
def _bbox(d, p, end, bits, i):  # type: ignore[no-untyped-def]
    while p < end:
        p, number, wire = tag(d, p, end)
        if p < 0:
            return False
        if 1 <= number <= 4:
            if wire != 5 or not fixed(d, p, end, bits, i, number):
                return False
            p += 4
        else:
            p = skip(d, p, end, wire)
            if p < 0:
                return False
    return True


@token
def _stamp(d, p, end, row, out):  # type: ignore[no-untyped-def]
    seconds, nanos = np.int64(0), np.int64(0)
    while p < end:
        p, number, wire = tag(d, p, end)
        if p < 0:
            return False
        if 1 <= number <= 2:
            if wire != 0:
                return False
            p, value = varint(d, p, end)
            if number == 1:
                seconds = value
            else:
                nanos = value
        else:
            p = skip(d, p, end, wire)
        if p < 0:
            return False
    if seconds >= 253_402_300_800 or nanos > 999_999_999:
        return False
    out.whole[row, T_US] = seconds * 1_000_000 + nanos // 1000
    return True


@token
def _frame_info(d, p, end, row, out):  # type: ignore[no-untyped-def]
    start, stop, key = entry(d, p, end)
    if start < 0:
        return False
    if key == WIDTH_KEY:
        return digits(d, start, stop, out.whole, row, WIDTH)
    if key == HEIGHT_KEY:
        return digits(d, start, stop, out.whole, row, HEIGHT)
    if key == FRAME_WIDTH_KEY:
        return digits(d, start, stop, out.whole, row, FRAME_WIDTH)
    if key == FRAME_HEIGHT_KEY:
        return digits(d, start, stop, out.whole, row, FRAME_HEIGHT)
    return True


@token
def _object_info(d, p, end, i, out):  # type: ignore[no-untyped-def]
    start, stop, key = entry(d, p, end)
    if start < 0:
        return False
    if key == MASK_KEY:
        out.object_text[i, MASK], out.object_text[i, MASK + 1] = start, stop
        return ascii_text(d, start, stop)
    if key == MASK_CONFIDENCE_KEY:
        return text_number(d, start, stop, out.number, i, MASK_CONFIDENCE, True)
    if key == FACE_PX_KEY:
        return text_number(d, start, stop, out.number, i, FACE_PX, False)
    return True
