"""Native frames as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.files import Block, blocks
from connectors.formats.chunks import Chunk, Dead, ReadOptions, lost_lines, settle
from connectors.formats.native_lines import Fault, decode, draft


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it."""
    for block in blocks(path, options.chunk_records, options.max_record_bytes):
        yield _chunk(block, options, str(path))


def _chunk(block: Block, options: ReadOptions, source: str) -> Chunk:
    dead = lost_lines(block)
    lines, rows = [], []
    for row in range(len(block.start)):
        line = block.line(row)
        if not line.strip():
            continue
        found = decode(line)
        if isinstance(found, Fault):
            dead.append(Dead(int(block.position[row]), *found, line))
        else:
            lines.append(found)
            rows.append(row)
    made = draft(lines, block.position[rows].tolist())
    return settle(made, options, source, lambda row: block.line(rows[row]), dead, block.size)
