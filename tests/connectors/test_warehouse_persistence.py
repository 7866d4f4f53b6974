"""Hours flooded and hours not watched; how long garbage lies, with what nobody saw end censored."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.warehouse import Warehouse
from operators.incidents import persistence
from operators.metrics import flood, garbage
from schemas.errors import WarehouseError
from schemas.incidents import INCIDENTS
from schemas.views.persistence import EXPIRE_S, UNKNOWN_AFTER_S

from .minutes import rows

JULY = datetime(2029, 6, 30, 17, 0, tzinfo=UTC)  # local midnight before 1 July
AREA = "94.01.01.1001"
SILENCE = timedelta(seconds=UNKNOWN_AFTER_S)
END = JULY + timedelta(days=35)
"""Nothing in the warehouse is later: the data end a minute after."""


def incident(name: str, kind: str, opened: datetime, **given: Any) -> dict[str, Any]:
    plain: dict[str, Any] = dict.fromkeys(INCIDENTS, "")
    plain |= {
        "area": AREA,
        "kind": kind,
        "camera_id": "k-1",
        "zone_id": "jalan",
        "incident_id": name,
        "state": "active",
    }
    # fmt: off
    plain |= {"opened_at": opened, "active_at": opened, "updated_at": opened, "closed_at": None, "track_ids": [],
              "peak": 0.2, "box": [], "params_hash": 1, "simulated": False, "run": 1, "rev": 1, "deleted": 0}
    # fmt: on
    ended = {} if given.get("closed_at") is None else {"state": "closed", "close_reason": "cleared"}
    return plain | ended | given


def put(warehouse: Warehouse, found: list[dict[str, Any]]) -> None:
    wide = {"closed_at": pl.Datetime("us", "UTC"), "box": pl.List(pl.Float32), "track_ids": pl.List(pl.String),
            "rev": pl.UInt64}  # fmt: skip
    warehouse.insert("incidents_log", pl.DataFrame(found, schema_overrides=wide))


@pytest.fixture(scope="module")
def ended(warehouse: Warehouse):
    """Let the data end at a known minute, later than any other test's; take it away again."""
    warehouse.insert("health_minute_log", rows("health", "k-1", END, area=AREA))
    yield END + timedelta(minutes=1)
    warehouse.forget("k-1")
    with suppress(WarehouseError):  # not there where the test that writes it ran in another worker
        warehouse.forget("k-2")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def month(warehouse: Warehouse, camera: str, columns: str) -> list[tuple]:
    sql = f"SELECT {columns} FROM flood_month WHERE camera_id = {{c:String}} ORDER BY ts"
    return warehouse.query(sql, {"c": camera}).rows


def test_flooded_hours_by_month_and_the_hours_not_watched(warehouse: Warehouse, ended: datetime) -> None:
    wet = {"area": AREA, "zone_id": "jalan", "signals_n": 2}
    frames = [
        rows("flood", "k-1", JULY, 600, **wet),
        rows("flood", "k-1", JULY + hours(10), 60, **wet | {"signals_n": 0}),
    ]
    frames.append(rows("flood", "k-1", JULY + timedelta(days=33), 120, **wet, observed_ms=30_000))
    warehouse.insert("flood_minute_log", pl.concat(frames))
    warehouse.roll()
    turn = JULY + timedelta(days=31)
    put(
        warehouse,
        [
            incident("f1", "flood", JULY + hours(2), closed_at=JULY + hours(5), peak=0.5),
            incident("f2", "flood", turn - hours(4), closed_at=turn + hours(1.5), peak=0.3),
            incident("f3", "flood", JULY, state="pending", peak=0.9),
            incident("f4", "flood", ended - hours(2)),
        ],
    )
    columns = "toString(local_ts), hours_flooded, hours_watched, hours_not_watched, incidents, peak, longest_h, rank"
    august = (ended - turn) / hours(1)
    assert month(warehouse, "k-1", columns) == [
        ("2029-07-01 00:00:00", 7.0, 10.0, 31 * 24 - 10.0, 2, 0.5, 4.0, 1),
        ("2029-08-01 00:00:00", 3.5, 1.0, august - 1.0, 2, 0.3, 2.0, 1),
    ]


def test_a_flood_lasts_to_the_last_sight_where_its_camera_fell_silent(warehouse: Warehouse, ended: datetime) -> None:
    warehouse.insert("flood_minute_log", rows("flood", "k-2", JULY, 60, area=AREA, zone_id="jalan", signals_n=1))
    warehouse.roll()
    found = [
        incident("s1", "flood", JULY, camera_id="k-2", state="unknown", updated_at=JULY + hours(3) + SILENCE),
        incident("s2", "flood", JULY + hours(50), camera_id="k-2", state="expired_unobserved",
                 updated_at=JULY + hours(52 + 24)),
    ]  # fmt: skip
    put(warehouse, found)
    columns = "hours_flooded, incidents, hours_watched, reason"
    unseen = (None, None, 0.0, "offline")
    assert month(warehouse, "k-2", columns) == [(5.0, 2, 1.0, ""), unseen]


def test_the_expiry_is_that_of_the_rules() -> None:
    expiry = {"flood": flood.Params().expire_s, "garbage": garbage.Params().expire_s}
    assert expiry == EXPIRE_S
    assert persistence.UNKNOWN_AFTER_US == 1_000_000 * UNKNOWN_AFTER_S


def test_open_garbage_is_listed_oldest_first(warehouse: Warehouse, ended: datetime) -> None:
    given = {"area": "94.09.01.1001"}
    put(
        warehouse,
        [
            incident("o1", "garbage", ended - hours(5), **given),
            incident("o2", "garbage", ended - hours(30), state="clearing", **given),
            incident("o3", "garbage", ended - hours(90), closed_at=ended - hours(80), **given),
            incident("o4", "garbage", ended - hours(1), state="pending", **given),
            incident("o5", "garbage", ended - hours(8), state="unknown", updated_at=ended - hours(6) + SILENCE, **given
            ),
            incident("o6", "garbage", ended - hours(70), state="expired_unobserved", updated_at=ended, **given),
        ],
    )  # fmt: skip
    found = warehouse.query("SELECT incident_id, age_h FROM garbage_open WHERE startsWith(area, '94.09')").rows
    assert found == [("o2", 30.0), ("o1", 5.0), ("o5", 2.0)]


def plain_quantile(lay_h: list[float], cleared: list[bool], share: Fraction) -> float | None:
    """Kaplan-Meier in exact fractions: the first time at which no more than 1 - share is left."""
    left = Fraction(1)
    for at in sorted(set(lay_h)):
        at_risk = sum(each >= at for each in lay_h)
        ended = sum(done for each, done in zip(lay_h, cleared, strict=True) if each == at)
        left *= 1 - Fraction(ended, at_risk)
        if left <= 1 - share:
            return at
    return None


def clearance(warehouse: Warehouse, kecamatan: str, columns: str, day: datetime = JULY) -> list[tuple]:
    local = (day + hours(7)).date()
    sql = f"SELECT {columns} FROM garbage_clearance(from = '{local}', to = '{local}') WHERE area = '{kecamatan}'"
    return warehouse.query(sql).rows


KEPT = "clear_p50_h, clear_p90_h, n_cleared, n_censored, oldest_age_h"


@pytest.mark.parametrize("seed", range(12))
def test_time_to_clear_equals_a_plain_kaplan_meier(warehouse: Warehouse, ended: datetime, seed: int) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 30))
    lay = generator.integers(1, 12, count).astype(float).tolist()  # many ties
    cleared = (generator.random(count) < (0.3, 0.7, 1.0)[seed % 3]).tolist()
    kecamatan = f"94.02.{seed:02d}"
    found = []
    for n, (length, done) in enumerate(zip(lay, cleared, strict=True)):
        opened = JULY + hours(12)
        name = f"km-{seed}-{n}"
        given: dict[str, Any] = {"area": f"{kecamatan}.1001", "camera_id": f"km-{seed}"}
        if done:
            given["closed_at"] = opened + hours(length)
        elif n % 2:
            given |= {"state": "expired_unobserved", "updated_at": opened + hours(length + 72)}
        else:
            given |= {"state": "unknown", "updated_at": opened + hours(length) + SILENCE}
        found.append(incident(name, "garbage", opened, **given))
    put(warehouse, found)
    still = [length for n, (length, done) in enumerate(zip(lay, cleared, strict=True)) if not done and n % 2 == 0]
    p50, p90 = (plain_quantile(lay, cleared, Fraction(n, 10)) for n in (5, 9))
    assert clearance(warehouse, kecamatan, KEPT) == [
        (p50, p90, sum(cleared), count - sum(cleared), max(still, default=None))
    ]


def test_spots_nobody_saw_end_do_not_flatter(warehouse: Warehouse, ended: datetime) -> None:
    given = {"area": "94.03.01.1001"}
    found = [incident(f"d{n}", "garbage", JULY, closed_at=JULY + hours(1), **given) for n in range(2)]
    lost = {"state": "expired_unobserved", "updated_at": JULY + hours(2 + 72)}
    put(warehouse, found + [incident(f"d{n}", "garbage", JULY, **given, **lost) for n in range(2, 5)])
    assert clearance(warehouse, "94.03.01", KEPT) == [(None, None, 2, 3, None)]


def test_the_period_is_local_days_of_the_start_and_pending_is_no_spot(warehouse: Warehouse, ended: datetime) -> None:
    given = {"area": "94.04.01.1001"}
    instant = timedelta(microseconds=1)
    put(
        warehouse,
        [
            incident("p0", "garbage", JULY - instant, closed_at=JULY + hours(9), **given),
            incident("p1", "garbage", JULY, closed_at=JULY + hours(1), **given),
            incident("p2", "garbage", JULY + hours(24) - instant, closed_at=JULY + hours(27) - instant, **given),
            incident("p3", "garbage", JULY + hours(24), closed_at=JULY + hours(33), **given),
            incident("p4", "garbage", JULY, state="pending", **given),
        ],
    )
    assert clearance(warehouse, "94.04.01", KEPT) == [(1.0, 3.0, 2, 0, None)]
