"""Roads' local days, out of their hours, their quarters and what is usual there.

A day is published when the hours that it lacks carry little of the road's usual
day. Its peak hour is that of four consecutive quarters with most vehicles, its
clock hour the busiest one of the hours, by whose own volume equivalents,
saturation and level are reckoned.
"""

from __future__ import annotations

from typing import Final

from schemas import usual
from schemas.roads import HOUR_MS
from schemas.sql import LACKS_PPM
from schemas.views.road_windows import DAY, OTHER, OWN, Source, windows

KEPT: Final = (
    *("area", "camera_id", "owner", "category", "model_id", "simulated", "frames", "rev", "params_hash"),
    *("emp_case", "capacity", "free_flow_kmh"),
)
"""Columns of a road and of its rows that every window keeps."""

AT_PEAK: Final = ("light", "heavy", "motorcycle", "speed_n", "speed_sum", "vehicles", "jam", "way_mm", "timed_ms")
"""What a day takes from its busiest clock hour."""

FOLDED: Final = ("frames", "rev", "simulated")
"""Those of them that are folded over the hours; of the others the last hour's stands."""

RENAMED: Final = {name: f"peak_{name}" for name in ("speed_n", "speed_sum", "vehicles")}
RUN_S: Final = 2_700
"""From the first to the last start of four consecutive quarters."""


def rows(zone: str) -> str:
    """Return one row a road, direction and local day."""
    day = f"toDateTime(toStartOfDay({{}}, '{zone}'), 'UTC')"
    read = windows([Source("hour", OWN, day), Source("quarter", OTHER, day), Source("day", DAY)])
    return f"(SELECT *, {', '.join(_judged())}\nFROM (SELECT *, {', '.join(_taken())}\nFROM {_folded(read)}))"


def _folded(read: str) -> str:
    """Fold hours, quarters and the days' own rows: which hours were watched, the busiest, the quarters in order."""
    own, hour = f"h.part = {OWN}", "toUInt8(intDiv(h.start - h.ts, 3600))"
    start = "toUnixTimestamp(h.start)"
    peak = ", ".join(f"h.{name}" for name in AT_PEAK)
    columns = [
        *("h.road AS road", "h.direction AS direction", "h.ts AS ts"),
        *(f"argMaxIf(h.{name}, h.start, {own}) AS {name}" for name in KEPT if name not in FOLDED),
        *("max(h.simulated) AS simulated", f"sumIf(h.frames, {own}) AS frames", f"maxIf(h.rev, {own}) AS rev"),
        *(
            f"sumIf(h.{name}, {own}) AS {name}"
            for name in ("vehicles", "speed_n", "speed_sum", "observed", "expected", "scaled")
        ),
        f"sumIf(toUInt128(h.volume) * h.observed, {own}) AS flowed",
        f"groupUniqArrayIf({hour}, {own} AND h.is_expected) AS expected_hours",
        f"groupUniqArrayIf({hour}, {own} AND h.published) AS watched_hours",
        f"groupUniqArrayIf({hour}, {own} AND NOT h.is_blind) AS seen_hours",
        f"argMinIf(h.reason, h.covered, {own} AND h.is_expected AND NOT h.published) AS reason",
        f"argMaxIf(tuple({peak}, {start}), (h.volume, -toInt64({start})), {own} AND h.published) AS at_peak",
        f"arraySort(groupArrayIf(({start}, h.vehicles), h.part = {OTHER} AND h.published)) AS quarters",
        f"sumForEachIf(h.usual, h.part = {DAY}) AS usual",
    ]
    return (
        "(SELECT " + ",\n    ".join(columns) + f"\nFROM {read} AS h\n"
        f"GROUP BY h.road, h.direction, h.ts\nHAVING countIf({own}) > 0)"
    )


def _taken() -> list[str]:
    """Return the columns of the busiest hour, of the peak hour, and the hours that the day has and lacks."""
    at_peak = (*(RENAMED.get(name, name) for name in AT_PEAK), "clock")
    run = "arraySum(arrayMap(q -> q.2, arraySlice(quarters, i, 4)))"
    whole = "range(arrayMin(expected_hours), toUInt8(arrayMax(expected_hours) + 1))"
    first = f"arrayFilter(i -> quarters[i + 3].1 - quarters[i].1 = {RUN_S}, range(1, {_last('quarters')}))"
    return [
        *(f"at_peak.{n} AS {name}" for n, name in enumerate(at_peak, 1)),
        f"arraySort(x -> (-toInt64(x.1), x.2), arrayMap(i -> ({run}, i), {first}))[1] AS busiest",
        "busiest.1 AS run_vehicles",
        "quarters[busiest.2].1 AS run_from",
        "arrayMax(arrayMap(q -> q.2, arraySlice(quarters, busiest.2, 4))) AS run_most",
        f"if(empty(expected_hours), [], {whole}) AS day_hours",
        "arrayFilter(x -> NOT has(watched_hours, x), day_hours) AS lacking",
        "arrayFilter(x -> NOT has(seen_hours, x), lacking) AS blind",
        f"{usual.EVEN} AS even",
    ]


def _last(quarters: str) -> str:
    """Return SQL for the end of the places at which four quarters may begin."""
    return f"greatest(1, toInt64(length({quarters})) - 2)"


def _judged() -> list[str]:
    """Return whether a day is published, how much of it was watched, and its estimate and rate."""
    absent = "length(arrayFilter(x -> NOT has(expected_hours, x), day_hours))"
    return [
        "light + heavy + motorcycle AS volume",
        f"{usual.LACKS} AS lacks_ppm",
        f"notEmpty(watched_hours) AND lacks_ppm <= {LACKS_PPM} AS published",
        f"expected + {HOUR_MS} * {absent} AS expected_ms",
        "if(expected = 0, 0., least(1., observed / expected_ms)) AS covered",
        f"{usual.filled('scaled')} AS vehicles_estimated",
        "flowed / greatest(observed, 1) AS volume_own",
    ]
