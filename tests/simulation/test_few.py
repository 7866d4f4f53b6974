"""Of a city only the cameras that are asked for are played, and these as in the whole city."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from connectors import registry as registries
from simulation import simulate

MONDAY_US = 1_768_150_800_000_000  # 12 January 2026 in Semarang
TRUTHS = ("crowd", "flow", "watch", "faults")


def played(folder: Path, *only: str) -> Path:
    simulate(3, 70, 1, MONDAY_US, folder, "arrow", fps=0.5, only=only)
    return folder


def events(city: Path) -> dict[str, pa.Table]:
    files = sorted((city / "events").glob("*.arrow"))
    return {file.name: pa.ipc.open_file(file.read_bytes()).read_all() for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played(Path(tmp_path_factory.mktemp("few")) / "city")


def test_the_others_are_gone_from_registry_roads_and_truth(whole: Path, tmp_path: Path) -> None:
    city = played(tmp_path / "city", "sim-0002")
    left = registries.load(city / "registry.toml")
    assert [camera.id for camera in left.camera] == ["sim-0002"]
    assert [road.id for road in left.road] == ["sim-0002-jalan"]
    for name in TRUTHS:
        all_of_it, found = (pl.read_parquet(folder / "truth" / f"{name}.parquet") for folder in (whole, city))
        assert found.height
        assert found.equals(all_of_it.filter(pl.col("camera_id") == "sim-0002")), name


@pytest.mark.parametrize("only", [("sim-0002",), ("sim-0001", "sim-0003")])
def test_those_that_are_played_send_what_they_send_in_the_whole_city(
    whole: Path, tmp_path: Path, only: tuple[str, ...]
) -> None:
    theirs = {
        name: pl.DataFrame(pl.from_arrow(table)).filter(pl.col("camera").is_in(only))
        for name, table in events(whole).items()
    }
    found = {
        name: pl.DataFrame(pl.from_arrow(table)) for name, table in events(played(tmp_path / "city", *only)).items()
    }
    assert found.keys() == {name for name, rows in theirs.items() if rows.height}
    assert len(found) > 1
    for name, rows in found.items():
        assert rows.height
        assert rows.equals(theirs[name]), name
