"""Which messages follow from alerts: routes take them, groups tell of them, what people have said is heeded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from operators.alerts.alert import FOREVER_US, Alert, matches, worst
from operators.alerts.groups import Group, Notice, Playing, Times, Turn, names_of
from operators.alerts.hidden import Dismissal, Shown, Silence, shown
from schemas.rules import SEVERITIES, Rules


class Answer(NamedTuple):
    """Somebody has answered a message: it is not repeated, and nobody else is told."""

    message: str
    at_us: int


class Record(NamedTuple):
    """What people have said so far."""

    answers: Sequence[Answer] = ()
    silences: Sequence[Silence] = ()
    dismissals: Sequence[Dismissal] = ()


WITHDRAWN: Final = "withdrawn"
"""Why an alert is told no more that, by what is known now, never was."""
UNRULED: Final = "unruled"
"""Why one is told no more whose rule or route is not there any more."""


SIMULATED: Final = ".simulated"
"""Behind a route's name, of groups of what no camera saw: who is not told of that is told of all else."""


class Kept(msgspec.Struct):
    """What a desk remembers.

    Attributes
    ----------
    until_us
        Up to when it has told.
    seen
        By alert and beginning of a time in which it is told, whether that has ended.
    """

    until_us: int = 0
    groups: list[Group] = msgspec.field(default_factory=list)
    seen: dict[str, bool] = msgspec.field(default_factory=dict)


class Desk:
    """Takes alerts as they come, and says what is to be told; it can be played on in any steps."""

    def __init__(self, rules: Rules, kept: Kept | None = None) -> None:
        self.rules = rules
        self.times = [Times.of(route) for route in rules.route]
        self.numbers = {name: number for number, name in enumerate(names_of(rules.route))}
        self.names = list(self.numbers)
        self.numbers |= {f"{name}{SIMULATED}": number for name, number in self.numbers.items()}
        self.until_us = 0 if kept is None else kept.until_us
        self.seen = {} if kept is None else dict(kept.seen)
        groups = [] if kept is None else kept.groups
        self.groups = {(group.route, group.labels): group for group in groups if group.route in self.numbers}
        self.left = [group for group in groups if group.route not in self.numbers]
        """Those whose routes are not there any more."""

    def kept(self) -> Kept:
        """Return what it has to remember to go on."""
        return Kept(self.until_us, list(self.groups.values()), self.seen)

    def see(self, alerts: Sequence[Alert], record: Record, until_us: int) -> list[Notice]:
        """Return what is told up to a time, by alerts as they are known now: what it was not told before is told late.

        An alert that is not among them any more, and had not ended, never was. A time before the last one is that of a
        clock that was put right: what was to come by the other is due by this one.
        """
        if until_us < self.until_us:
            self._back(until_us)
        closed = self._close_left(until_us)
        every = {alert.key: alert for alert in alerts}
        told = shown(alerts, self.rules.inhibit, record.silences, record.dismissals)
        known = {name: is_over for name, is_over in self.seen.items() if not is_over or name.split("@")[0] in every}
        self.seen = known
        for group in self.groups.values():
            group.know(every)
        for key, spans in told.items():
            for span in spans:
                self._see(every[key], span, until_us)
        for name in [name for name, is_over in known.items() if not is_over]:
            key, since = name.split("@")
            is_known = any(span.since_us == int(since) for span in told.get(key, ()))
            if not is_known and int(since) < until_us:
                self._ends(key, int(since), max(self.until_us, int(since)), self._why_gone(key))
        return closed + self.until(until_us, record)

    def _why_gone(self, key: str) -> str:
        rules = {rule.id for rule in self.rules.rule}
        found = (group.alerts[key] for group in self.groups.values() if key in group.alerts)
        return UNRULED if any(alert.labels["rule"] not in rules for alert in found) else WITHDRAWN

    def _back(self, t_us: int) -> None:
        self.until_us = t_us
        for group in self.groups.values():
            group.back(t_us)

    def _close_left(self, t_us: int) -> list[Notice]:
        """Close messages whose routes are gone; their alerts are for the routes that there are now."""
        keys = {key for group in self.left for key in group.alerts}
        self.seen = {name: is_over for name, is_over in self.seen.items() if is_over or name.split("@")[0] not in keys}
        closed = [notice for group in self.left for notice in _closing(group, t_us, UNRULED)]
        self.left = []
        return closed

    def _see(self, alert: Alert, span: Shown, until_us: int) -> None:
        name = f"{alert.key}@{span.since_us}"
        if name not in self.seen and span.since_us <= until_us:
            self.seen[name] = False
            self.take(alert, [Shown(max(span.since_us, self.until_us), FOREVER_US, "")])
        if self.seen.get(name) is False and span.until_us <= until_us:
            self._ends(alert.key, span.since_us, max(span.until_us, self.until_us), span.why)

    def _ends(self, key: str, since_us: int, t_us: int, why: str) -> None:
        self.seen[f"{key}@{since_us}"] = True
        for group in self.groups.values():
            if key in group.alerts:
                group.take(group.alerts[key], [Turn(t_us, False, key, why)])

    def take(self, alert: Alert, spans: Iterable[Shown]) -> None:
        """Take note of an alert, and of the times in which it is told."""
        turns = [turn for span in spans for turn in _turns(alert, span)]
        if not turns:
            return
        for number, route in enumerate(self.rules.route):
            if not matches(route.match, alert):
                continue
            labels = tuple((label, alert.labels.get(label, "")) for label in route.group_by)
            name = f"{self.names[number]}{SIMULATED if alert.simulated else ''}"
            self.groups.setdefault((name, labels), Group(name, labels)).take(alert, turns)
            if not route.goes_on:
                return

    def until(self, until_us: int, record: Record) -> list[Notice]:
        """Return what is told up to a time, by time; the worst first of what is told at once."""
        answers: dict[str, list[int]] = defaultdict(list)
        for answer in record.answers:
            answers[answer.message].append(answer.at_us)
        out: list[Notice] = []
        for (name, _), group in list(self.groups.items()):
            number = self.numbers[name]
            out += Playing(group, self.rules.route[number], self.times[number], answers).until(until_us)
        self.groups = {key: group for key, group in self.groups.items() if not group.is_over}
        self.until_us = max(self.until_us, until_us)
        return sorted(out, key=lambda notice: (notice.at_us, -SEVERITIES.index(worst(notice.firing)), notice.message))


def notices(alerts: Sequence[Alert], rules: Rules, record: Record, until_us: int) -> list[Notice]:
    """Return all messages up to a time, by time; the same alerts and record give the same ones."""
    desk, told = Desk(rules), shown(alerts, rules.inhibit, record.silences, record.dismissals)
    for alert in alerts:
        desk.take(alert, told[alert.key])
    return desk.until(until_us, record)


def _closing(group: Group, t_us: int, why: str) -> list[Notice]:
    """Return what is said to all who were told of a group that nobody goes on with."""
    message = group.message
    if message is None:
        return []
    ceased = tuple(message.told[key] for key in sorted(message.said))
    over = tuple(message.told.values())
    return [Notice(t_us, "over", to, message.id, group.labels, (), over, why, (), ceased) for to in message.whom]


def _turns(alert: Alert, span: Shown) -> list[Turn]:
    on = Turn(span.since_us, True, alert.key)
    return [on] if span.until_us == FOREVER_US else [on, Turn(span.until_us, False, alert.key, span.why)]
