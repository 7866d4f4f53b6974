"""Readers of frame events: one adapter a format, all yielding `Chunk`."""

from connectors.files import find
from connectors.formats.boxes import Far
from connectors.formats.chunks import Chunk, ReadOptions
from connectors.formats.kept import letters as kept_letters
from connectors.formats.kept_again import FORMS as AGAIN
from connectors.formats.kept_again import Known, known, restored
from connectors.formats.kept_batch import without_names
from connectors.formats.kept_cuts import NOBODY, Names
from connectors.formats.live import Live
from connectors.formats.merge import MergedReader, first_time, read_merged
from connectors.formats.native_writing import to_json_lines, to_table, write_arrow
from connectors.formats.readers import FORMATS, read
from connectors.formats.sniffing import looks_like, nothing, table_between

__all__ = [
    "AGAIN",
    "FORMATS",
    "NOBODY",
    "Chunk",
    "Far",
    "Known",
    "Live",
    "MergedReader",
    "Names",
    "ReadOptions",
    "find",
    "first_time",
    "kept_letters",
    "known",
    "looks_like",
    "nothing",
    "read",
    "read_merged",
    "restored",
    "table_between",
    "to_json_lines",
    "to_table",
    "without_names",
    "write_arrow",
]
