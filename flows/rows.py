"""Kernels' arrays as rows of the minute tables."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows.thresholds import Thresholds, params_hashes
from operators.city import City
from operators.stage import emit
from operators.tracking import tracker
from schemas.cards import OF_FRAMES, OF_TRACKS
from schemas.columns import HEALTH, METRICS
from schemas.parts import REVISIONS, Metric

POLARS = {
    "UInt8": pl.UInt8,
    "UInt16": pl.UInt16,
    "UInt32": pl.UInt32,
    "UInt64": pl.UInt64,
    "Int32": pl.Int32,
    "Int64": pl.Int64,
}
DIRECTIONS = ("to_right", "to_left")
UNTRACKED, SAMPLED = "untracked", "few_samples"
"""Causes that take time from some metrics: parts of health's rows, and reasons."""


MOST_REVISION: Final = REVISIONS - 1
"""The last revision of a generation; rows that saw more are equals, of which the later written counts."""


def revision(
    metric: Metric, parts: NDArray[np.int64], reached: NDArray[np.int64] | int = 0, *, provisional: bool = False
) -> NDArray[np.int64]:
    """Return (n,) how much each row (n, width) has seen: one, its frames, and what was told of tracks and silences.

    All of it only grows, and whatever changes a row adds to it. So of two statements of one row the one that saw
    more input has the higher revision, however its input was cut and however often it was stated.

    Parameters
    ----------
    parts
        As they are folded: what is judged of them may come down again.
    reached
        (n,) late frames of other minutes that cover some of this one.
    provisional
        The row is what a clock says, and frames on their way may yet disprove: it counts its frames alone, so that
        whatever frames say in the end comes before it.
    """
    columns = [metric.offset(name) for name in ("frames", *(() if provisional else metric.told))]
    return np.minimum(parts[:, columns].sum(axis=1) + reached + (not provisional), MOST_REVISION)


class Watched(NamedTuple):
    """What the rows of `w` windows share."""

    health: NDArray[np.int64]  # (w, ...) how each was watched
    common: pl.DataFrame  # columns made of it


class RowMaker:
    """What the registry says of every camera and key, ready to be taken by code."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        self.hashes = {
            name: pl.Series(values, dtype=pl.UInt64) for name, values in params_hashes(city, thresholds).items()
        }
        cameras = city.cameras
        self.cameras = pl.DataFrame(
            {
                "area": [c.area for c in cameras],
                "camera_id": [c.id for c in cameras],
                "owner": [c.owner for c in cameras],
                "category": [c.category for c in cameras],
                "simulated": [c.simulated for c in cameras],
            },
            schema_overrides={"simulated": pl.Boolean},
        )
        self.always_here = np.array([c.tracker == "iou" for c in cameras], np.bool_)
        lines = [line for camera in cameras for line in camera.line]
        directions = [line.directions.get(side, side) for line in lines for side in DIRECTIONS]
        line_ids = [line.id for line in lines]
        by_key: dict[tuple[str, ...], dict[str, pl.Series]] = {
            (): {},
            ("zone_id",): {"zone_id": pl.Series(city.zone_ids, dtype=pl.String)},
            ("line_id",): {"line_id": pl.Series(line_ids, dtype=pl.String)},
            ("line_id", "direction"): {
                "line_id": pl.Series([name for name in line_ids for _ in DIRECTIONS], dtype=pl.String),
                "direction": pl.Series(directions, dtype=pl.String),
            },
        }
        self.key_columns = {metric.name: by_key[metric.key] for metric in METRICS}

    def watched(self, due: emit.Minutes, expected: NDArray[np.int64], health: NDArray[np.int64]) -> Watched:
        """Return what the rows of windows share, by their judged health rows (w, ...) and expected time (w,) [ms]."""
        return self._shared(due, expected, health, emit.LOST)

    def by_need(self, due: emit.Minutes, expected: NDArray[np.int64], watched: Watched) -> dict[str, Watched]:
        """Return what each metric's rows share: some do not watch what nobody tracked, or what came as tracks."""
        health = watched.health
        here = {name for name in (UNTRACKED, SAMPLED) if health[:, HEALTH.offset(f"{name}_ms")].any()}
        known: dict[tuple[str, ...], Watched] = {(): watched}
        for metric in METRICS:
            causes = self.lacks(metric.name, here)
            if causes not in known:
                less = emit.without(health, causes)
                known[causes] = self._shared(due, expected, less, (*emit.LOST, *causes))
        return {metric.name: known[self.lacks(metric.name, here)] for metric in METRICS}

    @staticmethod
    def lacks(metric: str, causes: Container[str]) -> tuple[str, ...]:
        """Return which of the causes take time from a metric."""
        needs = ((UNTRACKED, OF_TRACKS), (SAMPLED, OF_FRAMES))
        return tuple(name for name, those in needs if name in causes and metric in those)

    def _shared(
        self, due: emit.Minutes, expected: NDArray[np.int64], health: NDArray[np.int64], lost: tuple[str, ...]
    ) -> Watched:
        here, frames, late = (health[:, HEALTH.offset(name)] for name in ("made_here", "frames", "late_frames"))
        is_here = self.always_here[due.camera] | (2 * here > frames - late)
        common = self.cameras[due.camera].with_columns(
            model_id=pl.Series(["", tracker.MODEL], dtype=pl.String).gather(is_here.astype(np.uint32)),
            ts=pl.from_epoch(pl.Series(due.minute * 60), time_unit="s").dt.replace_time_zone("UTC"),
            expected_ms=pl.Series(expected).cast(pl.UInt32),
            reason=pl.Series(emit.reasons(health, expected, lost)),
        )
        return Watched(health, common)

    def rows(
        self,
        metric: Metric,
        common: pl.DataFrame,
        due: emit.Minutes,
        rows: emit.Rows,
        parts: NDArray[np.int64],
        rev: NDArray[np.int64],
    ) -> pl.DataFrame:
        """Return a metric's rows: shared columns, key, hash, parts and revision."""
        hashes = self.hashes[metric.name].gather(due.camera[rows.window])
        keys = {name: column.gather(rows.key) for name, column in self.key_columns[metric.name].items()}
        at, values = 0, {}
        for name, part in metric.parts.items():
            kind = POLARS[part.type]
            column = parts[:, at : at + part.width]
            values[name] = pl.Series(column).cast(pl.List(kind)) if part.bins else pl.Series(column[:, 0]).cast(kind)
            at += part.width
        said = pl.Series(rev).cast(pl.UInt64)
        return common[rows.window].with_columns(**keys, params_hash=hashes, **values, rev=said)
