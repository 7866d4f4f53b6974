"""Changes of incidents as rows of `incidents_log`; they are few, so a plain loop does."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import polars as pl

from operators.across.outages import site_of
from operators.arrays import Changes
from operators.city import City
from operators.stage.intake import track_name
from schemas.cards import INCIDENTS
from schemas.incidents import CLOSE_REASONS, INCIDENT_KINDS, INCIDENT_STATES
from schemas.local_time import at_time

TIME = pl.Datetime("us", "UTC")
SCHEMA: Final = pl.Schema(
    {
        "area": pl.String(),
        "camera_id": pl.String(),
        "incident_id": pl.String(),
        "zone_id": pl.String(),
        "site": pl.String(),
        "kind": pl.String(),
        "state": pl.String(),
        "severity": pl.String(),
        "opened_at": TIME,
        "active_at": TIME,
        "updated_at": TIME,
        "closed_at": TIME,
        "close_reason": pl.String(),
        "peak": pl.Float64(),
        "track_ids": pl.List(pl.String),
        "inhibited_by": pl.String(),
        "box": pl.List(pl.Float32),
        "owner": pl.String(),
        "category": pl.String(),
        "params_hash": pl.UInt64(),
        "simulated": pl.Boolean(),
        "rev": pl.UInt64(),
    }
)


def incident_id(camera: str, zone: str, kind: str, anchor: int, opened_us: int) -> str:
    """Return the 16 hex digits by which an incident is known in every replay."""
    text = f"{camera}\n{zone}\n{kind}\n{anchor}\n{opened_us}".encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


STEP: Final = 8
"""Revisions of a change: what a clock says after it has the number before the next."""
OPEN: Final = ("active", "unknown")


def provisional_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of changes that a clock told, numbered after the last change that frames told.

    A silence is told from a copy of the state: its first change has the number that the next
    real one will have, and must lose to it. Nothing opens by a clock: what frames never told is left out.
    """
    first = pl.col("rev").min().over("incident_id")
    return rows.filter(first > STEP).with_columns(rev=first - 1)


def taken_back(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what frames told last, numbered like what a clock said since: written later, it counts."""
    return rows.with_columns(rev=pl.col("rev") + STEP - 1)


def still_open(told: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the last row of every incident that is open once `rows` are told too."""
    last = pl.concat([told, rows]).unique("incident_id", keep="last", maintain_order=True)
    return last.filter(pl.col("state").is_in(OPEN))


def incident_rows(
    city: City,
    changes: list[tuple[str, Changes]],
    names: dict[int, str],
    hashes: dict[str, pl.Series],
    reason: str | None = None,
) -> pl.DataFrame:
    """Return one row a change, newest state last; `rev` counts the incident's changes in steps of `STEP`.

    Parameters
    ----------
    reason
        Why they closed, where that is not what their state says.
    """
    rows = [_row(city, each, i, names, hashes[metric]) for metric, each in changes for i in range(len(each.kind))]
    made = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return made if reason is None else made.with_columns(close_reason=pl.lit(reason))


def _tracks(each: Changes, i: int, kind: str, names: dict[int, str]) -> list[str]:
    """Return the track that began it, where the anchor is one, and the newest."""
    codes = [int(each.anchor[i])] * INCIDENTS[kind].is_by_track + [int(each.track[i])]
    return [track_name(code, names) for code in dict.fromkeys(codes) if code]


def _row(city: City, each: Changes, i: int, names: dict[int, str], hashes: pl.Series) -> dict[str, object]:
    camera = city.cameras[each.camera[i]]
    zone = city.zone_ids[each.zone[i]] if each.zone[i] >= 0 else ""
    kind, state = INCIDENT_KINDS[each.kind[i]], INCIDENT_STATES[each.state[i]]
    words = INCIDENTS[kind].severities
    opened, closed = int(each.opened_us[i]), int(each.closed_us[i])
    severity = int(each.severity[i])
    return {
        "area": camera.area,
        "camera_id": camera.id,
        "incident_id": incident_id(camera.id, zone, kind, int(each.anchor[i]), opened),
        "zone_id": zone,
        "site": site_of(camera.site, camera.area),
        "kind": kind,
        "state": state,
        "severity": words[severity] if severity < len(words) else "",
        "opened_at": at_time(opened),
        "active_at": at_time(int(each.active_us[i])),
        "updated_at": at_time(int(each.t_us[i])),
        "closed_at": at_time(closed) if closed else None,
        "close_reason": CLOSE_REASONS.get(state, ""),
        "peak": float(each.peak[i]),
        "track_ids": _tracks(each, i, kind, names),
        "inhibited_by": "",
        "box": [] if np.isnan(each.box[i]).any() else each.box[i].tolist(),
        "owner": camera.owner,
        "category": camera.category,
        "params_hash": hashes[int(each.camera[i])],
        "simulated": camera.simulated,
        "rev": (int(each.step[i]) + 1) * STEP,
    }
