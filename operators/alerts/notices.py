"""Which messages follow from alerts: a group is one message, edited as it changes and closed at its end.

Grouping, waiting and repeating as Alertmanager has them, but that a message is edited instead of sent again, that who
has answered is not asked again, and that what nobody answers goes to somebody else. A group is a function of its own
alerts and of the record alone, so groups are played one by one, each from its first alert to `until_us`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from operators.alerts.alert import FOREVER_US, Alert, matches, worst
from operators.alerts.hidden import Shown, Silence, shown
from schemas.local_time import DAY_US, OFFSET_US, minutes
from schemas.rules import SEVERITIES, Route, Rules
from schemas.rules.durations import duration_us

What = Literal["new", "changed", "again", "escalated", "over"]
MINUTE_US: Final = 60_000_000


class Answer(NamedTuple):
    """Somebody has answered a message: it is not repeated, and nobody else is told."""

    message: str
    at_us: int


class Record(NamedTuple):
    """What people have said so far."""

    answers: Sequence[Answer] = ()
    silences: Sequence[Silence] = ()


class Notice(NamedTuple):
    """A message that is sent, edited or closed."""

    at_us: int
    what: What
    receiver: str
    message: str
    """Hash of route, group and beginning: a message keeps it from its first notice to its last."""
    group: tuple[tuple[str, str], ...]
    """The labels that its alerts are alike in."""
    firing: tuple[Alert, ...]
    over: tuple[Alert, ...]
    """Those that it told of and that are over, or hidden."""
    why: str
    """Of what is over: what ended the last of them."""


def notices(alerts: Sequence[Alert], rules: Rules, record: Record, until_us: int) -> list[Notice]:
    """Return all messages up to a time, by time; the same alerts and record give the same ones."""
    told = shown(alerts, rules.inhibit, record.silences)
    answers: dict[str, list[int]] = defaultdict(list)
    for answer in record.answers:
        answers[answer.message].append(answer.at_us)
    out: list[Notice] = []
    for (at, group), members in _groups(alerts, rules.route).items():
        played = _Group(_Times.of(rules.route[at]), rules.route[at], at, group, answers)
        out += played.play([(alert, span) for alert in members for span in told[alert.key]], until_us)
    return sorted(out, key=lambda notice: (notice.at_us, -SEVERITIES.index(worst(notice.firing)), notice.message))


def _groups(
    alerts: Sequence[Alert], routes: Sequence[Route]
) -> dict[tuple[int, tuple[tuple[str, str], ...]], list[Alert]]:
    """Return alerts by their routes' numbers and what they are alike in."""
    found: dict[tuple[int, tuple[tuple[str, str], ...]], list[Alert]] = defaultdict(list)
    for alert in alerts:
        for at, route in enumerate(routes):
            if matches(route.match, alert):
                group = tuple((label, alert.labels.get(label, "")) for label in route.group_by)
                found[at, group].append(alert)
                if not route.goes_on:
                    break
    return found


class _Times(NamedTuple):
    """A route's times [us]."""

    wait: int
    interval: int
    repeat: int
    escalate: int
    quiet: tuple[tuple[int, int], ...]  # minutes of the local day
    loud: int

    @classmethod
    def of(cls, route: Route) -> _Times:
        quiet = tuple((minutes(span.split("-")[0]), minutes(span.split("-")[1])) for span in route.quiet)
        return cls(
            duration_us(route.group_wait),
            duration_us(route.group_interval),
            duration_us(route.repeat),
            duration_us(route.escalate_after),
            quiet,
            SEVERITIES.index(route.loud),
        )

    def heard_us(self, t_us: int, severity: str) -> int:
        """Return when something may be told that would be at a time: behind quiet hours, unless it is loud."""
        if SEVERITIES.index(severity) >= self.loud:
            return t_us
        for _ in self.quiet:  # spans may follow each other
            for begin, end in self.quiet:
                t_us = _behind(t_us, begin, end)
        return t_us


def _behind(t_us: int, begin: int, end: int) -> int:
    """Return a time, or the end of the span of the local day that it lies in; a span may cross midnight."""
    minute_us = (t_us + OFFSET_US) % DAY_US
    into_us = (minute_us - begin * MINUTE_US) % DAY_US
    length_us = (end - begin) % (24 * 60) * MINUTE_US
    return t_us - into_us + length_us if into_us < length_us else t_us


@dataclass
class _Message:
    """A message that was sent."""

    id: str
    sent_us: int
    changed_us: int
    told: dict[str, Alert]
    said: frozenset[str] = frozenset()
    """Alerts that it says are going on."""
    is_escalated: bool = False


@dataclass
class _Group:
    """One group, played through."""

    times: _Times
    route: Route
    number: int
    group: tuple[tuple[str, str], ...]
    answers: dict[str, list[int]]
    firing: dict[str, Alert] = field(default_factory=dict)
    message: _Message | None = None
    due_us: int = FOREVER_US
    """When what has changed is told."""
    why: str = ""
    out: list[Notice] = field(default_factory=list)

    def play(self, spans: Sequence[tuple[Alert, Shown]], until_us: int) -> list[Notice]:
        """Play times in which alerts are told."""
        turns = sorted(
            turn
            for alert, span in spans
            for turn in ((span.since_us, 1, alert.key, ""), (span.until_us, 0, alert.key, span.why))
        )
        by_key, at = {alert.key: alert for alert, _ in spans}, 0
        while True:
            next_us = turns[at][0] if at < len(turns) else FOREVER_US
            t_us = min(next_us, self.due_us, self._again_us(), self._escalates_us())
            if t_us > until_us or t_us == FOREVER_US:
                return self.out
            if t_us == next_us:
                _, is_on, key, why = turns[at]
                self._turn(t_us, by_key[key], why, is_on=bool(is_on))
                at += 1
            elif t_us == self.due_us:
                self._tell(t_us)
            elif t_us == self._escalates_us():
                self._escalate(t_us)
            else:
                self._send(t_us, "again")

    def _turn(self, t_us: int, alert: Alert, why: str, *, is_on: bool) -> None:
        """Take note of an alert that begins or ends to be told, and when that is said."""
        if is_on:
            self.firing[alert.key] = alert
        else:
            self.firing.pop(alert.key, None)
            self.why = why
        if self.message is not None:
            self.due_us = min(self.due_us, max(t_us, self.message.changed_us + self.times.interval))
        elif is_on and self.due_us == FOREVER_US:
            self.due_us = t_us + self.times.wait

    def _tell(self, t_us: int) -> None:
        """Say how it stands."""
        self.due_us = FOREVER_US
        if self.message is not None:
            self._change(t_us, self.message)
        elif self.firing:
            heard_us = self.times.heard_us(t_us, worst(self.firing.values()))
            if heard_us > t_us:
                self.due_us = heard_us
            else:
                self._send(t_us, "new")

    def _send(self, t_us: int, what: What) -> None:
        if what == "new" or self.message is None:
            self.message = _Message(self._id(t_us), t_us, t_us, dict(self.firing))
        self.message.sent_us = self.message.changed_us = t_us
        self.message.told |= self.firing
        self._say(t_us, what, self.route.to)

    def _change(self, t_us: int, message: _Message) -> None:
        if message.said == self.firing.keys():
            return
        is_over = not self.firing
        message.told |= self.firing
        message.changed_us = t_us
        for receiver in (self.route.to, *([self.route.escalate_to] if message.is_escalated else [])):
            self._say(t_us, "over" if is_over else "changed", receiver)
        if is_over:
            self.message = None

    def _escalate(self, t_us: int) -> None:
        assert self.message is not None
        self.message.is_escalated = True
        self._say(t_us, "escalated", self.route.escalate_to)

    def _again_us(self) -> int:
        """Return when the message is sent again; never, once somebody has answered it."""
        if self.message is None or not self.times.repeat or not self.firing or self._is_answered(self.message):
            return FOREVER_US
        return self.times.heard_us(self.message.sent_us + self.times.repeat, worst(self.firing.values()))

    def _escalates_us(self) -> int:
        if self.message is None or not self.times.escalate or not self.firing or self.message.is_escalated:
            return FOREVER_US
        at_us = self._first_us(self.message) + self.times.escalate
        is_answered = any(t_us < at_us for t_us in self.answers.get(self.message.id, ()))
        return FOREVER_US if is_answered else max(at_us, self.message.changed_us)

    def _first_us(self, message: _Message) -> int:
        return next(notice.at_us for notice in self.out if notice.message == message.id)

    def _is_answered(self, message: _Message) -> bool:
        """Say whether somebody answers before it would be sent again."""
        return any(t_us < message.sent_us + self.times.repeat for t_us in self.answers.get(message.id, ()))

    def _say(self, t_us: int, what: What, receiver: str) -> None:
        assert self.message is not None
        message = self.message
        over = tuple(alert for key, alert in message.told.items() if key not in self.firing)
        why = self.why if what == "over" else ""
        message.said = frozenset(self.firing)
        firing = tuple(sorted(self.firing.values(), key=_order))
        self.out.append(Notice(t_us, what, receiver, message.id, self.group, firing, over, why))

    def _id(self, t_us: int) -> str:
        text = f"{self.number}\n{self.route.to}\n{self.group}\n{t_us}".encode()
        return blake2b(text, digest_size=8).hexdigest()


def _order(alert: Alert) -> tuple[int, int, str]:
    """Return the order in which people read: the worst first, then the oldest."""
    return -SEVERITIES.index(alert.labels["severity"]), alert.since_us, alert.key
