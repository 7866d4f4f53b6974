"""Record batches of an Arrow IPC file or stream, or of Parquet, plain or packed.

Each comes with how far into the file it ends, so that a reader can say how far it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.files import open_plain, read_so_far
from connectors.text_bytes import foreign

FILE_MAGIC, PARQUET_MAGIC, STREAM_MAGIC = b"ARROW1", b"PAR1", b"\xff\xff\xff\xff"


class WrongColumns(Exception):
    """A file whose columns are not ours."""


def batches(path: Path, rows: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield a file's record batches, whichever of the three containers it is, and how far into the file each ends.

    An IPC file is a stream between two marks: read as such, a truncated one
    gives what came before the break, and a compressed one needs no seeking.
    """
    with open_plain(path) as file:
        magic = file.read(8)
    if not magic:
        return
    if magic[:4] == PARQUET_MAGIC:
        yield from _of_parquet(path, rows)
        return
    is_file = magic[:6] == FILE_MAGIC
    if not is_file and magic[:4] != STREAM_MAGIC:
        raise WrongColumns(_foreign(magic))
    with path.open("rb") as raw:
        plain = raw.read(8) == magic
    opened = None if plain else open_plain(path)
    with pa.memory_map(str(path)) if opened is None else pa.PythonFile(opened, mode="r") as file:
        if is_file:
            file.read(8)
        with pa.ipc.open_stream(file) as reader:
            for batch in reader:
                yield batch, file.tell() if opened is None else read_so_far(opened)
        if is_file and not file.read().endswith(FILE_MAGIC):
            raise pa.ArrowInvalid("expected the file's closing mark, it is truncated")


def _of_parquet(path: Path, rows: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    size, done = path.stat().st_size, 0
    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(batch_size=rows):
            done += batch.num_rows
            yield batch, size * done // parquet.metadata.num_rows


def _foreign(magic: bytes) -> str:
    text = magic.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if text in (b"{", b"["):
        return (
            "expected Arrow IPC or Parquet, this is JSON text: read it with --format native, or as what wrote it says"
        )
    said = foreign(magic).partition(", ")[2]
    return f"expected Arrow IPC or Parquet, {said or f'this begins {magic!r}'}"
