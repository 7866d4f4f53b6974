"""The README's commands work, in the order they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTED = re.compile(r"<!-- tested -->\n```sh\n(.*?)```", re.DOTALL)


def blocks():
    return TESTED.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def test_every_shell_block_of_the_readme_is_marked_as_tested():
    shells = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shells
    assert shells == blocks()


@pytest.mark.slow
@pytest.mark.parametrize("script", blocks())
def test_the_commands_of_the_readme_work(script, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILIK_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_make_help_lists_every_target_with_its_comment():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets
    assert [name for name in targets[1].split() if not re.search(rf"^{name} +\S", shown, re.MULTILINE)] == []
