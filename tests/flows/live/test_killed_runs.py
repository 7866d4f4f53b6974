"""A run that is killed anywhere, again and again, ends with the rows of one that nobody disturbed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from connectors.archive import commits
from connectors.archive.folder import Folder
from connectors.registry.writing import to_toml
from connectors.spool import Origin, SpoolWriter, make
from schemas.frames import FrameBatch
from schemas.partitions import partition_of
from tests.connectors.archiving import held, same
from tests.flows.city import stream
from tests.flows.live import children
from tests.flows.live.test_until_end import NAMES, REGISTRY, TABLES, messages, stored

KILLS = 20


def spooled(root: Path, seconds: int, partitions: int) -> Path:
    """Return a spool of a small city's frames."""
    spool = make(root, partitions)
    every = messages(stream(NAMES, seconds))
    for partition in range(partitions):
        writer = SpoolWriter(spool, partition)
        values = [value for camera, value, _ in every if partition_of(camera, partitions) == partition]
        writer.append(values, Origin("native", ""))
        writer.close()
    return root


def archived(root: Path) -> FrameBatch:
    """Return what an archive holds of a run, by camera and time."""
    whole = held(Folder(root))
    rows = whole.frames.with_row_index("at").sort("camera", "t_us", "row")["at"].to_numpy().astype(np.intp)
    return whole.reordered(rows)


@pytest.mark.slow
@pytest.mark.parametrize("partitions", [1, 3])
def test_a_spool_read_by_runs_that_are_killed(
    tmp_path: Path, empty_store: Callable[[str], str], partitions: int
) -> None:
    chance, registry = random.Random(partitions), tmp_path / "registry.toml"
    registry.write_text(to_toml(REGISTRY, "test"))
    spool = spooled(tmp_path / "spool", 400, partitions)

    def arguments(name: str) -> list[str]:
        return ["--source", f"spool:{spool}", "--registry", str(registry), "--warehouse", empty_store(name),
                "--state", str(tmp_path / f"state-{name}"), "--archive", f"file:{tmp_path / name}"]  # fmt: skip

    undisturbed = children.end(arguments("whole"))
    read = 0
    for _ in range(KILLS // 2):
        process = children.start(arguments("killed"), size=chance.choice([1, 3, 7, 40]))
        read += children.killed(process, tmp_path / "state-killed", chance.randrange(1, 100), chance)
    assert read > 100
    assert children.end(arguments("killed")).keys() == undisturbed.keys()
    left, right = stored(empty_store("killed")), stored(empty_store("whole"))
    more = left["incidents_log"].join(right["incidents_log"], on="incident_id", how="anti")
    assert more.is_empty(), more.rows(named=True)
    for name in TABLES:
        assert left[name].equals(right[name]), name
    assert left["health_minute_log"]["frames"].sum() == undisturbed["frames"]
    assert len(commits.every(Folder(tmp_path / "killed"))) > 2 * partitions
    left, right = archived(tmp_path / "killed"), archived(tmp_path / "whole")
    assert left.frames.height == undisturbed["frames"]
    assert same(left, right)
