"""One row a place's zone or gate and window, whether its camera sent anything or not.

A window by minute, quarter or hour is that of the zone's own row. A day is made
of the quarters in which the place is open, folded into hours: only hours that
were watched enough enter, and which of them were is kept hour by hour. Opening
times that do not fall on a quarter are widened to it.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Spots
from schemas.views import registered
from schemas.views.sql import LENGTH_S, source, unread
from schemas.words import PUBLISHED_COVERAGE

KEYS: Final = {"zones": "zone_id", "gates": "line_id"}


def opened(row: str, minute: str, length: int) -> str:
    """Return SQL: a place is open at some time of [minute, minute + length), local minutes of the day."""
    before, after = f"{minute} < {row}.closes", f"{minute} + {length} > {row}.opens"
    return f"if({row}.opens < {row}.closes, {before} AND {after}, {before} OR {after})"


def read(card: Card) -> Spots:
    """Return what places read of a metric's rows."""
    assert card.spots is not None
    return card.spots


def _rows(card: Card, grain: str, more: str = "") -> str:
    """Return the rows of all cameras that a place names."""
    spots = read(card)
    cameras = f"SELECT substringIndex(arrayJoin({spots.where}), '/', 1) FROM places_log FINAL WHERE deleted = 0"
    return f"(SELECT r.*{more} FROM {source(card.name, grain, 'r')} WHERE r.camera_id IN ({cameras}))"


def _window(part: str, kind: str, shown: str) -> str:
    return f"if({shown}, m.{part}, {'[]' if kind == 'sumForEach' else 0}) AS {part}"


def by_window(card: Card, grain: str) -> str:
    """Return one row a zone or gate and window of a grain below the day.

    Columns: place_id, camera_id, spot_id, ts, expected and watched [ms], reports,
    frames, rev, unread, simulated, and the parts: 0 or empty unless the row reports.
    """
    spots, has = read(card), "m.camera_id != ''"
    columns = [
        *(f"u.{name} AS {name}" for name in ("place_id", "camera_id", "spot_id", "ts")),
        f"if({has}, toUInt64(m.expected_ms), {1000 * LENGTH_S[grain]}) AS expected",
        "toUInt64(least(m.observed_ms, m.expected_ms)) AS watched",
        "m.published AS reports",
        *(f"m.{name} AS {name}" for name in ("frames", "rev")),
        f"{unread('m.reason')} AS unread",
        "m.simulated OR startsWith(u.camera_id, 'sim-') AS simulated",
        *(_window(part, kind, "m.published") for part, kind in spots.parts.items()),
    ]
    asked = registered.at("k.steps", "w.ts", LENGTH_S[grain])
    universe = (
        "(SELECT w.ts AS ts, k.place_id AS place_id, k.camera_id AS camera_id, k.spot_id AS spot_id,\n"
        f"        {asked} AS valid\n"
        f"    FROM {registered.windows(card.name, grain)} AS w\n"
        f"    CROSS JOIN {registered.by_spot(card.name, spots.where)} AS k) AS u"
    )
    on = f"m.camera_id = u.camera_id AND m.{KEYS[spots.where]} = u.spot_id AND m.ts = u.ts"
    return (
        "(SELECT " + ",\n    ".join(columns) + f"\nFROM {universe}\nLEFT JOIN {_rows(card, grain)} AS m ON {on}\n"
        f"WHERE u.valid > 0 OR {has})"
    )


def _open_quarters(card: Card, zone: str) -> str:
    """Return one row a zone or gate and open quarter; `ts` is the day's, `hour` the local hour."""
    spots, has = read(card), "m.camera_id != ''"
    columns = [
        *(f"u.{name} AS {name}" for name in ("place_id", "camera_id", "spot_id")),
        "u.day AS ts",
        "u.hour AS hour",
        f"if({has}, m.expected_ms, {1000 * LENGTH_S['quarter']}) AS expected",
        *(f"m.{name} AS {name}" for name in ("frames", "rev")),
        f"{unread('m.reason')} AS unread",
        "m.simulated OR startsWith(u.camera_id, 'sim-') AS simulated",
        "m.observed_ms AS observed",
        *(f"m.{part} AS {part}" for part in spots.parts if part != "observed_ms"),
    ]
    quarter = f"w.ts + {LENGTH_S['quarter']} * n"
    universe = (
        f"(SELECT w.ts AS day, {quarter} AS ts, intDiv(n, 4) AS hour, k.place_id AS place_id,\n"
        f"        k.camera_id AS camera_id, k.spot_id AS spot_id,\n"
        f"        {registered.at('k.steps', quarter, LENGTH_S['quarter'])} AS valid\n"
        f"    FROM {registered.windows(card.name, 'day')} AS w\n"
        f"    CROSS JOIN {registered.by_spot(card.name, spots.where)} AS k\n"
        f"    ARRAY JOIN range(96) AS n WHERE {opened('k', '15 * n', 15)}) AS u"
    )
    day = f", toDateTime(toStartOfDay(r.ts, '{zone}'), 'UTC') AS day"
    on = f"m.camera_id = u.camera_id AND m.{KEYS[spots.where]} = u.spot_id AND m.day = u.day AND m.ts = u.ts"
    return (
        "(SELECT " + ",\n    ".join(columns) + f"\nFROM {universe}\n"
        f"LEFT JOIN {_rows(card, 'quarter', day)} AS m ON {on}\nWHERE u.valid > 0 OR {has})"
    )


def by_day(card: Card, zone: str) -> str:
    """Return one row a zone or gate and local day, of its place's opening hours.

    Columns as in `by_window`, and: expected_by_hour and watched_by_hour (24 local hours each, ms), enough_by_hour and
    seen_by_hour (24 flags: watched enough, watched at all), each estimated part's sum of hours over their coverage
    (`{part}_scaled`), and what is `usual` there, where the camera's own day lacks hours. Parts are of the hours that
    were watched enough.
    """
    spots, key = read(card), "place_id, camera_id, spot_id, ts"
    observed = {"observed_ms": "sum(q.observed) AS observed_ms"}
    folded = [observed.get(part, f"{kind}(q.{part}) AS {part}") for part, kind in spots.parts.items()]
    hours = (
        f"(SELECT q.place_id AS place_id, q.camera_id AS camera_id, q.spot_id AS spot_id, q.ts AS ts, q.hour AS hour,\n"
        "    sum(q.expected) AS expected, sum(q.observed) AS observed, least(observed, expected) AS watched,\n"
        f"    watched / expected >= {PUBLISHED_COVERAGE} AS enough, observed > 0 AS seen, sum(q.frames) AS frames,\n"
        "    max(q.rev) AS rev, max(q.simulated) AS simulated, max(q.unread) AS unread,\n    "
        + ",\n    ".join(folded)
        + f"\nFROM {_open_quarters(card, zone)} AS q\n"
        "GROUP BY q.place_id, q.camera_id, q.spot_id, q.ts, q.hour)"
    )
    scaled = "intDiv(h.{0} * h.expected + intDiv(h.observed, 2), greatest(h.observed, 1))"
    columns = [
        *(f"h.{name} AS {name}" for name in key.split(", ")),
        *(f"sum(h.{name}) AS {name}" for name in ("expected", "watched", "frames")),
        *(f"max(h.{name}) AS {name}" for name in ("rev", "simulated", "unread")),
        *(f"sumForEach(arrayMap(x -> if(x = h.hour, h.{name}, 0), range(24))) AS {name}_by_hour"
          for name in ("expected", "watched", "enough", "seen")),
        *(f"{kind}If(h.{part}, h.enough) AS {part}" for part, kind in spots.parts.items()),
        *(f"sumIf({scaled.format(part)}, h.seen) AS {part}_scaled" for part in spots.estimated),
    ]  # fmt: skip
    grouped = ", ".join(f"h.{name}" for name in key.split(", "))
    days = "(SELECT " + ",\n    ".join(columns) + f"\nFROM {hours} AS h\nGROUP BY {grouped})"
    known = (
        f"(SELECT camera_id, {KEYS[spots.where]} AS spot_id, ts, usual FROM {card.name}_day_log FINAL\n"
        "WHERE deleted = 0 AND notEmpty(usual))"
    )
    on = " AND ".join(f"u.{name} = d.{name}" for name in ("camera_id", "spot_id", "ts"))
    return f"(SELECT d.*, u.usual AS usual FROM {days} AS d\nLEFT JOIN {known} AS u ON {on})"
