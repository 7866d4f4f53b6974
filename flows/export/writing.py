"""Writes an export whole or not at all: CSV and Parquet of each table, and `datapackage.json` (Frictionless).

The same rows give the same bytes: nothing says when it was written. What lies in the folder
is replaced only where an export wrote it, all of it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from connectors import warehouse as warehouses
from connectors.warehouse import Warehouse
from flows.export import tables
from flows.export.asked import LICENCES, ExportOptions
from flows.export.tables import TABLES, Table
from schemas.card import Figure
from schemas.errors import TilikError, UsageError
from schemas.local_time import ZONE

PACKAGE: Final = "datapackage.json"
WRITER: Final = "tilik export"
TYPES: Final = ((pl.Boolean, "boolean"), (pl.String, "string"), (pl.Datetime, "datetime"))
FORMATS: Final = ("csv", "parquet")


class Exported(NamedTuple):
    """What was written."""

    rows: dict[str, int]
    suppressed: int
    bytes: int


def export(options: ExportOptions, warehouse: str) -> Exported:
    """Write the open data of a period.

    Raises
    ------
    UsageError
        The options cannot be; the folder holds what no export wrote.
    TilikError
        Nothing is stored of the period.
    """
    options.check()
    files = _own(options.out)
    with warehouses.existing(warehouse) as store:
        store.migrate()
        found = {table: tables.read(store, table, options) for table in TABLES}
        if not any(rows.height for rows in found.values()):
            raise TilikError(_nothing(store, options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{options.out.name}-", dir=options.out.parent) as made:
        new = Path(made) / "new"
        size = _write(new, found, options)
        if files is not None:
            options.out.rename(Path(made) / "old")
        new.rename(options.out)
    hidden = sum(int(rows["suppressed"].sum()) for rows in found.values() if "suppressed" in rows.columns)
    return Exported({table.name: rows.height for table, rows in found.items()}, hidden, size)


def _own(out: Path) -> set[str] | None:
    """Return the files of the export that lies there; None where nothing does."""
    if not out.exists() and not out.is_symlink():
        return None
    there = {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir()} if out.is_dir() else {""}
    try:
        package = json.loads((out / PACKAGE).read_text())
        known = {PACKAGE, *(each["path"] for each in package["resources"])} if package["writer"] == WRITER else set()
    except (OSError, ValueError, KeyError, TypeError):
        known = set()
    if out.is_symlink() or not there <= known:
        odd = sorted(there - known)[:1]
        raise UsageError(
            f"--out {out}: expected a new folder or one that {WRITER} wrote, found {', '.join(odd) or 'a link'}: "
            "name another, or move it away"
        )
    return there


def _nothing(store: Warehouse, options: ExportOptions) -> str:
    period = f"{options.first} to {options.last}"
    if not options.simulated:
        asked = f"SELECT count() FROM health_area_{options.grain} WHERE simulated AND {options.within('ts')}"
        if store.query(asked).rows[0][0]:
            return (
                f"{period}: all that is stored is simulated, which is no open data: --simulated takes it in, labelled"
            )
    return f"{period}: nothing is stored" + (f" of area {options.area}" if options.area else "")


def _write(out: Path, found: dict[Table, pl.DataFrame], options: ExportOptions) -> int:
    """Write all files; return their bytes."""
    (out / "data").mkdir(parents=True)
    resources = [
        _resource(out, table, rows, form, options) for table, rows in found.items() if rows.height for form in FORMATS
    ]
    text = json.dumps(_package(resources, found, options), indent=2, ensure_ascii=False) + "\n"
    (out / PACKAGE).write_text(text)
    return sum(each["bytes"] for each in resources) + len(text.encode())


def _resource(out: Path, table: Table, rows: pl.DataFrame, form: str, options: ExportOptions) -> dict[str, Any]:
    path = Path("data") / f"{table.name}_{options.grain}.{form}"
    if form == "csv":
        rows.with_columns(pl.col("local_ts").dt.strftime("%Y-%m-%dT%H:%M:%S%:z")).write_csv(out / path)
    else:
        rows.write_parquet(out / path, compression="zstd")
    content = (out / path).read_bytes()
    said = tables.fields(table, options.grain)
    return {
        "name": f"{table.name}-{options.grain}-{form}",
        "title": table.title.id,
        "titles": table.title._asdict(),
        "path": path.as_posix(),
        "format": form,
        "mediatype": {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}[form],
        **({"encoding": "utf-8", "profile": "tabular-data-resource"} if form == "csv" else {}),
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "rows": rows.height,
        "schema": {
            "fields": [_field(name, said[name], rows.schema[name]) for name in rows.columns],
            "missingValues": [""],
            "primaryKey": ["local_ts", *(name for name in table.key if name in ("area", "place_id", "class"))],
        },
    }


def _field(name: str, said: Figure, kind: pl.DataType) -> dict[str, Any]:
    plain = next((word for of, word in TYPES if isinstance(kind, of)), "")
    number = "integer" if kind.is_integer() else "number" if kind.is_float() else "string"
    return {
        "name": name,
        "type": plain or number,
        **({"format": "%Y-%m-%dT%H:%M:%S%z"} if plain == "datetime" else {}),
        "title": said.label.id,
        "titles": said.label._asdict(),
        "description": said.meaning,
        **({"unit": said.unit} if said.unit else {}),
    }


def _package(
    resources: list[dict[str, Any]], found: dict[Table, pl.DataFrame], options: ExportOptions
) -> dict[str, Any]:
    is_simulated = any(rows["simulated"].any() for rows in found.values() if rows.height)
    mark = {"id": "DATA SIMULASI: ", "en": "SIMULATED: "} if is_simulated else {"id": "", "en": ""}
    period = f"{options.first} - {options.last}"
    licence = LICENCES[options.licence]
    return {
        "profile": "data-package",
        "name": f"tilik-{options.grain}-{options.first}-{options.last}{'-simulated' if is_simulated else ''}",
        "title": f"{mark['id']}Angka dari kamera kota, {period}",
        "titles": {
            "id": f"{mark['id']}Angka dari kamera kota, {period}",
            "en": f"{mark['en']}Figures from a city's cameras, {period}",
        },
        "description": (
            "Figures by area and place, from what cameras saw. Empty is unknown, never zero: reason says why, coverage "
            f"and cameras_reporting how much stands behind a figure. Counts above 0 and below {options.least} persons "
            "are left out (suppressed), and with them what would give them away. Levels of areas are kept apart in "
            "area_level: never add over all rows."
        ),
        "licenses": [{"name": options.licence, "title": licence.title, "path": licence.path}],
        "temporal": {"start": f"{options.first}", "end": f"{options.last}", "timezone": ZONE},
        "spatial": options.area,
        "simulated": is_simulated,
        "suppression": {"below": options.least},
        "writer": WRITER,
        "resources": resources,
    }
