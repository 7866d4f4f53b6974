"""Segment files: how they begin, what stands in them, and how far they can be believed."""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from connectors.spool import blocks, layout
from schemas.errors import SourceAway, SourceError, TilikError

MAGIC: Final = b"TLKSPOOL"
_HEAD: Final = struct.Struct("<8sIIQqI")
HEAD_BYTES: Final = _HEAD.size
"""Magic, version, salt, first position, arrival of the record before, checksum."""
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
AWAY: Final = (
    errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN,
)  # fmt: skip
"""What a disk says that is not mounted, was pulled, or lies beyond a network that is down."""


class SpoolFull(TilikError):
    """There is no room: nothing of what came was kept; it can be taken once there is."""


class Scan(NamedTuple):
    """What stands in a segment."""

    end: int  # bytes up to behind the last whole block
    position: int  # behind its last record
    first_us: int | None  # arrival of its first record; None where it has none
    arrival_us: int  # of its last


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in our words what the machine refuses.

    Raises
    ------
    SpoolFull
        The disk, or what this account may use of it, is full.
    SourceAway
        The disk does not answer, or is not there.
    SourceError
        Anything else.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise SpoolFull(f"spool {path}: the disk is full ({error.strerror}): free some space") from error
        kind = SourceAway if error.errno in AWAY else SourceError
        raise kind(f"spool {path}: {error.strerror}: see to the disk, then start again") from error


def begin(partition: Path, first: int, before_us: int, salt: int) -> None:
    """Make an empty segment, durably; it tells where positions go on when all others are gone."""
    head = _HEAD.pack(MAGIC, layout.VERSION, salt, first, before_us, 0)[:-4]
    layout.write_new(layout.segment(partition, first), head + struct.pack("<I", zlib.crc32(head)))


def scan(path: Path, salt: int) -> Scan:
    """Return what stands in a segment, block by block, each checked; what is unreadable between blocks is passed over.

    Raises
    ------
    SourceError
        It does not begin as a segment of this spool.
    """
    raw = path.read_bytes()
    position, arrival_us = header(raw, path, salt)
    view, offset, first_us = memoryview(raw), HEAD_BYTES, None
    while offset < len(raw):
        block = blocks.at(view, offset, salt)
        if block is None:
            found = blocks.find(view, offset + 1, salt)
            if found is None:
                break
            offset, block = found
        first_us = block.arrival_us if first_us is None else first_us
        position, arrival_us, offset = block.until, block.arrival_us, offset + block.size
    return Scan(offset, position, first_us, arrival_us)


def header(raw: bytes, path: Path, salt: int) -> tuple[int, int]:
    """Return a segment's first position and the arrival before it.

    Raises
    ------
    SourceError
        It does not begin as a segment of this spool.
    """
    if len(raw) >= HEAD_BYTES:
        magic, version, own, first, before_us, checksum = _HEAD.unpack_from(raw)
        if (
            magic == MAGIC
            and version == layout.VERSION
            and own == salt
            and zlib.crc32(raw[: HEAD_BYTES - 4]) == checksum
        ):
            return first, before_us
    raise SourceError(
        f"spool {path}: at byte 0: expected the head of a segment of this spool, found other bytes: "
        "bring the file back from a copy, or move it away, and what it held is reported as lost"
    )


def write(handle: int, content: bytes, offset: int) -> None:
    """Write all of it there and make it durable; where that fails, leave the file as it was."""
    try:
        written = 0
        with memoryview(content) as left:
            while written < len(content):
                written += os.pwrite(handle, left[written:], offset + written)
        os.fdatasync(handle)
    except OSError:
        os.ftruncate(handle, offset)
        raise
