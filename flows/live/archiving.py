"""The archive beside a live run: what its shards have decided of, put together and handed over in a thread of its own.

No shard waits for the archive: what has left is durable in the run's state (`flows.live.journal`) until the archive has
it. Only where that has grown to `MOST_BYTES` do shards wait, and so hold back their sources. A commit says up to which
frame it tells of a shard: whoever is killed between commit and journal, or between journal and snapshot, leaves no
frame out and none twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

import polars as pl

from connectors import archive
from connectors.archive import commits, reading
from connectors.archive.commits import Lost, Span
from connectors.archive.gathering import Gathering
from flows import nights
from flows.console import note
from flows.live.journal import Journal, Piece, lost_of, night_of
from schemas.counting import counted
from schemas.errors import TilikError
from schemas.frames import FrameBatch
from schemas.partitions import partition_of

SEAL_BYTES: Final = 64 << 20
"""So much of a shard is handed over at once; ours."""
SEAL_S: Final = 900.0
"""What is so old is handed over, however little it is; ours."""
MOST_BYTES: Final = 8 << 30
"""How much a process keeps for an archive that is away; ours: an hour of 1,000 cameras and more."""
TURN_S: Final = 1.0
SAME: Final = {"row": pl.Int64(), "camera": pl.String(), "t_us": pl.Int64()}
"""Frames that are equal in these are the same: a number alone is another's where records between were lost."""
JOURNAL: Final = "frames"
"""Name of the journal's folder."""


class Keeping:
    """What one shard leaves, on its way to the journal; used by its thread."""

    def __init__(self, journal: Journal, waits: Callable[[], None], resumed: Callable[[int], pl.DataFrame]) -> None:
        self.journal, self.waits, self.resumed = journal, waits, resumed
        self.definitions = ""
        self.until = 0
        """The number behind the highest that the archive has of it."""
        self.last: list[FrameBatch] = []
        self.open: list[Lost] = []
        """Losses that an end found not over."""
        self.is_gap_told = False
        self._archived = pl.DataFrame(schema=SAME)

    def resume(self, decided: int) -> None:
        """Go on from a snapshot; frames that the archive has although they left after it are not kept again."""
        self.last, self.open, self._archived = [], [], self.resumed(decided)

    def take(self, frames: FrameBatch) -> None:
        """Keep frames that have left."""
        self.waits()
        if self._archived.height:
            rows = frames.frames.select(list(SAME)).with_row_index("at")
            frames = frames.pick(rows.join(self._archived, on=list(SAME), how="anti")["at"].sort().to_numpy())
        if len(frames):
            self.journal.take(frames)

    def take_last(self, frames: FrameBatch) -> None:
        """Keep frames that leave because a stream has come to its end, for now."""
        self.last.append(frames)

    def lose(self, lost: list[Lost]) -> None:
        """Keep losses; those that are not over only for now."""
        self.open = [each for each in lost if each.until_us is None]
        self.journal.lose([each for each in lost if each.until_us is not None])

    def drop(self, spans: list[Span]) -> None:
        """Remove of the journal what a commit tells of."""
        self.journal.drop([piece for piece in self.journal.pieces() if any(_has(span, piece) for span in spans)])

    def cut(self, decided: int) -> None:
        """Make what has left, and losses, durable."""
        self.journal.cut(decided, self.definitions)


@dataclass
class LiveArchive:
    """What the shards of a process hand over."""

    url: str
    stream: str
    place: Callable[[int], Path]
    """Where a shard's recovery lies, and beside it its journal: both move together."""
    partitions: int
    """Of the stream, which decide whose a camera is."""
    since_us: Callable[[], int | None] = lambda: None
    """When the recording begins, as far as that is decided."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Ends the waiting of its shards."""
    wait_for: Callable[[int, str], None] = lambda shard, said: None
    """Is told which shard it holds up, and why; '' when it does no longer."""
    shards: dict[int, Keeping] = field(default_factory=dict)
    said: str = ""
    """What it waits for; '' where all is well."""
    bytes: int = 0
    """What waits for the archive."""

    def __post_init__(self) -> None:
        self.store = archive.connect(self.url, patience_s=0.0)
        self._sealing, self._ended = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._is_sure = True
        """Whatever was sent to the archive was answered."""
        self._sent: list[commits.Part] = []
        """Files that were sent since that was so."""

    def begin(self, shards: Iterable[int]) -> None:
        """See that the archive is there, and what it has of these shards.

        Raises
        ------
        ArchiveAway
            It does not answer.
        UsageError, ArchiveError
            No waiting mends it.
        """
        self.header = commits.begin(self.store)
        found = commits.counting(commits.of_stream(self.store, self.stream))
        for shard in shards:
            commits.go_on(self.store, self.stream, shard)
            journal = Journal(self.place(shard) / JOURNAL)
            keeping = self.shards[shard] = Keeping(journal, self._waits(shard), self._resumed(shard))
            spans = [span for commit in found.values() for span in commit.spans if span.shard == shard]
            keeping.until = max((span.until for span in spans), default=0)
            keeping.drop(spans)
        self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
        self._thread.start()

    def goes_by(self, definitions: str) -> None:
        """Take note of what decides of frames from now on."""
        for keeping in self.shards.values():
            keeping.definitions = definitions

    def turn(self, *, is_all: bool = False) -> None:
        """Hand over what there is enough of, or what is old; all of it where asked to."""
        with self._sealing:
            if not self._is_sure:
                self._look_again()
            self._is_sure = False
            waiting = {shard: keeping.journal.pieces() for shard, keeping in self.shards.items()}
            self.bytes = sum(piece.bytes for pieces in waiting.values() for piece in pieces)
            for shard, pieces in waiting.items():
                is_due = is_all or self._is_due(pieces)
                self._say_lost(self.shards[shard], is_due=is_due)
                self._store_nights(self.shards[shard])
                if is_due:
                    self._seal(shard, self.shards[shard], pieces)
                    self.bytes -= sum(piece.bytes for piece in pieces)
            self._is_sure, self._sent = True, []

    def _look_again(self) -> None:
        """Drop what the archive has although it did not say so: with what came since, it would be there twice.

        Files of a turn that came to nothing go: each turn sends them anew, and an outage has thousands.
        """
        every = commits.of_stream(self.store, self.stream)
        named = {part.name for commit in every.values() for part in commit.parts}
        self.store.remove({part.name for part in self._sent} - named)
        found = commits.counting(every).values()
        for shard, keeping in self.shards.items():
            keeping.drop([span for commit in found for span in commit.spans if span.shard == shard])

    def finish(self, last_us: int | None) -> None:
        """Hand over all of a stream that has ended with this frame, the last ones too.

        Raises
        ------
        ArchiveAway
            That must wait.
        """
        self.close()
        self.turn(is_all=True)
        for shard, keeping in self.shards.items():
            if keeping.last or last_us is not None:
                made, bounds = self._parts(keeping.last), (self.since_us(), last_us)
                commits.end(self.store, self.stream, keeping.definitions, made, shard, *bounds, tuple(keeping.open))
            keeping.last, keeping.open = [], []

    def close(self) -> None:
        """End the thread; what is not handed over stays in the journal."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(TURN_S)

    def _work(self) -> None:
        while not self._ended.wait(TURN_S):
            try:
                self.turn()
                self._say("")
            except TilikError as error:
                self._say(str(error))
            except Exception as error:
                self._say(f"archive: {type(error).__name__}: {error}")

    def _say(self, said: str) -> None:
        if said and said != self.said:
            note(f"waiting: {said}", "archive")
        self.said = said

    def _is_due(self, pieces: list[Piece]) -> bool:
        old = bool(pieces) and time.time() - pieces[0].written_s >= SEAL_S
        return old or sum(piece.bytes for piece in pieces) >= SEAL_BYTES

    def _seal(self, shard: int, keeping: Keeping, pieces: list[Piece]) -> None:
        for (life, definitions), some in groupby(pieces, key=lambda piece: (piece.life, piece.definitions)):
            few = list(some)
            made = self._parts(piece.frames() for piece in few)
            times = [us for part in made for us in (part.first_us, part.last_us)]
            first_us, last_us = min(times, default=None), max(times, default=None)
            span = Span(shard, life, few[0].since, few[-1].until, first_us, last_us)
            commits.add(self.store, self.stream, definitions, made, span, self.since_us())
            keeping.until = max(keeping.until, span.until)
            keeping.journal.drop(few)

    def _store_nights(self, keeping: Keeping) -> None:
        """Store what is remembered at midnights, as soon as it is there."""
        for path in keeping.journal.nights():
            shard, days = night_of(path)
            for day in days:
                self.store.upload(f"{nights.place(self.stream, shard, day)}{path.stem.rpartition('-')[2]}.state", path)
            keeping.journal.drop([path])

    def _say_lost(self, keeping: Keeping, *, is_due: bool) -> None:
        found = keeping.journal.losses()
        if found and (is_due or any(time.time() - path.stat().st_mtime >= SEAL_S for path in found)):
            every = tuple(lost for path in found for lost in lost_of(path))
            commits.lose(self.store, self.stream, keeping.definitions, every)
            keeping.journal.drop(found)

    def _parts(self, batches: Iterable[FrameBatch]) -> tuple[commits.Part, ...]:
        gathering = Gathering(self.store, self.stream, self.header.shards)
        try:
            for batch in batches:
                gathering.add(batch)
            return gathering.finish()
        finally:
            self._sent += gathering.parts

    def _waits(self, shard: int) -> Callable[[], None]:
        """Return what lets a shard wait while too much waits for the archive."""

        def wait() -> None:
            is_told = False
            while self.bytes >= MOST_BYTES and not self.stop.wait(0.2):
                said = f"{self.said or 'the archive'}; {self.bytes:,} bytes wait for it"
                self.wait_for(shard, said)
                is_told = True
            if is_told:
                self.wait_for(shard, "")

        return wait

    def _resumed(self, shard: int) -> Callable[[int], pl.DataFrame]:
        """Return what lets a shard go on, and says which of the frames that leave again the archive has."""

        def resume(decided: int) -> pl.DataFrame:
            keeping = self.shards[shard]
            with self._sealing:
                keeping.journal.resume(decided)
                self._say_gap(shard, keeping, decided)
                if keeping.until <= decided:
                    return pl.DataFrame(schema=SAME)
                found = commits.counting(commits.of_stream(self.store, self.stream)).values()
                of = [each for each in found if any(s.shard == shard and s.until > decided for s in each.spans)]
                rows = [self._rows(shard, part) for commit in of for part in commit.parts]
                return pl.concat([pl.DataFrame(schema=SAME), *rows])

        return resume

    def _say_gap(self, shard: int, keeping: Keeping, decided: int) -> None:
        """Say once what left while there was no archive: no frame of it will be there."""
        until = max([keeping.until, *(piece.until for piece in keeping.journal.pieces())])
        if until < decided and not keeping.is_gap_told:
            note(
                f"archive: {counted(decided - until, 'frames')} of shard {shard} left while this run had no archive, "
                "and are not in it: `tilik archive ls` says of which time",
                "archive",
                shard=shard,
                frames=decided - until,
            )
            keeping.is_gap_told = True

    def _rows(self, shard: int, part: commits.Part) -> pl.DataFrame:
        frames = reading.frames(self.store, part).frames.select(list(SAME))
        mine = [name for name in frames["camera"].unique() if partition_of(name, self.partitions) == shard]
        return frames.filter(pl.col("camera").is_in(mine))


def _has(span: Span, piece: Piece) -> bool:
    """Say whether a commit tells of a file of the journal."""
    return span.life == piece.life and span.since <= piece.since and piece.until <= span.until
