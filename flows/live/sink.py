"""The sink of a shard's flow: writes what it makes, and waits for as long as the warehouse is away.

Waiting (`flows.live.waiting`) holds the source back, so memory stays bounded and nothing is lost; the
recovery goes on only once the rows are acknowledged. A process that is asked to end
while it waits ends there and then, as if it had been killed: what it had not written
is made again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from connectors.formats import Names, kept_letters
from connectors.warehouse import Stream, letters
from flows.dataflow import Again, Dead, Made
from flows.live.telling import Told
from flows.live.waiting import Saying, Stopped, until_there
from flows.refusals import DETAILS
from flows.shard import Block
from schemas.errors import WarehouseError

LETTERS: Final = "dead_letters_log"


@dataclass
class _Flush:
    """What a shard waits to have written."""

    anew: list[Again]
    tables: dict[str, pl.DataFrame]
    is_done: bool = False


@dataclass
class Writing:
    """What the shards of a process share: one connection, one flush at a time, of all that wait for one."""

    stream: Stream
    kind: str
    names: Names
    """Texts that are no secrets."""
    content: int
    """Hash of the sources: with it a letter is known by where it stands there."""
    given: str = ""
    """What the options say of the records (`flows.refusals.given`)."""
    keeps_unreadable: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Of whoever writes."""
    queue: list[_Flush] = field(default_factory=list)
    """What waits for it, appended to without it."""
    stop: threading.Event = field(default_factory=threading.Event)
    abandon: Callable[[], None] = lambda: None
    """Ends the process at once."""
    contents: Mapping[str, int] = field(default_factory=dict)
    """As `content`, of sources that were made anew, by name: their positions have begun anew, too."""

    def write(self, items: list[Made], told: Told) -> None:
        """Store what a shard made; returns once it is acknowledged."""
        anew = [item for item in items if isinstance(item, Again)]
        tables = self._tables([item for item in items if not isinstance(item, Again)], told)
        if not tables and not anew:
            return
        mine, began = _Flush(anew, tables), time.monotonic()
        told.doing = "writing"
        self.queue.append(mine)
        while not self.lock.acquire(timeout=1.0):
            told.waits_for = "a flush of another shard"
            told.beat()
        try:
            told.doing, told.waits_for = "writing", ""
            told.beat()
            if not mine.is_done:
                self._together(told)
        finally:
            self.lock.release()
        told.doing = "reading"
        told.flushed(time.monotonic() - began)
        told.left_alone = self.stream.left_alone

    def _together(self, told: Told) -> None:
        """Write what all shards wait for: minutes end for all at once, and each insert makes a file of a table."""
        flushes, by_table = list(self.queue), dict[str, list[pl.DataFrame]]()
        for flush in flushes:
            for table, rows in flush.tables.items():
                by_table.setdefault(table, []).append(rows)
        anew = [each for flush in flushes for each in flush.anew]
        self._persist(anew, {table: pl.concat(rows) for table, rows in by_table.items()}, told)
        for flush in flushes:
            flush.is_done = True
        del self.queue[: len(flushes)]

    def _tables(self, items: Iterable[Block | Dead], told: Told) -> dict[str, pl.DataFrame]:
        """Return what was made, by table."""
        blocks: dict[str, list[pl.DataFrame]] = {}
        for item in items:
            table, rows = (LETTERS, self._letters(item.rows, told)) if isinstance(item, Dead) else item[:2]
            blocks.setdefault(table, []).append(rows)
        return {table: pl.concat(rows) for table, rows in blocks.items() if sum(each.height for each in rows)}

    def _letters(self, rows: pl.DataFrame, told: Told) -> pl.DataFrame:
        """Return dead letters as they are kept."""
        kept = kept_letters(
            rows,
            self.kind,
            self.names.ids,
            DETAILS,
            words=self.names.words,
            keeps_unreadable=self.keeps_unreadable,
        )
        is_one = kept["count"] > 0
        told.met(kept["reason"].filter(is_one).to_list(), kept["count"].filter(is_one).to_list())
        kept = kept.with_columns(raw=pl.when(is_one).then("raw"))
        known_by = {source: self._content(source) for source in kept["source"].unique()}
        content = pl.col("source").replace_strict(known_by, return_dtype=pl.UInt64)
        return letters.placed(kept.with_columns(given=pl.lit(self.given)), content)

    def _content(self, partition: str) -> int:
        """Return what letters of a partition are known by."""
        return self.contents.get(partition.rpartition("/")[0], self.content)

    def _persist(self, anew: list[Again], tables: dict[str, pl.DataFrame], told: Told) -> None:
        """Write until it is written."""

        def wait_for(said: str) -> None:
            self._wait_for(said, told)

        def write() -> None:
            if anew:
                self.stream.withdraw([(*each, self._content(each.source)) for each in anew], wait_for)
            self.stream.write(tables, wait_for)

        try:
            until_there(write, WarehouseError, Saying(wait_for), self.stop)
        except Stopped:
            self.abandon()
        told.waits_for = ""

    def _wait_for(self, said: str, told: Told) -> None:
        told.doing, told.waits_for = "waiting", said
        told.beat()


class LiveSink(DynamicSink[Made]):
    """Hands what a shard makes to the process's writing."""

    def __init__(self, writing: Writing, told: Told) -> None:
        self.writing, self.told = writing, told

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[Made]:
        """Return the one worker's writer."""
        writing, told = self.writing, self.told

        class Partition(StatelessSinkPartition[Made]):
            def write_batch(self, items: list[Made]) -> None:
                writing.write(items, told)

        return Partition()
