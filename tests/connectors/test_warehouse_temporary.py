"""What a killed process left of its temporary files goes with the next start; nobody else's does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.warehouse import Stage, temporary
from connectors.warehouse.processes import Owner, me

HOLD = """
import sys, time
import polars as pl
from connectors.warehouse import Stage
stage = Stage(memory_bytes=1)
stage.add("runs_log", pl.DataFrame({"a": range(1000)}))
print("staged", flush=True)
time.sleep(600)
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(room: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has spilled rows into the room."""
    env = os.environ | {"TMPDIR": str(room)}
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        yield process
        process.kill()


def left(room: Path) -> list[Path]:
    return list(room.glob("tilik-of-*/*.arrow"))


def test_a_folder_stays_while_its_process_lives_and_goes_once_it_was_killed(
    room: Path, holder: subprocess.Popen[str]
) -> None:
    with Stage():
        assert len(left(room)) == 1
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert len(left(room)) == 1, "nobody cleaned up behind it"
    with Stage():
        assert list(room.iterdir()) == []


def named(owner: Owner) -> str:
    return f"{temporary.named(owner)}abc"


HERE = me()
HOST, BOOT, SPACE = HERE.place.rsplit(" ", 2)
GONE = (1 << 22) + 1
CASES = {
    "ours": (named(HERE), False),
    "its number is another's by now": (named(HERE._replace(began=HERE.began - 1)), True),
    "it has ended": (named(HERE._replace(pid=GONE)), True),
    "the machine was started again": (named(Owner(f"{HOST} other {SPACE}", HERE.pid, HERE.began)), True),
    "another machine's": (named(Owner(f"other {BOOT} {SPACE}", GONE, 1)), False),
    "another machine's, started again": (named(Owner(f"other boot {SPACE}", GONE, 1)), False),
    "another container's": (named(Owner(f"{HOST} {BOOT} pid:[1]", GONE, 1)), False),
    "nobody knows whose": (named(Owner("", GONE, 1)), False),
    "another program's": ("tilik-of-somebody", False),
}


@pytest.mark.parametrize(("name", "goes"), CASES.values(), ids=CASES.keys())
def test_only_folders_of_ended_processes_of_this_machine_go(room: Path, name: str, *, goes: bool) -> None:
    (room / name).mkdir()
    (room / name / "file").touch()
    temporary.sweep()
    assert (room / name).exists() != goes


def test_a_link_is_not_followed(room: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "file").touch()
    (room / named(HERE._replace(pid=GONE))).symlink_to(other)
    temporary.sweep()
    assert (other / "file").exists()
