"""A stream for tests that is a list in memory: what a broker keeps, without a broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.records import Lost, Records, records
from flows.live.sources import Source
from schemas.partitions import partition_of


@dataclass
class Topic:
    """Partitions of messages with the time each came; `sizes` is how many a poll returns, in turn."""

    partitions: list[list[tuple[bytes, int]]]
    sizes: Sequence[int] = (8_192,)
    done: dict[int, int] = field(default_factory=dict)
    gone: int = 0
    """Retention has taken what stood before this position."""

    def source(self) -> Source:
        return Source(
            "memory:topic", "memory:1", len(self.partitions), lambda partition, at: ListTail(self, partition, at or 0)
        )


def topic(messages: Sequence[tuple[str, bytes, int]], partitions: int, sizes: Sequence[int] = (8_192,)) -> Topic:
    """Return a topic with messages (camera, value, arrival) where their cameras belong."""
    kept: list[list[tuple[bytes, int]]] = [[] for _ in range(partitions)]
    for camera, value, came_us in messages:
        kept[partition_of(camera, partitions)].append((value, came_us))
    return Topic(kept, sizes)


class ListTail:
    """The reading end of one list."""

    def __init__(self, of: Topic, partition: int, position: int) -> None:
        self.of, self.partition, self.position = of, partition, position
        self.source = f"memory:topic/{partition}"
        self.is_at_end = False
        self.polls = 0
        self.missing: list[Lost] = []

    def poll(self, most: int, most_bytes: int) -> Records:
        held = self.of.partitions[self.partition]
        if self.position < self.of.gone:
            self.missing.append(Lost(self.position, self.of.gone))
            self.position = self.of.gone
        size = min(most, self.of.sizes[self.polls % len(self.of.sizes)])
        self.polls += 1
        some = held[self.position : self.position + size]
        first, self.position = self.position, self.position + len(some)
        self.is_at_end = self.position >= len(held)
        return records([value for value, _ in some], range(first, self.position), [came for _, came in some])

    def lag(self) -> int | None:
        return len(self.of.partitions[self.partition]) - self.position

    def lost(self) -> list[Lost]:
        told, self.missing = self.missing, []
        return told

    def remarks(self) -> list[str]:
        return []

    def done(self, position: int) -> None:
        self.of.done[self.partition] = position

    def close(self) -> None:
        pass
