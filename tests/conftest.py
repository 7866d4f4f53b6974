"""One warehouse engine for a whole test session; each test uses cameras of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from connectors.warehouse import Warehouse, connect

settings.register_profile("tilik", deadline=None)  # the first example of a kernel compiles it: time says nothing
settings.load_profile("tilik")


@pytest.fixture(scope="session")
def warehouse_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"embedded:{tmp_path_factory.mktemp('warehouse')}"


@pytest.fixture(scope="session")
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    with connect(warehouse_url) as store:
        store.migrate()
        yield store
