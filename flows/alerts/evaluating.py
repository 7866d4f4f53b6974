"""From rules and stored rows to alerts: a pure function of both, so that last month can be evaluated like today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from flows.alerts import scope
from flows.alerts.hours import first_us
from flows.alerts.names import Names
from flows.alerts.reading import Reader
from flows.alerts.watching import Watched, key
from operators.alerts.alert import Alert
from schemas.local_time import MINUTE_US
from schemas.rules import Rule, Rules
from schemas.rules.durations import duration_us

BEFORE_US: Final = 24 * 3_600_000_000
"""So long before a time rules begin to look: what holds for longer began then, for all that they know. Ours."""
ROWS: Final = 5_000_000
"""Windows that are read at once, ours."""


class Evaluation:
    """Rules over the rows of a warehouse."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self.reader, self.rules = reader, rules
        self.names: Names = reader.names

    def alerts(self, since_us: int, until_us: int) -> list[Alert]:
        """Return alerts that are told between two times, as it was known by the second; by when they began."""
        return self.told([*self.few(since_us, until_us), *self._windows(since_us, until_us)], since_us, until_us)

    def told(self, found: Iterable[Alert], since_us: int, until_us: int) -> list[Alert]:
        """Return those that are told between two times, each where its rule looks."""
        by_id = {rule.id: rule for rule in self.rules.rule}
        out = []
        for alert in found:
            places = by_id[alert.labels["rule"]].place
            is_there = not places or alert.labels["place"] in places
            if is_there and alert.fired_us < until_us and alert.until_us > since_us:
                out.append(alert)
        return sorted(out, key=lambda alert: (alert.fired_us, alert.key))

    def few(self, since_us: int, until_us: int) -> Iterator[Alert]:
        """Yield what is told of incidents, and of Tilik itself: few rows say it."""
        for rule in self.rules.rule:
            if rule.incident:
                yield from self._incidents(rule, since_us, until_us)
            elif rule.silent:
                yield from self._silences(rule, since_us, until_us)

    def watched(self) -> list[Watched]:
        """Return the rules that go by windows, before any."""
        some = [rule for rule in self.rules.rule if rule.figure or rule.blind is not None]
        return [Watched(rule, self.names) for rule in some]

    def begins_us(self, of: Watched, since_us: int) -> int:
        """Return from when on windows are read so that it is known what is told at a time."""
        at_us = since_us - BEFORE_US - of.params.for_us - of.params.keep_us
        return at_us // of.length_us * of.length_us

    def step(self, of: Watched, since_us: int, until_us: int) -> None:
        """Let a rule take the windows that begin at or after a time and are over by another, some at a time."""
        asked = self.reader.blind if of.rule.blind is not None else self.reader.windows
        last_us = until_us - of.length_us + 1
        span_us = max(1, ROWS // max(1, len(self.names.camera))) * of.length_us
        for at_us in range(since_us, last_us, span_us):
            of.take(asked(of.rule, at_us, min(at_us + span_us, last_us)))

    def _incidents(self, rule: Rule, since_us: int, until_us: int) -> Iterator[Alert]:
        wait_us, keep_us = duration_us(rule.for_), duration_us(rule.keep_firing_for)
        for row in self.reader.incidents(rule, since_us - keep_us, until_us):
            over_us = row["over_us"]
            is_over = over_us is not None and over_us < until_us
            end_us = over_us if is_over else until_us
            fired_us = first_us(rule, row["active_us"] + wait_us, end_us, self.names.day_types)
            if fired_us is None or fired_us >= end_us:
                continue
            yield Alert(
                key(rule, row["incident_id"], row["opened_us"]),
                scope.labels(rule, row, self.names),
                row["opened_us"],
                fired_us,
                row["closed_us"] if is_over else None,
                end_us if is_over else None,
                end_us + keep_us if is_over else None,
                row["close_reason"] if is_over else "",
                row["peak"],
                row["incident_id"],
                row["simulated"],
            )

    def _silences(self, rule: Rule, since_us: int, until_us: int) -> Iterator[Alert]:
        """Tell where nothing at all was stored: a dead man's switch."""
        limit_us = duration_us(rule.silent)
        minutes = self.reader.minutes(since_us - BEFORE_US, until_us)
        edges = [*((at, at + MINUTE_US) for at in minutes), (until_us, until_us)]
        for (_, last_us), (next_us, _) in pairwise(edges):
            if next_us - last_us < limit_us:
                continue
            is_over = next_us < until_us
            labels = scope.labels(rule, {}, self.names)
            over_us = next_us + MINUTE_US if is_over else None
            ended_us = next_us if is_over else None
            why = "cleared" if is_over else ""
            yield Alert(key(rule, "", last_us), labels, last_us, last_us + limit_us, ended_us, over_us, over_us, why)

    def _windows(self, since_us: int, until_us: int) -> Iterator[Alert]:
        """Tell of figures, a span of windows at a time."""
        for of in self.watched():
            self.step(of, self.begins_us(of, since_us), until_us)
            yield from of.alerts.values()
