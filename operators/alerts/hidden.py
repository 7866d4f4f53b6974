"""When alerts are hidden: while another explains them, while somebody has silenced them, once they are dismissed."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from operators.alerts.alert import FOREVER_US, Alert, matches
from schemas.rules import Inhibit, Match

INHIBITED: Final = "inhibited"
SILENCED: Final = "silenced"
DISMISSED: Final = "dismissed"


class Silence(NamedTuple):
    """Somebody does not want to hear of these for a time."""

    match: Match
    since_us: int
    until_us: int


class Dismissal(NamedTuple):
    """Somebody has said of these alerts, by key, that nothing is the matter: they are told no more."""

    alerts: frozenset[str]
    at_us: int


class Shown(NamedTuple):
    """A time in which an alert is told; `why` it is not any more: what ended it, or what hides it."""

    since_us: int
    until_us: int
    why: str


class _Span(NamedTuple):
    since_us: int
    until_us: int
    why: str


def shown(
    alerts: Sequence[Alert],
    inhibits: Sequence[Inhibit] = (),
    silences: Sequence[Silence] = (),
    dismissals: Sequence[Dismissal] = (),
) -> dict[str, list[Shown]]:
    """Return by alert the times in which it is told, ascending; none of one that is hidden all along."""
    hidden: dict[str, list[_Span]] = defaultdict(list)
    for inhibit in inhibits:
        for key, spans in _inhibited(alerts, inhibit).items():
            hidden[key] += spans
    by_end = sorted(silences, key=lambda silence: silence.until_us)
    ends_us = [silence.until_us for silence in by_end]
    for alert in alerts:
        for silence in by_end[bisect_right(ends_us, alert.fired_us) :]:  # of months of silences few matter to one
            if matches(silence.match, alert):
                hidden[alert.key].append(_Span(silence.since_us, silence.until_us, SILENCED))
    for dismissal in dismissals:
        for key in dismissal.alerts:
            hidden[key].append(_Span(dismissal.at_us, FOREVER_US, DISMISSED))
    return {alert.key: _left(alert, hidden[alert.key]) for alert in alerts}


def _inhibited(alerts: Sequence[Alert], inhibit: Inhibit) -> dict[str, list[_Span]]:
    """Return by target the times of its sources; an alert never inhibits itself."""
    sources: dict[tuple[str, ...], list[Alert]] = defaultdict(list)
    for alert in alerts:
        if matches(inhibit.source, alert):
            sources[_values(alert, inhibit.equal)].append(alert)
    found: dict[str, list[_Span]] = {}
    for alert in alerts:
        own = sources.get(_values(alert, inhibit.equal), [])
        if own and matches(inhibit.target, alert) and not matches(inhibit.source, alert):
            found[alert.key] = [_Span(each.fired_us, each.until_us, INHIBITED) for each in own]
    return found


def _values(alert: Alert, labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(alert.labels.get(label, "") for label in labels)


def _left(alert: Alert, hidden: list[_Span]) -> list[Shown]:
    """Return an alert's time without those in which it is hidden."""
    left, at_us = list[Shown](), alert.fired_us
    for span in sorted(hidden):
        if span.until_us <= max(at_us, span.since_us) or span.since_us >= alert.until_us:
            continue
        if span.since_us > at_us:
            left.append(Shown(at_us, span.since_us, span.why))
        at_us = max(at_us, span.until_us)
    if at_us < alert.until_us:
        left.append(Shown(at_us, alert.until_us, alert.why))
    return left
