"""Frames that leave, gathered by local day and shard until they are a file.

Memory: `MOST_BYTES` of frames and, while a file is written, the largest group of them twice more.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from connectors.archive import parts
from connectors.archive.commits import FILES, Part
from connectors.archive.store import Store
from schemas.frames import FrameBatch, joined
from schemas.local_time import DAY_US, OFFSET_US, local_date
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
        self._held: dict[Group, list[FrameBatch]] = {}
        self._bytes: dict[Group, int] = {}
        self._shard_of: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, batch: FrameBatch) -> None:
        """Keep frames with the columns of `DECIDED`; write a file where there are enough."""
        with self._lock:
            for group, rows in self._groups(batch):
                piece = batch.pick(rows)
                self._held.setdefault(group, []).append(piece)
                self._bytes[group] = self._bytes.get(group, 0) + _size(piece)
            while sum(self._bytes.values()) > self.most_bytes:
                self._write(max(self._bytes, key=self._bytes.__getitem__))

    def finish(self) -> tuple[Part, ...]:
        """Write all that is held; return the files."""
        with self._lock:
            for group in sorted(self._held):
                self._write(group)
            return tuple(self.parts)

    def _groups(self, batch: FrameBatch) -> list[tuple[Group, np.ndarray]]:
        """Return the rows of each group, ascending."""
        cameras = batch.frames["camera"].rank("dense").to_numpy().astype(np.int64) - 1
        ids = batch.frames["camera"].unique().sort().to_list()
        shard = np.array([self._shard(name) for name in ids], np.int64)[cameras]
        day = (batch.frames["t_us"].to_numpy() + OFFSET_US) // DAY_US
        code = day * self.shards + shard
        order = np.argsort(code, kind="stable")
        edges = np.flatnonzero(np.diff(code[order])) + 1
        cut = [rows for rows in np.split(order, edges) if len(rows)]
        return [(Group(*divmod(int(code[rows[0]]), self.shards)), rows) for rows in cut]

    def _shard(self, camera: str) -> int:
        found = self._shard_of.get(camera)
        if found is None:
            found = self._shard_of[camera] = partition_of(camera, self.shards)
        return found

    def _write(self, group: Group) -> None:
        batch = joined(self._held.pop(group))
        del self._bytes[group]
        self.parts.append(file(self.store, batch, group, f"{self.stream}-{self._attempt}-{len(self.parts):05d}"))


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
