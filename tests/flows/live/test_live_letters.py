"""Letters of a stream are those of a replay of the same messages, however the run is cut, killed and begun again."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from flows.replay import ReplayOptions, replay
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, stream
from tests.flows.live.tails import Topic
from tests.flows.live.test_until_end import NOW_US, messages, taken

NAMES = ["a", "b"]
KNOWN = Registry(camera=tuple(camera(name) for name in NAMES))
MENDED = Registry(camera=tuple(camera(name) for name in (*NAMES, "ghost")))
CAME_US = NOW_US + 7
HOUR_S = 3_600


def frame(name: str, second: float, **more: Any) -> bytes:
    return json.dumps({"camera": name, "ts": START + round(second * SECOND), "objects": [], **more}).encode()


def said() -> list[bytes]:
    """Three minutes of two cameras, and among them all that becomes letters; some of it many in a record."""
    found = [value for _, value, _ in messages(stream(NAMES, 180))]
    pixels = {"objects": [{"class": "car", "box": [100, 200, 300, 400]}]}
    some = {
        50: b"no json",
        60: b"no json either\nnor this",
        80: b"\n".join(frame("ghost", second) for second in (20, 20, 20.5, 21)),
        120: frame("a", 30.25, **pixels),
        150: b"\n".join(frame(name, 4 * HOUR_S + second) for second in range(2) for name in ("a", "ghost")),
        300: b"\n".join(frame("b", 6 * HOUR_S + second) for second in range(2)),
        420: b"\n".join(frame("a", -3 * HOUR_S + second) for second in range(2)),
    }
    for at, value in sorted(some.items(), reverse=True):
        found.insert(at, value)
    found += [frame("a", 2 * HOUR_S + second) for second in range(40)]  # its clock was set: it is believed in the end
    return [*found, frame("ghost", 181), frame("b", 5)]


class Letters:
    """Runs over one stream, each in a store of its own."""

    def __init__(self, tmp_path: Path, empty_store: Callable[[str], str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self.empty_store, self.patch = tmp_path, empty_store, patch
        self.whole = said()

    def registry(self, registry: Registry) -> Path:
        path = self.folder / "registry.toml"
        path.write_text(to_toml(registry, "test"))
        return path

    def run(self, name: str, until: int | None = None, sizes: tuple[int, ...] = (8_192,), of: Registry = KNOWN) -> int:
        """Take the stream to where it ends; return how many letters it says there were."""
        came = [(value, CAME_US + at) for at, value in enumerate(self.whole[:until])]
        more = {"warehouse": self.empty_store(name), "state": str(self.folder / f"state-{name}")}
        done = taken(self.folder, self.registry(of), Topic([came], sizes), self.patch, **more)
        return done["dead_letters"]

    def rows(self, name: str) -> pl.DataFrame:
        with connect(self.empty_store(name)) as store:
            found = store.query("SELECT * EXCEPT (run, content) FROM dead_letters_log FINAL WHERE count > 0").table
        return pl.DataFrame(pl.from_arrow(found)).sort(pl.all())

    def counts(self, name: str) -> dict[str, int]:
        rows = self.rows(name).group_by("reason").agg(pl.col("count").sum())
        return dict(rows.sort("reason").iter_rows())


@pytest.fixture
def letters(tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Letters:
    return Letters(tmp_path, empty_store, monkeypatch)


def test_they_are_those_of_a_replay_and_say_when_their_records_came(letters: Letters) -> None:
    told = letters.run("live")
    path = letters.folder / "all.jsonl"
    path.write_bytes(b"\n".join(letters.whole))
    registry = str(letters.registry(KNOWN))
    summary = replay(ReplayOptions((str(path),), "native", letters.empty_store("replayed"), registry), now_us=NOW_US)
    found = letters.counts("live")
    assert found == letters.counts("replayed")
    assert told == summary.dead_letters == sum(found.values())
    assert found == {"not_json": 3, "unknown_camera": 7, "boxes_refused": 1, "clock_jump": 6}
    rows = letters.rows("live")
    came_us = rows["first_seen"].dt.epoch("us") - CAME_US
    assert came_us.to_list() == rows["position"].to_list()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_ends_and_goes_on_has_those_of_one_that_never_did(letters: Letters, seed: int) -> None:
    """An end says what is not believed yet; what is believed later is no letter."""
    chance = random.Random(seed)
    clock = len(letters.whole) - 41  # in the midst of frames whose clock was set
    for until in (*sorted(chance.sample(range(1, clock), 2)), clock):
        letters.run("cut", until, (chance.choice([1, 7, 60]), 100))
    assert letters.counts("cut")["clock_jump"] > 6
    told = letters.run("cut")
    assert told == letters.run("whole")
    assert letters.rows("cut").equals(letters.rows("whole"))


@pytest.mark.parametrize("registry", [KNOWN, MENDED], ids=["as it was", "mended"])
def test_what_a_killed_run_said_is_said_again_or_counts_no_longer(letters: Letters, registry: Registry) -> None:
    """Its state is older than what it wrote; what is read again may have become frames."""
    letters.run("killed", 100)
    state = letters.folder / "state-killed"
    shutil.copytree(state, letters.folder / "before")
    letters.run("killed")
    shutil.rmtree(state)
    (letters.folder / "before").rename(state)
    told = letters.run("killed", of=registry)
    letters.run("whole", 100)
    assert told == letters.run("whole", of=registry)
    assert letters.rows("killed").equals(letters.rows("whole"))
    assert letters.counts("killed")["unknown_camera"] == (7 if registry is KNOWN else 4)
