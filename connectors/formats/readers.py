"""Which adapter reads which format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from connectors.formats import mot, native_columns, native_json, nvschema, opendatacam
from connectors.formats.chunks import Chunk, ReadOptions
from schemas.errors import UsageError

FORMATS: Final[dict[str, Callable[[Path, ReadOptions], Iterator[Chunk]]]] = {
    "native": native_json.read,
    "arrow": native_columns.read,
    "mot": mot.read,
    "opendatacam": opendatacam.read,
    "nvschema": nvschema.read,
}


def read(path: str | Path, kind: str, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's records in chunks, in the file's order.

    Raises
    ------
    UsageError
        The format is unknown, or needs options that are not given.
    """
    if kind not in FORMATS:
        raise UsageError(f"--format {kind}: expected one of {', '.join(FORMATS)}")
    return FORMATS[kind](Path(path), options)
