"""Which frames there were, by camera, time and number, in about a byte a frame.

A camera's frames come at an even pace. A block of them is therefore two straight
lines, one for times and one for numbers, and what each frame is off them, in as many
bits as the largest of the block needs: none for a camera that keeps time, 13 where
it is off by some milliseconds. Whatever comes is kept exactly. What is packed never
changes: copies of a state share it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import frozen
from operators.stage import identity
from operators.stage.identity import Keys

MOST: Final = 255
"""Frames of a block; its head costs 40 bytes."""

HEAD: Final = np.dtype(
    [
        ("t_us", np.int64),  # the line of times: this, and
        ("seq", np.int64),  # the line of numbers
        ("word", np.int64),  # where its bits begin
        ("pace_us", np.int32),  # so much a frame
        ("stride", np.int32),
        ("camera", np.int32),
        ("count", np.uint8),
        ("time_bits", np.uint8),
        ("seq_bits", np.uint8),
        ("unit_us", np.uint8),  # 0: times are off by microseconds, 1: by milliseconds
    ],
    align=True,
)
Head = Any  # a row of HEAD as numba sees it
Bits = Any  # a uint64 as numba sees it
Whole = Any  # an int64 as numba sees it
Heads = Any  # an array of HEAD as numba sees it
_MILLI: Final = 1000
_SLOPE: Final = (1 << 31) - 1


class Packed(NamedTuple):
    """`frames` frames in `b` blocks by camera, a camera's in order of time and number; nothing in it changes."""

    head: NDArray[Any]  # (b,) of HEAD
    word: NDArray[np.uint64]  # (w,) bits
    frames: int

    def __deepcopy__(self, memo: dict[int, Any]) -> Packed:
        return self


def pack(frames: Keys) -> Packed:
    """Pack frames that are sorted by camera, time and number."""
    head = _heads(*frames)
    bits = head["count"].astype(np.int64) * (head["time_bits"].astype(np.int64) + head["seq_bits"])
    ends = np.cumsum(-(-bits // 64))
    head["word"][1:] = ends[:-1]
    word = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint64)
    _fill(head, word, frames.t_us, frames.seq)
    return Packed(frozen(head), frozen(word), len(frames.camera))


def joined(parts: list[Packed]) -> Packed:
    """Return the blocks of all parts as one, by camera."""
    head = np.concatenate([part.head for part in parts])
    ends = np.cumsum([0, *(len(part.word) for part in parts)])
    head["word"] += np.repeat(ends[:-1], [len(part.head) for part in parts])
    word = np.concatenate([part.word for part in parts])
    by_camera = head[np.argsort(head["camera"], kind="stable")]
    return Packed(frozen(by_camera), frozen(word), sum(part.frames for part in parts))


def unpack(packed: Packed, blocks: slice = slice(None)) -> Keys:
    """Return the frames of these blocks."""
    head = packed.head[blocks]
    size = int(head["count"].sum(dtype=np.int64))
    columns = np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int64)
    _unpack(frozen(head), frozen(packed.word), *columns)
    return identity.sealed(*columns)


def find(packed: Packed, frames: Keys, found: NDArray[np.bool_]) -> None:
    """Set `found` (n,) where the frame is there; `frames` are in order of camera."""
    _find(frozen(packed.head), frozen(packed.word), *frames, found)


def around(packed: Packed, frames: Keys, before_us: NDArray[np.int64], after_us: NDArray[np.int64]) -> None:
    """Raise `before_us` (n,) to the last time at or before each frame's, lower `after_us` to the first after it."""
    _around(frozen(packed.head), frozen(packed.word), frames.camera, frames.t_us, before_us, after_us)


def live(packed: Packed, oldest_us: NDArray[np.int64]) -> int:
    """Return the frames of blocks that reach ``oldest_us[camera]``."""
    return int(_live(frozen(packed.head), frozen(packed.word), oldest_us))


@njit(cache=True)
def _heads(camera: NDArray[np.int32], t_us: NDArray[np.int64], seq: NDArray[np.int64]) -> Heads:
    """Cut frames into blocks and draw their lines."""
    blocks, begin = 0, 0
    for i in range(len(camera)):
        if i == 0 or camera[i] != camera[i - 1] or i - begin == MOST:
            blocks, begin = blocks + 1, i
    head: Heads = np.zeros(blocks, HEAD)
    at: Whole = -1
    begin = 0
    for i in range(len(camera)):
        if i == 0 or camera[i] != camera[i - 1] or i - begin == MOST:
            at, begin = at + 1, i
            head[at].camera = camera[i]
        head[at].count += 1
    end: Whole = 0
    for b in range(blocks):
        begin, end = end, end + np.int64(head[b].count)
        _line_of_times(head[b], t_us[begin:end])
        _line_of_numbers(head[b], seq[begin:end])
    return head


@njit(cache=True)
def _slope(total: int, steps: int) -> int:
    return max(-_SLOPE, min(_SLOPE, total // max(steps, 1)))


@njit(cache=True)
def _line_of_times(head: Head, t_us: NDArray[np.int64]) -> None:
    n, is_milli = len(t_us), True
    for i in range(n):
        is_milli = is_milli and (t_us[i] - t_us[0]) % _MILLI == 0
    unit = _MILLI if is_milli else 1
    pace = _slope(t_us[n - 1] - t_us[0], n - 1) // unit * unit
    low, high = 0, 0
    for i in range(n):
        off = t_us[i] - t_us[0] - i * pace
        low, high = min(low, off), max(high, off)
    head.t_us, head.pace_us, head.unit_us = t_us[0] + low, pace, is_milli
    head.time_bits = _bits(np.uint64((high - low) // unit))


@njit(cache=True)
def _line_of_numbers(head: Head, seq: NDArray[np.int64]) -> None:
    """As times; differences are taken modulo 2^64, so that any two numbers have one."""
    n = len(seq)
    stride = _slope(seq[n - 1] - seq[0], n - 1)
    low, high = 0, 0
    for i in range(n):
        off = seq[i] - seq[0] - i * stride
        low, high = min(low, off), max(high, off)
    head.seq, head.stride = seq[0] + low, stride
    head.seq_bits = _bits(np.uint64(high) - np.uint64(low))


@njit(cache=True)
def _bits(top: Bits) -> int:
    count = 0
    while top > np.uint64(0):
        count, top = count + 1, top >> np.uint64(1)
    return count


@njit(cache=True)
def _fill(head: Heads, word: NDArray[np.uint64], t_us: NDArray[np.int64], seq: NDArray[np.int64]) -> None:
    row = 0
    for b in range(len(head)):
        each, unit = head[b], _MILLI if head[b].unit_us else 1
        at = each.word * 64
        for i in range(np.int64(each.count)):
            _put(word, at, each.time_bits, np.uint64((t_us[row] - each.t_us - i * each.pace_us) // unit))
            _put(word, at + each.time_bits, each.seq_bits, np.uint64(seq[row] - each.seq - i * each.stride))
            at += np.int64(each.time_bits) + np.int64(each.seq_bits)
            row += 1


@njit(cache=True)
def _put(word: NDArray[np.uint64], at: Whole, bits: Whole, value: Bits) -> None:
    if bits == 0:
        return
    w, shift = at >> 6, at & 63
    word[w] |= value << np.uint64(shift)
    if shift + bits > 64:
        word[w + 1] |= value >> np.uint64(64 - shift)


@njit(cache=True)
def _get(word: NDArray[np.uint64], at: Whole, bits: Whole) -> Bits:
    if bits == 0:
        return np.uint64(0)
    w, shift = at >> 6, at & 63
    value = word[w] >> np.uint64(shift)
    if shift + bits > 64:
        value |= word[w + 1] << np.uint64(64 - shift)
    return value & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - bits))


@njit(cache=True)
def _frame(each: Head, word: NDArray[np.uint64], i: Whole) -> tuple[Whole, Whole]:
    """Return time and number of a block's frame `i`."""
    time_bits, seq_bits = np.int64(each.time_bits), np.int64(each.seq_bits)
    at = each.word * 64 + i * (time_bits + seq_bits)
    unit = _MILLI if each.unit_us else 1
    t_us = each.t_us + i * each.pace_us + np.int64(_get(word, at, time_bits)) * unit
    return t_us, each.seq + i * each.stride + np.int64(_get(word, at + time_bits, seq_bits))


@njit(cache=True)
def _unpack(
    head: Heads,
    word: NDArray[np.uint64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    seq: NDArray[np.int64],
) -> None:
    row = 0
    for b in range(len(head)):
        for i in range(np.int64(head[b].count)):
            camera[row] = head[b].camera
            t_us[row], seq[row] = _frame(head[b], word, i)
            row += 1


@njit(cache=True)
def _live(head: Heads, word: NDArray[np.uint64], oldest_us: NDArray[np.int64]) -> Whole:
    out: Whole = 0
    for b in range(len(head)):
        count = np.int64(head[b].count)
        if _frame(head[b], word, count - 1)[0] >= oldest_us[head[b].camera]:
            out += count
    return out


@njit(cache=True)
def _find(
    head: Heads,
    word: NDArray[np.uint64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    seq: NDArray[np.int64],
    found: NDArray[np.bool_],
) -> None:
    first, end = 0, 0
    for i in range(len(camera)):
        if i == 0 or camera[i] != camera[i - 1]:
            first = _first_block(head, camera[i])
            end = _first_block(head, camera[i] + 1)
        low, high = first, end  # the last block that does not begin after the frame
        while low < high:
            middle = (low + high) // 2
            if _after(head[middle], word, 0, t_us[i], seq[i]):
                high = middle
            else:
                low = middle + 1
        if low > first:
            found[i] |= _is_in(head[low - 1], word, t_us[i], seq[i])


@njit(cache=True)
def _around(
    head: Heads,
    word: NDArray[np.uint64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    before_us: NDArray[np.int64],
    after_us: NDArray[np.int64],
) -> None:
    first, end = 0, 0
    for i in range(len(camera)):
        if i == 0 or camera[i] != camera[i - 1]:
            first = _first_block(head, camera[i])
            end = _first_block(head, camera[i] + 1)
        low, high = first, end  # the first block that begins after the frame
        while low < high:
            middle = (low + high) // 2
            if _frame(head[middle], word, 0)[0] > t_us[i]:
                high = middle
            else:
                low = middle + 1
        if low < end:
            after_us[i] = min(after_us[i], _frame(head[low], word, 0)[0])
        if low > first:
            before, after = _beside(head[low - 1], word, t_us[i])
            before_us[i] = max(before_us[i], before)
            after_us[i] = min(after_us[i], after)


@njit(cache=True)
def _beside(each: Head, word: NDArray[np.uint64], t_us: int) -> tuple[Whole, Whole]:
    """Return the last time of a block at or before this one, which it has, and the first after it."""
    low: Whole = 0
    high: Whole = np.int64(each.count)
    while low < high:
        middle = (low + high) // 2
        if _frame(each, word, middle)[0] > t_us:
            high = middle
        else:
            low = middle + 1
    after: Whole = np.int64(1 << 62)
    if low < np.int64(each.count):
        after = _frame(each, word, low)[0]
    return _frame(each, word, low - 1)[0], after


@njit(cache=True)
def _first_block(head: Heads, camera: int) -> int:
    low, high = 0, len(head)
    while low < high:
        middle = (low + high) // 2
        if head[middle].camera < camera:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _after(each: Head, word: NDArray[np.uint64], i: Whole, t_us: int, seq: int) -> bool:
    """Tell whether a block's frame `i` comes after this one."""
    t, s = _frame(each, word, i)
    return bool(t > t_us or (t == t_us and s > seq))


@njit(cache=True)
def _is_in(each: Head, word: NDArray[np.uint64], t_us: int, seq: int) -> bool:
    low: Whole = 0
    high: Whole = np.int64(each.count)
    while low < high:
        middle = (low + high) // 2
        if _after(each, word, middle, t_us, seq):
            high = middle
        else:
            low = middle + 1
    return low > 0 and _frame(each, word, low - 1) == (t_us, seq)
