"""A warehouse whose tables are made in part only, or by an older version: what is said of it instead of SQL.

Whoever reads changes nothing, so what is missing is not made here; a command that
writes finishes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.warehouse import Warehouse, failures
from schemas.errors import TilikError, WarehouseError

MISSING: Final = {47, 60, 81}
"""ClickHouse's codes for a column, a table and a database that are not there."""
SAID: Final = "its tables are not all made as this version has them (a command was ended meanwhile, or Tilik was older)"


def note(store: Warehouse, where: str = "") -> str:
    """Say that tables or views wait to be made, and what makes them; '' where none does.

    `where` is the option that names the warehouse in other commands.
    """
    return "" if store.plan().empty else f"{SAID}: `tilik warehouse migrate{where}` finishes them, and so does a replay"


@contextmanager
def told(store: Warehouse, where: str = "") -> Iterator[None]:
    """Turn the error of a question about what is not there yet into `note`.

    Raises
    ------
    TilikError
        It is `note`; an error of another kind, or in a warehouse that is whole, stays what it is.
    """
    try:
        yield
    except WarehouseError as error:
        said = note(store, where) if failures.code(error) in MISSING else ""
        if not said:
            raise
        raise TilikError(f"{store.where}: {said}") from error
