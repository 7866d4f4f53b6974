"""Camera lists as cities keep them, turned into rows of texts with the line each stands on.

CSV as Excel, LibreOffice and databases write it (`,`, `;` or tab, UTF-8, UTF-16
or Windows letters, a title above the header), GeoJSON, and JSON lists, wherever they stand in their document.
What a column means is decided in `connectors.registry.columns`.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.registry import nested
from connectors.text_bytes import encoding
from connectors.unpacking import BROKEN, open_plain
from schemas.errors import TilikError
from schemas.registry.mistakes import expected

MAX_BYTES: Final = 64 << 20
"""A larger file is no list of cameras; ours."""
DELIMITERS: Final = (",", ";", "\t")
HEADER_ROWS: Final = 20
"""The header is looked for in so many rows: lists of offices begin with titles; ours."""
WGS84: Final = ("CRS84", "4326")
"""How GeoJSON's former `crs` member names longitude and latitude in degrees."""

Recognise = Callable[[list[str]], int]
"""How many of a row's cells name a column that is known."""


class Row(NamedTuple):
    """One camera of a list: header to text, where it stands, and why it cannot be read ('' when it can)."""

    file: str
    line: int
    values: dict[str, str]
    flaw: str = ""
    pairs: frozenset[str] = frozenset()  # headers whose cell was a list of two numbers


class Table(NamedTuple):
    """A list: its headers in order, its rows, and what is worth saying about the file."""

    headers: list[str]
    rows: list[Row]
    remarks: list[str]
    pairs: frozenset[str] = frozenset()  # headers with a list of two numbers: which comes first is to be found


def read(path: Path, recognise: Recognise) -> Table:
    """Read a list of cameras.

    Parameters
    ----------
    path
        A CSV, GeoJSON or JSON file, also gzip or zstd.
    recognise
        Says how many cells of a row are known column names; finds header and delimiter.

    Raises
    ------
    TilikError
        The file is no such list: ``file:line: expected ..., came ...: what to do``.
    """
    raw = _bytes(path)
    text, remarks = _decoded(path, raw)
    table = _json(path, text) if text.lstrip()[:1] in ("{", "[") else _csv(path, text, recognise)
    return table._replace(remarks=remarks + table.remarks)


def refusal(path: Path, line: int, what: str, came: object, todo: str) -> TilikError:
    """Return why a file as a whole cannot be read."""
    return TilikError(f"{path}:{line}: {expected(what, came, todo)}")


def _bytes(path: Path) -> bytes:
    with open_plain(path) as file:
        try:
            raw = file.read(MAX_BYTES + 1)
        except BROKEN as error:
            raise refusal(path, 1, "a whole file", error, "copy it again") from error
    if len(raw) > MAX_BYTES:
        raise refusal(path, 1, f"a list of at most {MAX_BYTES >> 20} MB", "a larger file", "choose the list of cameras")
    if raw.startswith(b"PK\x03\x04") or raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise refusal(path, 1, "CSV or GeoJSON", "an office file", "save it as CSV (UTF-8)")
    return raw


def _decoded(path: Path, raw: bytes) -> tuple[str, list[str]]:
    """Return the text and, where letters were guessed, a remark."""
    if (name := encoding(raw)) != "utf-8":
        return raw.decode(name, errors="replace").removeprefix("\ufeff"), []
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise refusal(path, line, "a text file", "a byte that no text has", "export it as CSV (UTF-8)")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        said = f"{path}:{line}: not UTF-8: read as Windows letters (latin-1); look at the names"
    try:
        return raw.decode("cp1252"), [said]
    except UnicodeDecodeError:
        return raw.decode("latin-1"), [said]


def _csv(path: Path, text: str, recognise: Recognise) -> Table:
    if not text.strip():
        raise refusal(path, 1, "a list of cameras", "an empty file", "choose another")
    lines = text.splitlines()
    told = lines[0][4:5] if lines[0].lower().startswith("sep=") else ""
    best, found, header = 0, ",", 0
    for delimiter in (told,) if told else DELIMITERS:
        for at, cells in enumerate(_head(text, delimiter)):
            if (known := recognise(cells)) > best:
                best, found, header = known, delimiter, at
    if best < 2:
        came = repr(lines[0][:80])
        raise refusal(path, 1, "a row of column names such as id,name,lat,lon", came, "name them with --columns")
    return _records(path, text, found, header)


def _head(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the first records, as far as they can be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for _, cells in zip(range(HEADER_ROWS), reader, strict=False):
            yield cells
    except csv.Error:
        return


def _records(path: Path, text: str, delimiter: str, header: int) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    headers: list[str] = []
    rows: list[Row] = []
    line = 1
    try:
        for at, cells in enumerate(reader):
            if at == header:
                headers = [cell.strip() for cell in cells]
            elif at > header and any(cell.strip() for cell in cells):
                rows.append(_record(path, line, headers, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        rows.append(Row(str(path), line, {}, expected("CSV", str(error), "close the quotes of this row")))
    return Table(headers, rows, _repeated(path, headers))


def _record(path: Path, line: int, headers: list[str], cells: list[str]) -> Row:
    while len(cells) > len(headers) and not cells[-1].strip():
        cells = cells[:-1]
    values: dict[str, str] = {}
    for name, cell in zip(headers, cells, strict=False):
        if name:
            values.setdefault(name, cell.strip())
    flaw = ""
    if len(cells) > len(headers):
        todo = "put names and numbers with a comma in quotes"
        flaw = expected(f"{len(headers)} columns", f"{len(cells)}", todo)
    return Row(str(path), line, values, flaw)


def _repeated(path: Path, headers: list[str]) -> list[str]:
    twice = dict.fromkeys(name for at, name in enumerate(headers) if name and name in headers[:at])
    return [f"{path}: column {name} stands twice: the first is read" for name in twice]


def _json(path: Path, text: str) -> Table:
    """Read GeoJSON, or a list of objects."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise refusal(path, error.lineno, "JSON", error.msg, "export it again") from error
    except (ValueError, RecursionError) as error:
        raise refusal(path, 1, "JSON", error, "export it again") from error
    lines: Iterator[int]
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        items, lines = document["features"], _starts(text, ("features",))
    elif kind == "Feature":
        items, lines = [document], iter([1])
    elif (found := None if isinstance(kind, str) else nested.find(document)) is not None:
        items = nested.tabled(document, found.items)
        lines = _starts(text, found.path)
    else:
        came = f"type {kind!r}" if kind is not None else "an object without a type"
        raise refusal(path, 1, "a GeoJSON FeatureCollection or a list of objects", came, "export points as GeoJSON")
    _check_crs(path, document)
    placed = zip(
        itertools.chain(lines, itertools.repeat(1)), items, strict=False
    )  # a key that stands twice has no line
    rows = [_item(path, line, item) for line, item in placed]
    if not rows:
        raise refusal(path, 1, "cameras", "an empty list", "choose another file")
    pairs = frozenset(name for row in rows for name in row.pairs)
    return Table(list(dict.fromkeys(name for row in rows for name in row.values)), rows, [], pairs)


def _no_constant(name: str) -> float:
    raise ValueError(f"the word {name}, which is no JSON")


def _check_crs(path: Path, document: Any) -> None:
    crs = document.get("crs") if isinstance(document, dict) else None
    if crs is not None and not any(name in json.dumps(crs) for name in WGS84):
        came = json.dumps(crs)[:80]
        raise refusal(path, 1, "longitude and latitude in degrees (WGS84)", came, "export it in EPSG:4326")


def _starts(text: str, path: tuple[str, ...]) -> Iterator[int]:
    """Yield the line of each element of a JSON array: the document's own, or the one at a path of keys."""
    decoder = json.JSONDecoder()
    at = _after(text, 0)
    for step, key in enumerate(path):
        at, found = at + 1, ""
        while True:
            found, at = decoder.raw_decode(text, _after(text, at))
            at = _after(text, _after(text, at) + 1)  # past the colon
            if found == key and text[at] == ("[" if step == len(path) - 1 else "{"):
                break
            at = _after(text, decoder.raw_decode(text, at)[1]) + 1  # past the value and its comma
    if text[at] != "[":
        return
    line, counted = 1, 0
    at = _after(text, at + 1)
    while text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        yield line
        at = _after(text, decoder.raw_decode(text, at)[1])
        at = _after(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    """Return where the next thing that is no space stands."""
    while text[at] in " \t\r\n":
        at += 1
    return at


def _item(path: Path, line: int, item: Any) -> Row:
    """Turn a feature, or an object of a plain list, into a row."""
    if not isinstance(item, dict):
        return Row(str(path), line, {}, expected("an object", repr(item)[:60], "remove it"))
    if item.get("type") != "Feature":
        return Row(str(path), line, *_cells(item))
    given = item.get("properties")
    values, _, pairs = _cells(given if isinstance(given, dict) else {})
    if "id" in item and not isinstance(item["id"], dict | list):
        values.setdefault("id", nested.plain(item["id"]))
    point, flaw = _point(item.get("geometry"))
    return Row(str(path), line, values | point, flaw, pairs)


def _cells(item: dict[str, Any]) -> tuple[dict[str, str], str, frozenset[str]]:
    cells = nested.flat(item)
    return cells.values, "", cells.pairs


POINT: Final = ("geometry latitude", "geometry longitude")
"""Under which names a feature's own point stands among its properties."""


def _point(geometry: Any) -> tuple[dict[str, str], str]:
    if geometry is None:
        return {}, ""
    kind = geometry.get("type") if isinstance(geometry, dict) else repr(geometry)[:40]
    at = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(at, list) and len(at) == 1:
        kind, at = "Point", at[0]
    if kind != "Point":
        return {}, expected("a Point", f"a {kind}", "a camera stands at one place: give its point")
    if not isinstance(at, list) or len(at) < 2 or not all(type(number) in (int, float) for number in at[:2]):
        return {}, expected("coordinates [longitude, latitude]", repr(at)[:60], "correct them")
    return {POINT[0]: repr(at[1]), POINT[1]: repr(at[0])}, ""
