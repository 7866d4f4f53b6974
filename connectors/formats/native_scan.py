"""A scanner for native frames as most senders write them, straight from bytes to columns.

It reads one fixed structure and gives up a line at anything unusual: an escape,
a byte beyond ASCII, a number it cannot round exactly, a nested unknown field, a
wrong type. Such lines go to `native_lines`, which knows the format's whole
meaning; where both can read a line they agree, on numbers of any length too: a law
tests it.

Numba's cache of this module does not see changes in `native_tokens`: touch this
file when that one changes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.formats.native_tokens import (
    ABSENT,
    CLOSE,
    CLOSE_LIST,
    COMMA,
    EXACT,
    FAIL,
    NEWLINE,
    OPEN,
    OPEN_LIST,
    code,
    fraction,
    is_clock,
    key_at,
    null,
    number,
    skip,
    space,
    text,
    time,
    token,
    track,
    whole,
)

SHORTEST_OBJECT: Final = 28
"""Bytes of the shortest object that can be read."""
NUMBERS: Final = ("confidence", "x1", "y1", "x2", "y2", "mask_confidence", "face_px")
T_US, SEQ, WIDTH, HEIGHT = 0, 1, 2, 3
NAMED: Final = 0b111
"""Bits of camera, ts and objects, which a frame has to have."""


CAMERA, TS, TS_SOURCE, SEQUENCE = code("camera"), code("ts"), code("ts_source"), code("seq")
WIDE, HIGH, OBJECTS, SIGNALS, IMAGE = (code(n) for n in ("width", "height", "objects", "signals", "image"))
CLASS, BOX, CONFIDENCE, TRACK = code("class"), code("box"), code("confidence"), code("track")
MASK, MASK_CONFIDENCE, FACE_PX = code("mask"), code("mask_confidence"), code("face_px")
KIND, ZONE, VALUE = code("kind"), code("zone"), code("value")
LUMA, SHARPNESS, HASH = code("luma"), code("sharpness"), code("hash")


class Scanned(NamedTuple):
    """`n` lines, `m` objects and `k` signals of the lines that were read; spans are byte ranges, -1 when absent."""

    read: NDArray[np.bool_]  # (n,) False: left to the other reader
    whole: NDArray[np.int64]  # (n, 4) t_us, seq, width, height or `ABSENT`
    image: NDArray[np.float32]  # (n, 2) luma, sharpness or NaN
    text: NDArray[np.int32]  # (n, 6) spans of camera, ts_source, hash
    object_line: NDArray[np.uint32]  # (m,)
    number: NDArray[np.float32]  # (m, 7) as `NUMBERS`, NaN when absent
    object_text: NDArray[np.int32]  # (m, 6) spans of class, track, mask
    signal_line: NDArray[np.uint32]  # (k,)
    value: NDArray[np.float64]  # (k,)
    signal_text: NDArray[np.int32]  # (k, 6) spans of kind, zone, and the value if it is not exact


def scan(
    data: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64], *, is_named: bool = True
) -> Scanned:
    """Read lines of a buffer that ends with a newline; those that name no camera only where that is not `is_named`."""
    lines = len(start)
    room = int((end - start).sum()) // SHORTEST_OBJECT + 1 if lines else 0
    made = Scanned(
        np.zeros(lines, np.bool_),
        np.empty((lines, 4), np.int64),
        np.empty((lines, 2), np.float32),
        np.empty((lines, 6), np.int32),
        np.empty(room, np.uint32),
        np.empty((room, 7), np.float32),
        np.empty((room, 6), np.int32),
        np.empty(room, np.uint32),
        np.empty(room, np.float64),
        np.empty((room, 6), np.int32),
    )
    counts = np.zeros(2, np.int64)
    _scan(data, start, made, counts, NAMED if is_named else NAMED - 1)
    objects, signals = int(counts[0]), int(counts[1])
    cut = [*made[:4], *(a[:objects] for a in made[4:7]), *(a[:signals] for a in made[7:])]
    return Scanned._make(cut)


@token
def _scan(data, start, out, counts, needed):  # type: ignore[no-untyped-def]
    for row in range(len(start)):
        objects, signals = counts[0], counts[1]
        place = _frame(data, space(data, start[row]), row, out, counts, needed)
        if place >= 0 and data[space(data, place)] == NEWLINE:
            out.read[row] = True
            out.object_line[objects : counts[0]] = row
            out.signal_line[signals : counts[1]] = row
        else:
            counts[0], counts[1] = objects, signals


@token
def _frame(d, p, row, out, counts, needed):  # type: ignore[no-untyped-def]
    """Read a frame; return the place behind it, or -1 to give up."""
    out.whole[row, :] = ABSENT
    out.image[row, :] = np.nan
    out.text[row, :] = -1
    if d[p] != OPEN:
        return -1
    seen = 0
    while True:
        p, key = key_at(d, space(d, p + 1))
        if p < 0:
            return -1
        bit = 0
        if key == CAMERA:
            bit, p = 1, text(d, p, out.text, row, 0, False)
        elif key == TS:
            bit = 2
            p, out.whole[row, T_US] = time(d, p)
        elif key == OBJECTS:
            bit, p = 4, _objects(d, p, out, counts)
        elif key == TS_SOURCE:
            bit, p = 8, text(d, p, out.text, row, 2, True)
            if p >= 0 and not is_clock(d, out.text[row, 2], out.text[row, 3]):
                return -1
        elif key == SEQUENCE:
            bit, p = 16, whole(d, p, out.whole, row, SEQ, -(10**18), 10**18)
        elif key == WIDE:
            bit, p = 32, whole(d, p, out.whole, row, WIDTH, 0, 2**31 - 1)
        elif key == HIGH:
            bit, p = 64, whole(d, p, out.whole, row, HEIGHT, 0, 2**31 - 1)
        elif key == SIGNALS:
            bit, p = 128, _signals(d, p, out, counts)
        elif key == IMAGE:
            bit, p = 256, _image(d, p, row, out)
        else:
            p = skip(d, p)
        if p < 0 or seen & bit:
            return -1
        seen |= bit
        p = space(d, p)
        if d[p] == CLOSE:
            return p + 1 if seen & needed == needed else -1
        if d[p] != COMMA:
            return -1


@token
def _objects(d, p, out, counts):  # type: ignore[no-untyped-def]
    if d[p] != OPEN_LIST:
        return -1
    p = space(d, p + 1)
    if d[p] == CLOSE_LIST:
        return p + 1
    while True:
        if counts[0] == len(out.number):
            return -1
        p = _object(d, p, counts[0], out)
        if p < 0:
            return -1
        counts[0] += 1
        p = space(d, p)
        if d[p] == CLOSE_LIST:
            return p + 1
        if d[p] != COMMA:
            return -1
        p = space(d, p + 1)


@token
def _object(d, p, i, out):  # type: ignore[no-untyped-def]
    out.number[i, :] = np.nan
    out.object_text[i, :] = -1
    if d[p] != OPEN:
        return -1
    seen = 0
    while True:
        p, key = key_at(d, space(d, p + 1))
        if p < 0:
            return -1
        bit = 0
        if key == CLASS:
            bit, p = 1, text(d, p, out.object_text, i, 0, False)
        elif key == BOX:
            bit, p = 2, _box(d, p, out.number, i)
        elif key == CONFIDENCE:
            bit, p = 4, fraction(d, p, out.number, i, 0, True, True)
        elif key == TRACK:
            bit, p = 8, track(d, p, out.object_text, i)
        elif key == MASK:
            bit, p = 16, text(d, p, out.object_text, i, 4, True)
        elif key == MASK_CONFIDENCE:
            bit, p = 32, fraction(d, p, out.number, i, 5, True, True)
        elif key == FACE_PX:
            bit, p = 64, fraction(d, p, out.number, i, 6, False, True)
        else:
            p = skip(d, p)
        if p < 0 or seen & bit:
            return -1
        seen |= bit
        p = space(d, p)
        if d[p] == CLOSE:
            return p + 1 if seen & 3 == 3 else -1
        if d[p] != COMMA:
            return -1


@token
def _box(d, p, out, i):  # type: ignore[no-untyped-def]
    if d[p] != OPEN_LIST:
        return -1
    for side in range(4):
        p = fraction(d, space(d, p + 1), out, i, 1 + side, False, False)
        if p < 0:
            return -1
        p = space(d, p)
        if d[p] != (COMMA if side < 3 else CLOSE_LIST):
            return -1
    return p + 1


@token
def _signals(d, p, out, counts):  # type: ignore[no-untyped-def]
    if d[p] != OPEN_LIST:
        return null(d, p)
    p = space(d, p + 1)
    if d[p] == CLOSE_LIST:
        return p + 1
    while True:
        if counts[1] == len(out.value):
            return -1
        p = _signal(d, p, counts[1], out)
        if p < 0:
            return -1
        counts[1] += 1
        p = space(d, p)
        if d[p] == CLOSE_LIST:
            return p + 1
        if d[p] != COMMA:
            return -1
        p = space(d, p + 1)


@token
def _signal(d, p, i, out):  # type: ignore[no-untyped-def]
    out.signal_text[i, :] = -1
    if d[p] != OPEN:
        return -1
    seen = 0
    while True:
        p, key = key_at(d, space(d, p + 1))
        if p < 0:
            return -1
        bit = 0
        if key == KIND:
            bit, p = 1, text(d, p, out.signal_text, i, 0, False)
        elif key == VALUE:
            bit = 2
            start = p
            p, sort, value, _ = number(d, p)
            if sort == FAIL:
                return -1
            out.value[i] = value
            if sort != EXACT:
                out.signal_text[i, 4], out.signal_text[i, 5] = start, p
        elif key == ZONE:
            bit, p = 4, text(d, p, out.signal_text, i, 2, True)
        else:
            p = skip(d, p)
        if p < 0 or seen & bit:
            return -1
        seen |= bit
        p = space(d, p)
        if d[p] == CLOSE:
            return p + 1 if seen & 3 == 3 else -1
        if d[p] != COMMA:
            return -1


@token
def _image(d, p, row, out):  # type: ignore[no-untyped-def]
    if d[p] != OPEN:
        return null(d, p)
    if d[space(d, p + 1)] == CLOSE:
        return space(d, p + 1) + 1
    seen = 0
    while True:
        p, key = key_at(d, space(d, p + 1))
        if p < 0:
            return -1
        bit = 0
        if key == LUMA:
            bit, p = 1, fraction(d, p, out.image, row, 0, False, True)
        elif key == SHARPNESS:
            bit, p = 2, fraction(d, p, out.image, row, 1, False, True)
        elif key == HASH:
            bit, p = 4, text(d, p, out.text, row, 4, True)
        else:
            p = skip(d, p)
        if p < 0 or seen & bit:
            return -1
        seen |= bit
        p = space(d, p)
        if d[p] == CLOSE:
            return p + 1
        if d[p] != COMMA:
            return -1
