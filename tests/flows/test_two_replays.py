"""Two replays that start at once leave what they would one after the other, or one is refused and wrote nothing.

``TILIK_PAIRS`` repeats each pair so often.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from schemas.registry import Registry
from tests.flows.city import camera, stream
from tests.flows.statements import contents, different

TILIK = Path(sys.executable).with_name("tilik")
PAIRS = int(os.environ.get("TILIK_PAIRS", "1"))
INPUTS = {
    "east": [f"east-{number}" for number in range(4)],
    "west": [f"west-{number}" for number in range(4)],
    "middle": ["east-2", "east-3", "west-0"],
}
Contents = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of some cameras each, and one registry of all."""
    made = tmp_path_factory.mktemp("two")
    for seed, (name, cameras) in enumerate(INPUTS.items()):
        (made / f"{name}.jsonl").write_bytes(to_json_lines(stream(cameras, 600, seed)))
    every = tuple(camera(name) for name in sorted({name for cameras in INPUTS.values() for name in cameras}))
    (made / "cameras.toml").write_text(to_toml(Registry(camera=every), "All."))
    return made


@pytest.fixture(scope="module")
def alone(
    folder: Path, laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, ...], Contents]:
    """What stores hold after one input, and after two, one after the other."""
    found = {}
    for names in ("east",), ("middle",), ("east", "west"):
        place = tmp_path_factory.mktemp("alone")
        laid(place / "s")
        for name in names:
            assert start(place, folder, name).wait(600) == 0
        found[names] = held(place)
    return found


def start(place: Path, folder: Path, name: str) -> subprocess.Popen[str]:
    words = (folder / f"{name}.jsonl", "--registry", folder / "cameras.toml", "--warehouse", "embedded:s")
    said = place / f"{name}-{len(list(place.iterdir()))}.txt"
    env = {key: value for key, value in os.environ.items() if key != "TILIK_PAIRS"}  # no setting of the command's
    with said.open("w") as out:
        return subprocess.Popen([TILIK, "replay", *words], cwd=place, stdout=out, stderr=out, text=True, env=env)


def held(place: Path) -> Contents:
    with connect(f"embedded:{place / 's'}") as store:
        return contents(store)


def at_once(place: Path, folder: Path, *names: str) -> tuple[list[int], str, Contents]:
    """Return how replays that start at once ended, what they said and what there is."""
    started = [start(place, folder, name) for name in names]
    codes = [each.wait(600) for each in started]
    return codes, "".join(path.read_text() for path in sorted(place.glob("*.txt"))), held(place)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("east", "east"), ("east", "west")], ids=["the same", "other cameras"])
@pytest.mark.parametrize("turn", range(PAIRS))
def test_two_at_once_are_as_one_after_the_other(
    turn: int, names: tuple[str, str], folder: Path, alone: dict[tuple[str, ...], Contents], tmp_path: Path
) -> None:
    codes, said, found = at_once(tmp_path, folder, *names)
    assert codes == [0, 0], said
    assert different(found, alone[tuple(dict.fromkeys(names))]) == []


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(PAIRS))
def test_of_two_that_overlap_one_is_refused_and_wrote_nothing(
    turn: int,
    folder: Path,
    alone: dict[tuple[str, ...], Contents],
    tmp_path: Path,
    empty_store: Callable[[str], str],
) -> None:
    empty_store("s")
    codes, said, found = at_once(tmp_path, folder, "east", "middle")
    assert sorted(codes) == [0, 1], said
    assert "nothing was written over" in said
    assert different(found, alone["east" if codes[0] == 0 else "middle",]) == []
