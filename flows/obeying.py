"""Frames out of an archive as kernels take them: what was decided of each is obeyed."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.shard import Shard
from operators.city import City
from operators.stage import intake
from operators.stage.decided import Decided
from operators.stage.released import LATE, TOO_LATE
from schemas.frames import DISPOSITIONS, FRAMES, FrameBatch


def decided_of(batch: FrameBatch, shard: Shard) -> tuple[Decided, pl.Series]:
    """Return an archive's frames as `Shard.obey` takes them, with their objects' track ids.

    Frames of cameras that the shard does not have, or not at their time, are left out.
    """
    codes = intake.camera_codes(batch.frames, shard.city, shard.index)
    mine = batch.pick(np.flatnonzero(codes >= 0))
    frames = mine.frames
    came = intake.arrays(FrameBatch(frames.select(list(FRAMES)), mine.objects, mine.signals), shard.city, shard.index)
    disposition = frames["disposition"].to_physical().cast(pl.UInt8).to_numpy()
    return Decided(came, disposition, frames["dt_ms"].to_numpy(), frames["lag_ms"].to_numpy()), mine.objects["track"]


def with_too_late(batch: FrameBatch, city: City) -> FrameBatch:
    """Return an archive's frames, by camera and time, with those that came too late as late ones.

    Each lasts a period of its camera, less what frames around it cover; one that is told twice counts once.
    """
    frames = batch.frames
    counts = frames["disposition"].is_in(("on time", "late")).to_numpy()
    late = (frames["disposition"] == DISPOSITIONS[TOO_LATE]).to_numpy()
    if not late.any():
        return batch
    known = pl.struct("camera", "t_us", "seq")
    first = (
        frames.with_columns(_at=np.where(counts, 0, 1))
        .select((pl.col("_at").rank("ordinal").over(known) == 1).alias("first"))["first"]
        .to_numpy()
    )
    taken = late & first
    period_us = dict(zip((camera.id for camera in city.cameras), city.period_us.tolist(), strict=True))
    told = frames.select(
        "camera",
        "t_us",
        end_us=pl.col("t_us")
        + pl.when(pl.Series(counts)).then((pl.col("lag_ms") + pl.col("dt_ms")) * 1000).otherwise(0),
        lasts_us=pl.col("camera").replace_strict(period_us, default=0, return_dtype=pl.Int64),
        in_all=pl.Series(counts | taken),
    ).with_columns(
        next_us=pl.when("in_all").then("t_us").shift(-1).fill_null(strategy="backward").over("camera"),
        covered_us=pl.when(pl.Series(counts)).then("end_us").shift(1).cum_max().over("camera"),
    )
    from_us = told.select(pl.max_horizontal("t_us", pl.col("covered_us").fill_null(0)))["t_us"]
    to_us = told.select(
        pl.min_horizontal(pl.col("t_us") + pl.col("lasts_us"), pl.col("next_us").fill_null(1 << 62)).alias("to")
    )["to"]
    lag_ms = (from_us - frames["t_us"]) // 1000
    dt_ms = pl.Series(np.maximum(((to_us - from_us) // 1000).to_numpy(), 0))
    is_taken = pl.lit(pl.Series(taken))
    made = frames.with_columns(
        disposition=pl.when(is_taken)
        .then(pl.lit(DISPOSITIONS[LATE]))
        .otherwise(pl.col("disposition").cast(pl.String))
        .cast(pl.Enum(DISPOSITIONS)),
        dt_ms=pl.when(is_taken).then(dt_ms.cast(pl.Int32)).otherwise("dt_ms"),
        lag_ms=pl.when(is_taken).then(lag_ms.cast(pl.Int32)).otherwise("lag_ms"),
    )
    return FrameBatch(made, batch.objects, batch.signals, batch.source)
