"""Outages of cameras and sites, computed from stored rows: `camera_down` and `site_down`.

A computation goes on from the outages that lasted before a span, reads the rows
of all cameras of a site day by day, and goes on behind the span until what lasts
is what is stored. So any order of replays, and any span computed anew, ends with
the same incidents. It holds a million minute rows, or a day of one site, and the
incidents of its span.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse import Run, Span, Warehouse
from flows.second import groups
from flows.second.lasting import Lasting, as_of
from flows.second.stored import FOREVER_US, Store, Stored, Whose
from flows.second.telling import Told
from flows.second.versions import rows as coded
from flows.second.writing import continued, differing
from flows.thresholds import Thresholds, params_hashes
from operators import city as cities
from operators.across import outages
from operators.across.outages import Plan
from operators.across.silences import Rows
from operators.city import City
from operators.minutes import MINUTE_US
from schemas.local_time import DAY_MINUTES, DAY_US
from schemas.registry import Registry

ROWS: Final = 1_000_000
"""Minute rows that are read at a time."""


NO_RUN: Final = Run(0, 0, 0, 0)
"""Stands for no replay: a camera was forgotten."""


def update(warehouse: Warehouse, thresholds: Thresholds, span: Span, run: Run) -> int:
    """Compute the outages that minutes of a span can change: stated, replaced or withdrawn.

    Nobody else may compute outages of these cameras meanwhile.

    Returns
    -------
    How many incidents were new, different or gone.
    """
    every = groups.registered(warehouse)
    store = Stored(warehouse)
    found = groups.batches(groups.around(every, span.cameras))
    gone = span.cameras - {camera.id for camera in every}
    written = sum(recompute(store, batch, thresholds, span, run) for batch in found)
    return written + (recompute(store, [], thresholds, span, run, gone=gone) if gone else 0)


def without(warehouse: Warehouse, thresholds: Thresholds, camera_id: str) -> Span:
    """Compute the outages around a camera as if it had never been; call it before the camera is forgotten.

    Returns
    -------
    Cameras that it shares a site with, at all times.
    """
    store = Stored(warehouse)
    around: frozenset[str] = frozenset()
    every = Span(frozenset([camera_id]), 0, FOREVER_US)
    for group in groups.around(groups.registered(warehouse), [camera_id]):
        recompute(store, group, thresholds, every, NO_RUN, gone=[camera_id])
        around |= {camera.id for camera in group} - {camera_id}
    return every._replace(cameras=around)


def recompute(
    store: Store, group: groups.Group, thresholds: Thresholds, span: Span, run: Run, gone: Collection[str] = ()
) -> int:
    """Compute cameras that share a site with nobody else, and write what differs; return how many rows.

    Of cameras that are `gone`, in the group or not, no outage stays.
    """
    city = cities.build(Registry(camera=tuple(camera for camera in group if camera.id not in gone)))
    plan = outages.plan(city, thresholds.outages, thresholds.health)
    ids = {camera.id for camera in group}
    whose = Whose(sorted(ids.union(gone)), sorted({camera.area for camera in group}) if ids.issuperset(gone) else None)
    since_us = max(store.since_us(), span.since_us - outages.longest_lag_us(plan)) // MINUTE_US * MINUTE_US
    if span.until_us <= since_us:
        return 0  # rows that decide about it were removed
    computed = _Computed(store, whose, city, plan)
    told, until_us = _tell(computed, since_us, span.until_us)
    made = told.rows(city, params_hashes(city, thresholds)["outages"], until_us)
    earlier = made.filter(pl.col("opened_at").dt.epoch("us") < since_us)["incident_id"].to_list()
    held = store.incidents(whose, since_us, until_us, known=earlier)
    rows = differing(made if until_us == FOREVER_US else continued(made, held, until_us), held, run.run, run.generation)
    if rows.height:
        store.write(rows)
    return rows.height


class _Computed(NamedTuple):
    """What is computed, and where its rows are stored."""

    store: Store
    whose: Whose
    city: City
    plan: Plan

    def rows(self, since_us: int, until_us: int) -> Rows:
        """Read the minutes of a span."""
        return coded(self.city, self.store.health(self.whose, since_us, until_us))

    def lasting(self, t_us: int) -> Lasting:
        """Read the outages that lasted at a time."""
        held = self.store.incidents(self.whose, t_us, t_us)
        opened_us = held["opened_at"].dt.epoch("us").to_list()
        if opened_us:
            held = pl.concat([held, self.store.incidents(self.whose, min(opened_us), t_us, kinds=["site_down"])])
        return as_of(held.unique("incident_id"), self.city, self.plan, t_us)


def _tell(of: _Computed, since_us: int, until_us: int) -> tuple[Told, int]:
    """Go from what lasted at `since_us` to where what lasts is stored; return what was told, and up to when."""
    state = outages.start(of.plan)
    before_us = max(0, since_us - int(of.plan.limits.after_us.max(initial=0)) - 2 * MINUTE_US)
    outages.step(state, of.plan, of.rows(before_us, since_us), since_us)  # since when who is silent has been
    told = Told(outages.resume(state, of.plan, *of.lasting(since_us)))
    lag_us = outages.longest_lag_us(of.plan)
    for start_us, end_us in _spans(of, since_us, until_us + lag_us):
        told.take(outages.step(state, of.plan, of.rows(start_us, end_us), end_us))
        judged_us = end_us - lag_us
        if judged_us >= until_us and told.lasting(judged_us) == of.lasting(judged_us):
            return told, judged_us
    told.take(outages.end(state, of.plan))
    return told, FOREVER_US


def _spans(of: _Computed, since_us: int, settled_us: int) -> Iterator[tuple[int, int]]:
    """Return spans with all rows from `since_us` on, of as many days as memory allows; one ends at `settled_us`."""
    days = of.store.days(of.whose, since_us)
    most = max(1, ROWS // (DAY_MINUTES * len(of.whose.cameras)))
    edge_us = -(-settled_us // MINUTE_US) * MINUTE_US
    start_us = since_us
    for at in range(0, len(days), most):
        end_us = (days[min(at + most, len(days)) - 1] + 1) * DAY_US
        if start_us < edge_us < end_us:
            yield start_us, edge_us
            start_us = edge_us
        yield start_us, end_us
        start_us = end_us
