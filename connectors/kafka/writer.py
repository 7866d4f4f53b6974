"""Writes records into a Kafka topic: once each, a camera's in order, none silently dropped.

What was put waits in a bounded buffer until all brokers that are in sync have it. A broker
that is away fills the buffer, which its owner is told (`BufferFull`); nothing expires there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.kafka.clients import held, weakly
from connectors.kafka.headers import headers_of
from connectors.kafka.settings import WRITING
from connectors.kafka.topic import Topic
from connectors.records import Origin
from schemas.errors import SourceError, TilikError

Delivered = Callable[[str], None]
"""Told once a record is durable ('') or refused for good (why)."""
SERVE: Final = 256
"""Records that are put between two looks at what was delivered."""
LOOK_S: Final = 0.1
_headers = lru_cache(4_096)(headers_of)


class BufferFull(TilikError):
    """Records come faster than brokers take them: nothing of this one was kept; it can be put again later."""


class KafkaWriter:
    """Writes to one topic; one thread at a time.

    Parameters
    ----------
    topic
        An open topic; its settings hold the bound of the buffer (`queue.buffering.max.kbytes`).
    wait_s
        How long `put` waits for room in the buffer.
    clock
        Seconds, for that waiting.
    """

    def __init__(self, topic: Topic, wait_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.topic = topic
        self.delivered = 0
        """Records that are durable."""
        self.failed = 0
        """Records that brokers refused."""
        self._wait_s, self._clock = wait_s, clock
        self._put = 0
        self._untold = ""  # why a record was refused whose owner asked for no word of it
        self._fatal = ""
        own = {**WRITING, "error_cb": weakly(self._hear)}
        self._producer: Any = topic.settings.make(Producer, topic.address, own)
        held(self, self._producer)

    @property
    def waiting(self) -> int:
        """Return how many records are on their way."""
        return self._put - self.delivered - self.failed

    def put(
        self, camera: str, value: bytes, origin: Origin | None = None, on_delivery: Delivered | None = None
    ) -> None:
        """Put a record of a camera into the buffer.

        Parameters
        ----------
        camera
            Its id, which decides the partition; '' where it is not known, any partition then.
        origin
            What its bytes do not say of where it came from.
        on_delivery
            Is told what became of it, by a later `put`, `serve` or `flush`.

        Raises
        ------
        BufferFull
            There is no room, and was none for `wait_s`.
        SourceError
            What no waiting mends: credentials, a topic that is gone, earlier records that were refused.
        """
        landed = self._telling(on_delivery)
        words = {"headers": _headers(origin)} if origin is not None else {}
        until = self._clock() + self._wait_s
        while True:
            try:
                self._producer.produce(
                    self.topic.address.topic, value, camera.encode() or None, on_delivery=landed, **words
                )
                break
            except BufferError:
                self._wait(until)
            except KafkaException as error:  # larger than the client itself takes
                landed(error.args[0], None)
                break
        self._put += 1
        if self._put % SERVE == 0:
            self.serve()

    def serve(self, wait_s: float = 0.0) -> None:
        """Take note of what was delivered; whoever puts nothing for a while calls it.

        Raises
        ------
        SourceError
            As `put`.
        """
        self._producer.poll(wait_s)
        self.check()

    def flush(self, wait_s: float | None = None) -> int:
        """Wait until all records are durable, at most so long; returns how many are not yet.

        Raises
        ------
        SourceError
            As `put`.
        """
        until = None if wait_s is None else self._clock() + wait_s
        while self.waiting and (until is None or self._clock() < until):
            self.serve(LOOK_S)
        self.check()
        return self.waiting

    def check(self) -> None:
        """Raise what stands in the way of writing.

        Raises
        ------
        SourceError
            As `put`.
        """
        self.topic.look()
        if self._fatal:
            raise SourceError(f"{self.topic.address.url}: writing ended: {self._fatal}")
        if self._untold:
            raise SourceError(f"{self._untold} ({self.failed:,} records were refused)")

    def close(self, wait_s: float = 10.0) -> int:
        """Flush and let go; returns how many records were left behind, which nobody will write."""
        left = self.flush(wait_s)
        self._producer.purge()
        return left

    def _wait(self, until: float) -> None:
        is_over = self._clock() >= until
        self.serve(min(LOOK_S, self._wait_s))
        if is_over:
            raise BufferFull(f"{self.topic.address.url}: {self.waiting:,} records wait for brokers that take none")

    def _telling(self, on_delivery: Delivered | None) -> Callable[[KafkaError | None, object], None]:
        if on_delivery is None:
            return self._landed

        def landed(error: KafkaError | None, _message: object) -> None:
            if error is None:
                self.delivered += 1
            else:
                self.failed += 1
            on_delivery("" if error is None else str(self._refused(error)))

        return landed

    def _landed(self, error: KafkaError | None, _message: object) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.failed += 1
            self._untold = str(self._refused(error))

    def _refused(self, error: KafkaError) -> SourceError:
        known = self.topic.troubles.refused(error)
        if known is not None:
            return known
        if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE):
            todo = "raise max.message.bytes of the topic, and TILIK_KAFKA_MESSAGE_MAX_BYTES here"
            return SourceError(f"{self.topic.address.url}: a record is larger than the topic takes: {todo}")
        return SourceError(f"{self.topic.address.url}: {self.topic.settings.without_secrets(error.str())}")

    def _hear(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = self.topic.settings.without_secrets(error.str())
        self.topic.troubles.heard(error)
