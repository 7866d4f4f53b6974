"""Dead letters add up: whatever was replayed, replaced, moved or killed, the counts are what the summaries said."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Stage
from connectors.warehouse.address import parse
from flows.replay import ReplayOptions, playing
from schemas.errors import ConflictError
from schemas.registry import Registry
from tests.flows.city import camera, stream
from tests.flows.statements import NOW_US, Mortal, empty, mortal, shifted

COUNT = "SELECT sum(count) FROM dead_letters"


@pytest.fixture(scope="module")
def made(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("letters") / "store"))) as opened:
        yield opened


@pytest.fixture
def store(made: Mortal) -> Mortal:
    empty(made)
    return made


def write(path: Path, seconds: int, shift_s: int = 0, seed: int = 1) -> Path:
    """Write frames of a registered camera and of one that is not, and a line that is no JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no json\n" + to_json_lines(shifted(stream(["a", "ghost"], seconds, seed=seed), shift_s)))
    return path


def replay(store: Mortal, *paths: Path, replace: bool = False, now_us: int = NOW_US, **given: object) -> int:
    """Replay files as `tilik replay` does; return how many dead letters its summary says."""
    registry = paths[0].parent.parent / "cameras.toml"
    registry.write_text(to_toml(Registry(camera=(camera("a"),)), "r"))
    wanted = {"registry": str(registry), "format": "native", **given}
    options = ReplayOptions(tuple(map(str, paths)), warehouse="", replace=replace, **wanted)  # type: ignore[arg-type]
    with Stage() as stage:
        asked = playing.ask(options, now_us)
        return playing.commit(store, asked, stage, playing.read(asked, stage)).dead_letters


def kept(store: Mortal) -> int:
    found = store.query(COUNT).rows[0][0]
    return 0 if found is None else int(found)


def test_a_letter_of_many_files_read_at_once_names_its_own(store: Mortal, tmp_path: Path) -> None:
    """Ten files told by time into one batch: 1,000 letters were kept as 109, of "f0 and 9 more files"."""
    files = []
    for at in range(10):
        lines = to_json_lines(stream([f"ghost-{at}"], 60)).splitlines(keepends=True)[:100]
        files.append(tmp_path / f"in/f{at}.jsonl")
        files[-1].parent.mkdir(exist_ok=True)
        files[-1].write_bytes(b"".join(lines))
    said = replay(store, *files)
    rows = store.query("SELECT source, sum(count), uniqExact(position) FROM dead_letters GROUP BY source").rows
    assert said == kept(store) > 500
    assert sorted(source for source, *_ in rows) == sorted(map(str, files))
    assert all(count == places for _, count, places in rows)


def test_the_same_path_with_other_content_keeps_what_it_said_before(store: Mortal, tmp_path: Path) -> None:
    path = tmp_path / "in/feed.jsonl"
    first = replay(store, write(path, 120))
    second = replay(store, write(path, 180, shift_s=3_600))
    assert min(first, second) > 0
    assert kept(store) == first + second


def test_a_file_that_moved_says_its_letters_once(store: Mortal, tmp_path: Path) -> None:
    path = write(tmp_path / "in/feed.jsonl", 120)
    said = replay(store, path)
    moved = tmp_path / "other/feed.jsonl"
    moved.parent.mkdir()
    shutil.move(path, moved)
    assert replay(store, moved) == said == kept(store)
    assert store.query("SELECT DISTINCT source FROM dead_letters").rows == [(str(moved),)]


def test_a_file_read_alone_and_beside_others_says_its_letters_once(store: Mortal, tmp_path: Path) -> None:
    one, two = write(tmp_path / "in/1.jsonl", 120), write(tmp_path / "in/2.jsonl", 120, shift_s=7_200)
    both = replay(store, one, two)
    copy = tmp_path / "copy/1.jsonl"
    copy.parent.mkdir()
    shutil.copy(one, copy)
    assert 0 < replay(store, copy, replace=True) < both
    assert kept(store) == both


def test_files_of_the_same_bytes_are_two(store: Mortal, tmp_path: Path) -> None:
    one = write(tmp_path / "in/1.jsonl", 60)
    shutil.copy(one, tmp_path / "in/2.jsonl")
    assert replay(store, one, tmp_path / "in/2.jsonl") == kept(store) > 0


@pytest.mark.parametrize("whole", [True, False], ids=["all of it", "a day of two"])
def test_a_corrected_file_that_replaces_leaves_no_letters_of_the_wrong_one(
    store: Mortal, tmp_path: Path, whole: bool
) -> None:
    path = write(tmp_path / "in/1.jsonl", 120)
    others = [] if whole else [write(tmp_path / "in/2.jsonl", 120, shift_s=7_200)]
    before = replay(store, path, *others)
    with pytest.raises(ConflictError):
        replay(store, write(path, 122, seed=2))
    assert kept(store) == before, "refused means untouched"
    after = replay(store, path, replace=True)
    assert after > 0
    assert kept(store) == after + (0 if whole else store.query(f"{COUNT} WHERE source = '{others[0]}'").rows[0][0])


def test_empty_frames_of_a_recording_that_are_refused_are_told_one_by_one(store: Mortal, tmp_path: Path) -> None:
    """They have no row of their own, and stood all at position 0."""
    path = tmp_path / "in/gt.txt"
    path.parent.mkdir()
    path.write_text("1,1,10,10,50,50,1\n200,1,10,10,50,50,1\n")
    said = replay(
        store, path, format="mot", camera="a", fps=1.0, start_us=NOW_US, size=(640, 480), now_us=NOW_US - 330_000_000
    )
    assert said == kept(store) > 100


def test_a_replay_that_is_killed_and_run_again_counts_each_letter_once(store: Mortal, tmp_path: Path) -> None:
    path = write(tmp_path / "in/feed.jsonl", 60)
    store.sent = 0
    said = replay(store, path)
    for after in random.Random(2).sample(range(store.sent), 8):
        empty(store)
        with mortal(store, after):
            replay(store, path)
        assert replay(store, path) == said == kept(store), after
