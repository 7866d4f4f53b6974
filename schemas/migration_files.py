"""The numbered files of `schemas/migrations`: what was done to tables, in order, for good.

A file that has landed never changes: `SHA256SUMS` beside the files says what
each holds, and a test compares. A statement ends with a semicolon at the end of
a line, and may be run again, so that a warehouse whose maker was killed is
finished by the next command. A number is used once; 2 was the views', which
are no longer numbered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "migrations"
SUMS: Final = "SHA256SUMS"
RETIRED: Final = 2
"""The number under which older versions kept their views."""


class MigrationFile(NamedTuple):
    """One file: its number, its name without number and ending, and its text."""

    number: int
    name: str
    text: str

    @property
    def statements(self) -> list[str]:
        """Return the statements in order, without comments between them."""
        bare = re.sub(r"^--[^\n]*\n", "", self.text, flags=re.MULTILINE)
        return [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", bare) if part.strip()]


def read(folder: Path = FOLDER) -> list[MigrationFile]:
    """Return all files by number."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        number, _, name = path.stem.partition("_")
        found.append(MigrationFile(int(number), name, path.read_text()))
    return found


def write(name: str, statements: Sequence[str], folder: Path = FOLDER) -> Path:
    """Write the next file; from then on it is frozen."""
    number = max(RETIRED, *(file.number for file in read(folder))) + 1
    path = folder / f"{number:03}_{name}.sql"
    path.write_text(";\n\n".join(statements) + ";\n")
    freeze(folder)
    return path


def freeze(folder: Path = FOLDER) -> list[str]:
    """Note what files hold that were not noted yet; return their names."""
    known = (folder / SUMS).read_text().split()
    fresh = [path for path in sorted(folder.glob("*.sql")) if path.name not in known]
    with (folder / SUMS).open("a") as sums:
        sums.writelines(f"{_sum(path)}  {path.name}\n" for path in fresh)
    return [path.name for path in fresh]


def changed(folder: Path = FOLDER) -> list[str]:
    """Return what no longer is as it was frozen, in words: files changed, gone, or without a sum."""
    sums = {line[66:]: line[:64] for line in (folder / SUMS).read_text().splitlines()}
    found = {path.name: _sum(path) for path in folder.glob("*.sql")}
    said = [f"{name} is gone" for name in sums.keys() - found.keys()]
    said += [f"{name} has no sum" for name in found.keys() - sums.keys()]
    said += [f"{name} has changed" for name in sums.keys() & found.keys() if sums[name] != found[name]]
    numbers = [int(name.partition("_")[0]) for name in found]
    said += [f"number {number} is used twice" for number in set(numbers) if numbers.count(number) > 1]
    return sorted(said)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
