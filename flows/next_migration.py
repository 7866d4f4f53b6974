"""`make migration NAME=...`: write the numbered file that brings tables to what their definitions say.

The files that there are run in an empty engine; what its tables then lack is
the next file. What no statement can bridge is named instead: such a change is
written by hand, as `schemas/migrations/NNN_name.sql`, and the same command
notes what it holds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from connectors.warehouse import connect, migrations, shapes
from flows.console import say
from schemas import ddl, migration_files
from schemas.shape import Difference, compare


def difference(folder: Path = migration_files.FOLDER) -> Difference:
    """Return what tables made by the numbered files alone lack."""
    with tempfile.TemporaryDirectory() as place, connect(f"embedded:{place}") as store:
        migrations.run_files(store, migration_files.read(folder), {})
        return compare(ddl.shape(), shapes.read(store))


def main(name: str) -> int:
    """Write the next file; return the exit code."""
    for written in migration_files.freeze():
        say(f"{written} is frozen")
    found = difference()
    for words in found.refused:
        say(f"{words}: write this one by hand")
    if found.refused:
        return 1
    if not found.changes:
        say("the numbered files say what the definitions say")
        return 0
    for change in found.changes:
        say(f"{change.table}: {change.what}")
    say(f"wrote {migration_files.write(name, [change.statement for change in found.changes])}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isidentifier():
        sys.exit("usage: make migration NAME=what_it_is_for")
    sys.exit(main(sys.argv[1]))
