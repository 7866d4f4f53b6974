"""A spool as tests use it: short segments, a clock that is set by hand, what came out as plain lists."""

from __future__ import annotations

import tempfile
from pathlib import Path

from connectors.records import Records
from connectors.spool import Bounds, Origin, Spool, SpoolTail, SpoolWriter

NATIVE = Origin("native")
SHORT = Bounds(bytes=64 << 20, segment_bytes=1)
"""Segments of the least size there is."""


def memory_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder whose syncs cost nothing, for laws that sync by the thousand."""
    return tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


class Clock:
    """A clock that stands."""

    def __init__(self, now_us: int = 1_000_000) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def values(records: Records) -> list[bytes]:
    return [records.record(row) for row in range(len(records))]


def told(records: Records) -> list[tuple[int, bytes, str, str, str]]:
    """Return position, bytes, format, topic and camera of each record."""

    def word(codes, words, row):
        return "" if codes is None or codes[row] < 0 else words[codes[row]]

    return [
        (
            int(records.position[row]),
            records.record(row),
            records.kinds[records.kind[row]],
            word(records.topic, records.topics, row),
            word(records.camera, records.cameras, row),
        )
        for row in range(len(records))
    ]


def drained(tail: SpoolTail, most: int = 1000, most_bytes: int = 1 << 20) -> list[bytes]:
    """Return all there is."""
    found = values(tail.poll(most, most_bytes))
    while not tail.is_at_end:
        found += values(tail.poll(most, most_bytes))
    return found


def dropped(writer: SpoolWriter) -> None:
    """Let go of a partition as a killed process does: nothing is written any more."""
    writer.end = None
    writer.close()


def last_segment(spool: Spool, partition: int = 0) -> Path:
    return max(spool.partition(partition).glob("*.seg"))
