"""Mute detectors around days that the calendar calls otherwise than when they were judged.

A day that becomes a holiday is like other days, and other days are like it: silences
on it and in the weeks behind it are told anew, of every camera, a month at a time. The
days stay marked until that is done, so a kill leaves nothing untold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from connectors.warehouse import Run, Span, Warehouse, calendar_days
from flows.second import groups, mutes
from flows.thresholds import Thresholds
from schemas.local_time import day_number, midnight_us

DAYS: Final = 31
"""Days that are judged at once: with the weeks around them that bounds what is read."""


def update(warehouse: Warehouse, thresholds: Thresholds, run: Run) -> int:
    """Judge anew what the calendar's changes can change; return how many rows were written."""
    marks = calendar_days.to_judge(warehouse)
    if not marks:
        return 0
    cameras = frozenset(camera.id for camera in groups.registered(warehouse))
    written = 0
    for first, last in spans([day for day, _ in marks]):
        since_us = midnight_us(day_number(first))
        until_us = midnight_us(day_number(last) + 1)
        written += mutes.update(warehouse, thresholds, Span(cameras, since_us, until_us), run)
    calendar_days.judged(warehouse, marks)
    return written


def spans(days: list[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last of days, in order, that are judged at once."""
    first = last = days[0]
    for day in days[1:]:
        if day - first >= timedelta(days=DAYS):
            yield first, last
            first = day
        last = day
    yield first, last
