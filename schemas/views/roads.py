"""The views of roads: volume, smp, degree of saturation, level of service, peak hour.

A road's lines form one cross-section: each line's flow is taken over its own watched time and summed by
direction (both ways together where undivided), and a window of which one line is not published has no figures.
Everything is folded as integers; `schemas.roads` holds the tables and the plain reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.card import Figure
from schemas.kept import KEPT
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
from schemas.views import road_days
from schemas.views.kept import shown
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
    "vehicles_per_hour": Figure(
        "1/h",
        "Motor vehicles an observed hour, each line's added",
        Label("Kendaraan bermotor per jam teramati", "Motor vehicles an observed hour"),
        ",.0f",
    ),
    "observed_ms": Figure(
        "ms",
        "Time that its least watched line was watched",
        Label("Waktu teramati (ms)", "Time watched (ms)"),
        ",d",
        "sum",
    ),
    "expected_ms": Figure(
        "ms",
        "Time that this line should have been watched",
        Label("Waktu seharusnya (ms)", "Time expected (ms)"),
        ",d",
        "sum",
    ),
    "smp_per_hour": Figure(
        "smp/h",
        "Passenger-car units an hour; of a day, in its busiest clock hour",
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
        "Degree of saturation Q / C; of a day, in its busiest clock hour",
        Label("Derajat kejenuhan (DJ)", "Degree of saturation (DJ)"),
        ",.2f",
    ),
    "los": Figure(
        "",
        f"Level of service A..F by DJ ({LOS_TABLE}), worse where speed or standing lane zones say so",
        Label("Tingkat pelayanan jalan", "Level of service"),
    ),
    "near_saturation": Figure(
        "", f"DJ above {NEAR_SATURATION}: mendekati jenuh", Label("Mendekati jenuh", "Near saturation")
    ),
    "speed_mean_kmh": Figure(
        "km/h",
        "Mean speed of the motor vehicles that cross, in a jam of those in its lane zones (NULL without calibration)",
        Label("Kecepatan rata-rata (km/jam)", "Speed, mean (km/h)"),
        ",.0f",
    ),
    "vehicles_estimated": Figure(
        "1",
        "Motor vehicles with each hour scaled to full coverage, hours not watched filled as usual",
        Label("Kendaraan bermotor, perkiraan cakupan penuh", "Motor vehicles, estimated for full coverage"),
        ",d",
        "sum",
        is_of_days=True,
    ),
    "hours_missing": Figure(
        "",
        "Local hours of the day in which a line was not watched enough; `vehicles_estimated` fills them as usual",
        Label("Jam yang tidak teramati", "Hours not watched"),
        is_of_days=True,
    ),
    "peak_hour": Figure(
        "",
        "Local start of the four consecutive quarters with most vehicles, the first of equals; days only",
        Label("Jam puncak", "Peak hour"),
    ),
    "phf": Figure(
        "1",
        "Peak hour factor: the vehicles of the peak hour over four times those of its highest quarter; days only",
        Label("Faktor jam puncak", "Peak hour factor"),
        ",.2f",
    ),
    "peak_hour_vehicles": Figure(
        "1",
        "Motor vehicles counted in the peak hour",
        Label("Kendaraan pada jam puncak", "Vehicles in the peak hour"),
        ",d",
        is_of_days=True,
    ),
    "clock_hour": Figure(
        "",
        "Local start of the clock hour with the highest flow: smp, DJ and level of the day are its own",
        Label("Jam penuh tersibuk", "Busiest clock hour"),
        is_of_days=True,
    ),
    "clock_hour_vehicles": Figure(
        "1",
        "Motor vehicles counted in the busiest clock hour",
        Label("Kendaraan pada jam penuh tersibuk", "Vehicles in the busiest clock hour"),
        ",d",
        is_of_days=True,
    ),
}
"""Columns of the road views."""

_WINDOW: Final = (
    *road_days.KEPT,
    *("light", "heavy", "motorcycle", "vehicles", "speed_n", "speed_sum", "covered", "published", "reason"),
    *("observed", "expected", "jam", "way_mm", "timed_ms"),
)


class Figures(NamedTuple):
    """SQL of what differs between a window's view and a day's: flow conditions, timing, further columns."""

    volume: str  # that chooses the equivalents
    ready: str  # whether it is known
    reason: str  # of a published row
    speed_n: str
    speed_sum: str
    further: tuple[str, ...]
    of_days: bool = False


def roads(zone: str) -> list[View]:
    """Return the views of quarters, hours and local days; rows of hours and days are kept."""
    return [
        road_quarter(zone),
        *(shown(view, zone, _comment(view.name)) for view in (road_hour(zone), road_day(zone))),
    ]


def road_hour(zone: str) -> View:
    """Return how hours are reckoned."""
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
    """Return how local days are reckoned: its volume and peak hour; smp, DJ and level of its busiest clock hour."""
    moving, known = "m.volume > 0", "m.published AND m.run_vehicles > 0"
    local = f"toTimeZone(toDateTime({{}}, 'UTC'), '{zone}')"
    further = (
        "m.vehicles_estimated AS vehicles_estimated",
        f"{published(local.format('m.run_from'), known)} AS peak_hour",
        f"{published('m.run_vehicles / (4 * m.run_most)', known)} AS phf",
        f"{published('m.run_vehicles', known)} AS peak_hour_vehicles",
        f"{published(local.format('m.clock'), f'm.published AND {moving}')} AS clock_hour",
        f"{published('m.peak_vehicles', f'm.published AND {moving}')} AS clock_hour_vehicles",
    )
    no_run = "m.run_vehicles = 0, 'low_coverage'"
    why = f"multiIf(NOT {moving}, 'few_samples', m.capacity = 0, 'no_signal_data', {no_run}, '')"
    figures = Figures("m.volume", "1", why, "m.peak_speed_n", "m.peak_speed_sum", further, of_days=True)
    return _view("road_day", zone, road_days.rows(zone), figures)


def _by_window(name: str, zone: str, rows: str) -> View:
    hour = f"if(m.hour_reason = 0, 'low_coverage', arrayElement({array(REASONS)}, m.hour_reason + 1))"
    why = f"multiIf(NOT m.hour_published, {hour}, m.capacity = 0, 'no_signal_data', '')"
    none = ("CAST(NULL AS Nullable(DateTime('" + zone + "'))) AS peak_hour", "CAST(NULL AS Nullable(Float64)) AS phf")
    return _view(name, zone, rows, Figures("m.volume", "m.hour_published", why, "m.speed_n", "m.speed_sum", none))


def _view(name: str, zone: str, rows: str, figures: Figures) -> View:
    columns = [
        *common(zone, ("road", "direction"), figures.reason, watch=(), of_days=figures.of_days),
        "m.observed AS observed_ms",
        f"m.{'expected_ms' if figures.of_days else 'expected'} AS expected_ms",
        f"{published('m.vehicles')} AS vehicles",
        f"{published(f'm.volume_own / {MICRO}')} AS vehicles_per_hour",
        f"{published('m.smp', 'm.has_smp')} AS smp_per_hour",
        f"{published('m.row_name', 'm.has_smp')} AS emp_row",
        f"{published('m.capacity', 'm.capacity > 0')} AS capacity",
        f"{published('m.saturation', 'm.has_dj')} AS dj",
        f"{published(_level(figures.speed_n), 'm.has_dj OR m.is_jam')} AS los",
        f"{published(f'toBool(m.saturation > {NEAR_SATURATION})', 'm.has_dj')} AS near_saturation",
        f"{published(_speed(), 'm.published')} AS speed_mean_kmh",
        *figures.further,
    ]
    return select(name, columns, f"{_in_smp(rows, figures)} AS m", "" if name in KEPT else _comment(name))


def _comment(name: str) -> str:
    return f"Roads' volume, smp, saturation and level of service, by direction and {name.removeprefix('road_')}"


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
        "m.published AND m.jam > 0 AS is_jam",
        *(() if figures.of_days else ("m.light + m.heavy + m.motorcycle AS volume_own",)),
    ]
    return "(SELECT m.*, " + ",\n    ".join(columns) + f"\nFROM {rows} AS m)"


def _speed() -> str:
    """Return SQL of a window's speed: in a jam that of its lane zones, or none, for only some cross a line there."""
    lane, crossing = "if(m.timed_ms > 0, 3.6 * m.way_mm / m.timed_ms, NULL)", "if(m.speed_n > 0, m.kmh, NULL)"
    return f"if(m.is_jam, {lane}, {crossing})"


def _level(speed_n: str) -> str:
    """Return SQL of the level of service: by DJ, at least E or F where speed or lane zones say that it is a jam."""
    bounds = LOS_TABLES[LOS_TABLE]
    by_dj = ", ".join(f"m.saturation <= {bound}, {n}" for n, bound in enumerate(bounds, 1))
    measured = f"{speed_n} > 0 AND m.free_flow_kmh > 0"
    by_speed = (
        f"multiIf(NOT ({measured}), 1, m.kmh_then < {SLOW_F} * m.free_flow_kmh, 6, "
        f"m.kmh_then < {SLOW_E} * m.free_flow_kmh, 5, 1)"
    )
    return f"arrayElement({array(LEVELS)}, greatest(if(m.has_dj, multiIf({by_dj}, 6), 1), {by_speed}, m.jam))"
