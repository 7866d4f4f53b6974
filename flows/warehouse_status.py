"""What a warehouse holds: its version, tables, hours that wait to be rolled up, runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from connectors.warehouse import Warehouse
from flows import rendering, unfinished, unreadable
from flows.asking import Answer, ask

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
    """Four answers: the version, tables with rows and bytes, open marks, the newest runs; and what cannot be read."""

    version: Answer
    tables: Answer
    marks: Answer
    runs: Answer
    unreadable: list[str]
    unfinished: str = ""
    """What is said of tables that wait to be made."""

    @property
    def answers(self) -> dict[str, Answer]:
        """The four, by name."""
        return {"version": self.version, "tables": self.tables, "marks": self.marks, "runs": self.runs}


def read(store: Warehouse, gone: Collection[int] = (), where: str = "") -> Status:
    """Ask a warehouse what it holds; `gone` are runs that say they are running and are not.

    `where` is the option that names it in other commands.
    """
    runs = ask(store, RUNS)
    number, state = runs.column_names.index("run"), runs.column_names.index("state")
    for row in runs.rows:
        row[state] = "failed" if row[number] in gone else row[state]
    version, tables, marks = (ask(store, sql) for sql in (VERSION, TABLES, MARKS))
    return Status(version, tables, marks, runs, unreadable.lines(store), unfinished.note(store, where))


def as_text(status: Status) -> str:
    """Return the status for the eye."""
    titles = ("version", "tables", "hours waiting to be rolled up", "runs, newest first")
    parts = [
        rendering.table(answer.column_names, answer.rows, title) if answer.rows else f"{title}: none\n"
        for title, answer in zip(titles, status.answers.values(), strict=True)
    ]
    if status.unfinished:
        parts.append(f"unfinished: {status.unfinished}\n")
    if status.unreadable:
        parts.append("\n".join(["files that cannot be read:", *status.unreadable]))
    return "\n".join(parts).rstrip("\n")


def as_json(status: Status) -> str:
    """Return the status as one JSON object: `version`, `tables`, `marks`, `runs`, `unreadable`, `unfinished`."""
    return rendering.to_json(
        {
            name: [dict(zip(answer.column_names, row, strict=True)) for row in answer.rows]
            for name, answer in status.answers.items()
        }
        | {"unreadable": status.unreadable, "unfinished": status.unfinished}
    )
