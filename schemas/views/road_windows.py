"""Lines summed to roads: a row a road, direction and window, with what decides whether it is published.

Rows of several tables may be read together (a quarter and its hour, a day's hours and quarters): each is
marked as the window's own or another's. `ts` is made of the tables' `ts` by steps that keep its order, so that
a query for some days reads those days alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.roads import BOTH, HEAVY, HOUR_MS, LIGHT, MICRO, MOTOR, MOTORCYCLE, NARROW_M, TYPES
from schemas.views.sql import COVERAGE, array
from schemas.words import PUBLISHED_COVERAGE, REASONS

OWN, OTHER = 0, 1
"""Marks of the rows of the window itself, and of those it is read with."""

UNNAMED: Final = "('to_left', 'to_right')"
_READ: Final = (
    *("area", "camera_id", "owner", "category", "model_id", "simulated", "line_id", "direction"),
    *("frames", "observed_ms", "expected_ms", "reason", "rev", "params_hash"),
    *(f"{name}_{part}" for part in ("n", "speed_n", "speed_sum") for name in MOTOR),
)


class Source(NamedTuple):
    """A coarse table of flow, its mark, and the window that its rows belong to, as SQL of their `{}`."""

    grain: str
    part: int
    ts: str = "{}"


def windows(sources: Sequence[Source]) -> str:
    """Return a subquery: a row a road, direction, part, `start` (the row's own window) and `ts`."""
    whole = "(PARTITION BY road, part, start, ts)"
    seen = f"length(groupUniqArrayArray(lines) OVER {whole})"
    absent = REASONS.index("offline")
    sides = (
        f"(SELECT *, {seen} AS lines_seen, min(worst) OVER {whole} AS covered_seen,\n"
        f"    argMin(worst_reason, (worst, worst_reason)) OVER {whole} AS reason_seen,\n"
        f"    max(expected) OVER {whole} > 0 AS is_expected,\n"
        f"    countIf(direction NOT IN {UNNAMED}) OVER {whole} AS named\nFROM {_sides(sources)})"
    )
    return (
        "(SELECT *, light + heavy + motorcycle AS volume, lines_seen = line_count AS is_whole,\n"
        "    blind OR NOT is_whole AS is_blind,\n"
        "    if(is_whole, covered_seen, 0.) AS covered,\n"
        f"    covered >= {PUBLISHED_COVERAGE} AS published,\n"
        f"    if(is_whole, reason_seen, toUInt8({absent})) AS reason\n"
        f"FROM {sides}\nWHERE direction NOT IN {UNNAMED} OR named < ways)"
    )


def _sides(sources: Sequence[Source]) -> str:
    """Sum the lines of each direction, each line over its own watched time."""

    def flow(names: Sequence[str]) -> str:
        return f"sum({_rate(' + '.join(f'm.{name}_n' for name in names))})"

    def total(part: str) -> str:
        return "sum(" + " + ".join(f"m.{name}_{part}" for name in MOTOR) + ")"

    scaled = " + ".join(
        f"intDiv(m.{name}_n * m.expected_ms + intDiv(m.observed_ms, 2), greatest(m.observed_ms, 1))" for name in MOTOR
    )
    columns = [
        *("r.road AS road", f"if(r.undivided, '{BOTH}', toString(m.direction)) AS direction"),
        *("m.part AS part", "m.start AS start", "m.ts AS ts"),
        *(f"any(r.{name}) AS {name}" for name in ("area", "emp_case", "capacity", "free_flow_kmh", "ways")),
        *("any(r.line_count) AS line_count", "groupUniqArray(r.line) AS lines"),
        *(f"if(min(m.{name}) = max(m.{name}), toString(min(m.{name})), '') AS {name}" for name in _NAMED),
        *("max(m.simulated) AS simulated", "min(m.frames) AS frames", "max(m.rev) AS rev"),
        "if(min(m.params_hash) = max(m.params_hash), min(m.params_hash), "
        "cityHash64(arraySort(groupUniqArray(m.params_hash)))) AS params_hash",
        *("min(m.covered) AS worst", "argMin(m.reason, (m.covered, m.reason)) AS worst_reason"),
        *("sum(least(m.observed_ms, m.expected_ms)) AS observed", "sum(m.expected_ms) AS expected"),
        *(f"sumIf({scaled}, m.observed_ms > 0) AS scaled", "max(m.expected_ms > 0 AND m.observed_ms = 0) AS blind"),
        *(f"{flow(LIGHT)} AS light", f"{flow(HEAVY)} AS heavy", f"{flow(MOTORCYCLE)} AS motorcycle"),
        *(f"{total('n')} AS vehicles", f"{total('speed_n')} AS speed_n", f"{total('speed_sum')} AS speed_sum"),
    ]
    rows = "\nUNION ALL\n".join(_from(source) for source in sources)
    return (
        "(SELECT " + ",\n    ".join(columns) + f"\nFROM ({rows}) AS m\n"
        f"INNER JOIN {_roads()} AS r ON concat(m.camera_id, '/', m.line_id) = r.line\n"
        "GROUP BY road, direction, part, start, ts)"
    )


_NAMED: Final = ("camera_id", "owner", "category", "model_id")


def _rate(count: str) -> str:
    """Return SQL of a flow [1e-6/h]: the count over the watched time, rounded half up."""
    watched = "greatest(m.observed_ms, 1)"
    return f"intDiv(({count}) * {HOUR_MS * MICRO} + intDiv(m.observed_ms, 2), {watched})"


def _from(source: Source) -> str:
    read = ", ".join(f"f.{name} AS {name}" for name in _READ)
    ts = source.ts.format("f.ts")
    return (
        f"SELECT {read}, {COVERAGE} AS covered, toUInt8({source.part}) AS part, f.ts AS start, {ts} AS ts\n"
        f"FROM flow_{source.grain}_log AS f FINAL WHERE f.deleted = 0"
    )


def _roads() -> str:
    """Return the registered roads, a row a line."""
    one_way = [name for name, kind in TYPES.items() if kind.ways == 1]
    undivided = [name for name, kind in TYPES.items() if kind.undivided]
    narrow = f"if(width_m > 0 AND width_m <= {NARROW_M}, '2/2 UD <=6m', '2/2 UD >6m')"
    case = f"multiIf(kind = 'pendekat', concat('pendekat ', type), type = '2/2 UD', {narrow}, toString(type))"
    return (
        f"(SELECT road, area, {case} AS emp_case, capacity, free_flow_kmh, length(lines) AS line_count,\n"
        f"    if(kind = 'pendekat' OR has({array(tuple(one_way))}, type), 1, 2) AS ways,\n"
        f"    kind = 'ruas' AND has({array(tuple(undivided))}, type) AS undivided, arrayJoin(lines) AS line\n"
        "FROM roads_log FINAL WHERE deleted = 0)"
    )
