"""How each metric's rows become an area's: what is added, what is the highest, which figures come of it.

Means of persons are rounded to 1/1000 person per zone before they are added, so
that the order of rows changes nothing. Flows are never added along a road: an
area has the median over its lines and directions, and no total of vehicles.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.columns import LEVELS, VEHICLES
from schemas.views import masks
from schemas.views.sql import array, published


class Fold(NamedTuple):
    """A part of an area: SQL of one row, and the aggregates by camera and over cameras."""

    row: str
    by_camera: str
    over_cameras: str


class Area(NamedTuple):
    """The views of one metric by area.

    Attributes
    ----------
    parts
        Parts by name; only rows that report enter.
    figures
        Columns out of the parts of `s`.
    reports
        Which rows `m` report.
    why
        Reason of an area whose cameras report.
    unseen
        Reason of an area that none of its cameras reports on, though they sent frames.
    joins
        What makes several rows of one, or nothing.
    """

    metric: str
    meaning: str
    parts: dict[str, Fold]
    figures: list[str]
    reports: str = "m.published"
    why: str = "''"
    unseen: str = "'low_coverage'"
    joins: str = ""


def _shown(figure: str, also: str = "") -> str:
    return published(figure, "s.reporting > 0" + (f" AND {also}" if also else ""))


def _sums(**rows: str) -> dict[str, Fold]:
    return {name: Fold(row, "sum", "sum") for name, row in rows.items()}


def _maxima(**rows: str) -> dict[str, Fold]:
    return {name: Fold(row, "max", "max") for name, row in rows.items()}


def _same(*names: str) -> dict[str, Fold]:
    return _sums(**{name: f"m.{name}" for name in names})


def milli(part: str) -> str:
    """Return SQL for the time-weighted mean of a row `m`, as an integer of thousandths."""
    return f"intDiv(1000 * toUInt64(m.{part}) + intDiv(m.observed_ms, 2), greatest(m.observed_ms, 1))"


def longest_level(level_ms: str) -> str:
    """Return SQL for the index of the level that held longest, the worst of equals; 0 where none held."""
    most = f"arrayReduce('max', {level_ms})"
    return f"if({most} > 0, arrayLastIndex(x -> x = {most}, {level_ms}), 0)"


def _classes(part: str) -> str:
    return f"[{', '.join(f'm.{name}_{part}' for name in VEHICLES)}]"


CROWD: Final = Area(
    "crowd",
    "Persons in an area's zones",
    _sums(milli=milli("person_ms"), person_ms="m.person_ms")
    | _maxima(level=longest_level("m.level_ms"), saturated="m.saturated_ms > 0"),
    [
        f"{_shown('s.milli / 1000')} AS persons_mean",
        f"{_shown('s.person_ms / 60000')} AS person_minutes",
        f"{_shown(f'arrayElement({array(LEVELS)}, s.level)', 's.level > 0')} AS level",
        f"{_shown('s.saturated > 0')} AS is_lower_bound",
    ],
)

FLOW: Final = Area(
    "flow",
    "Crossings of an area's lines, the median of a line and direction",
    {
        "lines": Fold(_classes("n"), "groupArray", "groupArrayArray"),
        "speed_n": Fold(_classes("speed_n"), "sumForEach", "sumForEach"),
        "speed_sum": Fold(_classes("speed_sum"), "sumForEach", "sumForEach"),
    },
    [
        f"{array(VEHICLES)}[class_at] AS class",
        "length(s.lines) AS lines_reporting",
        _shown("arrayReduce('quantileExactInclusive(0.5)', arrayMap(x -> x[class_at], s.lines))")
        + " AS crossings_median",
        _shown("s.speed_sum[class_at] / s.speed_n[class_at] / 1000", "s.speed_n[class_at] > 0") + " AS speed_mean_mps",
    ],
    joins=f"\nARRAY JOIN range(1, {len(VEHICLES) + 1}) AS class_at",
)

VISITS: Final = Area(
    "visits",
    "Entries and exits at an area's gates",
    _same("entries_n", "exits_n"),
    [f"{_shown('s.entries_n')} AS entries", f"{_shown('s.exits_n')} AS exits"],
)

_MASK_WHY, _MASK_FIGURES = masks.figures("s", "s.reporting > 0")
MASK: Final = Area(
    "mask",
    "Masks worn in an area: masked and decided are added over zones",
    _same("masked_n", "unmasked_n", "unknown_n", "frame_masked_n", "frame_unmasked_n", "frame_unknown_n"),
    _MASK_FIGURES,
    why=_MASK_WHY,
)

CONGESTION: Final = Area(
    "congestion",
    "Vehicles in an area's lanes: occupancy, standing share, speed",
    _same("occupied_ms", "observed_ms", "standing_ms", "tracked_ms", "way_mm", "timed_ms"),
    [
        f"{_shown('s.occupied_ms / s.observed_ms')} AS occupancy",
        f"{_shown('s.standing_ms / s.tracked_ms', 's.tracked_ms > 0')} AS standing_share",
        f"{_shown('s.way_mm / s.timed_ms', 's.timed_ms > 0')} AS speed_mean_mps",
    ],
    why="if(s.tracked_ms > 0 AND s.timed_ms = 0, 'uncalibrated', '')",
)

FLOOD: Final = Area(
    "flood",
    "Wet share of an area's road zones, a trend index and not a depth",
    _same("signals_n", "wet_ppm") | _maxima(wet_ppm_max="m.wet_ppm_max"),
    [
        f"{_shown('s.wet_ppm / s.signals_n / 1000000')} AS wet_mean",
        f"{_shown('s.wet_ppm_max / 1000000')} AS wet_max",
    ],
    reports="m.published AND m.signals_n > 0",
    unseen="if(s.watching > 0, 'no_signal_data', 'low_coverage')",
)

GARBAGE: Final = Area(
    "garbage",
    "Garbage seen in an area's zones",
    _sums(milli=milli("garbage_ms")) | _maxima(garbage_max="m.garbage_max"),
    [f"{_shown('s.milli / 1000')} AS objects_mean", f"{_shown('s.garbage_max')} AS objects_max"],
)

HEALTH: Final = Area(
    "health",
    "How many of an area's cameras watch",
    {},
    ["s.covered AS uptime", "s.total - s.seeing AS cameras_blind"],
)

AREAS: Final = (CROWD, FLOW, VISITS, MASK, CONGESTION, FLOOD, GARBAGE, HEALTH)
