"""The source of one shard's flow: its partitions, and the clock once they are read to their end.

A poll is one item. What is remembered of a partition is where it stands and what its
format holds back; both go into the shard's recovery, and nowhere else, so that a
restart asks for exactly what no stored state has seen. Ticks are only told while
every partition of the shard is read to its end: catching up closes nothing that is
still queued. With `until_end` the recording ends there instead, at the last frame of
all shards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import polars as pl
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.formats import Chunk, Live, ReadOptions
from connectors.formats.chunks import Dead, dead_letters, no_frames
from connectors.records import Lost, Tail
from flows.console import note
from flows.dataflow import Again, Closing, End, Gone, Item, Tick
from flows.live.telling import Told
from schemas.errors import SourceAway, SourceError

MOST_RECORDS: Final = 8_192
MOST_BYTES: Final = 8 << 20
"""Of a poll: what the kernels take at once, ours; an item of it and one in the making bound a source's memory."""
IDLE_S: Final = 0.05
"""Rest after a poll that found nothing, ours: a frame waits no longer for it."""
AWAY_S: Final = 1.0
"""Rest after a try that found its broker or disk away; ours."""
AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When Bytewax is to ask again. It goes by the time of day, which somebody may set back by an hour: it would not ask
for so long. So it asks all the time, and who has nothing rests by a clock that only goes on."""
QUIET_S: Final = 10.0
"""A broker that answers has told for so long where its partition ends; ours."""
TICK_S: Final = 1.0

At = tuple[int, bytes]
"""What is remembered of a partition: the next record's position, and what its format holds back."""


@dataclass
class Feed:
    """What the partitions of one shard share.

    Attributes
    ----------
    open
        Opens a partition at a position, by its name; None is its first record.
    kind, options
        The format of records that say none, and what formats do not carry.
    former
        Partitions that are read no longer, each with the source in whose place another one is; '' where none is.
    all_ended
        Says with which frame the recording ended, once every shard has come to its end [us].
    until_end
        The recording ends where its partitions end now.
    has_begun
        Says whether it is decided when the recording begins; nothing is read before.
    clock
        Microseconds since 1970.
    heard
        Is told when the newest record came [us].
    """

    shard: int
    open: Mapping[str, Callable[[int | None], Tail]]
    kind: str
    options: ReadOptions
    all_ended: Callable[[], int | None]
    told: Told
    until_end: bool = False
    former: Mapping[str, str] = field(default_factory=dict)
    has_begun: Callable[[], bool] = lambda: True
    clock: Callable[[], int] = lambda: time.time_ns() // 1000
    heard: Callable[[int], None] = lambda arrival_us: None
    stopping: bool = False
    waiting: set[str] = field(default_factory=set)  # partitions that are not read to their end
    ticked_s: float = 0.0
    is_closing: bool = False
    error: SourceError | None = None
    """What no waiting mends: the flow has ended by it."""
    done: dict[str, int] = field(default_factory=dict)
    """By partition the position before which nothing is asked for again."""
    resting: dict[str, float] = field(default_factory=dict)
    """By partition until when it need not be asked [s], by a clock that only goes on."""
    tails: dict[str, Tail] = field(default_factory=dict)
    """Partitions that were opened: once the flow is over they are told what became of the last records, then closed."""

    def __post_init__(self) -> None:
        self.waiting = set(self.open)
        self.resting = dict.fromkeys(self.open, 0.0)

    def rests(self, name: str) -> bool:
        """Say whether a partition need not be asked yet; a moment passes where none need be."""
        now_s = time.monotonic()
        left_s = min(self.resting.values()) - now_s
        if left_s > 0:
            time.sleep(min(left_s, IDLE_S))
        return self.resting[name] > time.monotonic()

    def rest(self, name: str, seconds: float) -> None:
        """Let a partition rest; 0 asks it again at once."""
        self.resting[name] = time.monotonic() + seconds if seconds else 0.0

    def close(self) -> None:
        """Tell partitions what is done with, and let go of them."""
        for name, tail in self.tails.items():
            with suppress(SourceError):  # the next run tells it
                if name in self.done:
                    tail.done(self.done[name])
            tail.close()
        self.tails.clear()

    def next(self) -> list[Item]:
        """Return what is to be told beside frames."""
        if self.waiting:
            return []
        if self.until_end:
            if self.is_closing:
                return []
            self.is_closing = True
            return [Closing()]
        if time.monotonic() - self.ticked_s < TICK_S:
            return []
        self.ticked_s = time.monotonic()
        return [Tick(self.clock())]


class _Part(StatefulSourcePartition[Item, At | None]):
    """One partition."""

    def __init__(self, feed: Feed, name: str, at: At | None) -> None:
        self.feed, self.name, self.at = feed, name, at
        self.tail: Tail | None = None
        self.live = Live(feed.kind, feed.options)
        if at is not None:
            self.live.resume(at[1])
        self.begins: list[Item] = []
        self.heard_s = time.monotonic()
        self.is_first = name == min(feed.open)

    def next_batch(self) -> list[Item]:
        """Return a poll's frames, else what the clock says; ends when it is told to stop."""
        self.feed.told.beat()
        if self.feed.stopping:
            raise StopIteration
        if self.feed.rests(self.name):
            return []
        if not self.feed.has_begun():
            self.feed.told.doing = "idle"
            self.feed.rest(self.name, IDLE_S)
            return []
        try:
            items = self._frames()
        except SourceAway as error:
            self.feed.told.wait_for(self.name, str(error))
            self.feed.waiting.add(self.name)
            self.feed.rest(self.name, AWAY_S)
            return []
        except SourceError as error:
            self.feed.error, self.feed.stopping = error, True
            raise StopIteration from error
        self.feed.rest(self.name, 0.0 if items else IDLE_S)
        return [*items, *self._beside_frames()] if self.is_first else items

    def _frames(self) -> list[Item]:
        """Return what came, nothing more where the recording ends here."""
        feed = self.feed
        if self.tail is None:
            self.tail = feed.tails[self.name] = feed.open[self.name](None if self.at is None else self.at[0])
            self.begins = [] if self.at is None else [Again(self.tail.source, self.at[0])]
        tail = self.tail
        if self.name in feed.done:
            tail.done(feed.done[self.name])
        if feed.until_end and self.name not in feed.waiting:
            return []
        records = tail.poll(MOST_RECORDS, MOST_BYTES)
        lost = tail.lost()
        feed.told.polled(self.name, tail, len(records), lost)
        self._look_for_quiet(tail, is_heard=len(records) > 0 or tail.is_at_end)
        chunks: list[Chunk] = []
        gone: list[Item] = [_letters(lost, tail.source, feed.clock()), Gone()] if lost else []
        if len(records):
            feed.heard(int(records.arrival_us[-1]))
            for chunk in self.live.read(records, tail.source):
                chunks.append(chunk)
                feed.told.beat()  # formats whose records cost much may have thousands in a poll
        feed.told.rejects += sum(chunk.rejected_objects for chunk in chunks)
        items: list[Item] = [*self.begins, *gone, *chunks]
        self.begins = []
        if not tail.is_at_end:
            feed.waiting.add(self.name)
            return items
        feed.waiting.discard(self.name)
        due = self.live.rest(tail.source) if feed.until_end else self.live.tick(feed.clock(), tail.source)
        return [*items, *due]

    def _look_for_quiet(self, tail: Tail, *, is_heard: bool) -> None:
        """Say of a partition that gives nothing, and does not say that this is all, that it is waited for."""
        now_s = time.monotonic()
        self.heard_s = now_s if is_heard else self.heard_s
        if now_s - self.heard_s > QUIET_S:
            self.feed.told.wait_for(
                self.name, f"{tail.source}: nothing comes, and the broker says nothing: it is away, frozen or slow"
            )

    def _beside_frames(self) -> list[Item]:
        items = self.feed.next()
        if self.feed.is_closing and not items:
            last_us = self.feed.all_ended()
            if last_us is not None:
                self.feed.stopping = True
                return [End(last_us)] if last_us >= 0 else []
        return items

    def next_awake(self) -> datetime:
        """Return when to ask again."""
        return AT_ONCE

    def snapshot(self) -> At | None:
        """Return where the next record stands, and what the format holds back; as it began while it is not open."""
        return self.at if self.tail is None else (self.tail.position, self.live.state())


class _Former(StatefulSourcePartition[Item, At | None]):
    """A partition that is read no longer: where it stood is kept, should it be read again.

    One in whose place another is will not be: what it held is told as lost, and it is forgotten.
    """

    def __init__(self, feed: Feed, source: str, at: At | None) -> None:
        self.feed, self.source, self.at = feed, source, at

    def next_batch(self) -> list[Item]:
        """Return nothing until all stop, but for what is lost."""
        if self.feed.stopping:
            raise StopIteration
        if not self.source or self.at is None:
            return []
        said = f"{self.source} was deleted and made anew: what it held from position {self.at[0]} on was never read"
        note(said, "lost", source=self.source, since=self.at[0])
        letter = Dead(self.at[0], "lost", f"{said}; how many records that were is not known")
        source, self.at = f"{self.source}, as it was", None
        return [Chunk(no_frames(source), dead_letters([letter], source, self.feed.clock()), 0, 0), Gone()]

    def next_awake(self) -> datetime:
        """Return when to ask again."""
        return AT_ONCE

    def snapshot(self) -> At | None:
        """Return where it stood."""
        return self.at


def _letters(lost: Sequence[Lost], source: str, now_us: int) -> Chunk:
    """Return records that nobody will read as dead letters: lost is stored with all that is refused, never silent."""
    said = "expected records {} to {}, they went before they were read: their time was not watched"
    letters = [Dead(each.since, "lost", said.format(each.since, each.until - 1)) for each in lost]
    many = pl.Series([each.until - each.since for each in lost], dtype=pl.UInt32)
    return Chunk(no_frames(source), dead_letters(letters, source, now_us).with_columns(count=many), 0, 0)


class FeedSource(FixedPartitionedSource[Item, At | None]):
    """The partitions of one shard; recovery has to find each that it knows."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    def list_parts(self) -> list[str]:
        """Return the partitions' names."""
        return sorted({*self.feed.open, *self.feed.former})

    def build_part(
        self, step_id: str, for_part: str, resume_state: At | None
    ) -> StatefulSourcePartition[Item, At | None]:
        """Open a partition where recovery left it."""
        if for_part not in self.feed.open:
            return _Former(self.feed, self.feed.former[for_part], resume_state)
        return _Part(self.feed, for_part, resume_state)
