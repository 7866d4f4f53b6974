"""Lines summed to roads: a row a road, direction and window, with what decides whether it is published.

Rows of several tables may be read together (a quarter and its hour, a day's hours and quarters): each is
marked as the window's own or another's. `ts` is made of the tables' `ts` by steps that keep its order, so that
a query for some days reads those days alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.roads import (
    BOTH,
    HEAVY,
    HOUR_MS,
    LIGHT,
    MICRO,
    MOTOR,
    MOTORCYCLE,
    NARROW_M,
    SLOW_E,
    SLOW_F,
    STANDS_AT_SIGNAL,
    STANDS_F,
    STANDS_LEAST,
    TYPES,
)
from schemas.views.sql import COVERAGE, array
from schemas.words import PUBLISHED_COVERAGE, REASONS

OWN, OTHER, DAY = 0, 1, 2
"""Marks of the rows of the window itself, of those it is read with, and of its whole day."""

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
    """Return a subquery: a row a road, direction, part, `start` (the row's own window) and `ts`.

    `jam` is the level that the road's lane zones say at least, 0 where they say none; see `lane_zones`.
    """
    whole = "(PARTITION BY road, part, start, ts)"
    seen = f"length(groupUniqArrayArray(lines) OVER {whole})"
    absent = REASONS.index("offline")
    sides = (
        f"(SELECT * EXCEPT (jam, way_mm, timed_ms), {seen} AS lines_seen, min(worst) OVER {whole} AS covered_seen,\n"
        f"    argMin(worst_reason, (worst, worst_reason)) OVER {whole} AS reason_seen,\n"
        f"    max(expected) OVER {whole} > 0 AS is_expected,\n"
        + "".join(f"    max({name}) OVER {whole} AS {name},\n" for name in ("jam", "way_mm", "timed_ms"))
        + f"    countIf(direction NOT IN {UNNAMED}) OVER {whole} AS named\nFROM ({_sides(sources)}\n"
        f"UNION ALL\n{lane_zones(sources[0])}))"
    )
    return (
        "(SELECT *, light + heavy + motorcycle AS volume, lines_seen = line_count AS is_whole,\n"
        "    blind OR NOT is_whole AS is_blind,\n"
        "    if(is_whole, covered_seen, 0.) AS covered,\n"
        f"    covered >= {PUBLISHED_COVERAGE} AS published,\n"
        f"    if(is_whole, reason_seen, toUInt8({absent})) AS reason\n"
        f"FROM {sides}\nWHERE NOT is_lane AND (direction NOT IN {UNNAMED} OR named < ways))"
    )


def _sides(sources: Sequence[Source]) -> str:
    """Sum the lines of each direction, each line over its own watched time."""
    rows = "\nUNION ALL\n".join(_from(source) for source in sources)
    return (
        "SELECT " + ",\n    ".join(f"{sql} AS {name}" for name, sql in _side().items()) + f"\nFROM ({rows}) AS m\n"
        f"INNER JOIN {_roads()} AS r ON concat(m.camera_id, '/', m.line_id) = r.line\n"
        "GROUP BY road, direction, part, start, ts"
    )


def _side() -> dict[str, str]:
    """Return SQL by column of a side's window, out of the rows `m` of its lines and the road `r`."""

    def flow(names: Sequence[str]) -> str:
        return f"sum({_rate(' + '.join(f'm.{name}_n' for name in names))})"

    def total(part: str) -> str:
        return "sum(" + " + ".join(f"m.{name}_{part}" for name in MOTOR) + ")"

    scaled = " + ".join(
        f"intDiv(m.{name}_n * m.expected_ms + intDiv(m.observed_ms, 2), greatest(m.observed_ms, 1))" for name in MOTOR
    )
    return {
        "road": "r.road",
        "direction": f"if(r.undivided, '{BOTH}', toString(m.direction))",
        **{name: f"m.{name}" for name in ("part", "start", "ts")},
        **{name: f"any(r.{name})" for name in ("area", "emp_case", "capacity", "free_flow_kmh", "ways", "line_count")},
        "lines": "groupUniqArray(r.line)",
        **{name: f"if(min(m.{name}) = max(m.{name}), toString(min(m.{name})), '')" for name in _NAMED},
        **{"simulated": "max(m.simulated)", "frames": "min(m.frames)", "rev": "max(m.rev)"},
        "params_hash": "if(min(m.params_hash) = max(m.params_hash), min(m.params_hash), "
        "cityHash64(arraySort(groupUniqArray(m.params_hash))))",
        **{"worst": "min(m.covered)", "worst_reason": "argMin(m.reason, (m.covered, m.reason))"},
        "observed": "argMin(least(m.observed_ms, m.expected_ms), (m.covered, m.expected_ms))",
        "expected": "argMin(m.expected_ms, (m.covered, m.expected_ms))",
        **{"scaled": f"sumIf({scaled}, m.observed_ms > 0)", "blind": "max(m.expected_ms > 0 AND m.observed_ms = 0)"},
        **{"light": flow(LIGHT), "heavy": flow(HEAVY), "motorcycle": flow(MOTORCYCLE)},
        **{"vehicles": total("n"), "speed_n": total("speed_n"), "speed_sum": total("speed_sum")},
        "usual": "sumForEach(m.usual)",
        **dict.fromkeys(("is_lane", "jam", "way_mm", "timed_ms"), "toUInt64(0)"),
    }


def lane_zones(source: Source) -> str:
    """Return what a road's lane zones say: a row a road and window, in the columns of its sides.

    Only zones that were watched enough and hold vehicles enough are asked, the level is the worst zone's, and way and
    time are those of the zones that say one.
    """
    mean = f"m.tracked_ms >= {STANDS_LEAST} * m.observed_ms"
    stands, part = "m.standing_ms / m.tracked_ms", f"if(r.kind = 'ruas', {STANDS_F}, {STANDS_AT_SIGNAL})"
    measured = "r.kind = 'ruas' AND r.free_flow_kmh > 0 AND m.timed_ms > 0"
    slow = f"{measured} AND 3.6 * m.way_mm / m.timed_ms < {{}} * r.free_flow_kmh"
    level = (
        f"multiIf(NOT ({mean}) OR m.covered < {PUBLISHED_COVERAGE}, 0, {stands} >= {part} OR {slow.format(SLOW_F)}, 6, "
        f"(r.kind = 'ruas' AND {stands} > {1 - SLOW_E}) OR {slow.format(SLOW_E)}, 5, 0)"
    )
    said = {
        "road": "r.road",
        "direction": "'to_left'",
        **{name: f"m.{name}" for name in ("part", "start", "ts")},
        "ways": "toUInt8(0)",
        "worst": "2.",
        "is_lane": "toUInt64(1)",
        "jam": f"toUInt64(max({level}))",
        "way_mm": f"sumIf(m.way_mm, {level} > 0)",
        "timed_ms": f"sumIf(m.timed_ms, {level} > 0)",
        "lines": "CAST([], 'Array(String)')",
        "usual": "CAST([], 'Array(UInt64)')",
        **dict.fromkeys((*_NAMED, "area", "emp_case"), "''"),
    }
    columns = ",\n    ".join(f"{said.get(name, '0')} AS {name}" for name in _side())
    read = ", ".join(f"f.{name} AS {name}" for name in ("camera_id", *_LANE))
    rows = (
        f"SELECT {read}, {COVERAGE} AS covered, toUInt8({source.part}) AS part, f.ts AS start, "
        f"{source.ts.format('f.ts')} AS ts\nFROM congestion_{source.grain}_log AS f FINAL WHERE f.deleted = 0"
    )
    roads = (
        "(SELECT DISTINCT road, kind, free_flow_kmh, substringIndex(arrayJoin(lines), '/', 1) AS camera\n"
        "FROM roads_log FINAL WHERE deleted = 0)"
    )
    return (
        f"SELECT {columns}\nFROM ({rows}) AS m\nINNER JOIN {roads} AS r ON m.camera_id = r.camera\n"
        "GROUP BY road, part, start, ts"
    )


_LANE: Final = ("observed_ms", "tracked_ms", "standing_ms", "timed_ms", "way_mm", "expected_ms")
_NAMED: Final = ("camera_id", "owner", "category", "model_id")


def _rate(count: str) -> str:
    """Return SQL of a flow [1e-6/h]: the count over the watched time, rounded half up."""
    watched = "greatest(m.observed_ms, 1)"
    return f"intDiv(({count}) * {HOUR_MS * MICRO} + intDiv(m.observed_ms, 2), {watched})"


def _from(source: Source) -> str:
    read = ", ".join(f"f.{name} AS {name}" for name in _READ)
    ts = source.ts.format("f.ts")
    usual = "f.usual" if source.grain == "day" else "CAST([], 'Array(UInt64)')"
    return (
        f"SELECT {read}, {usual} AS usual, {COVERAGE} AS covered, toUInt8({source.part}) AS part, f.ts AS start, "
        f"{ts} AS ts\n"
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
