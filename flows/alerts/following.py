"""Alerts as they stand now: minutes are stepped through once, those that late frames may restate at every look."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from flows.alerts.evaluating import BEFORE_US, Evaluation
from flows.alerts.standing import Standing
from flows.alerts.watching import Watched
from operators.alerts.alert import Alert
from schemas.local_time import MINUTE_US
from schemas.rules.durations import duration_us

KEPT_US: Final = 3_600_000_000
"""So long after its end an alert is remembered, ours."""


@dataclass
class _Settled:
    """A rule up to a time before which nothing is restated."""

    of: Watched
    until_us: int


@dataclass
class Following:
    """Follows a warehouse.

    Attributes
    ----------
    lateness_us
        So late frames restate a minute.
    resumed
        Alerts that were told before: those that last go on, however long ago they began.
    stated_us
        So long after its end a window is looked at: what cameras send in time is stored by then.
    """

    evaluation: Evaluation
    lateness_us: int
    stated_us: int
    resumed: Sequence[Alert] = ()
    settled: list[_Settled] = field(default_factory=list)
    looked_us: int = 0
    of_windows: list[Alert] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    """Of which anything is stored, as far as it matters whether."""

    def __post_init__(self) -> None:
        self.standing = Standing(self.evaluation, self.lateness_us)

    def alerts(self, since_us: int, now_us: int) -> list[Alert]:
        """Return alerts that are told between two times, by what is stored now."""
        until_us = (now_us - self.stated_us) // MINUTE_US * MINUTE_US
        if until_us > self.looked_us:
            self.of_windows = self._windows(since_us, until_us)
            self.looked_us = until_us
        of_silence = self.evaluation.of_silence(self._minutes(since_us - BEFORE_US, now_us), now_us)
        found = [*self.standing.alerts(since_us, now_us), *of_silence, *self.of_windows]
        return self.evaluation.told(found, since_us, now_us)

    def _minutes(self, since_us: int, now_us: int) -> list[int]:
        """Return the minutes of a time; none is asked for while no rule's time since the last known one is up."""
        limits = [duration_us(rule.silent) for rule in self.evaluation.by_silence]
        if not limits:
            return []
        known = self.minutes[bisect_left(self.minutes, since_us) :]
        if not known or now_us - known[-1] - MINUTE_US >= min(limits):
            edge_us = known[-1] - self.lateness_us if known else since_us
            known = known[: bisect_left(known, edge_us)] + self.evaluation.reader.minutes(edge_us, now_us)
        self.minutes = known
        return known

    def _windows(self, since_us: int, until_us: int) -> list[Alert]:
        if not self.settled:
            self.settled = [self._begun(of, since_us) for of in self.evaluation.watched()]
        return [alert for each in self.settled for alert in self._stepped(each, until_us)]

    def _begun(self, of: Watched, since_us: int) -> _Settled:
        at_us = self.evaluation.begins_us(of, since_us)
        of.resume((alert for alert in self.resumed if alert.labels["rule"] == of.rule.id), at_us)
        return _Settled(of, at_us)

    def _stepped(self, each: _Settled, until_us: int) -> list[Alert]:
        """Step a rule to a time, and for good as far as nothing is restated."""
        length_us = each.of.length_us
        edge_us = max(each.until_us, (until_us - self.lateness_us) // length_us * length_us)
        rest = list[pl.DataFrame]()
        for rows in self.evaluation.windows(each.of, each.until_us, until_us):
            each.of.take(rows.filter(pl.col("start_us") < edge_us))
            rest.append(rows.filter(pl.col("start_us") >= edge_us))
        each.of.forget(until_us - KEPT_US)
        each.until_us = edge_us
        now = each.of.fork()
        for rows in rest:
            now.take(rows)
        return list(now.alerts.values())
