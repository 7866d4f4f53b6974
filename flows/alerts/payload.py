"""What a webhook is told of a message: the body that Alertmanager posts, so that whoever reads one reads the other.

Fields and their meanings are those of version 4 (Prometheus documentation, Alertmanager, webhook_config).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from flows.alerts import wording
from flows.alerts.names import Names
from operators.alerts.alert import Alert
from operators.alerts.groups import Notice
from schemas.local_time import at_time
from schemas.plain import words
from schemas.rules import Rule

VERSION: Final = "4"
MOST: Final = 200
"""Alerts that a body has; the rest is counted. Ours: about 150 kB."""
NEVER: Final = "0001-01-01T00:00:00Z"
"""The end of what goes on, as Alertmanager writes it."""


def body(notice: Notice, text: str, rules: Mapping[str, Rule], names: Names) -> str:
    """Return a message as JSON.

    Parameters
    ----------
    text
        What people are told of it; its first line is the summary.
    """
    every = [*((alert, False) for alert in notice.firing), *((alert, True) for alert in notice.over)]
    summary = text.split("\n", 1)[0]
    alerts = [_alert(notice, alert, is_over, summary, rules, names) for alert, is_over in every[:MOST]]
    group = _filled(dict(notice.group))
    named = ", ".join(f'{label}="{value}"' for label, value in sorted(group.items()))
    said: dict[str, Any] = {
        "version": VERSION,
        "groupKey": f"tilik/{notice.message}:{{{named}}}",
        "truncatedAlerts": len(every) - len(alerts),
        "status": "firing" if notice.firing else "resolved",
        "receiver": notice.receiver,
        "groupLabels": group,
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": "",
        "alerts": alerts,
    }
    return msgspec.json.encode(said).decode()


def _alert(
    notice: Notice, alert: Alert, is_over: bool, summary: str, rules: Mapping[str, Rule], names: Names
) -> dict[str, Any]:
    name = alert.labels["rule"]
    rule = rules.get(name)
    labels = {"alertname": name} | alert.labels | ({"simulated": "true"} if alert.simulated else {})
    annotations = {
        "state": notice.what,
        "summary": summary,
        "title": words(rule.title if rule else name),
        "text": words(wording.line(alert, notice.at_us, names)),
        "todo": words(rule.todo if rule else ""),
        "incident": alert.incident,
    }
    ended_us = notice.at_us if alert.ended_us is None else alert.ended_us
    return {
        "status": "resolved" if is_over else "firing",
        "labels": _filled(labels),
        "annotations": _filled(annotations),
        "startsAt": _iso(alert.since_us),
        "endsAt": _iso(ended_us) if is_over else NEVER,
        "generatorURL": "",
        "fingerprint": alert.key,
    }


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    """Leave out what is empty, which to Alertmanager is as if it were not there."""
    return {name: text for name, text in texts.items() if text}


def _common(texts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return what all have alike."""
    return {name: text for name, text in texts[0].items() if all(each.get(name) == text for each in texts)}


def _iso(t_us: int) -> str:
    return at_time(t_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
