"""An alert: what a rule tells of one subject, from when it is told to when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from schemas.geo import lies_in
from schemas.rules import SEVERITIES, Match

FOREVER_US: Final = 1 << 62


class Alert(msgspec.Struct, frozen=True):
    """One of them.

    Attributes
    ----------
    key
        Hash of rule, subject and beginning: the same whenever it is evaluated.
    labels
        What it is known by (`schemas.rules.entries.LABELS`).
    since_us
        When its condition began to hold.
    fired_us
        Since when it is told.
    ended_us
        When the condition ceased to hold; None while it does.
    known_us
        When that was known.
    over_us
        When it is told no more; None while it is. A rule may keep it firing for a while.
    why
        Of an end: what ended it.
    value
        The worst that was measured, None of what is not measured.
    incident
        The incident that it is of, or ''.
    simulated
        No camera ever saw it.
    subject
        Of a figure, the words of its row that say what it is of; () of others.
    """

    key: str
    labels: dict[str, str]
    since_us: int
    fired_us: int
    ended_us: int | None = None
    known_us: int | None = None
    over_us: int | None = None
    why: str = ""
    value: float | None = None
    incident: str = ""
    simulated: bool = False
    subject: tuple[str, ...] = ()

    @property
    def until_us(self) -> int:
        """Return when it is told no more, `FOREVER_US` while it is."""
        return FOREVER_US if self.over_us is None else self.over_us

    def ended(self, t_us: int) -> bool:
        """Say whether it was known at a time that it has ended."""
        return self.known_us is not None and self.known_us <= t_us


def matches(match: Match, alert: Alert) -> bool:
    """Say whether an alert has one of the words of each label that is given; an area holds what lies in it."""
    for label in match.__struct_fields__:
        words = getattr(match, label)
        if words and not _has(words, label, alert.labels.get(label, "")):
            return False
    return True


def worst(alerts: Iterable[Alert]) -> str:
    """Return the worst severity of alerts; the least where there are none."""
    return SEVERITIES[max((SEVERITIES.index(alert.labels["severity"]) for alert in alerts), default=0)]


def _has(words: tuple[str, ...], label: str, value: str) -> bool:
    return lies_in(value, words) if label == "area" else value in words
