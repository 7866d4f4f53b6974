"""A camera with all that happens before it, and what it sends of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation import (
    congestion,
    flood,
    garbage,
    gates,
    gathering,
    masks,
    mute,
    night,
    parking,
    people,
    racing,
    riding,
    shadows,
    trackers,
    vehicles,
)
from simulation.detector import detect
from simulation.faults import Delivery
from simulation.flood import Signals
from simulation.scene import Scene, live_span
from simulation.tracks import Objects, Tracks, merged, sample
from simulation.writer import Arrivals, spread

PERSONS: Final = ("people", "carriers", "gates", "night", "gathering")
DRIVERS: Final = ("vehicles", "congestion", "racing")
"""Phenomena that bring persons, and vehicles that pass lines."""


class Actor(NamedTuple):
    """A camera with all that happens before it."""

    scene: Scene
    tracks: dict[str, Tracks]  # by phenomenon
    wearers: masks.Wearers | None
    signals: Signals
    arrived: Delivery
    ids: tuple[NDArray[np.int64], NDArray[np.int64]]  # numbers of all bodies, and what the tracker calls them


def of(scene: Scene, arrived: Delivery) -> Actor:
    """Return a camera with all that happens before it; a new phenomenon adds its line here and in `city._truth`."""
    heaps, carriers = garbage.events(scene)
    tracks = {
        "people": people.events(scene),
        "vehicles": congestion.cleared(scene, vehicles.events(scene)),
        "parking": parking.events(scene),
        "garbage": heaps,
        "carriers": carriers,
        "gates": gates.events(scene),
        "night": night.events(scene),
        "gathering": gathering.events(scene),
        "congestion": congestion.events(scene),
        "racing": racing.events(scene),
    }
    ridden = [riding.bodies(tracks[name]) for name in DRIVERS]
    ids = trackers.dealt(scene, [*tracks.values(), *ridden])
    wearers = masks.wearers(scene, tracks["people"])
    return Actor(scene, tracks, wearers, flood.events(scene), arrived, ids)


def arrivals(actor: Actor, since_us: int, until_us: int, part: int) -> Arrivals:
    """Return what arrives from one camera from `since_us` until before `until_us`.

    Parameters
    ----------
    part
        Which of several spans this is, such as an hour since 1970: each has random numbers of its own.
    """
    scene, arrived = actor.scene, actor.arrived
    first, last = np.searchsorted(arrived.arrival_us, [since_us, until_us])
    rows = arrived.frame[first:last]
    wanted, back = np.unique(rows, return_inverse=True)
    parts = [_seen(scene, tracks, wanted, is_driven=name in DRIVERS) for name, tracks in actor.tracks.items()]
    shaded = shadows.cast(actor.tracks["parking"], merged(parts), scene.t_us[wanted])
    there = mute.silenced(scene, shaded, scene.t_us[wanted])
    seen = detect(scene, there, scene.seq[wanted], 2 + part)
    if not scene.noiseless:
        objects, given = trackers.blurred(scene, seen.objects, scene.t_us[wanted], part)
        seen = seen._replace(objects=objects, confidence=seen.confidence[given])
    said = _faces(actor, seen.objects, scene.seq[wanted], 2 + part)
    if not scene.noiseless:
        seen = seen._replace(objects=trackers.renumbered(seen.objects, actor.ids))
    item, row = spread(seen.objects.frame, len(wanted), back)
    with_signal = np.isin(actor.signals.frame, wanted)
    carried = np.searchsorted(wanted, actor.signals.frame[with_signal])
    signal, signal_row = spread(carried, len(wanted), back)
    return Arrivals(
        camera=scene.camera.id,
        arrival_us=arrived.arrival_us[first:last],
        t_us=arrived.t_us[first:last],
        seq=scene.seq[rows],
        size=scene.camera.size,
        object_row=row,
        cls=seen.objects.cls[item],
        confidence=seen.confidence[item],
        box=seen.objects.box[item],
        track=seen.objects.number[item],
        signal_row=signal_row,
        signal_zone=[next((zone.id for zone in scene.camera.zone if zone.kind == "flood"), "")] * len(signal),
        signal_value=actor.signals.value[with_signal][signal],
        faces=None if said is None else masks.spread(said, item),
    )


def _faces(actor: Actor, objects: Objects, seq: NDArray[np.int64], part: int) -> masks.Faces | None:
    if actor.wearers is None:
        return None
    return masks.blurred(actor.scene, masks.faces(actor.wearers, objects, seq), part)


def _seen(scene: Scene, tracks: Tracks, wanted: NDArray[np.int64], *, is_driven: bool) -> Objects:
    t_us = scene.t_us[wanted]
    objects = sample(tracks, t_us, live_span(scene, t_us))
    return riding.with_riders(objects, tracks) if is_driven and not scene.noiseless else objects
