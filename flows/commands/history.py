"""`tilik simulate --history`: rows of a simulated city's past weeks into the warehouse."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Final

import typer

from flows import options
from flows.commands import replay
from flows.console import announce, note, progress, say
from schemas.errors import UsageError
from schemas.local_time import DAY_US, day_of, midnight_us

DAYS: Final = {"d": 1, "w": 7}
"""Days of a span's units."""


def demand_none_of(given: Mapping[str, object]) -> None:
    """Check that nothing is asked for that a history does not have.

    Raises
    ------
    UsageError
        Something is.
    """
    came = [name for name, value in given.items() if value is not None]
    if came:
        raise UsageError(f"--history writes rows and no frames: expected no {', '.join(came)}: leave it out")


def span_us(length: str, start: str | None, end: str | None, now_us: int) -> tuple[int, int]:
    """Return when a history begins and ends [us UTC), by its length (56d, 8w) and one of its ends.

    Raises
    ------
    UsageError
        It is no length, or both ends are given.
    """
    found = re.fullmatch(r"([1-9]\d{0,3})([dw])", length)
    if found is None:
        raise UsageError(f"--history {length}: expected days or weeks, such as 56d or 8w")
    if start is not None and end is not None:
        raise UsageError("--history with --start and --end: expected one of them, its length says the other")
    length_us = int(found[1]) * DAYS[found[2]] * DAY_US
    if (since_us := options.start_us(start)) is not None:
        return since_us, since_us + length_us
    until_us = options.moment_us("--end", end)
    if until_us is None:
        until_us = midnight_us(day_of(now_us))
    return until_us - length_us, until_us


def write(
    context: typer.Context,
    length: str,
    start: str | None,
    end: str | None,
    cameras: int | None,
    twins: int,
    seed: int,
    warehouse: str | None,
    workers: int | None,
    *,
    noiseless: bool,
    replace: bool,
) -> None:
    """Write a history and say what became of it."""
    since_us, until_us = span_us(length, start, end, time.time_ns() // 1000)
    settings = options.settings_of(context, warehouse=warehouse)
    from flows import compiling  # noqa: PLC0415  start-up time
    from flows.history import CAMERAS, HistoryOptions, history, stated_by  # noqa: PLC0415

    stated = stated_by(settings, workers, replace=replace)
    asked = HistoryOptions(since_us, until_us, CAMERAS if cameras is None else cameras, seed, noiseless, twins, stated)
    announce(settings)
    note(f"SIMULATED, {asked.in_words().partition(': ')[2]}")
    with progress("history") as report, compiling.told(note):
        summary = history(asked, report)
    for warning in summary.warnings:
        note(f"warning: {warning}")
    say(f"SIMULATED: {replay.as_text(summary, options.warehouse_again(context, settings.warehouse, warehouse))}")
