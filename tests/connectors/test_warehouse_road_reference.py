"""Random days of every kind of road: the views' figures equal the plain reference, and read no other days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.local_time import ZONE
from schemas.registry import Road
from schemas.roads import BOTH, EMP_TABLES, TYPES
from schemas.views.kept import query
from schemas.views.roads import road_day, road_hour
from tests.schemas.road_reference import LineFlow, figures

from .minutes import rows
from .road_rows import MIDNIGHT, QUARTER_MS, SHOWN, ask, register, ruas

CLASSES = ("car", "bus", "truck", "motorcycle")
WATCHED = (QUARTER_MS,) * 12 + (850_000, 720_001, 719_999, 0)
FLEET = (
    *(ruas(f"acak-{n}", f"acak-{n}-a/utara", f"acak-{n}-b/utara", kind=kind, width_m=width, free_flow_kmh=40.0)
      for n, (kind, width) in enumerate([*((kind, 14.0) for kind in TYPES), ("2/2 UD", 5.5)])),
    Road("acak-p", "pendekat", saturation_flow=3600.0, green_s=40.0, cycle_s=120.0, lines=("acak-p-a/utara",)),
    Road("acak-o", "pendekat", protected=False, lines=("acak-o-a/utara", "acak-o-b/utara")),
)  # fmt: skip
Key = tuple[str, str, str, int]
"""Road, line's camera, direction, quarter of the day."""


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def draw(seed: int) -> dict[Key, dict[str, int]]:
    """Draw a day of quarters for every line of the fleet: now and then half empty, or badly watched."""
    dice = random.Random(seed)
    drawn = {}
    for road in FLEET:
        for line in road.lines:
            busy = 0
            for quarter in range(96):
                seen = dice.choice(WATCHED)
                busy = busy if quarter % 4 else dice.choice((10, 100, 400))
                for direction in ("masuk", "keluar"):
                    counts = {name: dice.randrange(busy) if seen else 0 for name in CLASSES}
                    timed = {f"{name}_speed_n": dice.randrange(n + 1) for name, n in counts.items()}
                    sums = {
                        f"{name}_speed_sum": timed[f"{name}_speed_n"] * dice.randrange(1, 15_000) for name in counts
                    }
                    drawn[road.id, line.partition("/")[0], direction, quarter] = {
                        "observed_ms": seen, **{f"{name}_n": n for name, n in counts.items()}, **timed, **sums,
                    }  # fmt: skip
    return drawn


@pytest.fixture(scope="module")
def day(warehouse: Warehouse) -> dict[Key, dict[str, int]]:
    register(warehouse, *FLEET)
    drawn = draw(1)
    frames = [
        rows(
            "flow",
            camera,
            MIDNIGHT + timedelta(minutes=15 * quarter),
            direction=direction,
            expected_ms=QUARTER_MS,
            **made,
        )
        for (_, camera, direction, quarter), made in drawn.items()
    ]
    warehouse.insert("flow_minute_log", pl.concat(frames))
    warehouse.roll()
    return drawn


def flow(parts: list[dict[str, int]]) -> LineFlow:
    """Add what one line and direction counted."""
    total = {name: sum(part[name] for part in parts) for name in parts[0]}
    return LineFlow(
        total["car_n"],
        total["bus_n"] + total["truck_n"],
        total["motorcycle_n"],
        total["observed_ms"],
        sum(total[f"{name}_speed_n"] for name in CLASSES),
        sum(total[f"{name}_speed_sum"] for name in CLASSES),
    )


def lines_of(drawn: dict[Key, dict[str, int]], road: Road, direction: str, quarters: range) -> list[LineFlow]:
    sides = ("masuk", "keluar") if direction == BOTH else (direction,)
    cameras = [line.partition("/")[0] for line in road.lines]
    return [flow([drawn[road.id, camera, side, q] for q in quarters]) for camera in cameras for side in sides]


def is_published(drawn: dict[Key, dict[str, int]], road: Road, quarters: range) -> bool:
    whole = QUARTER_MS * len(quarters)
    cameras = [line.partition("/")[0] for line in road.lines]
    return all(
        sum(drawn[road.id, camera, "masuk", q]["observed_ms"] for q in quarters) / whole >= 0.8 for camera in cameras
    )


def sides(road: Road) -> tuple[str, ...]:
    return (BOTH,) if road.kind == "ruas" and TYPES[road.type].undivided else ("keluar", "masuk")


def reference(drawn: dict[Key, dict[str, int]], road: Road, quarters: range) -> Iterator[tuple]:
    """Yield the figures of a quarter or an hour, direction by direction."""
    hour = range(quarters[0] // 4 * 4, quarters[0] // 4 * 4 + 4)
    for direction in sides(road):
        if not is_published(drawn, road, quarters):
            yield (direction, None, None, None, figures(road, [LineFlow(0, 0, 0, 1)]).capacity, *[None] * 4)
            continue
        found = figures(
            road,
            lines_of(drawn, road, direction, quarters),
            lines_of(drawn, road, direction, hour) if is_published(drawn, road, hour) else [LineFlow(0, 0, 0, 1)],
        )
        if is_published(drawn, road, hour):
            yield (direction, *found)
        else:
            yield (direction, found.vehicles, None, None, found.capacity, None, None, None, found.speed_mean_kmh)


@pytest.mark.parametrize("road", FLEET, ids=lambda road: f"{road.kind} {road.type} {road.width_m}")
@pytest.mark.parametrize(("grain", "length"), [("hour", 4), ("quarter", 1)])
def test_random_windows_equal_the_reference(warehouse: Warehouse, day, road: Road, grain: str, length: int) -> None:
    found = ask(warehouse, grain, road.id, f"direction, {SHOWN}")
    expected = [row for start in range(0, 96, length) for row in reference(day, road, range(start, start + length))]
    assert found == expected
    assert {row[1] is None for row in found} == {True, False}


def test_the_random_days_meet_every_flow_condition(warehouse: Warehouse, day) -> None:
    met = warehouse.query(
        "SELECT DISTINCT emp_row FROM road_hour WHERE road LIKE 'acak-%' AND emp_row IS NOT NULL"
    ).rows
    conditions = {f"mkji1997 {one.name}" for case in EMP_TABLES["mkji1997"].values() for one in (case.low, case.high)}
    assert {row for (row,) in met} == conditions


@pytest.mark.parametrize("road", FLEET, ids=lambda road: f"{road.kind} {road.type} {road.width_m}")
def test_a_road_counts_what_its_lines_count(warehouse: Warehouse, day, road: Road) -> None:
    cameras = [line.partition("/")[0] for line in road.lines]
    motor = "class IN ('car', 'bus', 'truck', 'motorcycle')"
    sql = (
        "SELECT sum(crossings_estimated), countIf(crossings_estimated IS NULL) FROM flow_day "
        f"WHERE has({{c:Array(String)}}, camera_id) AND {motor}"
    )
    whole, unknown = warehouse.query(sql, {"c": cameras}).rows[0]
    found = ask(warehouse, "day", road.id, "vehicles_estimated, vehicles, peak_hour, dj, los, phf, reason")
    assert (sum(row[0] for row in found), unknown) == (whole, 0)
    assert [row[1:-1] for row in found] == [(None,) * 5] * len(sides(road))
    assert {row[-1].partition(" (hours: ")[0] for row in found} == {"low_coverage"}


@pytest.mark.parametrize("grain", ["quarter", "hour", "day"])
@pytest.mark.parametrize("column", ["ts", "local_ts"])
def test_a_query_for_some_days_reads_those_days_alone(warehouse: Warehouse, day, grain: str, column: str) -> None:
    """Of hours and days, both where they are reckoned and where they are kept."""
    reckoned = {"quarter": "road_quarter", "hour": f"({query(road_hour(ZONE))})", "day": f"({query(road_day(ZONE))})"}
    for shown, table in ((reckoned[grain], "flow_"), (f"road_{grain}", "flow_" if grain == "quarter" else "road_")):
        sql = f"EXPLAIN indexes = 1 SELECT * FROM {shown} WHERE {column} >= toDateTime('2035-01-01 00:00:00', 'UTC')"
        plan = [line.replace("│", "").strip(" └─") for (line,) in warehouse.query(sql).rows]
        reads = [n for n, line in enumerate(plan) if line.startswith(f"ReadFromMergeTree (tilik.{table}")]
        assert len(reads) >= ({"quarter": 5, "hour": 1, "day": 3}[grain] if table == "flow_" else 1)
        read = [next(line for line in plan[n:] if line.startswith("Parts: ")) for n in reads]
        assert read == ["Parts: 0 | Granules: 0"] * len(reads)
