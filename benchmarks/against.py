"""Another version and the present one in one run: `make bench BASE=8e7a893`.

The base's files are taken out of git beside this tree, its environment is this
one. Both play the same frames by turns, so that whatever else the machine does
meets both; what is said is the ratio of CPU times.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
TURNS = 3
GIVEN = ("--json", "--city", "0", "--steps", "600", "--repeats", "2")


def tree(base: str) -> Path:
    """Return a checkout of the base inside the clone's ignored cache."""
    place = ROOT / ".cache" / "bench" / base
    if not place.exists():
        place.mkdir(parents=True)
        packed = subprocess.run(["git", "archive", base], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x"], cwd=place, check=True, input=packed)
    return place


def tables(name: str, about: str | None, beside: Path, table: Callable[[int], None], seeds: int, repeats: str) -> None:
    """Run a benchmark's command line: its table, and with ``--base`` another version's before it.

    Parameters
    ----------
    name
        Of the benchmark's module; its file, `beside` and this one go along to the other version.
    about, repeats
        What the benchmark is, and what ``--seeds`` repeats.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--base", help="another version: a commit")
    parser.add_argument("--seeds", type=int, default=seeds, help=repeats)
    given = parser.parse_args()
    if given.base is not None:
        place = tree(given.base)
        for module in (beside.with_name(f"{name}.py"), beside, Path(__file__)):
            shutil.copy(module, place / "benchmarks" / module.name)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--seeds", str(given.seeds)]
        print(given.base, flush=True)
        subprocess.run(command, cwd=place, env=os.environ | {"PYTHONPATH": str(place)}, check=True)
        print("now")
    table(given.seeds)


def rates(place: Path) -> dict[str, float]:
    """Return frames a CPU second by variant, of one run in that tree."""
    env = os.environ | {"PYTHONPATH": str(place)}
    command = [sys.executable, "-m", "benchmarks.main", *GIVEN]
    said = subprocess.run(command, cwd=place, env=env, check=True, capture_output=True, text=True).stdout
    found = json.loads(said[said.index("\n{") :])["speed"]
    return {row["variant"]: row["frames_per_s"] for row in found}


def main() -> None:
    """Print a line a variant: frames a CPU second of both, and the middle of the ratios of the turns."""
    base = sys.argv[1]
    place = tree(base)
    turns = [(rates(place), rates(ROOT)) for _ in range(TURNS)]
    print(f"{'frames a CPU second, best of ' + str(TURNS):<45}{base:>12}{'now':>12}{'ratio':>8}")
    for name in turns[0][0]:
        before, now = ([turn[side][name] for turn in turns] for side in (0, 1))
        ratio = statistics.median(b / a for a, b in zip(before, now, strict=True))
        print(f"{name:<45}{max(before):>12,}{max(now):>12,}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
