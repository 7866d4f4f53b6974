"""One simulated camera's rows: its frames through the shard that live streams use, into files that a stage takes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from connectors.warehouse.stage import Written, written
from flows.shard import Pushed, Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.stage import intake
from schemas.registry import Registry
from simulation import stream


class Job(NamedTuple):
    """One camera, and what is to be made of it."""

    registry: Registry
    """The camera, and the roads and places that are its alone."""
    seed: int
    span: tuple[int, int]
    noiseless: bool
    recording: stream.Ends
    """Of all cameras together: what was expected of each is between them."""
    thresholds: Thresholds
    folder: Path


class Done(NamedTuple):
    """What became of a camera."""

    camera: str
    files: list[Written]
    frames: int
    objects: int
    rows: int


def made(job: Job) -> Done:
    """Play a camera from first to last and write its rows."""
    (camera,) = job.registry.camera
    city = cities.build(job.registry)
    shard, index = Shard(city, job.thresholds), intake.lookup(city)
    state, came = shard.start(job.recording.first_us), 0
    told = _Told()
    for batch in stream.batches(camera, job.seed, job.span, noiseless=job.noiseless):
        told.add(shard.push(state, intake.arrays(batch, city, index, came), batch.objects["track"]))
        came += len(batch)
    told.add(shard.end(state, job.recording.last_us))
    files = [
        written(table, job.folder / f"{camera.id}-{table}.arrow", pl.concat(rows)) for table, rows in told.held.items()
    ]
    return Done(camera.id, files, told.frames, told.objects, told.rows)


class _Told:
    """What the shard has told so far."""

    def __init__(self) -> None:
        self.held: dict[str, list[pl.DataFrame]] = {}
        self.frames = self.objects = self.rows = 0

    def add(self, pushed: Pushed) -> None:
        """Keep the rows of a push and count what it took."""
        for block in pushed.blocks:
            if block.rows.height:
                self.held.setdefault(block.table, []).append(block.rows)
            self.rows += block.new
        self.frames += pushed.totals.frames
        self.objects += pushed.totals.objects
