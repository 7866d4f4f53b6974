"""The types that views' columns are said to have are those that the engine finds out."""

from __future__ import annotations

from collections.abc import Callable

from connectors.warehouse import connect
from flows import view_types
from schemas.views import types
from schemas.views.order import wanted
from tests.connectors.test_warehouse_migrations import shape


def test_views_with_their_types_are_those_whose_types_the_engine_finds_out(empty_store: Callable[[str], str]) -> None:
    assert sum(view.typed != "" for view in wanted().values()) > 90
    with connect(empty_store("typed")) as store:
        before = shape(store)
        found = view_types.find(store)
        assert types.FILE.read_text() == types.text(found), "run `make docs`"
        assert shape(store) == before
