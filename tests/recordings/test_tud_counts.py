"""Persons and crossings in real recordings with truth: TUD-Campus and TUD-Stadtmitte (Andriluka et al. 2008).

The truth is read here in plain numpy from the installed motmetrics package, and
through the reader, the ordered stage and the kernels.
"""

from pathlib import Path

import motmetrics
import numpy as np
import pytest

from operators.metrics import crowd, flow
from schemas.columns import CROWD, FLOW
from tests.operators.staged import crossed
from tests.recordings.playing import RECORDINGS, city_of, play

DATA = Path(motmetrics.__file__).parent / "data"
NAMES = ["campus", "stadtmitte"]


def truth(name: str) -> np.ndarray:
    """Return (n, 7) frame, id, left, top, width, height px, confidence."""
    return np.loadtxt(DATA / f"TUD-{name.capitalize()}" / "gt.txt", delimiter=",", usecols=range(7))


def played(name: str) -> tuple:
    city = city_of(RECORDINGS / "tud" / f"{name}.toml")
    return city, play(DATA / f"TUD-{name.capitalize()}" / "gt.txt", "mot", city)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_picture_holds_every_true_person_of_every_frame(name: str) -> None:
    city, frames = played(name)
    there = np.bincount(truth(name)[:, 0].astype(int))[1:]
    assert crowd.count(city, frames).persons.tolist() == there.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_person_time_is_the_true_persons_times_the_frame_period(name: str) -> None:
    city, frames = played(name)
    parts = crowd.measure(city, frames, crowd.count(city, frames))
    there = np.bincount(truth(name)[:, 0].astype(int))[1:]
    row = dict(zip(CROWD.parts, parts.values[0].tolist(), strict=False))
    assert (row["frames"], row["observed_ms"]) == (len(there), 40 * len(there))
    assert (row["person_ms"], row["persons_max"]) == (40 * there.sum(), there.max())


@pytest.mark.parametrize(
    ("name", "to_right", "to_left"), [pytest.param("campus", 0, 4), pytest.param("stadtmitte", 1, 1)]
)
def test_persons_who_end_on_the_other_side_of_the_line_have_crossed_it(name: str, to_right: int, to_left: int) -> None:
    """The line is drawn downwards, so that its right hand is the left half of the picture."""
    rows = truth(name)
    moves = {"to_right": 0, "to_left": 0}
    for track in np.unique(rows[:, 1]):
        feet = rows[rows[:, 1] == track]
        x = feet[:, 2] - 1 + feet[:, 4] / 2 - 320
        x = x[np.abs(x) > 8]  # beyond 1 % of the diagonal of 640 x 480
        if len(x) and (x[0] > 0) != (x[-1] > 0):
            moves["to_left" if x[-1] > 0 else "to_right"] += 1
    city, frames = played(name)
    parts = flow.counts(crossed(city, frames))
    told = np.bincount(parts.key, parts.values[:, FLOW.offset("person_n")], 2)
    assert told.tolist() == [moves["to_right"], moves["to_left"]] == [to_right, to_left]
