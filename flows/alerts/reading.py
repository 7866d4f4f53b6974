"""What rules go by, read from a warehouse: incidents, windows of figures, the newest minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from connectors.warehouse import Warehouse
from flows.alerts import scope
from flows.alerts.names import Names
from schemas.local_time import MINUTE_US
from schemas.rules import Rule, subjects

_TIME: Final = "fromUnixTimestamp64Micro({{{}:Int64}})"
_LASTS: Final = f"(closed_at IS NULL OR updated_at >= {_TIME.format('since')})"
_BETWEEN: Final = f"active_at < {_TIME.format('until')} AND {_LASTS}"
_KEY: Final = "area, camera_id, incident_id"
WEEKS: Final = 8
"""That say what is usual, ours: of one kind of day they hold eight, of Saturdays too."""
LIKE: Final = 4
"""Like hours without which nothing is usual, ours."""


class Reader:
    """A warehouse, as rules ask it; times are microseconds since 1970, spans half-open."""

    def __init__(self, warehouse: Warehouse, names: Names) -> None:
        self.warehouse, self.names = warehouse, names

    def incidents(self, rules: Sequence[Rule], since_us: int, until_us: int) -> pl.DataFrame:
        """Return incidents that were confirmed before a time and not known to be over before another, by age.

        Of each, `rules` has the numbers of those that it is an alert of.
        """
        return self._incidents("(SELECT *, 0 AS rev, 0 AS deleted FROM incidents)", _BETWEEN, rules, since_us, until_us)

    def standing(self, rules: Sequence[Rule], since_us: int) -> pl.DataFrame:
        """Return incidents that are not known to be over before a time, as `incidents` does: the versions that count.

        Keys are looked for first: of old months few are left, and the rest of them is not read.
        """
        latest = (
            f"(SELECT * FROM incidents_log WHERE ({_KEY}) IN (SELECT {_KEY} FROM incidents_log WHERE {_LASTS})"
            f" ORDER BY rev DESC LIMIT 1 BY {_KEY})"
        )
        return self._incidents(latest, f"deleted = 0 AND {_LASTS}", rules, since_us, since_us)

    def changed(self, rules: Sequence[Rule], since_us: int) -> pl.DataFrame:
        """Return versions of incidents since a time; those that are superseded or taken back (`deleted`), too."""
        return self._incidents("incidents_log", f"updated_at >= {_TIME.format('since')}", rules, since_us, since_us)

    def _incidents(
        self, source: str, condition: str, rules: Sequence[Rule], since_us: int, until_us: int
    ) -> pl.DataFrame:
        columns = ("area", "camera_id", "zone_id", "site", "kind", "owner", "category")
        met, given = list[str](), dict[str, Any]()
        for number, rule in enumerate(rules):
            where, its = scope.where(rule, dict.fromkeys(columns), self.names, f"r{number}_")
            met.append(f"kind IN {{r{number}_kinds:Array(String)}} AND {where}")
            given |= its | {f"r{number}_kinds": list(rule.incident)}
        return self._table(
            f"SELECT {', '.join(columns)}, incident_id, peak, close_reason, simulated, rev, deleted,"
            " toUnixTimestamp64Micro(opened_at) AS opened_us, toUnixTimestamp64Micro(active_at) AS active_us,"
            " toUnixTimestamp64Micro(updated_at) AS updated_us, toUnixTimestamp64Micro(closed_at) AS closed_us,"
            f" arrayFilter((rule, is_met) -> is_met, range({len(met)}), [{', '.join(met)}]) AS rules"
            f" FROM {source} WHERE {condition} AND kind IN {{kinds:Array(String)}} ORDER BY active_us, incident_id",
            given | {"kinds": sorted({kind for rule in rules for kind in rule.incident})},
            since_us,
            until_us,
        )

    def windows(self, rule: Rule, since_us: int, until_us: int) -> pl.DataFrame:
        """Return windows of a rule's figure, by subject and time: the subject's columns, `start_us`, `value`, `holds`.

        `holds` is what the rule says of the value, NULL where nobody knows.
        """
        view, _, figure = rule.figure.partition(".")
        columns = subjects.columns(view)
        where, given = scope.where(rule, columns, self.names)
        shown = [name for name in ("area", "owner", "category", "simulated") if name in columns]
        subject = subjects.subject(view)
        chosen = list(dict.fromkeys((*subject, *shown)))
        holds, joined = _holds(rule, view, figure, subject)
        given |= {"level": rule.at_least, "levels": list(subjects.levels_from(rule.at_least)) if rule.at_least else []}
        value = "m.value" if not rule.at_least else "toFloat64(indexOf(['A','B','C','D','E','F'], ifNull(m.value, '')))"
        return self._table(
            f"SELECT {', '.join(f'm.{name} AS {name}' for name in chosen)}, toInt64(toUnixTimestamp(m.ts)) * 1000000"
            f" AS start_us, toFloat64OrNull(toString({value})) AS value, {holds} AS holds"
            f" FROM (SELECT *, {figure} AS value FROM {view} WHERE {where} AND ts >= {_TIME.format('since')}"
            f" AND ts < {_TIME.format('until')}) AS m {joined}"
            f" ORDER BY {', '.join(f'm.{name}' for name in subject)}, m.ts",
            given,
            since_us,
            until_us,
        )

    def blind(self, rule: Rule, since_us: int, until_us: int) -> pl.DataFrame:
        """Return minutes of areas, as `windows` does: how many of their cameras see nothing."""
        assert rule.blind is not None
        areas = "area IN {area:Array(String)} AND" if rule.area else ""
        return self._table(
            "SELECT area, simulated, toInt64(toUnixTimestamp(ts)) * 1000000 AS start_us, toFloat64(cameras_blind) AS"
            " value, toUInt8(cameras_blind >= {least:UInt32} AND cameras_blind >= {share:Float64} * cameras_total) AS"
            f" holds FROM health_area_minute WHERE {areas} area_level = {{level:String}}"
            f" AND ts >= {_TIME.format('since')} AND ts < {_TIME.format('until')} ORDER BY area, ts",
            {"area": list(rule.area), "least": rule.blind.least, "share": rule.blind.share, "level": rule.blind.by},
            since_us,
            until_us,
        )

    def newest_us(self) -> int:
        """Return the end of the newest minute of which anything is stored; 0 where nothing is."""
        return newest_us(self.warehouse)

    def oldest_us(self) -> int:
        """Return the beginning of the oldest minute of which anything is stored; 0 where nothing is."""
        found = self.warehouse.query(
            "SELECT toInt64(toUnixTimestamp(min(ts))) AS s, count() AS n FROM health_minute"
        ).rows
        seconds, count = found[0]
        return int(seconds) * 1_000_000 if count else 0

    def minutes(self, since_us: int, until_us: int) -> list[int]:
        """Return the minutes of which anything is stored, ascending [us]."""
        found = self._table(
            "SELECT DISTINCT toInt64(toUnixTimestamp(ts)) * 1000000 AS start_us FROM health_minute"
            f" WHERE ts >= {_TIME.format('since')} AND ts < {_TIME.format('until')} ORDER BY start_us",
            {},
            since_us,
            until_us,
        )
        minutes: list[int] = found["start_us"].to_list()
        return minutes

    def _table(self, sql: str, given: dict[str, Any], since_us: int, until_us: int) -> pl.DataFrame:
        answer = self.warehouse.query(sql, given | {"since": since_us, "until": until_us})
        return pl.DataFrame(pl.from_arrow(answer.table))


def newest_us(warehouse: Warehouse) -> int:
    """Return the end of the newest minute of which anything is stored; 0 where nothing is."""
    found = warehouse.query("SELECT toInt64(toUnixTimestamp(max(ts))) AS s, count() AS n FROM health_now").rows
    seconds, count = found[0]
    return int(seconds) * 1_000_000 + MINUTE_US if count else 0


def _holds(rule: Rule, view: str, figure: str, subject: tuple[str, ...]) -> tuple[str, str]:
    """Return SQL of what a rule says of `m.value`, and what is joined for it."""
    if rule.at_least:
        return "if(m.value IS NULL, NULL, has({levels:Array(String)}, m.value))", ""
    if rule.above is not None:
        return f"m.value > {rule.above!r}", ""
    if rule.below is not None:
        return f"m.value < {rule.below!r}", ""
    sign = "" if rule.unusual == "above" else "-"
    edge = "0.9" if rule.unusual == "above" else "0.1"
    beyond = f"{sign}(m.value - u.median) > 2 * {sign}(u.edge - u.median) AND {sign}(m.value - u.edge) > 0"
    on = " AND ".join(f"u.{name} = m.{name}" for name in (*subject, "ts"))
    keys = ", ".join(f"n.{name} AS {name}" for name in (*subject, "ts"))
    like = " AND ".join(f"o.{name} = n.{name}" for name in subject)
    named = ", ".join((*subject, "ts"))
    span = f"ts >= {_TIME.format('since')} AND ts < {_TIME.format('until')}"
    joined = (
        f"LEFT JOIN (SELECT {keys}, quantileExact(0.5)(o.value) AS median, quantileExact({edge})(o.value) AS edge,"
        f" count() AS hours FROM (SELECT {named}, day_type FROM {view} WHERE {span}) AS n"
        f" INNER JOIN (SELECT {named}, day_type, toFloat64(assumeNotNull({figure})) AS value FROM {view}"
        f" WHERE {figure} IS NOT NULL AND ts >= {_TIME.format('since')} - INTERVAL {WEEKS} WEEK"
        f" AND ts < {_TIME.format('until')}) AS o ON {like} AND o.day_type = n.day_type"
        " WHERE o.ts < n.ts AND o.ts >= n.ts - INTERVAL 8 WEEK AND toHour(o.ts) = toHour(n.ts)"
        f" GROUP BY {named} HAVING hours >= {LIKE}) AS u ON {on}"
    )
    return f"if(m.value IS NULL OR u.hours = 0, NULL, {beyond})", joined
