"""A road's figures worked out plainly from the tables of `schemas.roads`: what the views must equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from schemas.columns import LEVELS
from schemas.registry import Road
from schemas.roads import (
    EMP_TABLES,
    HOUR_MS,
    LIGHT_HUNDREDTHS,
    LOS_TABLE,
    LOS_TABLES,
    MICRO,
    NARROW_M,
    NEAR_SATURATION,
    SLOW_E,
    SLOW_F,
    Emp,
    capacity,
    stored_type,
)


class LineFlow(NamedTuple):
    """What one line and direction counted in a window."""

    light: int
    heavy: int
    motorcycle: int
    observed_ms: int
    speed_n: int = 0
    speed_sum: int = 0  # mm/s


class Rates(NamedTuple):
    """A road's flow by kind of vehicle [1e-6/h]."""

    light: int
    heavy: int
    motorcycle: int


class RoadFigures(NamedTuple):
    """A window's figures of a road and direction; None where there is nothing to divide by."""

    vehicles: int
    smp_per_hour: float
    emp_row: str
    capacity: float | None
    dj: float | None
    los: str | None
    near_saturation: bool | None
    speed_mean_kmh: float | None


def emp_case(road: Road) -> str:
    """Return which case of an emp table a road is."""
    if road.kind == "pendekat":
        return f"pendekat {stored_type(road)}"
    if road.type == "2/2 UD":
        narrow = road.width_m is not None and road.width_m <= NARROW_M
        return "2/2 UD <=6m" if narrow else "2/2 UD >6m"
    return road.type


def rate(count: int, observed_ms: int) -> int:
    """Return a flow [1e-6/h], rounded half up."""
    return (count * HOUR_MS * MICRO + observed_ms // 2) // observed_ms


def rates(lines: Sequence[LineFlow]) -> Rates:
    """Sum a cross-section: each line's flow over its own watched time."""
    return Rates(
        sum(rate(line.light, line.observed_ms) for line in lines),
        sum(rate(line.heavy, line.observed_ms) for line in lines),
        sum(rate(line.motorcycle, line.observed_ms) for line in lines),
    )


def emp(road: Road, hour: Rates) -> Emp:
    """Choose the equivalents by the clock hour's own volume."""
    case = EMP_TABLES[road.emp][emp_case(road)]
    return case.high if sum(hour) >= case.high_from else case.low


def los(dj: float, speed_kmh: float | None, free_flow_kmh: float | None) -> str:
    """Return the level of service by DJ, worse where the measured speed says so."""
    by_dj = LEVELS[sum(dj > bound for bound in LOS_TABLES[LOS_TABLE])]
    if speed_kmh is None or free_flow_kmh is None:
        return by_dj
    if speed_kmh < SLOW_F * free_flow_kmh:
        return "F"
    return max(by_dj, "E") if speed_kmh < SLOW_E * free_flow_kmh else by_dj


def figures(road: Road, lines: Sequence[LineFlow], hour: Sequence[LineFlow] | None = None) -> RoadFigures:
    """Return the figures of a published window.

    Parameters
    ----------
    road
        The road; `emp` and the rest come from the registry.
    lines
        One item a line and direction that is summed, of the window.
    hour
        The same of the clock hour around a quarter, which chooses the equivalents; None for an hour.
    """
    flow = rates(lines)
    row = emp(road, flow if hour is None else rates(hour))
    units = LIGHT_HUNDREDTHS * flow.light + row.heavy * flow.heavy + row.motorcycle * flow.motorcycle
    smp = units / (LIGHT_HUNDREDTHS * MICRO)
    timed = sum(line.speed_n for line in lines)
    speed = sum(line.speed_sum for line in lines) * 36 / (timed * 10_000) if timed else None
    limit = capacity(road)
    dj = smp / limit if limit > 0 else None
    return RoadFigures(
        vehicles=sum(line.light + line.heavy + line.motorcycle for line in lines),
        smp_per_hour=smp,
        emp_row=f"{road.emp} {row.name}",
        capacity=limit if limit > 0 else None,
        dj=dj,
        los=None if dj is None else los(dj, speed, road.free_flow_kmh),
        near_saturation=None if dj is None else dj > NEAR_SATURATION,
        speed_mean_kmh=speed,
    )
