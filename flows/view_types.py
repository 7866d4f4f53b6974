"""`schemas/views/types.json`: the types of the views' columns, as an engine finds them out.

`python -m flows.view_types` (or `make docs`) makes all views in an empty warehouse without them, and writes what the
engine says of each. A test fails when the committed file differs; until it is written, views are made without it.
"""

from __future__ import annotations

import tempfile

from connectors.warehouse import Warehouse, connect, migrations, views
from flows.console import say
from schemas.views import order, types

COLUMNS = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position"


def find(store: Warehouse) -> dict[str, types.Types]:
    """Make every view of a store anew, its columns' types left to the engine; return what it finds out."""
    wanted = {name: view._replace(typed="") for name, view in order.wanted().items()}
    views.apply(store, wanted, views.Step([], list(wanted), []), migrations.TILIK)
    columns: dict[str, dict[str, str]] = {}
    for view, name, kind in store.query(COLUMNS).rows:
        columns.setdefault(view, {})[name] = kind
    return {name: types.Types(view.fingerprint, columns[name]) for name, view in wanted.items() if name in columns}


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as place, connect(f"embedded:{place}") as store:
        store.migrate()
        types.FILE.write_text(types.text(find(store)))
    say(f"wrote {types.FILE}")


if __name__ == "__main__":
    main()
