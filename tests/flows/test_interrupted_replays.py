"""Ctrl-C while a replay is stored: what is left is said, and no run is told as running that has ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.warehouse import Stage, connect, writer
from flows import afterwards, doctor
from flows.replay import ReplayOptions, playing
from flows.settings import Settings
from tests.flows.statements import Killed

ASKED = ("replay", "a.jsonl", "--warehouse", "embedded:./store")
AGAIN = ": the same command again finishes it"


@pytest.fixture
def folder(tmp_path: Path, empty_store: Callable[[str], str]) -> Path:
    empty_store("store")
    (tmp_path / "a.jsonl").write_text('{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}\n')
    return tmp_path


def ends_by(monkeypatch, place, name, error):
    def ends(*_, **__):
        raise error

    monkeypatch.setattr(place, name, ends)


def states(folder: Path) -> list[str]:
    with connect(f"embedded:{folder / 'store'}") as store:
        return [state for (state,) in store.query("SELECT state FROM runs_log FINAL ORDER BY run").rows]


@pytest.mark.parametrize(
    ("place", "name", "said"),
    [
        (writer.sweep, "sweep", "some of its rows are stored"),
        (
            afterwards,
            "follow",
            "its rows are stored, but not all that follows (outages, hours, days, trends)",
        ),
    ],
    ids=["rows", "what follows"],
)
def test_an_interrupted_replay_says_what_it_leaves_and_its_run_failed(folder, tilik, place, name, said):
    with pytest.MonkeyPatch.context() as breaks:
        ends_by(breaks, place, name, KeyboardInterrupt())
        code, _, err = tilik(*ASKED)
    assert (code, err.splitlines()[-1]) == (130, f"tilik: interrupted: {said}{AGAIN}")
    assert states(folder) == ["failed"]
    assert tilik(*ASKED)[0] == 0
    assert states(folder) == ["failed", "done"]


def test_a_replay_interrupted_before_it_stores_says_no_more_than_that(folder, tilik, monkeypatch):
    ends_by(monkeypatch, writer.runs, "begin", KeyboardInterrupt())
    code, _, err = tilik(*ASKED)
    assert (code, err.splitlines()[-1]) == (130, "tilik: interrupted")


def killed(tilik) -> None:
    with pytest.MonkeyPatch.context() as breaks:
        ends_by(breaks, afterwards, "follow", Killed())
        with pytest.raises(Killed):
            tilik(*ASKED)


def test_the_next_run_says_of_one_that_was_killed_that_it_failed(folder, tilik):
    killed(tilik)
    assert states(folder) == ["running"]
    (folder / "b.jsonl").write_text('{"camera":"b","ts":"2026-01-05T00:00:00Z","objects":[]}\n')
    assert tilik("replay", "b.jsonl", *ASKED[2:])[0] == 0
    assert states(folder) == ["failed", "done"], "whatever the next run is about"
    assert tilik(*ASKED)[0] == 0
    assert states(folder) == ["failed", "done", "done"]


def test_a_run_that_was_killed_is_never_told_as_running(folder, tilik):
    """It stood as running until something was replayed over it."""
    killed(tilik)
    where = ASKED[2:]
    assert [run["state"] for run in json.loads(tilik("warehouse", "status", *where, "--json")[1])["runs"]] == ["failed"]
    assert states(folder) == ["running"], "who only asks writes nothing"
    (_, noted) = doctor._warehouse(Settings(warehouse=f"embedded:{folder / 'store'}"))
    assert noted.state == "note"
    assert "run 1 (replay " in noted.detail
    assert states(folder) == ["failed"]
    assert len(doctor._warehouse(Settings(warehouse=f"embedded:{folder / 'store'}"))) == 1


def test_a_run_began_when_it_began_to_read(folder):
    """Its start was the time of its commit: of an hour's replay nobody saw that it took one."""
    options = ReplayOptions((str(folder / "a.jsonl"),), "native", f"embedded:{folder / 'store'}")
    with connect(options.warehouse) as store, Stage() as stage:
        before_s = int(time.time())
        asked = playing.ask(options, before_s * 1_000_000)
        done = playing.read(asked, stage)
        playing.commit(store, asked, stage, done._replace(started_s=done.started_s - 3_600))
        after_s = time.time()
        ((started_s,),) = store.query("SELECT toUnixTimestamp(started_at) FROM runs_log FINAL").rows
    assert before_s <= started_s + 3_600 <= after_s
