"""Where records are kept: what an `Intake` asks of a spool and of a broker alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from connectors.spool import Bounds, Origin, Spool, SpoolWriter
from schemas.errors import SourceError, TilikError

AGAIN_S: Final = 1.0
"""A disk that refused is tried again after so long."""


class Oversized(TilikError):
    """A record is larger than is ever kept: nobody need send it again."""


class Keeper(Protocol):
    """Keeps records.

    Attributes
    ----------
    partitions
        Among so many cameras are parted.
    lanes
        So many threads may keep records at once: a lane a partition, or one for all.
    bound
        Bytes that it may hold here; None where others hold them.
    """

    partitions: int
    lanes: int
    bound: int | None

    @property
    def held(self) -> int | None:
        """Return the bytes that it holds here."""

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        """Keep them durably before it returns; returns the rows that were refused by themselves, and why.

        Raises
        ------
        SpoolFull
            There is no room now; nothing was kept.
        SourceError
            It cannot be reached now; nothing was kept.
        """

    def idle(self, lane: int) -> None:
        """Use a moment in which nothing comes."""

    def close(self) -> None:
        """Let go of it; nothing is under way any more."""


class SpoolKeeper:
    """Keeps records in a spool, whose writer it opens again after the disk refused.

    Raises
    ------
    SourceError
        Another process writes the spool.
    """

    def __init__(self, spool: Spool, bounds: Bounds, now_s: Callable[[], float] = time.monotonic) -> None:
        self.spool, self.bounds, self.now_s = spool, bounds, now_s
        self.partitions = self.lanes = spool.partitions
        self.bound: int | None = bounds.bytes
        self._refused: dict[int, tuple[float, SourceError]] = {}
        self._writers: dict[int, SpoolWriter] = {}
        try:
            for partition in range(spool.partitions):
                self._writers[partition] = SpoolWriter(spool, partition, bounds)
        except BaseException:
            self.close()
            raise

    @property
    def held(self) -> int | None:
        """Return the bytes that all partitions hold; None while one is closed, since its disk refused."""
        writers = list(self._writers.values())
        return sum(writer.held for writer in writers) if len(writers) == self.partitions else None

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        """Keep records durably, all or none."""
        writer = self._writer(lane)
        try:
            writer.append(values, origins)
        except SourceError as error:
            self._forget(lane, error)
            raise
        return {}

    def idle(self, lane: int) -> None:
        """Clean up."""
        try:
            self._writer(lane).clean()
        except SourceError as error:
            self._forget(lane, error)
            raise

    def close(self) -> None:
        """Let go of all partitions."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, partition: int) -> SpoolWriter:
        """Return a partition's writer, opened again where that may help by now."""
        writer = self._writers.get(partition)
        if writer is not None:
            return writer
        at_s, error = self._refused.get(partition, (-AGAIN_S, SourceError("")))
        if self.now_s() - at_s < AGAIN_S:
            raise SourceError(str(error))
        try:
            self._writers[partition] = SpoolWriter(self.spool, partition, self.bounds)
        except SourceError as again:
            self._refused[partition] = (self.now_s(), again)
            raise
        return self._writers[partition]

    def _forget(self, partition: int, error: SourceError) -> None:
        writer = self._writers.pop(partition, None)
        if writer is not None:
            writer.close()
            self._refused[partition] = (self.now_s(), error)
