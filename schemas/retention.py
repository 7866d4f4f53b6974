"""How long what is stored stays, by class: what a city may set, and what has to outlast what.

Ages are local days before today; 0 is for good. A class that others are made of goes first, and what decides about
them has to be there as long as they may be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

FRAMES: Final = "frames"
BACKFILLS: Final = "backfills"


class Class(NamedTuple):
    """What goes together."""

    days: int
    """Local days before today that stay where no setting says otherwise; ours."""
    meaning: str


CLASSES: Final = {
    FRAMES: Class(30, "frames of the archive, and what was remembered at midnights before"),
    BACKFILLS: Class(90, "what backfills made and replaced, kept in the archive to go on and to take back"),
    "letters": Class(90, "lines of the list of dead letters; their raw bytes stay seven days whatever is set"),
    "evidence": Class(90, "tracks and boxes of incidents that are over"),
    "minutes": Class(400, "rows by minute"),
    "quarters": Class(800, "rows by quarter of an hour"),
    "hours": Class(1830, "rows by hour, of roads too, and hours of mute detectors"),
    "incidents": Class(1830, "incidents that are over; what offices were told, and what they said"),
    "daily": Class(0, "rows by day, of roads and places too, and verdicts of places"),
}

LEAST_DAYS: Final = 2
"""Frames are late by a day at most (`lateness_s`): whole days before yesterday are over; ours."""


class Rule(NamedTuple):
    """One class has to stay so many days longer than another."""

    of: str
    than: str
    longer: int
    why: str


RULES: Final = (
    Rule("quarters", "minutes", 0, "quarters are made of minutes"),
    Rule("hours", "minutes", 64, "what is usual of an hour is looked for in the nine weeks before"),
    Rule("daily", "hours", 0, "days are made of hours"),
    Rule("incidents", "evidence", 0, "evidence is part of an incident"),
)


def setting(name: str) -> str:
    """Return the setting of a class, as it stands in `[retention]`."""
    return f"{name}_days"


def broken(days: Mapping[str, int]) -> list[tuple[Rule, str]]:
    """Return the rules that ages by class break, each with what was expected."""
    found = []
    for rule in RULES:
        of, than = days[rule.of], days[rule.than]
        if of and (not than or of < than + rule.longer):
            least = f"{than + rule.longer} or more, or 0" if than else "0"
            found.append((rule, f"{least} ({setting(rule.than)} is {than}: {rule.why})"))
    return found
