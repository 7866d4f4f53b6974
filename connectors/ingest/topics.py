"""Which topics of a broker hold which format, and how they name the camera.

A file of `[[topic]]` tables: `pattern` with MQTT's `+` and `#`, `format`, and `camera`, a
text in which `{2}` stands for the topic's second level, for messages whose camera the
format does not find in them or in their topic. The first pattern that fits counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.ingest.bodies import FORMATS
from connectors.spool import Origin
from schemas import toml_lines
from schemas.errors import UsageError
from schemas.plain import listed

EXAMPLES: Final = ("frigate", "onvif")
"""Files that ship, known by name."""
FIELDS: Final = ("pattern", "format", "camera")
_LEVEL: Final = re.compile(r"\{([1-9]\d?)\}")


class Rule(NamedTuple):
    """What is to be done with topics that fit a pattern."""

    pattern: str
    kind: str
    camera: str  # with {n} for levels; '' where messages say it

    def fits(self, levels: Sequence[str]) -> bool:
        """Whether a topic, level by level, fits the pattern (MQTT 5, 4.7)."""
        wanted = self.pattern.split("/")
        if levels[0].startswith("$") and wanted[0] in "+#":
            return False
        if wanted[-1] == "#":
            wanted = wanted[:-1]
            if len(levels) < len(wanted):
                return False
        elif len(levels) != len(wanted):
            return False
        return all(want in ("+", level) for want, level in zip(wanted, levels, strict=False))


class Topics:
    """The rules of one or several files, in their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = list(rules)
        self._known: dict[str, Origin | None] = {}

    def origin(self, topic: str) -> Origin | None:
        """Return format and camera of what comes by a topic; None where no pattern fits."""
        if topic not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[topic] = self._origin(topic)
        return self._known[topic]

    def _origin(self, topic: str) -> Origin | None:
        levels = topic.split("/")
        rule = next((rule for rule in self.rules if rule.fits(levels)), None)
        if rule is None:
            return None
        camera = _LEVEL.sub(lambda at: levels[int(at[1]) - 1] if int(at[1]) <= len(levels) else "", rule.camera)
        return Origin(rule.kind, topic, camera)


MOST_KNOWN: Final = 100_000
"""Topics whose rule is remembered."""


def read(names: Sequence[str]) -> Topics:
    """Return the rules of some files; a name without a file is one of the examples.

    Raises
    ------
    UsageError
        With every mistake and its place.
    """
    mistakes: list[str] = []
    rules = [rule for name in names for rule in _of_file(name, mistakes)]
    if not mistakes and not rules:
        mistakes.append(f"{', '.join(names)}: expected at least one [[topic]]")
    if mistakes:
        raise UsageError(listed(mistakes))
    return Topics(rules)


def _of_file(name: str, mistakes: list[str]) -> list[Rule]:
    path = Path(name)
    try:
        if not path.exists() and name in EXAMPLES:
            text = files("connectors.ingest").joinpath("examples", f"{name}.toml").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8-sig")
        table = toml_lines.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"--topics {name}: cannot be read: {error}; examples that ship: {', '.join(EXAMPLES)}")
        return []
    found = table.get("topic", [])
    if not isinstance(found, list) or set(table) - {"topic"}:
        mistakes.append(f"{name}: expected tables [[topic]] and nothing else")
        return []
    rules = [_rule(one, f"{name}: topic {number}", mistakes) for number, one in enumerate(found, 1)]
    return [rule for rule in rules if rule is not None]


def _rule(table: Any, place: str, mistakes: list[str]) -> Rule | None:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        mistakes.append(f"{place}: expected texts: {', '.join(FIELDS)}")
        return None
    wrong = [f"unknown field {name!r}" for name in sorted(set(table) - set(FIELDS))]
    pattern, kind, camera = (table.get(name, "") for name in FIELDS)
    if not is_filter(pattern):
        wrong.append(f"pattern: expected an MQTT topic filter such as 'frigate/+/status/detect', found {pattern!r}")
    if kind not in FORMATS:
        wrong.append(f"format: expected one of {', '.join(FORMATS)}, found {kind!r}")
    levels = pattern.split("/")
    if any(int(level) > len(levels) and levels[-1] != "#" for level in _LEVEL.findall(camera)):
        wrong.append(f"camera: {camera!r} names a level that {pattern!r} does not have")
    mistakes += [f"{place}: {text}" for text in wrong]
    return None if wrong else Rule(pattern, kind, camera)


def is_filter(pattern: str) -> bool:
    """Whether a text is a topic filter (MQTT 5, 4.7): wildcards fill a level, `#` the last one alone."""
    levels = pattern.split("/")
    return (
        0 < len(pattern.encode()) <= 65_535
        and "\0" not in pattern
        and levels[0] != "$share"
        and all(level in ("+", "#") or not set(level) & set("+#") for level in levels)
        and "#" not in levels[:-1]
    )
