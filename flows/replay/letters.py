"""What a replay says of its dead letters: how many of each reason, which files gave nothing, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from connectors.formats import looks_like, nothing, table_between
from flows.replay.asked import Reason
from schemas.counting import counted

MOST_FILES: Final = 5
"""Files that are named one by one; of others it is said how many they are."""
TABLES: Final = (
    "it looks like a table with {between} between its cells: --format mot reads those of "
    "frame,id,left,top,width,height,confidence, `tilik registry import` lists of cameras"
)


class Letters:
    """Counts dead letters by file and reason; remembers the first of each."""

    def __init__(self) -> None:
        self.count: dict[tuple[str, str], int] = {}
        self.first: dict[str, str] = {}
        self.broken: dict[str, str] = {}

    def add(self, rows: pl.DataFrame) -> None:
        """Take note of dead letters (`schemas.frames.DEAD_LETTERS`)."""
        for source, reason, detail, count in rows.select("source", "reason", "detail", "count").iter_rows():
            self.count[source, reason] = self.count.get((source, reason), 0) + count
            self.first.setdefault(reason, detail)
            if reason == "bad_file":
                self.broken.setdefault(source, detail)

    def reasons(self, source: str | None = None) -> tuple[Reason, ...]:
        """Return the reasons of all letters, or of one file's, the commonest first."""
        total: dict[str, int] = {}
        for (file, reason), count in self.count.items():
            if source in (None, file):
                total[reason] = total.get(reason, 0) + count
        found = [Reason(reason, count, self.first[reason]) for reason, count in total.items()]
        return tuple(sorted(found, key=lambda one: (-one.number, one.reason)))

    def silent(self, files: Sequence[str], kind: str) -> Iterator[str]:
        """Say which files gave no frame while others did."""
        for path in files[:MOST_FILES]:
            yield f"{path}: {self._why(self.reasons(path), [path])}{hint(path, kind)}"
        if len(files) > MOST_FILES:
            yield f"{counted(len(files) - MOST_FILES, 'more files')} gave no frame"

    def cut(self, silent: Sequence[str]) -> Iterator[str]:
        """Say which files could not be read to their end; those that gave no frame are said by themselves."""
        found = {path: why for path, why in self.broken.items() if path not in silent}
        for path in list(found)[:MOST_FILES]:
            yield f"{path}: ends early ({found[path]}): the records after it are missing"
        if len(found) > MOST_FILES:
            yield f"{counted(len(found) - MOST_FILES, 'more files')} could not be read to the end"

    def unseen(self) -> Iterator[str]:
        """Say what becomes of the time in which cameras sent nothing but boxes that were refused."""
        many = sum(count for (_, reason), count in self.count.items() if reason == "boxes_refused")
        if many:
            yield (
                f"{counted(many, 'frames')} with refused boxes alone (boxes_refused) are time that nobody watched: "
                "where no other came, figures are NULL (misread); their cameras do send and are not told as camera_down"
            )

    def unread(self, files: Sequence[str], kind: str) -> str:
        """Say why nothing at all could be read of these files."""
        hints = next((found for path in files[:MOST_FILES] if (found := hint(path, kind))), "")
        named = files[0] if len(files) == 1 else f"{len(files):,} files"
        return f"{named}: {self._why(self.reasons(), files)}{hints}"

    @staticmethod
    def _why(reasons: Sequence[Reason], files: Sequence[str]) -> str:
        """Return why these files gave nothing."""
        if reasons:
            return f"no frame could be used of it: {in_words(reasons)}; first: {reasons[0].detail}"
        held = dict.fromkeys(nothing(Path(path)) for path in files[:MOST_FILES])
        return f"expected records, came none: {', or '.join(held)}"


def in_words(reasons: Sequence[Reason]) -> str:
    """Return how many letters there are of each reason."""
    return ", ".join(f"{one.number:,} {one.reason}" for one in reasons)


def hint(path: str, kind: str) -> str:
    """Return what a file looks like, where it is something else than what was asked for, and what reads it."""
    seen = looks_like(Path(path))
    if seen:
        return f"; it looks like --format {seen}" if seen != kind else ""
    between = table_between(Path(path)) if kind != "mot" else ""  # whose own complaint names the columns
    return f"; {TABLES.format(between=between)}" if between else ""
