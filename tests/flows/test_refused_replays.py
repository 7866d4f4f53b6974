"""A replay that is refused, or broken off, leaves every table as it was and says so in plain words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from connectors.warehouse import Stage, connect
from connectors.warehouse.address import parse
from flows.replay.running import Ending
from schemas.errors import ConflictError, WarehouseError
from tests.flows.statements import Mortal, tell, write_inputs

TILIK = Path(sys.executable).with_name("tilik")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("inputs")
    write_inputs(made)
    return made


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("refused") / "store"))) as opened:
        yield opened


def every_row(store: Mortal) -> dict[str, pl.DataFrame]:
    """All rows of all tables as they lie there, tombstones and bookkeeping too."""
    names = store.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
    )["name"].to_pylist()
    return {name: pl.DataFrame(store.query(f"SELECT * FROM {name} ORDER BY ALL").table) for name in names}


def changed(store: Mortal, before: dict[str, pl.DataFrame]) -> list[str]:
    after = every_row(store)
    return [name for name in after if not after[name].equals(before[name])]


@pytest.mark.parametrize("by", ["R1", "R2"])
def test_other_input_over_watched_minutes_changes_no_row_of_any_table(store: Mortal, folder: Path, by: str) -> None:
    tell(folder, "A", "R1").commit(store)
    before = every_row(store)
    assert sum(table.height for table in before.values()) > 1_000
    with pytest.raises(ConflictError, match=r"minutes are already stored from other input \(.*A.jsonl\): a 2026-01-05"):
        tell(folder, "B", by).commit(store)
    assert changed(store, before) == []


def test_a_camera_that_moved_changes_no_row_of_any_table(store: Mortal, folder: Path) -> None:
    tell(folder, "A", "R1").commit(store)
    (folder / "moved.toml").write_text((folder / "R1.toml").read_text().replace("33.74.07.1005", "33.74.07.1006"))
    before = every_row(store)
    with pytest.raises(WarehouseError, match="a camera never changes its area"):
        tell(folder, "A", "moved").commit(store)
    assert changed(store, before) == []


def test_what_a_disk_says_ends_a_flow_as_it_is(tmp_path: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    class Full(Stage):
        def add(self, table: str, rows: pl.DataFrame) -> None:
            raise OSError(28, "No space left on device")

    from flows.replay import ReplayOptions, playing

    asked = playing.ask(ReplayOptions((str(folder / "B.jsonl"),), "native", "", registry=str(folder / "R1.toml")), 0)
    with pytest.raises(OSError, match="No space left"):
        playing.read(asked, Full())
    assert "panic" not in capfd.readouterr().err


def test_a_source_that_breaks_ends_the_flow_and_then_says_why() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise WarehouseError("the file ends within a record")

    ending, seen = Ending(), []
    for item in ending.source(items()):
        ending.sink(seen.append)(item)
    assert seen == [1]
    assert isinstance(ending.error, WarehouseError)


@pytest.mark.slow
def test_the_command_says_why_it_refuses_and_nothing_else(
    folder: Path, tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    empty_store("store")

    def replay(name: str) -> subprocess.CompletedProcess[str]:
        asked = [TILIK, "replay", folder / name, "--registry", folder / "R1.toml", "--warehouse", "embedded:./store"]
        return subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert replay("A.jsonl").returncode == 0
    refused = replay("B.jsonl")
    said = [line for line in refused.stderr.splitlines() if not line.startswith("settings:")]
    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(said) == 1
    assert said[0].endswith("nothing was written over: use --replace to replace those minutes")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_while_reading_ends_with_130_and_no_panic(
    folder: Path, tmp_path: Path, empty_store: Callable[[str], str], workers: int
) -> None:
    empty_store("store")
    slow = tmp_path / "slow.jsonl"
    slow.write_bytes((folder / "A.jsonl").read_bytes() * 60)
    asked = [TILIK, "replay", slow, "--registry", folder / "R1.toml", "--warehouse", "embedded:./store"]
    started = subprocess.Popen([*asked, "--workers", str(workers)], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not is_reading(started.pid) and time.monotonic() < end and started.poll() is None:
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=120)
    assert (started.returncode, "panic" in err) == (130, False), err
    assert [line for line in err.splitlines() if not line.startswith("settings:")] == ["tilik: interrupted"]
    with connect(f"embedded:{tmp_path / 'store'}") as store:
        assert store.query("SELECT count() FROM runs_log").rows == [(0,)]


def is_reading(pid: int) -> bool:
    """Say whether a process has its input and a warehouse open: only the flow reads while the store is up."""
    try:
        files = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return all(any(file.endswith(name) for file in files) for name in ("clients.lock", "slow.jsonl"))
