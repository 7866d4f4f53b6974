"""Guests at the kerb, replaced within seconds and in shadows: each stay is one incident, as the truth says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from simulation import faults, layout, parking, shadows, simulate
from simulation.scene import Scene, live_span
from simulation.tracks import FAMILIES, LIVES, PARKED, Tracks, sample, tracks_of
from tests.simulation.replaying import replayed

SECOND = 1_000_000
MINUTE = 60 * SECOND
MORNING = 1_767_582_000 * SECOND  # 2026-01-05 10.00 in Semarang
MINUTES, JUNCTIONS, SEED = 420, 9, 2  # the first cameras all look at junctions
SOON_S = parking.SLOWLY_US / SECOND + parking.SOON_S[1] + 4.0  # until the next one stands


def kerb() -> tuple[Scene, Tracks]:
    """A kerb's day, with the guests of each place in a row."""
    of = faults.scene(layout.camera(0, SEED, 0.5), 0, SEED, MORNING, MORNING + 1440 * MINUTE, noiseless=True)
    of = of._replace(outage_us=np.empty((0, 2), np.int64))
    return of, parking.events(of)


def test_some_guests_are_followed_within_seconds_and_none_meets_another() -> None:
    _, guests = kerb()
    place, soon = guests.x[:, 1], 0
    for x, _ in parking.PLACES:
        spans = guests.t_us[place == x]
        pause_s = (spans[1:, 0] - spans[:-1, 3]) / SECOND
        assert (pause_s >= parking.SOON_S[0]).all()
        soon += int((pause_s <= parking.SOON_S[1]).sum())
    assert 0.05 < soon / len(place) < 0.4


def test_a_shadow_lies_4_s_a_minute_over_some_of_those_who_stand() -> None:
    of, guests = kerb()
    seen = sample(guests, of.t_us, live_span(of, of.t_us))
    dark = shadows.cast(guests, seen, of.t_us)
    hit = (dark.box != seen.box).any(axis=1)
    _, track = tracks_of(seen, PARKED)
    t_us = of.t_us[seen.frame]
    assert hit.any()
    lies = (t_us[hit] % MINUTE >= shadows.LIES_US[0]) & (t_us[hit] % MINUTE < shadows.LIES_US[1])
    assert lies.all()
    assert set(track[hit] % shadows.EVERY) == {1}
    assert ((t_us[hit] >= guests.t_us[track[hit], 1]) & (t_us[hit] < guests.t_us[track[hit], 2])).all()
    assert (dark.box[:, :2] == seen.box[:, :2]).all()


@pytest.fixture(scope="module", params=[True, False], ids=["noiseless", "noisy"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[bool, pl.DataFrame]:
    """Return whether it is noiseless, and the stays of the truth beside the incidents told (`t`, `f`: which)."""
    noiseless, out = request.param, tmp_path_factory.mktemp("kerb")
    simulate(JUNCTIONS, MINUTES, SEED, MORNING, out, "arrow", fps=2.0, noiseless=noiseless)
    tables = replayed(out, MORNING, MORNING + MINUTES * MINUTE, noiseless=noiseless)
    found = tables["incidents_log"].filter(pl.col("kind") == "parking", pl.col("close_reason") != "end_of_input")
    times = (pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("opened_at", "closed_at"))
    found = found.select("camera_id", "zone_id", "severity", *times).with_row_index("f")
    true = pl.read_parquet(out / "truth" / "parking.parquet").filter("is_over").with_row_index("t")
    return noiseless, paired(true, found)


def paired(true: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Join stays and incidents that begin and end together and are as severe; either side alone where there is none."""
    near = true.join(found, on=["camera_id", "zone_id", "severity"], suffix="_found").filter(
        (pl.col("opened_at_found") - pl.col("opened_at")).dt.total_seconds().is_between(-3, 15),
        (pl.col("closed_at_found") - pl.col("closed_at")).dt.total_seconds().is_between(-3, 15),
    )
    both = true.join(near.select("t", "f"), on="t", how="full", coalesce=True)
    return both.join(found.select("f", told="severity"), on="f", how="full", coalesce=True)


def test_every_stay_is_one_incident_that_begins_and_ends_with_it(city: tuple[bool, pl.DataFrame]) -> None:
    """Of a noisy kerb four of a hundred may differ: frames that a recorder kept, or a guest whom two ids share."""
    noiseless, both = city
    right = both.filter(pl.col("t").is_not_null() & pl.col("f").is_not_null())
    assert right["t"].is_unique().all()
    assert right["f"].is_unique().all()
    assert right.height > 40
    assert both.height - right.height <= (0 if noiseless else 0.04 * right.height)


@pytest.mark.parametrize("what", ["replaced", "in a shadow"])
def test_neither_a_next_guest_nor_a_shadow_makes_two_stays_one_or_one_none(
    what: str, city: tuple[bool, pl.DataFrame]
) -> None:
    noiseless, both = city
    stays = both.filter(pl.col("t").is_not_null()).sort("camera_id", "opened_at")
    if what == "replaced":
        chosen = stays.filter(follows(stays))
    else:
        chosen = stays.filter(pl.col("track").cast(pl.Int64) // (FAMILIES * LIVES) % shadows.EVERY == 1)
    assert chosen.height >= 5
    assert chosen["f"].null_count() <= (0 if noiseless else 1)


def follows(stays: pl.DataFrame) -> pl.Series:
    """Tell which stays begin within seconds after another at their camera: the next guest of one who drove off."""
    pairs = stays.select("camera_id", "t", "opened_at").join(
        stays.select("camera_id", before="closed_at"), on="camera_id"
    )
    soon = pairs.filter((pl.col("opened_at") - pl.col("before")).dt.total_seconds().is_between(5, SOON_S))
    return stays["t"].is_in(soon["t"].unique().implode())
