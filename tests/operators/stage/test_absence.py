"""Streams without empty frames: who was seen is there for two periods, and then gone."""

from __future__ import annotations

import numpy as np
import pytest

from operators.arrays import Ordered
from operators.city import City
from operators.metrics import crowd
from operators.stage import absence, health, ordered, refused, tally
from operators.tracking import streams
from schemas.columns import CROWD
from tests.operators.staged import FULL, at, camera, city, frames, stand, zone

SECOND = 1_000_000


def town(**fields: object) -> City:
    return city(camera(fps=1.0, zone=(zone("z", FULL),), **fields))


def watched(place: City, seconds: list[int], dt_s: list[int]) -> Ordered:
    rows = [(0, t * SECOND, [at(0.5, 0.5, 7)]) for t in seconds]
    return frames(rows, [1000 * s for s in dt_s], place=place)


def test_a_person_seen_once_in_a_minute_was_there_for_two_periods() -> None:
    place = town(sends_empty=False)
    seen = absence.told(place, watched(place, [0, 40, 41], [40, 1, 1]))
    assert (seen.t_us // SECOND).tolist() == [0, 2, 40, 41]
    assert seen.dt_ms.tolist() == [2000, 38_000, 1000, 1000]
    assert np.diff(seen.first).tolist() == [1, 0, 1, 1]
    parts = crowd.measure(place, seen, crowd.count(place, stand(place, seen)))
    assert parts.values[:, CROWD.offset("person_ms")].sum() == 4000
    assert parts.values[:, CROWD.offset("persons_hist")].sum() == 38_000


@pytest.mark.parametrize("dt_s", [1, 2])
def test_a_stream_that_sends_empty_frames_is_left_alone(dt_s: int) -> None:
    place = town()
    before = watched(place, [0, dt_s], [dt_s, 1])
    assert absence.told(place, before) is before


def test_signals_stay_with_their_frames() -> None:
    place = town(sends_empty=False)
    before = watched(place, [0, 40, 80], [40, 40, 1])._replace(
        signal_frame=np.array([0, 1, 1, 2]), signal_zone=np.zeros(4, np.int32), signal_value=np.arange(4.0)
    )
    seen = absence.told(place, before)
    assert seen.t_us[seen.signal_frame].tolist() == before.t_us[before.signal_frame].tolist()


def test_two_cameras_keep_their_order() -> None:
    place = city(*(camera(f"c{i}", fps=1.0, sends_empty=i == 0, zone=(zone("z", FULL),)) for i in range(2)))
    rows = [(c, t * SECOND, [at(0.5, 0.5, 7)]) for c in (0, 1) for t in (0, 1, 30)]
    seen = absence.told(place, frames(rows, [1000, 2000, 1000, 1000, 29_000, 1000], place=place))
    assert seen.camera.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert all((np.diff(seen.t_us[seen.camera == c]) > 0).all() for c in (0, 1))


def test_the_ordered_stage_and_health_say_the_same_time_watched() -> None:
    place = town(sends_empty=False)
    seen = watched(place, [0, 40, 41], [40, 1, 1])
    none, nothing = np.full(3, np.nan, np.float32), np.empty(0, np.int64)
    left_out = refused.Refused(nothing, nothing, nothing)
    no = np.zeros(3, np.bool_)
    released = ordered.Released(seen, np.full(3, -1), none, none, np.zeros(3, np.uint64), left_out, no, no, no)
    codes = health.step(health.start(1), place, released, health.HealthParams())
    whose = streams.late(streams.modes(place), seen)
    parts = tally.measure(released, codes, whose, is_late=False)
    assert parts.values[:, :2].sum(axis=0).tolist() == [3, 42_000]
    assert absence.told(place, seen).dt_ms.sum() == 42_000
