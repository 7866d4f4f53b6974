"""Persons in a zone: how many, how dense, at which level of service."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, ByPlace, Card, Figure, Idle, Incident, Looks, Spots, maxima, sums
from schemas.parts import WATCH, Metric, Part
from schemas.sql import array, longest, milli, percentile, published, reported
from schemas.words import LEVELS, Label

PERSON_EDGES: Final = (*range(16), 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500)
"""Lower edges of the histogram of persons in a zone: exact up to 14, the last bin is open."""

CROWD: Final = Metric(
    "crowd",
    ("zone_id",),
    {
        **WATCH,
        "person_ms": Part(
            "UInt64", "sum", "person ms", "Persons in the zone, times how long each frame lasted", is_count=True
        ),
        "persons_max": Part("UInt16", "max", "person", "Most persons in one frame"),
        "persons_hist": Part(
            "UInt32", "sum", "ms", "Time with so many persons; bins of PERSON_EDGES", len(PERSON_EDGES)
        ),
        "area_ms": Part("UInt64", "sum", "dm2 ms", "Zone area times time watched; 0 where the zone is not calibrated"),
        "saturated_ms": Part("UInt32", "sum", "ms", "Time above the density where detectors undercount"),
        "level_ms": Part("UInt32", "sum", "ms", "Time at each level A to F, with hysteresis", len(LEVELS)),
    },
    "Persons in a zone: occupancy, density and level",
)

_P95 = percentile("m.persons_hist", PERSON_EDGES, "m.persons_max")
_MOST = "arrayReduce('max', m.level_ms)"
_WORST = f"arrayLastIndex(x -> x = {_MOST}, m.level_ms)"
_FLAT = "m.published AND m.area_ms > 0"
_ENOUGH = "s.enough"


def _level(index: str) -> str:
    return f"arrayElement({array(LEVELS)}, {index})"


FIGURES: Final = {
    "persons_mean": Figure(
        "person",
        "Persons in the zone, time-weighted mean",
        Label("Rata-rata orang", "Persons, mean"),
        ",.0f",
        camera=By(published("m.person_ms / m.observed_ms")),
        area=By(reported("s.milli / 1000"), "Persons in the reporting zones, means of zones added"),
        place=By(published("s.milli / 1000", _ENOUGH), "Persons in its zones, time-weighted means of zones added"),
    ),
    "persons_p95": Figure(
        "person",
        "Persons in the zone, not exceeded 95 % of the time",
        Label("Orang, 95 % waktu tidak lebih dari", "Persons, 95th percentile"),
        ",d",
        camera=By(published(_P95)),
    ),
    "persons_max": Figure(
        "person",
        "Most persons in one frame",
        Label("Orang terbanyak", "Persons, most"),
        ",d",
        "max",
        camera=By(published("m.persons_max")),
    ),
    "person_minutes": Figure(
        "person min",
        "Persons, times how long each stayed",
        Label("Orang-menit", "Person-minutes"),
        ",.0f",
        "sum",
        camera=By(published("m.person_ms / 60000")),
        area=By(reported("s.person_ms / 60000"), "Persons in the reporting zones, times how long each stayed"),
        place=By(published("s.person_ms / 60000", _ENOUGH), "Persons in its zones, times how long each stayed"),
    ),
    "person_minutes_per_hour": Figure(
        "person min/h",
        "Person-minutes an observed hour",
        Label("Orang-menit per jam teramati", "Person-minutes an observed hour"),
        ",.0f",
        camera=By(published("60 * m.person_ms / m.observed_ms")),
        area=By(reported("60 * s.milli / 1000"), "Person-minutes an observed hour, each zone's added"),
        place=By(published("60 * s.milli / 1000", _ENOUGH), "Person-minutes an observed hour, each zone's added"),
    ),
    "density_mean": Figure(
        "person/m2",
        "Mean density; NULL where the zone is not calibrated",
        Label("Kepadatan rata-rata (orang/m²)", "Density, mean (persons/m²)"),
        ",.2f",
        camera=By(published("100 * m.person_ms / m.area_ms", _FLAT)),
    ),
    "density_p95": Figure(
        "person/m2",
        "Density not exceeded 95 % of the time",
        Label("Kepadatan, 95 % waktu tidak lebih dari (orang/m²)", "Density, 95th percentile (persons/m²)"),
        ",.2f",
        camera=By(published(f"100 * ({_P95}) * m.observed_ms / m.area_ms", _FLAT)),
    ),
    "level": Figure(
        "",
        "Level of service A..F that held longest, with hysteresis",
        Label("Tingkat pelayanan pejalan kaki", "Pedestrian level of service"),
        camera=By(published(_level(_WORST), f"m.published AND {_MOST} > 0")),
        area=By(reported(_level("s.level"), "s.level > 0"), "Worst of the zones' levels"),
        place=By(
            published(_level("s.level"), "s.enough AND s.level > 0"),
            "Level of its worst zone, each the one that held longest",
        ),
    ),
    "is_lower_bound": Figure(
        "",
        "Part of the time the zone was too full to count everybody",
        Label("Batas bawah (terlalu padat untuk dihitung semua)", "Lower bound (too full to count everybody)"),
        camera=By(published("m.saturated_ms > 0")),
        area=By(reported("s.saturated > 0"), "A zone was too full to count everybody for part of the time"),
        place=By(published("s.saturated > 0", _ENOUGH), "A zone was too full to count everybody for part of the time"),
    ),
    "person_minutes_estimated": Figure(
        "person min",
        "Person-minutes with each hour scaled to full coverage",
        Label("Orang-menit, perkiraan cakupan penuh", "Person-minutes, estimated for full coverage"),
        ",.0f",
        "sum",
        camera=By("m.person_ms_estimated / 60000"),
        place=By(
            "s.person_ms_estimated / 60000", "Person-minutes with each opening hour of a zone scaled to full coverage"
        ),
        is_of_days=True,
    ),
}

CARD: Final = Card(
    number=1,
    name="crowd",
    label=Label("Kerumunan", "Crowds"),
    enabled_by="crowd",
    table=CROWD,
    edges={"persons_hist": PERSON_EDGES},
    looks=(Looks("crowd", ("person",), colour=(64, 156, 255)),),
    incidents=(Incident("crowd", Label("Kerumunan", "Crowd"), LEVELS),),
    figures=FIGURES,
    camera=ByCamera("Persons in zones, by camera, zone and", "if(m.area_ms = 0, 'uncalibrated', '')"),
    area=ByArea(
        "Persons in an area's zones",
        sums(milli=milli("person_ms"), person_ms="m.person_ms")
        | maxima(level=longest("m.level_ms"), saturated="m.saturated_ms > 0"),
    ),
    idle=Idle("person_ms", "nobody ever entered zone {}", "redraw it where people walk, or drop it"),
    spots=Spots(
        "zones",
        {"person_ms": "sum", "observed_ms": "sum", "level_ms": "sumForEach", "saturated_ms": "sum"},
        ("person_ms",),
    ),
    place=ByPlace(
        "Persons in a place, added over its zones",
        {
            "milli": f"sum({milli('person_ms', 'k')})",
            "person_ms": "sum(k.person_ms)",
            "level": f"max({longest('k.level_ms')})",
            "saturated": "sum(k.saturated_ms)",
        },
    ),
    needs_frames=True,
)
