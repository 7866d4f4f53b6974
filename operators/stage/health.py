"""Camera health: was the camera watching, and could it see.

Walks each camera's frames in order. A silence is `stale` after max(10 s, 5
periods) and `offline` after 5 minutes; a picture that stands still, is dark or
blurred with nothing detected is seen but not watched (`usable` False), as is one
of which the camera itself says that its scene is another (zones mean nothing there)
and one all of whose boxes were refused. Whether it
stands still its hash says; only where frames carry none do detections that never
change say so, since trackers hold the boxes of what is parked. The
thresholds are ours (metrics.md, Camera health) and are settings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Parts
from operators.city import City
from operators.minutes import MINUTE_US
from operators.stage.missed import Missed
from operators.stage.ordered import NEVER, Released
from schemas.columns import HEALTH, STATES

ONLINE, SKEW, DEGRADED, BLURRED, MOVED, DARK, FROZEN, FLAPPING, STALE, OFFLINE, MISREAD, MISSED = (
    STATES.index(name)
    for name in (
        "online",
        "clock_skew",
        "degraded",
        "blurred",
        "moved",
        "dark",
        "frozen",
        "flapping",
        "stale",
        "offline",
        "misread",
        "missed",
    )
)
VERSION = 6
LONGEST_SILENCE = 1440
"""Minutes of a silence that get rows; a longer outage is one incident."""


class HealthParams(NamedTuple):
    """Thresholds of metrics.md, Camera health; brightness and sharpness are ours."""

    stale_us: int = 10_000_000
    stale_periods: int = 5
    offline_us: int = 300_000_000
    frozen_us: int = 60_000_000
    skew_us: int = 30_000_000
    flap_us: int = 900_000_000  # window in which `FLAPS` changes are flapping
    dark_luma: float = 0.06  # mean brightness 0..1
    blurred_sharpness: float = 15.0  # variance of the Laplacian


FLAPS = 4


class HealthState(NamedTuple):
    """`c` cameras: what the last frame looked like, and the last changes."""

    last_us: NDArray[np.int64]  # (c,) last frame, or the start of the recording
    seen: NDArray[np.uint64]  # (c,) hash of the last detections, 0 when none
    seen_us: NDArray[np.int64]  # (c,) since when they stand
    image: NDArray[np.uint64]  # (c,) hash of the last picture, 0 when none
    image_us: NDArray[np.int64]
    flips_us: NDArray[np.int64]  # (c, FLAPS) times of the last changes, a ring
    flip: NDArray[np.int64]  # (c,) changes so far


def start(cameras: int) -> HealthState:
    """Return the state before any frame."""
    zero, never = np.zeros(cameras, np.uint64), np.full(cameras, NEVER)
    return HealthState(
        never.copy(),
        zero.copy(),
        never.copy(),
        zero.copy(),
        never.copy(),
        np.full((cameras, FLAPS), NEVER),
        np.zeros(cameras, np.int64),
    )


@njit(cache=True)
def _detections(
    cls: NDArray[np.uint8], box: NDArray[np.float32], first: NDArray[np.int64], out: NDArray[np.uint64]
) -> None:
    """Hash each frame's boxes and classes; 0 for a frame without detections."""
    bits = box.view(np.uint32)
    for i in range(len(out)):
        code = np.uint64(0)
        for j in range(first[i], first[i + 1]):
            code = (code ^ np.uint64(cls[j] + 1)) * np.uint64(0x9E3779B97F4A7C15)
            for k in range(4):
                code = (code ^ np.uint64(bits[j, k])) * np.uint64(0x100000001B3)
        out[i] = code | np.uint64(1) if first[i + 1] > first[i] else np.uint64(0)


@njit(cache=True)
def _walk(
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    codes: NDArray[np.uint64],
    images: NDArray[np.uint64],
    luma: NDArray[np.float32],
    sharpness: NDArray[np.float32],
    moved: NDArray[np.bool_],
    sampled: NDArray[np.bool_],
    arrival_us: NDArray[np.int64],
    stale_after: NDArray[np.int64],
    limits: tuple[int, int, int, float, float],
    state: HealthState,
    out: NDArray[np.uint8],
) -> None:
    """Write each frame's state code; keep what the camera looked like last."""
    frozen_us, skew_us, flap_us, dark, blurred = limits
    for i in range(len(camera)):
        c, t = camera[i], t_us[i]
        if t - state.last_us[c] > stale_after[c] and state.last_us[c] > NEVER:
            for moment in (state.last_us[c] + stale_after[c], t):
                state.flips_us[c, state.flip[c] % FLAPS] = moment
                state.flip[c] += 1
        state.last_us[c] = t
        if codes[i] == 0 or codes[i] != state.seen[c]:
            state.seen[c], state.seen_us[c] = codes[i], t
        if images[i] != 0 and images[i] != state.image[c]:
            state.image[c], state.image_us[c] = images[i], t
        moves = state.image[c] != 0 and t - state.image_us[c] <= frozen_us  # the picture does: boxes may be held
        stands = images[i] != 0 and t - state.image_us[c] > frozen_us
        held = codes[i] != 0 and t - state.seen_us[c] > frozen_us and not sampled[i]  # tracks' lives hold their boxes
        frozen = stands or (images[i] == 0 and not moves and held)
        code = ONLINE
        if arrival_us[i] >= 0 and abs(arrival_us[i] - t) > skew_us:
            code = SKEW
        if luma[i] < dark:
            code = DARK if codes[i] == 0 else DEGRADED
        elif sharpness[i] < blurred:
            code = BLURRED if codes[i] == 0 else DEGRADED
        if moved[i] and code != DARK:
            code = MOVED
        if frozen:
            code = FROZEN
        elif state.flip[c] >= FLAPS and t - state.flips_us[c, state.flip[c] % FLAPS] <= flap_us:
            code = max(code, FLAPPING)
        out[i] = code


def stale_after_us(city: City, params: HealthParams) -> NDArray[np.int64]:
    """Return (c,) the silence after which a camera is stale [us]."""
    after: NDArray[np.int64] = np.maximum(
        np.maximum(params.stale_us, params.stale_periods * city.period_us), city.silence_us
    )
    return after


def step(state: HealthState, city: City, released: Released, params: HealthParams) -> NDArray[np.uint8]:
    """Return (n,) a state code a frame, of on-time frames sorted by (camera, time)."""
    ordered = released.ordered
    codes = np.empty(len(ordered.camera), np.uint64)
    _detections(ordered.cls, np.ascontiguousarray(ordered.box), ordered.first, codes)
    out = np.empty(len(codes), np.uint8)
    limits = (params.frozen_us, params.skew_us, params.flap_us, params.dark_luma, params.blurred_sharpness)
    stale = stale_after_us(city, params)
    _walk(
        ordered.camera,
        ordered.t_us,
        codes,
        released.image,
        released.luma,
        released.sharpness,
        released.moved,
        released.sampled,
        released.arrival_us,
        stale,
        limits,
        state,
        out,
    )
    out[released.unseen] = MISREAD
    return out


def late(released: Released, params: HealthParams) -> NDArray[np.uint8]:
    """Return (n,) a state code a late frame, from what it shows alone."""
    dark, blurred = released.luma < params.dark_luma, released.sharpness < params.blurred_sharpness
    empty = np.diff(released.ordered.first) == 0
    out = np.zeros(len(empty), np.uint8)
    out[dark | blurred] = DEGRADED
    out[blurred & empty] = BLURRED
    out[released.moved] = MOVED
    out[dark & empty] = DARK
    out[released.unseen] = MISREAD
    return out


def usable(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which frames were watched: not frozen, misread or of another scene, nor dark or blurred and empty."""
    return ~np.isin(codes, (DARK, BLURRED, MOVED, FROZEN, MISREAD))


class Silences(NamedTuple):
    """`n` stretches between two frames of a camera, or up to where it was watched for."""

    camera: NDArray[np.int32]
    since_us: NDArray[np.int64]
    until_us: NDArray[np.int64]


def no_silences() -> Silences:
    """Return zero silences."""
    return Silences(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


def joined(a: Silences, b: Silences) -> Silences:
    """Return both, by camera; those of `a` come first."""
    camera = np.concatenate([a.camera, b.camera])
    order = np.argsort(camera, kind="stable")
    since, until = np.concatenate([a.since_us, b.since_us]), np.concatenate([a.until_us, b.until_us])
    return Silences(camera[order], since[order], until[order])


def gaps(
    state: HealthState, city: City, released: Released, frontier_us: NDArray[np.int64], params: HealthParams
) -> Silences:
    """Return the silences after on-time frames, up to the next or the frontier; call it before `step`.

    The frontier is the time of the next frame, which is not released yet: a
    silence is told in the push that lets its minutes be stated.
    """
    camera, t_us = released.ordered.camera, released.ordered.t_us
    until = np.empty_like(t_us)
    until[:-1] = t_us[1:]
    ends = np.flatnonzero(np.diff(camera, append=-1))
    until[ends] = frontier_us[camera[ends]]
    rows = np.flatnonzero(until - t_us > stale_after_us(city, params)[camera])
    starts = np.flatnonzero(np.diff(camera, prepend=-1))
    fresh = starts[state.seen_us[camera[starts]] == NEVER]
    first = np.concatenate([fresh, rows])
    since = np.concatenate([state.last_us[camera[fresh]], t_us[rows]])
    till = np.concatenate([t_us[fresh], until[rows]])
    order = np.argsort(camera[first], kind="stable")
    return Silences(camera[first][order], since[order], till[order])


@njit(cache=True)
def _silent_minutes(
    camera: NDArray[np.int32],
    since_us: NDArray[np.int64],
    until_us: NDArray[np.int64],
    stale_us: NDArray[np.int64],
    offline_us: int,
    missed: Missed,
    out: NDArray[np.int64],
) -> int:
    n = 0
    for i in range(len(camera)):
        stale = since_us[i] + stale_us[camera[i]]
        if until_us[i] <= stale:
            continue
        offline = since_us[i] + max(offline_us, stale_us[camera[i]])
        first, last = stale // MINUTE_US, (until_us[i] - 1) // MINUTE_US
        for minute in range(first, min(last, first + LONGEST_SILENCE) + 1):
            if n < len(out):
                out[n, 0], out[n, 1] = camera[i], minute
                out[n, 2] = OFFLINE if min((minute + 1) * MINUTE_US, until_us[i]) > offline else STALE
                since, until = missed.since_us[camera[i]], missed.until_us[camera[i]]
                if since < (minute + 1) * MINUTE_US and minute * MINUTE_US < until:
                    out[n, 2] = MISSED
            n += 1
    return n


def silences(city: City, silent: Silences, params: HealthParams, missed: Missed) -> Parts:
    """Return the states of minutes in which a camera was silent, or what it sent was missed."""
    stale = stale_after_us(city, params)
    needed = _silent_minutes(*silent, stale, params.offline_us, missed, np.empty((0, 3), np.int64))
    room = np.empty((needed, 3), np.int64)
    _silent_minutes(*silent, stale, params.offline_us, missed, room)
    values = np.zeros((needed, HEALTH.width), np.int64)
    values[:, HEALTH.offset("state")] = room[:, 2]
    return Parts(room[:, 0].astype(np.int32), room[:, 1].copy(), values)
