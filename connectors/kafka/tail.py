"""The reading end of one partition of a Kafka topic.

One client a partition, assigned and never balanced: who reads what is decided by shards.
Where reading goes on comes from whoever keeps the position; what is committed to the
consumer group only shows operators' tools the lag. A position that retention has passed
by is an error to the client (`auto.offset.reset=error`), which here becomes a range that
is told as lost, and reading goes on behind it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.asking import Question
from connectors.kafka.clients import held, weakly
from connectors.kafka.collecting import Taking
from connectors.kafka.settings import READING
from connectors.kafka.topic import SHAPE_S, Topic, span_of
from connectors.records import Lost, Records
from schemas.errors import SourceError

REMARKS: Final = 100
ANEW_S: Final = 3 * SHAPE_S
"""A topic that was made anew has told so by then: `Topic.look` raises it."""
LAST_S: Final = 5.0
"""How long brokers that answer have for the last commit."""
CREATE_TIME: Final = (
    "records carry the time of who sent them; the broker's own guards against senders whose clock is wrong: "
    "kafka-configs --alter --entity-type topics --entity-name TOPIC --add-config message.timestamp.type=LogAppendTime"
)


class KafkaTail:
    """Reads one partition; see `connectors.records.Tail`.

    Parameters
    ----------
    topic
        An open topic, shared by its tails.
    partition
        Which one.
    position
        Of the record to begin with; None is the earliest that is there.
    """

    def __init__(self, topic: Topic, partition: int, position: int | None = None) -> None:
        if not 0 <= partition < topic.partitions:
            raise SourceError(f"{topic.address.url}: expected a partition below {topic.partitions}, came {partition}")
        self.source = topic.address.source(partition)
        self.position = topic.span(partition).begin if position is None else position
        self.is_at_end = False
        self.tombstones = 0
        """Records without a value, as a compacted topic has them: passed over."""
        self._topic, self._partition = topic, partition
        self._lost: list[Lost] = []
        self._remarks: list[str] = []
        self._said: set[str] = set()
        self._passed_by: Question | None = None
        self._beyond_s: float | None = None  # since when it is known to end before the position
        self._committed = self._wanted = -1
        self._is_committing = False
        own = {**READING, "error_cb": topic.troubles.heard, "on_commit": weakly(self._on_commit)}
        self._consumer: Any = topic.settings.make(Consumer, topic.address, own)
        self._let_go = held(self, self._consumer)
        self._taking: Any = Taking(self._consumer)
        topic.watch(partition, self.position)
        self._assign()

    def poll(self, most: int, most_bytes: int) -> Records:
        """Return what is there, at most so many records and not much above so many bytes; it waits for nothing.

        Raises
        ------
        SourceError
            What no waiting mends: a wrong password, a topic that is gone, made anew or has grown.
        """
        self._topic.look()
        gathered = self._taking.take(most, most_bytes)
        self._is_heard |= gathered.behind >= 0
        self.position = max(self.position, gathered.behind)
        self.tombstones += gathered.tombstones
        for error in gathered.errors:
            self._hear(error)
        if gathered.has_create_time:
            self._remark(CREATE_TIME)
        if self._passed_by is not None:
            self._catch_up(self._passed_by)
        self._commit()
        self.is_at_end = self._has_all()
        return gathered.records()

    def lag(self) -> int | None:
        """Return how many positions lie before the end, as far as the end is known."""
        end = self._topic.end(self._partition)
        return None if end is None else max(0, end - self.position)

    def lost(self) -> list[Lost]:
        """Return what was lost since it was last asked."""
        lost, self._lost = self._lost, []
        return lost

    def remarks(self) -> list[str]:
        """Return what a person should know of this partition, each once, since it was last asked."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def done(self, position: int) -> None:
        """Let the consumer group show that everything before `position` is done; it decides nothing."""
        self._wanted = position

    def close(self) -> None:
        """Let go of it; what the group shows is brought up to date where brokers answer."""
        if self._consumer is None:
            return
        client, self._consumer, self._taking = [self._consumer], None, None
        try:
            is_there = self._topic.freshen(self._partition, LAST_S if self._wanted != self._committed else 0.0)
        except SourceError:
            is_there = False
        # brokers that are away are not waited for: the client, which does, ends on a thread of its own
        last = threading.Thread(target=self._end, args=(client, is_there), daemon=True)
        last.start()
        last.join(LAST_S if is_there else 0.0)
        self._topic.forget(self._partition)

    def _end(self, client: list[Any], is_there: bool) -> None:
        if is_there:
            with suppress(KafkaException):
                self._commit_last(client[0], asynchronous=False)
            client[0].close()
        client.clear()
        self._let_go()

    def _assign(self) -> None:
        self._is_heard = False  # whether the brokers know such a position is not told yet
        self._taking.drop()
        self._consumer.assign([TopicPartition(self._topic.address.topic, self._partition, self.position)])

    def _has_all(self) -> bool:
        end = self._topic.end(self._partition)
        is_told = self._is_heard and self._topic.is_fresh(self._partition)
        is_reading = self._taking.is_holding or self._passed_by is not None
        return is_told and not is_reading and end is not None and self.position >= end

    def _hear(self, error: KafkaError) -> None:
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            self._passed_by = Question(lambda: self._topic.ask_span(self._partition), 0.2, self._topic.clock)
            return
        refused = self._topic.troubles.refused(error)
        if refused is not None:
            raise refused
        self._remark(self._topic.settings.without_secrets(error.str()))

    def _catch_up(self, asked: Question) -> None:
        """Tell what retention took, once brokers have said where the partition begins now."""
        span = span_of(asked.look())
        if span is None:
            return
        if self.position > span.end:
            self._beyond_s = self._topic.clock() if self._beyond_s is None else self._beyond_s
            if self._topic.clock() - self._beyond_s < ANEW_S:
                return
            todo = "it lost its end: restore it, or start with another --state"
            raise SourceError(f"{self.source}: expected a record at {self.position}, it ends at {span.end}: {todo}")
        if self.position < span.begin:
            self._lost.append(Lost(self.position, span.begin))
            self.position = span.begin
        self._passed_by = None
        self._assign()

    def _commit(self) -> None:
        if not self._is_committing and self._topic.is_fresh(self._partition):
            self._commit_last(self._consumer)

    def _commit_last(self, consumer: Any, *, asynchronous: bool = True) -> None:
        if self._wanted != self._committed:
            self._is_committing, self._committed = True, self._wanted
            at = TopicPartition(self._topic.address.topic, self._partition, self._wanted)
            consumer.commit(offsets=[at], asynchronous=asynchronous)

    def _on_commit(self, error: KafkaError | None, _partitions: object) -> None:
        self._is_committing = False
        if error is not None:
            group = self._topic.settings.group
            self._remark(f"group {group!r} does not show what was read ({error.str()}); nothing else depends on it")

    def _remark(self, text: str) -> None:
        if text not in self._said and len(self._said) < REMARKS:
            self._said.add(text)
            self._remarks.append(f"{self.source}: {text}")
