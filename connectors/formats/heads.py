"""When files begin, and where frames stand among those of other files, whatever one bad stamp says.

Clocks are judged camera by camera behind the readers (`operators.stage.clocks`). Here a
frame only finds its place, so a plain rule does: a time that the next frames of its
camera do not go on from moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

SLACK_US: Final = 2_000_000
"""Frames of a camera may be so much out of order (`reorder_s`)."""
ALONE: Final = 2
"""Frames at most that are left out at a camera's beginning: three agree."""
PACES: Final = 4
"""A frame is alone that is so many of its camera's usual steps before the next; ours."""
TAIL_US: Final = 60_000_000
"""What a chunk's last frame of a camera, of which no next is known, moves its file at most; ours."""
UNSET_US: Final = 946_684_800_000_000, 946_684_800_000_000 + 2 * 86_400_000_000
"""From 2000-01-01 on count clocks whose battery is dead, until somebody sets them."""
MOST: Final = 4096
"""Records of a head that are looked at, where its beginning is in doubt."""


def first_us(batches: Iterable[pl.DataFrame]) -> int | None:
    """Return when a file begins: with its first frame that does not stand alone; None where there is none.

    Parameters
    ----------
    batches
        Frames in the order of the file; no more are taken than needed.
    """
    head: list[pl.DataFrame] = []
    for frames in batches:
        head.append(frames.select("camera", "t_us"))
        known = pl.concat(head)
        if len(known) >= MOST or (len(known) and not _in_doubt(known)):
            break
    return _begins(pl.concat(head)) if sum(map(len, head)) else None


def _in_doubt(known: pl.DataFrame) -> bool:
    """Tell whether more has to be read: the earliest camera is hardly known, or frames are out of order."""
    earliest = known.sort("t_us")["camera"][0]
    theirs = known.filter(pl.col("camera") == earliest)
    few = theirs.height <= ALONE + 1 or _is_unset(theirs["t_us"]).any()
    behind = (pl.col("t_us").cum_max() - pl.col("t_us")).over("camera").max()
    return bool(few or known.select(behind).item() > SLACK_US)


def _is_unset(t_us: pl.Series) -> pl.Series:
    return t_us.is_between(*UNSET_US)


def _begins(known: pl.DataFrame) -> int:
    is_unset = _is_unset(known["t_us"])
    if not is_unset.all():
        known = known.filter(~is_unset)
    return min(_first(times["t_us"].sort().to_numpy()) for times in known.partition_by("camera"))


def _first(t_us: NDArray[np.int64]) -> int:
    """Return the first of a camera's ascending times that others follow at its pace."""
    steps = np.diff(t_us)
    if len(steps) <= ALONE:
        return int(t_us[0])
    far = np.flatnonzero(steps[:ALONE] > max(SLACK_US, PACES * int(np.median(steps))))
    return int(t_us[far[-1] + 1] if len(far) else t_us[0])


def places(frames: pl.DataFrame, latest_us: int) -> NDArray[np.int64]:
    """Return (n,) the ascending times by which frames are merged: the latest that their file has shown so far.

    Parameters
    ----------
    latest_us
        The last place of the file's frames before.
    """
    t_us = frames["t_us"].to_numpy()
    place: NDArray[np.int64] = np.maximum.accumulate(np.maximum(t_us, latest_us))
    before = np.concatenate([[latest_us], place[:-1]])
    if not (place[1:] - before[1:] > SLACK_US).any() and not (place[0] > latest_us + SLACK_US and _known(latest_us)):
        return place
    return np.maximum.accumulate(np.maximum(_said(frames, t_us, latest_us), latest_us))


def _known(latest_us: int) -> bool:
    return latest_us > -(1 << 62)


def _said(frames: pl.DataFrame, t_us: NDArray[np.int64], latest_us: int) -> NDArray[np.int64]:
    """Return (n,) times, those that the next two frames of their camera do not go on from cut down to these."""
    after = frames.select(
        pl.min_horizontal(pl.col("t_us").shift(-1), pl.col("t_us").shift(-2)).over("camera")
    ).to_series()
    has_next = after.is_not_null().to_numpy()
    out = np.where(has_next, np.minimum(t_us, after.fill_null(0).to_numpy() + SLACK_US), t_us)
    known = np.maximum(latest_us, out[has_next].max(initial=latest_us))
    if _known(int(known)):
        out[~has_next] = np.minimum(t_us[~has_next], known + TAIL_US)
    return out
