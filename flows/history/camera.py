"""One simulated camera's rows: its frames through the shard that live streams use, into files that a stage takes."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse.stage import Written, written
from flows.shard import Pushed, Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.stage import intake
from schemas.registry import Registry
from simulation import stream

BATCHES: Final = 7
"""Batches whose rows are a file: a week. The store takes rows of all cameras and few days at once; ours."""


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


class File(NamedTuple):
    """Rows of one table and one part of a camera's time."""

    part: int  # from 0, the same time of every camera
    rows: Written


class Done(NamedTuple):
    """What became of a camera."""

    camera: str
    files: list[File]
    frames: int
    objects: int
    rows: int


def made(job: Job) -> Done:
    """Play a camera from first to last and write its rows, a file a table and part of its time."""
    (camera,) = job.registry.camera
    city = cities.build(job.registry)
    shard, index = Shard(city, job.thresholds), intake.lookup(city)
    state, came = shard.start(job.recording.first_us), 0
    told = _Told(job.folder, camera.id)
    for number, batch in enumerate(stream.batches(camera, job.seed, job.span, noiseless=job.noiseless), start=1):
        told.add(shard.push(state, intake.arrays(batch, city, index, came), batch.objects["track"]))
        came += len(batch)
        if number % BATCHES == 0:
            told.write()
    told.add(shard.end(state, job.recording.last_us))
    told.write()
    return Done(camera.id, told.files, told.frames, told.objects, told.rows)


class _Told:
    """What the shard has told so far."""

    def __init__(self, folder: Path, camera: str) -> None:
        self.folder, self.camera = folder, camera
        self.files: list[File] = []
        self.part = self.frames = self.objects = self.rows = 0
        self.held: dict[str, list[pl.DataFrame]] = {}

    def add(self, pushed: Pushed) -> None:
        """Keep the rows of a push and count what it took."""
        for block in pushed.blocks:
            if block.rows.height:
                self.held.setdefault(block.table, []).append(block.rows)
            self.rows += block.new
        self.frames += pushed.totals.frames
        self.objects += pushed.totals.objects

    def write(self) -> None:
        """Write what is held."""
        for table, rows in self.held.items():
            path = self.folder / f"{self.camera}-{self.part}-{table}.arrow"
            self.files.append(File(self.part, written(table, path, pl.concat(rows))))
        self.held, self.part = {}, self.part + 1
