"""One process of a live run: its shards, each with a flow, a thread and a recovery of its own.

Nothing goes between shards but the moment at which their recording begins and, where it
has an end, the frame it ends with. The process ends when it is asked to, when all of
its shards have come to their end, or with the first error that no waiting mends; what
was not acknowledged is then made again by the next one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

from connectors.formats import ReadOptions
from connectors.formats.heads import first_us
from connectors.warehouse import Statement, Stream, Warehouse
from flows import recovery
from flows.console import note
from flows.dataflow import Plan, build
from flows.live import committed, telling
from flows.live.feed import Feed, FeedSource
from flows.live.place import Place
from flows.live.sink import LiveSink, Writing
from flows.live.sources import Source
from flows.live.telling import Process, Told
from flows.refusals import given, no_secrets
from flows.thresholds import Thresholds
from operators import city as cities
from operators.city import City
from schemas.frames import FrameBatch

EPOCH: Final = timedelta(seconds=1)
"""Time between two checkpoints of a small city: positions are durable within it, rows are queryable before."""
EPOCH_CAMERAS: Final = 500
"""Cameras of a process for each further second between two: what they remember, 30 kB each, is written every time."""
MOST_EPOCHS: Final = 30
TELL_S: Final = 1.0
DONE_S: Final = 15.0
QUIET_US: Final = 300_000_000
"""A stream without any frame for so long since its start has begun with silence; ours."""
NOBODY: Final = -1


@dataclass(frozen=True)
class Asked:
    """What a process of a live run is asked for."""

    place: Place
    sources: Sequence[Source]
    shards: range
    """Of all the stream's."""
    all_shards: Sequence[int]
    """Those that end together with these."""
    kind: str
    read: ReadOptions
    thresholds: Thresholds
    statement: Statement
    until_end: bool = False
    keeps_unreadable: bool = False
    clock: Callable[[], int] = lambda: time.time_ns() // 1000


@dataclass
class Run:
    """The shards of this process, while they run."""

    asked: Asked
    stream: Stream
    warehouse: Warehouse
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)
    told: dict[int, Told] = field(default_factory=dict)
    feeds: dict[int, Feed] = field(default_factory=dict)
    counts: dict[int, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked, registry = self.asked, self.stream.definitions.registry
        self.city: City = cities.build(registry)
        self.began_us = asked.clock()
        self.names = no_secrets(registry, asked.read)
        self.writing = Writing(
            self.stream, asked.kind, self.names, asked.statement.input, given(asked.read), asked.keeps_unreadable,
            stop=self.stop, abandon=abandon,
        )  # fmt: skip
        self.process = Process(os.getpid(), [])
        self.recoveries: dict[int, RecoveryConfig] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the recovery of every shard: nobody else on this machine runs one of them meanwhile.

        Raises
        ------
        StateError
            Somebody does, or what is there is none of ours.
        """
        with ExitStack() as stack:
            for shard in self.asked.shards:
                self.recoveries[shard] = stack.enter_context(recovery.opened(self.asked.place.shard(shard)))
            self.asked.place.forget_ends(self.asked.shards)
            yield

    def run(self, beside: Callable[[Run], None] = lambda run: None) -> None:
        """Run all shards to their end; `beside` is called once a second meanwhile.

        Raises
        ------
        Whatever ended one of them.
        """
        telling.tidy(self.asked.place.processes)
        threads = [
            threading.Thread(target=self._shard, args=(shard, config), name=f"shard {shard}", daemon=True)
            for shard, config in self.recoveries.items()
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, beside)
        finally:
            self.end()
            for thread in threads:
                thread.join()
            self._tell()
        if self.errors:
            raise self.errors[0]

    @property
    def was_stopped(self) -> bool:
        """Whether it was asked to stop before its shards had come to their end."""
        return len(self.counts) < len(self.asked.shards)

    def end(self) -> None:
        """Ask all shards to stop where they are."""
        self.stop.set()
        for feed in self.feeds.values():
            feed.stopping = True

    def _watch(self, threads: list[threading.Thread], beside: Callable[[Run], None]) -> None:
        done_s = time.monotonic()
        while any(thread.is_alive() for thread in threads) and not self.errors and not self.stop.is_set():
            self._tell()
            if time.monotonic() - done_s >= DONE_S:
                self._done()
                done_s = time.monotonic()
            beside(self)
            next((thread for thread in threads if thread.is_alive()), threads[0]).join(TELL_S)

    def _tell(self) -> None:
        self.process.shards = list(self.told.values())
        telling.write(self.asked.place.processes / f"{self.asked.shards[0]:03}.json", self.process)

    def _done(self) -> None:
        """Let sources forget what every recovery has gone past."""
        feeds = list(self.feeds.items())
        found = committed.positions([self.asked.place.shard(shard) for shard, _ in feeds])
        for (_, feed), positions in zip(feeds, found, strict=True):
            feed.done = positions

    def _shard(self, shard: int, config: RecoveryConfig) -> None:
        try:
            feed = self.feeds[shard] = self._feed(shard)
            plan = self._plan(shard)
            flow = build(plan, FeedSource(feed), LiveSink(self.writing, feed.told))
            run_main(flow, epoch_interval=epoch(len(self.stream.cameras)), recovery_config=config)
            feed.told.doing = "ended"
            if feed.error is not None:
                raise feed.error
        except BaseException as error:
            self.errors.append(error)
            self.end()

    def _feed(self, shard: int) -> Feed:
        asked = self.asked
        told = self.told[shard] = Told(shard, began_us=self.began_us)
        told.beat()
        return Feed(
            shard,
            {source.key: partial(source.open, shard) for source in asked.sources},
            asked.kind,
            asked.read,
            lambda: asked.place.all_ended(asked.all_shards),
            told,
            asked.until_end,
            frozenset(asked.place.setup.keys) - {source.key for source in asked.sources},
            asked.clock,
        )

    def _plan(self, shard: int) -> Plan:
        asked = self.asked
        return Plan(
            self.city,
            asked.thresholds,
            asked.place.setup.partitions,
            since_us=0,
            now_us=self.began_us,
            only=shard,
            begins=self._begins,
            ended=asked.place.ended,
            finished=self._finished,
            counts=self.told[shard].counts,
            kept=self.told[shard].kept,
            names=self.names,
        )

    def _finished(self, shard: int, counts: dict[str, int]) -> None:
        self.counts[shard] = counts
        self.asked.place.finished(shard, counts)

    def _begins(self, batch: FrameBatch | None) -> int | None:
        """Say when the recording begins: with the first frames of any shard, or with a long silence."""
        place = self.asked.place
        since_us = place.since_us()
        if since_us is not None:
            return since_us
        if batch is not None and len(batch):
            first = first_us([batch.frames])
            return None if first is None else place.begin(first)
        return place.begin(self.began_us) if self.asked.clock() - self.began_us >= QUIET_US else None


def epoch(cameras: int) -> timedelta:
    """Return the time between two checkpoints of a process with so many cameras."""
    return EPOCH * min(max(1, cameras // EPOCH_CAMERAS), MOST_EPOCHS)


def abandon() -> None:
    """End this process where it stands: what is not written yet will be made again."""
    note("interrupted while the warehouse is away: the next start goes on where this one stood")
    os._exit(130)
