"""Messages of the Kafka client as records.

A message is an object of the client's; some hundred are taken at a time, because the
garbage collector looks through them all again and again where thousands live at once
(300 against 550 thousand records a CPU second: `python -m benchmarks.kafka`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, Message

from connectors.kafka.headers import Origins
from connectors.records import Records, coded, records

CHUNK: Final = 500
US: Final = 1_000
"""Microseconds a millisecond, the grain of Kafka's times."""


class Gathered:
    """What one poll takes of a consumer: records, and what else the client told among them."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.offsets: list[int] = []
        self.stamps_ms: list[int] = []
        self.origins = Origins()
        self.tombstones = 0
        self.behind = -1
        """The position behind the last of them, -1 where there was none."""
        self.errors: list[KafkaError] = []
        self.has_create_time = False

    def add(self, messages: list[Message]) -> None:
        """Take messages in their order."""
        if any(map(Message.error, messages)):
            messages = self._without_events(messages)
        if not messages:
            return
        self.behind = _offset(messages[-1]) + 1
        values = list(map(Message.value, messages))
        if None in values:
            messages = [each for each, value in zip(messages, values, strict=True) if value is not None]
            self.tombstones += len(values) - len(messages)
        self.values += [value for value in values if value is not None]
        self.offsets += map(_offset, messages)
        self.origins.add(list(map(Message.headers, messages)))
        self.stamps_ms += [stamp for _, stamp in map(Message.timestamp, messages)]
        self.has_create_time |= any(kind == TIMESTAMP_CREATE_TIME for kind, _ in map(Message.timestamp, messages[:1]))

    def records(self) -> Records:
        """Return the records."""
        plain = records(self.values, self.offsets, [stamp * US for stamp in self.stamps_ms])
        table = list(self.origins.table)
        if len(table) == 1:  # nobody said where they came from
            return plain
        code = np.array(self.origins.codes, np.int64)
        kind, kinds = coded(code, [one.kind for one in table], None)
        topic, topics = coded(code, [one.topic for one in table], "")
        camera, cameras = coded(code, [one.camera for one in table], "")
        return replace(
            plain, kind=kind, kinds=kinds, topic=topic if topics else None, topics=topics,
            camera=camera if cameras else None, cameras=cameras,
        )  # fmt: skip

    def _without_events(self, messages: list[Message]) -> list[Message]:
        """Return the records among messages that also tell of ends and errors."""
        kept = []
        for message in messages:
            error = message.error()
            if error is None:
                kept.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self.behind = max(self.behind, _offset(message))  # over marks of transactions, which are no records
            else:
                self.errors.append(error)
        return kept


class Taking:
    """Takes messages from a consumer up to a number and a size; those beyond wait here for the next poll."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._held: list[Message] = []

    @property
    def is_holding(self) -> bool:
        """Say whether messages wait here."""
        return bool(self._held)

    def drop(self) -> None:
        """Let go of messages that wait here: they are read again."""
        self._held = []

    def take(self, most: int, most_bytes: int) -> Gathered:
        """Return what is there, without waiting for more."""
        gathered = Gathered()
        while most > 0 and most_bytes > 0:
            messages = self._held or self._consumer.consume(min(CHUNK, most), 0)
            self._held = []
            if not messages:
                break
            size = np.cumsum(np.fromiter(map(len, messages), np.int64, len(messages)))
            count = min(most, int(np.searchsorted(size, most_bytes)) + 1)
            messages, self._held = messages[:count], messages[count:]
            gathered.add(messages)
            most -= len(messages)
            most_bytes -= int(size[len(messages) - 1])
        return gathered


def _offset(message: Message) -> int:
    at = message.offset()
    assert at is not None  # it came from a broker
    return at
