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


@pytest.mark.parametrize("track", [None, "", "-1", "18446744073709551615", "7"])
def test_whether_a_stream_is_tracked_here_is_left_to_its_frames(track: str | None) -> None:
    made = provisional.register(sampled(track), None, None)
    assert [camera.tracker for camera in made.camera] == ["auto"]
    assert made.camera[0].fps == 2.0


def test_a_camera_whose_format_leaves_out_empty_frames_is_registered_so() -> None:
    whole = sampled("7")
    (made,) = provisional.register(whole, None, None).camera
    assert made.sends_empty
    (made,) = provisional.register([chunk._replace(sends_empty=False) for chunk in whole], None, None).camera
    assert not made.sends_empty
