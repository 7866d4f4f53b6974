"""Riders the detector sees as persons: what hides the wheels hides them too, and hardly one crosses as a pedestrian."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from simulation import faults, layout, riding, simulate, trackers, vehicles
from simulation.scene import live_span
from simulation.tracks import sample
from tests.simulation.replaying import replayed

SECOND = 1_000_000
MORNING = 1_767_571_200 * SECOND  # 2026-01-05 07.00 in Semarang
MINUTES = 2
STEP = 1.5 / 10_000  # edges are rounded to 1/10,000


def test_what_hides_the_wheels_hides_the_rider_as_far() -> None:
    scene = faults.scene(layout.camera(0, 7, 0.5), 0, 7, MORNING, MORNING + 3600 * SECOND, noiseless=False)
    drives = vehicles.events(scene)
    seen = riding.with_riders(sample(drives, scene.t_us, live_span(scene, scene.t_us)), drives)
    mount, rides = riding.mounts(seen.number)
    shown, given = trackers.blurred(scene, seen, scene.t_us, 0)
    foot = shown.box[np.flatnonzero(np.diff(given, prepend=-1)), 3]  # without the boxes given twice
    at = {key: row for row, key in enumerate(zip(seen.frame.tolist(), seen.number.tolist(), strict=True))}
    pairs = [(row, at[int(seen.frame[row]), int(mount[row])]) for row in np.flatnonzero(rides).tolist()]
    covered = [(rider, wheels) for rider, wheels in pairs if foot[wheels] < seen.box[wheels, 3] - STEP]
    assert len(covered) > 20
    assert all(foot[rider] <= foot[wheels] + STEP for rider, wheels in covered)
    bare = [rider for rider, wheels in pairs if foot[wheels] == seen.box[wheels, 3]]
    assert 0 < sum(foot[rider] < seen.box[rider, 3] for rider in bare) < 0.1 * len(bare)


def test_of_two_hundred_riders_one_crosses_as_a_person(tmp_path: Path) -> None:
    """One in seventy did, whose wheels were hidden from the first sight on while the feet above them were not."""
    simulate(60, MINUTES, 1, MORNING, tmp_path / "city", "arrow")
    rows = replayed(tmp_path / "city", MORNING, MORNING + MINUTES * 60 * SECOND, noiseless=False)["flow_minute_log"]
    true = pl.read_parquet(tmp_path / "city" / "truth" / "flow.parquet")
    riders = true.filter(pl.col("class") == "rider")["crossings"].sum()
    assert true.filter(pl.col("class") == "person").is_empty()
    assert riders > 400
    assert rows["person_n"].sum() <= riders / 200
    assert abs(rows["rider_n"].sum() - riders) <= riders / 100
