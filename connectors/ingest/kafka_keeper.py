"""Records into Kafka instead of a spool, where a city has one: kept once all replicas that are in sync have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.ingest.keepers import Oversized
from connectors.kafka.topic import Topic
from connectors.kafka.writer import BufferFull, KafkaWriter
from connectors.records import Origin
from connectors.spool import SpoolFull
from schemas.errors import SourceError, TilikError

DELIVERED_S: Final = 30.0
"""Brokers that take longer are away, as far as senders are concerned."""
TOO_LARGE: Final = "a record is larger than the topic takes"
"""What `KafkaWriter` says of one."""


class KafkaKeeper:
    """Keeps records in a topic, each in its camera's partition."""

    lanes = 1
    bound: int | None = None
    held: int | None = None

    def __init__(self, topic: Topic) -> None:
        self.partitions = topic.partitions
        self.url = topic.address.url
        self._writer = KafkaWriter(topic)

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        """Put records and wait until brokers have them; returns those that they refused, or did not take in time."""
        told: list[str | None] = [None] * len(values)
        refused: dict[int, TilikError] = {}
        for row, (value, origin, camera) in enumerate(zip(values, origins, cameras, strict=True)):
            try:
                self._writer.put(camera, value, origin, lambda why, row=row: told.__setitem__(row, why))  # type: ignore[misc]
            except BufferFull as full:
                refused |= dict.fromkeys(range(row, len(values)), SpoolFull(str(full)))
                break
        if refused:
            self._writer.serve()
        self._writer.flush(DELIVERED_S)
        away = SourceError(f"{self.url}: brokers did not take it within {DELIVERED_S:.0f} s")
        for row, why in enumerate(told):
            if why != "" and row not in refused:
                refused[row] = away if why is None else Oversized(why) if TOO_LARGE in why else SourceError(why)
        return refused

    def idle(self, lane: int) -> None:
        """Look at what brokers say."""
        self._writer.serve()

    def close(self) -> None:
        """Let go of it."""
        self._writer.close(DELIVERED_S)
