"""Crowd incidents open and close with a zone's level of service."""

import numpy as np

from operators.metrics.crowd import LevelSamples
from operators.metrics.crowd import incidents as crowd_incidents
from schemas.columns import LEVELS
from schemas.incidents import INCIDENT_STATES
from schemas.registry import Limits
from tests.operators.staged import FULL, camera, city, zone

SECOND = 1_000_000


def story(levels: str, **fields: object) -> list[tuple[str, str, int]]:
    town = city(camera(metrics=("crowd",), zone=(zone("alun", FULL, area_m2=10.0, **fields),)))
    n = len(levels)
    samples = LevelSamples(
        np.zeros(n, np.int32), np.arange(n) * SECOND, np.full(n, 1000, np.int32),
        np.array([LEVELS.index(level) for level in levels], np.uint8),
    )  # fmt: skip
    plan = crowd_incidents.plan(town)
    out = crowd_incidents.step(crowd_incidents.start(plan), plan, samples)
    columns = zip(out.state.tolist(), out.severity.tolist(), out.t_us.tolist(), strict=True)
    return [(INCIDENT_STATES[state], LEVELS[level], t // SECOND) for state, level, t in columns]


def test_a_walkway_opens_at_level_e_and_follows_its_level() -> None:
    assert story("ADEEFED") == [
        ("active", "E", 3),
        ("active", "F", 5),
        ("active", "E", 6),
        ("closed", "E", 7),
    ]


def test_where_people_stand_it_opens_at_level_d() -> None:
    assert story("CD", surface="standing") == [("active", "D", 2)]


def test_a_zone_may_name_its_own_density() -> None:
    assert story("BC", limits=Limits(on=0.43)) == [("active", "C", 2)]
