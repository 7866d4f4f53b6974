"""Of a written simulation only the cameras that are asked for stay."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from connectors import registry as registries
from flows import fewer_cameras
from simulation import simulate

MONDAY_US = 1_768_150_800_000_000  # 12 January 2026 in Semarang


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("few")) / "city"
    simulate(3, 3, 1, MONDAY_US, folder, "arrow", fps=0.5)
    return folder


def cameras(folder: Path) -> set[str]:
    files = (folder / "events").glob("*.arrow")
    return {name for file in files for name in pa.ipc.open_file(file.read_bytes()).read_all()["camera"].to_pylist()}


def test_the_others_are_gone_from_registry_roads_and_events(city: Path) -> None:
    assert cameras(city) == {"sim-0001", "sim-0002", "sim-0003"}
    fewer_cameras.keep(city, ["sim-0002"])
    left = registries.load(city / "registry.toml")
    assert [camera.id for camera in left.camera] == ["sim-0002"]
    assert [road.id for road in left.road] == ["sim-0002-jalan"]
    assert cameras(city) == {"sim-0002"}


def test_an_hour_in_which_only_others_sent_leaves_no_file(city: Path) -> None:
    (city / "events" / "later.arrow").write_bytes(next((city / "events").glob("*Z.arrow")).read_bytes())
    fewer_cameras.keep(city, ["sim-0009"])
    assert list((city / "events").glob("*.arrow")) == []
