"""How long each frame counts, and how much of each minute a camera watched.

The weighing is the ordered stage's, written a second time: a frame lasts until
the next one, floor(t_next / 1000) - floor(t / 1000) ms, at most two periods; the
last one lasts one period; the share is cut at UTC minute edges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.scene import Scene

MINUTE_MS = 60_000
MINUTE_US = 60_000_000


class Pieces(NamedTuple):
    """Pieces of frames' time, each within one minute."""

    frame: NDArray[np.int64]
    minute: NDArray[np.int64]  # minutes since 1970 UTC
    ms: NDArray[np.int64]


class Watch(NamedTuple):
    """One row a minute of the span, and one that the last frame may reach into."""

    minute: NDArray[np.int64]  # minutes since 1970 UTC, dense
    frames: NDArray[np.int64]
    observed_ms: NDArray[np.int64]

    def table(self, scene: Scene) -> pl.DataFrame:
        """Return ``camera_id``, ``ts``, ``frames``, ``observed_ms``, one row a minute of the span."""
        return pl.DataFrame(
            {
                "camera_id": pl.repeat(scene.camera.id, len(self.minute), eager=True),
                "ts": times(self.minute * MINUTE_US),
                "frames": self.frames,
                "observed_ms": self.observed_ms,
            }
        ).head(-1)


def times(t_us: NDArray[np.int64]) -> pl.Series:
    """Return times [us UTC] as a Polars column of datetimes."""
    return pl.Series(t_us, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def shares(scene: Scene) -> NDArray[np.int64]:
    """Return what each frame weighs [ms]."""
    ms = scene.t_us // 1000
    if not len(ms):
        return ms
    last = (scene.t_us[-1] + scene.period_us) // 1000 - ms[-1]
    return np.append(np.minimum(np.diff(ms), 2 * scene.period_us // 1000), last)


def cut(t_us: NDArray[np.int64], share_ms: NDArray[np.int64]) -> Pieces:
    """Cut shares at minute edges; a share is shorter than a minute, so in two pieces at most."""
    start = t_us // 1000
    minute = start // MINUTE_MS
    rest = np.maximum(start + share_ms - (minute + 1) * MINUTE_MS, 0)
    over = np.flatnonzero(rest)
    frame = np.arange(len(t_us))
    return Pieces(
        np.concatenate([frame, over]),
        np.concatenate([minute, minute[over] + 1]),
        np.concatenate([share_ms - rest, rest[over]]),
    )


def truth(scene: Scene) -> Watch:
    """Return frames and time watched of every minute of the span."""
    first, last = scene.start_us // MINUTE_US, (scene.end_us - 1) // MINUTE_US
    # the last frame may reach over the end of the span
    minute = np.arange(first, last + 2)
    pieces = cut(scene.t_us, shares(scene))
    observed = np.zeros(len(minute), np.int64)
    np.add.at(observed, pieces.minute - first, pieces.ms)
    frames = np.bincount(scene.t_us // MINUTE_US - first, minlength=len(minute))
    return Watch(minute, frames, observed)
