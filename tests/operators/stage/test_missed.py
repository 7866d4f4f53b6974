"""A loss lasts from a camera's last frame to the first that came after it, whosever that is."""

from __future__ import annotations

import numpy as np

from operators.city import FOREVER_US
from operators.stage import missed
from operators.stage.missed import Missed

DOWN_US = np.full(3, 300)


def lost(*newest_us: int) -> Missed:
    """Return a loss of three cameras whose newest frames these were."""
    found = missed.start(3)
    missed.lose(found, np.array(newest_us), DOWN_US, 0)
    return found


def spans(of: Missed) -> list[tuple[int, int]]:
    return list(zip(of.since_us.tolist(), of.until_us.tolist(), strict=True))


def test_it_ends_with_each_cameras_own_frame_or_with_anothers_where_it_sends_none() -> None:
    found = lost(1_000, 990, 600)
    missed.come(found, np.array([0, 1, 2], np.int32), np.array([900, 980, 500]))
    assert set(found.until_us.tolist()) == {FOREVER_US}, "these are late: they came before"
    missed.come(found, np.array([1, 0, 0], np.int32), np.array([5_000, 4_000, 4_500]))
    assert spans(found) == [(1_000, 4_000), (990, 5_000), (1_000, 4_000)], "the third was down already: it stays so"
    missed.come(found, np.array([2], np.int32), np.array([9_000]))
    assert found.until_us[2] == 4_000


def test_a_second_loss_before_anything_came_is_the_same() -> None:
    found = lost(1_000, 1_000, 1_000)
    missed.lose(found, np.array([1_000, 1_000, 1_000]), DOWN_US, 0)
    missed.all_is_read(found, 7_000)
    assert spans(found) == [(1_000, 7_000)] * 3
    missed.all_is_read(found, 8_000)
    assert found.until_us.tolist() == [7_000] * 3
