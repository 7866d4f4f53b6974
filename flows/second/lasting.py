"""Stored outages as they stood at a time: what the kernel goes on from, and is compared with."""

from __future__ import annotations

from typing import NamedTuple, Self

import polars as pl

from flows.second.stored import FOREVER_US
from flows.second.versions import NOT_REGISTERED, codes
from operators.across.outages import Incident, Plan
from operators.city import City

UNDER_A_MS_US = 999
"""A time of opening may be that of a version's begin, in whole milliseconds."""


class Lasting(NamedTuple):
    """Incidents that had opened before a time and had not closed, by camera."""

    cameras: list[Incident]
    sites: list[Incident]

    @classmethod
    def of(cls, cameras: list[Incident], sites: list[Incident]) -> Self:
        """Return them in order."""
        return cls(*(sorted(own, key=lambda each: each.camera) for own in (cameras, sites)))


class _Row(NamedTuple):
    """A stored incident; `closed_us` is FOREVER_US while it lasts."""

    incident_id: str
    kind: str
    site: str
    code: int
    peak: float
    inhibited_by: str
    opened_us: int
    active_us: int
    closed_us: int


def as_of(held: pl.DataFrame, city: City, plan: Plan, t_us: int) -> Lasting:
    """Return the outages that lasted at a time, as they stood then.

    Parameters
    ----------
    held
        Stored incidents (`stored.HELD`): those that lasted at `t_us`, and those of sites that lasted when these opened.
    """
    every = _rows(held, city)
    wholes = [row for row in every if row.kind == "site_down"]
    cameras: dict[int, Incident] = {}
    sites: dict[str, Incident] = {}
    for row in every:
        if not row.opened_us < t_us <= row.closed_us or plan.site[row.code] != row.site:
            continue
        incident = Incident(row.code, row.opened_us, row.active_us, row.active_us)
        if row.kind == "camera_down":
            cameras[row.code] = incident
            _explain(incident, row, [whole for whole in wholes if whole.site == row.site], t_us)
        elif row.site in plan.members:
            incident.members = int(row.peak)
            sites[row.site] = incident
    return Lasting.of(list(cameras.values()), list(sites.values()))


def _rows(held: pl.DataFrame, city: City) -> list[_Row]:
    """Return what was not withdrawn and is still registered, in order of opening."""
    live = held.filter(pl.col("deleted") == 0).sort("opened_at", "incident_id")
    times = live.select(pl.col("opened_at", "active_at", "closed_at").dt.epoch("us")).fill_null(FOREVER_US)
    opened_us = times["opened_at"].to_numpy()
    code = codes(city, live["camera_id"], opened_us + UNDER_A_MS_US)
    named = ("incident_id", "kind", "site", "peak", "inhibited_by")
    columns = [live[name].to_list() for name in named]
    columns.insert(named.index("peak"), code.tolist())
    every = [_Row(*row) for row in zip(*columns, *(column.to_list() for column in times), strict=True)]
    return [row for row in every if row.code != NOT_REGISTERED]


def _explain(incident: Incident, row: _Row, wholes: list[_Row], t_us: int) -> None:
    """Say which incident of its site explained a camera's at a time, or when one ceased to."""
    for whole in wholes:
        if not whole.opened_us <= row.opened_us < whole.closed_us:
            continue
        if t_us <= whole.closed_us or row.inhibited_by == whole.incident_id:
            incident.inhibitor, incident.inhibited_us = whole.code, whole.opened_us
        else:
            incident.t_us = whole.closed_us  # told of again, on its own
