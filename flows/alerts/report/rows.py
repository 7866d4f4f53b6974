"""The rows of a shift, from a warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import polars as pl

from connectors.warehouse import Warehouse
from flows.alerts import record
from flows.alerts.names import Names
from flows.alerts.reading import newest_us
from flows.alerts.report.figures import Called, Rows, Shift, Told, Watched, of
from schemas.errors import UsageError
from schemas.incidents import KIND_LABELS
from schemas.local_time import MINUTE_US
from schemas.registry.mistakes import did_you_mean
from schemas.rules import Match, Rules
from schemas.rules.entries import SEVERITY_LABELS

SHIFT_US: Final = 8 * 3_600_000_000
"""How long a shift is where nobody says, ours."""
_TOLD: Final = """
SELECT * FROM (
    SELECT *, min(told_us) OVER (PARTITION BY office, message) AS first_us FROM (
        SELECT office, message, alert, any(rule) AS rule, any(kind) AS kind, any(severity) AS severity,
            any(place) AS place, any(camera_id) AS camera, any(simulated) AS simulated,
            toUnixTimestamp64Micro(min(at)) AS told_us, toUnixTimestamp64Micro(max(at)) AS last_us,
            toUnixTimestamp64Micro(any(since)) AS since_us,
            toUnixTimestamp64Micro(tupleElement(argMax(tuple(ended_at), tuple(at, step)), 1)) AS ended_us,
            argMax(step, tuple(at, step)) = 0 AS is_open, argMax(why, tuple(at, step)) AS why
        FROM alerts_log FINAL
        WHERE at < fromUnixTimestamp64Micro({until:Int64}) AND {office:String} IN ('', office)
        GROUP BY office, message, alert
    )
)
WHERE is_open OR last_us >= {since:Int64} OR message IN {noted:Array(String)}
ORDER BY told_us, office, message, alert
"""
_WATCHED: Final = """
SELECT count(), countIf(ms = 0), sum(ms) FROM (
    SELECT camera_id, sum(observed_ms) AS ms FROM (
        SELECT camera_id, 0 AS observed_ms FROM cameras_now
        UNION ALL
        SELECT camera_id, observed_ms FROM health_minute
        WHERE ts >= fromUnixTimestamp64Micro({since:Int64}) AND ts < fromUnixTimestamp64Micro({until:Int64})
    ) GROUP BY camera_id
)
"""
_FIELDS: Final = {"figure": "angka", "blind": "kamera tidak melihat", "silent": "tidak ada data"}
"""What alerts that are of no incident are called where their rule is gone."""


def read(
    warehouse: Warehouse,
    rules: Rules,
    names: Names,
    since_us: int,
    until_us: int,
    office: str = "",
    pending: Iterable[record.Row] = (),
) -> Shift:
    """Return the report of an office, or of all of them, from what is stored.

    Parameters
    ----------
    rules, names
        Say what offices, rules and places are called.
    since_us, until_us
        When the shift begins and ends; what comes at its end is the next one's.
    office
        A receiver's id; '' is all of them.
    pending
        Rows of answers, notes and silences that wait to be stored.

    Raises
    ------
    UsageError
        There is no such office, in the rules or in the record; or the shift ends before it begins.
    WarehouseError
        The warehouse does not answer.
    """
    if until_us <= since_us:
        raise UsageError("report: expected a shift that begins before it ends: see --from and --to")
    ever = _ever(warehouse, rules, office)
    waiting = list(pending)
    noted = {row["message"] for row in record.read(warehouse, since_us, waiting).notes if row["at"] < until_us}
    given = {"since": since_us, "until": until_us, "office": office, "noted": sorted(noted)}
    answer = pl.DataFrame(pl.from_arrow(warehouse.query(_TOLD, given).table)).select(Told._fields)
    told = [Told(*row) for row in answer.with_columns(pl.col("is_open", "simulated").cast(pl.Boolean)).iter_rows()]
    said = record.read(warehouse, min((row.first_us for row in told), default=since_us), waiting)
    found = Rows(told, said.answers, said.notes, said.silences, _watched(warehouse, since_us, until_us), ever)
    return of(found, _called(rules, names), office, since_us, until_us)


def _ever(warehouse: Warehouse, rules: Rules, office: str) -> bool:
    """Say whether anything was ever told an office."""
    offices = [name for (name,) in warehouse.query("SELECT DISTINCT office FROM alerts_log ORDER BY office").rows]
    known = [*(receiver.id for receiver in rules.receiver), *offices]
    if office and office not in known:
        choice = did_you_mean(office, known, f"offices are {', '.join(dict.fromkeys(known))}")
        raise UsageError(f"--office {office}: no office that the rules or the record know: {choice}")
    return office in offices if office else bool(offices)


def _watched(warehouse: Warehouse, since_us: int, until_us: int) -> Watched:
    given = {"since": since_us // MINUTE_US * MINUTE_US, "until": until_us}
    ((cameras, blind, observed_ms),) = warehouse.query(_WATCHED, given).rows
    share = 1000 * observed_ms / (cameras * (until_us - given["since"])) if cameras else 0.0
    return Watched(cameras, blind, min(1.0, share), newest_us(warehouse))


def _called(rules: Rules, names: Names) -> Called:
    offices = {receiver.id: receiver.name for receiver in rules.receiver}
    titles = {rule.id: rule.title for rule in rules.rule}

    def what(row: Told) -> str:
        return titles.get(row.rule) or _kind(row.kind)

    def where(row: Told) -> str:
        is_area = row.place in names.area
        return names.called("area" if is_area else "place", row.place) or "kota"

    def matched(text: str) -> str:
        return _matched(record.matched(text), titles, names)

    return Called(lambda office: offices.get(office) or office, what, where, matched)


def _kind(kind: str) -> str:
    return KIND_LABELS[kind].id if kind in KIND_LABELS else _FIELDS.get(kind, kind)


def _matched(match: Match, titles: Mapping[str, str], names: Names) -> str:
    """Return what a silence matches, in words; a rule says its kind."""
    words: Mapping[str, tuple[str, ...]] = msgspec.structs.asdict(match)
    parts = [
        " atau ".join(_word(label, word, titles, names) for word in some)
        for label, some in words.items()
        if some and not (label == "kind" and match.rule)
    ]
    return " · ".join(parts) or "semua"


def _word(label: str, word: str, titles: Mapping[str, str], names: Names) -> str:
    if label == "rule":
        return titles.get(word, word)
    if label == "severity":
        return SEVERITY_LABELS[word].id.lower()
    return _kind(word) if label == "kind" else names.called(label, word)
