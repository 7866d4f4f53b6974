"""Records as they stand on the disk: a block a batch, whole or not there.

A block is a header, a table of where its records came from, their lengths and their
bytes, each followed by a newline, as readers of lines want them. One checksum
(CRC-32) covers all of it: a block that was not written to its end is none.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.records import Origin

MAGIC: Final = b"TLKB"
HEAD: Final = struct.Struct("<4sIIIQqI")
"""Magic, checksum of all behind it, bytes of the block, records, first position, arrival, bytes of the table."""
CHECKED_FROM: Final = 8
RECORD_BYTES: Final = 64 << 20
"""Most bytes of a record; ours. Nothing that streams frames comes near, and a block's sizes stay within 32 bits."""
BLOCK_BYTES: Final = 1 << 30
"""Most bytes of a block that is believed."""


class Block(NamedTuple):
    """Some records that were taken at once; its arrays and bytes are views of what was read."""

    position: int  # of the first
    arrival_us: int
    size: int  # bytes of the block
    length: NDArray[np.uint32]  # (n,) of each record, without its newline
    origins: tuple[Origin, ...]
    origin: NDArray[np.uint16] | None  # (n,) which of them; None where there is one
    data: memoryview

    @property
    def until(self) -> int:
        """Position behind the last record."""
        return self.position + len(self.length)


def encoded(
    values: Sequence[bytes], origin: Origin | Sequence[Origin], position: int, arrival_us: int, salt: int
) -> bytes:
    """Return a block of records, all of one origin or each of its own."""
    origins, codes = _coded(origin)
    table = msgspec.json.encode(origins)
    lengths = np.fromiter(map(len, values), np.uint32, len(values)).tobytes()
    body = b"".join([table, lengths, codes, b"\n".join(values), b"\n"])
    head = HEAD.pack(MAGIC, 0, HEAD.size + len(body), len(values), position, arrival_us, len(table))
    checksum = zlib.crc32(body, zlib.crc32(head[CHECKED_FROM:], salt))
    return MAGIC + struct.pack("<I", checksum) + head[CHECKED_FROM:] + body


def size_at(buffer: memoryview, at: int) -> int:
    """Return what a header says of its block's size; 0 where none stands."""
    if len(buffer) - at < HEAD.size or buffer[at : at + 4] != MAGIC:
        return 0
    size = int.from_bytes(buffer[at + 8 : at + 12], "little")
    return size if HEAD.size < size <= BLOCK_BYTES else 0


def at(buffer: memoryview, offset: int, salt: int) -> Block | None:
    """Return the block that begins there; None where none is whole."""
    size = size_at(buffer, offset)
    if not size or offset + size > len(buffer):
        return None
    block = buffer[offset : offset + size]
    _, checksum, _, count, position, arrival_us, table = HEAD.unpack_from(block)
    if zlib.crc32(block[CHECKED_FROM:], salt) != checksum:
        return None
    origins = _origins(bytes(block[HEAD.size : HEAD.size + table]))
    lengths_at = HEAD.size + table
    codes_at = lengths_at + 4 * count
    data_at = codes_at + (2 * count if len(origins) > 1 else 0)
    length = np.frombuffer(block, np.dtype("<u4"), count, lengths_at)
    origin = np.frombuffer(block, np.dtype("<u2"), count, codes_at) if len(origins) > 1 else None
    return Block(position, arrival_us, size, length, origins, origin, block[data_at:])


def find(buffer: memoryview, offset: int, salt: int) -> tuple[int, Block] | None:
    """Return the first whole block at or behind an offset, and where it stands."""
    raw = buffer.obj if isinstance(buffer.obj, bytes) else bytes(buffer)
    while (offset := raw.find(MAGIC, offset)) >= 0:
        block = at(buffer, offset, salt)
        if block is not None:
            return offset, block
        offset += 1
    return None


def _coded(origin: Origin | Sequence[Origin]) -> tuple[list[Origin], bytes]:
    """Return the origins that occur, and each record's place among them where they are several."""
    if isinstance(origin, Origin):
        return [origin], b""
    table: dict[Origin, int] = {}
    codes = [table.setdefault(one, len(table)) for one in origin]
    return list(table), np.array(codes, np.uint16).tobytes() if len(table) > 1 else b""


@lru_cache(maxsize=1024)
def _origins(table: bytes) -> tuple[Origin, ...]:
    """Return a block's origins; most blocks repeat those of the one before."""
    return tuple(Origin(*one) for one in msgspec.json.decode(table, type=list[tuple[str, str, str]]))
