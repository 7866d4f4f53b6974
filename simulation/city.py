"""A whole city for a span of time: registry, events hour by hour, and the truth beside them.

Scenes and tracks of all cameras are drawn first (they are small); boxes are
sampled an hour at a time, so that memory does not grow with the span.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.registry.writing import to_toml
from schemas.errors import UsageError
from schemas.registry import Registry
from simulation import actor as acting
from simulation import (
    congestion,
    faults,
    few,
    flood,
    garbage,
    gates,
    gathering,
    layout,
    masks,
    mute,
    night,
    output,
    parking,
    people,
    racing,
    riding,
    senders,
    sites,
    stays,
    vehicles,
    watch,
    writer,
)
from simulation.actor import DRIVERS, PERSONS, Actor
from simulation.scene import Scene
from simulation.writer import Format

HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000
HEADING: Final = "SIMULATED cameras: nothing here was seen by a real one. Written by `tilik simulate`."


class Summary(NamedTuple):
    """What was written."""

    cameras: int
    files: int
    frames: int  # records, copies and frames with a lost clock among them
    objects: int
    bytes: int
    duplicates: int
    late: int
    dead_letters: int


class Written(NamedTuple):
    """What events were written, and what of it is to be refused."""

    files: int
    frames: int
    objects: int
    bytes: int
    wrong: list[senders.Wrong]
    refused: list[NDArray[np.int64]]  # by camera: the arrivals whose boxes are all to be refused


def simulate(
    cameras: int,
    minutes: int,
    seed: int,
    start_us: int,
    out: str | Path,
    format: Format = "native",
    progress: Callable[[int, int], None] | None = None,
    *,
    fps: float | None = None,
    noiseless: bool = False,
    only: Collection[str] = (),
) -> Summary:
    """Write a simulated city.

    Parameters
    ----------
    seed
        The same seed gives the same files; camera i does not depend on how many there are.
    start_us
        Time of the first frame [us UTC], a whole minute.
    out
        Folder for ``registry.toml``, ``events/`` and ``truth/``: all of them, or none where it breaks off.
    progress
        Called with (done, total) in cameras, each counted once for its truth and once for its events.
    fps
        Frame events per second and camera; by default 0.5 from six hours on, else 2 to 5.
    noiseless
        Perfect detector and delivery: rows must equal the truth. Cameras still die.
    only
        Ids of the cameras that are written; all where none is named.

    Raises
    ------
    UsageError
        The start is no whole minute, there is nothing to simulate, or a simulation is there already.
    """
    if cameras < 1 or minutes < 1 or start_us % MINUTE_US:
        raise UsageError(
            f"expected at least 1 camera, 1 minute and a start on a whole minute, came {cameras} cameras, "
            f"{minutes} minutes, {start_us} us: change --cameras, --minutes or --start"
        )
    report = progress or (lambda done, total: None)
    registry = few.of(layout.registry(cameras, seed, layout.event_fps(minutes) if fps is None else fps), only)
    span = start_us, start_us + minutes * MINUTE_US
    with output.whole(Path(out)) as folder:
        return _written(registry, seed, span, folder, format, report, noiseless=noiseless)


def _written(
    registry: Registry,
    seed: int,
    span: tuple[int, int],
    folder: Path,
    format: Format,
    report: Callable[[int, int], None],
    *,
    noiseless: bool,
) -> Summary:
    (folder / "registry.toml").write_text(to_toml(registry, HEADING), encoding="utf-8")
    cameras, (start_us, end_us) = len(registry.camera), span
    actors = []
    tables: dict[str, list[pl.DataFrame]] = {}
    for camera in registry.camera:
        actors.append(_played(faults.scene(camera, layout.number(camera), seed, start_us, end_us, noiseless=noiseless)))
        for name, table in _truth(actors[-1]).items():
            tables.setdefault(name, []).append(table)
        report(len(actors), 2 * cameras)
    written = _events(actors, folder / "events", format, lambda share: report(int(cameras * (1 + share)), 2 * cameras))
    tables["site_outages"] = [sites.truth([actor.scene for actor in actors])]
    tables["faults"] = [
        faults.truth(a.scene, a.arrived, refused) for a, refused in zip(actors, written.refused, strict=True)
    ]
    tables["rejects"] = [senders.truth(written.wrong)] if written.wrong else []
    output.write_tables(tables, folder / "truth")
    counts = pl.concat(tables["faults"]).select(pl.exclude("camera_id")).sum().row(0, named=True)
    dead = sum(counts[name] for name in faults.DEAD)
    return Summary(cameras, *written[:4], counts["duplicates"], counts["late"], dead)


def _played(scene: Scene) -> Actor:
    return acting.of(scene, faults.delivery(scene))


def _truth(actor: Actor) -> dict[str, pl.DataFrame]:
    """Return the true figures of one camera; a new phenomenon adds its line here and in `actor.of`."""
    scene, tracks, watched = actor.scene, actor.tracks, watch.truth(actor.scene)
    drives = [tracks[name] for name in DRIVERS]
    drives += [] if scene.noiseless else [riding.riders(lot) for lot in drives]
    persons = people.seen(scene, [tracks[name] for name in PERSONS])
    return {
        "watch": watched.table(scene),
        "crowd": people.truth(scene, persons, watched),
        "stays": stays.truth(scene, persons),
        "masks": masks.truth(scene, actor.wearers, persons),
        "flow": vehicles.truth(scene, drives),
        "visits": gates.truth(scene, tracks["gates"]),
        "parking": parking.truth(scene, tracks["parking"]),
        "flood": flood.truth(scene),
        "garbage": garbage.truth(scene, tracks["garbage"], persons.objects),
        "congestion": congestion.truth(scene),
        "night": night.truth(scene, tracks["night"]),
        "gathering": gathering.truth(scene, persons),
        "racing": racing.truth(scene, tracks["racing"]),
        "outages": faults.outage_truth(scene),
        "camera_down": sites.camera_down(scene),
        "mutes": mute.truth(scene),
    }


def _events(actors: list[Actor], folder: Path, form: Format, report: Callable[[float], None]) -> Written:
    """Write the events by hour of arrival."""
    start = actors[0].scene.start_us
    end = max([start + 1, *(int(a.arrived.arrival_us[-1]) + 1 for a in actors if len(a.arrived.arrival_us))])
    hours = range(start // HOUR_US, (end - 1) // HOUR_US + 1)
    files = frames = objects = size = 0
    wrong: list[senders.Wrong] = []
    refused: list[list[NDArray[np.int64]]] = [[] for _ in actors]
    for done, hour in enumerate(hours, start=1):
        sent = [
            senders.disturbed(actor.scene, acting.arrivals(actor, hour * HOUR_US, (hour + 1) * HOUR_US, hour))
            for actor in actors
        ]
        wrong += [each for one in sent for each in one.wrong]
        for actor, one, rows in zip(actors, sent, refused, strict=True):
            rows.append(one.refused + np.searchsorted(actor.arrived.arrival_us, hour * HOUR_US))
        content = writer.batch([one.arrivals for one in sent])
        report(done / len(hours))
        if not len(content):
            continue  # an hour in which nothing arrives: a file without records is no input
        name = str(np.datetime64(hour, "h")).replace("-", "")
        size += writer.write(folder / f"{name}Z.{writer.SUFFIX[form]}", content, form)
        files, frames, objects = files + 1, frames + len(content), objects + content.objects.height
    return Written(files, frames, objects, size, wrong, [np.concatenate(rows) for rows in refused])
