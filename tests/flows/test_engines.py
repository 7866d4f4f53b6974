"""A backfill stages the same on engines outside the process, where a worker may be killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brokers.engines import beside

TILIK = [sys.executable, "-c", "from flows.cli import main; main()"]
FIRST, LAST = "2026-01-05T16:52:00Z", "2026-01-05T17:06:00Z"
"""Around a local midnight."""
DASK = ["--runner", "dask", "--address", "{address}"]
PRISM = ["--runner", "portable", "--address", "{address}", "--worker-pool", "{pool}"]
ONCE_ROWS_ARE_STAGED = "backfills/*/rows/*/*.rows", 1


class Recording:
    """A simulated city whose frames are in an archive."""

    def __init__(self, folder: Path, warehouse: str) -> None:
        self.folder, self.warehouse = folder, warehouse
        city = folder / "city"
        self.registry = str(city / "registry.toml")
        tilik("simulate", "--cameras", "10", "--minutes", "14", "--seed", "7", "--start", FIRST, "--out", str(city))
        to = ["--registry", self.registry, "--warehouse", warehouse, "--archive", f"file:{folder / 'archive'}"]
        tilik("replay", str(city / "events"), *to)

    def backfill(self, archive: Path, *engine: str) -> list[str]:
        """Return the command that makes all of it again out of a copy of the archive, and changes nothing else."""
        shutil.copytree(self.folder / "archive", archive, dirs_exist_ok=True)
        of = ["--registry", self.registry, "--warehouse", self.warehouse, "--archive", f"file:{archive}"]
        return [*TILIK, "backfill", "--from", FIRST, "--to", LAST, *of, "--dry-run", "--json", *engine]


def tilik(*arguments: str) -> None:
    subprocess.run([*TILIK, *arguments], check=True, capture_output=True)


def staged(archive: Path) -> dict[str, bytes]:
    """Return the files of rows that a backfill has made, by their name."""
    (rows,) = archive.glob("backfills/*/rows")
    return {str(path.relative_to(rows)): path.read_bytes() for path in rows.rglob("*.rows")}


@pytest.fixture(scope="module")
def recording(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("recording")
    return Recording(folder, laid(folder / "store"))


@pytest.fixture(scope="module")
def expected(recording: Recording) -> dict[str, bytes]:
    archive = recording.folder / "local"
    subprocess.run(recording.backfill(archive), check=True, capture_output=True)
    made = staged(archive)
    assert len(made) > 20
    return made


@pytest.mark.slow
def test_dask_stages_the_same_though_a_worker_is_killed(recording, expected, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    command = recording.backfill(archive, *DASK)
    done = beside("dask", tmp_path / "dask", command, kill_after=(archive, *ONCE_ROWS_ARE_STAGED))
    assert done.returncode == 0, done.stderr
    assert staged(archive) == expected


@pytest.mark.slow
@pytest.mark.usefixtures("prism")
def test_prism_whose_worker_is_killed_says_so_and_the_same_command_goes_on(recording, expected, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    command = recording.backfill(archive, *PRISM)
    done = beside("prism", tmp_path / "killed", command, kill_after=(archive, *ONCE_ROWS_ARE_STAGED))
    assert done.returncode == 1
    assert "SDK worker disconnected" in done.stderr
    assert done.stderr.rstrip().endswith("the same command goes on"), done.stderr
    assert staged(archive) != expected
    done = beside("prism", tmp_path / "again", command)
    assert done.returncode == 0, done.stderr
    assert staged(archive) == expected
