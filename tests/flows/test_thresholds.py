"""`params_hash` changes with whatever changes a figure, and with nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flows.thresholds import Thresholds, params_hashes
from operators import city as cities
from operators.tracking.tracker import TrackerParams
from schemas.registry import Registry, fingerprint, fingerprints, written
from tests.flows.every import camera


def hashes(changes: dict[str, Any], **thresholds: Any) -> dict[str, int]:
    town = cities.build(Registry(camera=(msgspec.structs.replace(camera("a"), **changes),)))
    return {metric: each[0] for metric, each in params_hashes(town, Thresholds(**thresholds)).items()}


NAMES = {"name": "Simpang Lima", "owner": "dishub", "category": "atcs", "position": (-6.99, 110.42), "simulated": True}


@pytest.mark.parametrize("field", NAMES)
def test_what_people_call_a_camera_changes_no_figure(field: str) -> None:
    assert hashes({field: NAMES[field]}) == hashes({})


def test_a_zone_that_is_named_measures_what_it_measured() -> None:
    zone = tuple(msgspec.structs.replace(each, name="Taman") for each in camera("a").zone)
    assert hashes({"zone": zone}) == hashes({})


@pytest.mark.parametrize("field", ["reorder_us", "lateness_us"])
def test_how_late_a_frame_may_come_changes_every_figure(field: str) -> None:
    now, then = hashes({}), hashes({}, **{field: 5_000_000})
    assert all(now[metric] != then[metric] for metric in now)


def test_the_tracker_counts_only_where_tracks_are_made_here() -> None:
    other = TrackerParams(birth=0.5)
    assert hashes({"tracker": "none"}, tracker=other) == hashes({"tracker": "none"})
    for mode in ("auto", "iou"):
        now, then = hashes({"tracker": mode}), hashes({"tracker": mode}, tracker=other)
        assert all(now[metric] != then[metric] for metric in now)


def test_another_recorder_changes_outages_alone() -> None:
    now, then = hashes({}), hashes({"site": "nvr-2"})
    assert {metric for metric in now if now[metric] != then[metric]} == {"outages"}


def test_another_polygon_changes_every_figure() -> None:
    first, *rest = camera("a").zone
    moved = msgspec.structs.replace(first, polygon=((0.0, 0.0), (0.9, 0.0), (0.9, 0.3), (0.0, 0.3)))
    now, then = hashes({}), hashes({"zone": (moved, *rest)})
    assert all(now[metric] != then[metric] for metric in now)


def test_many_hashes_behind_one_head_are_those_one_by_one() -> None:
    tails = [(), ((1.5, None),), ("a", {"b": [2]})]
    found = fingerprints(("flow", 3, (1, 2)), [written(*tail) for tail in tails])
    assert found == [fingerprint("flow", 3, (1, 2), *tail) for tail in tails]
