"""Pages begin with days that have figures."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.warehouse import Warehouse
from flows.dashboards import period

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (TODAY, period.RELATIVE),
        (date(2026, 11, 25), period.RELATIVE),
        (date(2026, 11, 24), "2026-10-28 : 2026-11-25"),
        (date(2026, 1, 12), "2025-12-16 : 2026-01-13"),
    ],
)
def test_a_store_of_long_ago_is_shown_where_it_ends(newest: date, said: str) -> None:
    assert period.around(newest, TODAY) == said


def test_any_store_has_a_period(warehouse: Warehouse) -> None:
    assert " : " in period.of(warehouse)
