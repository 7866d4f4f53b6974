"""Frames of a replay on their way to the archive: files as they are decided, which count once its rows are stored."""

from __future__ import annotations

import threading
from collections.abc import Collection

from connectors import archive
from connectors.archive import commits
from connectors.archive.commits import Part
from connectors.archive.gathering import Gathering
from connectors.warehouse import Statement
from flows import nights
from flows.console import note
from flows.nights import Midnight, Night, Nightly
from schemas.frames import FrameBatch


class Archiving:
    """What a replay leaves in an archive.

    A refused or killed replay leaves nothing that counts; done again, it replaces what it left before.
    """

    def __init__(self, url: str, statement: Statement, over: Collection[int] = ()) -> None:
        """Begin; inputs `over` of which are among this one's."""
        self.store = archive.connect(url, waiting=note)
        self.stream, self.definitions = _hex(statement.input), _hex(statement.definitions)
        self.over = [_hex(each) for each in over]
        shards = commits.begin(self.store).shards
        self.gathering = Gathering(self.store, self.stream, shards)
        self.nightly = Nightly(shards, self.remember)
        self.parts: tuple[Part, ...] = ()
        self.is_committed = False
        self._nights: dict[tuple[int, int], list[Midnight]] = {}
        self._stored = 0
        self._lock = threading.Lock()

    def take(self, frames: FrameBatch) -> None:
        """Keep frames as they leave the ordered stage, whole."""
        self.gathering.add(frames)

    def finish(self) -> None:
        """Store what is left of them."""
        with self._lock:
            self._store_nights(list(self._nights))
        self.parts = self.gathering.finish()

    def remember(self, night: Night) -> None:
        """Keep what is remembered at a midnight until nearly all cameras are past the next one."""
        with self._lock:
            for day in night.days:
                self._nights.setdefault((day, night.shard), []).append(night.of)
            self._store_nights([key for key in self._nights if key[0] < night.days[-1] - 1])

    def _store_nights(self, keys: list[tuple[int, int]]) -> None:
        for day, shard in keys:
            name = f"{nights.place(self.stream, shard, day)}{self.definitions}-{self._stored:05d}.state"
            self.store.put(name, nights.packed(self._nights.pop((day, shard))))
            self._stored += 1

    def commit(self, since_us: int | None, last_us: int | None) -> None:
        """Let them count, and what the archive had of the same input no more; the recording began and ended so."""
        commits.state(self.store, self.stream, self.definitions, self.parts, since_us, last_us, self.over)
        self.is_committed = True

    def forget(self) -> None:
        """Leave nothing behind: it is not to count."""
        self.store.remove(part.name for part in self.gathering.parts)


def _hex(number: int) -> str:
    return f"{number:016x}"
