"""The view `calendar`: one row a local day, with what people ask of it."""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.views.sql import View, select
from schemas.words import Label

FIGURES: Final = {
    "calendar": {
        "hijri_day": Figure("", "Day of the Hijri month", Label("Hari Hijriah", "Hijri day")),
        "hijri_month": Figure("", "Hijri month, 9 is Ramadan", Label("Bulan Hijriah", "Hijri month")),
        "hijri_year": Figure("", "Hijri year", Label("Tahun Hijriah", "Hijri year")),
    }
}


def calendar() -> View:
    """Return the view of days; events say their local times as HH:MM, so that they compare as text."""
    clock = "leftPad(toString(intDiv(e.{0}, 60)), 2, '0') || ':' || leftPad(toString(e.{0} % 60), 2, '0')"
    times = f"{clock.format('from_minute')}, {clock.format('to_minute')}, e.name"
    kind = "Array(Tuple(`from` String, `to` String, name String))"
    columns = [
        *(f"c.{name} AS {name}" for name in ("date", "day_type", "holiday", "hijri")),
        "toUInt8(substring(c.hijri, 9, 2)) AS hijri_day",
        "toUInt8(substring(c.hijri, 6, 2)) AS hijri_month",
        "toUInt16(substring(c.hijri, 1, 4)) AS hijri_year",
        *(f"c.{name} AS {name}" for name in ("is_ramadan", "school_holiday")),
        f"CAST(arrayMap(e -> ({times}), c.events), '{kind}') AS events",
    ]
    comment = "One row a local day: holidays, joint leave, Hijri date, school holidays, the city's own events"
    return select("calendar", columns, "(SELECT * FROM calendar_log FINAL) AS c", comment)
