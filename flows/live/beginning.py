"""When a live run's recording begins, where its partitions hold something already: with the first frame in them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from connectors.formats import Live, ReadOptions
from connectors.formats.heads import first_us
from flows.live.place import Place
from flows.live.sources import Source

HEAD_RECORDS: Final = 4_096
HEAD_BYTES: Final = 8 << 20
PATIENCE_S: Final = 10.0
"""How long a partition is asked for its first records, before it is taken to have none."""


def decide(place: Place, sources: Sequence[Source], kind: str, options: ReadOptions) -> None:
    """Decide when the recording begins, unless that is decided or there is nothing yet."""
    if place.since_us() is not None:
        return
    firsts = [
        first
        for source in sources
        for partition in range(source.partitions)
        if (first := _first(source, partition, kind, options)) is not None
    ]
    if firsts:
        place.begin(min(firsts))


def _first(source: Source, partition: int, kind: str, options: ReadOptions) -> int | None:
    """Return when a partition's first frames were seen [us]; None where it has none."""
    tail, live = source.open(partition, None), Live(kind, options)
    try:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            records = tail.poll(HEAD_RECORDS, HEAD_BYTES)
            if len(records):
                first = first_us(chunk.batch.frames for chunk in live.read(records, tail.source))
                if first is not None:
                    return first
            elif tail.is_at_end:
                return first_us(chunk.batch.frames for chunk in live.rest(tail.source))
            else:
                time.sleep(0.01)
        return None
    finally:
        tail.close()
