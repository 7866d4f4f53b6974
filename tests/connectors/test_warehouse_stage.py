"""What is staged comes back, in its order, whether it lay in memory or in files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.warehouse import Stage

NOON = datetime(2026, 1, 5, 5, tzinfo=UTC)


def block(first: int, count: int, camera: str = "a") -> pl.DataFrame:
    times = [NOON + timedelta(minutes=first + n) for n in range(count)]
    return pl.DataFrame({"camera_id": [camera] * count, "ts": times, "frames": range(first, first + count)}).cast(
        {"ts": pl.Datetime("us", "UTC")}
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 50)), max_size=20),
    st.integers(0, 3_000),
    st.integers(1, 40),
)
def test_rows_come_back_in_their_order_for_any_bound(sizes, memory_bytes: int, most_rows: int) -> None:
    wanted: dict[str, list[int]] = {"x": [], "y": []}
    with Stage(memory_bytes) as stage:
        for table, count in sizes:
            first = len(wanted[table])
            stage.add(table, block(first, count))
            wanted[table] += range(first, first + count)
        for table, numbers in wanted.items():
            pieces = list(stage.pieces(table, most_rows))
            assert [n for piece in pieces for n in piece["frames"].to_list()] == numbers
            assert all(piece.height <= most_rows for piece in pieces)
        assert stage.tables() == sorted(table for table, numbers in wanted.items() if numbers)


def test_memory_is_bounded_and_files_go_with_the_stage() -> None:
    with Stage(10_000) as stage:
        for number in range(200):
            stage.add("health_minute_log", block(number * 100, 100))
            assert sum(rows.estimated_size() for held in stage._rows.values() for rows in held) <= 10_000
        assert stage._folder is not None
        files = list(stage._files["health_minute_log"])
        assert all(path.exists() for path in files)
        assert len(files) > 10
    assert not any(path.exists() for path in files)


def test_a_stage_knows_where_it_reaches() -> None:
    with Stage(0) as stage:
        stage.add("health_minute_log", block(5, 2, "b"))
        stage.add("incidents_log", block(3, 1).rename({"ts": "opened_at"}))
        stage.add("dead_letters_log", pl.DataFrame({"source": ["f"]}))
        span = stage.span
    first_us = round((NOON + timedelta(minutes=3)).timestamp() * 1e6)
    assert span == (frozenset("ab"), first_us, first_us + 4 * 60_000_000)


def test_an_empty_stage_reaches_nowhere() -> None:
    with Stage() as stage:
        stage.add("health_minute_log", block(0, 0))
        assert (stage.tables(), stage.span.cameras) == ([], frozenset())


@pytest.mark.parametrize("memory_bytes", [0, 1 << 30], ids=["in files", "in memory"])
def test_it_may_be_read_twice(memory_bytes: int) -> None:
    with Stage(memory_bytes) as stage:
        stage.add("x", block(0, 10))
        once, twice = (pl.concat(stage.pieces("x", 3)) for _ in range(2))
        assert once.equals(twice)
