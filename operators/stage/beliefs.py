"""Which frames are believed, camera by camera in the order of their coming: the loops of `operators.stage.clocks`.

A frame is believed at once, or held until the clock comes to it or others agree with it,
or given up. All state is in arrays, and everything is decided by frames that came before.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

AGREE: Final = 3
"""Frames that make a jump: one bad stamp is common, two happen (a frame sent twice); ours."""
ROOM: Final = 5
"""Places for frames that are held: one comes to two that agree, or to two others; ours."""
PATIENCE: Final = 8
"""Believed frames after which one that is far off and alone is given up: a backlog may come between; ours."""
BEFORE_US: Final = 86_400_000_000
"""A time a day before the recording begins is none of it, however many agree: a clock that was never set; ours."""
BACK_US: Final = 3_600_000_000
"""Further behind than an hour, or than the lateness if that is longer, a lone frame was not delivered late; ours."""
NEVER: Final = -(1 << 62)


class Belief(NamedTuple):
    """What is known of `c` cameras' clocks, with room for frames that are held, in the order of their coming."""

    newest_us: NDArray[np.int64]  # (c,)
    step_us: NDArray[np.int64]  # (c, 2)
    filled: NDArray[np.uint8]  # (c,)
    held_us: NDArray[np.int64]  # (c, ROOM)
    held_row: NDArray[np.int64]  # (c, ROOM)
    doubts: NDArray[np.uint8]  # (c, ROOM)


class Rules(NamedTuple):
    """What decides."""

    home: NDArray[np.int32]  # (c,) the place of each camera's clock
    silence_us: NDArray[np.int64]  # (c,) how long a frame of it lasts
    reorder_us: int
    lateness_us: int
    since_us: int  # the recording begins


@njit(cache=True)
def plain(
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    newest_us: NDArray[np.int64],
    step_us: NDArray[np.int64],
    filled: NDArray[np.uint8],
    by: Rules,
) -> int:
    """Return how many frames are believed before the first of which more has to be asked."""
    back_us = max(by.lateness_us, BACK_US)
    for i in range(len(camera)):
        c = by.home[camera[i]]
        ahead_us = t_us[i] - newest_us[c]
        reach_us = _reach(step_us, by, c, by.silence_us[camera[i]])
        known = filled[c] == 0 and newest_us[c] != NEVER and t_us[i] >= by.since_us - BEFORE_US
        if not known or not -back_us <= ahead_us <= reach_us:
            return i
        if ahead_us > 0:
            newest_us[c] = t_us[i]
            step_us[c, 0], step_us[c, 1] = step_us[c, 1], ahead_us
    return len(camera)


@njit(cache=True)
def walk(
    row: NDArray[np.int64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    belief: Belief,
    by: Rules,
    out_row: NDArray[np.int64],
    out_us: NDArray[np.int64],
    jumped: NDArray[np.int64],
) -> tuple[int, int]:
    """Judge frames one after the other; return how many are believed, and how many never are."""
    n, refused = 0, 0
    back_us = max(by.lateness_us, BACK_US)
    for i in range(len(row)):
        c = by.home[camera[i]]
        if t_us[i] < by.since_us - BEFORE_US:
            jumped[refused] = row[i]
            refused += 1
            continue
        reach_us = _reach(belief.step_us, by, c, by.silence_us[camera[i]])
        ahead_us = t_us[i] - belief.newest_us[c]
        if belief.newest_us[c] != NEVER and -back_us <= ahead_us <= reach_us:
            out_row[n], out_us[n] = row[i], t_us[i]
            n += 1
            _move(belief, c, t_us[i])
            if belief.filled[c]:
                n, refused = _review(belief, by, c, by.silence_us[camera[i]], 1, out_row, out_us, n, jumped, refused)
            continue
        n, refused = _hold(
            belief, by, c, row[i], t_us[i], by.silence_us[camera[i]], out_row, out_us, n, jumped, refused
        )
    return n, refused


@njit(cache=True)
def _hold(
    belief: Belief, by: Rules, c: int, row: int, t_us: int, silence_us: int, out_row: NDArray[np.int64],
    out_us: NDArray[np.int64], n: int, jumped: NDArray[np.int64], refused: int,
) -> tuple[int, int]:  # fmt: skip
    """Hold a frame that is not believed at once; look whether others agree with it."""
    at = belief.filled[c]
    belief.held_us[c, at], belief.held_row[c, at], belief.doubts[c, at] = t_us, row, 0
    belief.filled[c] += 1
    near_us = max(by.lateness_us, _reach(belief.step_us, by, c, silence_us))
    if _agree(belief, c, t_us, near_us):
        if belief.newest_us[c] != NEVER and t_us < belief.newest_us[c]:  # delivered late, and no single one
            n = _release(belief, c, t_us, near_us, out_row, out_us, n)
        else:
            _jump(belief, c, t_us, near_us)
            n, refused = _review(belief, by, c, silence_us, 0, out_row, out_us, n, jumped, refused)
    if belief.filled[c] == ROOM:
        jumped[refused] = belief.held_row[c, 0]
        refused += 1
        _drop(belief, c, 0)
    return n, refused


@njit(cache=True)
def last(
    belief: Belief, by: Rules, out_row: NDArray[np.int64], out_us: NDArray[np.int64], jumped: NDArray[np.int64]
) -> tuple[int, int]:
    """Judge what is held when no frame follows; return the same."""
    n, refused = 0, 0
    for c in range(len(belief.filled)):
        if belief.filled[c] and belief.newest_us[c] == NEVER:
            n = _release(belief, c, 0, 1 << 62, out_row, out_us, n)
        elif belief.filled[c]:
            n, refused = _review(belief, by, c, by.silence_us[c], 0, out_row, out_us, n, jumped, refused)
        while belief.filled[c]:
            jumped[refused] = belief.held_row[c, 0]
            refused += 1
            _drop(belief, c, 0)
    return n, refused


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _reach(step_us: NDArray[np.int64], by: Rules, c: int, silence_us: int) -> int:
    """Return how far ahead of its clock a camera's next frame may be: by what the registry says, or its own pace."""
    pace_us = min(step_us[c, 0], step_us[c, 1])
    return int(by.reorder_us + max(silence_us, 2 * pace_us))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _move(belief: Belief, c: int, t_us: int) -> None:
    step_us = t_us - belief.newest_us[c]
    if step_us > 0:
        belief.newest_us[c] = t_us
        belief.step_us[c, 0] = belief.step_us[c, 1]
        belief.step_us[c, 1] = step_us


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _drop(belief: Belief, c: int, at: int) -> None:
    for j in range(at, belief.filled[c] - 1):
        belief.held_us[c, j] = belief.held_us[c, j + 1]
        belief.held_row[c, j] = belief.held_row[c, j + 1]
        belief.doubts[c, j] = belief.doubts[c, j + 1]
    belief.filled[c] -= 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _agree(belief: Belief, c: int, t_us: int, near_us: int) -> bool:
    """Tell whether enough held frames, the newest among them, lie near each other."""
    agree = 0
    for j in range(belief.filled[c]):
        agree += abs(belief.held_us[c, j] - t_us) <= near_us
    return agree >= AGREE


@njit(cache=True)
def _jump(belief: Belief, c: int, t_us: int, near_us: int) -> None:
    """Set a clock by frames that agree: to the last but one of them, so that one that is off sets none."""
    near = np.empty(ROOM, np.int64)
    k = 0
    for j in range(belief.filled[c]):
        if abs(belief.held_us[c, j] - t_us) <= near_us:
            near[k] = belief.held_us[c, j]
            k += 1
    near = np.sort(near[:k])
    belief.newest_us[c] = near[k - 2]
    belief.step_us[c, :] = np.min(np.diff(near))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _release(
    belief: Belief, c: int, t_us: int, near_us: int, out_row: NDArray[np.int64], out_us: NDArray[np.int64], n: int
) -> int:
    """Let frames go that agree on a time long past: they are no single one's mistake."""
    j = 0
    while j < belief.filled[c]:
        if abs(belief.held_us[c, j] - t_us) > near_us:
            j += 1
            continue
        out_row[n], out_us[n] = belief.held_row[c, j], belief.held_us[c, j]
        n += 1
        _drop(belief, c, j)
    return n


@njit(cache=True)
def _review(
    belief: Belief,
    by: Rules,
    c: int,
    silence_us: int,
    doubt: int,
    out_row: NDArray[np.int64],
    out_us: NDArray[np.int64],
    n: int,
    jumped: NDArray[np.int64],
    refused: int,
) -> tuple[int, int]:
    """Look at held frames again after the clock has moved.

    `doubt` is 1 where a frame was believed without them: then the clock must come to them, so that they make no
    other frame late.
    """
    for behind in range(2):  # those far behind the clock last: no frame after them seems to follow a gap
        n = _come_to(belief, by, c, silence_us, doubt, behind, out_row, out_us, n)
    return n, _give_up(belief, by, c, doubt, jumped, refused)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _come_to(
    belief: Belief, by: Rules, c: int, silence_us: int, doubt: int, behind: int, out_row: NDArray[np.int64],
    out_us: NDArray[np.int64], n: int,
) -> int:  # fmt: skip
    """Believe held frames that the clock has come to."""
    j = 0
    while j < belief.filled[c]:
        ahead_us = belief.held_us[c, j] - belief.newest_us[c]
        pace_us = _reach(belief.step_us, by, c, silence_us)
        least_us = -max(by.lateness_us, BACK_US) if behind else -pace_us
        most_us = by.reorder_us if doubt else pace_us
        if least_us <= ahead_us <= most_us:
            out_row[n], out_us[n] = belief.held_row[c, j], belief.held_us[c, j]
            n += 1
            _move(belief, c, belief.held_us[c, j])
            _drop(belief, c, j)
            j = 0  # the clock may have come to others
        else:
            j += 1
    return n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _give_up(belief: Belief, by: Rules, c: int, doubt: int, jumped: NDArray[np.int64], refused: int) -> int:
    """Refuse held frames that are far off, once `PATIENCE` others were believed without them."""
    back_us = max(by.lateness_us, BACK_US)
    j = 0
    while j < belief.filled[c]:
        ahead_us = belief.held_us[c, j] - belief.newest_us[c]
        is_far = ahead_us > by.lateness_us or ahead_us < -back_us
        belief.doubts[c, j] += doubt if is_far else 0
        if belief.doubts[c, j] >= PATIENCE:
            jumped[refused] = belief.held_row[c, j]
            refused += 1
            _drop(belief, c, j)
            continue
        j += 1
    return refused
