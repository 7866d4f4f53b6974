"""Frames whole, as they leave the ordered stage, with what was decided of them.

A frame's disposition and time are final only when the stage releases it, often some
batches after it came. What still waits is kept here as it came, columns and all, and
handed out in the order of arrival: what an archive writes. Memory: the frames that wait, at most twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from operators.stage.ordered import Left
from schemas.frames import DECIDED, DISPOSITIONS, FRAMES, FrameBatch, joined

_NAMES: Final = pl.Series(DISPOSITIONS, dtype=DECIDED["disposition"])
MOST_BATCHES: Final = 64
"""Batches kept apart before what waits in them is joined: a push looks into each."""


class Kept(NamedTuple):
    """A batch as it came, of which frames have left; its frames carry `row`, `source` and `came_us`."""

    batch: FrameBatch
    rows: NDArray[np.int64]  # (n,) ascending
    waits: NDArray[np.bool_]  # (n,)


@dataclass
class Waiting:
    """Frames that have come and not left, in the order of arrival; `since` is the first that was kept."""

    kept: list[Kept] = field(default_factory=list)
    since: int | None = None


def come(waiting: Waiting, batch: FrameBatch, first_row: int) -> None:
    """Keep a batch until its frames leave; `first_row` is the number of its first."""
    wait(waiting, batch, np.arange(first_row, first_row + len(batch), dtype=np.int64))


def wait(waiting: Waiting, batch: FrameBatch, rows: NDArray[np.int64]) -> None:
    """Keep frames of these ascending numbers until they leave."""
    if not len(rows):
        return
    waiting.since = int(rows[0]) if waiting.since is None else waiting.since
    came_us = pl.Series("came_us", batch.came_us, dtype=pl.Int64) if batch.came_us is not None else None
    frames = batch.frames.with_columns(row=pl.Series(rows), source=batch.sources, came_us=pl.lit(came_us, pl.Int64))
    whole = FrameBatch(frames, batch.objects, batch.signals, batch.source)
    waiting.kept.append(Kept(whole, rows, np.ones(len(rows), np.bool_)))


def leave(waiting: Waiting, left: Left) -> FrameBatch:
    """Return the frames that left, in the order of their arrival, and keep them no longer.

    Frames that came before any was kept leave unseen: their columns are gone.

    Raises
    ------
    KeyError
        A frame leaves that never came, or has left before.
    """
    if waiting.since is None or (left.row < waiting.since).any():
        asked = np.zeros(len(left.row), np.bool_) if waiting.since is None else left.row >= waiting.since
        lag_ms = None if left.lag_ms is None else left.lag_ms[asked]
        left = Left(left.row[asked], left.disposition[asked], left.dt_ms[asked], lag_ms)
    order = np.argsort(left.row, kind="stable")
    rows, pieces, known = left.row[order], [], 0
    for kept in waiting.kept:
        mine = rows[slice(*np.searchsorted(rows, [kept.rows[0], kept.rows[-1] + 1]))] if len(kept.rows) else rows[:0]
        at = np.searchsorted(kept.rows, mine)
        known += int((kept.waits[at] & (kept.rows[at] == mine)).sum())
        kept.waits[at] = False
        if len(at):
            pieces.append(_at(kept.batch, at))
    if known != len(rows) or (np.diff(rows) == 0).any():
        raise KeyError(f"expected {len(rows)} frames to leave that wait, found {known} of them: each leaves once")
    _tidy(waiting)
    out = _joined(pieces)
    lag_ms = np.zeros_like(left.dt_ms) if left.lag_ms is None else left.lag_ms
    said = {
        "disposition": _NAMES.gather(left.disposition[order]),
        "dt_ms": left.dt_ms[order],
        "lag_ms": lag_ms[order],
    }
    told = pl.DataFrame(said, schema={name: DECIDED[name] for name in said})
    return FrameBatch(out.frames.hstack(told), out.objects, out.signals, out.source)


def _at(batch: FrameBatch, rows: NDArray[np.int64]) -> FrameBatch:
    """Return frames at ascending rows, mostly all from one to another: these are not copied."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    return batch.between(first, last) if last - first == len(rows) else batch.pick(rows)


def taken(waiting: Waiting, rows: NDArray[np.int64]) -> FrameBatch:
    """Return frames by their numbers, as they came; they wait no longer."""
    none = np.zeros(len(rows), np.int32)
    out = leave(waiting, Left(rows, none.astype(np.uint8), none))
    files = out.frames["source"].unique(maintain_order=True)
    file = out.frames["source"].cast(pl.Enum(files)).to_physical().cast(pl.Int32).to_numpy()
    first = files[0] if len(files) else ""
    came = out.frames["came_us"]
    came_us = None if came.null_count() else came.to_numpy()
    return FrameBatch(out.frames.select(list(FRAMES)), out.objects, out.signals, first, tuple(files), file, came_us)


def all_of(waiting: Waiting) -> FrameBatch:
    """Return all frames that wait, as they came; they go on waiting."""
    rows = [kept.rows[kept.waits] for kept in waiting.kept]
    apart = Waiting([kept._replace(waits=kept.waits.copy()) for kept in waiting.kept], waiting.since)
    return taken(apart, np.concatenate([*rows, np.empty(0, np.int64)]))


def let_go(waiting: Waiting, rows: NDArray[np.int64]) -> None:
    """Keep frames of these numbers only."""
    for at, each in enumerate(waiting.kept):
        waiting.kept[at] = each._replace(waits=each.waits & np.isin(each.rows, rows))
    if waiting.kept:
        _tidy(waiting)


def resumed(waiting: Waiting, rows: NDArray[np.int64]) -> Waiting:
    """Return what is kept of the frames that a resumed stage still holds: cameras may have gone from the registry."""
    kept = [Kept(each.batch, each.rows, each.waits & np.isin(each.rows, rows)) for each in waiting.kept]
    again = Waiting(kept, waiting.since)
    _tidy(again)
    return again


def _tidy(waiting: Waiting) -> None:
    """Join what waits once half of what is kept has left, or the batches have become many."""
    waits = sum(int(kept.waits.sum()) for kept in waiting.kept)
    if len(waiting.kept) <= MOST_BATCHES and 2 * waits >= sum(len(kept.rows) for kept in waiting.kept):
        return
    batch = _joined([kept.batch.pick(np.flatnonzero(kept.waits)) for kept in waiting.kept if kept.waits.any()])
    waiting.kept = [Kept(batch, batch.frames["row"].to_numpy(), np.ones(len(batch), np.bool_))] if waits else []


def _joined(batches: list[FrameBatch]) -> FrameBatch:
    """Return batches as one, in their order."""
    if batches:
        return joined(batches)
    named = {name: DECIDED[name] for name in ("row", "source", "came_us")}
    return FrameBatch(pl.DataFrame(schema=FRAMES | named))
