"""Places' days: which opening hours a zone or gate lacks, what they carry, and what a day would have without the gaps.

A zone's day is whole when the hours that it lacks carry little of its usual day,
a place's when the hours do in which too few of its zones were watched.
"""

from __future__ import annotations

from typing import Final

from schemas import usual
from schemas.card import Card
from schemas.sql import LACKS_PPM
from schemas.views.place_rows import by_day, opened, read
from schemas.words import PUBLISHED_COVERAGE

HOURS: Final = f"arrayMap(x -> {opened('p', '60 * x', 60)}, range(24))"
"""The local hours in which a place is open, 24 flags."""

OPEN: Final = "arrayFilter(x -> open[x + 1], range(24)) AS day_hours"


def whole_days(card: Card, zone: str) -> str:
    """Return the days of zones or gates with `open`, `whole` and estimates; parts only of those that are whole.

    Others saw other hours: added up, a day could have more persons than any of its hours.
    """
    spots, zero = read(card), {"sum": "0", "sumForEach": "[]"}
    parts = [f"if(whole, x.{part}, {zero[kind]}) AS {part}" for part, kind in spots.parts.items()]
    columns = [
        f"x.* EXCEPT ({', '.join(spots.parts)})",
        f"{HOURS} AS open",
        OPEN,
        "arrayFilter(h -> enough_by_hour[h + 1] = 0, day_hours) AS lacking",
        "arrayFilter(h -> seen_by_hour[h + 1] = 0, lacking) AS blind",
        f"{usual.EVEN} AS even",
        f"{usual.LACKS} AS lacks_ppm",
        f"length(lacking) < length(day_hours) AND lacks_ppm <= {LACKS_PPM} AS whole",
        *parts,
        *(f"{usual.filled(f'x.{part}_scaled')} AS {part}_estimated" for part in spots.estimated),
    ]
    return (
        "(SELECT " + ",\n    ".join(columns) + f"\nFROM {by_day(card, zone)} AS x\n"
        "INNER JOIN (SELECT place_id, opens, closes FROM places_log FINAL WHERE deleted = 0) AS p\n"
        "    ON p.place_id = x.place_id)"
    )


def folded() -> list[str]:
    """Return what a place's day is made of, out of the days `k` of its zones or gates: `lacking` and `enough`."""
    return [
        "any(k.open) AS open",
        OPEN,
        "sumForEach(k.expected_by_hour) AS expected_hours",
        "sumForEach(k.watched_by_hour) AS watched_hours",
        "sumForEach(k.usual) AS usual",
        f"arrayFilter(h -> watched_hours[h + 1] < {PUBLISHED_COVERAGE} * expected_hours[h + 1] "
        "OR expected_hours[h + 1] = 0, day_hours) AS lacking",
        f"{usual.EVEN} AS even",
        f"toUInt8(max(k.whole) AND {usual.LACKS} <= {LACKS_PPM}) AS enough",
    ]


def estimate(part: str) -> str:
    """Return the sum of a part's estimates, NULL where one is missing or nobody was to watch an opening hour."""
    expected = "arrayAll(h -> expected_hours[h + 1] > 0, day_hours)"
    return f"if({expected} AND countIf(k.{part}_estimated IS NULL) = 0, sum(k.{part}_estimated), NULL)"
