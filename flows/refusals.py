"""Frames that were read and stay out: dead letters, written again as JSON so that they can be replayed after a fix."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.formats import NOBODY, Names, ReadOptions, to_json_lines, without_names
from schemas.frames import DEAD_LETTERS, FrameBatch
from schemas.local_time import at_time
from schemas.registry import Registry, links

DETAILS = {
    "unknown_camera": "expected a camera of the registry, came {camera!r}: register it, then replay",
    "not_valid": "camera {camera!r} was not yet valid at {at}",
    "wrong_partition": "camera {camera!r}: expected its frames in the partition that murmur2 gives its id, came "
    "another: key messages by camera, and set the sender's partitioner to murmur2_random",
    "clock_jump": "camera {camera!r}: no other frames agree with a clock at {at}: lone frames move no clock",
    "too_late": "camera {camera!r}: frame at {at} came later than lateness_s behind the newest",
}
"""By reason (`schemas.frames.DEAD_LETTER_REASONS`), what was expected and what came."""


def no_secrets(registry: Registry, read: ReadOptions) -> Names:
    """Return the texts of messages that are no secrets: ids of the registry, and words of the class map."""
    return Names(links.ids(registry), frozenset((*read.class_map, *read.class_map.values())))


def given(read: ReadOptions) -> str:
    """Return what the options say of an input, as JSON: what is kept of its records is read by it."""
    said = {"camera": read.camera, "size": read.size, "class_map": dict(read.class_map)}
    return msgspec.json.encode(said).decode()


def refused(
    batch: FrameBatch, rows: NDArray[np.int64], reason: str, now_us: int, names: Names = NOBODY
) -> pl.DataFrame:
    """Return the frames at these ascending rows as `DEAD_LETTERS`; `names` are no secrets.

    Those of files were first seen at `now_us`, those of a stream when their records came: a stream that is read again
    says the same letters. What its reader has left out whole is one already.
    """
    rows = rows[~batch.unseen[rows]]
    chosen = without_names(batch.pick(rows), names)
    lines = to_json_lines(chosen).splitlines()
    cameras, times = chosen.frames["camera"].to_list(), chosen.frames["t_us"].to_list()
    columns = {
        "source": chosen.sources,
        "position": chosen.frames["position"],
        "reason": [reason] * len(rows),
        "detail": [DETAILS[reason].format(camera=c, at=_moment(t)) for c, t in zip(cameras, times, strict=True)],
        "first_seen_us": [now_us] * len(rows) if chosen.came_us is None else chosen.came_us,
        "count": [1] * len(rows),
        "raw": lines,
    }
    return pl.DataFrame(columns, schema=DEAD_LETTERS)


def _moment(t_us: int) -> str:
    return at_time(t_us).isoformat().replace("+00:00", "Z")
