"""The view `calendar`: one row a local day, with what people ask of it."""

from __future__ import annotations

from schemas.views.sql import select


def calendar() -> str:
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
