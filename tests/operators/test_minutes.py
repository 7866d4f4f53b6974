"""A frame's time, cut at minute edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.minutes import segments

TIMES = st.integers(-(10**12), 2 * 10**15)
SHARES = st.integers(0, 200_000)


def cut(t_us: int, dt_ms: int) -> list[tuple[int, int, bool]]:
    out = segments(np.array([t_us]), np.array([dt_ms], np.int32))
    return list(zip(out.minute.tolist(), out.ms.tolist(), out.is_first.tolist(), strict=True))


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, SHARES), max_size=8))
def test_the_pieces_of_a_frame_add_up_to_its_share(frames: list[tuple[int, int]]) -> None:
    t, dt = np.array([f[0] for f in frames], np.int64), np.array([f[1] for f in frames], np.int32)
    out = segments(t, dt)
    assert np.bincount(out.frame, out.ms, len(frames)).tolist() == dt.tolist()
    assert np.bincount(out.frame, out.is_first, len(frames)).tolist() == [1] * len(frames)


@settings(deadline=None)
@given(TIMES, SHARES)
def test_every_millisecond_lands_in_the_minute_that_holds_it(t_us: int, dt_ms: int) -> None:
    start = t_us // 1000
    by_minute: dict[int, int] = {}
    for minute in range(start // 60_000, (start + dt_ms) // 60_000 + 1):
        inside = min(start + dt_ms, (minute + 1) * 60_000) - max(start, minute * 60_000)
        if inside > 0 or minute == start // 60_000:
            by_minute[minute] = inside
    assert {minute: ms for minute, ms, _ in cut(t_us, dt_ms)} == by_minute


@pytest.mark.parametrize(
    ("t_us", "dt_ms", "pieces"),
    [
        pytest.param(0, 100, [(0, 100, True)], id="within a minute"),
        pytest.param(59_950_999, 100, [(0, 50, True), (1, 50, False)], id="over an edge, in floored ms"),
        pytest.param(59_900_000, 100, [(0, 100, True)], id="ends on the edge"),
        pytest.param(60_000_000, 100, [(1, 100, True)], id="starts on the edge"),
        pytest.param(30_000_000, 0, [(0, 0, True)], id="seen but without a share"),
        pytest.param(60_000_000, 0, [(1, 0, True)], id="no share, on the edge"),
        pytest.param(-1, 1, [(-1, 1, True)], id="before 1970"),
        pytest.param(30_000_000, 120_000, [(0, 30_000, True), (1, 60_000, False), (2, 30_000, False)], id="3 minutes"),
    ],
)
def test_cuts(t_us: int, dt_ms: int, pieces: list[tuple[int, int, bool]]) -> None:
    assert cut(t_us, dt_ms) == pieces
