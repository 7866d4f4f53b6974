"""Which adapter reads which format: of files (`read`), and of records as they come (`opened`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from connectors.formats import (
    arrow_messages,
    deepstream,
    dlstreamer,
    frigate,
    mot,
    native_columns,
    native_json,
    nvschema,
    nvschema_protobuf,
    onvif,
    opendatacam,
    scenescape,
)
from connectors.formats.chunks import Chunk, ReadOptions
from connectors.formats.reading import Reader
from schemas.errors import UsageError

FORMATS: Final[dict[str, Callable[[Path, ReadOptions], Iterator[Chunk]]]] = {
    "native": native_json.read,
    "arrow": native_columns.read,
    "mot": mot.read,
    "opendatacam": opendatacam.read,
    "nvschema": nvschema.read,
    "nvschema-protobuf": nvschema_protobuf.read,
    "deepstream": deepstream.read,
    "onvif": onvif.read,
    "frigate": frigate.read,
    "dlstreamer": dlstreamer.read,
    "scenescape": scenescape.read,
}
STREAMS: Final[dict[str, Callable[[ReadOptions], Reader]]] = {
    "native": native_json.Native,
    "arrow": arrow_messages.Batches,
    "opendatacam": opendatacam.Frames,
    "nvschema": nvschema.Frames,
    "nvschema-protobuf": nvschema_protobuf.Frames,
    "deepstream": deepstream.Objects,
    "onvif": onvif.Messages,
    "frigate": frigate.Tracks,
    "dlstreamer": dlstreamer.Frames,
    "scenescape": scenescape.Frames,
}
"""Formats that come as records; `mot` is a table."""


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


def opened(kind: str, options: ReadOptions) -> Reader:
    """Return a reader of a format's records.

    Raises
    ------
    UsageError
        The format is unknown, or comes only in files.
    """
    if kind not in STREAMS:
        raise UsageError(f"--format {kind}: expected, of a stream, one of {', '.join(STREAMS)}")
    return STREAMS[kind](options)
