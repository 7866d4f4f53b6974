"""Frames seen within the lateness, by which a copy that comes late is told from a late frame.

Every frame that counts is remembered when it comes, by camera, time and number. New
ones gather as they are and are then packed; packs of like size are merged, up to a
share of all, so that a frame is written a few times in its life and no push writes
all. What its camera's lateness has passed goes with its pack, or with half of it:
a camera that has stopped keeps its own frames and nobody else's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.stage import identity, packed
from operators.stage.identity import Keys
from operators.stage.packed import Packed

FRESH: Final = 1 << 16
"""Frames to gather before they are packed (1.3 MB), and the least that is looked through for what is old."""
SHARE: Final = 32
"""A pack is not merged further from this share of all frames on: what one push may write at most."""
PIECE: Final = 1 << 18
"""Frames that lie unpacked while packs are merged."""


@dataclass
class Seen:
    """Frames not packed yet, packs from large to small, and the frames packed since old ones were dropped."""

    fresh: list[Keys] = field(default_factory=list)
    packs: list[Packed] = field(default_factory=list)
    since: int = 0


def size(seen: Seen) -> int:
    """Return how many frames are remembered."""
    return sum(len(keys.camera) for keys in seen.fresh) + sum(pack.frames for pack in seen.packs)


def remember(seen: Seen, keys: Keys, oldest_us: NDArray[np.int64]) -> None:
    """Keep frames while they are not older than ``oldest_us[camera]``, and for some time beyond.

    Parameters
    ----------
    keys
        Frames in any order.
    oldest_us
        (c,) From where on each camera's frames can come again and count.
    """
    if len(keys.camera):
        seen.fresh.append(keys)
    if sum(len(each.camera) for each in seen.fresh) >= FRESH:
        settle(seen, oldest_us)


def known(seen: Seen, keys: Keys, oldest_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return (n,) whether each frame is remembered; `keys` are in order of camera."""
    settle(seen, oldest_us)
    found = np.zeros(len(keys.camera), np.bool_)
    for pack in seen.packs:
        packed.find(pack, keys, found)
    return found


class Beside(NamedTuple):
    """The times remembered next to `n` frames of their cameras [us]."""

    before_us: NDArray[np.int64]  # (n,) the last at or before the frame's, a time before all where there is none
    after_us: NDArray[np.int64]  # (n,) the first after it, a time after all where there is none


def beside(seen: Seen, keys: Keys) -> Beside:
    """Return the times next to each frame's among what `known` has looked through; `keys` are in order of camera."""
    count = len(keys.camera)
    out = Beside(np.full(count, -(1 << 62)), np.full(count, 1 << 62))
    for pack in seen.packs:
        packed.around(pack, keys, *out)
    return out


def carry(into: Seen, source: Seen, place: NDArray[np.integer[Any]], cameras: int) -> None:
    """Take along the frames of cameras that go along: ``place[camera]`` of `cameras`, -1 for what stays behind."""
    never = np.full(cameras, np.iinfo(np.int64).min)
    for frames in (*source.fresh, *(packed.unpack(pack) for pack in source.packs)):
        went = identity.chosen(frames, place[frames.camera] >= 0)
        remember(into, identity.sealed(place[went.camera].astype(np.int32), went.t_us, went.seq), never)


def settle(seen: Seen, oldest_us: NDArray[np.int64]) -> None:
    """Pack what is fresh, merge packs of like size, and drop what is old once enough has come."""
    if not seen.fresh:
        return
    keys = identity.together(seen.fresh)
    seen.fresh = []
    seen.packs.append(packed.pack(_sorted(keys, len(oldest_us))))
    seen.since += len(keys.camera)
    most = max(FRESH, size(seen) // SHARE)
    if seen.since >= most:
        seen.since = 0
        _drop_old(seen, oldest_us)
    _merge_small(seen, most, oldest_us)


def _drop_old(seen: Seen, oldest_us: NDArray[np.int64]) -> None:
    """Drop packs that are old; what lives in those that are half old is written anew."""
    live = [packed.live(pack, oldest_us) for pack in seen.packs]
    thin = [pack for pack, count in zip(seen.packs, live, strict=True) if 0 < 2 * count <= pack.frames]
    seen.packs = [pack for pack, count in zip(seen.packs, live, strict=True) if 2 * count > pack.frames]
    if thin:
        seen.packs.append(_merged(thin, oldest_us))


def _merge_small(seen: Seen, most: int, oldest_us: NDArray[np.int64]) -> None:
    """Merge the last packs while the one before is no larger than these together, and these are below `most`."""
    begin = len(seen.packs) - 1
    total = seen.packs[begin].frames
    while begin > 0 and total < most and seen.packs[begin - 1].frames <= total:
        begin -= 1
        total += seen.packs[begin].frames
    if begin < len(seen.packs) - 1:
        seen.packs[begin:] = [_merged(seen.packs[begin:], oldest_us)]


def _merged(parts: list[Packed], oldest_us: NDArray[np.int64]) -> Packed:
    """Return the frames of several packs that are not old as one; of few cameras at a time."""
    whole, out, begin = packed.joined(parts), [], 0
    first = np.flatnonzero(np.diff(whole.head["camera"], prepend=-1, append=-1))  # blocks where a camera begins
    ends = np.cumsum(whole.head["count"], dtype=np.int64)
    while begin < len(whole.head):
        limit = np.searchsorted(ends, (ends[begin - 1] if begin else 0) + PIECE)
        end = int(first[min(np.searchsorted(first, max(limit, begin + 1)), len(first) - 1)])
        keys = packed.unpack(whole, slice(begin, end))
        lives = keys.t_us >= oldest_us[keys.camera]
        out.append(packed.pack(_sorted(identity.chosen(keys, lives), len(oldest_us))))
        begin = end
    return packed.joined(out)


def _sorted(keys: Keys, cameras: int) -> Keys:
    """Return the frames in order, copies of one as one."""
    rows = identity.order(*keys, cameras)
    inorder = identity.chosen(keys, rows)
    first = ~identity.is_again(inorder)
    return inorder if first.all() else identity.chosen(inorder, first)
