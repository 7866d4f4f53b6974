"""The view `rejects`: a row a camera, minute and reason, of the rows that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from connectors.warehouse import Warehouse, connect
from schemas.parts import REVISIONS
from schemas.rejects import REJECTS
from tests.connectors.minutes import rows

NOON = datetime(2026, 1, 5, 5, tzinfo=UTC)
NONE = [0] * len(REJECTS)


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with connect(laid(tmp_path_factory.mktemp("rejects") / "store")) as warehouse:
        yield warehouse


def refused(**counts: int) -> list[int]:
    return [counts.get(reason, 0) for reason in REJECTS]


def test_each_reason_of_a_minute_is_a_row_and_the_last_statement_counts(store: Warehouse) -> None:
    store.insert("health_minute_log", rows("health", "r-1", NOON, refused_hist=refused(pixels=3, bad_value=7)))
    store.insert("health_minute_log", rows("health", "r-1", NOON, refused_hist=refused(outside=2), rev=REVISIONS))
    store.insert("health_minute_log", rows("health", "r-2", NOON, refused_hist=refused(pixels=3, bad_value=7)))
    store.insert("health_minute_log", rows("health", "r-3", NOON, refused_hist=NONE))
    found = store.query("SELECT camera_id, reason, count, generation FROM rejects ORDER BY camera_id, reason").rows
    assert found == [("r-1", "outside", 2, 1), ("r-2", "bad_value", 7, 0), ("r-2", "pixels", 3, 0)]


def test_rows_of_before_reasons_were_counted_have_none(store: Warehouse) -> None:
    store.insert("health_minute_log", rows("health", "r-4", NOON, refused_hist=[]))
    assert store.query("SELECT count() FROM rejects WHERE camera_id = 'r-4'").rows == [(0,)]


def test_a_minute_watched_too_little_still_says_what_was_refused(store: Warehouse) -> None:
    store.insert("health_minute_log", rows("health", "r-5", NOON, observed_ms=0, refused_hist=refused(no_area=1)))
    found = store.query("SELECT reason, count, coverage FROM rejects WHERE camera_id = 'r-5'").rows
    assert found == [("no_area", 1, 0.0)]


def test_reasons_are_words_that_people_can_read(store: Warehouse) -> None:
    known = pl.DataFrame(store.query("SELECT word FROM words WHERE about = 'reason'").table)
    assert set(REJECTS) <= set(known["word"])
