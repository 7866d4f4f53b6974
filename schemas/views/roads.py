"""The views of roads: volume, smp, degree of saturation, level of service, peak hour.

A road's lines form one cross-section: each line's flow is taken over its own watched time and summed by
direction (both ways together where undivided), and a window of which one line is not published has no figures.
Everything is folded as integers; `schemas.roads` holds the tables and the plain reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.card import Figure
from schemas.roads import (
    EMP_TABLES,
    LIGHT_HUNDREDTHS,
    LOS_TABLE,
    LOS_TABLES,
    MICRO,
    NEAR_SATURATION,
    SLOW_E,
    SLOW_F,
    Emp,
)
from schemas.views.road_windows import OTHER, OWN, Source, windows
from schemas.views.sql import View, array, common, published, select
from schemas.words import LEVELS, REASONS, Label

EMP_TABLE: Final = "mkji1997"
"""The table that registered roads may name; `emp_row` says it."""

ROAD_FIGURES: Final = {
    "road": Figure("", "A street's cross-section", Label("Ruas jalan", "Road")),
    "direction": Figure(
        "",
        "As the registry names the lines' directions; 'both' on an undivided road",
        Label("Arah", "Direction"),
    ),
    "vehicles": Figure(
        "1",
        "Motor vehicles counted: cars, buses, trucks, motorcycles",
        Label("Kendaraan bermotor", "Motor vehicles"),
        ",d",
        "sum",
    ),
    "smp_per_hour": Figure(
        "smp/h",
        "Passenger-car units an hour; of a day, in its peak hour",
        Label("Arus (smp/jam)", "Flow (smp/h)"),
        ",.0f",
    ),
    "emp_row": Figure(
        "",
        "Table and flow condition of the equivalents, chosen by the clock hour's volume",
        Label("Baris tabel emp", "Row of equivalents"),
    ),
    "capacity": Figure(
        "smp/h",
        "C of the direction, of both ways where undivided",
        Label("Kapasitas (smp/jam)", "Capacity (smp/h)"),
        ",.0f",
    ),
    "dj": Figure(
        "1",
        "Degree of saturation Q / C; of a day, in its peak hour",
        Label("Derajat kejenuhan (DJ)", "Degree of saturation (DJ)"),
        ",.2f",
    ),
    "los": Figure(
        "",
        f"Level of service A..F by DJ ({LOS_TABLE}), worse where the measured speed says so",
        Label("Tingkat pelayanan jalan", "Level of service"),
    ),
    "near_saturation": Figure(
        "", f"DJ above {NEAR_SATURATION}: mendekati jenuh", Label("Mendekati jenuh", "Near saturation")
    ),
    "speed_mean_kmh": Figure(
        "km/h",
        "Mean speed of the motor vehicles with a speed; of a day, over all of it",
        Label("Kecepatan rata-rata (km/jam)", "Speed, mean (km/h)"),
        ",.0f",
    ),
    "vehicles_estimated": Figure(
        "1",
        "Motor vehicles with each hour scaled to full coverage",
        Label("Kendaraan bermotor, perkiraan cakupan penuh", "Motor vehicles, estimated for full coverage"),
        ",d",
        "sum",
        is_of_days=True,
    ),
    "peak_hour": Figure(
        "",
        "Local start of the clock hour with most vehicles, the first of equals; days only",
        Label("Jam puncak", "Peak hour"),
    ),
    "phf": Figure(
        "1",
        "Peak hour factor: the peak hour's flow over that of its highest quarter; days only",
        Label("Faktor jam puncak", "Peak hour factor"),
        ",.2f",
    ),
}
"""Columns of the road views."""

NEVER_TS: Final = 4_294_967_295

_KEPT: Final = (
    *("area", "camera_id", "owner", "category", "model_id", "simulated", "frames", "rev", "params_hash"),
    *("emp_case", "capacity", "free_flow_kmh"),
)
_WINDOW: Final = (
    *_KEPT,
    *("light", "heavy", "motorcycle", "vehicles", "speed_n", "speed_sum", "covered", "published", "reason"),
)


class Figures(NamedTuple):
    """SQL of what differs between a window's view and a day's: flow conditions, timing, further columns."""

    volume: str  # that chooses the equivalents
    ready: str  # whether it is known
    reason: str  # of a published row
    speed_n: str
    speed_sum: str
    further: tuple[str, ...]


def roads(zone: str) -> list[View]:
    """Return the views of quarters, hours and local days."""
    return [road_quarter(zone), road_hour(zone), road_day(zone)]


def road_hour(zone: str) -> View:
    """Return the view of hours."""
    rows = f"(SELECT *, published AS hour_published, reason AS hour_reason\nFROM {windows([Source('hour', OWN)])})"
    return _by_window("road_hour", zone, rows)


def road_quarter(zone: str) -> View:
    """Return the view of quarters; the equivalents are those of the quarter's clock hour."""
    around = [Source("hour", OTHER, f"{{}} + toIntervalMinute({minutes})") for minutes in (0, 15, 30, 45)]
    kept = ",\n    ".join(f"anyIf(w.{name}, w.part = {OWN}) AS {name}" for name in _WINDOW)
    rows = (
        f"(SELECT w.road AS road, w.direction AS direction, w.ts AS ts,\n    {kept},\n"
        f"    anyIf(w.volume, w.part = {OTHER}) AS volume,\n"
        f"    maxIf(w.published, w.part = {OTHER}) AS hour_published,\n"
        f"    anyIf(w.reason, w.part = {OTHER}) AS hour_reason\n"
        f"FROM {windows([Source('quarter', OWN), *around])} AS w\n"
        f"GROUP BY w.road, w.direction, w.ts\nHAVING countIf(w.part = {OWN}) > 0)"
    )
    return _by_window("road_quarter", zone, rows)


def road_day(zone: str) -> View:
    """Return the view of local days: the day's volume; smp, DJ, level and factor of its peak hour."""
    day = f"toDateTime(toStartOfDay({{}}, '{zone}'), 'UTC')"
    by_hour = _hours(windows([Source("hour", OWN, day), Source("quarter", OTHER, day)]))
    whole = "m.quarters = 4"
    moving = "m.volume > 0"
    start = f"toTimeZone(toDateTime(m.peak, 'UTC'), '{zone}')"
    further = (
        "m.vehicles_estimated AS vehicles_estimated",
        f"{published(start, f'm.published AND {moving}')} AS peak_hour",
        f"{published('m.volume / m.quarter_most', f'm.published AND {moving} AND {whole}')} AS phf",
    )
    why = f"multiIf(NOT {moving}, 'few_samples', m.capacity = 0, 'no_signal_data', NOT {whole}, 'low_coverage', '')"
    figures = Figures("m.volume", "1", why, "m.peak_speed_n", "m.peak_speed_sum", further)
    return _view("road_day", zone, _days(by_hour), figures)


def _by_window(name: str, zone: str, rows: str) -> View:
    hour = f"if(m.hour_reason = 0, 'low_coverage', arrayElement({array(REASONS)}, m.hour_reason + 1))"
    why = f"multiIf(NOT m.hour_published, {hour}, m.capacity = 0, 'no_signal_data', '')"
    none = ("CAST(NULL AS Nullable(DateTime('" + zone + "'))) AS peak_hour", "CAST(NULL AS Nullable(Float64)) AS phf")
    return _view(name, zone, rows, Figures("m.volume", "m.hour_published", why, "m.speed_n", "m.speed_sum", none))


def _hours(rows: str) -> str:
    """Return hours with their quarters beside them: the highest, and how many were published."""
    kept = ",\n    ".join(
        f"anyIf(w.{name}, w.part = {OWN}) AS {name}"
        for name in (*_WINDOW, "observed", "expected", "scaled", "is_blind", "is_expected")
    )
    return (
        f"(SELECT w.road AS road, w.direction AS direction, w.ts AS ts, toStartOfHour(w.start) AS hour,\n    {kept},\n"
        f"    maxIf(w.volume, w.part = {OTHER}) AS quarter_most,\n"
        f"    countIf(w.part = {OTHER} AND w.published) AS quarters\n"
        f"FROM {rows} AS w\nGROUP BY w.road, w.direction, w.ts, hour\nHAVING countIf(w.part = {OWN}) > 0)"
    )


def _days(hours: str) -> str:
    """Return days: published where every expected hour is, from the first to the last that was expected."""
    volume = "h.light + h.heavy + h.motorcycle"
    order = f"({volume}, -toInt64(toUnixTimestamp(h.hour)))"
    at_peak = ("light", "heavy", "motorcycle", "speed_n", "speed_sum", "quarter_most", "quarters")
    peak = ", ".join(f"h.{name}" for name in at_peak)
    short = "h.is_expected AND NOT h.published"
    first, last = (
        f"{fold}(if(h.is_expected, toUnixTimestamp(h.hour), {none}))" for fold, none in (("min", NEVER_TS), ("max", 0))
    )
    folded = [
        *("h.road AS road", "h.direction AS direction", "h.ts AS ts"),
        *(f"argMax(h.{name}, h.hour) AS {name}" for name in _KEPT if name not in ("frames", "rev", "simulated")),
        *("max(h.simulated) AS simulated", "sum(h.frames) AS frames", "max(h.rev) AS rev"),
        *(f"sum(h.{name}) AS {name}" for name in ("vehicles", "speed_n", "speed_sum", "observed", "expected")),
        *("sum(h.scaled) AS scaled", "countIf(h.is_expected) AS expected_hours", f"countIf({short}) AS short_hours"),
        "countIf(h.is_expected AND h.is_blind) AS blind_hours",
        f"if(expected_hours = 0, 0, intDiv({last} - {first}, 3600) + 1 - expected_hours) AS absent_hours",
        f"argMinIf(h.reason, h.covered, {short}) AS reason",
        f"argMaxIf(tuple({peak}, toUnixTimestamp(h.hour)), {order}, h.published) AS at_peak",
    ]
    taken = [f"at_peak.{n} AS {name}" for n, name in enumerate((*_renamed(at_peak), "peak"), 1)]
    further = [
        "light + heavy + motorcycle AS volume",
        "expected_hours > 0 AND short_hours + absent_hours = 0 AS published",
        "if(expected = 0, 0., least(1., observed / (expected + 3600000 * absent_hours))) AS covered",
        "if(expected_hours = 0 OR blind_hours + absent_hours > 0, NULL, scaled) AS vehicles_estimated",
    ]
    sums = "(SELECT " + ",\n    ".join(folded) + f"\nFROM {hours} AS h\nGROUP BY h.road, h.direction, h.ts)"
    return f"(SELECT *, {', '.join((*taken, *further))}\nFROM {sums})"


def _renamed(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"peak_{name}" if name.startswith("speed") else name for name in names)


def _view(name: str, zone: str, rows: str, figures: Figures) -> View:
    columns = [
        *common(zone, ("road", "direction"), figures.reason, watch=()),
        f"{published('m.vehicles')} AS vehicles",
        f"{published('m.smp', 'm.has_smp')} AS smp_per_hour",
        f"{published('m.row_name', 'm.has_smp')} AS emp_row",
        f"{published('m.capacity', 'm.capacity > 0')} AS capacity",
        f"{published('m.saturation', 'm.has_dj')} AS dj",
        f"{published(_level(figures.speed_n), 'm.has_dj')} AS los",
        f"{published(f'toBool(m.saturation > {NEAR_SATURATION})', 'm.has_dj')} AS near_saturation",
        f"{published('m.kmh', 'm.published AND m.speed_n > 0')} AS speed_mean_kmh",
        *figures.further,
    ]
    comment = f"Roads' volume, smp, saturation and level of service, by direction and {name.removeprefix('road_')}"
    return select(name, columns, f"{_in_smp(rows, figures)} AS m", comment)


def _in_smp(rows: str, figures: Figures) -> str:
    """Return the rows with the flow condition of their volume, smp, saturation and speeds, published or not."""
    table = EMP_TABLES[EMP_TABLE]
    lows, highs = [item.low for item in table.values()], [item.high for item in table.values()]
    case = f"indexOf({array(tuple(table))}, m.emp_case)"

    def chosen(what: Callable[[Emp], object]) -> str:
        low, high = (array(tuple(what(emp) for emp in side)) for side in (lows, highs))
        return f"arrayElement(if(is_high, {high}, {low}), {case})"

    high_from = array(tuple(item.high_from for item in table.values()))
    heavy, motorcycle = chosen(lambda emp: emp.heavy), chosen(lambda emp: emp.motorcycle)
    units = f"{LIGHT_HUNDREDTHS} * m.light + {heavy} * m.heavy + {motorcycle} * m.motorcycle"
    columns = [
        f"{figures.volume} >= arrayElement({high_from}, {case}) AS is_high",
        f"m.published AND {figures.ready} AS has_smp",
        "has_smp AND m.capacity > 0 AS has_dj",
        f"{chosen(lambda emp: f'{EMP_TABLE} {emp.name}')} AS row_name",
        f"({units}) / {LIGHT_HUNDREDTHS * MICRO} AS smp",
        "smp / m.capacity AS saturation",
        "m.speed_sum * 36 / (m.speed_n * 10000) AS kmh",
        f"{figures.speed_sum} * 36 / ({figures.speed_n} * 10000) AS kmh_then",
    ]
    return "(SELECT m.*, " + ",\n    ".join(columns) + f"\nFROM {rows} AS m)"


def _level(speed_n: str) -> str:
    """Return SQL of the level of service: by DJ, at least E or F where the measured speed is a jam's."""
    bounds = LOS_TABLES[LOS_TABLE]
    by_dj = ", ".join(f"m.saturation <= {bound}, {n}" for n, bound in enumerate(bounds, 1))
    measured = f"{speed_n} > 0 AND m.free_flow_kmh > 0"
    by_speed = (
        f"multiIf(NOT ({measured}), 1, m.kmh_then < {SLOW_F} * m.free_flow_kmh, 6, "
        f"m.kmh_then < {SLOW_E} * m.free_flow_kmh, 5, 1)"
    )
    return f"arrayElement({array(LEVELS)}, greatest(multiIf({by_dj}, 6), {by_speed}))"
