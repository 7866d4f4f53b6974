"""What a live run measures, in the words of OpenMetrics, and whether it is alive and ready.

All of it is read from what processes say of themselves (`flows.live.telling`), so one
page tells of all processes of this machine, whoever serves it. What each measure means
and what to do about it: docs/operations.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from flows import scrapes
from flows.live import telling
from flows.live.place import Place
from flows.live.telling import LATENCIES_S, Told

SHARD: Final = ("shard",)
COUNTED: Final = {
    "frames": "Frames that count.",
    "objects": "Objects in them.",
    "late": "Frames that came late and restated their minutes.",
    "duplicates": "Frames that came twice.",
    "rows": "Minute rows that were stated.",
}


def _lost(told: Told) -> int:
    return sum(part.lost for part in told.partitions.values())


def _queued(told: Told) -> float | None:
    lags = [part.lag for part in told.partitions.values()]
    return None if None in lags else float(sum(lag for lag in lags if lag is not None))


def _behind_s(told: Told) -> float | None:
    return None if told.newest_us is None else time.time() - told.newest_us / 1e6


COUNTERS: Final[dict[str, tuple[str, Callable[[Told], int]]]] = {
    "records": ("Records that were read.", lambda told: told.records),
    "rejected_objects": ("Objects left out of frames that stand.", lambda told: told.rejects),
    "lost_records": ("Records that retention took before they were read.", _lost),
    "rows_left_alone": ("Rows of minutes that other input watched.", lambda told: told.left_alone),
}
GAUGES: Final[dict[str, tuple[str, Callable[[Told], float | None]]]] = {
    "queued_records": ("Records that are there and were not read.", _queued),
    "behind_seconds": ("How far the newest frame's capture lies behind now.", _behind_s),
    "silent_seconds": ("Since its loop last came round.", lambda told: (telling.clock_us() - told.beat_us) / 1e6),
    "waiting": ("1 while it waits for the warehouse.", lambda told: float(told.doing == "waiting")),
    "open_windows": ("Minutes of zones, lines and cameras that are not forgotten.", lambda told: told.open_windows),
    "open_incidents": ("Incidents that are open.", lambda told: told.open_incidents),
    "state_bytes": ("What recovery stores of the shard.", lambda told: told.state_bytes),
}
EDGES: Final = (*map(str, LATENCIES_S), "+Inf")
ALIVE_S: Final = 60.0
"""A process that has said nothing for so long is gone, or hangs."""


class Measured(Collector):
    """Reads what processes say, at each scrape."""

    def __init__(self, place: Place, restarts: Callable[[], int]) -> None:
        self.place, self.restarts = place, restarts

    def collect(self) -> Iterable[Metric]:
        """Return all measures of now."""
        processes = telling.read(self.place.processes)
        told = [shard for process in processes for shard in process.shards]
        for name, meaning in COUNTED.items():
            yield _counter(name, meaning, told, partial(_count, name))
        for name, (meaning, value) in COUNTERS.items():
            yield _counter(name, meaning, told, value)
        for name, (meaning, measure) in GAUGES.items():
            yield _gauge(name, meaning, told, measure)
        yield _letters(told)
        yield _latencies(told)
        waiting = GaugeMetricFamily("tilik_archive_waiting_bytes", "What waits for the archive of frames.")
        waiting.add_metric([], sum(process.archive_bytes for process in processes))
        yield waiting
        restarts = CounterMetricFamily("tilik_restarts", "Processes that were started again.")
        restarts.add_metric([], self.restarts())
        yield restarts


def _count(name: str, told: Told) -> int:
    return told.counts.get(name, 0)


def _counter(name: str, meaning: str, told: list[Told], value: Callable[[Told], int]) -> Metric:
    family = CounterMetricFamily(f"tilik_{name}", meaning, labels=SHARD)
    for each in told:
        family.add_metric([str(each.shard)], value(each), created=each.began_us / 1e6)
    return family


def _gauge(name: str, meaning: str, told: list[Told], value: Callable[[Told], float | None]) -> Metric:
    family = GaugeMetricFamily(f"tilik_{name}", meaning, labels=SHARD)
    for each in told:
        measured = value(each)
        if measured is not None:  # unknown is not zero
            family.add_metric([str(each.shard)], measured)
    return family


def _letters(told: list[Told]) -> Metric:
    family = CounterMetricFamily("tilik_dead_letters", "Records that were refused.", labels=(*SHARD, "reason"))
    for each in told:
        for reason, count in sorted(each.letters.items()):
            family.add_metric([str(each.shard), reason], count)
    return family


def _latencies(told: list[Told]) -> Metric:
    family = HistogramMetricFamily("tilik_insert_seconds", "From a flush to its acknowledgement.", labels=SHARD)
    for each in told:
        total, buckets = 0, []
        for edge, count in zip(
            (*map(str, LATENCIES_S), "+Inf"), each.latencies or [0] * (len(LATENCIES_S) + 1), strict=True
        ):
            total += count
            buckets.append((edge, float(total)))
        family.add_metric([str(each.shard)], buckets, each.flush_s)
    return family


def alive(place: Place, shards: Iterable[int]) -> list[int]:
    """Return those of the shards of which nothing was heard for too long."""
    heard = {
        told.shard
        for process in telling.read(place.processes)
        for told in process.shards
        if (telling.clock_us() - process.written_us) / 1e6 < ALIVE_S
    }
    return [shard for shard in shards if shard not in heard]


def ready(place: Place, shards: Iterable[int]) -> list[int]:
    """Return those of the shards that do not read: not begun, or waiting for the warehouse."""
    reading = {
        told.shard
        for process in telling.read(place.processes)
        for told in process.shards
        if told.doing not in ("starting", "waiting")
    }
    return [shard for shard in shards if shard not in reading]


def served(
    place: Place, shards: range, port: int, restarts: Callable[[], int] = lambda: 0
) -> AbstractContextManager[int]:
    """Serve /metrics, /healthz and /readyz on loopback; yields the port, any free one for 0.

    Raises
    ------
    SourceError
        The port is taken.
    """
    checks = {"/healthz": lambda: _words(alive(place, shards)), "/readyz": lambda: _words(ready(place, shards))}
    return scrapes.served(port, Measured(place, restarts), checks)


def _words(missing: list[int]) -> str:
    return f"shards {', '.join(map(str, missing))}" if missing else ""
