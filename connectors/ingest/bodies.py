"""What a sender posts, as messages: unpacked within bounds, one message or a line each.

Nothing is judged here: what is no frame is a dead letter of the flow, which says why.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from connectors import json_records
from connectors.formats.arrow_files import of_message
from connectors.formats.chunks import ReadOptions
from connectors.formats.native_columns import UNREADABLE
from connectors.formats.readers import STREAMS, opened
from connectors.text_bytes import MARK
from schemas.partitions import partition_of

BODY_BYTES: Final = 16 << 20
"""Most bytes of a body, and of what it unpacks to; ours: four of the largest records."""
FORMATS: Final = tuple(STREAMS)


class TooLarge(Exception):
    """A body unpacks to more than is let in."""


class Broken(Exception):
    """A body is not packed as its sender says."""


def unpacked(body: bytes) -> bytes:
    """Return what a gzip body holds, one member or several.

    Raises
    ------
    TooLarge
        More than `BODY_BYTES`.
    Broken
        No gzip, or cut off.
    """
    out, left = [], BODY_BYTES
    try:
        while body:
            one = zlib.decompressobj(wbits=31)
            piece = one.decompress(body, left + 1)
            left -= len(piece)
            if left < 0:
                raise TooLarge
            if not one.eof:
                raise Broken
            out.append(piece)
            body = one.unused_data
    except zlib.error as error:
        raise Broken from error
    return b"".join(out)


def messages(body: bytes, kind: str, partitions: int) -> Iterator[tuple[bytes, str]]:
    """Yield the messages of a body, and the camera of each where that had to be looked at."""
    reader = opened(kind, ReadOptions(now_us=0))
    if kind == "arrow":
        yield from _arrow(body, partitions)
    elif not reader.is_text:
        yield body, ""
    else:
        for line in _lines(body.removeprefix(MARK), reader.marks):
            yield line, ""


def _lines(body: bytes, marks: json_records.Marks) -> list[bytes]:
    """Return the messages of a text: its lines, or what a document spreads over them; a broken document is one."""
    text = body.strip()
    if b"\n" not in text and not text.startswith(b"["):
        return [text] if text else []
    place = json_records.find(text[: json_records.HEAD_BYTES], marks) if marks else None
    if place is None:
        return [line for line in text.split(b"\n") if line.strip()]
    document = json_records.Unfolded(place)
    found = [line for line in b"".join(document.lines([text])).split(b"\n") if line.strip()]
    return [text] if document.broken() or not found else found


def _arrow(body: bytes, partitions: int) -> Iterator[tuple[bytes, str]]:
    """Yield an Arrow message whole, or, where its cameras lie in several partitions, a message a partition."""
    if partitions == 1:
        yield body, ""
        return
    try:
        parts = list(_by_partition(body, partitions))
    except (*UNREADABLE, KeyError, ValueError):
        parts = [(body, "")]  # the flow says what is wrong with it
    yield from [(body, parts[0][1])] if len(parts) == 1 else parts


def _by_partition(body: bytes, partitions: int) -> Iterator[tuple[bytes, str]]:
    """Yield the rows of each partition as a message of their own, and one of their cameras."""
    sinks: dict[int, tuple[io.BytesIO, pa.ipc.RecordBatchStreamWriter, str]] = {}
    for batch in of_message(body):
        batch.validate(full=True)
        cameras = batch.column("camera").cast(pa.string()).to_pylist()
        of = np.array([partition_of(name if name is not None else "", partitions) for name in cameras], np.int64)
        for number in np.unique(of).tolist():
            rows = np.flatnonzero(of == number)
            if number not in sinks:
                sink, name = io.BytesIO(), cameras[rows[0]]
                sinks[number] = (sink, pa.ipc.new_stream(sink, batch.schema), "" if name is None else name)
            sinks[number][1].write_batch(batch.take(pa.array(rows)))
    for sink, writer, camera in sinks.values():
        writer.close()
        yield sink.getvalue(), camera
