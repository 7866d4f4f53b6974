"""Recordings as kernels see them: read by their format's adapter, put in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from connectors.formats import ReadOptions, read
from operators.arrays import Ordered
from operators.city import City, build
from operators.stage import feet, intake, ordered
from operators.stage.arrived import concat
from operators.tracking import tracker
from schemas.registry.check import parse

T0_US = 1_767_571_200_000_000
RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


def city_of(registry: Path) -> City:
    """Return a recording's registry, compiled."""
    return build(parse({registry.name: registry.read_text()}))


def play(path: Path, kind: str, city: City) -> Ordered:
    """Return a whole recording of the city's only camera, starting at 2026-01-05 00:00 UTC."""
    (camera,) = city.cameras
    options = ReadOptions(T0_US + 10**12, camera.id, camera.fps, T0_US, camera.size)
    index = intake.lookup(city)
    chunks = list(read(path, kind, options))
    assert sum(len(chunk.dead) for chunk in chunks) == 0
    arrived = concat([intake.arrays(chunk.batch, city, index) for chunk in chunks])
    pushed = ordered.push(ordered.start(1), city, arrived, reorder_us=0, lateness_us=0, ending=True)
    assert pushed.on_time is not None
    return feet.placed(feet.plan(city), pushed.on_time.ordered)


def tracked(city: City, frames: Ordered) -> Ordered:
    """Return the frames with ids given to the objects that have none."""
    _, track = tracker.step(tracker.start(1), city, frames, np.ones(1, np.bool_))
    return frames._replace(track=track)
