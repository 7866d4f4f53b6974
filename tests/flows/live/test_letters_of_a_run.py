"""A live run keeps letters of a camera that nobody knows; once it is registered they become its rows, run or no run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from flows.replay import ReplayOptions, again
from schemas.registry import Registry
from tests.flows.city import camera, stream
from tests.flows.live.tails import Topic
from tests.flows.live.test_live_runs import asked, running
from tests.flows.live.test_until_end import NAMES, NOW_US, REGISTRY, messages, replayed, stored, taken
from tests.waiting import until

MENDED = Registry(camera=(*REGISTRY.camera, camera("ghost")))
GHOST = pl.col("camera_id") == "ghost"
EVERY = messages(stream([*NAMES[:2], "ghost"], 300))


def registry(path: Path, of: Registry) -> Path:
    path.write_text(to_toml(of, "test"))
    return path


def play(tmp_path: Path, *reasons: str) -> again.Played:
    given = str(registry(tmp_path / "mended.toml", MENDED))
    return again.replay(ReplayOptions((), "native", f"embedded:{tmp_path / 'live'}", given), reasons, now_us=NOW_US)


def of_ghost(url: str) -> dict[str, pl.DataFrame]:
    return {name: rows.filter(GHOST) for name, rows in stored(url).items() if "camera_id" in rows.columns}


def as_though_it_had_been_known(tmp_path: Path, end: int = len(EVERY)) -> dict[str, pl.DataFrame]:
    """Return the rows of a replay by a registry that was right, of so many messages."""
    whole = stream([*NAMES[:2], "ghost"], 300)
    rows = whole.pick(np.arange(end))
    replayed(tmp_path, registry(tmp_path / "right.toml", MENDED), rows)
    return of_ghost(f"embedded:{tmp_path / 'replayed'}")


def ghosts(end: int | None = None) -> int:
    return sum(name == "ghost" for name, _, _ in EVERY[:end])


def topic_of(end: int | None = None) -> Topic:
    return Topic([[(value, came_us) for _, value, came_us in EVERY[:end]]])


def test_letters_are_played_while_the_run_goes_on_and_after_it(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is played in the midst of a minute is made whole by what is played later."""
    url, some, of = empty_store("live"), len(EVERY) * 2 // 5 + 17, topic_of(len(EVERY) * 2 // 5 + 17)
    empty_store("replayed")
    unknown = "SELECT sum(count) FROM dead_letters WHERE reason = 'unknown_camera'"
    with running(tmp_path, url, of, monkeypatch) as errors, connect(url) as store:
        until(lambda: asked(store, unknown) == ghosts(some))
        assert play(tmp_path).taken == ghosts(some)
        of.partitions[0] += [(value, came_us) for _, value, came_us in EVERY[some:]]
        until(lambda: asked(store, unknown) == ghosts() - ghosts(some))
        assert not errors
    own = {name: rows.filter(~GHOST) for name, rows in stored(url).items() if "minute" in name}
    assert play(tmp_path, "unknown_camera").taken == ghosts() - ghosts(some)
    assert play(tmp_path).taken == 0
    found, wanted = of_ghost(url), as_though_it_had_been_known(tmp_path)
    assert [name for name in wanted if not wanted[name].equals(found[name])] == []
    assert found["health_minute_log"]["frames"].sum() == ghosts()
    after = stored(url)
    assert all(rows.equals(after[name].filter(~GHOST)) for name, rows in own.items())


def test_a_run_that_knows_the_camera_by_now_states_what_comes_from_then_on(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at a full minute, the rows are as though the registry had always been right; each frame is said once."""
    some = next(at for at, (_, value, _) in enumerate(EVERY) if at > 600 and b":02:00" in value)
    url = empty_store("live")
    empty_store("replayed")
    taken(tmp_path, registry(tmp_path / "registry.toml", REGISTRY), topic_of(some), monkeypatch)
    taken(tmp_path, registry(tmp_path / "registry.toml", MENDED), topic_of(), monkeypatch)
    assert play(tmp_path).taken == ghosts(some)
    found, wanted = of_ghost(url)["health_minute_log"], as_though_it_had_been_known(tmp_path)["health_minute_log"]
    on = ["ts", "frames", "objects"]
    assert found.select(on).equals(wanted.select(on))
    with connect(url) as store:
        assert asked(store, "SELECT sum(count) FROM dead_letters") == 0
