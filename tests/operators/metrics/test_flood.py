"""Flood zones: signals become samples of 30 s, samples drive the machine."""

import pickle
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators import city
from operators.arrays import Changes, Ordered
from operators.metrics import flood
from schemas.incidents import INCIDENT_STATES
from schemas.registry import Camera, Limits, Registry, Zone

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
Told = list[tuple[int, str, int]]


def town(limits: Limits | None = None, metrics: tuple[str, ...] = ("flood",), cameras: int = 1) -> city.City:
    zones = (
        Zone(id="trotoar", kind="crowd", polygon=SQUARE),
        Zone(id="jalan", kind="flood", polygon=SQUARE, limits=limits or Limits()),
    )
    camera = Camera(id="", area="33.74", fps=1.0, metrics=metrics, zone=zones)
    return city.build(Registry(camera=tuple(msgspec.structs.replace(camera, id=f"c{i}") for i in range(cameras))))


def signals(t_s: Any, value: Any, camera: int = 0, usable: bool = True) -> Ordered:
    """One frame a signal, all of the flood zone of one camera."""
    t_us = (np.asarray(t_s, np.float64) * 1e6).astype(np.int64)
    n = len(t_us)
    return Ordered(
        camera=np.full(n, camera, np.int32), t_us=t_us, dt_ms=np.full(n, 1000, np.int32), usable=np.full(n, usable),
        made_here=np.zeros(n, np.bool_),
        width=np.full(n, 1920, np.int32), height=np.full(n, 1080, np.int32), first=np.zeros(n + 1, np.int64),
        cls=np.empty(0, np.uint8), confidence=np.empty(0, np.float32), box=np.empty((0, 4), np.float32),
        track=np.empty(0, np.uint64), face=np.empty(0, np.uint32), zones=np.empty(0, np.uint64),
        signal_frame=np.arange(n, dtype=np.int64),
        signal_zone=np.full(n, 2 * camera + 1, np.int32),
        signal_value=np.broadcast_to(np.asarray(value, np.float64), n),
    )  # fmt: skip


def told(changes: Changes) -> Told:
    columns = (changes.camera.tolist(), changes.state.tolist(), changes.t_us.tolist())
    return [(camera, INCIDENT_STATES[state], t // 1_000_000) for camera, state, t in zip(*columns, strict=True)]


def at(second: int, cameras: int = 1) -> tuple[Any, Any]:
    return np.arange(cameras, dtype=np.int32), np.full(cameras, second * 1_000_000, np.int64)


def wet(until: int = 200, level: float = 0.2) -> Ordered:
    return signals(range(until), level)


def test_a_road_wet_for_three_minutes_is_flooded() -> None:
    plan = flood.plan(town())
    out = flood.step(flood.start(plan), plan, wet()).changes
    assert told(out) == [(0, "active", 180)]
    assert (out.zone[0], out.opened_us[0], out.peak[0]) == (1, 0, pytest.approx(0.2))


def test_a_slot_counts_only_once_it_is_over() -> None:
    plan = flood.plan(town())
    state = flood.start(plan)
    assert told(flood.step(state, plan, wet(180)).changes) == []
    assert told(flood.tick(state, plan, *at(179)).changes) == []
    assert told(flood.tick(state, plan, *at(180)).changes) == [(0, "active", 180)]


def test_a_sample_is_the_mean_of_its_slot() -> None:
    plan = flood.plan(town())
    value = np.where(np.arange(400) % 30 < 20, 0.12, 0.0)  # mean 0.08: never at 0.10
    assert told(flood.step(flood.start(plan), plan, signals(range(400), value)).changes) == []


def test_a_zone_has_its_own_limits() -> None:
    plan = flood.plan(town(Limits(on=0.5, off=0.4, on_s=30, off_s=60)))
    value = np.where(np.arange(300) < 120, 0.6, 0.3)
    out = flood.step(flood.start(plan), plan, signals(range(300), value)).changes
    assert told(out) == [(0, "active", 120), (0, "closed", 180)]


@pytest.mark.parametrize(
    "ordered",
    [
        pytest.param(signals(range(400), 0.5, usable=False), id="frames that are not usable"),
        pytest.param(signals(range(400), np.nan), id="NaN"),
        pytest.param(signals(range(400), 0.5)._replace(signal_zone=np.zeros(400, np.int32)), id="another zone"),
        pytest.param(signals(range(400), 0.5)._replace(signal_zone=np.full(400, -1, np.int32)), id="no zone"),
    ],
)
def test_what_is_not_watched_floods_nothing(ordered: Ordered) -> None:
    plan = flood.plan(town())
    assert told(flood.step(flood.start(plan), plan, ordered).changes) == []


def test_a_camera_without_the_metric_has_no_floods() -> None:
    plan = flood.plan(town(metrics=("crowd",)))
    assert len(plan.zone) == 0
    assert told(flood.step(flood.start(plan), plan, wet()).changes) == []


def test_a_power_cut_ends_the_flood_unknown_and_then_expired() -> None:
    plan = flood.plan(town())
    state = flood.start(plan)
    story = told(flood.step(state, plan, wet(600)).changes)
    for hour in range(1, 30):
        story += told(flood.tick(state, plan, *at(hour * 3600)).changes)
    assert story == [(0, "active", 180), (0, "unknown", 599 + 300), (0, "expired_unobserved", 599 + 86_400)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 700), st.sampled_from([0.0, 0.07, 0.3]), st.integers(0, 1)), max_size=60),
    st.data(),
)
def test_splits_ticks_and_pickles_change_nothing(signal: list[tuple[int, float, int]], data: st.DataObject) -> None:
    plan = flood.plan(town(Limits(on_s=60, off_s=60), cameras=2))
    seconds = np.cumsum([0, *(gap for gap, _, _ in signal)])[1:].tolist()
    parts = [signals([t], v, camera) for t, (_, v, camera) in zip(seconds, signal, strict=True)]
    end = at((seconds[-1] if seconds else 0) + 100_000, 2)
    state, whole = flood.start(plan), []
    for part in parts:
        whole += told(flood.step(state, plan, part).changes)
    whole += told(flood.tick(state, plan, *end).changes)
    state, split = flood.start(plan), []
    for t, part in zip(seconds, parts, strict=True):
        if data.draw(st.booleans()):
            split += told(flood.tick(state, plan, *at(t, 2)).changes)
            state = pickle.loads(pickle.dumps(state))
        split += told(flood.step(state, plan, part).changes)
    split += told(flood.tick(state, plan, *end).changes)
    assert sorted(split) == sorted(whole)
