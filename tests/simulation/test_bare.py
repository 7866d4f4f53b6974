"""Stays through our own tracker: as many as a simulated square had, where its camera sends no track ids."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from flows.shard import Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.stage import intake
from schemas.registry import Registry
from simulation import actor, city, faults, layout, writer
from tests.simulation.replaying import newest

MINUTE = 60_000_000
START = 1_767_571_200_000_000 + 9 * 60 * MINUTE  # 2026-01-05 16.00 in Semarang
MINUTES, SEED, NUMBER = 15, 1, 29
BOUND = 0.15
"""Share of the true stays by which those through our tracker may be wrong."""


def stays(fps: float) -> tuple[pl.DataFrame, int]:
    """Return the rows of stays of a camera without ids, noisy, and how many stays were true."""
    camera = layout.camera(NUMBER, SEED, fps)
    assert "visits" in camera.metrics
    scene = faults.scene(camera, NUMBER, SEED, START, START + MINUTES * MINUTE, noiseless=False)
    played = actor.of(scene, faults.delivery(scene))
    place = cities.build(Registry(camera=(camera,)))
    index, shard = intake.lookup(place), Shard(place, Thresholds())
    state, blocks = shard.start(START), []
    for hour in range(START // city.HOUR_US, (scene.end_us - 1) // city.HOUR_US + 2):
        sent = actor.arrivals(played, hour * city.HOUR_US, (hour + 1) * city.HOUR_US, hour)
        batch = writer.batch([sent._replace(track=np.full_like(sent.track, -1))])
        blocks += shard.push(state, intake.arrays(batch, place, index), batch.objects["track"])[0]
    blocks += shard.end(state, scene.end_us - 1)[0]
    rows = pl.concat([block.rows for block in blocks if block.table == "stays_minute_log"])
    return newest(rows), int(city._truth(played)["stays"]["stays_n"].sum())


@pytest.mark.parametrize("fps", [1.0, 2.0, 10.0])
def test_as_many_stay_as_the_truth_says(fps: float) -> None:
    rows, true = stays(fps)
    assert true > 80
    assert abs(rows["stays_n"].sum() - true) <= BOUND * true
    assert rows["observed_ms"].sum() > 0


def test_below_a_frame_a_second_nobody_knows() -> None:
    rows, _ = stays(0.5)
    assert rows["observed_ms"].sum() == 0
