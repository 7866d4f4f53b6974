"""The rooms' import rules hold, and would be seen if they did not."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def lint(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--config", str(config), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def city_of_rooms(folder: Path, room: str, line: str) -> Path:
    """Build all rooms and modules empty, with what the rules allow by name and one import more."""
    for name in RULES["root_packages"]:
        for module in (ROOT / name).rglob("*.py"):
            empty = folder / module.relative_to(ROOT)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.write_text("")
        (folder / name / "thing.py").write_text(line if name == room else "")
    for allowed in (each for rule in RULES["contracts"] for each in rule.get("ignore_imports", ())):
        importer, imported = allowed.split(" -> ")
        with (folder / (importer.replace(".", "/") + ".py")).open("a") as module:
            module.write(f"import {imported}\n")
    config = folder / "pyproject.toml"
    config.write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return config


def test_the_rooms_import_only_what_they_may():
    done = lint(ROOT, ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout


def test_a_kernel_that_reads_files_is_caught(tmp_path):
    done = lint(tmp_path, city_of_rooms(tmp_path, "operators", "import connectors.thing\n"))
    assert done.returncode != 0


def test_a_kernel_that_knows_the_time_is_caught(tmp_path):
    done = lint(tmp_path, city_of_rooms(tmp_path, "operators", "import time\n"))
    assert done.returncode != 0


def test_a_vocabulary_that_knows_a_kernel_is_caught(tmp_path):
    done = lint(tmp_path, city_of_rooms(tmp_path, "schemas", "import operators.thing\n"))
    assert done.returncode != 0


def test_a_metric_that_knows_another_is_caught(tmp_path):
    config = city_of_rooms(tmp_path, "operators", "")
    (tmp_path / "operators/metrics/mask.py").write_text("import operators.metrics.flow\n")
    assert lint(tmp_path, config).returncode != 0


def test_a_flow_that_plays_a_city_is_caught(tmp_path):
    done = lint(tmp_path, city_of_rooms(tmp_path, "flows", "import simulation.city\n"))
    assert done.returncode != 0


def test_rooms_that_import_nothing_pass(tmp_path):
    done = lint(tmp_path, city_of_rooms(tmp_path, "flows", ""))
    assert done.returncode == 0, done.stdout


def test_no_room_is_a_drawer_for_odds_and_ends():
    rooms = [ROOT / name for name in RULES["root_packages"]]
    drawers = [p for room in rooms for p in room.rglob("*") if p.stem in {"utils", "common", "helpers", "core", "misc"}]
    assert drawers == []
