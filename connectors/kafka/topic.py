"""A topic as its brokers have it: how many partitions, where they begin and end, whether it is still the same one.

One `Topic` serves all partitions that a process reads, on whatever threads. It asks in the background, where
the partitions end once a second and what the topic is every two, and `look` tells what
came: a partition is at its end only by a fresh answer, so brokers that are killed, frozen
or cut off are never mistaken for a quiet street.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from connectors.kafka.address import Address
from connectors.kafka.asking import Answer, Question
from connectors.kafka.clients import held
from connectors.kafka.settings import Settings
from connectors.kafka.troubles import Troubles
from schemas.errors import SourceAway, SourceError

ENDS_S: Final = 1.0
SHAPE_S: Final = 2.0
FRESH_S: Final = 3.0
"""An end that is older says nothing: three questions had time to be answered."""
ASK_S: Final = 5.0
"""A question that takes longer is put again."""
OPEN_S: Final = 30.0
QUIET_S: Final = 3.0
"""An answer takes so long without anybody being told."""
BACK_S: Final = 30.0
"""A broker that was just restarted may for a moment tell an end before the one it told last; told for so long, it is
believed: records were lost. Ours."""
GONE: Final = 2
"""Answers one after another that a topic is unknown before it is believed: one broker may not know it yet."""


class Span(NamedTuple):
    """Where a partition begins and ends: positions of its first record and behind its last."""

    begin: int
    end: int


class Topic:
    """A topic that was found, and what has become of it since.

    Parameters
    ----------
    address
        Which one, and where.
    settings
        Security and whatever else the client is told.
    open_s
        How long brokers that are away are waited for.
    waiting
        Is told meanwhile what they are waited for.

    Raises
    ------
    SourceAway
        No broker answers in time.
    """

    def __init__(
        self,
        address: Address,
        settings: Settings,
        open_s: float = OPEN_S,
        clock: Callable[[], float] = time.monotonic,
        waiting: Callable[[str], None] = lambda said: None,
    ) -> None:
        self.address, self.settings = address, settings
        self.troubles = Troubles(address, settings, clock)
        self.clock, self._waiting = clock, waiting
        self._admin: AdminClient = settings.make(AdminClient, address, {"error_cb": self.troubles.heard})
        held(self, self._admin)
        self._shape = Question(self._ask_shape, SHAPE_S, clock)
        self._ends = Question(self._ask_ends, ENDS_S, clock)
        self._watched: list[int] = []
        self._end: dict[int, tuple[int, float]] = {}
        self._least: dict[int, int] = {}  # by partition where it ended at least
        self._back_s: dict[int, float] = {}  # by partition since when an end before that is told
        self._unknown = 0
        self._looking = threading.Lock()
        self._over = ""  # why nothing more is read of it
        self.partitions = 0
        """How many it had when it was opened."""
        self.identity = ""
        """Kafka's id of it: a topic that is deleted and made anew has another."""
        self._wait_until_known(open_s)

    def look(self) -> None:
        """Take what brokers have said since the last look; it waits for nothing.

        Raises
        ------
        SourceError
            Something that no waiting mends: credentials, a topic that is gone, was made anew or has grown.
        """
        if self._looking.acquire(blocking=False):  # one thread takes what came, for all
            try:
                self._take_what_came()
            except SourceError as error:
                self._over = str(error)
            finally:
                self._looking.release()
        if self._over:
            raise SourceError(self._over)
        self.troubles.check()

    def watch(self, partition: int, position: int = 0) -> None:
        """Keep asking where a partition ends that was read up to a position."""
        self._least[partition] = max(position, self._least.get(partition, 0))
        if partition not in self._watched:
            self._watched.append(partition)
            self._ends.at_once()

    def forget(self, partition: int) -> None:
        """Ask no longer."""
        if partition in self._watched:
            self._watched.remove(partition)

    def end(self, partition: int) -> int | None:
        """Return where a partition ended when brokers were last asked, however long ago."""
        known = self._end.get(partition)
        return None if known is None else known[0]

    def is_fresh(self, partition: int) -> bool:
        """Say whether brokers have told only just where it ends."""
        known = self._end.get(partition)
        return known is not None and self.clock() - known[1] < FRESH_S

    def freshen(self, partition: int, wait_s: float) -> bool:
        """Say whether brokers tell where a partition ends, given a moment to.

        Raises
        ------
        SourceError
            As `look`.
        """
        until = self.clock() + wait_s
        while not self.is_fresh(partition) and self.clock() < until:
            self.look()
            self._admin.poll(0.05)
        return self.is_fresh(partition)

    def ask_span(self, partition: int) -> dict[str, Future[Any]]:
        """Ask where a partition begins and ends; `span_of` reads the results."""
        at = TopicPartition(self.address.topic, partition)
        specs = {"begin": OffsetSpec.earliest(), "end": OffsetSpec.latest()}
        return {name: self._admin.list_offsets({at: spec}, request_timeout=ASK_S)[at] for name, spec in specs.items()}

    def span(self, partition: int, wait_s: float = OPEN_S) -> Span:
        """Return where a partition begins and ends now; it waits for the answer.

        Raises
        ------
        SourceAway
            Nobody answers in time.
        """
        asked = Question(lambda: self.ask_span(partition), 0.1, self.clock)
        until = self.clock() + wait_s
        while True:
            found = span_of(asked.look())
            if found is not None:
                return found
            self.look()
            self._wait_a_little(until, wait_s)

    def _take_what_came(self) -> None:
        self._admin.poll(0)
        shape, ends = self._shape.look(), self._ends.look() if self._watched else None
        if shape is not None:
            self._take_shape(shape)
        if ends is not None:
            self._take_ends(ends)

    def _ask_shape(self) -> Mapping[str, Future[Any]]:
        return self._admin.describe_topics(TopicCollection([self.address.topic]), request_timeout=ASK_S)

    def _ask_ends(self) -> Mapping[int, Future[Any]]:
        latest = {TopicPartition(self.address.topic, each): OffsetSpec.latest() for each in tuple(self._watched)}
        asked = self._admin.list_offsets(latest, request_timeout=ASK_S)
        return {at.partition: future for at, future in asked.items()}

    def _take_ends(self, answer: Answer) -> None:
        for partition, value in answer.values.items():
            if isinstance(value, KafkaException):
                self._raise_if_refused(value)
            else:
                self._take_end(partition, value.offset, answer.asked_s)
                self.troubles.answered()

    def _take_end(self, partition: int, end: int, asked_s: float) -> None:
        """Believe where a partition ends; before where it ended, only if that is told for long.

        A client whose broker was just restarted answers with a position below 0, and without an error.
        """
        if end < 0:
            return
        if end < self._least.get(partition, 0) and asked_s - self._back_s.setdefault(partition, asked_s) < BACK_S:
            return
        self._back_s.pop(partition, None)
        self._end[partition], self._least[partition] = (end, asked_s), end

    def _take_shape(self, answer: Answer) -> None:
        (found,) = answer.values.values()
        if isinstance(found, KafkaException):
            self._raise_if_refused(found)
            if found.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                self.troubles.answered()
                self._miss()
            return
        self.troubles.answered()
        self._unknown = 0
        self._compare(str(found.topic_id), len(found.partitions))

    def _compare(self, identity: str, partitions: int) -> None:
        if not self.partitions:
            self.identity, self.partitions = identity, partitions
        elif identity != self.identity:
            todo = "start again: it is read from its first record then, and what is lost of the former is told"
            raise SourceError(f"{self.address.url} was deleted and made anew: {todo}")
        elif partitions != self.partitions:
            raise SourceError(f"{self.address.url}: {grown(self.partitions, partitions)}")

    def _miss(self) -> None:
        """Count an answer that there is no such topic."""
        self._unknown += 1
        if self._unknown >= GONE and self.partitions:
            raise SourceError(f"{self.address.url} is gone: its topic was deleted; what was read of it stays stored")
        if self._unknown >= GONE:
            todo = "docs/operations.md has the command that makes one"
            raise SourceError(f"{self.address.url}: the brokers know no topic {self.address.topic!r}: {todo}")

    def _raise_if_refused(self, error: KafkaException) -> None:
        refused = self.troubles.refused(error.args[0])
        if refused is not None:
            raise refused

    def _wait_until_known(self, open_s: float) -> None:
        until = self.clock() + open_s
        while not self.partitions:
            self.look()
            if not self.partitions:
                self._wait_a_little(until, open_s)

    def _wait_a_little(self, until: float, limit_s: float) -> None:
        is_over = self.clock() > until
        if is_over or self.clock() > until - limit_s + QUIET_S:
            last = self.troubles.last or "no word from them"
            todo = "start them; where they ask for TLS or a user, set TILIK_KAFKA_SECURITY_PROTOCOL"
            said = f"{self.address.url}: no broker answers ({last}): {todo}"
            if is_over:
                raise SourceAway(said)
            self._waiting(said)
        self._admin.poll(0.05)


def partitions(address: Address, settings: Settings) -> int:
    """Return how many partitions a topic has."""
    return Topic(address, settings).partitions


def span_of(answer: Answer | None) -> Span | None:
    """Return what `Topic.ask_span` was answered, None where it was not."""
    if answer is None or any(isinstance(value, Exception) for value in answer.values.values()):
        return None
    return Span(answer.values["begin"].offset, answer.values["end"].offset)


def grown(before: int, now: int) -> str:
    """Say what it takes to go on with a topic that has other partitions than before."""
    return (
        f"expected {before} partitions, came {now}: cameras have moved between them, so their order is lost; "
        "write into a new topic of that many partitions, let this one be read to its end (--until-end), "
        "then run on the new one with another --state (docs/operations.md)"
    )
