"""Reading a topic of a real broker in tests: what came, polled until something is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from connectors.kafka import parse
from connectors.kafka.settings import of_environment
from connectors.kafka.tail import KafkaTail
from connectors.kafka.topic import Topic

PATIENCE_S = 120.0


def opened(url: str, environment: Mapping[str, str] | None = None, **wait: float) -> Topic:
    return Topic(parse(url), of_environment(environment or {}), **wait)


def tail(url: str, partition: int = 0, position: int | None = None, **environment: str) -> KafkaTail:
    return KafkaTail(opened(url, environment), partition, position)


class Seen:
    """What a tail returned, poll by poll."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.positions: list[int] = []
        self.arrival_us: list[int] = []
        self.most = 0

    def poll(self, reader: KafkaTail, most: int = 10_000, most_bytes: int = 1 << 24) -> int:
        """Take one poll; returns how many records it had."""
        came = reader.poll(most, most_bytes)
        self.values += [came.record(row) for row in range(len(came))]
        self.positions += came.position.tolist()
        self.arrival_us += came.arrival_us.tolist()
        self.most = max(self.most, len(came))
        return len(came)


def read_until(
    is_done: Callable[[Seen], bool], *readers: KafkaTail, seen: Seen | None = None, most: int = 10_000
) -> Seen:
    """Poll readers in turn until something is true of what came."""
    seen = seen or Seen()
    until = time.monotonic() + PATIENCE_S
    while not is_done(seen):
        assert time.monotonic() < until, f"{len(seen.values)} records came, then nothing"
        if not sum(seen.poll(each, most) for each in readers):
            time.sleep(0.01)
    return seen


def read_all(*readers: KafkaTail, most: int = 10_000) -> Seen:
    """Poll until every reader has returned all that is there."""
    return read_until(lambda _: all(each.is_at_end for each in readers), *readers, most=most)
