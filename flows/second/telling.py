"""What the kernel of outages told, change by change: as it stood at a time, and as rows of `incidents_log`."""

from __future__ import annotations

import polars as pl

from flows.incidents import SCHEMA, incident_id
from flows.second.lasting import Lasting
from flows.second.stored import FOREVER_US
from operators.across.outages import Incident, Outage
from operators.city import City
from schemas.local_time import at_time


class Told:
    """Changes of incidents, by incident, in their order."""

    def __init__(self, changes: list[Outage]) -> None:
        self.changes: dict[tuple[bool, int, int], list[Outage]] = {}
        self.take(changes)

    def take(self, changes: list[Outage]) -> None:
        """Add what was told next."""
        for each in changes:
            self.changes.setdefault((each.is_site, each.camera, each.opened_us), []).append(each)

    def lasting(self, t_us: int) -> Lasting:
        """Return the incidents that lasted at a time, as they stood then: all changes before it have been told."""
        found: tuple[list[Incident], list[Incident]] = ([], [])
        for each in self.changes.values():
            if each[0].opened_us < t_us <= (each[-1].closed_us or FOREVER_US):
                found[each[0].is_site].append(_stood(each, t_us))
        return Lasting.of(*found)

    def rows(self, city: City, hashes: list[int], until_us: int) -> pl.DataFrame:
        """Return a row (`flows.incidents.SCHEMA`) an incident that opened before a time."""
        last = [each[-1] for each in self.changes.values() if each[0].opened_us < until_us]
        return pl.DataFrame([_row(city, hashes, each) for each in last], schema=SCHEMA, orient="row")


def _stood(changes: list[Outage], t_us: int) -> Incident:
    """Return an incident that had not closed at a time."""
    before = [each for each in changes[1:] if each.t_us < t_us and not each.closed_us]
    last = (changes[:1] + before)[-1]
    return Incident(
        last.camera,
        last.opened_us,
        last.active_us,
        last.t_us,
        members=last.members,
        inhibitor=last.inhibitor,
        inhibited_us=last.inhibited_us,
    )


def _row(city: City, hashes: list[int], of: Outage) -> dict[str, object]:
    camera = city.cameras[of.camera]
    kind = "site_down" if of.is_site else "camera_down"
    inhibitor = incident_id(city.cameras[of.inhibitor].id, of.site, "site_down", 0, of.inhibited_us)
    return {
        "area": camera.area,
        "camera_id": camera.id,
        "incident_id": incident_id(camera.id, of.site if of.is_site else "", kind, 0, of.opened_us),
        "zone_id": "",
        "site": of.site,
        "kind": kind,
        "state": "closed" if of.closed_us else "active",
        "severity": "",
        "opened_at": at_time(of.opened_us),
        "active_at": at_time(of.active_us),
        "updated_at": at_time(of.t_us),
        "closed_at": at_time(of.closed_us) if of.closed_us else None,
        "close_reason": "cleared" if of.closed_us else "",
        "peak": float(of.members),
        "track_ids": [],
        "inhibited_by": inhibitor if of.inhibited_us else "",
        "box": [],
        "owner": camera.owner,
        "category": camera.category,
        "params_hash": hashes[of.camera],
        "simulated": camera.simulated,
        "rev": of.step,
    }
