"""Incidents as they stand: all that last are read now and then, and at every look only what has changed.

What changes carries the stream's time, so what is stored long after its time (a stream that was away catches up
camera by camera, somebody corrects last week) is found when all are read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from flows.alerts.evaluating import Evaluation, Version
from operators.alerts.alert import Alert

_KEY = ("area", "camera_id", "incident_id")


@dataclass
class Standing:
    """Follows them.

    Attributes
    ----------
    lateness_us
        So much earlier than the newest change another may be that is stored only now.
    """

    evaluation: Evaluation
    lateness_us: int
    rows: pl.DataFrame | None = None
    """Those that last, or ended not long ago."""
    newest_us: int = 0
    zones: object = None
    made: dict[Version, Alert] = field(default_factory=dict)

    def alerts(self, since_us: int, until_us: int) -> Iterable[Alert]:
        """Return alerts that are told between two times, by what is stored now."""
        of, zones = self.evaluation, self.evaluation.names.zones
        if not of.by_incident:
            return ()
        ended_us = since_us - of.keep_us
        if self.rows is None or self.zones is not zones:  # names were read again: so are incidents
            self.rows, self.newest_us = of.reader.standing(of.by_incident, ended_us), ended_us
            self.made, self.zones = {}, zones
        else:
            changed = of.reader.changed(of.by_incident, self.newest_us - self.lateness_us)
            self.rows = merged(self.rows, changed, ended_us)
        self.newest_us = max([self.newest_us, *self.rows["updated_us"].top_k(1)])
        self.made = of.of_incidents(self.rows.filter(pl.col("active_us") < until_us), until_us, self.made)
        return self.made.values()


def merged(rows: pl.DataFrame, changed: pl.DataFrame, since_us: int) -> pl.DataFrame:
    """Return incidents with what has changed: of each the highest version, of those that last at a time or later."""
    latest = pl.concat([rows, changed]).sort("rev").unique(_KEY, keep="last", maintain_order=True)
    lasts = pl.col("closed_us").is_null() | (pl.col("updated_us") >= since_us)
    return latest.filter(lasts & (pl.col("deleted") == 0)).sort("active_us", "incident_id")
