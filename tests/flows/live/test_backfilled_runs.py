"""What a live run has stated is made again out of its archive, from what it remembered at midnight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from connectors.archive import reading
from connectors.archive.commits import STATES
from connectors.archive.folder import Folder
from connectors.registry.writing import to_toml
from flows.backfilling import running
from flows.backfilling.asked import BackfillOptions
from schemas.local_time import MINUTE_US
from tests.flows.city import SECOND, START, stream
from tests.flows.live.tails import topic
from tests.flows.live.test_until_end import NAMES, REGISTRY, messages, stored, taken

MIDNIGHT = START + 17 * 3600 * SECOND


@pytest.mark.slow
def test_a_night_that_ran_live_in_two_lives_is_made_again_from_its_midnight(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, url = tmp_path / "registry.toml", empty_store("live")
    registry.write_text(to_toml(REGISTRY, "test"))
    frames = stream(NAMES, 480)
    moved = replace(frames, frames=frames.frames.with_columns(pl.col("t_us") + MIDNIGHT - START - 4 * MINUTE_US))
    every = messages(moved, int(moved.frames["t_us"].max()) + SECOND)  # type: ignore[arg-type]
    for count in (len(every) // 3, len(every)):
        archive = f"file:{tmp_path / 'archive'}"
        taken(tmp_path, registry, topic(every[:count], 2), monkeypatch, warehouse=url, archive=archive)
    right = stored(url)
    store = Folder(tmp_path / "archive")
    assert len(store.names(STATES)) >= len(NAMES) // 2
    assert [(each.is_live, each.gaps) for each in reading.streams(store)] == [(True, ())]
    asked = BackfillOptions(MIDNIGHT, MIDNIGHT + 4 * MINUTE_US, archive, url, str(registry))
    done = running.backfill(asked, lambda done, of: None)
    assert (done.rows, done.withdrawn) == (0, 0)
    assert done.begun == {"remembered": len(NAMES), "beginning": 1}  # the silent camera has nothing to remember
    assert all(stored(url)[name].equals(rows) for name, rows in right.items())
