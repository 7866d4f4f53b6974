"""Frames of a shard that have left and are not in the archive yet: files in the run's state, durable with it.

A file holds what left between two snapshots, under the numbers of the first and of the one behind the last.
It is written before the snapshot is, so that whoever goes on from a snapshot finds all that left before; what
left after it leaves again, maybe in another order, and its files are removed. So a number alone says nothing
of which frames left before it: it belongs to a `life`, from one resumption to the next.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import polars as pl
import pyarrow as pa

from connectors.archive.commits import Lost
from connectors.durable import sync_folder
from flows import nights
from flows.nights import Night
from flows.recovery import needs_room
from schemas.frames import FrameBatch, joined

SUFFIX: Final = ".frames"
LOST: Final = ".lost"
NIGHT: Final = ".night"
DRAFT: Final = "draft"


class Piece(NamedTuple):
    """A file of the journal."""

    path: Path
    since: int
    until: int
    life: str
    definitions: str
    bytes: int
    written_s: float  # when, by the file system's clock

    def frames(self) -> FrameBatch:
        """Return its frames."""
        with pa.memory_map(str(self.path)) as file:
            frames, objects, signals = (pl.DataFrame(pa.ipc.open_stream(file).read_all()) for _ in range(3))
        return FrameBatch(frames, objects, signals, "archive")


def night_of(path: Path) -> tuple[int, range]:
    """Return of which shard of the archive a file remembers something, and at the beginning of which days."""
    shard, first, last, _ = path.stem.split("-")
    return int(shard), range(int(first), int(last) + 1)


def lost_of(path: Path) -> list[Lost]:
    """Return a file's losses."""
    return msgspec.json.decode(path.read_bytes(), type=list[Lost])


class Journal:
    """What one shard keeps until it is in the archive; used by its thread, and `pieces` and `drop` by another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.decided, self.life = 0, ""
        self._held: list[FrameBatch] = []
        self._lost: list[Lost] = []
        self._nights: dict[str, bytes] = {}

    def resume(self, decided: int) -> None:
        """Go on from a snapshot at which so many frames had left."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / DRAFT).unlink(missing_ok=True)
        self._held, self._lost, self._nights = [], [], {}
        self.decided, self.life = decided, secrets.token_hex(8)
        self.drop([piece for piece in self.pieces() if piece.until > decided])

    def take(self, frames: FrameBatch) -> None:
        """Keep frames that have left."""
        self._held.append(frames)

    def lose(self, lost: Sequence[Lost]) -> None:
        """Keep losses."""
        self._lost += lost

    def remember(self, night: Night) -> None:
        """Keep what is remembered at a midnight."""
        name = f"{night.shard:02d}-{night.days[0]}-{night.days[-1]}-{secrets.token_hex(8)}{NIGHT}"
        self._nights[name] = nights.packed([night.of])

    def cut(self, decided: int, definitions: str) -> None:
        """Make all that has left durable: so many frames by now; losses, too, and what was remembered at midnights.

        Raises
        ------
        StateAway
            There is no room.
        """
        held, since = self._held, self.decided
        if self._lost:
            content = msgspec.json.encode(self._lost)
            self._write(f"{secrets.token_hex(8)}{LOST}", lambda file: file.write(content))
        if held:
            name = f"{since:020d}-{decided:020d}-{self.life}-{definitions}{SUFFIX}"
            self._write(name, partial(_fill, joined(held)))
        for name, content in self._nights.items():
            self._write(name, partial(_put, content))
        self._held, self._lost, self._nights, self.decided = [], [], {}, decided

    def pieces(self) -> list[Piece]:
        """Return its files, the oldest first."""
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            since, until, life, definitions = path.stem.split("-")
            stat = path.stat()
            found.append(Piece(path, int(since), int(until), life, definitions, stat.st_size, stat.st_mtime))
        return found

    def losses(self) -> list[Path]:
        """Return files of losses; one may be told again by whoever went on."""
        return sorted(self.folder.glob(f"*{LOST}"))

    def nights(self) -> list[Path]:
        """Return files of what is remembered at midnights; one may be told again by whoever went on."""
        return sorted(self.folder.glob(f"*{NIGHT}"))

    def drop(self, pieces: Iterable[Piece | Path]) -> None:
        """Remove files."""
        for piece in pieces:
            path = piece if isinstance(piece, Path) else piece.path
            path.unlink(missing_ok=True)

    def _write(self, name: str, fill: Callable[[RawIOBase], object]) -> None:
        draft = self.folder / DRAFT
        with needs_room(self.folder):
            with draft.open("wb", buffering=0) as file:
                fill(file)
                os.fsync(file.fileno())
            draft.chmod(0o600)
            draft.replace(self.folder / name)
            sync_folder(self.folder)


def _put(content: bytes, file: RawIOBase) -> None:
    file.write(content)


def _fill(batch: FrameBatch, file: RawIOBase) -> None:
    """Write frames, objects and signals as they are, one stream behind the other."""
    for frame in (batch.frames, batch.objects, batch.signals):
        table = frame.to_arrow()
        with pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            writer.write_table(table)
