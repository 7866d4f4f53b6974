"""A real road without truth: what its counts must agree on among themselves.

The boxes are YOLO's, the tracks are `operators.tracking.tracker`'s, the frame rate is assumed.
"""

import numpy as np
import pytest

from operators.arrays import Ordered
from operators.city import City
from operators.metrics import flow
from schemas.columns import FLOW, VEHICLES
from schemas.frames import CLASSES
from tests.operators.oracle.crossings import Sighting, crossings
from tests.operators.staged import crossed
from tests.recordings.playing import RECORDINGS, city_of, play, tracked

Played = tuple[City, Ordered]
N = FLOW.offset("person_n")


@pytest.fixture(scope="module")
def road() -> Played:
    folder = RECORDINGS / "opendatacam"
    city = city_of(folder / "registry.toml")
    return city, tracked(city, play(folder / "rawdetections.jsonl.gz", "opendatacam", city))


def counted(road: Played, height: float = 0.6) -> np.ndarray:
    """Return (2, 7) crossings of a level line, toward the camera and away, by class."""
    city, frames = road
    city = city._replace(point=np.array([[0.02, height], [0.98, height]]))
    parts = flow.counts(crossed(city, frames))
    return np.array([parts.values[parts.key == key, N : N + len(VEHICLES)].sum(0) for key in (0, 1)])


def sightings(frames: Ordered) -> list[tuple[int, list[Sighting]]]:
    names = dict(enumerate(CLASSES))
    box = frames.box.astype(float)
    objects = [
        Sighting(
            t_us,
            int(frames.track[k]),
            names.get(int(frames.cls[k]), "other"),
            float(frames.confidence[k]),
            (box[k, 0] + box[k, 2]) / 2,
            box[k, 3],
            box[k, 3] - box[k, 1],
        )
        for k, t_us in enumerate(np.repeat(frames.t_us, np.diff(frames.first)).tolist())
    ]
    edges = frames.first.tolist()
    return [
        (t_us, objects[begin:end]) for t_us, begin, end in zip(frames.t_us.tolist(), edges, edges[1:], strict=False)
    ]


def test_the_kernel_counts_what_a_plain_reading_of_the_definition_counts(road: Played) -> None:
    expected = np.zeros((2, len(VEHICLES)), int)
    for crossing in crossings(sightings(road[1]), ((0.02, 0.6), (0.98, 0.6)), 1920 / 1080):
        expected[["to_right", "to_left"].index(crossing.direction), VEHICLES.index(crossing.cls)] += 1
    assert counted(road).tolist() == expected.tolist()


def test_lines_next_to_each_other_count_the_same_vehicles(road: Played) -> None:
    """Between 0.55 and 0.62 of the height no road leaves: seen 70 to 75 toward the camera, 78 to 80 away."""
    totals = np.array([counted(road, height).sum(1) for height in (0.55, 0.58, 0.6, 0.62)])
    assert (totals.max(0) - totals.min(0) <= 0.1 * totals.mean(0)).all()
    assert (totals.min(0) >= 60).all()


def test_nearly_all_vehicles_are_cars_as_nearly_all_boxes_are(road: Played) -> None:
    """47,923 of 50,233 boxes are cars."""
    assert counted(road)[:, VEHICLES.index("car")].sum() >= 0.85 * counted(road).sum()


def test_without_tracks_nothing_crosses(road: Played) -> None:
    city, frames = road
    assert counted((city, frames._replace(track=np.zeros_like(frames.track)))).sum() == 0
