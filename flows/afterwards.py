"""What follows a commit: all that looks at stored rows, in the order in which one needs the other.

Incidents across cameras first, then quarters, hours and days; then detectors that
are mute by those hours, which are summed up again without them; then the verdicts
that need those days. One at a time: each reads what is stored and writes what
differs.
"""

from __future__ import annotations

from connectors.warehouse import ACROSS, Run, Warehouse
from flows.second import mutes, outages, renamed_days, trends
from flows.thresholds import Thresholds


def follow(warehouse: Warehouse, run: Run, thresholds: Thresholds) -> None:
    """Bring everything that is derived from stored rows up to what a run has just committed."""
    with warehouse.lease(ACROSS):
        span = warehouse.stated(run.input)
        outages.update(warehouse, thresholds, span, run)
        warehouse.roll()
        mutes.update(warehouse, thresholds, span, run)
        renamed_days.update(warehouse, thresholds, run)
        _sum_up(warehouse)


def forget(warehouse: Warehouse, name: str, thresholds: Thresholds) -> list[str]:
    """Forget a camera, a place or a road, and tell the outages around a camera without it; return what was called so.

    They are told before, so that a kill leaves nothing untold once the name is gone, and again after, for what was
    committed meanwhile.
    """
    with warehouse.lease(ACROSS):
        around = outages.without(warehouse, thresholds, name)
    kinds = warehouse.forget(name)
    with warehouse.lease(ACROSS):
        if around.cameras:
            outages.update(warehouse, thresholds, around, outages.NO_RUN)
        _sum_up(warehouse)
    return kinds


def _sum_up(warehouse: Warehouse) -> None:
    warehouse.roll()
    trends.update(warehouse)
