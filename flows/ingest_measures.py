"""What `tilik ingest` measures, in the words of OpenMetrics, and whether it takes records now.

What each measure means and what to do about it: docs/operations.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from connectors.ingest import Intake
from flows import scrapes

OUTCOMES: Final = ("kept", "refused")
UNKEPT: Final = ("unknown", "oversized")
"""Messages of a broker that are acknowledged and not kept: by topics of no pattern, or too large."""


class Measured(Collector):
    """Reads what the doors have counted, at each scrape.

    Parameters
    ----------
    answered
        HTTP requests by status; None without that door.
    messages
        Messages of the broker by what became of them; None without it.
    """

    def __init__(self, intake: Intake, answered: Counter[int] | None, messages: Counter[str] | None) -> None:
        self.intake, self.answered, self.messages = intake, answered, messages

    def collect(self) -> Iterable[Metric]:
        """Return all measures of now."""
        counted = {name: self.intake.counted[name] for name in OUTCOMES}
        yield _counter("records", "Records by what became of them.", "outcome", counted)
        if self.answered is not None:
            by_status = {str(status): many for status, many in sorted(self.answered.items())}
            yield _counter("answers", "HTTP requests by their answer.", "status", by_status)
        if self.messages is not None:
            by_reason = {name: self.messages[name] for name in UNKEPT}
            yield _counter("unkept_messages", "Messages of the broker that were not kept.", "reason", by_reason)
        gauges = {
            "waiting_bytes": ("Records that wait to be kept.", self.intake.waiting),
            "held_bytes": ("What the spool holds.", self.intake.keeper.held),
            "bound_bytes": ("What it may hold.", self.intake.keeper.bound),
        }
        for name, (meaning, value) in gauges.items():
            if value is not None:
                yield GaugeMetricFamily(f"tilik_ingest_{name}", meaning, value)


def _counter(name: str, meaning: str, label: str, counted: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"tilik_ingest_{name}", meaning, labels=[label])
    for value, count in counted.items():
        family.add_metric([value], count)
    return family


def served(port: int, measured: Measured) -> AbstractContextManager[int]:
    """Serve /metrics, /healthz and /readyz on loopback; yields the port, any free one for 0.

    Raises
    ------
    SourceError
        The port is taken.
    """
    return scrapes.served(port, measured, {"/healthz": lambda: "", "/readyz": measured.intake.trouble})
