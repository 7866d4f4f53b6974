"""Arrow IPC, looked at before it is loaded: how large each message says it is, packed and unpacked.

A record batch of a few kilobytes may unpack to any size, and a message's header may
say any length. The headers are FlatBuffers (Arrow columnar format, "Encapsulated message
format"; Message.fbs); the few fields that decide on memory are read here by hand.
"""

from __future__ import annotations

import struct
from typing import IO, Final, NamedTuple

import pyarrow as pa

from connectors.formats import limits

CONTINUES: Final = 0xFFFFFFFF
DICTIONARY, RECORDS = 2, 3  # MessageHeader of Message.fbs
BUFFER_BYTES: Final = 16  # offset and length of a buffer


class Described(NamedTuple):
    """What a message's header says."""

    kind: int
    body: int  # bytes behind the header
    rows: int
    buffers: list[tuple[int, int]]  # (offset, bytes) in the body; of packed ones alone
    id: int  # of a dictionary
    is_delta: bool


class Guarded:
    """A stream of messages that ends where one of them is larger than its bound.

    Raises
    ------
    pa.ArrowInvalid
        From `read`: the message that comes is too large, or cannot be read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.closed = False
        self.ahead = memoryview(b"")
        self.body = 0  # bytes of the message's body that are still to be handed on unseen
        self.ended = False
        self.dictionaries: dict[int, int] = {}

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; fewer at the end of the file."""
        if size < 0:
            raise pa.ArrowInvalid("expected a number of bytes")
        parts = []
        while size > 0 and (part := self._some(size)):
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Nothing of the file below is closed here."""
        self.closed = True

    def _some(self, size: int) -> bytes:
        if not self.ahead and not self.body and not self.ended:
            self._look()
        if self.ahead:
            part, self.ahead = bytes(self.ahead[:size]), self.ahead[size:]
            return part
        if self.ended:
            return self.file.read(size)
        part = self.file.read(min(size, self.body))
        self.body -= len(part)
        return part

    def _look(self) -> None:
        """Read a message's header, and the whole of a body that is packed."""
        begin = self.file.read(4)
        if begin == CONTINUES.to_bytes(4, "little"):
            begin += self.file.read(4)
        size = int.from_bytes(begin[-4:], "little") if len(begin) in (4, 8) else 0
        if size == 0:
            self.ended, self.ahead = True, memoryview(begin)
            return
        if size > limits.METADATA_BYTES:
            raise pa.ArrowInvalid(_said("the header of a record batch", size, limits.METADATA_BYTES))
        header = self.file.read(size)
        if len(header) < size:
            raise pa.ArrowInvalid("the file ends within the header of a record batch")
        try:
            found = described(header)
        except (struct.error, IndexError) as error:
            raise pa.ArrowInvalid(f"the header of a record batch cannot be read: {error}") from None
        body = self._checked(found)
        self.ahead = memoryview(begin + header + body)
        self.body = found.body - len(body)

    def _checked(self, found: Described) -> bytes:
        """Return the body of a packed message, b"" of others; either is within its bounds."""
        if not 0 <= found.body <= limits.BATCH_BYTES or not 0 <= found.rows <= limits.BATCH_ROWS:
            size, most = (
                ("bytes", limits.BATCH_BYTES) if found.rows <= limits.BATCH_ROWS else ("rows", limits.BATCH_ROWS)
            )
            raise pa.ArrowInvalid(_said("a record batch", found.body if size == "bytes" else found.rows, most, size))
        body = self.file.read(found.body) if found.buffers else b""
        unpacked = sum(_unpacked(body, *place) for place in found.buffers) if body else found.body
        if found.kind == DICTIONARY:
            before = self.dictionaries.get(found.id, 0) if found.is_delta else 0
            self.dictionaries[found.id] = before + unpacked
            unpacked = sum(self.dictionaries.values())
        if unpacked > limits.BATCH_BYTES:
            raise pa.ArrowInvalid(_said("a record batch that is unpacked", unpacked, limits.BATCH_BYTES))
        return body


def _said(what: str, size: int, most: int, unit: str = "bytes") -> str:
    return f"expected {what} of at most {most:,} {unit}, came {size:,}: write smaller batches (1,000 rows are enough)"


def _unpacked(body: bytes, offset: int, size: int) -> int:
    """Return the bytes that a packed buffer becomes: its first eight say it, -1 where it is not packed after all."""
    if size == 0:
        return 0
    if not 0 <= offset <= len(body) - 8 or size < 0:
        raise pa.ArrowInvalid("a buffer lies outside the body of its record batch")
    [unpacked] = struct.unpack_from("<q", body, offset)
    return size if unpacked < 0 else int(unpacked)


def described(header: bytes) -> Described:
    """Read the fields of a message's header that decide on memory.

    Raises
    ------
    struct.error
        It points outside itself.
    """
    message = u32(header, 0)
    kind = field(header, message, 1)
    place, body = field(header, message, 2), field(header, message, 3)
    number = header[kind] if kind else 0
    size = struct.unpack_from("<q", header, body)[0] if body else 0
    if number not in (DICTIONARY, RECORDS) or not place:
        return Described(number, size, 0, [], 0, is_delta=False)
    table = place + u32(header, place)
    name, is_delta = 0, False
    if number == DICTIONARY:
        told, delta, data = (field(header, table, number) for number in (0, 2, 1))
        name = struct.unpack_from("<q", header, told)[0] if told else 0
        is_delta = bool(delta and header[delta])
        table = data + u32(header, data)
    rows = field(header, table, 0)
    count = struct.unpack_from("<q", header, rows)[0] if rows else 0
    return Described(number, size, count, _packed(header, table), name, is_delta)


def _packed(header: bytes, table: int) -> list[tuple[int, int]]:
    """Return where a record batch's buffers lie, if they are packed."""
    place = field(header, table, 2)
    if not place or not field(header, table, 3):
        return []
    vector = place + u32(header, place)
    many = u32(header, vector)
    if many * BUFFER_BYTES > len(header):
        raise struct.error("more buffers than its header holds")
    return [struct.unpack_from("<qq", header, vector + 4 + BUFFER_BYTES * i) for i in range(many)]


def field(header: bytes, table: int, number: int) -> int:
    """Return where a field of a FlatBuffers table stands, 0 where it is absent."""
    [back] = struct.unpack_from("<i", header, table)
    fields = table - back
    if fields < 0:
        raise struct.error("a table outside")
    [size] = struct.unpack_from("<H", header, fields)
    slot = 4 + 2 * number
    if slot + 2 > size:
        return 0
    [offset] = struct.unpack_from("<H", header, fields + slot)
    return table + offset if offset else 0


def u32(header: bytes, at: int) -> int:
    """Return the number of 32 bits that stands somewhere."""
    return int(struct.unpack_from("<I", header, at)[0])
