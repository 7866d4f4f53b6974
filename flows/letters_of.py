"""Whose dead letters a warehouse holds: by camera, reason and number.

A record that is kept names its camera for the days that it is kept; what is said of
a letter names cameras that the registry knew, for ever. Others name nobody.
"""

from __future__ import annotations

from typing import Final

from connectors.warehouse import failures
from flows.asking import Row, Store, ask
from schemas.errors import WarehouseError

FIELDS: Final = ("camera", "sensorId")
"""Where records of the formats name their camera."""
NAMED: Final = ", ".join(f"JSONExtractString(raw, '{field}')" for field in FIELDS)
KEYS: Final = "source, position, reason, content"
RAW: Final = f"""
SELECT {KEYS}, arrayFirst(name -> name != '' AND NOT startsWith(name, '<'), [{NAMED}]) AS camera
FROM dead_letters_raw FINAL"""
"""A value that was not kept stands there as its kind, in angle brackets."""
NO_RAW: Final = f"SELECT {KEYS}, '' AS camera FROM dead_letters_log WHERE 0"
TOLD: Final = r"extractGroups(detail, '^camera (?:\'([^\']+)\'|(.+?): all boxes )')"
"""The id that is said of a letter; where it is not known, how long it is, in round brackets."""
LETTERS: Final = f"""
SELECT if(camera != '', camera, arrayFirst(name -> name != '' AND NOT startsWith(name, '('), {TOLD})) AS whose,
    reason, sum(count) AS many
FROM (SELECT {KEYS}, detail, count FROM dead_letters_log FINAL WHERE count > 0) AS letters
LEFT JOIN ({{raw}}) AS kept USING ({KEYS})
GROUP BY whose, reason ORDER BY whose, many DESC, reason"""


def cameras(store: Store) -> dict[str, dict[str, int]]:
    """Return how many letters there are, by camera ('' where they name none) and reason, the commonest first."""
    found: dict[str, dict[str, int]] = {}
    for camera, reason, many in _asked(store):
        found.setdefault(camera, {})[reason] = many
    return found


def _asked(store: Store) -> list[Row]:
    """Ask with the records that are kept, where the account may read them."""
    try:
        return ask(store, LETTERS.format(raw=RAW)).rows
    except WarehouseError as error:
        if failures.code(error) != failures.FORBIDDEN:
            raise
        return ask(store, LETTERS.format(raw=NO_RAW)).rows
