"""What recoveries would go on from: positions that need never be read again.

Bytewax tells its sources nothing of what has become durable, so its store is asked:
a snapshot counts once the epochs of the newest execution have gone past it
(`bytewax.recovery`, tables `fronts` and `snaps`). It is asked by a process of its own, which
is this file run as a program: a second SQLite in the process that writes takes the locks
and the shared memory of the first away (https://www.sqlite.org/howtocorrupt.html, 2.2.1).
"""

from __future__ import annotations

import json
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

STEP: Final = "tilik.frames"
ASK: Final = """
SELECT state_key, ser_change FROM snaps AS s WHERE step_id = ? AND ser_change IS NOT NULL AND snap_epoch = (
    SELECT max(snap_epoch) FROM snaps WHERE step_id = s.step_id AND state_key = s.state_key AND snap_epoch < (
        SELECT max(worker_frontier) FROM fronts WHERE ex_num = (SELECT max(ex_num) FROM fronts)))"""
PATIENCE_S: Final = 30.0


def positions(directories: Sequence[Path]) -> list[dict[str, int]]:
    """Return of each recovery, by partition, the position that a restart would read next; nothing where none knows."""
    program = [sys.executable, "-I", "-S", __file__, *map(str, directories)]
    try:
        said = subprocess.run(program, capture_output=True, check=True, timeout=PATIENCE_S).stdout
        found: list[dict[str, int]] = json.loads(said)
    except (OSError, subprocess.SubprocessError, ValueError):  # the next look will tell
        return [{} for _ in directories]
    return found


def _read(directory: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in sorted(Path(directory).glob("*.sqlite3")):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as store:
                rows = store.execute(ASK, (STEP,)).fetchall()
        except sqlite3.Error:
            continue
        for name, change in rows:
            at = pickle.loads(change)  # `flows.recovery` has checked it, a run of ours has written on
            if at is not None:  # a source that was away, or taken away, before it was read
                found[name] = int(at[0])
    return found


if __name__ == "__main__":
    json.dump([_read(each) for each in sys.argv[1:]], sys.stdout)
