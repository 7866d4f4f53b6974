"""`tilik rules test`: what would have been sent, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.warehouse import Warehouse
from flows.alerts import names, record, wording
from flows.alerts.evaluating import Evaluation
from flows.alerts.reading import Reader
from operators.alerts.alert import worst
from operators.alerts.desk import notices
from operators.alerts.groups import Notice
from schemas.local_time import at_time
from schemas.rules import Rules


def rehearse(warehouse: Warehouse, rules: Rules, since_us: int, until_us: int) -> Iterator[dict[str, Any]]:
    """Yield the messages of a time, by time, each as `tilik rules test --json` writes it.

    What is stored ends with its newest minute: nothing is told of later ones. What people said then counts, where the
    same messages were sent.
    """
    known = names.read(warehouse)
    reader = Reader(warehouse, known)
    until_us = min(until_us, reader.newest_us())
    evaluation = Evaluation(reader, rules)
    alerts = evaluation.alerts(since_us, until_us)
    by_id = {rule.id: rule for rule in rules.rule}
    said = record.read(warehouse, min((alert.fired_us for alert in alerts), default=until_us))
    for notice in notices(alerts, rules, said.record, until_us):
        if notice.at_us >= since_us:
            yield told(notice) | {"text": wording.text(notice, by_id, known)}


def told(notice: Notice) -> dict[str, Any]:
    """Return a notice as scripts read it."""
    every = (*notice.firing, *notice.over)
    return {
        "at": at_time(notice.at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "what": notice.what,
        "receiver": notice.receiver,
        "message": notice.message,
        "group": dict(notice.group),
        "severity": worst(every),
        "firing": [alert.key for alert in notice.firing],
        "over": [alert.key for alert in notice.over],
        "incidents": [alert.incident for alert in every if alert.incident],
        "rules": sorted({alert.labels["rule"] for alert in every}),
        "simulated": any(alert.simulated for alert in every),
    }
