"""Alerts as they stand now: minutes are stepped through once, those that late frames may restate at every look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from flows.alerts.evaluating import Evaluation
from flows.alerts.watching import Watched
from operators.alerts.alert import Alert
from schemas.local_time import MINUTE_US

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

    def alerts(self, since_us: int, now_us: int) -> list[Alert]:
        """Return alerts that are told between two times, by what is stored now."""
        until_us = (now_us - self.stated_us) // MINUTE_US * MINUTE_US
        if until_us > self.looked_us:
            self.of_windows = self._windows(since_us, until_us)
            self.looked_us = until_us
        few = self.evaluation.few(since_us, now_us)
        return self.evaluation.told([*few, *self.of_windows], since_us, now_us)

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
        edge_us = max(each.until_us, (until_us - self.lateness_us) // each.of.length_us * each.of.length_us)
        self.evaluation.step(each.of, each.until_us, edge_us)
        each.of.forget(until_us - KEPT_US)
        each.until_us = edge_us
        now = each.of.fork()
        self.evaluation.step(now, edge_us, until_us)
        return list(now.alerts.values())
