"""The archive: what is read is what was written, a crash leaves nothing half, and of several writers one counts."""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path
from unittest.mock import Mock

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import archive
from connectors.archive import commits, compacting, parts, reading
from connectors.archive.commits import BACKFILLS, COMMITS, FILES, STATES, Lost, Span
from connectors.archive.waiting import Patient
from schemas.errors import ArchiveAway, ArchiveError, UsageError
from schemas.local_time import DAY_US
from tests.connectors.archiving import (
    DEFINITIONS,
    MIDNIGHT_US,
    STREAM,
    archived,
    batch,
    folder,
    gathered,
    held,
    same,
)


@settings(max_examples=25)
@given(count=st.integers(0, 60), seed=st.integers(0, 1_000), cameras=st.integers(1, 4))
def test_a_file_is_its_frames_bit_by_bit(tmp_path_factory, count: int, seed: int, cameras: int) -> None:
    path, frames = tmp_path_factory.mktemp("part") / "part.parquet", batch(count, seed=seed, cameras=cameras)
    parts.write(frames, path)
    found = parts.to_batch(parts.read(path, "part"))
    keys = found.frames.select("camera", "t_us")
    assert keys.equals(keys.sort("camera", "t_us", maintain_order=True))
    assert same(found.reordered(np.argsort(found.frames["row"].to_numpy())), frames)


def test_files_are_of_local_days_and_shards_however_much_comes_at_once(tmp_path: Path) -> None:
    frames = batch(3_000, step_us=DAY_US // 1_500, since_us=MIDNIGHT_US)  # two local days, UTC's edge in the middle
    store = folder(tmp_path)
    made = [archived(store, frames, most_bytes=most).parts for most in (1 << 30, 50_000)]
    assert len(made[1]) > len(made[0]) == len({(part.day, part.shard) for part in made[0]})
    assert {str(part.day) for part in made[0]} == {"2026-01-05", "2026-01-06"}
    for part in made[1]:
        found = reading.frames(store, part)
        days = (found.frames["t_us"].to_numpy() - MIDNIGHT_US) // DAY_US
        assert set(days) == {(part.day - made[0][0].day).days}
        assert (part.first_us, part.last_us) == (found.frames["t_us"].min(), found.frames["t_us"].max())
    assert same(held(store), frames)
    files = {name for name in store.names(FILES)}
    assert files == {part.name for part in made[1]}  # those of before went


def test_frames_that_no_commit_names_do_not_count_and_go_a_day_after_the_last_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, frames = folder(tmp_path), batch(200)
    archived(store, frames)
    with monkeypatch.context() as patched:
        patched.setattr(parts, "checksum", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            archived(store, batch(100, seed=2))
    assert same(held(store), frames)
    left = reading.verify(store).unnamed
    assert len(left) == 1
    assert compacting.compact(store).removed == 0
    (name,) = left
    since_us = store.names(name)[name].since_us
    later = name.replace(".parquet", "-more.parquet")
    store.put(later, b"1")  # a replay that takes long goes on
    os.utime(store.root / name, (0, 0))
    assert compacting.compact(store, since_us + DAY_US // 2).removed == 0
    assert compacting.compact(store, since_us + 2 * DAY_US).removed == 2
    assert reading.verify(store).unnamed == {}
    assert same(held(store), frames)


def test_what_nobody_goes_on_with_goes_and_what_a_backfill_replaced_stays(tmp_path: Path) -> None:
    store = folder(tmp_path)
    archived(store, batch(10))
    counts = store.names()
    refused, staged = {f"{STATES}refused/1"}, {f"{BACKFILLS}1/jobs/1", f"{BACKFILLS}1/rows/1/1"}
    stays = {f"{STATES}{STREAM}/1", f"{BACKFILLS}1/stood/3/1"}
    for name in (*refused, *staged, *stays):
        store.put(name, b"1")
    now_us = 1_000_000 + max(at.since_us for at in store.names().values())
    for days, left in ((0, refused | staged), (1, staged), (6, staged), (7, set[str]())):
        compacting.compact(store, now_us + days * DAY_US)
        assert set(store.names()) == {*counts, *stays, *left}


@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "another's"])
def test_a_file_whose_bytes_are_others_is_found_and_never_used(tmp_path: Path, harm: str) -> None:
    store = folder(tmp_path)
    made = archived(store, batch(400))
    path = store.root / made.parts[0].name
    content = bytearray(path.read_bytes())
    if harm == "flipped":
        content[len(content) // 2] ^= 1
    elif harm == "cut":
        del content[-10:]
    elif harm == "another's":
        content = bytearray((store.root / made.parts[1].name).read_bytes())
    path.write_bytes(content)
    if harm == "gone":
        path.unlink()
    with pytest.raises(ArchiveError, match="the file is gone" if harm == "gone" else "not those that were written"):
        reading.frames(store, made.parts[0])
    assert [problem.name for problem in reading.verify(store).problems] == [made.parts[0].name]


def test_a_commit_whose_bytes_are_others_is_refused(tmp_path: Path) -> None:
    store = folder(tmp_path)
    archived(store, batch(50))
    archived(store, batch(50), stream="00000000000000cc")
    bad, _ = sorted(store.names(COMMITS))
    content = bytearray((store.root / bad).read_bytes())
    content[20] ^= 1
    (store.root / bad).write_bytes(content)
    with pytest.raises(ArchiveError, match=f"{bad}: its bytes are not those"):
        commits.every(store)
    found = reading.verify(store)
    assert [problem.name for problem in found.problems] == [bad]
    assert found.parts > 0


def test_small_files_become_one_with_the_same_frames(tmp_path: Path) -> None:
    store, frames = folder(tmp_path), batch(1_000, cameras=3)
    before = archived(store, frames, most_bytes=20_000)
    groups = {(part.day, part.shard) for part in before.parts}
    assert len(before.parts) > 2 * len(groups)
    done = compacting.compact(store)
    assert (done.before, done.after) == (len(before.parts), len(groups))
    assert same(held(store), frames)
    assert set(store.names(FILES)) == {part.name for commit in commits.every(store).values() for part in commit.parts}
    again = compacting.compact(store)
    assert (again.before, again.after) == (len(groups), len(groups))


def test_what_a_recording_was_is_told_whoever_has_compacted_it_and_by_old_commits_too(tmp_path: Path) -> None:
    store, frames = folder(tmp_path), batch(60)
    stated = archived(store, frames, stream="00000000000000cc", bounds=(MIDNIGHT_US - 5, MIDNIGHT_US + 9))
    halves = [gathered(store, frames.pick(np.arange(a, a + 30))) for a in (0, 30)]
    for n, files in enumerate(halves):
        commits.add(store, STREAM, DEFINITIONS, files, Span(0, "a", 30 * n, 30 * n + 30), MIDNIGHT_US + n)
    for until_us in (7, 9, 8):
        commits.lose(store, STREAM, DEFINITIONS, (Lost("b", 2, until_us), Lost("a", 3, 4)))
    lost = (Lost("b", 2, 9), Lost("a", 3, 4))
    for is_compacted in (False, True):
        live, replay = reading.streams(store)
        assert (live.since_us, live.last_us, live.is_live, live.lost) == (MIDNIGHT_US, None, True, lost)
        assert (replay.since_us, replay.last_us, replay.is_live) == (MIDNIGHT_US - 5, MIDNIGHT_US + 9, False)
        assert sum(part.frames for part in live.parts) == 60
        assert is_compacted or set(live.parts) == {part for files in halves for part in files}
        compacting.compact(store)
    commits.end(store, STREAM, DEFINITIONS, (), 0, MIDNIGHT_US, MIDNIGHT_US + 60, (Lost("a", 70),))
    (live, _), ended = reading.streams(store), (*lost, Lost("a", 70))
    assert (live.last_us, live.lost) == (MIDNIGHT_US + 60, ended)
    (name,) = store.names(f"{COMMITS}{stated.stream}")
    older = msgspec.json.decode(store.get(name).partition(b"\n")[0])
    for key in ("since_us", "last_us", "lost"):
        del older[key]
    body = msgspec.json.encode(older)
    store.put(name, body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")
    _, found = reading.streams(store)
    assert (found.since_us, found.last_us, found.lost, found.made) == (None, None, (), stated.made)


class Slow:
    """A store in which a writer stops before its nth change, so that others go first."""

    def __init__(self, store, others) -> None:
        self.store, self.url, self.others = store, store.url, others

    def put(self, name: str, content: bytes) -> None:
        if name.startswith(COMMITS):
            for other in self.others:
                other()
            self.others = ()
        self.store.put(name, content)

    def __getattr__(self, name: str):
        return getattr(self.store, name)


@pytest.mark.parametrize("order", list(itertools.permutations(("state", "compact", "compact"))))
def test_of_writers_at_once_a_statement_counts_and_what_is_lost_is_nothing(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    """All have looked before the first puts its commit; they put them in this order."""
    store, before, after = folder(tmp_path), batch(300), batch(260, seed=9)
    archived(store, before, most_bytes=10_000)

    def act(kinds: tuple[str, ...]) -> None:
        if not kinds:
            return
        *others, mine = kinds
        slow = Slow(store, (lambda: act(tuple(others)),))
        if mine == "state":
            archived(slow, after)
        else:
            compacting.compact(slow)

    act(order)
    assert same(held(store), after)
    assert reading.verify(store).problems == []
    archived(store, before)
    assert same(held(store), before)
    assert reading.verify(store).problems == []


def test_of_two_compactions_at_once_one_counts(tmp_path: Path) -> None:
    store, frames = folder(tmp_path), batch(300)
    archived(store, frames, most_bytes=10_000)
    compacting.compact(Slow(store, (lambda: compacting.compact(store),)))
    assert same(held(store), frames)
    assert reading.verify(store).problems == []


def test_an_archive_of_another_format_is_refused(tmp_path: Path) -> None:
    store = folder(tmp_path)
    with pytest.raises(ArchiveError, match="there is none"):
        reading.contents(store)
    store.put("archive.json", b'{"format": 2, "shards": 16}')
    with pytest.raises(ArchiveError, match="expected format 1, came 2"):
        archived(store, batch(3))


def test_a_full_disk_is_waited_for_and_nothing_half_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, told, full = folder(tmp_path), [], [3]
    real = os.fsync

    def fsync(handle: int) -> None:
        if full[0]:
            full[0] -= 1
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("connectors.archive.waiting.FIRST_S", 0.001)
    store = Patient(plain, told.append)
    frames = batch(100)
    archived(store, frames)
    assert [said.endswith("the disk is full, free some space: waiting for it") for said in told] == [True]
    assert same(held(store), frames)
    assert not [path for path in plain.root.rglob("*") if path.name.startswith(".draft-")]
    full[0] = 10_000
    with pytest.raises(ArchiveAway, match="the disk is full"):
        Patient(plain, patience_s=0.01).put("x", b"")


@pytest.mark.parametrize(
    ("url", "given", "said"),
    [
        ("s3://bucket", {}, "archive: set TILIK_S3_ENDPOINT, TILIK_S3_ACCESS_KEY, TILIK_S3_SECRET_KEY"),
        ("s3://user:secret@host/b", {}, "set TILIK_S3_ACCESS_KEY and TILIK_S3_SECRET_KEY"),
        ("s3://Nama_Ember/x", {}, "expected file:DIR or s3://BUCKET/PREFIX"),
        ("ftp://b/x", {}, "expected file:DIR or s3://BUCKET/PREFIX"),
        ("s3://bucket/x", {"TILIK_S3_ENDPOINT": "http://a:b@host"}, "expected http"),
        ("s3://bucket/x", {"TILIK_S3_ENDPOINT": "http://host:99999"}, "expected http"),
    ],
)
def test_a_url_that_names_no_archive_says_what_is_expected(url: str, given: dict[str, str], said: str) -> None:
    keys = {"TILIK_S3_ACCESS_KEY": "k", "TILIK_S3_SECRET_KEY": "s3cret"} if given else {}
    with pytest.raises(UsageError, match=said) as caught:
        archive.connect(url, given | keys)
    assert "s3cret" not in str(caught.value)
    assert "user:secret" not in str(caught.value)


def test_files_are_read_by_anything_that_reads_parquet(tmp_path: Path) -> None:
    import polars as pl

    store, frames = folder(tmp_path), batch(500)
    archived(store, frames)
    scanned = pl.scan_parquet(store.root / FILES / "**" / "*.parquet", hive_partitioning=True)
    one = scanned.filter(pl.col("camera") == "kamera-1").select(pl.col("objects").list.len().sum()).collect().item()
    mine = frames.frames.with_row_index("frame").filter(pl.col("camera") == "kamera-1")["frame"]
    assert one == frames.objects.filter(pl.col("frame").is_in(mine.implode())).height
    assert {"day", "shard"} <= set(scanned.collect_schema().names())
