"""Within which local times and on which kinds of day an alert may begin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from schemas.local_time import DAY_US, MINUTE_US, OFFSET_US, local_date, minutes
from schemas.rules import Rule


def may_begin(rule: Rule, t_us: NDArray[np.int64], day_types: Mapping[date, str]) -> NDArray[np.bool_]:
    """Return (n,) whether an alert may begin at times (n,) [us]; a day that the calendar does not know is any day."""
    local_us = t_us + OFFSET_US
    allowed = np.ones(len(t_us), np.bool_)
    if rule.hours:
        at = local_us % DAY_US
        inside = np.zeros(len(t_us), np.bool_)
        for span in rule.hours:
            begin, end = (minutes(clock) * MINUTE_US for clock in span.split("-"))
            inside |= (at >= begin) & (at < end) if begin < end else (at >= begin) | (at < end)
        allowed &= inside
    if rule.day_type:
        days, of = np.unique(local_us // DAY_US, return_inverse=True)
        known = [day_types.get(local_date(int(day))) for day in days]
        allowed &= np.array([each is None or each in rule.day_type for each in known], np.bool_)[of]
    return allowed


def first_us(rule: Rule, since_us: int, until_us: int, day_types: Mapping[date, str]) -> int | None:
    """Return the first whole minute in a time, or its beginning, at which an alert may begin; None where none is."""
    if not rule.hours and not rule.day_type:
        return since_us
    edge_us = -(-since_us // MINUTE_US) * MINUTE_US
    times = np.array([since_us, *range(edge_us, until_us, MINUTE_US)], np.int64)
    found = np.flatnonzero(may_begin(rule, times, day_types))
    return int(times[found[0]]) if len(found) else None
