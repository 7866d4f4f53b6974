"""From rows to a report: what was told in a shift, answered, cleared, and what goes on; a pure function.

Everything is as it stood when the shift ended, but silences: these as they stand when it is asked. A message is what
an office answers, an alert what it is about: one that two offices were told of counts once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from schemas.rules import SEVERITIES

COVERED: Final = 0.8
"""Share of its time below which a shift's figures are called incomplete: that of the dashboards."""


class Told(NamedTuple):
    """An alert that an office was told of in a message, as it stood when the shift ended; times [us].

    Attributes
    ----------
    first_us
        When the message was first sent, of whatever alert.
    told_us
        When it first told of this alert.
    last_us
        When it last said that the alert began or ended.
    """

    office: str
    message: str
    alert: str
    rule: str
    kind: str
    severity: str
    place: str
    camera: str
    simulated: bool
    first_us: int
    told_us: int
    last_us: int
    since_us: int
    ended_us: int | None
    is_open: bool
    why: str


class Watched(NamedTuple):
    """How well the city was watched: cameras, those that saw nothing, the share of the time that was watched.

    Attributes
    ----------
    until_us
        The end of the newest minute that is stored; 0 where none is.
    """

    cameras: int
    blind: int
    coverage: float
    until_us: int

    @property
    def is_little(self) -> bool:
        """Say whether so little was watched that what was told is not all that happened."""
        return self.coverage < COVERED


class Rows(NamedTuple):
    """What a warehouse says of a shift; answers, notes and silences by time, as `flows.alerts.record` has them."""

    told: Sequence[Told]
    answers: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]
    silences: Sequence[Mapping[str, Any]]
    watched: Watched
    ever: bool
    """Anything was ever told."""


class Called(NamedTuple):
    """What things are called: an office by its id, what an alert is about, where it is, what a silence matches."""

    office: Callable[[str], str]
    what: Callable[[Told], str]
    where: Callable[[Told], str]
    matched: Callable[[str], str]


class Answers(NamedTuple):
    """How messages of a shift were answered; the median is from when it was told to the first answer [min]."""

    messages: int
    alerts: int
    answered: int
    median_min: float | None
    unanswered: int
    unanswered_open: int
    dismissed: int


class Going(NamedTuple):
    """What goes on at a place."""

    severity: str
    what: str
    where: str
    since_us: int
    cameras: int
    taken_by: Sequence[str]
    """Who has accepted it; nobody where it is empty."""


class Noted(NamedTuple):
    """What somebody wrote, and about what."""

    at_us: int
    officer: str
    text: str
    about: str


class Lasting(NamedTuple):
    """A silence that lasts beyond the shift."""

    what: str
    until_us: int
    officer: str
    reason: str


class Shift(NamedTuple):
    """A report; times [us], names as people say them.

    Attributes
    ----------
    office
        '' where it is of all.
    by_office
        By office, where it is of several: the one that has most unanswered first.
    cleared, cleared_min
        Alerts that were seen to end in the shift, and the median of how long after they were told.
    ended_otherwise
        By why they are told no more: how many others.
    """

    office: str
    since_us: int
    until_us: int
    simulated: bool
    answers: Answers
    by_office: Sequence[tuple[str, Answers]]
    going_on: Sequence[Going]
    cleared: int
    cleared_min: float | None
    ended_otherwise: Sequence[tuple[str, int]]
    notes: Sequence[Noted]
    silences: Sequence[Lasting]
    watched: Watched
    ever: bool

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was told in it, and nothing ended."""
        return not (self.answers.alerts or self.cleared or self.ended_otherwise)


def of(rows: Rows, called: Called, office: str, since_us: int, until_us: int) -> Shift:
    """Return the report of an office ('' of all) from one time up to another, the latter not in it."""
    answers = _by_message(rows.answers, until_us)
    fresh = [row for row in rows.told if row.told_us >= since_us]
    open_ = [row for row in rows.told if row.is_open and not _is_dismissed(row, answers)]
    by_office = _grouped(fresh, lambda row: row.office)
    each = [(called.office(name), _answered(some, answers, since_us)) for name, some in by_office.items()]
    minutes, otherwise = _ended(rows.told, since_us)
    return Shift(
        called.office(office) if office else "",
        since_us,
        until_us,
        any(row.simulated for row in rows.told),
        _answered(fresh, answers, since_us),
        sorted(each, key=lambda one: (-one[1].unanswered, -one[1].messages, one[0])) if len(each) > 1 else (),
        _going_on(open_, answers, called),
        len(minutes),
        median(minutes) if minutes else None,
        sorted(otherwise.items(), key=lambda one: (-one[1], one[0])),
        _notes(rows, called, since_us, until_us),
        [
            Lasting(called.matched(row["matchers"]), row["until"], row["officer"], row["reason"])
            for row in sorted(rows.silences, key=lambda row: (row["until"], row["silence"]))
            if row["since"] < until_us < row["until"]
        ],
        rows.watched,
        rows.ever,
    )


def _by_message(answers: Iterable[Mapping[str, Any]], until_us: int) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in answers:
        if row["at"] < until_us:
            found[row["message"]].append(row)
    return found


def _is_dismissed(row: Told, answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Say whether somebody said that nothing is the matter: its message is closed at the next look."""
    given = answers.get(row.message, ())
    return any(each["answer"] == "dismissed" and row.alert in each["alerts"] for each in given)


def _answered(told: Sequence[Told], answers: Mapping[str, Sequence[Mapping[str, Any]]], since_us: int) -> Answers:
    """Return how the messages that began in the shift were answered, and how many alerts they and others told of."""
    messages = _grouped(told, lambda row: row.message)
    began = {name: some for name, some in messages.items() if min(row.first_us for row in some) >= since_us}
    unanswered = [some for name, some in began.items() if name not in answers]
    minutes = [
        max(0, answers[name][0]["at"] - min(row.told_us for row in some)) / 6e7
        for name, some in began.items()
        if name in answers
    ]
    return Answers(
        len(began),
        len({row.alert for row in told}),
        len(minutes),
        median(minutes) if minutes else None,
        len(unanswered),
        sum(any(row.is_open for row in some) for some in unanswered),
        sum(answers[name][-1]["answer"] == "dismissed" for name in began if name in answers),
    )


def _going_on(told: Sequence[Told], answers: Mapping[str, Sequence[Mapping[str, Any]]], called: Called) -> list[Going]:
    """Return what goes on, a line a rule and place; the worst first, then the oldest."""
    found = []
    for some in _grouped(told, lambda row: (called.what(row), called.where(row))).values():
        given = [each for row in some for each in answers.get(row.message, ())]
        found.append(
            Going(
                max((row.severity for row in some), key=_rank),
                called.what(some[0]),
                called.where(some[0]),
                min(row.since_us for row in some),
                len({row.camera for row in some if row.camera}),
                sorted({each["officer"] for each in given if each["answer"] == "accepted"}),
            )
        )
    return sorted(found, key=lambda one: (-_rank(one.severity), one.since_us, one.what, one.where))


def _ended(told: Sequence[Told], since_us: int) -> tuple[list[float], Counter[str]]:
    """Return how long alerts took that cleared in the shift [min], and why how many others are told no more."""
    minutes: list[float] = []
    otherwise: Counter[str] = Counter()
    for some in _grouped(told, lambda row: row.alert).values():
        last = max(some, key=lambda row: (row.last_us, row.message))
        if any(row.is_open for row in some) or last.last_us < since_us:
            continue
        if last.why == "cleared" and last.ended_us is not None:
            minutes.append(max(0, last.ended_us - min(row.told_us for row in some)) / 6e7)
        else:
            otherwise[last.why] += 1
    return minutes, otherwise


def _notes(rows: Rows, called: Called, since_us: int, until_us: int) -> list[Noted]:
    messages = _grouped(rows.told, lambda row: row.message)
    return [
        Noted(row["at"], row["officer"], row["text"], _about(messages[row["message"]], called))
        for row in sorted(rows.notes, key=lambda row: (row["at"], row["note"]))
        if since_us <= row["at"] < until_us and row["message"] in messages
    ]


def _about(told: Sequence[Told], called: Called) -> str:
    """Return what a message is about: what is worst in it, and how much else."""
    named = list(dict.fromkeys(f"{called.what(row)} · {called.where(row)}" for row in sorted(told, key=_worst)))
    return named[0] + (f" dan {len(named) - 1} lainnya" if len(named) > 1 else "")


def _worst(row: Told) -> tuple[int, int, str]:
    return -_rank(row.severity), row.since_us, row.alert


def _rank(severity: str) -> int:
    """Return how bad it is; a word that rules no longer have is least."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1  # type: ignore[arg-type]


def _grouped(told: Iterable[Told], key: Callable[[Told], Any]) -> dict[Any, list[Told]]:
    found: dict[Any, list[Told]] = defaultdict(list)
    for row in told:
        found[key(row)].append(row)
    return found
