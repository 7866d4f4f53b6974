"""Frames of a live run that left while it had no archive: the numbers of what there is say which there is not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from connectors.archive.commits import Span


class Gap(NamedTuple):
    """Frames of a live shard that are not there."""

    shard: int
    frames: int
    since_us: int | None
    """About when they begin: the newest frame before them, or the recording's begin; None where it is not known."""
    until_us: int | None
    """About when they end: the first frame after them; None where it is not known."""


def gaps_of(spans: Iterable[Span], since_us: int | None) -> tuple[Gap, ...]:
    """Return what lies between a live run's spans, by shard; its recording begins at `since_us`."""
    found: list[Gap] = []
    of_shards = groupby(sorted(spans, key=lambda span: (span.shard, span.since)), key=lambda span: span.shard)
    for shard, some in of_shards:
        until, newest_us, of_shard = 0, since_us, list(some)
        for at, span in enumerate(of_shard):
            if span.since > until:
                first_us = [each.first_us for each in of_shard[at:] if each.first_us is not None]
                found.append(Gap(shard, span.since - until, newest_us, min(first_us, default=None)))
            if span.last_us is not None:
                newest_us = span.last_us if newest_us is None else max(newest_us, span.last_us)
            until = max(until, span.until)
    return tuple(found)
