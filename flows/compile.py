"""Compile the kernels once, at installation, so that no later command waits for it.

A small SIMULATED city goes through the whole flow in a folder that is thrown
away: what is compiled stays beside the kernels' sources, and an installation
that cannot carry a frame to a row shows here.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import simulation
from connectors.formats import ReadOptions, read
from flows.console import fail, say
from flows.replay import ReplayOptions, replay
from schemas.errors import TilikError

START_US = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000


def main() -> None:
    """Carry a few minutes of frames to rows, in both formats, with and without track ids, and a message of protobuf."""
    say("compiling the kernels (once; a minute or two)")
    with tempfile.TemporaryDirectory() as folder:
        for form, tracker in (("native", None), ("arrow", "iou")):
            city = Path(folder) / form
            simulation.simulate(5, 5, 1, START_US, city, "arrow" if form == "arrow" else "native")
            replay(
                ReplayOptions(
                    paths=(str(city / "events"),),
                    format=form,
                    warehouse=f"embedded:{city}/warehouse",
                    registry=str(city / "registry.toml"),
                    tracker=tracker,
                )
            )
        _messages(Path(folder) / "frames.pb")


def _messages(path: Path) -> None:
    """Read a message of protobuf, an empty one, from a file."""
    path.write_bytes(b"\0")
    assert len(list(read(path, "nvschema-protobuf", ReadOptions(now_us=START_US)))) == 1


if __name__ == "__main__":
    try:
        main()
    except TilikError as error:
        fail(str(error), 1)
