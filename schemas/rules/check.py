"""From TOML texts to checked `Rules`: all files together, all mistakes at once, each with file and line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from schemas import toml_lines
from schemas.calendar import DAY_TYPES
from schemas.errors import UsageError
from schemas.geo import Areas
from schemas.incidents import INCIDENT_KINDS
from schemas.plain import listed
from schemas.registry.mistakes import Flaw, Located, did_you_mean, expected, render, under
from schemas.registry.rules import is_span
from schemas.registry.structure import read
from schemas.rules import subjects
from schemas.rules.addresses import is_chat, is_mailbox, shown, split, webhook_flaw
from schemas.rules.durations import is_duration
from schemas.rules.entries import LABELS, SEVERITIES, Match, Officer, Receiver, Route, Rule, Rules
from schemas.words import LEVELS

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_USER: Final = re.compile(r"[1-9]\d{0,18}")
_VARIABLE: Final = re.compile(r"env:[A-Z_][A-Z0-9_]*")
_WAYS: Final = ("telegram", "webhook", "email")
_KINDS_OF_RULES: Final = ("incident", "figure", "blind", "silent")


def parse(texts: Mapping[str, str], areas: Areas | None = None) -> Rules:
    """Read TOML texts as one set of rules.

    Parameters
    ----------
    texts
        File name, as said in mistakes, to TOML text.
    areas
        The areas that may be named; None leaves them unchecked.

    Raises
    ------
    UsageError
        With every mistake as ``file:line: place: what was expected, what came: what to do``.
    """
    documents, mistakes = toml_lines.documents(texts)
    found: list[Located] = []
    held: dict[str, Rules] = {}
    for file, document in documents.items():
        held[file], flaws = read(document, Rules, {})
        found += (Located(file, flaw) for flaw in flaws)
    whole = Rules(*(tuple(row for rules in held.values() for row in getattr(rules, name)) for name in _TABLES))
    if not found:
        found += _flaws(held, whole, areas)
    mistakes += render(found, texts, documents)
    if mistakes:
        raise UsageError(listed(mistakes))
    return whole


_TABLES: Final = ("rule", "route", "receiver", "inhibit", "officer")


def _flaws(held: Mapping[str, Rules], whole: Rules, areas: Areas | None) -> Iterator[Located]:
    known = _Known(whole, areas)
    for file, rules in held.items():
        checks: dict[str, Callable[[Any], Iterable[Flaw]]] = {
            "rule": known.rule,
            "route": known.route,
            "receiver": known.receiver,
            "inhibit": known.inhibit,
            "officer": known.officer,
        }
        for table, check in checks.items():
            for i, row in enumerate(getattr(rules, table)):
                for flaw in under((table, i), check(row)):
                    yield Located(file, flaw)


class _Known:
    """What the tables say of each other."""

    def __init__(self, whole: Rules, areas: Areas | None) -> None:
        self.areas = areas
        self.rules = Counter(each.id for each in whole.rule)
        self.receivers = Counter(each.id for each in whole.receiver)

    def rule(self, rule: Rule) -> Iterator[Flaw]:
        yield from self._identity(rule.id, self.rules)
        if not rule.title.strip():
            yield Flaw(("title",), expected("a title", repr(rule.title), "say how a message begins"))
        given = [name for name in _KINDS_OF_RULES if getattr(rule, name)]
        if len(given) != 1:
            todo = "a rule goes by one of them: make it several rules"
            yield Flaw((), expected("one of " + ", ".join(_KINDS_OF_RULES), ", ".join(given) or "none", todo))
        yield from _one_of("incident", rule.incident, INCIDENT_KINDS)
        yield from _figure(rule)
        if rule.blind is not None and not (0 < rule.blind.share <= 1 and rule.blind.least >= 1):
            yield Flaw(("blind",), expected("a share of 0..1 and at least 1 camera", rule.blind, "correct it"))
        yield from _durations(rule, ("for", "keep_firing_for", "silent"))
        yield from self._scope(rule.area)
        yield from _narrowed(rule)
        yield from _hours("hours", rule.hours)
        yield from _one_of("day_type", rule.day_type, DAY_TYPES)

    def route(self, route: Route) -> Iterator[Flaw]:
        for name in ("to", "escalate_to"):
            receiver = getattr(route, name)
            if receiver and receiver not in self.receivers:
                todo = did_you_mean(receiver, self.receivers, "add a [[receiver]] with this id")
                yield Flaw((name,), expected("a receiver's id", repr(receiver), todo))
        if bool(route.escalate_after) != bool(route.escalate_to):
            came = "one of them"
            yield Flaw((), expected("escalate_after and escalate_to together", came, "give both or neither"))
        yield from _one_of("group_by", route.group_by, LABELS)
        yield from _durations(route, ("group_wait", "group_interval", "repeat", "escalate_after"))
        yield from _hours("quiet", route.quiet)
        yield from under(("match",), self._match(route.match))

    def receiver(self, receiver: Receiver) -> Iterator[Flaw]:
        yield from self._identity(receiver.id, self.receivers)
        if not any(getattr(receiver, way) for way in _WAYS):
            yield Flaw((), expected("one of " + ", ".join(_WAYS), "none", "say how it is told"))
        if receiver.telegram and not (is_chat(receiver.telegram) or _VARIABLE.fullmatch(receiver.telegram)):
            todo = "a group's number begins with -100; env:TILIK_CHAT_DPU takes it from that variable"
            yield Flaw(("telegram",), expected("a chat's number in quotes", repr(receiver.telegram), todo))
        yield from _webhook(receiver)
        for i, address in enumerate(receiver.email):
            if not (is_mailbox(address) or _VARIABLE.fullmatch(address)):
                todo = "write name@office.go.id, or env:NAME of a variable that holds one or several, with commas"
                yield Flaw(("email", i), expected("an address of e-mail", repr(address), todo))

    def inhibit(self, inhibit: Any) -> Iterator[Flaw]:
        yield from under(("source",), self._match(inhibit.source))
        yield from under(("target",), self._match(inhibit.target))
        yield from _one_of("equal", inhibit.equal, LABELS)

    def officer(self, officer: Officer) -> Iterator[Flaw]:
        if not officer.name.strip():
            yield Flaw(("name",), expected("a name", repr(officer.name), "say how the record names them"))
        if not (_USER.fullmatch(officer.telegram) or _VARIABLE.fullmatch(officer.telegram)):
            todo = "the bot says it to whoever presses a button; env:NAME takes it from that variable"
            yield Flaw(("telegram",), expected("a user's number in quotes", repr(officer.telegram), todo))
        yield from _one_of("office", officer.office, self.receivers)

    def _identity(self, name: str, known: Counter[str]) -> Iterator[Flaw]:
        if not _ID.fullmatch(name):
            yield Flaw(("id",), expected("lower-case letters, digits and -", repr(name), "choose another id"))
        elif known[name] > 1:
            yield Flaw(("id",), expected("each id once", f"{name} {known[name]} times", "rename one"))

    def _scope(self, codes: Sequence[str]) -> Iterator[Flaw]:
        for i, code in enumerate(codes):
            if self.areas is not None and self.areas.of(code) is None:
                todo = "correct it: tilik query 'SELECT * FROM areas' lists them"
                yield Flaw(("area", i), expected("an area's code", repr(code), todo))

    def _match(self, match: Match) -> Iterator[Flaw]:
        yield from _one_of("rule", match.rule, self.rules)
        yield from _one_of("kind", match.kind, [*INCIDENT_KINDS, "figure", "blind", "silent"])
        yield from _one_of("severity", match.severity, SEVERITIES)
        yield from self._scope(match.area)


def _webhook(receiver: Receiver) -> Iterator[Flaw]:
    url, secret = receiver.webhook, receiver.secret
    if url and not _VARIABLE.fullmatch(url):
        flaw, parts = webhook_flaw(url), split(url)
        if flaw:
            todo = "correct it, or write env:NAME of a variable that holds it"
            yield Flaw(("webhook",), expected(flaw, shown(url), todo))
        elif parts is not None and "@" in parts.netloc:
            todo = "write env:NAME of a variable that holds the whole address"
            yield Flaw(("webhook",), expected("an address without user and password", "one with them", todo))
    if secret and not _VARIABLE.fullmatch(secret):
        todo = "write env:NAME: secrets stand in the environment, never in a file"
        yield Flaw(("secret",), expected("the name of a variable", "a text", todo))
    elif secret and not url:
        yield Flaw(("secret",), expected("a webhook that it signs for", "none", "add webhook = ..., or leave it out"))


def _figure(rule: Rule) -> Iterator[Flaw]:
    bounds = [name for name in ("above", "below", "at_least", "unusual") if getattr(rule, name) not in (None, "")]
    if not rule.figure:
        if bounds:
            yield Flaw((bounds[0],), expected("a figure that it bounds", "none", 'add figure = "view.figure"'))
        return
    view, _, name = rule.figure.partition(".")
    if view not in subjects.views():
        todo = did_you_mean(view, subjects.views(), "docs/data.md lists them; days are over before anybody can act")
        yield Flaw(("figure",), expected("a view of minutes, quarters or hours", repr(view), todo))
        return
    if name not in (known := subjects.figures(view)):
        todo = did_you_mean(name, known, "known are " + ", ".join(known))
        yield Flaw(("figure",), expected(f"a figure of {view}", repr(name), todo))
        return
    if len(bounds) != 1:
        came = ", ".join(bounds) or "none"
        yield Flaw((), expected("one of above, below, at_least, unusual", came, "say which values are told"))
        return
    yield from _bound(rule, view, name, bounds[0])


def _narrowed(rule: Rule) -> Iterator[Flaw]:
    """Yield what narrows a rule to something that its rows do not say."""
    for name in subjects.NARROWS:
        if getattr(rule, name) and name not in subjects.narrowed_by(rule):
            known = ", ".join(subjects.narrowed_by(rule)) or "nothing"
            yield Flaw((name,), expected(f"what its rows say ({known})", name, "leave it out"))


def _bound(rule: Rule, view: str, name: str, bound: str) -> Iterator[Flaw]:
    value = getattr(rule, bound)
    if subjects.is_level(name) != (bound == "at_least"):
        todo = "levels are told by at_least, numbers by above, below or unusual"
        yield Flaw((bound,), expected("a bound of the figure's kind", bound, todo))
    elif bound == "at_least":
        yield from _one_of(bound, (value,), LEVELS)
    elif bound == "unusual" and not view.endswith("_hour"):
        yield Flaw(("unusual",), expected("a view of hours", view, "what is usual is known hour by hour"))
    elif isinstance(value, float) and not isfinite(value):
        yield Flaw((bound,), expected("a number", value, "correct it"))


def _one_of(field: str, words: Sequence[str], known: Iterable[str]) -> Iterator[Flaw]:
    names = list(known)
    for i, word in enumerate(words):
        if word not in names:
            todo = did_you_mean(word, names, "known are " + ", ".join(names))
            yield Flaw((field, i), expected(f"a {field} that there is", repr(word), todo))


def _durations(row: Any, fields: Sequence[str]) -> Iterator[Flaw]:
    for field in fields:
        text = getattr(row, "for_" if field == "for" else field)
        if text and not is_duration(text):
            yield Flaw((field,), expected("a duration", repr(text), "write it as 90s, 5m, 1h30m or 7d"))


def _hours(field: str, spans: Sequence[str]) -> Iterator[Flaw]:
    for i, span in enumerate(spans):
        if not is_span(span.split("-")):
            yield Flaw((field, i), expected('hours such as "06:00-22:00"', repr(span), "correct them"))
