"""From lists to a registry file: read, merge, check, write, and say what was done.

Nothing is written while a row cannot be used, unless such rows are to be left
out; and a registry that somebody may have drawn in is never written over by one
without zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from connectors import registry as registries
from connectors.registry import columns as registry_columns
from connectors.registry import importing as registry_import
from connectors.registry.importing import Defaults, Imported
from connectors.registry.writing import to_toml, write
from schemas.counting import counted
from schemas.errors import TilikError, UsageError
from schemas.geo import PROVISIONAL, Areas
from schemas.plain import listed
from schemas.registry import CATEGORIES, Registry
from schemas.registry.check import parse
from schemas.registry.mistakes import did_you_mean, expected
from schemas.registry.rules import MAX_FPS

HEADING = "Cameras imported by `tilik registry import`. Nobody has drawn zones or lines in new ones: only health."


class Wanted(NamedTuple):
    """What `tilik registry import` was asked for."""

    files: Sequence[str]
    out: str
    columns: str | None = None
    defaults: Defaults = Defaults()
    merge: str | None = None
    skip_bad: bool = False


class Done(NamedTuple):
    """What is worth saying (stderr), and what was written (stdout)."""

    remarks: list[str]
    summary: str


def run(wanted: Wanted) -> Done:
    """Import lists of cameras into a registry file.

    Raises
    ------
    UsageError
        Options that cannot be, or a registry at `out` that would lose its zones.
    TilikError
        Rows that cannot be used, or files that are no lists; nothing is written.
    """
    out, existing = Path(wanted.out), None if wanted.merge is None else Path(wanted.merge)
    areas = registries.load_areas()
    _check(wanted, out, existing, areas)
    before = Registry() if existing is None else registries.load(existing)
    columns = registry_columns.columns_option(wanted.columns)
    paths = list(dict.fromkeys(Path(file) for file in wanted.files))
    done = registry_import.read(paths, columns, wanted.defaults, areas, before)
    if done.problems and not wanted.skip_bad:
        raise TilikError(_refused(done, out))
    if not done.merged.registry.camera:
        causes = registry_import.in_groups(done.problems)
        raise TilikError(listed([*causes, *done.unread, f"{out}: no row is left: nothing is written"]))
    heading = HEADING if existing is None else _heading(existing)
    text = to_toml(done.merged.registry, heading)
    parse({str(out): text}, areas)
    write(out, text)
    left = [f"left out: {text}" for text in registry_import.in_groups(done.problems)]
    missing = [f"camera {name} is in {existing}, but not in the list: kept" for name in done.merged.missing]
    return Done([*done.remarks, *left, *missing], _summary(done, out, existing))


def _check(wanted: Wanted, out: Path, existing: Path | None, areas: Areas) -> None:
    """Refuse options that cannot be, all at once."""
    given, said = wanted.defaults, []
    if given.fps is not None and not 0 < given.fps <= MAX_FPS:
        said.append(f"--fps {given.fps:g}: expected frames a second above 0, at most {MAX_FPS:g}")
    if given.category and given.category not in CATEGORIES:
        todo = did_you_mean(given.category, CATEGORIES, "known are " + ", ".join(CATEGORIES))
        said.append(f"--category: {expected('a known category', given.category, todo)}")
    if given.area not in (None, PROVISIONAL) and areas.of(str(given.area)) is None:
        todo = did_you_mean(given.area, areas.by_code, "use a Kemendagri code such as 33.74.07.1005")
        said.append(f"--area: {expected('a known area code', given.area, todo)}")
    said += [f"{file}: expected a file, found none" for file in wanted.files if not Path(file).is_file()]
    if existing is not None and not existing.is_file():
        said.append(f"--merge {existing}: expected one TOML file, found {'a folder' if existing.is_dir() else 'none'}")
    if out.suffix != ".toml" or out.is_dir():
        said.append(f"--out {out}: expected a name that ends in .toml")
    elif not out.parent.is_dir():
        said.append(f"--out {out}: there is no folder {out.parent}: make it")
    elif out.exists() and (existing is None or not existing.exists() or not out.samefile(existing)):
        said.append(f"--out {out}: is there already: --merge {out} keeps its zones and lines, or choose another name")
    if said:
        raise UsageError(listed(said))


def _refused(done: Imported, out: Path) -> str:
    count = len(done.problems)
    last = f"{count} of {done.rows} rows cannot be used: {out} is not written; correct them, or add --skip-bad"
    return listed([*registry_import.in_groups(done.problems), *done.unread, last])


def _heading(existing: Path) -> str:
    """Return the comment that a registry begins with; other comments are not kept."""
    lines = []
    for line in existing.read_text(encoding="utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines) or HEADING


def _summary(done: Imported, out: Path, existing: Path | None) -> str:
    merged = done.merged
    parts = [f"{len(merged.added)} new"]
    if existing is not None:
        parts += [f"{len(merged.changed)} changed", f"{len(merged.missing)} not in the list and kept"]
    if done.problems:
        parts.append(f"{len(done.problems)} of {done.rows} rows left out")
    return f"{out}: {counted(len({camera.id for camera in merged.registry.camera}), 'cameras')}: {', '.join(parts)}"
