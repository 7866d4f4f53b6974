"""Records on their way from a broker or a spool: bytes, where they stand, when they came.

A partition is read by its `Tail`, whatever keeps it; `connectors.formats` turns
`Records` into frames. Positions are the partition's own (a Kafka offset, a number
in a spool) and are never used twice, so a record is known by source and position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Records:
    """`n` records of one partition, as slices of one buffer, in their order there."""

    data: NDArray[np.uint8]  # a newline follows every record
    start: NDArray[np.int64]  # (n,)
    end: NDArray[np.int64]  # (n,)
    position: NDArray[np.int64]  # (n,) ascending
    arrival_us: NDArray[np.int64]  # (n,) when broker or spool took it, microseconds since 1970 UTC
    kind: NDArray[np.int32]  # (n,) which of `kinds` it is
    kinds: tuple[str, ...] = ("",)  # formats, as `--format` names them; "" is what the reader was told
    topic: NDArray[np.int32] | None = None  # (n,) which of `topics` it came by, where that says something; -1: none
    topics: tuple[str, ...] = ()
    camera: NDArray[np.int32] | None = None  # (n,) which of `cameras` its sender named it by, -1 where by none
    cameras: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.start)

    def record(self, row: int) -> bytes:
        """Return the bytes of a record."""
        return self.data[self.start[row] : self.end[row]].tobytes()


class Origin(NamedTuple):
    """Where a record came from, as far as its sender or its topic says."""

    kind: str  # format, as `--format` names it
    topic: str = ""
    camera: str = ""


class Lost(NamedTuple):
    """Records that nobody will read again: retention passed the reader by."""

    since: int  # position of the first
    until: int  # position behind the last


class Tail(Protocol):
    """The reading end of one partition; one thread at a time."""

    source: str
    """How dead letters and reports name it, e.g. ``kafka://host:9092/frames/3``; no password in it."""
    position: int
    """Of the record that `poll` returns next."""
    is_at_end: bool
    """Whether all that was there when `poll` last looked has been returned."""

    def poll(self, most: int, most_bytes: int) -> Records:
        """Return what is there, at most so many records and not much above so many bytes; it hardly waits.

        Raises
        ------
        SourceError
            What no waiting mends: a wrong password, a topic that is gone.
        """

    def lag(self) -> int | None:
        """Return how many records are there that `poll` has not returned, as far as that is known."""

    def lost(self) -> list[Lost]:
        """Return what was lost since it was last asked."""

    def remarks(self) -> list[str]:
        """Return what a person should know of it, each once, since it was last asked."""

    def done(self, position: int) -> None:
        """Take note that whatever stands before `position` is never asked for again."""

    def close(self) -> None:
        """Let go of it."""


def records(values: Sequence[bytes], position: Sequence[int], arrival_us: Sequence[int], kind: str = "") -> Records:
    """Return records of one format that were read one by one."""
    size = np.fromiter(map(len, values), np.int64, len(values)) + 1
    end = np.cumsum(size) - 1
    data = np.frombuffer(b"\n".join([*values, b""]), np.uint8)
    return Records(
        data,
        end - size + 1,
        end,
        np.array(position, np.int64),
        np.array(arrival_us, np.int64),
        np.zeros(len(values), np.int32),
        (kind,),
    )


def coded(
    origin: NDArray[np.int64], words: Sequence[str], absent: str | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the words of the records as places in a list of those that occur; -1 where one is absent."""
    table: dict[str, int] = {}
    codes = [-1 if word == absent else table.setdefault(word, len(table)) for word in words]
    return np.array(codes, np.int32)[origin], tuple(table)
