"""Whether a picture stands still: its hash says, and only without one the detections."""

from __future__ import annotations

import numpy as np
import pytest

from operators.stage import health
from operators.stage.health import HealthParams
from operators.stage.ordered import Released
from operators.stage.refused import Refused
from schemas.columns import STATES
from tests.operators.staged import at, camera, city, frames

SECOND = 1_000_000
MINUTE = 60
HELD = [at(0.5, 0.5, 5, "car")]


def states(hashes: list[int], boxes: list[list], every_s: int = 10) -> list[str]:
    """The state of each frame of a camera that sends one in ten seconds."""
    place, n = city(camera(fps=0.1)), len(hashes)
    blank = np.full(n, np.nan, np.float32)
    shown = frames([(0, (1 + i) * every_s * SECOND, boxes[i]) for i in range(n)])
    nothing = Refused(*(np.empty(0, np.int64) for _ in Refused._fields))
    images, no = np.array(hashes, np.uint64), np.zeros(n, np.bool_)
    released = Released(shown, np.full(n, -1, np.int64), blank, blank, images, nothing, no, no, no)
    return [STATES[code] for code in health.step(health.start(1), place, released, HealthParams())]


@pytest.mark.parametrize(
    ("hashes", "boxes", "frozen_from"),
    [
        pytest.param(list(range(1, 31)), [HELD] * 30, None, id="a parked car whose box is held, the picture changes"),
        pytest.param([7] * 30, [HELD] * 30, 7, id="the picture never changes"),
        pytest.param([7] * 30, [[]] * 30, 7, id="the picture never changes, nobody is in it"),
        pytest.param([7] * 30, [[at(0.1 + i / 100, 0.5)] for i in range(30)], 7, id="boxes move in a still picture"),
        pytest.param([0] * 30, [HELD] * 30, 7, id="no hashes: detections that never change"),
        pytest.param([0] * 30, [[]] * 30, None, id="no hashes: an empty street"),
        pytest.param([0] * 30, [[at(0.1 + i / 100, 0.5)] for i in range(30)], None, id="no hashes: somebody moves"),
        pytest.param([i + 1 if i % 5 == 0 else 0 for i in range(30)], [HELD] * 30, None, id="a hash now and then"),
        pytest.param([*range(1, 11), *[0] * 20], [HELD] * 30, 16, id="hashes that stop say nothing for long"),
        pytest.param([*range(1, 11), *[10] * 20], [HELD] * 30, 16, id="a picture that changed, then stands"),
    ],
)
def test_a_picture_stands_still_when_its_hash_says_so(hashes, boxes, frozen_from: int | None) -> None:
    found = states(hashes, boxes)
    still = [i for i, state in enumerate(found) if state == "frozen"]
    assert still == ([] if frozen_from is None else list(range(frozen_from, 30)))


def test_a_picture_that_moves_again_is_watched_again() -> None:
    found = states([7] * 15 + [8] + [9] * 14, [HELD] * 30)
    assert found[14:17] == ["frozen", "online", "online"]
