"""`make docs`: write `superset_dashboards/assets/` from its datasets and pages, as Superset imports it.

A test fails when what is committed is not what this writes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from typing import Any, get_args

import yaml

from connectors.warehouse import Warehouse, connect
from flows.console import say
from flows.dashboards import charts, datasets, layout, pages
from flows.dashboards.access import Role
from flows.dashboards.datasets import id_of


def main() -> None:
    """Write all of it anew."""
    with tempfile.TemporaryDirectory() as place, connect(f"embedded:{place}") as store:
        store.migrate()
        files = texts(store)
    folder = pages.FOLDER / "assets"
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    say(f"wrote {len(files)} files below {folder}")


def texts(store: Warehouse) -> dict[str, str]:
    """Return every file by its path below `assets/`."""
    known = datasets.written(store)
    found: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/tilik.yaml": _database(),
    }
    found |= {f"datasets/tilik/{name}.yaml": each for name, each in known.items()}
    for page in pages.read():
        found[f"dashboards/{page.slug}.yaml"] = layout.of(page)
        for cell in layout.cells(page):
            found[f"charts/{page.slug}_{cell.id}.yaml"] = charts.of(page.slug, cell, known[cell.dataset])
    return {name: _yaml(content) for name, content in found.items()} | {"roles.json": _roles()}


def _roles() -> str:
    """Return which roles each page is for: those that it names, or all."""
    return json.dumps({page.slug: list(page.roles or get_args(Role)) for page in pages.read()}, indent=1) + "\n"


def _database() -> dict[str, Any]:
    """Return the warehouse: its host is no address, Superset's settings put in where it listens and as whom."""
    return {
        "database_name": "Tilik",
        "sqlalchemy_uri": "clickhousedb://warehouse/tilik",
        "uuid": id_of("database", "tilik"),
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"allows_virtual_table_explore": True, "metadata_params": {}, "engine_params": {}},
        "is_managed_externally": True,
        "version": "1.0.0",
    }


class _Dumper(yaml.SafeDumper):
    """Queries are written as they are read, line by line."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def _yaml(content: dict[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    main()
