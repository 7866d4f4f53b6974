"""What was seen is kept exactly, in little room, for its camera's lateness and no longer."""

from __future__ import annotations

import copy
import pickle
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.stage import identity, packed, seen
from operators.stage.identity import Keys

CAMERAS = 4
LEAST = np.iinfo(np.int64).min
PACE_US = 100_000
TIMES = st.one_of(st.integers(0, 50), st.integers(0, 40).map(lambda n: 1_000 * n), st.integers(-(1 << 60), 1 << 60))
NUMBERS = st.one_of(st.integers(0, 3), st.sampled_from([LEAST, np.iinfo(np.int64).max]), st.integers(LEAST, -LEAST - 1))
FRAMES = st.lists(st.tuples(st.integers(0, CAMERAS - 1), TIMES, NUMBERS), max_size=40)
Rows = list[tuple[int, int, int]]


def keys(rows: Rows) -> Keys:
    camera, t_us, seq = zip(*rows, strict=True) if rows else ((), (), ())
    return identity.sealed(np.array(camera, np.int32), np.array(t_us, np.int64), np.array(seq, np.int64))


def rows_of(frames: Keys) -> Rows:
    return list(zip(*(column.tolist() for column in frames), strict=True))


def even(camera: int, first: int, count: int, jitter_us: int = 0, unit_us: int = 1) -> Keys:
    """`count` frames of a camera at ten a second, numbered."""
    off = np.random.default_rng(first).integers(-jitter_us, jitter_us + 1, count) // unit_us * unit_us
    number = np.arange(first, first + count, dtype=np.int64)
    return identity.sealed(np.full(count, camera, np.int32), 1_767_571_200_000_000 + number * PACE_US + off, number)


@given(FRAMES)
@settings(deadline=None)
def test_frames_are_in_order_and_stay_as_they_came_where_they_are_equal(rows: Rows) -> None:
    order = identity.order(*keys(rows), CAMERAS)
    assert order.tolist() == sorted(range(len(rows)), key=lambda row: rows[row])


def test_a_backlog_that_comes_backwards_is_in_order_too() -> None:
    t_us = np.arange(5_000, dtype=np.int64)[::-1].copy()
    frames = identity.sealed(np.zeros(5_000, np.int32), t_us, t_us % 7)
    assert np.array_equal(identity.order(*frames, 1), np.argsort(t_us, kind="stable"))


@given(FRAMES)
@settings(deadline=None)
def test_packing_keeps_every_frame_whatever_its_time_and_number(rows: Rows) -> None:
    rows = sorted(rows)
    pack = packed.pack(keys(rows))
    assert rows_of(packed.unpack(pack)) == rows
    assert pack.frames == len(rows)


@given(FRAMES, FRAMES, FRAMES)
@settings(deadline=None)
def test_packs_that_are_joined_hold_the_frames_of_all(a: Rows, b: Rows, asked: Rows) -> None:
    whole, asked = packed.joined([packed.pack(keys(sorted(set(part)))) for part in (a, b)]), sorted({*asked, *a})
    assert sorted(rows_of(packed.unpack(whole))) == sorted([*set(a), *set(b)])
    found = np.zeros(len(asked), np.bool_)
    packed.find(packed.pack(keys(sorted({*a, *b}))), keys(asked), found)
    assert found.tolist() == [row in {*a, *b} for row in asked]


@given(st.lists(FRAMES, max_size=6), FRAMES, st.sampled_from([1, 5, 1_000]))
@settings(deadline=None)
def test_what_was_remembered_is_known_and_nothing_else(pushes: list[Rows], asked: Rows, fresh: int) -> None:
    memory, oldest_us = seen.Seen(), np.full(CAMERAS, -(1 << 62))
    with mock.patch.object(seen, "FRESH", fresh):
        for push in pushes:
            seen.remember(memory, keys(push), oldest_us)
        asked = sorted(asked + [row for push in pushes for row in push[:3]])
        found = seen.known(memory, keys(asked), oldest_us)
    assert found.tolist() == [any(row in push for push in pushes) for row in asked]
    assert seen.size(memory) <= sum(len(set(push)) for push in pushes)


@pytest.mark.parametrize(
    ("jitter_us", "unit_us", "most"),
    [
        pytest.param(0, 1, 0.2, id="keeps time"),
        pytest.param(4_000, 1, 1.9, id="milliseconds off"),
        pytest.param(4_000, 1_000, 0.8, id="told in milliseconds"),
    ],
)
def test_a_frame_costs_a_byte_or_two(jitter_us: int, unit_us: int, most: float) -> None:
    pack = packed.pack(even(0, 0, 10_000, jitter_us, unit_us))
    assert (pack.head.nbytes + pack.word.nbytes) / 10_000 < most


def fed(seconds: int, lateness_us: int) -> tuple[seen.Seen, list[int]]:
    """Camera 0 sends for ever, camera 1 only at first; returns the sizes after each second too."""
    memory, newest_us, sizes = seen.Seen(), np.full(CAMERAS, -(1 << 62)), []
    for second in range(seconds):
        for camera in (0, 1)[: 1 if second > 2 else 2]:
            frames = even(camera, 10 * second, 10)
            oldest_us = newest_us - lateness_us
            seen.remember(memory, frames, oldest_us)
            newest_us[camera] = frames.t_us[-1]
        sizes.append(seen.size(memory))
    return memory, sizes


def test_a_camera_that_stopped_keeps_its_own_frames_and_nobody_elses() -> None:
    with mock.patch.object(seen, "FRESH", 20):
        memory, sizes = fed(3_000, 60 * 10 * PACE_US)
        assert max(sizes[200:]) < 2 * 600 + 30 + 2 * 20
        assert len(memory.packs) < 2 * seen.SHARE
        found = seen.known(memory, even(1, 0, 30), np.full(CAMERAS, -(1 << 62)))
    assert found.all()


@pytest.mark.parametrize("lateness_s", [4_000, 5_000, 86_400])
def test_no_lateness_is_too_long_to_forget_what_is_older(lateness_s: int) -> None:
    memory, newest_us = seen.Seen(), np.full(1, -(1 << 62))
    with mock.patch.object(seen, "FRESH", 64):
        for block in range(60):
            frames = even(0, block * 36_000, 64)  # an hour apart
            seen.remember(memory, frames, newest_us - lateness_s * 1_000_000)
            newest_us[0] = frames.t_us[-1]
    within = lateness_s // 3_600 + 1
    assert within * 64 <= seen.size(memory) <= (2 * within + 1) * 64


def test_no_push_writes_all_again() -> None:
    written = []
    pack = packed.pack
    with (
        mock.patch.object(seen, "FRESH", 100),
        mock.patch.object(packed, "pack", lambda k: written.append(k) or pack(k)),
    ):
        memory, oldest_us, most = seen.Seen(), np.full(CAMERAS, -(1 << 62)), 0
        for push in range(1_000):
            written.clear()
            seen.remember(memory, even(0, push * 100, 100), oldest_us)
            most = max(most, sum(len(k.camera) for k in written))
    assert seen.size(memory) == 100_000
    assert most <= 2 * 100_000 // seen.SHARE
    assert len(memory.packs) <= 4 * seen.SHARE


def test_what_is_packed_never_changes_and_copies_share_it() -> None:
    memory = seen.Seen()
    with mock.patch.object(seen, "FRESH", 20):
        for push in range(9):
            seen.remember(memory, even(0, push * 10, 10), np.full(CAMERAS, -(1 << 62)))
    again = copy.deepcopy(memory)
    assert [pack.word is other.word for pack, other in zip(memory.packs, again.packs, strict=True)] == [True] * 4
    assert memory.fresh[0].t_us is again.fresh[0].t_us
    assert not any(array.flags.writeable for pack in memory.packs for array in (pack.head, pack.word))
    seen.remember(again, even(0, 90, 40), np.full(CAMERAS, -(1 << 62)))
    assert (seen.size(memory), seen.size(again)) == (90, 130)
    assert seen.size(pickle.loads(pickle.dumps(memory))) == 90


@given(st.lists(FRAMES, max_size=4), st.permutations([0, 1, 2, -1]))
@settings(deadline=None)
def test_what_is_remembered_of_a_camera_goes_along_with_it(pushes: list[Rows], place: list[int]) -> None:
    memory, other, oldest_us = seen.Seen(), seen.Seen(), np.full(CAMERAS, -(1 << 62))
    with mock.patch.object(seen, "FRESH", 5):
        for push in pushes:
            seen.remember(memory, keys(push), oldest_us)
        seen.carry(other, memory, np.array(place), 3)
    went = sorted({(place[camera], *more) for push in pushes for camera, *more in push if place[camera] >= 0})
    assert seen.known(other, keys(went), oldest_us[:3]).all()
    assert {row for pack in other.packs for row in rows_of(packed.unpack(pack))} == set(went)
