"""`make fuzz`: the law over files of new seeds, until somebody stops it or so many messages have been played."""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzzing import law


def main() -> None:
    """Play files of every kind, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=2**62)
    asked.add_argument("--a-file", type=int, default=5_000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    total, codes = Counter[str](), Counter[int]()
    with tempfile.TemporaryDirectory(prefix="tilik-fuzz-") as folder:
        for seed in itertools.count(given.seed):
            for kind in law.KINDS:
                one = law.case(Path(folder), kind, seed, given.a_file)
                try:
                    found = law.held(one)
                except Exception:
                    kept = Path(f"{one.path.name}.broken").absolute()
                    kept.write_bytes(one.path.read_bytes())
                    sys.stderr.write(f"seed {seed}, {kind}: kept as {kept}\n")
                    raise
                one.path.unlink()
                codes[found.code] += 1
                total.update(
                    messages=one.written, frames=found.frames, duplicates=found.duplicates, dead_letters=found.dead
                )
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            sys.stdout.write(f"seed {seed}: {dict(total)}, exit codes {dict(codes)}, {peak} MB at most\n")
            sys.stdout.flush()
            if total["messages"] >= given.messages:
                return


if __name__ == "__main__":
    main()
