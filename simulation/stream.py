"""One camera's frames in memory, day by day, as a perfect link carries them.

What happens before the camera, its outages and its detector are the city's;
between the camera and Tilik nothing goes wrong here: frames come once, in order
and at once, and no sender says words of its own or pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from schemas.frames import FrameBatch
from schemas.registry import Camera, Registry
from simulation import actor, faults, few, layout, senders, writer
from simulation.scene import DAY_US, Scene

BATCH_US: Final = DAY_US
"""Frames that are drawn at once: with fewer what is done once a batch costs more than the frames; ours."""


class Ends(NamedTuple):
    """When a camera's first frame and its last are [us UTC]."""

    first_us: int
    last_us: int


def registry(cameras: int, seed: int, minutes: int) -> Registry:
    """Return the city as `simulate` writes it for so many minutes."""
    return layout.registry(cameras, seed, layout.event_fps(minutes))


def alone(city: Registry, camera: Camera) -> Registry:
    """Return one camera of a city with the roads and places that are its alone."""
    return few.of(city, [camera.id])


def ends(camera: Camera, seed: int, span: tuple[int, int], *, noiseless: bool) -> Ends | None:
    """Return when a camera's frames begin and end; None where it is dead all the time."""
    t_us = _scene(camera, seed, span, noiseless=noiseless).t_us
    return Ends(int(t_us[0]), int(t_us[-1])) if len(t_us) else None


def batches(camera: Camera, seed: int, span: tuple[int, int], *, noiseless: bool) -> Iterator[FrameBatch]:
    """Yield a camera's frames, a day at a time.

    Parameters
    ----------
    camera
        Of `layout.registry` with the same seed.
    span
        When to begin and to end [us UTC), whole minutes.
    noiseless
        Perfect detector; the frames are then those that `simulate` writes.
    """
    scene = _scene(camera, seed, span, noiseless=noiseless)
    of, position = actor.of(scene, faults.in_order(scene)), 0
    for part, since_us in enumerate(range(scene.start_us, scene.end_us, BATCH_US)):
        sent = actor.arrivals(of, since_us, since_us + BATCH_US, part)
        batch = writer.batch([senders.bare(scene, sent)])
        yield FrameBatch(
            batch.frames.with_columns(pl.col("position") + position), batch.objects, batch.signals, camera.id
        )
        position += len(batch)


def _scene(camera: Camera, seed: int, span: tuple[int, int], *, noiseless: bool) -> Scene:
    return faults.scene(camera, layout.number(camera), seed, *span, noiseless=noiseless)
