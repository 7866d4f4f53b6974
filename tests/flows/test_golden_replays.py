"""Golden files of every format through the flow, as far as a replay's commit: what came is accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.warehouse import Stage
from flows.replay import ReplayOptions, playing
from tests.connectors.frames import START_US

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
NOW_US = START_US + 3_600_000_000
SIZE = {"size": (1000, 500)}
REPLAYS: dict[str, tuple[str, dict[str, Any], tuple[int, int, int, int]]] = {
    "nvschema full": ("nvschema/full.jsonl", SIZE, (5, 1, 4, 5)),
    "nvschema minimal": ("nvschema/minimal.jsonl", {**SIZE, "camera": "smg-204"}, (3, 0, 2, 4)),
    "deepstream": ("deepstream/eventmsg.jsonl", SIZE, (3, 0, 5, 4)),
    "frigate": ("frigate/messages.jsonl", SIZE, (9, 0, 6, 15)),  # the last second stands alone, 12 s after: clock_jump
    "onvif": ("onvif/messages.jsonl", {"camera": "smg-409"}, (7, 0, 4, 4)),
    "dlstreamer": ("dlstreamer/gvametaconvert.jsonl", {"camera": "c", "start_us": START_US}, (4, 0, 5, 4)),
    "scenescape": ("scenescape/messages.jsonl", SIZE, (4, 0, 4, 3)),
}
"""Files, what they do not carry, and frames, duplicates, dead letters and objects, as the README beside each has it."""


@pytest.mark.parametrize(("name", "given", "wanted"), REPLAYS.values(), ids=REPLAYS.keys())
def test_a_golden_file_is_replayed_as_worked_out(name: str, given: dict[str, Any], wanted: tuple[int, ...]) -> None:
    options = ReplayOptions((str(RECORDINGS / name),), name.partition("/")[0], "", **given)
    with Stage() as stage:
        totals = playing.read(playing.ask(options, NOW_US), stage).totals
    assert (totals.frames, totals.duplicates, totals.dead_letters, totals.objects) == wanted
