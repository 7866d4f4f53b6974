"""What officers say of messages on the command line: found by their numbers in the record, written into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.warehouse import Warehouse
from flows.alerts import record
from flows.alerts.record import Who, Word
from schemas.errors import UsageError
from schemas.registry.mistakes import did_you_mean
from schemas.rules import SEVERITIES, Match
from schemas.rules.entries import LABELS


class Told(NamedTuple):
    """A message of the record: its number, the alerts that it tells of, and what a silence of it matches."""

    message: str
    alerts: list[str]
    matchers: str


def find(warehouse: Warehouse, number: str) -> Told:
    """Return the message whose number begins so.

    Raises
    ------
    UsageError
        None does, or several do.
    """
    rows = warehouse.query(
        "SELECT message, groupUniqArrayIf(alert, is_open = 1) AS alerts, any(matchers) AS matchers FROM"
        " (SELECT a.message AS message, a.alert AS alert, a.is_open AS is_open, l.matchers AS matchers FROM alerts AS a"
        " INNER JOIN (SELECT message, argMax(matchers, at) AS matchers FROM alerts_log FINAL GROUP BY message) AS l"
        " ON l.message = a.message WHERE startsWith(a.message, {number:String})) GROUP BY message LIMIT 2",
        {"number": number},
    ).rows
    todo = "tilik alerts list has them"
    if not rows or not number:
        raise UsageError(f"expected the number of a message, came {number!r}: {todo}")
    if len(rows) > 1:
        raise UsageError(f"expected the number of one message, came {number!r}, with which several begin: {todo}")
    message, alerts, matchers = rows[0]
    return Told(message, sorted(alerts), matchers)


def answer(warehouse: Warehouse, number: str, word: Word, who: Who) -> str:
    """Answer a message; return its number."""
    told = find(warehouse, number)
    record.store(warehouse, [record.answer(told.message, word, who, warehouse.now_us(), told.alerts)])
    return told.message


def note(warehouse: Warehouse, number: str, text: str, who: Who) -> str:
    """Write a note about a message; return its number."""
    told = find(warehouse, number)
    record.store(warehouse, [record.note(told.message, text, who, warehouse.now_us())])
    return told.message


def silence(warehouse: Warehouse, match: Match, reason: str, who: Who, lasts_us: int) -> str:
    """Silence what matches from now on; return the silence's number."""
    now_us = warehouse.now_us()
    row = record.silence(match, reason, who, now_us, now_us + lasts_us)
    record.store(warehouse, [row])
    return str(row.values["silence"])


def silence_message(warehouse: Warehouse, number: str, reason: str, who: Who, lasts_us: int) -> str:
    """Silence what a message tells of; return the silence's number."""
    told, now_us = find(warehouse, number), warehouse.now_us()
    row = record.silence(record.matched(told.matchers), reason, who, now_us, now_us + lasts_us, told.message)
    record.store(warehouse, [row])
    return str(row.values["silence"])


def end(warehouse: Warehouse, number: str, who: Who) -> str:
    """End a silence now; return its number.

    Raises
    ------
    UsageError
        None that lasts begins so, or several do.
    """
    now_us = warehouse.now_us()
    lasting = [row for row in _lasting(warehouse, now_us) if row["silence"].startswith(number)]
    if len(lasting) != 1 or not number:
        came = "with which several begin" if len(lasting) > 1 and number else "which none that lasts has"
        raise UsageError(f"expected the number of a silence, came {number!r}, {came}: tilik alerts list --silences")
    record.store(warehouse, [record.ended(lasting[0], who, now_us)])
    return str(lasting[0]["silence"])


def match_of(texts: list[str]) -> Match:
    """Return what texts such as ``kind=flood`` match together; words of one label are either of them.

    Raises
    ------
    UsageError
        One is not of this form, or there is no such label.
    """
    words: dict[str, tuple[str, ...]] = {}
    known = [label for label in LABELS if label in Match.__struct_fields__]
    for text in texts:
        label, is_there, word = text.partition("=")
        if not is_there or label not in known:
            raise UsageError(
                f"--match {text}: expected LABEL=WORD, {did_you_mean(label, known, 'labels are ' + ', '.join(known))}"
            )
        if label == "severity" and word not in SEVERITIES:
            raise UsageError(f"--match {text}: expected one of {', '.join(SEVERITIES)}")
        words[label] = (*words.get(label, ()), word)
    return Match(**words)


def silences(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return silences that last, those that end first before others."""
    names = ("silence", "since", "until", "matchers", "reason", "officer", "office")
    lasting = sorted(_lasting(warehouse, warehouse.now_us()), key=lambda row: row["until"])
    return [{f"{name}_us" if name in record.TIMES else name: row[name] for name in names} for row in lasting]


def _lasting(warehouse: Warehouse, now_us: int) -> list[Mapping[str, Any]]:
    return [row for row in record.read(warehouse, now_us).silences if row["until"] > now_us]


def listed(warehouse: Warehouse, office: str, *, closed: bool, since_us: int) -> list[dict[str, Any]]:
    """Return messages by office, the newest first: what is open, or what was told since a time."""
    which = "told_us >= {since:Int64}" if closed else "going_on > 0"
    found = warehouse.query(
        "SELECT message, office, told_us, worst, rules, kinds, places, alerts, going_on, answer, answered_by FROM"
        " (SELECT message, office, toUnixTimestamp64Micro(min(ts)) AS told_us,"
        " argMax(severity, indexOf(['low', 'medium', 'high', 'critical'], severity)) AS worst,"
        " arraySort(groupUniqArray(rule)) AS rules, arraySort(groupUniqArray(kind)) AS kinds,"
        " arraySort(groupUniqArray(place)) AS places, count() AS alerts, sum(is_open) AS going_on,"
        " any(answer) AS answer, any(answered_by) AS answered_by FROM alerts"
        " WHERE {office:String} IN ('', office) GROUP BY message, office)"
        f" WHERE {which} ORDER BY told_us DESC, message, office",
        {"office": office, "since": since_us},
    )
    names = ("message", "office", "told_us", "severity", "rules", "kinds", "places", "alerts", "going_on")
    return [dict(zip((*names, "answer", "answered_by"), row, strict=True)) for row in found.rows]
