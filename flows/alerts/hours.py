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


def first_us(
    rule: Rule, since_us: NDArray[np.int64], until_us: int, day_types: Mapping[date, str]
) -> NDArray[np.int64]:
    """Return (n,) when alerts may begin: times (n,) [us], or the first whole minute after each; `until_us` if later."""
    if not len(since_us) or not (rule.hours or rule.day_type):
        return since_us
    edges_us = -(-since_us // MINUTE_US) * MINUTE_US
    grid_us = np.arange(edges_us.min(), until_us, MINUTE_US)
    allowed_us = np.where(may_begin(rule, grid_us, day_types), grid_us, until_us)
    next_us = np.append(np.minimum.accumulate(allowed_us[::-1])[::-1], until_us)
    at = np.minimum((edges_us - edges_us.min()) // MINUTE_US, len(grid_us))
    return np.where(may_begin(rule, since_us, day_types), since_us, next_us[at])
