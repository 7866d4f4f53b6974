"""Vehicles that stop on a motorway: real detections without track ids, and people's marks.

The tracker gives the ids, parking does the rest, with the same thresholds for all
40 sequences: the whole picture is a no-parking zone, `stopped_s` = 10. What is not
these files but others like them is stood in for by `benchmarks.roads`.
"""

import numpy as np
import pytest

from benchmarks.roads import DISTURBANCES, Road, roads
from benchmarks.stopping import incidents, is_marked


def disturbed(name: str, kind: str) -> list[Road]:
    random = np.random.default_rng(1)
    return [DISTURBANCES[name](road, random) for road in roads(kind)]


def found(road: Road) -> bool:
    return any(is_marked(road, incident) for incident in incidents(road))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("as told", 20),
        ("missed 60 %", 19),
        ("shaken 5 %", 19),
        ("5 frames/s", 19),
        ("1 frame/s", 19),
        ("unsure", 19),
        ("of everything", 19),
    ],
)
def test_stopped_vehicles_are_found_however_they_are_seen(name: str, least: int) -> None:
    told = disturbed(name, "P")
    assert len(told) == 20
    assert sum(map(found, told)) >= least


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as told", "shaken 5 %", "2 frames/s", "1 frame/s", "of everything"])
def test_normal_traffic_raises_no_alarm(name: str) -> None:
    told = disturbed(name, "N")
    assert len(told) == 20
    assert [k for k, road in enumerate(told) if incidents(road)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as told", "2 frames/s", "1 frame/s"])
def test_beside_stopped_vehicles_those_that_pass_raise_none(name: str) -> None:
    told = disturbed(name, "P")
    others = [incident for road in told for incident in incidents(road) if not is_marked(road, incident)]
    assert others == []
