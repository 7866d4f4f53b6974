"""Persons who pass a gate; of a place also its stays and passages, where it has no gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure, Spots, same, sums
from schemas.metrics import crowd, stays
from schemas.parts import WATCH, Metric, Part
from schemas.sql import hourly, median, per_hour, published, reported
from schemas.words import Label

VISITS: Final = Metric(
    "visits",
    ("line_id",),
    {
        **WATCH,
        "entries_n": Part("UInt32", "sum", "1", "Persons who came in, once a track", is_count=True),
        "exits_n": Part("UInt32", "sum", "1", "Persons who went out, once a track", is_count=True),
    },
    "Persons who pass a gate",
    told=("entries_n", "exits_n"),
)

STAYED: Final = f"s.stays_enough AND s.stays_n >= {stays.FEW_STAYS}"
"""SQL: a place's stays are enough to say their median."""

_HALFWAY = median("s.stays_hist", stays.STAY_EDGES_S)
_GATES = "with each opening hour of a gate scaled to full coverage"

FIGURES: Final = {
    "basis": Figure(
        "",
        "What is counted: entries at gates or, where there are none, lintasan (passages)",
        Label("Dasar hitungan", "Counted by"),
        place=By("if(notEmpty(p.gates), 'entries', 'lintasan')"),
    ),
    "entries": Figure(
        "1",
        "Persons who came in across the gate, once a track",
        Label("Orang masuk", "Entries"),
        ",d",
        "sum",
        camera=By(published("m.entries_n")),
        area=By(
            reported("s.entries_n"), "Persons who came in at the reporting gates; who passes two gates counts twice"
        ),
        place=By(published("s.entries_n", "s.visits_enough"), "Persons who came in at its gates"),
    ),
    "exits": Figure(
        "1",
        "Persons who went out across the gate, once a track",
        Label("Orang keluar", "Exits"),
        ",d",
        "sum",
        camera=By(published("m.exits_n")),
        area=By(reported("s.exits_n"), "Persons who went out at the reporting gates"),
        place=By(published("s.exits_n", "s.visits_enough"), "Persons who went out at its gates"),
    ),
    "entries_per_hour": Figure(
        "1/h",
        "Entries an observed hour",
        Label("Orang masuk per jam teramati", "Entries an observed hour"),
        ",.0f",
        camera=By(published(per_hour("m.entries_n"))),
        area=By(reported("s.entries_hourly / 1000"), "Entries an observed hour, each gate's added"),
        place=By(
            published("s.entries_hourly / 1000", "s.visits_enough"), "Entries an observed hour, each gate's added"
        ),
    ),
    "exits_per_hour": Figure(
        "1/h",
        "Exits an observed hour",
        Label("Orang keluar per jam teramati", "Exits an observed hour"),
        ",.0f",
        camera=By(published(per_hour("m.exits_n"))),
        area=By(reported("s.exits_hourly / 1000"), "Exits an observed hour, each gate's added"),
        place=By(published("s.exits_hourly / 1000", "s.visits_enough"), "Exits an hour, each gate's added"),
    ),
    "person_minutes": replace(
        crowd.FIGURES["person_minutes"],
        camera=None,
        area=None,
        place=By(
            published("s.person_ms / 60000", "s.crowd_enough"), "Persons in its zones, times how long each stayed"
        ),
    ),
    "person_minutes_per_hour": replace(
        crowd.FIGURES["person_minutes_per_hour"],
        camera=None,
        area=None,
        place=By(published("60 * s.milli / 1000", "s.crowd_enough"), "Person-minutes an hour, each zone's added"),
    ),
    "stay_median_s": replace(
        stays.FIGURES["stay_median_s"],
        camera=None,
        place=By(
            published(_HALFWAY, STAYED), f"Median stay in view over its zones; NULL below {stays.FEW_STAYS} stays"
        ),
    ),
    "passages": replace(
        stays.FIGURES["passages"],
        camera=None,
        place=By(published(f"s.person_ms / 1000 / ({_HALFWAY})", f"s.crowd_enough AND {STAYED}")),
    ),
    "passages_per_hour": replace(
        stays.FIGURES["passages_per_hour"],
        camera=None,
        place=By(published(f"3600 * s.milli / 1000 / ({_HALFWAY})", f"s.crowd_enough AND {STAYED}")),
    ),
    "entries_estimated": Figure(
        "1",
        "Entries with each hour scaled to full coverage",
        Label("Orang masuk, perkiraan cakupan penuh", "Entries, estimated for full coverage"),
        ",d",
        "sum",
        camera=By("m.entries_n_estimated"),
        place=By("s.entries_n_estimated", f"Entries {_GATES}"),
        is_of_days=True,
    ),
    "exits_estimated": Figure(
        "1",
        "Exits with each hour scaled to full coverage",
        Label("Orang keluar, perkiraan cakupan penuh", "Exits, estimated for full coverage"),
        ",d",
        "sum",
        camera=By("m.exits_n_estimated"),
        place=By("s.exits_n_estimated", f"Exits {_GATES}"),
        is_of_days=True,
    ),
    "person_minutes_estimated": replace(crowd.FIGURES["person_minutes_estimated"], camera=None),
}

CARD: Final = Card(
    number=3,
    name="visits",
    label=Label("Kunjungan", "Visits"),
    enabled_by="visits",
    needs_tracks=True,
    needs_frames=True,
    table=VISITS,
    roles=("gate",),
    figures=FIGURES,
    camera=ByCamera("Persons who passed a gate, by camera, line and"),
    area=ByArea(
        "Entries and exits at an area's gates",
        same("entries_n", "exits_n") | sums(entries_hourly=hourly("m.entries_n"), exits_hourly=hourly("m.exits_n")),
    ),
    spots=Spots("gates", {"entries_n": "sum", "exits_n": "sum", "observed_ms": "sum"}, ("entries_n", "exits_n")),
)
