"""One process of a live run: its shards, each with a flow, a thread and a recovery of its own.

Nothing goes between shards but the moment at which their recording begins and, where it
has an end, the frame it ends with. The process ends when it is asked to, when all of
its shards have come to their end, or with the first error that no waiting mends; what
was not acknowledged is then made again by the next one. Who is asked to end waits for
nobody: a flush that is under way has a moment, then the process ends where it stands.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import polars as pl
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

from connectors.formats.heads import first_us
from connectors.warehouse import Stream, Warehouse
from flows import left_open, recovery
from flows.console import note
from flows.dataflow import Plan, build
from flows.live import committed, kept, telling
from flows.live.archiving import LiveArchive
from flows.live.beginning import Beginning
from flows.live.clock import Clock
from flows.live.feed import Feed, FeedSource
from flows.live.ready import Asked
from flows.live.sink import LiveSink, Writing
from flows.live.supervising import INTERRUPTED, answered
from flows.live.telling import Process, Told
from flows.live.waiting import Saying, Stopped, until_there
from flows.live.worker import Worker
from flows.nights import Nightly
from flows.refusals import given, no_secrets
from operators import city as cities
from operators.city import City
from schemas.errors import ArchiveAway, StateAway
from schemas.frames import FrameBatch
from schemas.partitions import partition_of
from schemas.registry import fingerprint

EPOCH: Final = timedelta(seconds=1)
"""Time between two checkpoints of a small city: positions are durable within it, rows are queryable before."""
EPOCH_CAMERAS: Final = 500
"""Cameras of a process for each further second between two: what they remember, 30 kB each, is written every time."""
MOST_EPOCHS: Final = 30
TELL_S: Final = 1.0
DONE_S: Final = 15.0
GRACE_S: Final = 10.0
"""How long shards that are asked to end have for the flush that they are at; ours."""
AWAY_S: Final = 1.0
"""How long, where one of them is known to wait for somebody who is away; ours."""


@dataclass
class Run:
    """The shards of this process, while they run."""

    asked: Asked
    stream: Stream
    warehouse: Warehouse
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)
    leaving: threading.Lock = field(default_factory=threading.Lock)
    told: dict[int, Told] = field(default_factory=dict)
    feeds: dict[int, Feed] = field(default_factory=dict)
    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    was_asked: bool = False  # somebody asked it to end
    archive: LiveArchive | None = None

    def __post_init__(self) -> None:
        asked, registry = self.asked, self.stream.definitions.registry
        self.city: City = cities.build(registry)
        self.clock = Clock(asked.clock, self.warehouse.now_us())
        self.began_us = self.clock.now()
        self.names = no_secrets(registry, asked.read)
        self.writing = Writing(
            self.stream, asked.kind, self.names, asked.statement.input, given(asked.read), asked.keeps_unreadable,
            stop=self.stop, abandon=self._abandon, contents=self._anew(),
        )  # fmt: skip
        self.begun = threading.Event()
        self.process = Process(os.getpid(), [], registry=asked.registry)
        self.recoveries: dict[int, RecoveryConfig] = {}
        self.left_open = left_open.nothing()
        """What the warehouse has open of these shards."""
        self.is_outdated = False
        """Another registry was applied: its shards end where they are, and go on by that."""

    def look_back(self) -> None:
        """Ask the warehouse what it has open; for who holds the shards, before they run."""
        self.left_open = self.stream.left_open().select(left_open.nothing().columns).cast(left_open.SCHEMA)

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

    def after(self, asked: Asked) -> Run:
        """Return what goes on with the shards of this one, by another registry; who holds them still does."""
        following = type(self)(asked, self.stream, self.warehouse)
        following.recoveries = self.recoveries
        following.archives_in(self.archive)
        return following

    def archives_in(self, archive: LiveArchive | None) -> None:
        """Let an archive have what leaves."""
        self.archive = archive
        if archive is not None:
            archive.stop, archive.wait_for = self.stop, self._wait_for_archive
            archive.goes_by(f"{self.asked.statement.definitions:016x}")

    def _wait_for_archive(self, shard: int, said: str) -> None:
        if said:
            self.told[shard].wait_for("archive", said)
        else:
            self.told[shard].is_there("archive")

    def run(self, beside: Callable[[Run], None] = lambda run: None) -> bool:
        """Run all shards to their end; `beside` is called once a second meanwhile.

        Returns
        -------
        Whether they go on: by another registry, once they are asked to.

        Raises
        ------
        Whatever ended one of them.
        """
        telling.tidy(self.asked.place.processes)
        threads = [
            Worker(f"shard {shard}", partial(self._shard, shard, config)) for shard, config in self.recoveries.items()
        ]
        threads.append(Worker("beginning", self._begin))
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, beside)
        finally:
            self.was_asked = self.stop.is_set()
            self._leave(threads)
            self._tell()
            self._done()
            for feed in self.feeds.values():
                feed.close()
        if self.errors:
            raise self.errors[0]
        return self.is_outdated and not self.was_asked

    @property
    def was_stopped(self) -> bool:
        """Whether it was asked to stop before its shards had come to their end."""
        return len(self.counts) < len(self.asked.shards)

    def end(self) -> None:
        """Ask all shards to stop where they are."""
        self.stop.set()
        for feed in self.feeds.values():
            feed.stopping = True

    def _leave(self, threads: list[Worker]) -> None:
        """Let the shards stop where they are; who does not within a moment is left behind."""
        if any(thread.is_at_work for thread in threads):
            self.end()
            self.warehouse.hurry()
        began_s = time.monotonic()
        while at_work := [thread for thread in threads if thread.is_at_work]:
            is_away = any(told.doing == "waiting" for told in self.told.values())
            if time.monotonic() - began_s > (AWAY_S if is_away else GRACE_S):
                self._abandon()
            at_work[0].over.wait(0.1)

    def _abandon(self) -> None:
        """End this process where it stands, with its answer: what is not written yet will be made again."""
        self.leaving.acquire()  # for good: of several who leave, one speaks
        error = next(iter(self.errors), None)
        if error is None:
            note("interrupted while others are waited for: the next start goes on where this one stood", "interrupted")
            os._exit(INTERRUPTED)
        os._exit(answered(error, is_child=self.asked.is_child))

    def _watch(self, threads: list[Worker], beside: Callable[[Run], None]) -> None:
        done_s = time.monotonic()
        while any(thread.is_at_work for thread in threads) and not self.errors and not self.stop.is_set():
            self._tell()
            self._look_for_registry()
            if time.monotonic() - done_s >= DONE_S:
                self._done()
                done_s = time.monotonic()
            beside(self)
            next((thread for thread in threads if thread.is_at_work), threads[0]).over.wait(TELL_S)

    def _look_for_registry(self) -> None:
        """Let shards end where they stand, and what waits be waited for, once another registry is there."""
        is_another = kept.number(self.asked.place) not in (None, self.asked.registry)
        self.is_outdated |= is_another and not self.asked.until_end
        for feed in list(self.feeds.values()) if self.is_outdated else ():
            feed.stopping = True

    def _tell(self) -> None:
        self.process.shards = list(self.told.values())
        if self.archive is not None:
            self.process.archive, self.process.archive_bytes = self.archive.said, self.archive.bytes
        telling.write(self.asked.place.processes / telling.name(self.asked.shards), self.process)

    def _done(self) -> None:
        """Let sources forget what every recovery has gone past."""
        feeds = list(self.feeds.items())
        found = committed.positions([self.asked.place.shard(shard) for shard, _ in feeds])
        for (_, feed), positions in zip(feeds, found, strict=True):
            feed.done = positions

    def _begin(self) -> None:
        """Decide when the recording begins; the shards read nothing before."""
        asked, where = self.asked, self.asked.place
        try:
            if where.since_us() is None:
                first_us = self._once_there_is_room(partial(where.first_asked_us, self.began_us))
                of = Beginning(asked.sources, asked.kind, asked.read, first_us, asked.until_end, self.clock.now)
                since_us = of.decide(where.since_us, self.stop.wait)
                if since_us is not None:
                    self._once_there_is_room(partial(where.begin, since_us))
            self.begun.set()
        except Stopped:
            return
        except BaseException as error:
            self.errors.append(error)
            self.end()

    def _once_there_is_room(self, attempt: Callable[[], int]) -> int:
        return until_there(attempt, StateAway, Saying(), self.stop)

    def _shard(self, shard: int, config: RecoveryConfig) -> None:
        """Run a shard to its end; while its disk has no room it waits, and goes on from its recovery."""
        saying = Saying(lambda said: self.told[shard].wait_for("state", said))
        try:
            until_there(partial(self._flow, shard, config), (StateAway, ArchiveAway), saying, self.stop)
        except Stopped:
            return
        except BaseException as error:
            self.errors.append(error)
            self.end()

    def _flow(self, shard: int, config: RecoveryConfig) -> None:
        feed = self.feeds[shard] = self._feed(shard)
        flow = build(self._plan(shard), FeedSource(feed), LiveSink(self.writing, feed.told))
        try:
            with recovery.needs_room(self.asked.place.shard(shard)):
                run_main(flow, epoch_interval=epoch(len(self.stream.cameras)), recovery_config=config)
        except (StateAway, ArchiveAway):
            feed.close()
            raise
        feed.told.doing = "ended"
        if feed.error is not None:
            raise feed.error

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
            self._former(shard),
            self.begun.is_set,
            self.clock.now,
            self.clock.heard,
        )

    def _former(self, shard: int) -> dict[str, str]:
        """Return partitions that are read no longer, with the one in whose place another is."""
        setup, read = self.asked.place.setup, {source.key for source in self.asked.sources}
        names = {key: f"{setup.replaced[key]}/{shard}" if key in setup.replaced else "" for key in setup.keys}
        return {key: name for key, name in names.items() if key not in read}

    def _anew(self) -> dict[str, int]:
        """Return what letters of sources are known by that were made anew."""
        names = set(self.asked.place.setup.replaced.values())
        return {source.name: fingerprint(source.key) for source in self.asked.sources if source.name in names}

    def _plan(self, shard: int) -> Plan:
        asked = self.asked
        plan = Plan(
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
            beat=self.told[shard].beat,
            kept=self.told[shard].kept,
            left_open=self._left_open(shard),
            names=self.names,
        )
        if self.archive is not None:
            keeping = self.archive.shards[shard]
            plan.on_release, plan.on_last = keeping.take, keeping.take_last
            plan.on_snapshot, plan.on_resume, plan.on_lost = keeping.cut, keeping.resume, keeping.lose
            plan.nightly = Nightly(self.archive.header.shards, keeping.journal.remember)
        return plan

    def _left_open(self, shard: int) -> pl.DataFrame:
        partitions = self.asked.place.setup.partitions
        whose = [partition_of(name, partitions) for name in self.left_open["camera_id"]]
        return self.left_open.filter(pl.Series(whose, dtype=pl.Int64) == shard)

    def _finished(self, shard: int, counts: dict[str, int]) -> None:
        self.counts[shard] = counts
        self.asked.place.finished(shard, counts)

    def _begins(self, batch: FrameBatch | None) -> int | None:
        """Say when the recording begins; of one that was to end without a frame, with those that came after all."""
        since_us = self.asked.place.since_us()
        if since_us is None and batch is not None and (first := first_us([batch.frames])) is not None:
            return self.asked.place.begin(first)
        return since_us


def epoch(cameras: int) -> timedelta:
    """Return the time between two checkpoints of a process with so many cameras."""
    return EPOCH * min(max(1, cameras // EPOCH_CAMERAS), MOST_EPOCHS)
