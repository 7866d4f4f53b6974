"""Cameras registered for one replay: what their input shows decides."""

import polars as pl
import pytest

from connectors.formats import Chunk
from flows import provisional
from tests.flows.city import chunks, stream


def sampled(track: str | None) -> list[Chunk]:
    batch = stream(["a"], 20)
    objects = batch.objects.with_columns(track=pl.lit(track, pl.String))
    return chunks(type(batch)(batch.frames, objects, batch.signals, batch.source))[:1]


@pytest.mark.parametrize(
    ("track", "tracker"),
    [(None, "iou"), ("", "iou"), ("-1", "iou"), ("18446744073709551615", "iou"), ("7", "none")],
)
def test_a_stream_whose_ids_mean_untracked_gets_a_tracker(track: str | None, tracker: str) -> None:
    made = provisional.register(sampled(track), None, None, None)
    assert [camera.tracker for camera in made.camera] == [tracker]
    assert made.camera[0].fps == 2.0
