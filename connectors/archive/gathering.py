"""Frames that leave, gathered until they are a file of each local day and shard that they fall into.

They are kept as they come and sorted once: a batch of a second falls into all groups of a city.
Memory: `MOST_BYTES` of frames and, while they are written, the same once more and a group of them twice.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from connectors.archive import parts
from connectors.archive.commits import FILES, Part
from connectors.archive.store import Store
from schemas.frames import FrameBatch, joined
from schemas.local_time import day_of, local_date
from schemas.partitions import partition_of

MOST_BYTES: Final = 96 << 20
"""Frames held in memory, ours: a file of some 20 MB."""


class Group(NamedTuple):
    """A file's frames: local days since 1970 and the shard of their cameras."""

    day: int
    shard: int


class Gathering:
    """Takes frames in the order in which they leave; threads may add at once."""

    def __init__(self, store: Store, stream: str, shards: int, most_bytes: int = MOST_BYTES) -> None:
        self.store, self.stream, self.shards, self.most_bytes = store, stream, shards, most_bytes
        self.parts: list[Part] = []
        self._attempt = secrets.token_hex(4)
        self._held: list[FrameBatch] = []
        self._bytes = 0
        self._shard_of: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, batch: FrameBatch) -> None:
        """Keep frames with the columns of `DECIDED`; write files where there are enough."""
        with self._lock:
            self._held.append(batch)
            self._bytes += _size(batch)
            if self._bytes > self.most_bytes:
                self._write()

    def finish(self) -> tuple[Part, ...]:
        """Write all that is held; return the files."""
        with self._lock:
            self._write()
            return tuple(self.parts)

    def _codes(self, frames: pl.DataFrame) -> pl.Series:
        """Return the group of each frame, as a number: its day times the number of shards, and its shard."""
        shards = {name: self._shard(name) for name in frames["camera"].unique()}
        day = day_of(frames["t_us"])
        return day * self.shards + frames["camera"].replace_strict(shards, return_dtype=pl.Int64)

    def _shard(self, camera: str) -> int:
        found = self._shard_of.get(camera)
        if found is None:
            found = self._shard_of[camera] = partition_of(camera, self.shards)
        return found

    def _write(self) -> None:
        """Write all that is held, a file a group."""
        if not any(len(batch) for batch in self._held):
            return
        batch = joined(self._held)
        self._held, self._bytes = [], 0
        keys = batch.frames.select("camera", "t_us").with_columns(group=self._codes(batch.frames)).with_row_index("at")
        keys = keys.sort("group", "camera", "t_us", maintain_order=True)
        batch = batch.reordered(keys["at"].to_numpy().astype(np.intp))
        groups, counts = np.unique(keys["group"].to_numpy(), return_counts=True)
        first = 0
        for code, count in zip(groups.tolist(), counts.tolist(), strict=True):
            name = f"{self.stream}-{self._attempt}-{len(self.parts):05d}"
            group = Group(*divmod(code, self.shards))
            self.parts.append(file(self.store, batch.between(first, first + count), group, name))
            first += count


def file(store: Store, batch: FrameBatch, group: Group, name: str) -> Part:
    """Store frames of one day and shard as a file; it counts once a commit names it."""
    day = local_date(group.day)
    at = f"{FILES}day={day}/shard={group.shard:02d}/{name}.parquet"
    with tempfile.TemporaryDirectory(prefix="tilik-archive-") as folder:
        path = Path(folder) / "part.parquet"
        parts.write(batch, path)
        store.upload(at, path)
        t_us = batch.frames["t_us"].to_numpy()
        return Part(
            at,
            day,
            group.shard,
            len(batch),
            batch.objects.height,
            path.stat().st_size,
            parts.checksum(path),
            int(t_us.min()),
            int(t_us.max()),
        )


def _size(batch: FrameBatch) -> int:
    return int(sum(table.estimated_size() for table in (batch.frames, batch.objects, batch.signals)))
