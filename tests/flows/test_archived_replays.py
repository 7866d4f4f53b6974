"""What a replay leaves in the archive: every frame that left the ordered stage, once its rows are stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.archive import commits
from connectors.archive.folder import Folder
from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from flows.replay import ReplayOptions, ReplaySummary, playing, replay
from schemas.errors import ConflictError
from schemas.frames import FRAMES
from schemas.registry import Registry
from tests.connectors.archiving import held
from tests.flows.city import SECOND, camera, shuffled, stream

NAMES = ["a", "b", "c"]


def written(folder: Path, name: str = "in", order: np.ndarray | None = None) -> Path:
    """Write frames in this order; some come twice."""
    frames = stream(NAMES, 90)
    order = np.r_[np.arange(len(frames)), 5, 80] if order is None else order
    path = folder / f"{name}.jsonl"
    path.write_bytes(to_json_lines(shuffled(frames, order)))
    return path


def played(folder: Path, url: str, path: Path, **given: Any) -> ReplaySummary:
    registry = folder / "registry.toml"
    if not registry.exists():
        registry.write_text(to_toml(Registry(camera=tuple(map(camera, NAMES))), "test"))
    archive = f"file:{folder / 'archive'}"
    options = {"registry": str(registry), "archive": archive, "reorder_s": 1.0, "lateness_s": 20.0} | given
    return replay(ReplayOptions((str(path),), "native", url, **options))


def archived(folder: Path) -> pl.DataFrame:
    return held(Folder(folder / "archive")).frames


def test_every_frame_is_there_once_with_what_was_decided_of_it(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    frames = stream(NAMES, 90)
    late, lost = np.flatnonzero(frames.frames["t_us"].to_numpy() < frames.frames["t_us"][0] + SECOND)[:2]
    order = np.insert(np.delete(np.arange(len(frames)), [late, lost]), [60, 110], [late, 100])
    order = np.r_[order, lost]
    said = played(tmp_path, empty_store("store"), written(tmp_path, order=order))
    store = Folder(tmp_path / "archive")
    whole = held(store)
    how = dict(whole.frames.group_by("disposition").len().cast({"disposition": pl.String}).iter_rows())
    assert how == {"on time": said.frames - 1, "late": 1, "duplicate": 1, "too late": 1}
    assert (said.late, said.duplicates, said.dead_letters) == (1, 1, 1)
    plain = [name for name in FRAMES if name != "position"]
    came = shuffled(frames, order)
    assert whole.frames.select("camera", "t_us").equals(came.frames.select("camera", "t_us"))
    assert set(plain) <= set(whole.frames.columns)
    boxes = ["frame", "class", "x1", "y1", "x2", "y2"]
    assert whole.objects.select(boxes).equals(came.objects.select(boxes))
    assert whole.frames["dt_ms"].sum() > 0
    (commit,) = commits.every(store).values()
    assert sum(part.frames for part in commit.parts) == said.frames + said.duplicates + 1
    t_us = came.frames["t_us"]
    assert (commit.since_us, commit.last_us) == (t_us.min(), t_us.max())


@pytest.mark.parametrize("workers", [1, 2])
def test_another_cut_or_order_gives_the_same_archive(
    tmp_path: Path, empty_store: Callable[[str], str], workers: int
) -> None:
    frames = stream(NAMES, 90)
    near = np.argsort(np.arange(len(frames)) + np.random.default_rng(2).uniform(0, 4, len(frames)), kind="stable")
    kept = ("camera", "t_us", "disposition", "dt_ms", "lag_ms")
    found = []
    for name, order, count in (("one", np.arange(len(frames)), 1), ("two", near, workers)):
        folder = tmp_path / name
        folder.mkdir()
        played(folder, empty_store(name), written(folder, order=order), workers=count)
        found.append(archived(folder).select(kept).sort("camera", "t_us"))
    assert found[0].equals(found[1])


def test_a_replay_again_replaces_its_frames_and_a_refused_one_leaves_none(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    url, path = empty_store("store"), written(tmp_path)
    said = played(tmp_path, url, path)
    before = archived(tmp_path)
    assert len(before) == said.frames + said.dead_letters
    with pytest.raises(ConflictError):
        played(tmp_path, url, written(tmp_path, "other", np.arange(200)))
    assert archived(tmp_path).equals(before)
    played(tmp_path, url, path, lateness_s=21.0)
    assert archived(tmp_path).height == before.height
    assert len(commits.every(Folder(tmp_path / "archive"))) == 1


def test_a_replay_that_is_killed_once_its_rows_are_stored_is_finished_by_the_same_again(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, path = empty_store("store"), written(tmp_path)
    with monkeypatch.context() as killed:
        killed.setattr(commits, "state", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            played(tmp_path, url, path)
    assert commits.every(Folder(tmp_path / "archive")) == {}
    said = played(tmp_path, url, path)
    assert len(archived(tmp_path)) == said.frames + said.dead_letters


def test_without_an_archive_no_frame_is_kept(tmp_path: Path, empty_store: Callable[[str], str]) -> None:
    asked = []
    real = playing.build
    playing.build = lambda plan, *rest: asked.append(plan.on_release) or real(plan, *rest)  # type: ignore[assignment]
    try:
        played(tmp_path, empty_store("store"), written(tmp_path), archive=None)
    finally:
        playing.build = real
    assert asked == [None]
    assert not (tmp_path / "archive").exists()
