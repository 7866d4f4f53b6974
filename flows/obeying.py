"""Frames out of an archive as kernels take them: what was decided of each is obeyed."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.shard import Shard
from operators.stage import intake
from operators.stage.decided import Decided
from schemas.frames import FRAMES, FrameBatch


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
