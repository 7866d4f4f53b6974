"""Lives of Frigate's tracks as frames: who was there at every full second that was watched.

Frigate tells a track's life in a few messages, not frame by frame. A second shows
every track that lived in it, where it last was said to be. A second was watched where
Frigate says that it detects (its status), between two messages of one track, and for
`LINGER_US` after any message; others are silence. A track whose end never came is
given up by our own timer.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.formats.frigate_lines import Event
from connectors.formats.plain_frames import Box

STEP_US: Final = 1_000_000
LINGER_US: Final = 60_000_000
"""So long a camera counts as watched after a message where nobody says its status: `silence_s` of metrics.md."""
EXPIRES_US: Final = 2 * 60_000_000
"""A moving track of which so long nothing came is gone; ours: its box changes all the time, and that is told."""
STATIONARY_EXPIRES_US: Final = 30 * 60_000_000
"""The same of one that stands; ours: Frigate says little of it, and a parked car must not stand for ever."""
LONGEST_US: Final = 86_400_000_000
"""Where a camera that is online says nothing for longer, nobody knows whether it was watched; ours."""
MOST_TRACKS: Final = 256
"""Tracks of a camera that are open at once; beyond, the one heard of least lately is given up."""


class Track(msgspec.Struct):
    """One that is there, or was within the last second."""

    label: str
    confidence: float | None
    box: Box
    since_us: int
    last_us: int
    is_stationary: bool
    ended_us: int | None = None
    is_shown: bool = False

    def is_there(self, second_us: int) -> bool:
        """Tell whether it lived in the second that ends at a time."""
        return self.since_us <= second_us and (self.ended_us is None or self.ended_us > second_us - STEP_US)

    @property
    def gone_us(self) -> int:
        """Return the last full second at which it is believed to be there, as far as nothing more comes."""
        if self.ended_us is not None:
            return -(-self.ended_us // STEP_US) * STEP_US
        return (self.last_us + (STATIONARY_EXPIRES_US if self.is_stationary else EXPIRES_US)) // STEP_US * STEP_US


class Run(msgspec.Struct):
    """Some seconds, one after the other, that show the same."""

    camera: str
    first_us: int
    seconds: int
    things: list[tuple[str, Track]]  # by track


class Camera(msgspec.Struct):
    """What is known of a camera."""

    clock_us: int | None = None  # the last second that was told, or is known to have been silent
    heard_us: int | None = None
    is_online: bool | None = None  # None: nobody said
    tracks: dict[str, Track] = msgspec.field(default_factory=dict)

    def heard(self, name: str, event: Event, *, is_online: bool | None) -> list[Run]:
        """Take an event; return the seconds before it."""
        known = self.tracks.get(event.track)
        if known is not None:
            known.last_us = max(known.last_us, event.t_us)  # it lived all the time, and somebody watched it
        elif event.is_real and event.since_us < event.t_us:
            self._open(event)  # it was there before anybody said so
        runs = self.until(name, before(event.t_us), is_online=True if known is not None else is_online)
        self.silent(before(event.t_us))
        self._take(event)
        self.heard_us = event.t_us if self.heard_us is None else max(self.heard_us, event.t_us)
        return runs

    def until(self, name: str, until_us: int, *, is_online: bool | None) -> list[Run]:
        """Return the seconds up to a time that were watched, and move there.

        Parameters
        ----------
        is_online
            Whether the camera is known to have been watched all that time, or not to have been; None: nobody said.
        """
        if self.clock_us is None or is_online is False:
            self.clock_us = until_us if self.clock_us is None else max(self.clock_us, until_us)
            return []
        end_us = until_us
        if not is_online:
            end_us = min(end_us, ((self.heard_us or 0) + LINGER_US) // STEP_US * STEP_US)
        if end_us - self.clock_us > LONGEST_US:
            end_us = self.clock_us + LINGER_US
        runs = []
        while self.clock_us < end_us:
            runs.append(self._next(name, end_us))
        if is_online is None and until_us > end_us and until_us - end_us <= LONGEST_US:
            return runs  # what comes may still say that it was watched
        self.clock_us = max(self.clock_us, until_us)
        return runs

    def silent(self, until_us: int) -> None:
        """Take note that nobody watched up to a time."""
        self.clock_us = until_us if self.clock_us is None else max(self.clock_us, until_us)

    def _next(self, name: str, end_us: int) -> Run:
        """Return the longest run of seconds behind the clock in which nobody comes or goes."""
        assert self.clock_us is not None
        first_us = self.clock_us + STEP_US
        self.tracks = {track: one for track, one in self.tracks.items() if one.gone_us >= first_us}
        there = [(track, one) for track, one in self.tracks.items() if one.is_there(first_us)]
        last_us = end_us
        for track in self.tracks.values():
            is_there = track.is_there(first_us)
            last_us = min(last_us, track.gone_us if is_there else -(-track.since_us // STEP_US) * STEP_US - STEP_US)
            track.is_shown |= is_there
        last_us = max(last_us, first_us)
        self.clock_us = last_us
        shown = [(track, msgspec.structs.replace(one)) for track, one in there]
        return Run(name, first_us, (last_us - first_us) // STEP_US + 1, shown)

    def _open(self, event: Event) -> None:
        if event.box is None:
            return
        self.tracks[event.track] = Track(
            event.label, event.confidence, event.box, event.since_us, event.t_us, event.is_stationary
        )
        if len(self.tracks) > MOST_TRACKS:
            del self.tracks[min(self.tracks, key=lambda track: self.tracks[track].last_us)]

    def _take(self, event: Event) -> None:
        if not event.is_real:
            self.tracks.pop(event.track, None)
            return
        if event.track not in self.tracks:
            self._open(event)
        track = self.tracks.get(event.track)
        if track is None:
            return
        if event.t_us >= track.last_us:
            track.label, track.confidence = event.label, event.confidence
            track.box = track.box if event.box is None else event.box
            track.is_stationary, track.last_us = event.is_stationary, event.t_us
        if event.is_over:
            assert self.clock_us is not None
            track.ended_us = event.t_us if track.is_shown else max(event.t_us, self.clock_us + 1)


def before(t_us: int) -> int:
    """Return the last full second before a time."""
    return -(-t_us // STEP_US) * STEP_US - STEP_US
