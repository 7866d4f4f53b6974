"""Two replays that start at once: each statement is whole, whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from schemas.registry import Registry
from tests.flows.city import camera, stream

TILIK = Path(sys.executable).with_name("tilik")
SECONDS = 1_200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of four cameras each, and one registry of all eight."""
    made = tmp_path_factory.mktemp("two")
    for name in ("east", "west"):
        cameras = [f"{name}-{number}" for number in range(4)]
        (made / f"{name}.jsonl").write_bytes(to_json_lines(stream(cameras, SECONDS)))
    every = tuple(camera(f"{name}-{number}") for name in ("east", "west") for number in range(4))
    (made / "cameras.toml").write_text(to_toml(Registry(camera=every), "Both."))
    return made


def replay_at_once(place: Path, folder: Path, *names: str) -> list[str]:
    """Start a replay of each input at once; return what they said, all having ended well."""
    by = ("--registry", folder / "cameras.toml", "--warehouse", "embedded:s")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([TILIK, "replay", folder / f"{name}.jsonl", *by], cwd=place, **pipes) for name in names]
    said = [each.communicate(timeout=600) for each in started]
    assert [each.returncode for each in started] == [0] * len(names), said
    return [out for out, _ in said]


def watched(place: Path) -> dict[str, int]:
    """Return how many watched minutes each camera has, and that every table says so."""
    with connect(f"embedded:{place / 's'}") as store:
        held = {
            table: dict(
                store.query(
                    f"SELECT toString(camera_id) AS c, uniqExact(ts) AS n FROM {table}_minute_log FINAL "
                    "WHERE deleted = 0 AND frames > 0 GROUP BY c ORDER BY c"
                ).rows
            )
            for table in ("health", "crowd", "flow", "flood")
        }
    assert all(table == held["health"] for table in held.values()), held
    return held["health"]


@pytest.mark.slow
def test_the_same_input_twice_at_once_is_there_once_and_whole(folder: Path, tmp_path: Path) -> None:
    replay_at_once(tmp_path, folder, "east", "east")
    assert watched(tmp_path) == {f"east-{number}": SECONDS // 60 for number in range(4)}


@pytest.mark.slow
def test_disjoint_cameras_of_one_registry_at_once_are_all_there(folder: Path, tmp_path: Path) -> None:
    replay_at_once(tmp_path, folder, "east", "west")
    assert watched(tmp_path) == {f"{name}-{number}": SECONDS // 60 for name in ("east", "west") for number in range(4)}
