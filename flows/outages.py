"""The step across cameras: minute rows of health from all shards in, outages of cameras and sites out."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import polars as pl
from bytewax.operators import StatefulBatchLogic
from numpy.typing import NDArray

from flows.incidents import SCHEMA, at_time, incident_id
from flows.thresholds import Thresholds, params_hashes
from operators.across import outages
from operators.across.outages import Outage, Rows
from operators.city import City
from operators.stage.emit import Minutes
from schemas.columns import HEALTH


def watched(due: Minutes, expected: NDArray[np.int64], health: NDArray[np.int64], fresh: int) -> Rows:
    """Return the first `fresh` of these minutes, told for the first time, as the step across cameras reads them."""
    first = np.arange(fresh)
    columns = {
        name: health[first, HEALTH.offset(name)] for name in ("frames", "observed_ms", "last_ms", "state")
    }  # fmt: skip
    columns["state"] = columns["state"].astype(np.uint8)
    return Rows(camera=due.camera[first], minute=due.minute[first], expected_ms=expected[first], **columns)


def joined(rows: list[Rows]) -> Rows:
    """Return rows as one."""
    return Rows(*(np.concatenate(columns) for columns in zip(*rows, strict=True)))


class OutageLogic(StatefulBatchLogic[Any, Any, Any]):
    """One key for the whole city: what it remembers is small, and so is what reaches it."""

    def __init__(self, city: City, thresholds: Thresholds, since_us: int, state: outages.State | None) -> None:
        self.city, self.plan = city, outages.plan(city, since_us, thresholds.outages)
        self.state = outages.start(self.plan) if state is None else state
        self.hashes = params_hashes(city, thresholds)["outages"]

    def on_batch(self, values: list[Rows]) -> tuple[list[pl.DataFrame], bool]:
        """Take rows of any shard, each camera's in order."""
        return self._told(outages.step(self.state, self.plan, joined(values))), False

    def on_eof(self) -> tuple[list[pl.DataFrame], bool]:
        """Judge what waits."""
        return self._told(outages.end(self.state, self.plan)), True

    def snapshot(self) -> outages.State:
        """Copy what is remembered."""
        return copy.deepcopy(self.state)

    def _told(self, changes: list[Outage]) -> list[pl.DataFrame]:
        if not changes:
            return []
        rows = [_row(self.city, self.hashes, change) for change in changes]
        return [pl.DataFrame(rows, schema=SCHEMA, orient="row")]


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
