"""A city's own camera lists turned into registry entries: health only, until somebody draws.

Each row becomes a draft of what the list says, apart from what is only assumed,
so that merging into a registry overwrites nothing with an assumption. All rows
that cannot be used are named at once with file, line and reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.registry import columns, lists, places
from connectors.registry.ids import clean, name_all, slug
from connectors.registry.merge import Draft, Merged, Problem, merge
from schemas.counting import counted
from schemas.errors import TilikError, UsageError
from schemas.geo import Areas
from schemas.plain import listed
from schemas.registry import CATEGORIES, Registry
from schemas.registry.mistakes import did_you_mean, expected
from schemas.registry.rules import SIMULATED

ASSUMED_FPS: Final = 10.0
"""Frames a second of cameras of which nobody says it: those of Semarang's public streams."""


_VALUES: Final = re.compile(r"'[^']*'|-?\d[\d.]*")
MOST_ALIKE: Final = 3
"""Rows of one cause that are named one by one; of more the first is, and the lines of others."""
LINES_NAMED: Final = 5


class Defaults(NamedTuple):
    """What holds for cameras of which the list does not say it."""

    fps: float | None = None
    owner: str = ""
    category: str = ""
    area: str | None = None


class Imported(NamedTuple):
    """A registry out of lists, and what is to be said about it."""

    merged: Merged
    problems: list[Problem]  # rows that were left out
    remarks: list[str]
    rows: int
    unread: list[str]  # a line a file: its columns that no field is read from


class Taken(NamedTuple):
    """What the rows of one list say, each by itself."""

    drafts: list[Draft]
    problems: list[Problem]
    unusable: set[str]  # ids that stand in the list, in rows that cannot be used
    remarks: list[str]
    unread: list[str]


def read(
    paths: Sequence[Path],
    given: Mapping[str, str],
    defaults: Defaults,
    areas: Areas,
    existing: Registry | None = None,
) -> Imported:
    """Read lists of cameras as one registry.

    Parameters
    ----------
    paths
        CSV, GeoJSON or JSON files.
    given
        Field to header, where a header is not one of the known names; ``-`` leaves a field unread.
    defaults
        For cameras of which the list does not say it.
    areas
        The areas that are known.
    existing
        A registry that the lists are merged into: its cameras keep their zones, lines and
        calibration, and take what the lists say.

    Returns
    -------
    The registry, the rows that were left out, and remarks.

    Raises
    ------
    TilikError
        A file is no list of cameras; all such files are named.
    UsageError
        A header of `given` is in no file.
    """
    tables = _tables(paths, given)
    _check_given(tables, given)
    taken = [_taken(path, table, given, defaults, areas) for path, table in tables.items()]
    named, twice = name_all([draft for one in taken for draft in one.drafts], existing or Registry())
    merged, refused = merge(named, existing or Registry(), areas)
    listed = {name for one in taken for name in one.unusable}
    problems = [*(problem for one in taken for problem in one.problems), *twice, *refused]
    unread = [text for one in taken for text in one.unread]
    said = [text for one in taken for text in one.remarks] + unread
    return Imported(
        merged._replace(missing=[name for name in merged.missing if name not in listed]),
        _in_order(problems, paths),
        [*said, *_said_of(named), *_rate_assumed(named, defaults), *merged.remarks],
        sum(len(table.rows) for table in tables.values()),
        unread,
    )


def _in_order(problems: Sequence[Problem], paths: Sequence[Path]) -> list[Problem]:
    """Return problems as files were named, line by line."""
    order = {str(path): at for at, path in enumerate(paths)}
    return sorted(problems, key=lambda one: (order[one.file], one.line))


def _taken(path: Path, table: lists.Table, given: Mapping[str, str], defaults: Defaults, areas: Areas) -> Taken:
    """Read the rows of one list."""
    places_of = columns.positions(table.headers, (row.values for row in table.rows))
    meaning = columns.meaning(table.headers, given, places_of)
    drafts: list[Draft] = []
    problems: list[Problem] = []
    unusable: set[str] = set()
    for row in table.rows:
        found = row.flaw or _draft(row, meaning.header, defaults, areas)
        if isinstance(found, str):
            problems.append(Problem(row.file, row.line, found))
            unusable |= _names(row, meaning.header)
        else:
            drafts.append(found)
    remarks = [*table.remarks, *(f"{path}: {text}" for text in meaning.remarks)]
    remarks += _order_taken(path, table, meaning.header, drafts)
    return Taken(drafts, problems, unusable, remarks, _unread(path, table, meaning.header))


def _unread(path: Path, table: lists.Table, header: Mapping[str, str]) -> list[str]:
    """Name the columns of a list that no field is read from."""
    others = [name for name in table.headers if name and name not in header.values()]
    return [f"{path}: columns that are not read: {', '.join(dict.fromkeys(others))}"] if others else []


def _said_of(drafts: Sequence[Draft]) -> list[str]:
    """Return what is to be said of rows that are used all the same."""
    return in_groups([Problem(draft.row.file, draft.row.line, text) for draft in drafts for text in draft.remarks])


def _rate_assumed(drafts: Sequence[Draft], defaults: Defaults) -> list[str]:
    """Say of how many cameras the frame rate is only assumed."""
    silent = sum("fps" not in draft.said for draft in drafts) if defaults.fps is None else 0
    said = (
        f"{counted(silent, 'cameras')} without a frame rate: {ASSUMED_FPS:g} is assumed; give --fps F or a column fps, "
        "or see what `tilik registry suggest` measures"
    )
    return [said] if silent else []


def in_groups(problems: Sequence[Problem]) -> list[str]:
    """Return a line a cause, whatever numbers came: its first row, and the lines of the others."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in problems:
        groups.setdefault((one.file, _VALUES.sub("#", one.text)), []).append(one)
    lines: list[tuple[tuple[str, int], str]] = []
    for same in groups.values():
        first, others = same[0], same[1:]
        if len(same) <= MOST_ALIKE:
            lines += [((one.file, one.line), str(one)) for one in same]
            continue
        named = ", ".join(str(one.line) for one in others[:LINES_NAMED])
        more = f" and {len(others) - LINES_NAMED} more" if len(others) > LINES_NAMED else ""
        lines.append(((first.file, first.line), f"{first} (so too lines {named}{more})"))
    files = list(dict.fromkeys(one.file for one in problems))
    return [text for _, text in sorted(lines, key=lambda row: (files.index(row[0][0]), row[0][1]))]


def _order_taken(path: Path, table: lists.Table, header: Mapping[str, str], drafts: list[Draft]) -> list[str]:
    """Say in which order the two numbers of a list were read, as the city's place told."""
    if header.get("position") not in table.pairs or "latitude" in header:
        return []
    turned = sum(places.TURNED in text for draft in drafts for text in draft.remarks)
    order = "longitude, latitude" if 2 * turned > len(drafts) else "latitude, longitude"
    return [f"{path}: column {header['position']} holds two numbers: read as {order}"]


def _tables(paths: Sequence[Path], given: Mapping[str, str]) -> dict[Path, lists.Table]:
    tables: dict[Path, lists.Table] = {}
    refused: list[str] = []
    for path in paths:
        try:
            tables[path] = lists.read(path, lambda cells: columns.known(cells, given))
        except TilikError as error:
            refused.append(str(error))
    if refused:
        raise TilikError(listed(refused))
    return tables


def _check_given(tables: Mapping[Path, lists.Table], given: Mapping[str, str]) -> None:
    headers = [header for table in tables.values() for header in table.headers]
    for field, header in given.items():
        if header != columns.IGNORED and header not in headers:
            todo = did_you_mean(header, headers, "columns are " + ", ".join(dict.fromkeys(headers)))
            raise UsageError(f"--columns {field}={header}: {expected('a column of the list', header, todo)}")


def _names(row: lists.Row, header: Mapping[str, str]) -> set[str]:
    """Return the id that a row would have had: it stands in the list, though it cannot be used."""
    name, text = (columns.cell(row.values, header.get(field)) for field in ("id", "name"))
    return {clean(name)} if name else {slug(text)} if text else set()


def _draft(row: lists.Row, header: Mapping[str, str], defaults: Defaults, areas: Areas) -> Draft | str:
    """Return what a row says, or why it cannot be used."""

    def cell(field: str) -> str:
        text = columns.cell(row.values, header.get(field))
        return "" if field in ("id", "name") and columns.is_position(text) else text

    stand = places.find(cell, areas, defaults.area)
    said, flaw = _said(cell)
    flaws = [text for text in (stand.flaw, flaw, _unnamed(cell)) if text]
    if flaws:
        return "; ".join(flaws)
    if stand.position is not None:
        said["position"] = stand.position
    assumed: dict[str, Any] = {
        "fps": ASSUMED_FPS if defaults.fps is None else defaults.fps,
        "owner": defaults.owner,
        "category": defaults.category,
        "area": stand.area,
    }
    remarks = [stand.remark] if stand.remark else []
    optics = columns.optics(cell("name"))
    if "optics" not in said and optics in ("ptz", "fisheye"):
        assumed["optics"] = optics
    return Draft(row, clean(cell("id")), cell("name"), said, assumed, stand.said, tuple(remarks))


def _unnamed(cell: places.Cell) -> str:
    if cell("id").startswith(SIMULATED):
        return expected(f"an id that does not begin with {SIMULATED}", cell("id"), "rename it: that is a simulated one")
    if cell("id") and not clean(cell("id")):
        return expected("an id with letters or digits", repr(cell("id")), "correct it")
    return "" if cell("id") or cell("name") else expected("an id or a name", "neither", "name the camera")


def _said(cell: places.Cell) -> tuple[dict[str, Any], str]:
    """Return the fields of a camera that the row itself says, and what is wrong with one of them."""
    said: dict[str, Any] = {field: cell(field) for field in ("name", "owner", "site") if cell(field)}
    if text := cell("category"):
        said["category"] = columns.category(text)
        if said["category"] not in CATEGORIES:
            todo = did_you_mean(text, CATEGORIES, "known are " + ", ".join(CATEGORIES))
            return said, expected("a known category", text, f"{todo} (--columns category=- leaves it unread)")
    if text := cell("fps"):
        read = columns.number(text.lower().removesuffix("fps").strip())
        if read is None:
            return said, expected("frames a second", text, "correct it")
        said["fps"] = read
    if text := cell("size"):
        size = columns.size(text)
        if size is None:
            return said, expected("a size such as 1920x1080", text, "correct it (--columns size=- leaves it unread)")
        said["size"] = size
    if text := cell("optics"):
        said["optics"] = columns.optics(text)
        if not said["optics"]:
            return said, expected("fixed, ptz or fisheye", text, "correct it (--columns optics=- leaves it unread)")
    return said, ""
