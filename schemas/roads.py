"""Roads: passenger-car units (smp), capacity, degree of saturation (DJ) and level of service, tables as data.

A table has a name (`mkji1997`, `km14_2006`), so that another may stand beside it and every figure says
which one it comes from. Rates are integers (1e-6 vehicles an hour, units in hundredths) until one last division.
Views (`schemas.views.roads`) take these tables; tests hold a plain reference beside them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from schemas.registry import Road

LIGHT: Final = ("car",)
HEAVY: Final = ("bus", "truck")
MOTORCYCLE: Final = ("motorcycle",)
"""Classes by MKJI 1997's kinds. Pickups and minibuses are cars here. Persons, riders (their motorcycle is counted, not
they), bicycles (non-motorised: side friction in MKJI) and the class `other`, which may be anything, are in neither
volume nor smp."""

MOTOR: Final = (*LIGHT, *HEAVY, *MOTORCYCLE)

BOTH: Final = "both"
"""Direction of an undivided road's rows: its capacity is shared both ways."""

MICRO: Final = 1_000_000
LIGHT_HUNDREDTHS: Final = 100
HOUR_MS: Final = 3_600_000


class RoadType(NamedTuple):
    """A cross-section of MKJI 1997, urban roads."""

    lanes: int  # that share one capacity: of a direction, or of both where undivided
    carriageway_lanes: int  # that share `width_m`
    base_capacity: int  # C0 of those lanes [smp/h]
    width: str  # its row of FC_WIDTH
    ways: int  # directions of regular traffic
    undivided: bool


TYPES: Final = {
    "2/2 UD": RoadType(2, 2, 2900, "2/2 UD", 2, True),
    "4/2 UD": RoadType(4, 4, 4 * 1500, "4/2 UD", 2, True),
    "4/2 D": RoadType(2, 4, 2 * 1650, "lane", 2, False),
    "6/2 D": RoadType(3, 6, 3 * 1650, "lane", 2, False),
    "2/1": RoadType(2, 2, 2 * 1650, "lane", 1, False),
    "3/1": RoadType(3, 3, 3 * 1650, "lane", 1, False),
}
"""Road types and their base capacities: MKJI 1997, urban roads, table C-1:1."""

FC_WIDTH: Final = {
    "2/2 UD": ((5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0), (0.56, 0.87, 1.00, 1.14, 1.25, 1.29, 1.34)),
    "4/2 UD": ((3.00, 3.25, 3.50, 3.75, 4.00), (0.91, 0.95, 1.00, 1.05, 1.09)),
    "lane": ((3.00, 3.25, 3.50, 3.75, 4.00), (0.92, 0.96, 1.00, 1.04, 1.08)),
}
"""FCw by carriageway (2/2 UD) or lane width [m]: MKJI 1997, urban roads, table C-2:1. Linear between; ends hold."""

FC_SPLIT: Final = {
    "2/2 UD": ((50.0, 55.0, 60.0, 65.0, 70.0), (1.00, 0.97, 0.94, 0.91, 0.88)),
    "4/2 UD": ((50.0, 55.0, 60.0, 65.0, 70.0), (1.000, 0.985, 0.970, 0.955, 0.940)),
}
"""FCsp by the busier direction's share [%]: MKJI 1997, urban roads, table C-3:1; 1 where divided or one-way."""

FC_CITY: Final = ((0.1, 0.86), (0.5, 0.90), (1.0, 0.94), (3.0, 1.00), (float("inf"), 1.04))
"""FCcs by inhabitants up to so many millions: MKJI 1997, urban roads, table C-5:1."""

FACTORS: Final = ("FCw", "FCsp", "FCsf", "FCcs")
"""Factors of capacity; one that the registry gives counts, whatever the tables say. FCsf (side friction) comes
only from there: its class is a survey's result, and the copies of its tables at hand differ in some cells."""

SPLIT_RANGE: Final = (50.0, 70.0)


class Emp(NamedTuple):
    """Passenger-car equivalents of one flow condition, in hundredths; a light vehicle has 100."""

    name: str
    heavy: int
    motorcycle: int


class EmpCase(NamedTuple):
    """A road's two flow conditions: `high` from `high_from` micro-vehicles an hour on."""

    low: Emp
    high: Emp
    high_from: int


def _from(case: str, vehicles: int, low: tuple[int, int], high: tuple[int, int]) -> EmpCase:
    """Return a case whose high condition begins at so many vehicles an hour."""
    names = (f"{case} <{vehicles}", f"{case} >={vehicles}")
    return EmpCase(Emp(names[0], *low), Emp(names[1], *high), vehicles * MICRO)


def _above(case: str, vehicles: int, lanes: int) -> EmpCase:
    """Return a case whose high condition lies above so many vehicles an hour and lane."""
    names = (f"{case} <={vehicles}/lane", f"{case} >{vehicles}/lane")
    return EmpCase(Emp(names[0], 130, 40), Emp(names[1], 120, 25), vehicles * lanes * MICRO + 1)


def _always(case: str, motorcycle: int) -> EmpCase:
    emp = Emp(case, 130, motorcycle)
    return EmpCase(emp, emp, 0)


EMP_TABLES: Final = {
    "mkji1997": {
        "2/2 UD <=6m": _from("2/2 UD <=6m", 1800, (130, 50), (120, 35)),
        "2/2 UD >6m": _from("2/2 UD >6m", 1800, (130, 40), (120, 25)),
        "4/2 UD": _from("4/2 UD", 3700, (130, 40), (120, 25)),
        "4/2 D": _above("4/2 D", 1050, 2),
        "2/1": _above("2/1", 1050, 2),
        "6/2 D": _above("6/2 D", 1100, 3),
        "3/1": _above("3/1", 1100, 3),
        "pendekat P": _always("pendekat P", 20),
        "pendekat O": _always("pendekat O", 40),
    }
}
"""Equivalents by table and case: MKJI 1997, urban roads, tables A-3:1 and A-3:2 (RSNI T-14-2004 repeats them);
approaches to signals, type P (protected) and O (opposed): MKJI 1997, signalised intersections."""

NARROW_M: Final = 6.0
"""Widest carriageway of MKJI's narrow 2/2 UD; a road without `width_m` has the base case's 7 m."""

LOS_TABLE: Final = "km14_2006"
LOS_TABLES: Final = {"km14_2006": (0.6, 0.7, 0.8, 0.9, 1.0)}
"""Highest DJ of levels A to E; F lies above. KM 14/2006, an older reference, so named."""

SLOW_E, SLOW_F = 0.5, 0.3
"""Shares of free flow below which a road is at least E, or F: a jam has a low count (metrics.md)."""

STANDS_F, STANDS_LEAST = 0.7, 5
"""Share of its vehicles' time that a lane zone stands from which a road is F, with so many vehicles on average: what
opens a congestion (metrics.md). Above half it is at least E: were the others as fast as free flow, the mean of all
would still be below half of it."""

STANDS_AT_SIGNAL: Final = 0.85
"""The same of an approach to a signal, whose vehicles stand in every cycle: of those that wait a red of 60 s and need
10 s through the zone (ours)."""

NEAR_SATURATION: Final = 0.85
"""DJ above which a road is *mendekati jenuh* (MKJI 1997)."""


def stored_type(road: Road) -> str:
    """Return what `roads_log` holds as type: of an approach, MKJI's P (protected) or O (opposed)."""
    if road.kind == "pendekat":
        return "P" if road.protected else "O"
    return road.type


def factors(road: Road) -> dict[str, float]:
    """Return FCw, FCsp, FCsf and FCcs of a mid-block road: the registry's own, else the tables', else 1."""
    kind = TYPES[road.type]
    found = dict.fromkeys(FACTORS, 1.0)
    if road.width_m is not None:
        across = road.width_m if road.type == "2/2 UD" else road.width_m / kind.carriageway_lanes
        found["FCw"] = float(np.interp(across, *FC_WIDTH[kind.width]))
    if road.split is not None and kind.undivided:
        found["FCsp"] = float(np.interp(road.split, *FC_SPLIT[road.type]))
    if road.city_millions is not None:
        found["FCcs"] = next(value for most, value in FC_CITY if road.city_millions <= most)
    return found | road.factors


def capacity(road: Road) -> float:
    """Return a road's capacity [smp/h], of a direction or both ways where undivided.

    ``C0 FCw FCsp FCsf FCcs`` mid-block, ``S green / cycle`` at a signal; 0 where signal data are missing.
    """
    if road.kind == "pendekat":
        if road.saturation_flow is None or road.green_s is None or road.cycle_s is None:
            return 0.0
        return road.saturation_flow * road.green_s / road.cycle_s
    found = factors(road)
    whole = float(TYPES[road.type].base_capacity)
    for name in FACTORS:
        whole *= found[name]
    return whole
