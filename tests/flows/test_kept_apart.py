"""Nothing of a person is in what a run recovers from: frames wait there, and frames that nobody believes yet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from bytewax.testing import TestingSource, run_main

from connectors.formats import to_json_lines
from flows import recovery
from flows.dataflow import ShardLogic, build
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.connectors.bytes_on_disk import holding
from tests.flows.city import SECOND, camera, chunks, plan, stream
from tests.flows.planted import NAME, PLANTED, PLATE

REGISTRY = Registry(camera=(camera("a"),))
WITHOUT = {"class": NAME, "track": PLATE, "mask": NAME}


def planted() -> FrameBatch:
    """Frames whose texts are persons' names; the clock of the last but one lies far ahead, alone."""
    batch = stream(["a"], 20)
    t_us = pl.Series(batch.frames["t_us"].to_list())
    t_us[len(t_us) - 2] += 7_200 * SECOND
    objects = batch.objects.with_columns(pl.lit(text).alias(name) for name, text in WITHOUT.items())
    signals = batch.signals.with_columns(kind=pl.lit(NAME), zone=pl.lit(PLATE))
    frames = batch.frames.with_columns(t_us=t_us, image_hash=pl.lit(NAME))
    return FrameBatch(frames, objects, signals, "test")


@pytest.mark.parametrize("is_archived", [False, True], ids=["doubted", "waiting"])
def test_no_file_of_a_recovery_store_holds_anything_of_a_person(tmp_path: Path, *, is_archived: bool) -> None:
    batch, out = planted(), []
    items = chunks(batch, [30])
    run = plan(REGISTRY)
    if is_archived:
        run.on_release = out.append
    source = TestingSource([*items[:2], TestingSource.ABORT(), *items[2:]], 1)
    with recovery.opened(tmp_path) as stored_by:
        run_main(build(run, source, out.append), epoch_interval=timedelta(0), recovery_config=stored_by)
    kept = 0
    for path in tmp_path.glob("*.sqlite3"):
        with closing(sqlite3.connect(path)) as store:
            kept += sum(
                row[0] for row in store.execute("SELECT length(ser_change) FROM snaps WHERE ser_change IS NOT NULL")
            )
    assert kept > 10_000
    assert [(text, path.name) for text in PLANTED for path in holding(tmp_path, text)] == []


def test_frames_are_kept_there_at_all() -> None:
    """Else the test above would find nothing because there is nothing."""
    logic = ShardLogic(plan(REGISTRY), None)
    logic.on_batch([(0, planted())])
    assert logic.memory is not None
    (doubted,) = logic.memory.doubted.kept
    assert len(doubted.batch) > 0
    assert PLATE in to_json_lines(planted()).decode()
    assert "flood" not in doubted.batch.signals["kind"].to_list()
