"""What a text file's bytes are: UTF-8 whatever they were written in, and said so where they are no text at all.

Excel saves "Unicode text" as UTF-16, and editors put a byte-order mark before
UTF-8: both become plain UTF-8 here. A file of another kind (Arrow, an office
file, a video) is named once instead of being read as thousands of broken lines.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

MARK: Final = b"\xef\xbb\xbf"
UTF_16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""Byte-order marks of UTF-16."""
LONGEST_MARK: Final = 4
"""Bytes by which an encoding is told."""
KINDS: Final = (
    (0, b"ARROW1", "is Arrow: read it with --format arrow"),
    (0, b"\xff\xff\xff\xff", "is an Arrow stream: read it with --format arrow"),
    (0, b"PAR1", "is Parquet: read it with --format arrow"),
    (0, b"\x1f\x8b", "is compressed twice: unpack it once (gzip -d)"),
    (0, b"\x28\xb5\x2f\xfd", "is compressed twice: unpack it once (zstd -d)"),
    (0, b"PK\x03\x04", "is a zip archive or an office file: unpack it, or save it as text"),
    (0, b"\xd0\xcf\x11\xe0", "is an office file: save it as text"),
    (0, b"%PDF", "is a PDF: export the data as text"),
    (0, b"SQLite format 3\0", "is an SQLite database: export its table as text"),
    (0, b"\x1a\x45\xdf\xa3", "is a video: Tilik reads what a detector says of it"),
    (0, b"RIFF", "is a video or sound: Tilik reads what a detector says of it"),
    (4, b"ftyp", "is a video: Tilik reads what a detector says of it"),
    (0, b"\xff\xd8\xff", "is a picture: Tilik reads what a detector says of it"),
    (0, b"\x89PNG", "is a picture: Tilik reads what a detector says of it"),
)
"""Where the first bytes of a kind of file stand, those bytes, and what to do with such a file."""


def foreign(head: bytes) -> str:
    """Say what a file is whose first bytes are those of no text; '' for a text."""
    found = [said for at, magic, said in KINDS if head[at : at + len(magic)] == magic]
    return f"expected a text, this {found[0]}" if found else ""


def encoding(head: bytes) -> str:
    """Return the name of the encoding that the first bytes show: UTF-16 with or without its mark, else UTF-8."""
    if head[:2] in UTF_16:
        return UTF_16[head[:2]]
    if len(head) >= 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    if len(head) >= 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    return "utf-8"


def decoded(raw: bytes) -> str:
    """Return a text as whatever editor saved it: UTF-8 or UTF-16, without its mark.

    Raises
    ------
    UnicodeDecodeError
        It is neither.
    """
    return raw.decode(encoding(raw)).removeprefix("\ufeff")


def as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a text as UTF-8 without a byte-order mark; UTF-8 itself is not looked into."""
    first = next(pieces, b"")
    while len(first) < LONGEST_MARK and (piece := next(pieces, b"")):
        first += piece
    name = encoding(first)
    if name == "utf-8":
        yield first.removeprefix(MARK)
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    yield decoder.decode(first).removeprefix("\ufeff").encode()
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()
