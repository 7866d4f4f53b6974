"""Positions that outlive a process: how far a partition is durable, and what each reader is done with.

A mark is a small file of two places that are written in turn, each with a checksum:
whatever breaks off, the one before stands. Nothing grows and no name changes, so a
full disk keeps no reader from saying that it is done, which is what makes room.
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from connectors.spool.layout import write_new

SECTOR: Final = 512
"""Disks write so many bytes whole or not at all."""
_ENTRY: Final = struct.Struct("<QqI")


class Marked(NamedTuple):
    """What a mark says."""

    position: int
    arrival_us: int = 0


class Mark:
    """A mark that is read and written."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        self.handle = os.open(path, os.O_RDWR if writes else os.O_RDONLY)
        self.known, self.turn = Marked(0), 0
        self.read()

    @classmethod
    def made(cls, path: Path, start: Marked) -> Self:
        """Return the mark of a path, made at a start where there is none."""
        if not path.exists():
            write_new(path, _entry(start).ljust(2 * SECTOR, b"\0"))
        return cls(path, writes=True)

    def read(self) -> Marked:
        """Return what it says now; it never goes back."""
        raw = os.pread(self.handle, SECTOR + _ENTRY.size, 0)
        for place in (0, 1):
            found = _read(raw[place * SECTOR :])
            if found is not None and found.position >= self.known.position:
                self.known, self.turn = found, 1 - place
        return self.known

    def write(self, marked: Marked, *, durably: bool) -> None:
        """Say something else."""
        os.pwrite(self.handle, _entry(marked), self.turn * SECTOR)
        if durably:
            os.fdatasync(self.handle)
        self.known, self.turn = marked, 1 - self.turn

    def close(self) -> None:
        """Let go of it."""
        os.close(self.handle)


def done(readers: Path) -> dict[str, int]:
    """Return what each reader of a partition is done with."""
    found = {}
    for path in (p for p in readers.iterdir() if not p.suffix):  # others are drafts
        with suppress(FileNotFoundError):  # taken away just now
            mark = Mark(path, writes=False)
            found[path.name] = mark.known.position
            mark.close()
    return found


def _entry(marked: Marked) -> bytes:
    body = struct.pack("<Qq", *marked)
    return body + struct.pack("<I", zlib.crc32(body))


def _read(raw: bytes) -> Marked | None:
    if len(raw) < _ENTRY.size:
        return None
    position, arrival_us, checksum = _ENTRY.unpack_from(raw)
    return Marked(position, arrival_us) if zlib.crc32(raw[:16]) == checksum else None
