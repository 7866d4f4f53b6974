"""The recipes of docs/analysts.md work, block by block, in the order they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.warehouse import connect
from tests.brokers.minio import MinioServer

PAGE = Path(__file__).parents[1] / "docs" / "analysts.md"
EVERY = re.findall(r"^```(sh|python)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
OF_BUCKETS = [block for block in EVERY if "TILIK_S3_" in block[1]]
BLOCKS = [block for block in EVERY if block not in OF_BUCKETS]
RUN = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}

pytestmark = pytest.mark.slow


def ran(kind: str, block: str, folder: Path, **given: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILIK_")}
    done = subprocess.run(
        [*RUN[kind], block],
        cwd=folder,
        env=environment | {"PATH": path} | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, block + done.stdout + done.stderr
    return done.stdout


class Recipes(NamedTuple):
    """Where they were run, and what each said."""

    folder: Path
    said: list[str]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Recipes:
    folder = tmp_path_factory.mktemp("recipes")
    said = [ran(*BLOCKS[0], folder)]
    with connect(f"embedded:{folder / 'data'}"):  # one engine for all commands: each by itself would start its own
        said += [ran(kind, block, folder) for kind, block in BLOCKS[1:]]
    return Recipes(folder, said)


def test_the_recipes_work_and_what_they_say_is_so(recipes: Recipes) -> None:
    shown = next(out for out, (_, block) in zip(recipes.said, BLOCKS, strict=True) if "backfill diff 1" in block)
    assert "they would replace what stands" in shown
    assert "(generation 1)" in shown
    changed = re.findall(r"^(\w+) +sim-0003 .* (-?\d+)$", shown, re.MULTILINE)
    assert {metric for metric, _ in changed} == {"crowd"}
    assert "0" not in {difference for _, difference in changed}


def test_clickhouse_reads_the_same_figure_out_of_a_bucket(recipes: Recipes, minio: MinioServer) -> None:
    ((kind, block),) = OF_BUCKETS
    name, archive = minio.bucket(), recipes.folder / "archive"
    for file in archive.glob("frames/**/*.parquet"):
        minio.client.fput_object(name, f"semarang/{file.relative_to(archive)}", str(file))
    told = ran(kind, block.replace("/tilik/", f"/{name}/"), recipes.folder, **minio.environment())
    assert told == recipes.said[-1], "file and s3 tell the same"
