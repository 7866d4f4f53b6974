"""`make fuzz`: the laws over files and streams of new seeds, until somebody stops it or there were so many messages."""

from __future__ import annotations

import argparse
import itertools
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzzing import law, streams

LAWS = {"files": law, "streams": streams}


def main() -> None:
    """Play files of every kind, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=2**62)
    asked.add_argument("--a-file", type=int, default=5_000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--of", choices=LAWS, action="append", help="files and streams, where it is not given")
    given = asked.parse_args()
    total, codes = Counter[str](), Counter[int]()
    with tempfile.TemporaryDirectory(prefix="tilik-fuzz-") as folder:
        for seed in itertools.count(given.seed):
            for of in given.of or LAWS:
                for kind in LAWS[of].KINDS:
                    count, found = _one(of, kind, seed, given.a_file, Path(folder))
                    codes[found.code] += 1
                    total.update(
                        messages=count, frames=found.frames, duplicates=found.duplicates, dead_letters=found.dead
                    )
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            sys.stdout.write(f"seed {seed}: {dict(total)}, exit codes {dict(codes)}, {peak} MB at most\n")
            sys.stdout.flush()
            if total["messages"] >= given.messages:
                return


def _one(of: str, kind: str, seed: int, messages: int, folder: Path) -> tuple[int, law.Outcome]:
    """Play one file or stream; return how many messages it holds, and what became of them. One that fails is kept."""
    one = LAWS[of].case(folder, kind, seed, messages)
    try:
        found = LAWS[of].held(one)
    except Exception:
        kept = Path(f"{one.path.name}.broken").absolute()
        shutil.move(one.path, kept)
        sys.stderr.write(f"seed {seed}, {of}, {kind}: kept as {kept}\n")
        raise
    shutil.rmtree(one.path) if one.path.is_dir() else one.path.unlink()
    return one.written, found


if __name__ == "__main__":
    main()
