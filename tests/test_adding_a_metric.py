"""docs/adding-a-metric.md is followed to the letter, in a copy of the house."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.warehouse import connect

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-metric.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)```$", PAGE, re.DOTALL | re.MULTILINE))
ROOMS = ("schemas", "operators", "models", "connectors", "simulation", "flows", "tests", "docs")
SECONDS = 180
ABOUT_METRICS = {
    "tests/flows/test_every_metric.py": (
        "test_every_metric_has_a_row_a_key_and_minute",
        "test_what_was_watched_is_one_statement",
    ),
    "tests/test_docs.py": (
        "test_the_committed_metrics_page_is_what_the_definitions_say",
        "test_every_part_of_every_metric_stands_on_the_page",
    ),
}
"""Tests that hold for whatever metrics there are."""

RIDDEN = range(30, 70)
"""Seconds in which a motorcycle stands on the sidewalk."""

pytestmark = pytest.mark.slow


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)```$", PAGE, re.DOTALL | re.MULTILINE)


def source_files(room: Path) -> dict[str, str]:
    found = [path for path in room.rglob("*") if path.suffix in (".py", ".sql", ".md") or path.name == "SHA256SUMS"]
    return {str(path): path.read_text(encoding="utf-8") for path in found}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house, compiled kernels and all, with the page's files written into it."""
    copy = Path(tmp_path_factory.mktemp("house"))
    for room in ROOMS:
        if (ROOT / room).exists():
            shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("*.xz", "recordings"))
    shutil.copy2(ROOT / "pyproject.toml", copy)
    for name, text in FILES.items():
        assert not (copy / name).exists(), f"{name} is no new file"
        (copy / name).write_text(text, encoding="utf-8")
    return copy


def run(house: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TILIK_", "PYTEST"))}
    environment["PYTHONPATH"] = str(house)
    done = subprocess.run(
        [sys.executable, *words], cwd=house, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shell(house: Path, script: str) -> str:
    """Run the lines of a block: `python` and `tilik` are those of this environment."""
    said = ""
    for line in script.splitlines():
        words = line.partition("#")[0].split()
        said += run(house, *words[1:]) if words[0] == "python" else tilik(house, *words[1:])
    return said


def tilik(house: Path, *words: str) -> str:
    return run(house, "-c", "from flows.cli import main; main()", *words)


@pytest.fixture(scope="module")
def generated(house: Path) -> set[str]:
    """The files that the page's commands write or change."""
    before = source_files(house)
    script = next(block for block in blocks("sh") if "next_migration" in block)
    shell(house, script)
    after = source_files(house)
    return {name.removeprefix(f"{house}/") for name, text in after.items() if before.get(name) != text}


@pytest.fixture(scope="module")
def store(house: Path, generated: set[str]) -> Path:
    """The warehouse after the page's replay of three minutes."""
    lines = []
    for half in range(SECONDS * 2):
        minute, second = divmod(half / 2, 60)
        box = [0.2, 0.4, 0.3, 0.6]
        ridden = [{"class": "motorcycle", "confidence": 0.9, "box": box}] if half // 2 in RIDDEN else []
        ts = f"2026-01-05T01:{int(minute):02}:{second:06.3f}Z"
        on_the_road = [0.6 + half / 2000, 0.4, 0.7 + half / 2000, 0.6]
        seen = [*ridden, {"class": "motorcycle", "confidence": 0.9, "box": on_the_road}]
        lines.append(json.dumps({"camera": "smg-900", "ts": ts, "objects": seen}))
    (house / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shell(house, next(block for block in blocks("sh") if "replay" in block))
    return house / "store"


def answers(house: Path) -> list[list[dict[str, object]]]:
    queries = [part.strip() for block in blocks("sql") for part in block.split(";\n") if part.strip()]
    with connect(f"embedded:{house / 'store'}"):  # one engine for all commands
        asked = [tilik(house, "query", sql, "--warehouse", "embedded:store", "--format", "json") for sql in queries]
    return [json.loads(text) for text in asked]


def test_the_page_says_how_many_files_it_touches(generated: set[str]) -> None:
    said = re.search(r"Files touched by hand: \*\*(\d+)\*\*", PAGE)
    assert said is not None
    by_hand = [name for name in FILES if name.endswith(".py")]
    assert int(said[1]) == len(by_hand)
    assert generated >= {"docs/metrics.md", "schemas/migrations/SHA256SUMS"}
    assert not [name for name in generated if name.endswith(".py")]


def test_the_page_s_code_is_in_the_house_s_style(house: Path) -> None:
    files = [name for name in FILES if name.endswith(".py")]
    run(house, "-m", "ruff", "check", *files)
    run(house, "-m", "ruff", "format", "--check", *files)


def test_the_house_stands_with_the_new_metric(house: Path, generated: set[str]) -> None:
    script = next(block for block in blocks("sh") if "pytest" in block)
    assert " passed" in shell(house, script)
    laws = [f"{file}::{name}" for file, names in ABOUT_METRICS.items() for name in names]
    assert " passed" in run(house, "-m", "pytest", "-q", "-p", "no:xdist", *laws)


def test_its_figures_incidents_and_descriptions_are_there(house: Path, store: Path) -> None:
    minutes, areas, incidents, columns = answers(house)
    assert [row["motorcycles_max"] for row in minutes] == [1, 1, 0]
    assert [row["motorcycles_mean"] for row in minutes] == [0.5, 10 / 60, 0.0]
    assert {row["coverage"] for row in minutes} == {1.0}
    assert [(row["area"], row["motorcycles_max"]) for row in areas] == [
        ("33.74", 1),
        ("33.74.07", 1),
        ("33.74.07.1005", 1),
    ]
    assert [(row["kind"], row["state"], row["zone_id"]) for row in incidents] == [("sidewalk", "closed", "trotoar")]
    assert incidents[0]["duration_s"] == len(RIDDEN)
    assert {row["name"]: row["label_id"] for row in columns} == {
        "motorcycles_mean": "Rata-rata motor di trotoar",
        "motorcycles_max": "Motor terbanyak di trotoar",
    }
