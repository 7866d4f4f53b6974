"""Days that are old enough go, whole: a kill anywhere leaves what the same again finishes, and nothing half in view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.archive import commits, compacting, reading, removing
from connectors.archive.commits import FILES, STATES, Span
from connectors.archive.folder import Folder
from flows.cli import app
from schemas.local_time import DAY_US, OFFSET_US
from tests.connectors.archiving import DEFINITIONS, MIDNIGHT_US, STREAM, archived, batch, folder, gathered, held

NOW_US = MIDNIGHT_US + 9 * DAY_US
"""Four days of frames, then five more have passed."""


def filled(root: Path) -> Folder:
    """Four local days of a replay."""
    store = folder(root)
    archived(store, batch(400, step_us=DAY_US // 100))
    return store


class Killed(Exception):
    """The command ends here."""


class Mortal:
    """A store whose user is killed before one of its changes."""

    def __init__(self, store: Folder, changes: int) -> None:
        self.store, self.url, self.left = store, store.url, changes

    def put(self, name: str, content: bytes) -> None:
        self._live()
        self.store.put(name, content)

    def remove(self, names: Any) -> None:
        for name in names:
            self._live()
            self.store.remove([name])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def _live(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1


def in_view(store: Folder) -> int:
    """Return how many frames count; every file of them is there and whole."""
    assert reading.verify(store).problems == []
    return len(held(store)) if reading.contents(store).height else 0


@pytest.mark.parametrize("keep_days", [7, 8])
def test_a_kill_between_any_two_steps_leaves_what_the_same_again_finishes(tmp_path: Path, keep_days: int) -> None:
    gone = 9 - keep_days
    for changes in range(200):
        store = filled(tmp_path / str(changes))
        asked = removing.plan(store, keep_days, NOW_US)
        assert [(each.frames, each.files > 1) for each in asked.days] == [(100, True)] * gone
        try:
            removing.apply(Mortal(store, changes), asked)  # type: ignore[arg-type]
        except Killed:
            assert in_view(store) == (400 if not changes else 400 - 100 * gone)
            removing.apply(store, removing.plan(store, keep_days, NOW_US))
            is_killed = True
        else:
            is_killed = False
        assert in_view(store) == 400 - 100 * gone
        assert [record.days for record in removing.records(store)] == [asked.days]
        assert sum(each.files for each in asked.days) + len(store.names(FILES)) == len(
            filled(tmp_path / "w").names(FILES)
        )
        before = store.names()
        assert removing.plan(store, keep_days, NOW_US).days == []
        removing.apply(store, removing.plan(store, keep_days, NOW_US))
        assert store.names() == before
        if not is_killed:
            break
    assert changes > 2


def test_frames_that_come_later_for_such_a_day_bring_no_part_of_it_back(tmp_path: Path) -> None:
    store, frames = filled(tmp_path), batch(400, step_us=DAY_US // 100)
    removing.apply(store, removing.plan(store, 8, NOW_US))
    (recording,) = reading.streams(store)
    assert str(recording.removed_before) == "2026-01-06"
    archived(store, frames)
    assert in_view(store) == 300
    compacting.compact(store)
    (again,) = removing.plan(store, 8, NOW_US).days
    assert (str(again.day), again.frames) == ("2026-01-05", 0)
    removing.apply(store, removing.plan(store, 8, NOW_US))
    assert in_view(store) == 300
    assert removing.plan(store, 8, NOW_US).days == []


def test_days_that_a_live_run_is_not_past_stay(tmp_path: Path) -> None:
    """It told of frames of the second day only now."""
    store, frames = filled(tmp_path), batch(150, step_us=DAY_US // 100)
    parts = gathered(store, frames)
    span = Span(0, "a", 0, 150)
    commits.add(store, STREAM.replace("a", "c"), DEFINITIONS, parts, span, MIDNIGHT_US)
    (live,) = (each for each in reading.streams(store) if each.is_live)
    at_work_us = int(live.made.timestamp() * 1e6)
    days = (at_work_us - MIDNIGHT_US) // DAY_US
    held_back = removing.plan(store, days - 1, at_work_us)
    assert (held_back.days, held_back.held_by, str(held_back.before)) == ([], live.stream, "2026-01-04")
    assert len(removing.plan(store, days - 1, at_work_us + 3 * DAY_US).days) == 4


def test_the_command_plans_and_applies_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tilik.toml").write_text(f'archive = "{store.url}"\n\n[retention]\nframes_days = 7\n')
    monkeypatch.setattr("time.time_ns", lambda: NOW_US * 1000)
    tilik = CliRunner()
    said = tilik.invoke(app, ["retention", "plan"]).output
    assert "2026-01-05  100 frames" in said
    assert "frames before 2026-01-07: 2 days would go: 200 frames" in said
    assert tilik.invoke(app, ["retention", "apply"]).output == said.replace("would go", "removed")
    assert in_view(store) == 200
    kept_for_good = tilik.invoke(app, ["retention", "apply"], env={"TILIK_RETENTION_FRAMES_DAYS": "0"})
    assert "kept for good" in str(kept_for_good.exception)


def test_what_was_remembered_before_a_day_that_goes_goes_with_it(tmp_path: Path) -> None:
    store, first = filled(tmp_path), (MIDNIGHT_US + OFFSET_US) // DAY_US
    for day in (first, first + 1, first + 2):
        store.put(f"{STATES}{STREAM}/03-{day}-0.state", b"kept")
    removing.apply(store, removing.plan(store, 8, NOW_US))
    assert sorted(store.names(STATES)) == [f"{STATES}{STREAM}/03-{day}-0.state" for day in (first + 1, first + 2)]
