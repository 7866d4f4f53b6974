"""Rows as other parts of Tilik store them, without any of these: incidents, and minutes that somebody watched."""

from __future__ import annotations

from typing import NamedTuple

from connectors.warehouse import Warehouse


class Incident(NamedTuple):
    """One of them; times are microseconds since 1970, the end None while it goes on."""

    name: str
    camera: str
    area: str
    kind: str
    begin_us: int
    end_us: int | None = None


def write(store: Warehouse, incident: Incident) -> None:
    """Store an incident as it stands."""
    name, camera, area, kind, begin_us, end_us = incident
    at, over = _time(begin_us), "NULL" if end_us is None else _time(end_us)
    state, why = ("active", "") if end_us is None else ("closed", "cleared")
    store.command(
        "INSERT INTO incidents_log (area, camera_id, incident_id, zone_id, kind, state, severity, opened_at, active_at,"
        f" updated_at, closed_at, close_reason, peak, rev) VALUES ('{area}', '{camera}', '{name}', 'jalan', '{kind}',"
        f" '{state}', 'A', {at}, {at}, {at if end_us is None else over}, {over}, '{why}', 1, {end_us or 1})"
    )


def watched(store: Warehouse, camera: str, *minutes_us: int) -> None:
    """Store minutes of a camera that watched."""
    rows = ", ".join(f"('33.74.01.1001', '{camera}', {_time(at_us)}, 1, 1)" for at_us in minutes_us)
    store.command(f"INSERT INTO health_minute_log (area, camera_id, ts, frames, rev) VALUES {rows}")


def _time(t_us: int) -> str:
    return f"fromUnixTimestamp64Micro({t_us})"
