"""What a warehouse holds: its version, tables, hours that wait to be rolled up, runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from flows import rendering
from flows.asking import Answer, Store, ask

TABLES: Final = """
SELECT name, coalesce(total_rows, 0) AS rows, coalesce(total_bytes, 0) AS bytes
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
ORDER BY name
"""
VERSION: Final = """
SELECT max(version) AS migration, argMax(created_at, version) AS since,
    (SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine = 'View') AS views
FROM schema_versions
"""
MARKS: Final = """
SELECT domain, count() AS hours, min(hour) AS oldest
FROM (SELECT domain, hour FROM marks_log FINAL WHERE state < 2 GROUP BY domain, hour)
GROUP BY domain ORDER BY domain
"""
RUNS: Final = """
SELECT run, command, generation, state, simulated, started_at
FROM runs_log FINAL ORDER BY run DESC LIMIT 20
"""


class Status(NamedTuple):
    """Four answers: the version, tables with rows and bytes, open marks, the newest runs."""

    version: Answer
    tables: Answer
    marks: Answer
    runs: Answer


def read(store: Store, gone: Collection[int] = ()) -> Status:
    """Ask a warehouse what it holds; `gone` are runs that say they are running and are not."""
    runs = ask(store, RUNS)
    number, state = runs.column_names.index("run"), runs.column_names.index("state")
    for row in runs.rows:
        row[state] = "failed" if row[number] in gone else row[state]
    return Status(ask(store, VERSION), ask(store, TABLES), ask(store, MARKS), runs)


def as_text(status: Status) -> str:
    """Return the status for the eye."""
    titles = ("version", "tables", "hours waiting to be rolled up", "runs, newest first")
    parts = [
        rendering.table(answer.column_names, answer.rows, title) if answer.rows else f"{title}: none\n"
        for title, answer in zip(titles, status, strict=True)
    ]
    return "\n".join(parts).rstrip("\n")


def as_json(status: Status) -> str:
    """Return the status as one JSON object: `version`, `tables`, `marks`, `runs`."""
    return rendering.to_json(
        {
            name: [dict(zip(answer.column_names, row, strict=True)) for row in answer.rows]
            for name, answer in status._asdict().items()
        }
    )
