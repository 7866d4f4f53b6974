"""`tilik registry apply`: a city goes by another registry from a moment on, and states what a replay by time does."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.spool import Origin, SpoolWriter, make
from connectors.warehouse import connect
from flows.live import applying, kept, place, telling
from flows.replay import ReplayOptions, replay
from schemas.errors import StateError, UsageError
from schemas.frames import FrameBatch
from schemas.local_time import MINUTE_US, at_time
from schemas.partitions import partition_of
from schemas.registry import Camera, Registry
from tests.flows.city import SECOND, START, camera, stream
from tests.flows.live import children
from tests.flows.live.tails import topic
from tests.flows.live.test_live_runs import asked, now_on, running
from tests.flows.live.test_until_end import NAMES, REGISTRY, assert_equal, messages, replayed, stored, taken
from tests.waiting import until

MOMENT_US = START + 3 * MINUTE_US
"""When the edited registry holds from: frames before are stated by the former one."""
LENGTH_S = 300


def drawn_anew(of: Camera) -> Camera:
    """A camera whose crowd zone is smaller, and one of whose zones is gone."""
    park, *others = of.zone
    half = tuple((x, 0.5 + y / 2) for x, y in park.polygon)
    return msgspec.structs.replace(of, zone=(msgspec.structs.replace(park, polygon=half), *others[:-1]))


EDITED = Registry(camera=(drawn_anew(camera("a")), camera("b"), camera("d"), camera("new"), camera("silent")))
"""Camera a is drawn anew, c is gone, one is new; b, d and silent stay as they are."""


def known(batch: FrameBatch) -> FrameBatch:
    """Return the frames that have a camera: of the new one those from its moment on, of c those before."""
    name, t_us = pl.col("camera"), pl.col("t_us")
    is_known = ~((name == "c") & (t_us >= MOMENT_US)) & ~((name == "new") & (t_us < MOMENT_US))
    return batch.pick(batch.frames.select(is_known.arg_true()).to_series().to_numpy())


def city() -> FrameBatch:
    return known(stream([*NAMES, "new"], LENGTH_S))


def apply_at(state: Path, moment_us: int = MOMENT_US) -> applying.Applied:
    """Apply the edited registry; new cameras begin at the moment too."""
    return applying.apply(place.existing(state), EDITED, moment_us, moment_us)


def by_time(state: Path, to: Path) -> Path:
    """Write the registry by time that a state keeps as a file."""
    found = kept.read(place.existing(state))
    assert found is not None
    to.write_text(to_toml(found.registry, "by time"))
    return to


def assert_a_replays(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    assert left["health_minute_log"]["frames"].sum() > 0
    assert_equal(left, right)


@pytest.mark.parametrize("cut_s", [100, 179])
def test_applied_between_two_starts_it_is_what_a_replay_by_time_says(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch, cut_s: int
) -> None:
    batch = city()
    every = messages(batch)
    before = int((batch.frames["t_us"] < START + cut_s * SECOND).sum())
    taken(tmp_path, registry, topic(every[:before], 2), monkeypatch)
    said = apply_at(tmp_path / "state").said
    assert [line.partition(":")[0] for line in said] == ["a", "c", "new"]
    registry.write_text(to_toml(EDITED, "edited"))
    taken(tmp_path, registry, topic(every, 2), monkeypatch)
    replayed(tmp_path, by_time(tmp_path / "state", tmp_path / "by_time.toml"), batch)
    left = stored(f"embedded:{tmp_path / 'live'}")
    assert_a_replays(left, stored(f"embedded:{tmp_path / 'replayed'}"))
    crowd = left["crowd_minute_log"].filter(pl.col("camera_id") == "a").sort("ts")
    assert crowd["params_hash"].n_unique() == 2
    assert left["health_minute_log"].filter(pl.col("camera_id") == "c")["ts"].max() == at_time(MOMENT_US - MINUTE_US)
    assert left["health_minute_log"].filter(pl.col("camera_id") == "new")["ts"].min() == at_time(MOMENT_US)


def test_a_moment_that_was_reached_is_refused(tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateError, match="expected the state of"):
        apply_at(tmp_path / "state")
    taken(tmp_path, registry, topic(messages(city()), 2), monkeypatch)
    with pytest.raises(UsageError, match=r"expected a moment after .*, which the stream has reached"):
        apply_at(tmp_path / "state")
    with pytest.raises(UsageError, match="expected a whole minute"):
        apply_at(tmp_path / "state", MOMENT_US + SECOND)
    before = kept.read(place.existing(tmp_path / "state"))
    later = applying.apply(place.existing(tmp_path / "state"), EDITED, None, START, is_dry=True)
    assert "nothing was changed" in later.summary
    assert kept.read(place.existing(tmp_path / "state")) == before


def test_of_two_that_start_at_once_both_go_by_what_one_has_kept(tmp_path: Path) -> None:
    where, first = place.opened(tmp_path / "state", 2, {"memory:1": "memory"}, 1), kept.first(REGISTRY)
    for _ in range(2):
        kept.write(where, first, None)
    assert kept.number(where) == 1
    kept.write(where, kept.applied(first, EDITED, EDITED), first)
    assert kept.number(where) == 2
    with pytest.raises(StateError, match="changed at the same moment"):
        kept.write(where, kept.applied(first, REGISTRY, REGISTRY), first)


def test_a_start_goes_on_by_what_was_applied_whether_its_file_is_the_old_or_the_new_one() -> None:
    first = kept.first(REGISTRY)
    applied = kept.applied(first, EDITED, EDITED)
    assert kept.known(applied, REGISTRY) == applied
    taken_over = kept.known(applied, EDITED)
    assert taken_over is not None
    assert taken_over.registry == EDITED
    assert kept.known(taken_over, REGISTRY) is None, "the file was taken back: that is something new"


def test_an_edit_that_nobody_applied_is_refused_at_the_next_start(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(tmp_path, registry, topic(messages(city())[:100], 2), monkeypatch)
    registry.write_text(to_toml(EDITED, "edited"))
    with pytest.raises(UsageError, match="camera a: expected the zones, lines and clock"):
        taken(tmp_path, registry, topic(messages(city()), 2), monkeypatch)


@pytest.mark.slow
def test_a_run_that_goes_on_goes_by_it_from_its_moment_on(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment is the next minute but one; frames are ahead of the clock, past its minute's end: nobody waits."""
    url, now_us = empty_store("live"), time.time_ns() // 1000
    moment_us = (now_us // MINUTE_US + 2) * MINUTE_US
    batch = now_on(stream(NAMES, LENGTH_S), -190)
    every = messages(batch, now_us)
    before = int((batch.frames["t_us"] < now_us).sum())
    of, rest = topic(every[:before], 2), topic(every, 2)
    with running(tmp_path, url, of, monkeypatch) as errors, connect(url) as store:
        until(lambda: asked(store, "SELECT count() FROM health_minute WHERE frames > 0") > 0)
        edited = Registry(camera=(drawn_anew(camera("a")), *(camera(name) for name in ("b", "c", "d", "silent"))))
        applying.apply(place.existing(tmp_path / "state"), edited, moment_us, now_us)
        folder = tmp_path / "state" / "processes"
        until(lambda: {each.registry for each in telling.read(folder)} == {2})
        for partition, more in enumerate(rest.partitions):
            of.partitions[partition] += more[len(of.partitions[partition]) :]
        sql = "SELECT count() FROM crowd_minute WHERE camera_id = 'a' AND frames > 0 AND ts >= fromUnixTimestamp({})"
        until(lambda: asked(store, sql.format(moment_us // SECOND)) > 0)
        hashes = "SELECT ts >= fromUnixTimestamp({}) AS later, groupUniqArray(params_hash) FROM crowd_minute_log FINAL "
        found = store.query(hashes.format(moment_us // SECOND) + "WHERE camera_id = 'a' GROUP BY later").rows
        assert asked(store, "SELECT count() FROM runs_log FINAL WHERE command = 'run'") == 2
        assert not errors
    assert sorted(len(each) for _, each in found) == [1, 1]
    assert found[0][1] != found[1][1]


def spooled(root: Path, batch: FrameBatch, partitions: int) -> str:
    spool = make(root, partitions)
    for partition in range(partitions):
        writer = SpoolWriter(spool, partition)
        writer.append(
            [value for name, value, _ in messages(batch) if partition_of(name, partitions) == partition],
            Origin("native", ""),
        )
        writer.close()
    return f"spool:{root}"


@pytest.mark.slow
def test_killed_around_the_moment_of_applying_two_processes_state_what_a_replay_says(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str]
) -> None:
    chance, batch, state = random.Random(3), city(), tmp_path / "state"
    source = spooled(tmp_path / "spool", batch, 2)
    arguments = ["--source", source, "--registry", str(registry), "--warehouse", empty_store("live"),
                 "--state", str(state)]  # fmt: skip
    both = [children.start([*arguments, "--shards", str(shard)], size=2, pause=0.05) for shard in (0, 1)]
    for process in both:
        until(lambda of=process: children.records(state, of.pid) >= 10)  # type: ignore[misc]
    edited = tmp_path / "edited.toml"
    edited.write_text(to_toml(EDITED, "edited"))
    code = "from flows.cli import main; main()"
    at = f"{at_time(MOMENT_US):%Y-%m-%dT%H:%M:%SZ}"
    command = [sys.executable, "-c", code, "registry", "apply", str(edited), "--state", str(state), "--at", at]
    applied = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    children.killed(both[0], state, 11, chance)
    assert applied.communicate()[1] == b""
    assert applied.returncode == 0
    children.killed(both[1], state, 12, chance)
    for _ in range(3):
        process = children.start(arguments, size=chance.choice([3, 7, 40]))
        children.killed(process, state, chance.randrange(1, 60), chance)
    children.end(arguments)
    path = tmp_path / "frames.jsonl"
    path.write_bytes(b"\n".join(value for _, value, _ in messages(batch)) + b"\n")
    found = by_time(state, tmp_path / "by_time.toml")
    replay(ReplayOptions((str(path),), "native", empty_store("replayed"), str(found)))
    assert_a_replays(stored(empty_store("live")), stored(empty_store("replayed")))
