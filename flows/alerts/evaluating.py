"""From rules and stored rows to alerts: a pure function of both, so that last month can be evaluated like today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, TypeAlias

import polars as pl

from flows.alerts import scope
from flows.alerts.hours import first_us
from flows.alerts.names import Names
from flows.alerts.reading import Reader
from flows.alerts.watching import Watched, key
from operators.alerts.alert import Alert
from schemas.local_time import MINUTE_US
from schemas.rules import Rule, Rules
from schemas.rules.durations import duration_us

Version: TypeAlias = tuple[str, str, int, bool]
"""A rule, an incident, the row that tells of it, and whether it is over: what an alert follows from."""
BEFORE_US: Final = 24 * 3_600_000_000
"""So long before a time rules begin to look: what holds for longer began then, for all that they know. Ours."""
ROWS: Final = 5_000_000
"""Windows that are read at once, ours."""


class Evaluation:
    """Rules over the rows of a warehouse."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self.reader, self.rules = reader, rules
        self.names: Names = reader.names
        self.by_incident = [rule for rule in rules.rule if rule.incident]
        self.by_silence = [rule for rule in rules.rule if rule.silent]
        self.keep_us = max((duration_us(rule.keep_firing_for) for rule in self.by_incident), default=0)
        """How long an incident's end is of interest."""

    def alerts(self, since_us: int, until_us: int) -> list[Alert]:
        """Return alerts that are told between two times, as it was known by the second; by when they began."""
        rows = self.reader.incidents(self.by_incident, since_us - self.keep_us, until_us) if self.by_incident else None
        minutes = self.reader.minutes(since_us - BEFORE_US, until_us) if self.by_silence else []
        of_incidents = [] if rows is None else self.of_incidents(rows, until_us, {}).values()
        few = [*of_incidents, *self.of_silence(minutes, until_us)]
        return self.told([*few, *self._windows(since_us, until_us)], since_us, until_us)

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

    def watched(self) -> list[Watched]:
        """Return the rules that go by windows, before any."""
        some = [rule for rule in self.rules.rule if rule.figure or rule.blind is not None]
        return [Watched(rule, self.names) for rule in some]

    def begins_us(self, of: Watched, since_us: int) -> int:
        """Return from when on windows are read so that it is known what is told at a time."""
        at_us = since_us - BEFORE_US - of.params.for_us - of.params.keep_us
        return at_us // of.length_us * of.length_us

    def windows(self, of: Watched, since_us: int, until_us: int) -> Iterator[pl.DataFrame]:
        """Yield a rule's windows that begin at or after a time and are over by another, some at a time."""
        asked = self.reader.blind if of.rule.blind is not None else self.reader.windows
        last_us = until_us - of.length_us + 1
        span_us = max(1, ROWS // max(1, len(self.names.camera))) * of.length_us
        for at_us in range(since_us, last_us, span_us):
            yield asked(of.rule, at_us, min(at_us + span_us, last_us))

    def of_incidents(self, rows: pl.DataFrame, until_us: int, made: Mapping[Version, Alert]) -> dict[Version, Alert]:
        """Return alerts of incidents as `Reader.incidents` has them; `made` has those that are known already."""
        return {
            version: alert
            for number, rule in enumerate(self.by_incident)
            for version, alert in self._of_rule(
                rule, rows.filter(pl.col("rules").list.contains(number)), until_us, made
            )
        }

    def _of_rule(
        self, rule: Rule, rows: pl.DataFrame, until_us: int, made: Mapping[Version, Alert]
    ) -> Iterator[tuple[Version, Alert]]:
        """Yield those that begin before they end."""
        keep_us, over = duration_us(rule.keep_firing_for), pl.col("updated_us") < until_us
        held_us = rows["active_us"].to_numpy() + duration_us(rule.for_)
        told = rows.with_columns(
            is_over=pl.col("closed_us").is_not_null() & over,
            fired_us=pl.Series(first_us(rule, held_us, until_us, self.names.day_types), dtype=pl.Int64),
        ).with_columns(end_us=pl.when("is_over").then("updated_us").otherwise(until_us))
        told = told.filter(pl.col("fired_us") < pl.col("end_us"))
        versions = zip(*(told[name].to_list() for name in ("incident_id", "rev", "is_over")), strict=True)
        for at, (incident, revision, is_over) in enumerate(versions):
            version = (rule.id, incident, revision, is_over)
            yield version, made.get(version) or self._of_incident(rule, told.row(at, named=True), keep_us)

    def _of_incident(self, rule: Rule, row: Mapping[str, Any], keep_us: int) -> Alert:
        is_over = row["is_over"]
        return Alert(
            key(rule, row["incident_id"], row["opened_us"]),
            scope.labels(rule, row, self.names),
            row["opened_us"],
            row["fired_us"],
            row["closed_us"] if is_over else None,
            row["end_us"] if is_over else None,
            row["end_us"] + keep_us if is_over else None,
            row["close_reason"] if is_over else "",
            row["peak"],
            row["incident_id"],
            row["simulated"],
        )

    def of_silence(self, minutes: Iterable[int], until_us: int) -> Iterator[Alert]:
        """Yield where nothing at all was stored, by the minutes of which anything was: a dead man's switch."""
        edges = [*((at, at + MINUTE_US) for at in minutes), (until_us, until_us)]
        for rule in self.by_silence:
            limit_us, labels = duration_us(rule.silent), scope.labels(rule, {}, self.names)
            for (_, last_us), (next_us, _) in pairwise(edges):
                if next_us - last_us < limit_us:
                    continue
                is_over = next_us < until_us
                over_us = next_us + MINUTE_US if is_over else None
                ended_us = next_us if is_over else None
                why = "cleared" if is_over else ""
                yield Alert(
                    key(rule, "", last_us), labels, last_us, last_us + limit_us, ended_us, over_us, over_us, why
                )

    def _windows(self, since_us: int, until_us: int) -> Iterator[Alert]:
        """Tell of figures, a span of windows at a time."""
        for of in self.watched():
            for rows in self.windows(of, self.begins_us(of, since_us), until_us):
                of.take(rows)
            yield from of.alerts.values()
