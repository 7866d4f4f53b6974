"""What a shard's recovery would go on from: positions that need never be read again.

Bytewax tells its sources nothing of what has become durable, so its store is asked:
a snapshot counts once the epochs of the newest execution have gone past it
(`bytewax.recovery`, tables `fronts` and `snaps`).
"""

from __future__ import annotations

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

STEP: Final = "tilik.frames"
ASK: Final = """
SELECT state_key, ser_change FROM snaps AS s WHERE step_id = ? AND ser_change IS NOT NULL AND snap_epoch = (
    SELECT max(snap_epoch) FROM snaps WHERE step_id = s.step_id AND state_key = s.state_key AND snap_epoch < (
        SELECT max(worker_frontier) FROM fronts WHERE ex_num = (SELECT max(ex_num) FROM fronts)))"""


def positions(directory: Path) -> dict[str, int]:
    """Return by partition the position that a restart would read next; none before the first is durable."""
    found: dict[str, int] = {}
    for path in sorted(directory.glob("*.sqlite3")):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as store:
                rows = store.execute(ASK, (STEP,)).fetchall()
        except sqlite3.Error:  # it is being written: the next look will tell
            continue
        for name, change in rows:
            position, _ = pickle.loads(change)  # checked by `flows.recovery`, and written by this process since
            found[name] = int(position)
    return found
