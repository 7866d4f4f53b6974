"""An Arrow IPC file by its footer: where its messages stand, as a stream of them.

The footer alone says where a file's messages are (Arrow columnar format, "IPC File Format"; File.fbs).
pyarrow writes them as a stream from byte 8 on; Polars puts a schema there that is no message, and
dictionaries behind the rows that need them; arrow-rs begins at byte 64. Dictionaries are read
first, then record batches, each forward: a compressed file needs no seeking, and no message comes twice.
"""

from __future__ import annotations

import io
import struct
from collections import deque
from pathlib import Path
from typing import IO, Final, NamedTuple

import pyarrow as pa

from connectors.formats import limits
from connectors.formats.arrow_guard import CONTINUES, Guarded, field, u32
from connectors.unpacking import BROKEN, PIECE_BYTES, open_plain

FILE_MAGIC: Final = b"ARROW1"
END_BYTES: Final = 4 + len(FILE_MAGIC)
"""The footer's length and the closing mark."""
BLOCK_BYTES: Final = 24
"""Where a message stands, and the lengths of its header and its body."""
END: Final = struct.pack("<Ii", CONTINUES, 0)
"""What ends a stream of messages."""
SCHEMA: Final = 1
"""MessageHeader of Message.fbs."""


class Footer(NamedTuple):
    """What a file's footer says."""

    schema: bytes  # as a message
    dictionaries: list[int]  # where they stand
    records: list[int]


class ByFooter(Guarded):
    """A file's messages from where its footer says they are, as a stream with the bounds of one.

    It is given the file twice, for dictionaries may stand behind record batches.
    """

    def __init__(self, file: IO[bytes], early: IO[bytes], footer: Footer) -> None:
        super().__init__(file)
        self.ahead = memoryview(footer.schema)
        first, then = _Counted(early), _Counted(file)
        self.places = iter([*((first, at) for at in footer.dictionaries), *((then, at) for at in footer.records)])

    def _look(self) -> None:
        counted, place = next(self.places, (None, 0))
        if counted is None:
            self.ended, self.ahead = True, memoryview(END)
            return
        counted.skip_to(place)
        self.file = counted  # type: ignore[assignment]  # only read is asked of it
        super()._look()
        if self.ended:
            raise pa.ArrowInvalid("expected a record batch where the file's footer says one is")


class _Counted:
    """A file that is read forward and knows where it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.at = file, 0

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        piece = self.file.read(size)
        self.at += len(piece)
        return piece

    def skip_to(self, place: int) -> None:
        """Read on to a place.

        Raises
        ------
        pa.ArrowInvalid
            It lies behind, or beyond the file's end.
        """
        if place < self.at:
            raise pa.ArrowInvalid("expected record batches one behind the other, as the file's footer lists them")
        while self.at < place:
            if not self.read(min(place - self.at, PIECE_BYTES)):
                raise pa.ArrowInvalid("the file ends before a record batch that its footer lists")


def footer_of(path: Path) -> Footer | None:
    """Return a file's footer; None where it has none that can be read, as one that was cut off."""
    try:
        with open_plain(path) as file:
            last = _last(file, limits.METADATA_BYTES + END_BYTES)
        if not last.endswith(FILE_MAGIC):
            return None
        size = u32(last, len(last) - END_BYTES)
        begin = len(last) - END_BYTES - size
        return _parsed(last[begin:-END_BYTES]) if begin >= 0 else None
    except (*BROKEN, struct.error, IndexError):
        return None


def _last(file: IO[bytes], size: int) -> bytes:
    """Return a file's last bytes: of a compressed one, which is read to its end in pieces."""
    if isinstance(file, io.BufferedReader):
        file.seek(max(file.seek(0, io.SEEK_END) - size, 0))
        return file.read()
    pieces: deque[bytes] = deque()
    held = 0
    while piece := file.read(PIECE_BYTES):
        pieces.append(piece)
        held += len(piece)
        while held - len(pieces[0]) >= size:
            held -= len(pieces.popleft())
    return b"".join(pieces)[-size:]


def _parsed(footer: bytes) -> Footer:
    """Read a footer's fields.

    Raises
    ------
    struct.error
        It points outside itself.
    """
    table = u32(footer, 0)
    told, schema = field(footer, table, 0), field(footer, table, 1)
    if not schema:
        raise struct.error("a footer without a schema")
    [version] = struct.unpack_from("<h", footer, told) if told else [0]
    dictionaries, records = (_places(footer, field(footer, table, number)) for number in (2, 3))
    return Footer(_message(footer, version, schema + u32(footer, schema)), dictionaries, records)


def _places(footer: bytes, at: int) -> list[int]:
    if not at:
        return []
    vector = at + u32(footer, at)
    many = u32(footer, vector)
    if many * BLOCK_BYTES > len(footer):
        raise struct.error("more record batches than its footer holds")
    return [struct.unpack_from("<q", footer, vector + 4 + BLOCK_BYTES * i)[0] for i in range(many)]


def _message(footer: bytes, version: int, schema: int) -> bytes:
    """Return the schema within a footer as a message: a table that points into the footer behind it.

    It is not written anew, for what names dictionaries in it must stay.
    """
    fields = struct.pack("<6H", 12, 12, 4, 6, 8, 0)  # version, kind, header; no body
    root = struct.pack("<I", 4 + len(fields))
    begin = len(root) + len(fields)
    size = begin + 16
    table = struct.pack("<ihBxII", len(fields), version, SCHEMA, size + schema - (begin + 8), 0)
    header = root + fields + table + footer
    header += bytes(-len(header) % 8)
    return struct.pack("<Ii", CONTINUES, len(header)) + header
