"""`tilik registry apply`: another registry for a stream, from a moment on that no frame has reached.

Running processes see within a second that another registry is kept. Until then they go by the former
one, so the moment has to lie behind all that they may have read: frames are at most five
minutes ahead of the time at which they come (`future`, docs/formats.md), and a minute is for the processes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from flows.live import by_time, kept, telling
from flows.live.by_time import Moments
from flows.live.place import Place
from flows.live.telling import Process
from schemas.counting import counted
from schemas.errors import StateError, UsageError
from schemas.local_time import MINUTE_US, at_time
from schemas.registry import Registry

AHEAD_US: Final = 6 * MINUTE_US
"""Five minutes that frames may be ahead, and one for processes to take note; the second is ours."""
NEAR_US: Final = 60 * MINUTE_US
"""A stream that is not further behind goes by the clock: it may have caught up by then; ours."""


class Applied(NamedTuple):
    """What was changed."""

    said: list[str]
    summary: str


def apply(where: Place, asked: Registry, at_us: int | None, now_us: int, *, is_dry: bool = False) -> Applied:
    """Keep a registry by time in which `asked` holds from a moment on.

    Parameters
    ----------
    at_us
        The moment [us]; None takes the first minute that no frame can have reached.
    now_us
        The clock [us].

    Raises
    ------
    StateError
        No stream has begun here.
    UsageError
        What cannot change from a moment on, or a moment that was reached already.
    """
    before = kept.read(where)
    if before is None:
        raise StateError(f"{where.directory}: expected a stream that has begun: `tilik run` takes the registry itself")
    processes = telling.read(where.processes)
    from_us = _moment(processes, at_us, now_us)
    new_us = min(now_us, from_us) if at_us is None else from_us  # nobody has stated anything of cameras that are new
    changed = by_time.applied(before.registry, asked, Moments(from_us, new_us))
    if not is_dry:
        kept.write(where, kept.applied(before, asked, changed.registry), before)
    return Applied(changed.said, _summary(processes, changed.said, from_us, is_dry=is_dry))


def _moment(processes: Sequence[Process], at_us: int | None, now_us: int) -> int:
    """Return from when on the registry holds [us]."""
    reached_us = kept.reached_us(processes)
    if at_us is None:
        is_near = reached_us is None or reached_us > now_us - NEAR_US
        base_us = now_us if is_near or reached_us is None else reached_us
        return kept.next_minute_us(base_us + (AHEAD_US if any(map(_is_running, processes)) else 0))
    if at_us % MINUTE_US:
        raise UsageError(f"--at {at_time(at_us).isoformat()}: expected a whole minute")
    if reached_us is not None and at_us < kept.next_minute_us(reached_us):
        raise UsageError(
            f"--at {at_time(at_us).isoformat()}: expected a moment after {at_time(reached_us).isoformat()}, which the "
            "stream has reached: what is stated keeps its definition: give a later one, or none"
        )
    return at_us


def _is_running(process: Process) -> bool:
    try:
        os.kill(process.pid, 0)
    except OSError:
        return False
    return True


def _summary(processes: Sequence[Process], said: Sequence[str], from_us: int, *, is_dry: bool) -> str:
    what = f"{counted(len(said), 'changes')}; the moment is {at_time(from_us):%Y-%m-%dT%H:%M:%SZ}"
    if is_dry:
        return f"{what}; nothing was changed"
    runs = any(map(_is_running, processes))
    return f"{what}; what runs goes by it within seconds" if runs else f"{what}; the next start goes by it"
