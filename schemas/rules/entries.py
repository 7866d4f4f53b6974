"""The types of a file of alert rules: rules, routes, receivers, inhibitions.

Field names are those of the TOML file (docs/rules.md) and, where Alertmanager or Prometheus have the same thing,
theirs. Loading and checking are in `schemas.rules.check`; a `Rules` that comes from there is valid.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from schemas.words import Label

SEVERITIES: Final = ("low", "medium", "high", "critical")
"""From what can wait to what cannot."""

SEVERITY_LABELS: Final = {
    "low": Label("Rendah", "Low"),
    "medium": Label("Sedang", "Medium"),
    "high": Label("Tinggi", "High"),
    "critical": Label("Kritis", "Critical"),
}

LABELS: Final = (
    "rule",
    "kind",
    "severity",
    "owner",
    "category",
    "area",
    "kecamatan",
    "kelurahan",
    "place",
    "camera",
    "zone",
    "site",
)
"""What an alert is known by: routes, groups, inhibitions and silences go by these."""

Severity = Literal["low", "medium", "high", "critical"]


class Blind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many cameras of a group see nothing at once.

    Attributes
    ----------
    share
        Of the cameras that should see, 0..1.
    least
        And so many of them at least.
    by
        Of all areas of this kind, each by itself.
    """

    share: float
    least: int = 1
    by: Literal["city", "kecamatan", "kelurahan"] = "city"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """What is told, of where, and when.

    Attributes
    ----------
    title
        How a message begins.
    todo
        What the office is asked to do.
    incident
        Kinds of incidents; an alert is one of them.
    figure
        ``view.figure``; an alert is a camera's zone, a place, an area: whatever the view has a row of.
    above, below, at_least
        Which values are told: numbers, or a level from which on.
    unusual
        Told where the figure leaves what the same hour usually has, on days of the same kind.
    blind
        Told where cameras see nothing.
    silent
        Told where Tilik itself has had no minute for so long.
    for_, keep_firing_for
        How long it must hold, and how long it is told of after it has ended.
    area
        Area codes; what lies within them counts.
    hours
        Local times such as ``06:00-22:00`` in which an alert may begin.
    day_type
        Kinds of day on which one may begin.
    """

    id: str
    title: str
    severity: Severity
    todo: str = ""
    incident: tuple[str, ...] = ()
    figure: str = ""
    above: float | None = None
    below: float | None = None
    at_least: str = ""
    unusual: Literal["above", "below"] | None = None
    blind: Blind | None = None
    silent: str = ""
    for_: str = "0s"
    keep_firing_for: str = "0s"
    area: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    zone: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    day_type: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts with one of the words of each label that is given; areas also by what they lie in."""

    rule: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    zone: tuple[str, ...] = ()
    site: tuple[str, ...] = ()


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where alerts go; the first route that matches takes one, unless it `goes_on`.

    Attributes
    ----------
    to
        A receiver's id.
    group_by
        Alerts that are alike in these labels are one message.
    group_wait, group_interval
        How long the first message waits for others, and how long an edit of it does.
    repeat
        After so long a message that nobody has answered is sent again, ``0s`` never.
    quiet
        Local times such as ``22:00-05:00`` in which only what is `loud` or worse is sent.
    escalate_after, escalate_to
        After so long without an answer another receiver is told.
    """

    to: str
    match: Match = Match()
    group_by: tuple[str, ...] = ("place", "kind")
    group_wait: str = "5s"
    group_interval: str = "1m"
    repeat: str = "4h"
    quiet: tuple[str, ...] = ()
    loud: Severity = "critical"
    escalate_after: str = ""
    escalate_to: str = ""
    goes_on: bool = False


class Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told: an office, by each of these ways that it has.

    Attributes
    ----------
    telegram
        A chat's number, or ``env:NAME`` of a variable that holds it.
    webhook
        An address, or ``env:NAME`` of a variable that holds it.
    secret
        ``env:NAME`` of the secret that signs what is sent to the webhook.
    email
        Addresses, or ``env:NAME`` of a variable that holds some.
    simulated
        It takes simulated alerts; real offices do not.
    members
        Whoever is in its Telegram group may answer; else officers alone.
    """

    id: str
    name: str = ""
    telegram: str = ""
    webhook: str = ""
    secret: str = ""
    email: tuple[str, ...] = ()
    simulated: bool = False
    members: bool = False


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who may answer messages, and ask.

    Attributes
    ----------
    name
        How the record names them.
    telegram
        Their own number there, or ``env:NAME``.
    office
        Receivers that they speak for; none is all.
    """

    name: str
    telegram: str
    office: tuple[str, ...] = ()


class Inhibit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """While an alert of `source` lasts, those of `target` that are alike in `equal` are not told."""

    source: Match
    target: Match
    equal: tuple[str, ...] = ()


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, in the files' order."""

    rule: tuple[Rule, ...] = ()
    route: tuple[Route, ...] = ()
    receiver: tuple[Receiver, ...] = ()
    inhibit: tuple[Inhibit, ...] = ()
    officer: tuple[Officer, ...] = ()
