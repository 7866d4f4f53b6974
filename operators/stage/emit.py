"""Which minutes of which cameras are final, and what their rows hold.

A camera's minute is stated once its frontier has passed the minute's end, and
stated again when a late part reaches it. Every key of the registry has a row in
every minute of its camera's expected time, also when nothing was seen; after
`LONGEST_SILENCE` minutes without a frame the rows stop until it returns.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.city import City, cameras_with, first_of
from operators.minutes import MINUTE_US
from operators.stage.health import LONGEST_SILENCE, MISREAD, MISSED, OFFLINE, STALE, Silences
from schemas.card import Card
from schemas.cards import CARDS, ZONE_KINDS
from schemas.columns import HEALTH, PUBLISHED_COVERAGE, REASONS, STATES, WATCH

LOW_FPS, MOVED = STATES.index("low_fps"), STATES.index("moved")


class Keys(NamedTuple):
    """A metric's dense keys by camera: `key[first[c]:first[c + 1]]`."""

    first: NDArray[np.int64]  # (c + 1,)
    key: NDArray[np.int32]  # (k,)
    camera: NDArray[np.int32]  # (highest key + 1,) the camera of each possible key


class Minutes(NamedTuple):
    """`n` windows to state."""

    camera: NDArray[np.int32]
    minute: NDArray[np.int64]


def _keys(camera: NDArray[np.int32], wanted: NDArray[np.bool_], cameras: int) -> Keys:
    key = np.flatnonzero(wanted).astype(np.int32)
    return Keys(first_of(camera[key], cameras), key, camera)


def keys(city: City) -> dict[str, Keys]:
    """Return every metric's keys, as the registry enables them: cameras, zones, lines or line * 2 + direction."""
    by_key = {("zone_id",): _zones, ("line_id",): _lines, ("line_id", "direction"): _directions, (): _cameras}
    return {card.name: by_key[card.table.key](city, card) for card in CARDS if card.table is not None}


def _cameras(city: City, card: Card) -> Keys:
    every = np.arange(len(city.cameras), dtype=np.int32)
    return _keys(every, _measuring(city, card), len(every))


def _zones(city: City, card: Card) -> Keys:
    kinds = [ZONE_KINDS.index(look.kind) for look in card.looks]
    wanted = np.isin(city.zone_kind, kinds) & _measuring(city, card)[city.zone_camera]
    return _keys(city.zone_camera, wanted, len(city.cameras))


def _lines(city: City, card: Card) -> Keys:
    """Return the lines of the roles that a metric counts at; moving optics have none."""
    roles = np.array([role in card.roles for role in ("flow", "gate")])
    wanted = roles[(city.line_entry != 0).astype(np.int64)] & (_measuring(city, card) & city.fixed)[city.line_camera]
    return _keys(city.line_camera, wanted, len(city.cameras))


def _directions(city: City, card: Card) -> Keys:
    line = _lines(city, card).key
    key = (2 * np.repeat(line, 2) + np.tile(np.arange(2), len(line))).astype(np.int32)
    camera = np.repeat(city.line_camera, 2)
    return Keys(first_of(camera[key], len(city.cameras)), key, camera)


def _measuring(city: City, card: Card) -> NDArray[np.bool_]:
    every = np.ones(len(city.cameras), np.bool_)
    return cameras_with(city, card.enabled_by) if card.enabled_by else every


@njit(cache=True)
def _due(
    camera: NDArray[np.int32],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    skip_camera: NDArray[np.int32],
    skip_from: NDArray[np.int64],
    skip_to: NDArray[np.int64],
    out: NDArray[np.int64],
) -> int:
    n, s = 0, 0
    for i in range(len(camera)):
        minute = start[i]
        while s < len(skip_camera) and skip_camera[s] < camera[i]:
            s += 1
        while minute < end[i]:
            while s < len(skip_camera) and skip_camera[s] == camera[i] and skip_to[s] <= minute:
                s += 1
            if s < len(skip_camera) and skip_camera[s] == camera[i] and skip_from[s] <= minute:
                minute = skip_to[s]
                continue
            if n < len(out):
                out[n, 0], out[n, 1] = camera[i], minute
            n += 1
            minute += 1
    return n


def due(camera: NDArray[np.int32], start: NDArray[np.int64], end: NDArray[np.int64], silent: Silences) -> Minutes:
    """Return the minutes ``start[i] <= minute < end[i]`` of ascending cameras, less long silences."""
    skip_from = silent.since_us // MINUTE_US + LONGEST_SILENCE + 1
    skip_to = silent.until_us // MINUTE_US
    longer = np.flatnonzero(skip_to > skip_from)
    skips = (silent.camera[longer], skip_from[longer], skip_to[longer])
    count = _due(camera, start, end, *skips, np.empty((0, 2), np.int64))
    room = np.empty((count, 2), np.int64)
    _due(camera, start, end, *skips, room)
    return Minutes(room[:, 0].astype(np.int32), room[:, 1].copy())


class Rows(NamedTuple):
    """`n` rows of a metric: which of the windows each belongs to, and its key."""

    window: NDArray[np.int64]  # (n,) row in `Minutes`
    key: NDArray[np.int32]  # (n,)


def rows(metric_keys: Keys, windows: Minutes) -> Rows:
    """Return one row for every key of each window's camera."""
    start, counts = metric_keys.first[windows.camera], np.diff(metric_keys.first)[windows.camera]
    window = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    within = np.arange(len(window)) - np.repeat(ends - counts, counts)
    return Rows(window, metric_keys.key[np.repeat(start, counts) + within])


def expected_ms(city: City, windows: Minutes, since_us: int, until_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) the part of each minute in which its camera should have been watching [ms].

    Parameters
    ----------
    since_us, until_us
        The recording's start, and (c,) each camera's end [us].
    """
    start = np.maximum(windows.minute * MINUTE_US, np.maximum(city.valid_from_us[windows.camera], since_us))
    end = np.minimum((windows.minute + 1) * MINUTE_US, np.minimum(city.valid_to_us, until_us)[windows.camera])
    out: NDArray[np.int64] = np.maximum(end // 1000 - start // 1000, 0)
    return out


def watch(parts: NDArray[np.int64], health: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a metric's rows (n, width) with frames and time watched from their camera's health rows (n, ...).

    What a camera watched is one statement, made once: every table's first two parts.
    """
    out = parts.copy()
    out[:, : len(WATCH)] = health[:, : len(WATCH)]
    return out


def without(health: NDArray[np.int64], causes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return health rows as some metrics see them: time that these causes took from them was not watched."""
    out, observed = health.copy(), HEALTH.offset("observed_ms")
    for name in causes:
        out[:, observed] -= health[:, HEALTH.offset(f"{name}_ms")]
    out[:, observed] = np.maximum(out[:, observed], 0)
    return out


def judged(city: City, windows: Minutes, health: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return health rows with `low_fps` where fewer than half of the frames came, `misread` where half were misread.

    What was silent for a while is told as that: nobody else says that a camera has gone.
    """
    out = health.copy()
    frames, misread, state = (health[:, HEALTH.offset(name)] for name in ("frames", "misread", "state"))
    came = frames + misread
    few = (came > 0) & (came * city.period_us[windows.camera] * 2 < expected * 1000)
    told = np.where(few, np.maximum(state, LOW_FPS), state)
    blind = (misread > 0) & (misread >= frames) & (state < STALE)
    out[:, HEALTH.offset("state")] = np.where(blind, MISREAD, told)
    return out


LOST: Final = ("frozen", "dark", "blurred", "misread")
"""Causes for which a camera's time is not watched."""


def reasons(health: NDArray[np.int64], expected: NDArray[np.int64], lost: tuple[str, ...] = LOST) -> NDArray[np.uint8]:
    """Return (n,) why a window is not published, an index into REASONS; 0 when it is.

    Parameters
    ----------
    health
        Health rows, or what `without` made of them.
    lost
        Causes for which time was not watched: of what `without` made, its causes too.
    """
    column = HEALTH.offset
    observed, state = health[:, column("observed_ms")], health[:, column("state")]
    causes = {name: health[:, column(f"{name}_ms")] for name in lost}
    low = observed < expected * PUBLISHED_COVERAGE
    names = np.full(len(health), REASONS.index("low_coverage"), np.uint8)
    names[state == STALE] = REASONS.index("stale")
    names[state == OFFLINE] = REASONS.index("offline")
    names[(health[:, column("frames")] == 0) & (state < STALE)] = REASONS.index("stale")
    names[state == LOW_FPS] = REASONS.index("low_fps")
    names[state == MOVED] = REASONS.index("moved")
    names[state == MISREAD] = REASONS.index("misread")
    names[state == MISSED] = REASONS.index("missed")
    for name, ms in causes.items():
        names[ms * 2 > expected - observed] = REASONS.index(name)
    return np.where(low, names, 0).astype(np.uint8)
