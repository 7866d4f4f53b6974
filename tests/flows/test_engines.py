"""A columnar pipeline gives the same on engines outside the process, where a worker may be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.brokers.engines import beside

pytestmark = pytest.mark.slow
PROGRAM = [sys.executable, "-m", "tests.flows.engine_pipeline"]
DASK = ["--runner=apache_beam.runners.dask.dask_runner.DaskRunner", "--dask_client_address={address}"]
PRISM = [
    "--runner=PortableRunner",
    "--job_endpoint={address}",
    "--environment_type=EXTERNAL",
    "--environment_config={pool}",
]
LOCAL = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


def staged(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def workers(folder: Path) -> set[str]:
    return {path.name.split("-")[1] for path in folder.glob("by-*")}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("local")
    subprocess.run([*PROGRAM, str(out), LOCAL], check=True, capture_output=True)
    made = staged(out)
    assert len(made) == 8
    return made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_dask_gives_the_same_though_a_worker_is_killed(expected: dict[str, bytes], tmp_path: Path, out: Path) -> None:
    command = [*PROGRAM, str(out), *DASK, "--dask_partition_size=1"]
    done = beside("dask", tmp_path / "dask", command, kill_after=(out, "by-{pid}-*", 2))
    assert done.returncode == 0, done.stderr
    assert staged(out) == expected
    assert len(workers(out)) == 2


@pytest.mark.usefixtures("prism")
def test_prism_gives_the_same(expected: dict[str, bytes], tmp_path: Path, out: Path) -> None:
    done = beside("prism", tmp_path / "prism", [*PROGRAM, str(out), *PRISM])
    assert done.returncode == 0, done.stderr
    assert staged(out) == expected


@pytest.mark.usefixtures("prism")
def test_a_killed_worker_of_prism_ends_the_job_and_is_said(tmp_path: Path, out: Path) -> None:
    done = beside("prism", tmp_path / "prism", [*PROGRAM, str(out), *PRISM], kill_after=(out, "by-{pid}-*", 1))
    assert done.returncode == 1
    assert "SDK worker disconnected" in done.stderr
