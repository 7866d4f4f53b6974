"""Rows that wait for their commit, in memory and, above a bound, in Arrow files.

Holds at most `MEMORY_BYTES` of rows; whenever there are more, all of them go to
files in a temporary directory, one a table, which lives until `close`; what a killed
process left of such files goes when the next one begins. Reading holds one file at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, NamedTuple, Self

import polars as pl

from connectors.warehouse import temporary
from connectors.warehouse.runs import Span
from schemas.local_time import MINUTE_US

MEMORY_BYTES: Final = 64 << 20
"""Rows held in memory; ours: a fortieth of what the kernels of a full shard take."""
PIECE_BYTES: Final = 32 << 20
"""Bytes of rows that are gathered, ours: what a statement sends at once, several times over in memory."""


class Written(NamedTuple):
    """Rows of one table in a file of their own."""

    table: str
    path: Path
    bytes: int
    """As they lie in memory."""
    span: Span


def written(table: str, path: Path, rows: pl.DataFrame) -> Written:
    """Write rows into a file that a stage takes (`Stage.take`), of this process or of another one."""
    rows.write_ipc(path, compression="lz4")
    return Written(table, path, int(rows.estimated_size()), span_of(rows))


class Stage:
    """Blocks of rows by table, in the order in which they came; threads may add at once."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self.memory_bytes = memory_bytes
        self.span = Span()
        self.bytes = 0
        """All that was added, as it lies in memory."""
        self._lock = threading.Lock()
        self._rows: dict[str, list[pl.DataFrame]] = {}
        self._files: dict[str, list[Path]] = {}
        self._held = 0
        self._folder: TemporaryDirectory[str] | None = None
        temporary.sweep()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Keep rows of a table."""
        if not rows.height:
            return
        size, span = int(rows.estimated_size()), span_of(rows)
        with self._lock:
            self.span = self.span.joined(span)
            self._rows.setdefault(table, []).append(rows)
            self.bytes += size
            self._held += size
            if self._held > self.memory_bytes:
                self._spill()

    def folder(self) -> Path:
        """Return where files lie that are to be taken."""
        with self._lock:
            return self._place()

    def take(self, file: Written) -> None:
        """Keep the rows of a file that lies in this stage's folder."""
        with self._lock:
            self.span = self.span.joined(file.span)
            self._files.setdefault(file.table, []).append(file.path)
            self.bytes += file.bytes

    def keep(self, table: str) -> None:
        """Forget the rows of all other tables, and where these reached."""
        with self._lock:
            self._rows = {name: rows for name, rows in self._rows.items() if name == table}
            self._files = {name: files for name, files in self._files.items() if name == table}
            self.span = Span()
            for part in self._parts(table):
                self.span = self.span.joined(span_of(part))

    def tables(self) -> list[str]:
        """Return the tables that have rows, by name."""
        return sorted({*self._rows, *self._files})

    def pieces(self, table: str, most_rows: int) -> Iterator[pl.DataFrame]:
        """Return a table's rows, gathered until there are `most_rows` or `PIECE_BYTES`, and cut there."""
        gathered: list[pl.DataFrame] = []
        count = size = 0
        for part in self._parts(table):
            gathered.append(part)
            count, size = count + part.height, size + int(part.estimated_size())
            if count >= most_rows or size >= PIECE_BYTES:
                yield from pl.concat(gathered).iter_slices(_rows(most_rows, count, size))
                gathered, count, size = [], 0, 0
        if gathered:
            yield pl.concat(gathered)

    def close(self) -> None:
        """Forget everything."""
        self._rows, self._files, self._held = {}, {}, 0
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _parts(self, table: str) -> Iterator[pl.DataFrame]:
        for path in self._files.get(table, []):
            yield pl.read_ipc(path)
        yield from self._rows.get(table, [])

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = temporary.folder()
        return Path(self._folder.name)

    def _spill(self) -> None:
        place = self._place()
        for table, blocks in self._rows.items():
            files = self._files.setdefault(table, [])
            files.append(place / f"{table}-{len(files)}.arrow")
            pl.concat(blocks).write_ipc(files[-1], compression="lz4")
        self._rows, self._held = {}, 0


def _rows(most: int, rows: int, size: int) -> int:
    """Return how many rows of `size` bytes together are a piece."""
    return max(1, min(most, rows * PIECE_BYTES // max(size, 1)))


def span_of(rows: pl.DataFrame) -> Span:
    """Return the cameras and the time of rows; nothing where they have none."""
    time = next((name for name in ("ts", "opened_at") if name in rows.columns), None)
    if time is None:
        return Span()
    times = rows[time].dt.epoch("us")
    first, last = times.min(), times.max()
    assert isinstance(first, int)
    assert isinstance(last, int)
    return Span(frozenset(rows["camera_id"].unique()), first, last + MINUTE_US)
