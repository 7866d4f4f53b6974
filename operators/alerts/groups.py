"""A group of alerts is one message: when it is sent, edited, sent again, escalated and closed.

Grouping, waiting and repeating as Alertmanager has them, but that a message is edited instead of sent again, that who
has answered is not asked again, and that what nobody answers goes to somebody else. What is remembered of a group is
its `Group`: played on from there it says what it would have said in one go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from operators.alerts.alert import FOREVER_US, Alert, worst
from schemas.local_time import DAY_MINUTES, DAY_US, MINUTE_US, OFFSET_US, minutes
from schemas.rules import SEVERITIES, Route
from schemas.rules.durations import duration_us

What = Literal["new", "changed", "again", "escalated", "over"]
Labels: TypeAlias = tuple[tuple[str, str], ...]


class Notice(NamedTuple):
    """A message that is sent, edited or closed."""

    at_us: int
    what: What
    receiver: str
    message: str
    """Hash of route, group and beginning: a message keeps it from its first notice to its last."""
    group: Labels
    """The labels that its alerts are alike in."""
    firing: tuple[Alert, ...]
    over: tuple[Alert, ...]
    """Those that it told of and that are over, or hidden."""
    why: str
    """Of what is over: what ended the last of them."""
    began: tuple[Alert, ...] = ()
    """Those that the receiver is told of here, and was not told of by what came last."""
    ceased: tuple[Alert, ...] = ()
    """Those that it was told of by what came last, and that are told no more."""


class Times(NamedTuple):
    """A route's times [us]."""

    wait: int
    interval: int
    repeat: int
    escalate: int
    quiet: tuple[tuple[int, int], ...]  # minutes of the local day
    loud: int

    @classmethod
    def of(cls, route: Route) -> Times:
        """Return those of a route."""
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
    length_us = (end - begin) % DAY_MINUTES * MINUTE_US
    return t_us - into_us + length_us if into_us < length_us else t_us


@dataclass
class Message:
    """A message that was sent."""

    id: str
    first_us: int
    sent_us: int
    changed_us: int
    told: dict[str, Alert] = field(default_factory=dict)
    """Alerts that it has told of, by key."""
    said: frozenset[str] = frozenset()
    """Those that it says are going on."""
    is_escalated: bool = False
    whom: tuple[str, ...] = ()
    """Receivers that it was told to."""


class Turn(NamedTuple):
    """An alert begins, or ends, to be told."""

    t_us: int
    is_on: bool
    key: str
    why: str = ""


@dataclass
class Group:
    """Alerts that are alike, and the message that they are; all that is remembered of them.

    Attributes
    ----------
    route
        What its route is known by (`names_of`).
    labels
        What its alerts are alike in.
    turns
        What is to come, a heap.
    due_us
        When what has changed is told.
    now_us
        When something happened last: what becomes loud in quiet hours is told then, and not before.
    why
        What ended the last alert that has.
    """

    route: str
    labels: Labels
    alerts: dict[str, Alert] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    firing: dict[str, Alert] = field(default_factory=dict)
    message: Message | None = None
    due_us: int = FOREVER_US
    now_us: int = 0
    why: str = ""

    def take(self, alert: Alert, turns: Iterable[Turn]) -> None:
        """Take note of an alert, and of when it begins and ends to be told."""
        self.alerts[alert.key] = alert
        for turn in turns:
            heappush(self.turns, turn)

    def know(self, alerts: Mapping[str, Alert]) -> None:
        """Take what is known by now of its alerts: how bad they were, and when they ended."""
        told = {} if self.message is None else self.message.told
        for held in (self.alerts, self.firing, told):
            for key in held:
                held[key] = alerts.get(key, held[key])

    def back(self, t_us: int) -> None:
        """Take nothing to be due later, or to have happened later, than a clock says that was put back."""
        self.now_us = min(self.now_us, t_us)
        self.due_us = self.due_us if self.due_us == FOREVER_US else min(self.due_us, t_us)
        if self.message is not None:
            of = self.message
            of.first_us, of.sent_us, of.changed_us = (min(at, t_us) for at in (of.first_us, of.sent_us, of.changed_us))

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to be told."""
        return self.message is None and not self.firing and not self.turns and self.due_us == FOREVER_US


class Playing:
    """Plays one group on, by its route."""

    def __init__(self, group: Group, route: Route, times: Times, answers: Mapping[str, Sequence[int]]) -> None:
        self.group, self.route, self.times, self.answers = group, route, times, answers
        self.out: list[Notice] = []

    def until(self, until_us: int) -> list[Notice]:
        """Return what is told up to a time, this moment included."""
        group = self.group
        while True:
            next_us = group.turns[0].t_us if group.turns else FOREVER_US
            first_us = min(next_us, group.due_us, self._again_us(), self._escalates_us())
            t_us = max(first_us, group.now_us)
            if t_us > until_us or t_us == FOREVER_US:
                return self.out
            group.now_us = t_us
            if first_us == next_us:
                self._turn(heappop(group.turns))
            elif first_us == group.due_us:
                self._tell(t_us)
            elif first_us == self._escalates_us():
                self._escalate(t_us)
            else:
                self._send(t_us, "again")

    def _turn(self, turn: Turn) -> None:
        """Take note of an alert that begins or ends to be told, and when that is said."""
        group = self.group
        if turn.is_on:
            group.firing[turn.key] = group.alerts[turn.key]
        else:
            group.firing.pop(turn.key, None)
            group.why = turn.why
        if group.message is not None:
            group.due_us = min(group.due_us, max(turn.t_us, group.message.changed_us + self.times.interval))
        elif turn.is_on and group.due_us == FOREVER_US:
            group.due_us = turn.t_us + self.times.wait

    def _tell(self, t_us: int) -> None:
        """Say how it stands."""
        group = self.group
        group.due_us = FOREVER_US
        if group.message is not None:
            self._change(t_us, group.message)
        elif group.firing:
            heard_us = self.times.heard_us(t_us, worst(group.firing.values()))
            if heard_us > t_us:
                group.due_us = heard_us
            else:
                self._send(t_us, "new")

    def _send(self, t_us: int, what: What) -> None:
        group = self.group
        if group.message is None:
            group.message = Message(self._id(t_us), t_us, t_us, t_us)
        group.message.sent_us = group.message.changed_us = t_us
        self._say(group.message, t_us, what, [self.route.to])

    def _change(self, t_us: int, message: Message) -> None:
        if message.said == self.group.firing.keys():
            return
        message.changed_us = t_us
        whom = [self.route.to, self.route.escalate_to] if message.is_escalated else [self.route.to]
        if self.group.firing:
            self._say(message, t_us, "changed", whom)
        else:
            self._say(message, t_us, "over", whom)
            self.group.message = None
            self.group.alerts = {turn.key: self.group.alerts[turn.key] for turn in self.group.turns}

    def _escalate(self, t_us: int) -> None:
        message = self.group.message
        assert message is not None
        message.is_escalated = True
        self._say(message, t_us, "escalated", [self.route.escalate_to])

    def _again_us(self) -> int:
        """Return when the message is sent again; never, once somebody has answered it."""
        message, firing = self.group.message, self.group.firing
        if message is None or not firing or not self.times.repeat:
            return FOREVER_US
        at_us = message.sent_us + self.times.repeat
        return FOREVER_US if self._is_answered(message, at_us) else self.times.heard_us(at_us, worst(firing.values()))

    def _escalates_us(self) -> int:
        message = self.group.message
        if message is None or not self.group.firing or not self.times.escalate or message.is_escalated:
            return FOREVER_US
        at_us = message.first_us + self.times.escalate
        return FOREVER_US if self._is_answered(message, at_us) else max(at_us, message.changed_us)

    def _is_answered(self, message: Message, before_us: int) -> bool:
        return any(t_us < before_us for t_us in self.answers.get(message.id, ()))

    def _say(self, message: Message, t_us: int, what: What, whom: Sequence[str]) -> None:
        group = self.group
        before = frozenset[str]() if what == "escalated" else message.said  # who is told by then knows nothing yet
        began = tuple(alert for key, alert in group.firing.items() if key not in before)
        ceased = tuple(message.told[key] for key in sorted(before - group.firing.keys()))
        message.told |= group.firing
        if what != "escalated":  # of what has changed meanwhile the others are told when that is due
            message.said = frozenset(group.firing)
        message.whom = tuple(dict.fromkeys((*message.whom, *whom)))
        over = tuple(alert for key, alert in message.told.items() if key not in group.firing)
        firing = tuple(sorted(group.firing.values(), key=_order))
        why = group.why if what == "over" else ""
        told = (group.labels, firing, over, why, began, ceased)
        self.out += [Notice(t_us, what, receiver, message.id, *told) for receiver in whom]

    def _id(self, t_us: int) -> str:
        text = f"{self.group.route}\n{self.group.labels}\n{t_us}".encode()
        return blake2b(text, digest_size=8).hexdigest()


def names_of(routes: Iterable[Route]) -> list[str]:
    """Return what each route is known by: whom it tells of what; of equals, the how many-th it is, too."""
    seen: Counter[str] = Counter()
    names = []
    for route in routes:
        match = [(label, words) for label, words in msgspec.structs.asdict(route.match).items() if words]
        same = f"{route.to}\n{match}\n{route.group_by}"
        seen[same] += 1
        names.append(blake2b(f"{same}\n{seen[same]}".encode(), digest_size=8).hexdigest())
    return names


def _order(alert: Alert) -> tuple[int, int, str]:
    """Return the order in which people read: the worst first, then the oldest."""
    return -SEVERITIES.index(alert.labels["severity"]), alert.since_us, alert.key
