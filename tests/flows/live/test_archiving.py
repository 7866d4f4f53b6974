"""What a live run leaves is in the archive once, wherever it is killed and whatever it goes on from."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.archive import commits, compacting, reading
from connectors.archive.commits import Lost
from connectors.archive.folder import Folder
from connectors.archive.gaps import Gap
from flows.cli import app
from flows.live import archiving, journal
from flows.live.archiving import LiveArchive
from schemas.errors import ArchiveAway, StateAway
from schemas.frames import FrameBatch
from tests.connectors.archiving import STREAM, batch, held, same

COUNT = 40
EVERY = batch(COUNT, cameras=3)


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is handed over but when a test says so."""
    monkeypatch.setattr(archiving, "TURN_S", 0.01)
    monkeypatch.setattr(archiving, "SEAL_S", 1e9)


def begun(root: Path, definitions: str = "00000000000000d1") -> LiveArchive:
    """Return a process's archive; another process had it before."""
    found = LiveArchive(f"file:{root / 'archive'}", STREAM, lambda shard: root / f"{shard}", partitions=1)
    found.begin([0])
    found.goes_by(definitions)
    return found


@contextmanager
def killed_at(name: str) -> Iterator[None]:
    """Kill whoever hands over before its commit, after it, or while it removes its files."""
    owner, what = (commits, "add") if name != "drop" else (journal.Journal, "drop")
    real = getattr(owner, what)

    def kill(*given: object) -> None:
        if name == "after":
            real(*given)
        raise Killed

    setattr(owner, what, kill)
    try:
        with suppress(Killed):
            yield
    finally:
        setattr(owner, what, real)


STEP = st.one_of(
    st.tuples(st.just("leave"), st.integers(1, 9), st.randoms(use_true_random=False)),
    st.sampled_from([("snapshot", True), ("snapshot", False), ("hand over",), ("compact",), ("kill",)]),
    st.sampled_from([("kill in between", "before"), ("kill in between", "after"), ("kill in between", "drop")]),
)


def some(count: int) -> tuple:
    return ("leave", count, random.Random(count))


NOT_DROPPED = [some(5), ("snapshot", True), ("kill in between", "after"), some(6), ("snapshot", True), ("hand over",)]
NOT_DURABLE = [some(5), ("snapshot", False), ("kill",), some(6), ("snapshot", True), ("hand over",)]
BEYOND = [some(5), ("snapshot", True), some(6), ("snapshot", False), ("hand over",), ("kill",)]
OF_ANOTHER_LIFE = [*BEYOND, some(4), ("snapshot", True), ("kill",)]
"""The archive has frames 0 to 10 of one life; 5 to 8 of the next one are others, and are not handed over yet."""


@example(NOT_DROPPED)
@example(NOT_DURABLE)
@example(BEYOND)
@example(OF_ANOTHER_LIFE)
@example([*BEYOND, ("compact",), some(4), ("snapshot", True), ("kill",)])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_every_frame_is_there_once_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple]
) -> None:
    """A snapshot that is not durable yet is gone with the process; frames leave again after it, in another order."""
    root = tmp_path_factory.mktemp("live")
    archive, durable, left = begun(root), frozenset[int](), set[int]()
    keeping = archive.shards[0]
    keeping.resume(0)

    def again() -> None:
        nonlocal archive, keeping, left
        archive.close()
        archive = begun(root)
        keeping, left = archive.shards[0], set(durable)
        keeping.resume(len(left))

    def leave(rows: list[int]) -> None:
        keeping.take(EVERY.reordered(np.array(rows, np.intp)))
        left.update(rows)

    for step in steps:
        if step[0] == "leave":
            rest = sorted(set(range(COUNT)) - left)
            if rest:
                leave(step[2].sample(rest, min(step[1], len(rest))))
        elif step[0] == "snapshot":
            keeping.cut(len(left))
            durable = frozenset(left) if step[1] else durable
        elif step[0] == "hand over":
            archive.turn(is_all=True)
        elif step[0] == "compact" and archive.store.names(commits.COMMITS):
            compacting.compact(archive.store)
        elif step[0].startswith("kill"):
            if step[0] == "kill in between":
                with killed_at(step[1]):
                    archive.turn(is_all=True)
            again()
    rest = sorted(set(range(COUNT)) - left)
    if rest:
        leave(rest)
    keeping.cut(COUNT)
    archive.finish(None)
    assert same(held(Folder(root / "archive")), EVERY)
    assert keeping.journal.pieces() == []


def test_an_answer_that_is_lost_leaves_no_frame_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = begun(tmp_path)
    keeping, real = archive.shards[0], commits.add
    keeping.resume(0)

    def add(*given: Any) -> None:
        real(*given)
        raise ArchiveAway("the answer is lost")

    keeping.take(EVERY.pick(np.arange(10)))
    keeping.cut(10)
    with monkeypatch.context() as away:
        away.setattr(commits, "add", add)
        with pytest.raises(ArchiveAway):
            archive.turn(is_all=True)
    keeping.take(EVERY.pick(np.arange(10, COUNT)))
    keeping.cut(COUNT)
    archive.finish(None)
    assert same(held(archive.store), EVERY)


def test_a_number_that_another_frame_had_is_no_reason_to_leave_a_frame_out(tmp_path: Path) -> None:
    """Frames 5 to 9 were archived, their checkpoint was not; when the run goes on, their records are gone."""
    archive = begun(tmp_path)
    archive.shards[0].resume(0)
    archive.shards[0].take(EVERY.pick(np.arange(10)))
    archive.shards[0].cut(10)
    archive.turn(is_all=True)
    archive.close()
    archive = begun(tmp_path)
    archive.shards[0].resume(5)
    others = EVERY.pick(np.arange(20, 30))
    rows = pl.Series("row", np.arange(5, 15))
    archive.shards[0].take(FrameBatch(others.frames.with_columns(rows), others.objects, others.signals))
    archive.shards[0].cut(15)
    archive.finish(None)
    found = held(archive.store).frames["t_us"].sort()
    assert found.equals(EVERY.frames["t_us"].gather([*range(10), *range(20, 30)]))


def test_what_an_end_decides_counts_until_the_run_goes_on(tmp_path: Path) -> None:
    archive = begun(tmp_path)
    keeping = archive.shards[0]
    keeping.resume(0)
    keeping.take(EVERY.pick(np.arange(30)))
    keeping.cut(30)
    keeping.take_last(EVERY.pick(np.arange(30, 40)))
    archive.finish(None)
    assert same(held(Folder(tmp_path / "archive")), EVERY)
    compacting.compact(archive.store)
    goes_on = begun(tmp_path)
    assert same(held(Folder(tmp_path / "archive")), EVERY.pick(np.arange(30)))
    goes_on.shards[0].resume(30)
    goes_on.shards[0].take(EVERY.pick(np.arange(30, 40)))
    goes_on.shards[0].cut(40)
    goes_on.finish(None)
    assert same(held(Folder(tmp_path / "archive")), EVERY)


def test_since_when_a_recording_goes_and_what_of_it_was_lost_is_said(tmp_path: Path) -> None:
    """A loss is kept before a snapshot, and told once, however often it is met; one that is open only by an end."""
    archive = begun(tmp_path)
    archive.since_us = lambda: 5
    keeping = archive.shards[0]
    keeping.resume(0)
    keeping.lose([Lost("a", 1, 2)])
    keeping.cut(0)
    keeping.lose([Lost("a", 9, 10)])  # not kept yet
    archive.close()
    archive = begun(tmp_path)
    archive.since_us = lambda: 5
    keeping = archive.shards[0]
    keeping.resume(0)
    keeping.lose([Lost("a", 1, 2), Lost("b", 3, 4)])
    keeping.take(EVERY)
    keeping.cut(COUNT)
    keeping.lose([Lost("a", 7)])
    archive.finish(8)
    (found,) = reading.streams(archive.store)
    assert found.lost == (Lost("a", 1, 2), Lost("b", 3, 4), Lost("a", 7))
    assert (found.since_us, found.last_us) == (5, 8)
    archive = begun(tmp_path)
    (found,) = reading.streams(archive.store)
    assert (found.since_us, found.last_us, found.lost[2:]) == (5, None, ())


def test_what_left_while_there_was_no_archive_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 40 frames, those from the 10th to before the 25th left in a life that had none."""
    t_us = EVERY.frames["t_us"].to_list()
    for since, until in ((0, 10), (25, 30), (30, COUNT)):
        archive = begun(tmp_path)
        keeping = archive.shards[0]
        keeping.resume(since)
        keeping.resume(since)
        keeping.take(EVERY.pick(np.arange(since, until)))
        keeping.cut(until)
        archive.finish(None)
    told = [line for line in capsys.readouterr().err.splitlines() if "no archive" in line]
    assert [line.startswith("archive: 15 frames of shard 0") for line in told] == [True]
    for _ in range(2):
        (found,) = reading.streams(archive.store)
        assert found.gaps == (Gap(0, 15, t_us[9], t_us[25]),)
        compacting.compact(archive.store)
    app(["archive", "ls", "--archive", archive.url], standalone_mode=False)
    said = (
        f"missing: 15 frames of stream {STREAM}, shard 0, from about 2026-01-05 00:00:00+07:00 to 2026-01-05 00:00:02"
    )
    assert said in capsys.readouterr().out


def test_by_which_definitions_frames_were_decided_is_said(tmp_path: Path) -> None:
    archive = begun(tmp_path)
    keeping = archive.shards[0]
    keeping.resume(0)
    for first, definitions in ((0, "00000000000000d1"), (20, "00000000000000d2")):
        archive.goes_by(definitions)
        keeping.take(EVERY.pick(np.arange(first, first + 20)))
        keeping.cut(first + 20)
    archive.finish(None)
    found = {
        each.definitions: sum(part.frames for part in each.parts) for each in commits.every(archive.store).values()
    }
    assert found == {"00000000000000d1": 20, "00000000000000d2": 20}


def test_shards_wait_once_too_much_waits_for_an_archive_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, told = begun(tmp_path), []
    keeping = archive.shards[0]
    keeping.resume(0)
    archive.wait_for = lambda shard, said: told.append(said)
    monkeypatch.setattr(archiving, "MOST_BYTES", 1)
    monkeypatch.setattr(archiving, "SEAL_BYTES", 1)
    is_away = threading.Event()
    is_away.set()
    real = Folder.upload

    def upload(self: Folder, name: str, path: Path) -> None:
        if is_away.is_set():
            raise ArchiveAway("archive file:x: it is away")
        real(self, name, path)

    monkeypatch.setattr(Folder, "upload", upload)
    keeping.take(EVERY.pick(np.arange(10)))
    keeping.cut(10)
    with pytest.raises(ArchiveAway):
        archive.turn(is_all=True)
    assert archive.bytes > 1
    taker = threading.Thread(target=lambda: keeping.take(EVERY.pick(np.arange(10, COUNT))))
    taker.start()
    taker.join(0.5)
    assert taker.is_alive()
    assert "it is away" in archive.said
    is_away.clear()
    taker.join(30)
    assert not taker.is_alive()
    assert "bytes wait for it" in told[0]
    assert told[-1] == ""
    keeping.cut(COUNT)
    archive.finish(None)
    assert same(held(Folder(tmp_path / "archive")), EVERY)


def test_an_archive_that_breaks_off_again_and_again_is_not_filled_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = begun(tmp_path)
    keeping = archive.shards[0]
    keeping.resume(0)
    keeping.take(EVERY)
    keeping.cut(COUNT)
    real, tries = Folder.upload, list[str]()

    def upload(self: Folder, name: str, path: Path) -> None:
        tries.append(name)
        if len(tries) % 2 == 0:
            raise ArchiveAway("archive file:x: it broke off")
        real(self, name, path)

    with monkeypatch.context() as breaking:
        breaking.setattr(Folder, "upload", upload)
        for _ in range(5):
            with pytest.raises(ArchiveAway):
                archive.turn(is_all=True)
            assert len(archive.store.names(commits.FILES)) <= 1
    archive.finish(None)
    assert same(held(archive.store), EVERY)
    assert reading.verify(archive.store).unnamed == {}


def test_a_full_disk_of_the_state_is_said_as_that_and_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = begun(tmp_path)
    keeping = archive.shards[0]
    keeping.resume(0)
    keeping.take(EVERY)
    with monkeypatch.context() as full:
        full.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(StateAway, match="the disk is full"):
            keeping.cut(COUNT)
    assert keeping.journal.pieces() == []
    keeping.resume(0)
    keeping.take(EVERY)
    keeping.cut(COUNT)
    archive.finish(None)
    assert same(held(Folder(tmp_path / "archive")), EVERY)
