"""A parked car whose box a tracker holds: the picture's hash says that the camera lives.

Source: blakeblackshear/frigate issues #195 and #2842 (stationary objects keep their box); own data.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from schemas.columns import STATES
from schemas.frames import FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.registry import Camera, Registry, Zone
from tests.flows.city import SECOND, START, chunks, plan, play, table

KERB = Zone("tepi", "no_parking", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)))
NIGHT = START + 16 * 3600 * SECOND


def street(*, has_hashes: bool) -> dict[str, pl.DataFrame]:
    """Ten minutes at two frames a second."""
    count = 1_200
    hashes = [f"{i:016x}" if has_hashes else None for i in range(1, count + 1)]
    times = [NIGHT + i * SECOND // 2 for i in range(count)]
    frames = table({"camera": ["gang-3"] * count, "t_us": times, "image_hash": hashes}, FRAMES)
    box = {"x1": [0.4] * count, "y1": [0.4] * count, "x2": [0.6] * count, "y2": [0.7] * count}
    named = {"class": ["car"] * count, "confidence": [0.9] * count, "track": ["5"] * count}
    batch = FrameBatch(frames, table({"frame": range(count), **named, **box}, OBJECTS), pl.DataFrame(schema=SIGNALS))
    camera = Camera("gang-3", "33.74.07.1005", fps=2.0, metrics=("parking", "congestion"), zone=(KERB,))
    return play(chunks(batch), plan(Registry(camera=(camera,)), since_us=NIGHT))


def test_a_held_box_in_a_living_picture_is_a_parked_car() -> None:
    found = street(has_hashes=True)
    minutes, parked = found["health_minute_log"], found["incidents_log"]
    assert [STATES[state] for state in minutes["state"]] == ["online"] * 10
    assert minutes["observed_ms"].to_list() == minutes["expected_ms"].to_list() == [60_000] * 10
    assert parked.select("kind", "severity", "close_reason").rows() == [("parking", "parked", "end_of_input")]
    assert parked["opened_at"].to_list() == [datetime.fromtimestamp(NIGHT / SECOND, UTC)]


@pytest.mark.parametrize("minute", [2, 9])
def test_without_hashes_it_may_be_a_frozen_picture(minute: int) -> None:
    assert STATES[street(has_hashes=False)["health_minute_log"]["state"][minute]] == "frozen"
