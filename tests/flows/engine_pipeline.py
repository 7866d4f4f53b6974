"""A pipeline in the shape of a backfill: elements are numbers, each makes columns and stages them under its name."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import numpy as np
import polars as pl
from apache_beam.options.pipeline_options import PipelineOptions

SHARDS = 8


class Reckon(beam.DoFn):
    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def process(self, element: tuple[int, int]) -> Iterator[bytes]:
        day, shard = element
        rows = pl.DataFrame({"camera": np.arange(5_000) % 7, "n": np.random.default_rng(shard).integers(0, 9, 5_000)})
        made = rows.group_by("camera").agg(pl.col("n").sum()).sort("camera").write_json().encode()
        part = self.folder / f"{shard}.{os.getpid()}"
        part.write_bytes(made)
        part.rename(self.folder / f"{day}-{shard}.json")
        (self.folder / f"by-{os.getpid()}-{shard}").touch()
        time.sleep(0.25)  # so that both workers have some, and one can be killed on the way
        yield made


def pipeline(begin: beam.Pipeline, folder: str) -> beam.PCollection:
    shards = beam.Create([(1, shard) for shard in range(SHARDS)], reshuffle=True)
    return begin | "shards" >> shards | "reckon" >> beam.ParDo(Reckon(folder))


if __name__ == "__main__":
    begin = beam.Pipeline(options=PipelineOptions(sys.argv[2:]))
    pipeline(begin, sys.argv[1])
    begin.run().wait_until_finish()
