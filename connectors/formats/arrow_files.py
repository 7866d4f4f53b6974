"""Record batches of an Arrow IPC file or stream, or of Parquet, plain or packed.

Each comes with how far into the file it ends, so that a reader can say how far it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa

from connectors.formats import parquet_files
from connectors.formats.arrow_footer import FILE_MAGIC, ByFooter, footer_of
from connectors.formats.arrow_guard import Guarded
from connectors.formats.arrow_trust import WrongColumns
from connectors.text_bytes import foreign
from connectors.unpacking import PIECE_BYTES, open_plain, read_so_far
from schemas.came import came

PARQUET_MAGIC, STREAM_MAGIC = b"PAR1", b"\xff\xff\xff\xff"


def batches(path: Path, rows: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield a file's record batches, whichever of the three containers it is, and how far into the file each ends.

    An IPC file is read by its footer. One without, as where it was cut off, is read as the
    stream that most writers put between a file's marks: it gives what came before the break.

    Raises
    ------
    WrongColumns, pa.ArrowException, OSError
        It is none of them, is larger than its bounds, or breaks off.
    """
    with open_plain(path) as file:
        magic = file.read(8)
    if not magic:
        return
    if magic[:4] == PARQUET_MAGIC:
        yield from parquet_files.batches(path, rows)
        return
    is_file = magic[:6] == FILE_MAGIC
    if not is_file and magic[:4] != STREAM_MAGIC:
        raise WrongColumns(_foreign(magic))
    footer = footer_of(path) if is_file else None
    if footer is not None:
        with open_plain(path) as file, open_plain(path) as early:
            yield from _messages(ByFooter(file, early, footer), file)
        return
    with open_plain(path) as file:
        if is_file:
            file.read(8)
        yield from _messages(Guarded(file), file)
        if is_file and not _last(file).endswith(FILE_MAGIC):
            raise pa.ArrowInvalid("expected the file's closing mark, it is truncated")


def of_message(raw: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of an IPC stream or file that came as one message.

    Raises
    ------
    WrongColumns, pa.ArrowException, OSError
        It is neither, is larger than its bounds, or breaks off.
    """
    is_file = raw[:6] == FILE_MAGIC
    if not is_file and raw[:4] != STREAM_MAGIC:
        raise WrongColumns(_foreign(raw[:8]))
    with pa.ipc.open_stream(pa.PythonFile(Guarded(io.BytesIO(raw[8 * is_file :])), mode="r")) as reader:
        yield from reader


def _messages(guarded: Guarded, file: IO[bytes]) -> Iterator[tuple[pa.RecordBatch, int]]:
    with pa.ipc.open_stream(pa.PythonFile(guarded, mode="r")) as reader:
        for batch in reader:
            yield batch, read_so_far(file)


def _last(file: IO[bytes]) -> bytes:
    """Return the last bytes of a file, read to its end in pieces."""
    last = b""
    while piece := file.read(PIECE_BYTES):
        last = (last + piece)[-len(FILE_MAGIC) :]
    return last


def _foreign(magic: bytes) -> str:
    text = magic.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if text in (b"{", b"["):
        return (
            "expected Arrow IPC or Parquet, this is JSON text: read it with --format native, or as what wrote it says"
        )
    said = foreign(magic).partition(", ")[2]
    return f"expected Arrow IPC or Parquet, {said or f'this begins with {came(magic)}'}"
