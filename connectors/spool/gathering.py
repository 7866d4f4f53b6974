"""Blocks of a spool as `Records`: arrays put together, without a loop over records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.records import Origin, Records, coded, records
from connectors.spool.blocks import Block


class Part(NamedTuple):
    """Some records of a block that follow one another."""

    block: Block
    since: int  # row of the first
    until: int  # row behind the last

    @property
    def position(self) -> int:
        """Position of the first."""
        return self.block.position + self.since

    def cut(self, most: int, most_bytes: int) -> tuple[Part, Part | None]:
        """Return the first records, at least one, within bounds, and the rest of them if there is any."""
        length = self.block.length[self.since : self.until]
        fits = int(np.searchsorted(np.cumsum(length, dtype=np.int64), most_bytes, "right"))
        many = max(1, min(most, fits, len(length)))
        middle = self.since + many
        return self._replace(until=middle), self._replace(since=middle) if middle < self.until else None

    def data(self) -> memoryview:
        """Return the bytes of the records, each with its newline."""
        if self.until - self.since == len(self.block.length):
            return self.block.data
        length = self.block.length
        before = int(length[: self.since].sum(dtype=np.int64)) + self.since
        size = int(length[self.since : self.until].sum(dtype=np.int64)) + self.until - self.since
        return self.block.data[before : before + size]


def gathered(parts: Sequence[Part]) -> Records:
    """Return the records of some parts, in their order."""
    if not parts:
        return records([], [], [])
    length = np.concatenate([part.block.length[part.since : part.until] for part in parts]).astype(np.int64)
    end = np.cumsum(length + 1) - 1
    many = np.array([part.until - part.since for part in parts], np.int64)
    first = np.array([part.position for part in parts], np.int64)
    before = np.cumsum(many) - many
    arrival_us = np.repeat(np.array([part.block.arrival_us for part in parts], np.int64), many)
    position = np.arange(len(length)) + np.repeat(first - before, many)
    data = parts[0].data() if len(parts) == 1 else b"".join([part.data() for part in parts])
    origin, origins = _origins(parts, many)
    kind, kinds = coded(origin, [one.kind for one in origins], None)
    topic, topics = coded(origin, [one.topic for one in origins], "")
    camera, cameras = coded(origin, [one.camera for one in origins], "")
    return Records(
        np.frombuffer(data, np.uint8), end - length, end, position, arrival_us, kind, kinds,
        topic if topics else None, topics, camera if cameras else None, cameras,
    )  # fmt: skip


def _origins(parts: Sequence[Part], many: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Origin]]:
    """Return where each record came from, as places in a list."""
    table: dict[Origin, int] = {}
    codes = [np.array([table.setdefault(o, len(table)) for o in part.block.origins], np.int64) for part in parts]
    if all(len(code) == 1 for code in codes):
        return np.repeat(np.concatenate(codes), many), list(table)
    rows = [
        code[part.block.origin[part.since : part.until]] if part.block.origin is not None else np.repeat(code, n)
        for part, code, n in zip(parts, codes, many.tolist(), strict=True)
    ]
    return np.concatenate(rows), list(table)
