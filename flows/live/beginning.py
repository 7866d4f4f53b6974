"""When a live run's recording begins: with the first frames of the stream, by what their broker or spool says of them.

Decided once, from the first records of all partitions by the times at which they came, so that neither the size
of a poll, nor which shard reads first, nor a kill before it is written down changes it. What came
within `SPAN_US` of the first record is looked at together. Frames whose clock agrees with their
arrival decide; where none does, several of a camera that agree with each other are
history that is played; one alone is a broken clock, and the first arrival decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from connectors.formats import Live, ReadOptions, heads
from connectors.formats.chunks import Arrivals, Chunk
from connectors.records import Records, Tail
from flows.live.sources import Source
from operators.stage.beliefs import BEFORE_US
from schemas.errors import SourceAway

HEAD_RECORDS: Final = 4_096
HEAD_BYTES: Final = 8 << 20
SPAN_US: Final = 5_000_000
"""What came so soon after the first record is looked at together; ours."""
LONGEST_US: Final = 4 * SPAN_US
"""How long frames are waited for that agree with each other, where none agrees with its arrival; ours."""
QUIET_US: Final = 300_000_000
"""A stream without any frame for so long since it was first asked for has begun with silence; ours."""
REST_S: Final = 0.05
SEEN: Final = {"camera": pl.String(), "t_us": pl.Int64(), "arrival_us": pl.Int64()}


@dataclass
class Head:
    """The first records of a partition, and what frames they hold."""

    open: Callable[[], Tail]
    live: Live
    tail: Tail | None = None
    came: list[Arrivals] = field(default_factory=list)
    seen: list[pl.DataFrame] = field(default_factory=list)
    count: int = 0
    size: int = 0
    is_full: bool = False
    is_at_end: bool = False

    def read(self) -> None:
        """Read on, as far as a head goes; a partition that is away is tried again."""
        if self.is_full:
            return
        try:
            if self.tail is None:
                self.tail = self.open()
            records = self.tail.poll(HEAD_RECORDS - self.count, HEAD_BYTES)
        except SourceAway:
            self.is_at_end = False
            return
        self.is_at_end = self.tail.is_at_end
        if len(records):
            self._take(records, self.tail.source)
        if self.is_full:
            self.close()

    def close(self) -> None:
        """Let go of the partition."""
        if self.tail is not None:
            self.tail.close()
        self.tail = None

    @property
    def first_us(self) -> int | None:
        """When its first record came."""
        return int(self.came[0].us[0]) if self.came else None

    def is_past(self, cut_us: int) -> bool:
        """Say whether all is known that came before a time."""
        return self.is_full or bool(self.came and self.came[-1].us[-1] >= cut_us)

    def frames(self) -> pl.DataFrame:
        """Return the frames seen so far, those that the format holds back too."""
        if self.tail is not None:
            self._see(self.live.rest(self.tail.source))
        return pl.concat([pl.DataFrame(schema=SEEN), *self.seen])

    def _take(self, records: Records, source: str) -> None:
        """Take as many of some records as belong to the head, however they were polled."""
        size = (records.end - records.start).cumsum()
        fits = int(np.searchsorted(self.size + size, HEAD_BYTES)) + 1
        self.is_full = self.count + len(records) >= HEAD_RECORDS or fits <= len(records)
        some = slice(0, fits)
        self.came.append(Arrivals(records.position[some], records.arrival_us[some]))
        self.count, self.size = self.count + len(records), self.size + int(size[-1])
        self._see(self.live.read(records, source))

    def _see(self, chunks: Iterable[Chunk]) -> None:
        position = np.concatenate([came.position for came in self.came]) if self.came else np.empty(0, np.int64)
        us = np.concatenate([came.us for came in self.came]) if self.came else position
        for frames in (chunk.batch.frames for chunk in chunks if len(chunk.batch)):
            arrival_us = Arrivals(position, us).of(frames["position"], np.full(frames.height, -1))
            seen = frames.select("camera", "t_us").with_columns(arrival_us=arrival_us)
            self.seen.append(seen.filter(pl.col("arrival_us") >= 0))


@dataclass
class Beginning:
    """Decides when a recording begins.

    Attributes
    ----------
    until_end
        The recording ends where its partitions end now: nothing is waited for.
    first_asked_us
        When the stream was first asked for, by the clock.
    """

    sources: Sequence[Source]
    kind: str
    options: ReadOptions
    first_asked_us: int
    until_end: bool = False
    clock: Callable[[], int] = lambda: time.time_ns() // 1000
    seconds: Callable[[], float] = time.monotonic
    seen_s: float | None = None
    """When its first record was seen."""

    def __post_init__(self) -> None:
        self.heads = [
            Head(partial(source.open, partition, None), Live(self.kind, self.options))
            for source in self.sources
            for partition in range(source.partitions)
        ]

    def decide(self, known: Callable[[], int | None], stop: Callable[[float], bool]) -> int | None:
        """Return when it begins [us]; None where it is asked to stop, or ends without a frame.

        Parameters
        ----------
        known
            Says what somebody else has decided.
        stop
            Waits for so many seconds, and says whether to stop.
        """
        try:
            while (since_us := known()) is None:
                for head in self.heads:
                    head.read()
                since_us = self.found()
                if since_us is not None or self._is_over() or stop(REST_S):
                    break
            return since_us
        finally:
            for head in self.heads:
                head.close()

    def found(self) -> int | None:
        """Return when it begins by what is known; None while that is open."""
        first_us = min((head.first_us for head in self.heads if head.first_us is not None), default=None)
        if first_us is None:
            return self._silence()
        self.seen_s = self.seconds() if self.seen_s is None else self.seen_s
        span_us = SPAN_US
        while span_us <= LONGEST_US and self._is_known(first_us, span_us):
            since_us = self._of(pl.col("arrival_us") < first_us + span_us)
            if since_us is not None:
                return since_us
            span_us *= 2
        if self._is_over():
            frames = self._frames()
            return heads.first_us([frames]) if frames.height else None
        return first_us if span_us > LONGEST_US else None

    def _silence(self) -> int | None:
        is_long = self.clock() - self.first_asked_us >= QUIET_US
        return self.first_asked_us if is_long and not self.until_end and self._are_at_end() else None

    def _are_at_end(self) -> bool:
        return all(head.is_at_end or head.is_full for head in self.heads)

    def _is_over(self) -> bool:
        return self.until_end and self._are_at_end()

    def _is_known(self, first_us: int, span_us: int) -> bool:
        """Say whether all is here that came so soon after the first record."""
        assert self.seen_s is not None
        is_time_over = self.until_end or self.seconds() - self.seen_s >= span_us / 1e6
        return all(head.is_past(first_us + span_us) or (head.is_at_end and is_time_over) for head in self.heads)

    def _frames(self) -> pl.DataFrame:
        return pl.concat([head.frames() for head in self.heads])

    def _of(self, some: pl.Expr) -> int | None:
        """Return when a recording begins that these frames begin; None where they are too few to say so."""
        frames = self._frames().filter(some)
        near = frames.filter(pl.col("t_us") >= pl.col("arrival_us") - BEFORE_US)
        if near.height:
            return heads.first_us([near])
        several = frames.filter(pl.len().over("camera") > heads.ALONE + 1)
        return heads.first_us([several]) if several.height else None
