"""A full disk: the spool says so, keeps nothing half, and takes again once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.spool import Bounds, SpoolFull, SpoolTail, SpoolWriter, make
from connectors.spool.segments import HEAD_BYTES
from schemas.errors import SourceError
from tests.connectors.spooling import NATIVE, Clock, drained, last_segment

LONG = Bounds(segment_bytes=64 << 20)
ROOM = 300_000


@pytest.fixture
def file_limit():
    """Files may grow to `ROOM` bytes: the kernel refuses the rest as a full disk does, in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def filled(writer: SpoolWriter) -> int:
    """Append until there is no room, and return how many records were taken."""
    before = writer.position
    with pytest.raises(SpoolFull, match="the disk is full"):
        appended_for_ever(writer)
    return writer.position - before


def appended_for_ever(writer: SpoolWriter) -> None:
    for _ in range(1_000):
        writer.append([b"x" * 7_000, b"y" * 7_000], NATIVE)


def test_a_batch_that_finds_no_room_leaves_nothing_behind(tmp_path, file_limit):
    spool = make(tmp_path / "spool")
    writer, tail = SpoolWriter(spool, 0, LONG), SpoolTail(spool, 0)
    file_limit(ROOM)
    taken = filled(writer)
    size = last_segment(spool).stat().st_size
    assert taken == (ROOM - HEAD_BYTES) // 14_000 * 2
    assert filled(writer) == 0
    assert last_segment(spool).stat().st_size == size < ROOM
    assert len(drained(tail)) == taken
    file_limit(resource.RLIM_INFINITY)
    assert writer.append([b"again"], NATIVE) == taken
    assert drained(tail) == [b"again"]


def test_a_sync_that_finds_no_room_leaves_nothing_behind(tmp_path, monkeypatch):
    spool = make(tmp_path / "spool")
    writer = SpoolWriter(spool, 0, LONG)
    writer.append([b"a"], NATIVE)
    size = last_segment(spool).stat().st_size

    def refused(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", refused)
        with pytest.raises(SpoolFull):
            writer.append([b"b"], NATIVE)
    assert last_segment(spool).stat().st_size == size
    assert writer.append([b"c"], NATIVE) == 1
    assert drained(SpoolTail(spool, 0)) == [b"a", b"c"]


def test_a_disk_that_breaks_ends_the_writer_with_a_reason(tmp_path, monkeypatch):
    spool = make(tmp_path / "spool")
    writer = SpoolWriter(spool, 0, LONG)

    def refused(handle):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", refused)
        with pytest.raises(SourceError, match="Input/output error: see to the disk"):
            writer.append([b"b"], NATIVE)
    with pytest.raises(SourceError, match="the disk refused before: open it again"):
        writer.append([b"b"], NATIVE)
    writer = SpoolWriter(spool, 0, LONG)
    assert writer.append([b"c"], NATIVE) == 0


def fill(disk: Path) -> None:
    """Leave not a page of it."""
    with suppress(OSError), (disk / "more").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4_096)


@pytest.fixture
def small_disk(tmp_path):
    """Yield a file system of 1 MiB; without the right to mount, the file limit above stands in for it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=False).returncode
    yield folder if mounted == 0 else None
    if mounted == 0:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_full_disk_a_reader_is_done_and_makes_room(small_disk, tmp_path, file_limit):
    spool = make((small_disk or tmp_path) / "spool")
    clock = Clock()
    writer, tail = SpoolWriter(spool, 0, Bounds(segment_bytes=1), clock), SpoolTail(spool, 0)
    if small_disk is None:
        writer.segment_bytes = LONG.segment_bytes
        file_limit(ROOM)
    taken = filled(writer)
    assert taken > 30
    assert len(drained(tail)) == taken
    if small_disk is not None:
        fill(small_disk)
    tail.done(taken)
    file_limit(resource.RLIM_INFINITY)
    clock.now_us += 300_000_000  # the last segment is to be closed, too
    writer.clean()
    assert writer.append([b"again"], NATIVE) == taken
    assert drained(tail) == [b"again"]
    writer.close()


def test_a_writer_opens_on_a_full_disk(small_disk, tmp_path, file_limit):
    spool = make((small_disk or tmp_path) / "spool")
    writer, tail = SpoolWriter(spool, 0, Bounds(segment_bytes=1)), SpoolTail(spool, 0)
    if small_disk is None:
        writer.segment_bytes = LONG.segment_bytes
        file_limit(ROOM)
    taken = filled(writer)
    if small_disk is not None:
        fill(small_disk)
    writer.close()
    writer = SpoolWriter(spool, 0, Bounds(segment_bytes=1))
    assert writer.position == taken
    assert len(drained(tail)) == taken
    writer.close()
