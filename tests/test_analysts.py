"""The recipes of docs/analysts.md work, block by block, in the order they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.warehouse import connect

PAGE = Path(__file__).parents[1] / "docs" / "analysts.md"
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
RUN = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


def ran(kind: str, block: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILIK_")}
    done = subprocess.run(
        [*RUN[kind], block], cwd=folder, env=environment | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, block + done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_recipes_work_and_what_they_say_is_so(tmp_path: Path) -> None:
    said = [ran(*BLOCKS[0], tmp_path)]
    with connect(f"embedded:{tmp_path / 'data'}"):  # one engine for all commands: each by itself would start its own
        said += [ran(kind, block, tmp_path) for kind, block in BLOCKS[1:]]
    shown = next(out for out, (_, block) in zip(said, BLOCKS, strict=True) if "backfill diff 1" in block)
    assert "they would replace what stands" in shown
    assert "(generation 1)" in shown
    changed = re.findall(r"^(\w+) +sim-0003 .* (-?\d+)$", shown, re.MULTILINE)
    assert {metric for metric, _ in changed} == {"crowd"}
    assert "0" not in {difference for _, difference in changed}
