"""The record: what offices were told, and what people said; as rows, and as a desk heeds it.

A row is a table's name and its values; the same row twice changes nothing. Whoever cannot reach the warehouse keeps
rows in the outbox, and reads them beside what is stored.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
import polars as pl

from connectors.warehouse import Warehouse
from operators.alerts.alert import Alert
from operators.alerts.desk import Answer, Record
from operators.alerts.groups import Labels, Notice
from operators.alerts.hidden import Dismissal, Silence
from schemas.rules import Match

ALERTS: Final = "alerts_log"
ANSWERS: Final = "acknowledgements_log"
NOTES: Final = "notes_log"
SILENCES: Final = "silences_log"
_NAMES: Final = {ANSWERS: "acknowledgement", NOTES: "note", SILENCES: "silence"}
"""What tells rows apart."""
TIMES: Final = ("at", "since", "until", "ended_at")
TYPES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "step": pl.UInt8, "value": pl.Float64, "alerts": pl.List(pl.String), "version": pl.UInt64,
    **dict.fromkeys(TIMES, pl.Datetime("us", "UTC")),
}  # fmt: skip
"""Columns that are no texts; `simulated` says so itself."""
Word = Literal["accepted", "dismissed"]


class Who(NamedTuple):
    """Who says something, in which office's chat ('' on the command line), by which way."""

    officer: str
    office: str = ""
    via: Literal["telegram", "command"] = "command"


class Row(NamedTuple):
    """A row of the record; times are microseconds since 1970."""

    table: str
    values: dict[str, Any]


class Recent(NamedTuple):
    """Of which messages all is read that was said: if anything was since a time, and of those that are named."""

    since_us: int
    old: Sequence[str] = ()


class Said(NamedTuple):
    """What people have said, as rows by time: answers, notes, silences as they stand."""

    answers: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[Mapping[str, Any]] = ()
    silences: Sequence[Mapping[str, Any]] = ()

    @property
    def record(self) -> Record:
        """Return it as a desk heeds it."""
        return Record(
            [Answer(row["message"], row["at"]) for row in self.answers],
            [Silence(matched(row["matchers"]), row["since"], row["until"]) for row in self.silences],
            [Dismissal(frozenset(row["alerts"]), row["at"]) for row in self.answers if row["answer"] == "dismissed"],
        )


def of_notice(notice: Notice) -> Iterator[Row]:
    """Yield what a notice tells, and tells no more."""
    matchers = _written(of_message(notice.group, (*notice.firing, *notice.over)))
    for step, some in enumerate((notice.began, notice.ceased)):
        for alert in some:
            yield Row(ALERTS, _told(notice, alert, step) | {"matchers": matchers})


def _told(notice: Notice, alert: Alert, step: int) -> dict[str, Any]:
    labels = alert.labels
    return {
        "office": notice.receiver,
        "message": notice.message,
        "alert": alert.key,
        "at": notice.at_us,
        "step": step,
        **{name: labels[name] for name in ("rule", "kind", "severity", "area", "owner", "category", "place", "site")},
        "camera_id": labels["camera"],
        "zone_id": labels["zone"],
        "incident_id": alert.incident,
        "since": alert.since_us,
        "ended_at": alert.ended_us if alert.ended(notice.at_us) else None,
        "value": alert.value,
        "why": (alert.why if alert.ended(notice.at_us) else "") or notice.why if step else "",
        "simulated": alert.simulated,
    }


def answer(message: str, word: Word, who: Who, at_us: int, alerts: Sequence[str], name: str = "") -> Row:
    """Return an answer to a message that tells of these alerts."""
    told = {"message": message, "acknowledgement": name or _name(), "at": at_us, "answer": word, "alerts": list(alerts)}
    return Row(ANSWERS, told | who._asdict())


def note(message: str, text: str, who: Who, at_us: int, name: str = "") -> Row:
    """Return a note about a message."""
    return Row(NOTES, {"message": message, "note": name or _name(), "at": at_us, "text": text} | who._asdict())


def silence(match: Match, reason: str, who: Who, at_us: int, until_us: int, message: str = "", name: str = "") -> Row:
    """Return a silence from now on."""
    told = {
        "silence": name or _name(),
        "since": at_us,
        "until": until_us,
        "matchers": _written(match),
        "reason": reason,
        "message": message,
        "at": at_us,
        "version": at_us,
    }
    return Row(SILENCES, told | who._asdict())


def ended(row: Mapping[str, Any], who: Who, at_us: int) -> Row:
    """Return a silence that somebody ends now."""
    until_us = max(row["since"], min(row["until"], at_us))
    return Row(SILENCES, {**row, **who._asdict(), "until": until_us, "at": at_us, "version": at_us})


def matched(matchers: str) -> Match:
    """Return what a silence matches."""
    return msgspec.json.decode(matchers, type=Match)


def of_message(group: Labels, alerts: Iterable[Alert]) -> Match:
    """Return what a silence of a message matches: alerts of its rules that are alike in what its own are."""
    words: dict[str, tuple[str, ...]] = {"rule": tuple(sorted({alert.labels["rule"] for alert in alerts}))}
    for label, word in group:
        of_area = label in ("kecamatan", "kelurahan")
        if word or not of_area:
            words["area" if of_area else label] = (word,)
    return Match(**words)


def _written(match: Match) -> str:
    return msgspec.json.encode({name: words for name, words in msgspec.structs.asdict(match).items() if words}).decode()


def store(warehouse: Warehouse, rows: Iterable[Row]) -> None:
    """Store rows, a block a table."""
    by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row.values)
    for table, some in by_table.items():
        kinds = {name: TYPES[name] for name in some[0] if name in TYPES}
        warehouse.insert(table, pl.DataFrame(some, schema_overrides=kinds, infer_schema_length=None))


def read(warehouse: Warehouse, since_us: int, pending: Iterable[Row] = ()) -> Said:
    """Return what was said since a time, and silences that last at it or later; rows that wait to be stored, too."""
    times = {ANSWERS: "at", NOTES: "at", SILENCES: "until"}
    stored = {name: _rows(warehouse, name, _since(name, time), since=since_us) for name, time in times.items()}
    return joined(stored, pending)


def read_recent(warehouse: Warehouse, since_us: int, recent: Recent, pending: Iterable[Row] = ()) -> Said:
    """Return what a desk heeds of a time on, and all of messages of which something was said lately, or that are old.

    What was said of others is not read: an alert that lasts for months makes no look dear.
    """
    told = {"since": since_us, "recent": recent.since_us, "old": list(recent.old)}
    stored = {
        ANSWERS: _rows(warehouse, ANSWERS, f"(answer = 'dismissed' AND {_since(ANSWERS, 'at')}) OR {_HEARD}", **told),
        NOTES: _rows(warehouse, NOTES, _HEARD, **told),
        SILENCES: _rows(warehouse, SILENCES, _since(SILENCES, "until"), **told),
    }
    return joined(stored, pending)


def read_of(warehouse: Warehouse, message: str, pending: Iterable[Row] = ()) -> Said:
    """Return what was said of a message; rows that wait to be stored, too."""
    stored = {name: _rows(warehouse, name, "message = {message:String}", message=message) for name in _NAMES}
    return joined(stored, pending)


def joined(stored: Mapping[str, Iterable[Mapping[str, Any]]], pending: Iterable[Row]) -> Said:
    """Return rows that are stored, by table, with those that wait to be."""
    held = {table: {row[name]: row for row in stored.get(table, ())} for table, name in _NAMES.items()}
    for each in pending:
        if each.table in held:
            held[each.table][each.values[_NAMES[each.table]]] = each.values
    answers, notes, silences = (sorted(held[table].values(), key=lambda row: row["at"]) for table in held)
    return Said(answers, notes, silences)


def _since(table: str, time: str, name: str = "since") -> str:
    return f"{table}.{time} >= fromUnixTimestamp64Micro({{{name}:Int64}})"


_LATELY: Final = " UNION DISTINCT ".join(
    f"SELECT message FROM {table} WHERE {_since(table, 'at', 'recent')}" for table in (ANSWERS, NOTES, SILENCES)
)
_HEARD: Final = f"(message IN ({_LATELY}) OR message IN {{old:Array(String)}})"


def _rows(warehouse: Warehouse, table: str, condition: str, **given: object) -> list[dict[str, Any]]:
    times = ", ".join(f"toUnixTimestamp64Micro({name}) AS {name}" for name in ("at", *_spans(table)))
    answer = warehouse.query(f"SELECT * REPLACE ({times}) FROM {table} FINAL WHERE {condition}", given)
    return pl.DataFrame(pl.from_arrow(answer.table)).to_dicts()


def _spans(table: str) -> tuple[str, ...]:
    return ("since", "until") if table == SILENCES else ()


def _name() -> str:
    return secrets.token_hex(8)
