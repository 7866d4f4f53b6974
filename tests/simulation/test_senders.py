"""What senders do wrong is told: pixels alone are dead letters, and no minute without them is an empty street."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from connectors.formats import ReadOptions, read
from schemas.columns import REASONS, STATES
from simulation import senders, simulate
from tests.simulation.replaying import replayed

SECOND = 1_000_000
MORNING = 1_767_571_200 * SECOND  # 2026-01-05 07.00 in Semarang
MINUTES, CAMERAS, SEED = 72, 12, 3
BLIND = f"sim-{senders.BLIND + 1:04d}"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame, pl.DataFrame]:
    """Return a noisy city, its dead letters, and the minutes that the camera was watched."""
    out = tmp_path_factory.mktemp("senders")
    simulate(CAMERAS, MINUTES, SEED, MORNING, out, "arrow", fps=2.0)
    read_options = ReadOptions(now_us=2 * MORNING)
    dead = [chunk.dead for path in sorted((out / "events").iterdir()) for chunk in read(path, "arrow", read_options)]
    rows = replayed(out, MORNING, MORNING + MINUTES * 60 * SECOND, noiseless=False)["health_minute_log"]
    return out, pl.concat(dead), rows.filter(pl.col("camera_id") == BLIND)


def test_frames_in_pixels_alone_are_dead_letters(city: tuple[Path, pl.DataFrame, pl.DataFrame]) -> None:
    out, dead, _ = city
    true = pl.read_parquet(out / "truth" / "faults.parquet").select("camera_id", "boxes_refused")
    assert true.filter(pl.col("boxes_refused") > 0)["camera_id"].to_list() == [BLIND]
    assert true["boxes_refused"].sum() > 100
    assert (dead["reason"] == "boxes_refused").sum() == true["boxes_refused"].sum()


def test_nobody_says_that_the_street_was_empty_meanwhile(city: tuple[Path, pl.DataFrame, pl.DataFrame]) -> None:
    """Frames without a box tell of their own time at most: two periods each."""
    out, _, rows = city
    true = pl.read_parquet(out / "truth" / "watch.parquet").filter(pl.col("camera_id") == BLIND)
    both = true.join(
        rows.with_columns(pl.col("ts").cast(pl.Datetime("us", "UTC"))), on="ts", how="left", suffix="_found"
    )
    refused = both["frames"] - both["frames_found"].fill_null(0)
    blind = both.filter(refused > 60)
    assert blind.height >= 2
    assert (blind["observed_ms_found"].fill_null(0) <= 1_000 * blind["frames_found"].fill_null(0)).all()


def test_a_camera_whose_boxes_are_refused_is_misread(
    city: tuple[Path, pl.DataFrame, pl.DataFrame],
) -> None:
    """Each refused frame is told in its minute, copies of one as one: 0.2 % of them come twice or far too late."""
    out, _, rows = city
    true = pl.read_parquet(out / "truth" / "faults.parquet")["boxes_refused"].sum()
    assert 0.99 * true <= rows["misread"].sum() <= true
    blind = rows.filter(pl.col("misread") > 2 * pl.col("frames"))
    assert blind.height >= 2
    assert set(blind["state"]) == {STATES.index("misread")}
    assert set(blind["reason"]) == {REASONS.index("misread")}
    assert (blind["last_ms"] > 0).all()
