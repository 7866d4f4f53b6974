"""What a Parquet file's footer says of our columns: where each row group keeps them, and how large they are.

It is read here by hand (parquet-format, parquet.thrift): pyarrow's own view of a column
chunk ends the process where its sizes do not fit one another, and says nothing of pages.
Columns that are not ours are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from connectors.formats import limits
from connectors.formats.thrift import Each, Malformed, Plain, Reader

MAGIC: Final = b"PAR1"
KNOWN: Final = {
    "camera": (), "ts": (), "ts_source": (), "seq": (), "width": (), "height": (),
    "objects": ("class", "confidence", "box", "track", "mask", "mask_confidence", "face_px"),
    "signals": ("kind", "zone", "value"),
    "image": ("luma", "sharpness", "hash"),
}  # fmt: skip
"""Our columns, and the fields of those that have some."""
OF_LISTS: Final = ("list", "element", "item", "array", "bag", "array_element")
"""What writers call the levels of a list."""
TEXT, OF_LENGTH = 6, 7
WIDTHS: Final = {0: 1, 1: 4, 2: 8, 3: 12, 4: 4, 5: 8, TEXT: 4}
"""Bytes of a value by physical type; a text's are those of its place in the dictionary."""
REPEATED: Final = 2

TYPE, LENGTH, REPETITION, NAME, CHILDREN = 1, 2, 3, 4, 5
ELEMENT: Final = {**dict.fromkeys((TYPE, LENGTH, REPETITION, CHILDREN), Plain.NUMBER), NAME: Plain.TEXT}
ENCODINGS, CODEC, VALUES, UNPACKED, PACKED, DATA_AT, DICTIONARY_AT = 2, 4, 5, 6, 7, 9, 11
NUMBERS: Final = dict.fromkeys((CODEC, VALUES, UNPACKED, PACKED, DATA_AT, DICTIONARY_AT), Plain.NUMBER)
CHUNK: Final = {3: {ENCODINGS: Plain.NUMBERS, **NUMBERS}}
ARROW_TYPES: Final = b"ARROW:schema"
"""Under this key Arrow's writers note the types that Parquet does not know."""
BY_BEGINNINGS: Final = 7
"""DELTA_BYTE_ARRAY: of each text is written how much of the one before it begins with, and the rest."""


class Leaf(NamedTuple):
    """A column of plain values."""

    path: str
    is_text: bool
    width: int  # bytes of a value
    levels: int  # lists around a value
    is_ours: bool


class Column(NamedTuple):
    """A leaf in a row group."""

    leaf: Leaf
    codec: int
    values: int
    unpacked: int  # bytes
    packed: int
    begin: int  # where its pages stand
    is_by_beginnings: bool  # texts, some of them


class Footer(NamedTuple):
    """What a file says of itself."""

    rows: int
    groups: list[list[Column]]  # our columns

    def dictionaries(self) -> list[str]:
        """Return the texts that pyarrow can keep in their dictionaries."""
        columns = [column for group in self.groups for column in group if column.leaf.is_text]
        without = {column.leaf.path for column in columns if column.is_by_beginnings}
        return sorted({column.leaf.path for column in columns} - without)


def footer_of(path: Path) -> Footer:
    """Return what a file's footer says.

    Raises
    ------
    pa.ArrowInvalid
        There is none that can be read.
    """
    try:
        return _parsed(_bytes(path))
    except Malformed as error:
        raise pa.ArrowInvalid(f"the footer of the Parquet file cannot be read: {error}") from None


def without_arrow_types(path: Path) -> bytes:
    """Return a Parquet file without rows, whose footer is a file's own but for the types that Arrow noted.

    A list of fixed length is then an ordinary one. The key is written over, not cut out: the footer keeps its length.

    Raises
    ------
    pa.ArrowInvalid
        There is no footer that can be read.
    """
    try:
        raw = _bytes(path).replace(ARROW_TYPES, b"-" * len(ARROW_TYPES))
    except Malformed as error:
        raise pa.ArrowInvalid(f"the footer of the Parquet file cannot be read: {error}") from None
    return MAGIC + raw + len(raw).to_bytes(4, "little") + MAGIC


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        whole = file.seek(0, os.SEEK_END)
        file.seek(max(whole - 8, 0))
        end = file.read(8)
        if end[4:] != MAGIC:
            raise Malformed("expected the file's closing mark, it is truncated or encrypted")
        size = int.from_bytes(end[:4], "little")
        if size > min(whole - 8, limits.METADATA_BYTES):
            raise Malformed(f"expected at most {limits.METADATA_BYTES:,} bytes, came {size:,}")
        file.seek(whole - 8 - size)
        return file.read(size)


def _parsed(raw: bytes) -> Footer:
    elements: list[dict[int, Any]] = []
    groups: list[list[dict[int, Any]]] = []

    def element(one: dict[int, Any]) -> None:
        elements.append(one)

    def group(one: dict[int, Any]) -> None:
        groups.append(one.get(1, []))

    # a chunk without what is asked of it is held as an empty one, that the others keep their places
    chunks = Each(CHUNK, lambda one: one.get(3, {}))
    found = Reader(raw).struct({2: Each(ELEMENT, element), 3: Plain.NUMBER, 4: Each({1: chunks}, group)})
    leaves = list(_with_lists(_leaves(elements)))
    return Footer(_whole(found, 3), [_ours(leaves, each) for each in groups])


def _leaves(elements: list[dict[int, Any]]) -> Iterator[Leaf]:
    """Yield the leaves of a schema, which is a tree whose nodes stand one behind the other, parents first."""
    around: list[tuple[int, str, int]] = []  # children that are still to come, path, lists
    for place, one in enumerate(elements):
        many, path, levels = around.pop() if around else (0, "", 0)
        if many > 1:
            around.append((many - 1, path, levels))
        if place:
            if not many:
                raise Malformed("more columns than its tree has")
            name = _name(one)
            path = f"{path}.{name}" if path else name
            levels += one.get(REPETITION) == REPEATED
        if one.get(CHILDREN):
            around.append((_whole(one, CHILDREN), path, levels))
        elif place:
            yield _leaf(one, path, levels)
    if around:
        raise Malformed("fewer columns than its tree has")


def _with_lists(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """Yield leaves; the first of lists without fields of ours is taken as ours, for it tells which are empty."""
    every = list(leaves)
    known = {leaf.path.partition(".")[0] for leaf in every if leaf.is_ours}
    for leaf in every:
        first = leaf.path.partition(".")[0]
        is_first = first in ("objects", "signals") and first not in known
        known.add(first)
        yield leaf._replace(is_ours=True) if is_first else leaf


def _name(one: dict[int, Any]) -> str:
    try:
        return str(one.get(NAME, b""), "utf-8")
    except UnicodeDecodeError:
        raise Malformed("a column's name is no UTF-8") from None


def _leaf(one: dict[int, Any], path: str, levels: int) -> Leaf:
    kind = _whole(one, TYPE)
    width = _whole(one, LENGTH) if kind == OF_LENGTH else WIDTHS.get(kind)
    if width is None:
        raise Malformed(f"physical type {kind}")
    return Leaf(path, kind == TEXT, width, levels, _is_known(path))


def _is_known(path: str) -> bool:
    """Tell whether a leaf is one of our columns, or of their fields."""
    first, *inner = path.split(".")
    named = [name for name in inner if name not in OF_LISTS]
    return first in KNOWN and (not named or any(name in KNOWN[first] for name in named))


def _ours(leaves: list[Leaf], chunks: list[dict[int, Any]]) -> list[Column]:
    if len(chunks) != len(leaves):
        raise Malformed("a row group of more or fewer columns than the schema has")
    return [
        _column(leaf, chunk) for leaf, chunk in zip(leaves, chunks, strict=True) if leaf.is_ours and chunk is not None
    ]


def _column(leaf: Leaf, chunk: dict[int, Any]) -> Column:
    begin, dictionary = _whole(chunk, DATA_AT), chunk.get(DICTIONARY_AT) or 0
    begin = dictionary if 0 < dictionary < begin else begin
    codec, values, unpacked, packed = (_whole(chunk, number) for number in (CODEC, VALUES, UNPACKED, PACKED))
    return Column(leaf, codec, values, unpacked, packed, begin, BY_BEGINNINGS in chunk.get(ENCODINGS, ()))


def _whole(fields: dict[int, Any], number: int) -> int:
    found = fields.get(number)
    if found is None or found < 0:
        raise Malformed(f"expected a number from 0 on in field {number}")
    return int(found)
