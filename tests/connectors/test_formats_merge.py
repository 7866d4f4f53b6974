"""Many files as one stream: whatever the split, the same frames, no later than in their own file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import MergedReader, merge, read, read_merged, to_json_lines
from schemas.frames import FrameBatch
from tests.connectors.frames import START_US, assert_same, batch, dead, joined, options


def split(lines: list[bytes], how: str, parts: int) -> list[list[bytes]]:
    if how == "time":
        return [list(part) for part in np.array_split(np.array(lines, object), parts)]
    if how == "camera":
        return [lines[i::3] for i in range(3)]
    return [lines[i::parts] for i in range(parts)]


def write(folder: Path, parts: list[list[bytes]]) -> list[Path]:
    paths = [folder / f"{i}.jsonl" for i in range(len(parts))]
    for path, lines in zip(paths, parts, strict=True):
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    return paths


@pytest.mark.parametrize("how", ["time", "camera", "line"])
@pytest.mark.parametrize("records", [5, 64, 8192])
def test_any_split_into_files_merges_to_the_same_frames(tmp_path: Path, how: str, records: int) -> None:
    wanted = batch(500)
    paths = write(tmp_path, split(to_json_lines(wanted).splitlines(), how, 4))
    got = joined(read_merged(paths[::-1], "native", options(chunk_records=records)))
    assert_same(got, wanted, position=False)


def lateness(frames: FrameBatch) -> dict[tuple[str, int], int]:
    """Return how far each frame, by camera and number, stands behind the newest of its camera before it."""
    newest: dict[str, int] = {}
    out = {}
    for camera, t_us, seq in frames.frames.select("camera", "t_us", "seq").rows():
        out[camera, seq] = max(newest.get(camera, t_us) - t_us, 0)
        newest[camera] = max(newest.get(camera, t_us), t_us)
    return out


@settings(max_examples=40, deadline=None)
@given(
    files=st.lists(st.lists(st.integers(0, 60), min_size=0, max_size=30), min_size=1, max_size=5),
    records=st.integers(1, 8),
)
def test_no_frame_comes_later_than_in_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], records: int
) -> None:
    folder = tmp_path_factory.mktemp("split")
    parts = []
    for i, times in enumerate(files):
        line = b'{"camera":"a","ts":%d,"seq":%d,"objects":[]}'
        parts.append([line % (START_US + 1000 * t, 1000 * i + j) for j, t in enumerate(times)])
    paths = write(folder, parts)
    alone = {}
    for path in paths:
        alone |= lateness(joined(read(path, "native", options())))
    merged = lateness(joined(read_merged(paths, "native", options(chunk_records=records))))
    assert merged.keys() == alone.keys()
    assert all(merged[frame] <= alone[frame] for frame in alone)


def test_hourly_files_are_open_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(tmp_path, split(to_json_lines(batch(300)).splitlines(), "time", 30))
    most = 0
    plain = merge._horizon

    def counted(active: list) -> int:
        nonlocal most
        most = max(most, len(active))
        return plain(active)

    monkeypatch.setattr(merge, "_horizon", counted)
    assert len(joined(read_merged(paths, "native", options()))) == 300
    assert most == 1


def test_one_file_passes_untouched(tmp_path: Path) -> None:
    paths = write(tmp_path, [to_json_lines(batch(300)).splitlines()])
    single = list(read(paths[0], "native", options(chunk_records=128)))
    merged = list(read_merged(paths, "native", options(chunk_records=128)))
    assert [len(chunk.batch) for chunk in merged] == [len(chunk.batch) for chunk in single] == [128, 128, 44]
    assert_same(joined(merged), joined(single))


def test_dead_letters_and_counts_pass_through_once(tmp_path: Path) -> None:
    lines = to_json_lines(batch(40)).splitlines()
    flat = b'{"camera":"a","ts":%d,"objects":[{"class":"car","box":[0,0,0,1]}]}' % START_US
    paths = write(tmp_path, [[b"noise", *lines[::2]], [*lines[1::2], b"[", flat], [b"only noise"], []])
    chunks = list(read_merged(paths, "native", options(chunk_records=7)))
    assert sorted(dead(chunks)) == [(1, "not_json"), (1, "not_json"), (21, "bad_type")]
    assert sum(chunk.rejected_objects for chunk in chunks) == 1
    assert sum(chunk.bytes_read for chunk in chunks) == sum(path.stat().st_size for path in paths)


def test_the_first_time_is_known_before_reading(tmp_path: Path) -> None:
    lines = to_json_lines(batch(20)).splitlines()
    paths = write(tmp_path, [lines[10:], lines[:10], []])
    reader = MergedReader(paths, "native", options())
    assert reader.first_us == START_US
    assert len(joined(reader)) == len(joined(reader)) == 20
    assert MergedReader(paths[2:], "native", options()).first_us is None


def test_a_first_frame_behind_any_number_of_unreadable_lines_is_found(tmp_path: Path) -> None:
    """1,100 of them once gave minutes from January 1970 on."""
    lines = to_json_lines(batch(20)).splitlines()
    paths = write(tmp_path, [[b"noise"] * 1_100 + lines])
    assert MergedReader(paths, "native", options()).first_us == START_US


@settings(max_examples=15, deadline=None)
@given(
    starts=st.lists(st.integers(0, 40), min_size=1, max_size=24),
    length=st.integers(1, 30),
    most=st.integers(2, 4),
    records=st.integers(1, 8),
)
def test_few_files_open_at_once_merge_as_all_do(
    tmp_path_factory: pytest.TempPathFactory, starts: list[int], length: int, most: int, records: int
) -> None:
    """1,500 files that overlap once needed as many open at once."""
    folder = tmp_path_factory.mktemp("many")
    line = b'{"camera":"c%d","ts":%d,"objects":[{"class":"car","box":[0,0,1,1],"track":%d}]}'
    each = [[(start + j) * 1000 + i for j in range(length)] for i, start in enumerate(starts)]
    parts = [[b"noise", *(line % (i, START_US + t, t) for t in times)] for i, times in enumerate(each)]
    paths = write(folder, parts)
    asked = options(chunk_records=records)
    wanted = list(read_merged(paths, "native", asked))
    with pytest.MonkeyPatch.context() as few:
        few.setattr(merge, "OPEN_LINES", most)
        few.setattr(merge, "read", opened := Opened())
        got = list(read_merged(paths, "native", asked))
    assert_same(joined(got), joined(wanted))
    assert sorted(dead(got)) == sorted(dead(wanted))
    assert sum(chunk.bytes_read for chunk in got) == sum(chunk.bytes_read for chunk in wanted)
    named = [[source for chunk in chunks for source in chunk.batch.sources] for chunks in (got, wanted)]
    assert named[0] == named[1]
    assert opened.most <= 6 * most


class Opened:
    """Reads as readers do, and counts what is open at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def __call__(self, *asked):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            yield from read(*asked)
        finally:
            self.now -= 1
