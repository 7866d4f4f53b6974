"""Answers as text: exact numbers, ISO times, NULL that stays NULL."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import rendering

NAMES = ("n", "text")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**64 - 1, "18446744073709551615"),
        (2**200, str(2**200)),
        (-(2**63), "-9223372036854775808"),
        (Decimal("0.10000000000000000001"), "0.10000000000000000001"),
        (0.1, "0.1"),
        (float("nan"), "null"),
        (None, "null"),
        (True, "true"),
        ("", '""'),
        (date(2026, 1, 5), '"2026-01-05"'),
        (datetime(2026, 1, 5, 1, 2, 3), '"2026-01-05T01:02:03Z"'),  # noqa: DTZ001  as drivers give UTC columns
        (datetime(2026, 1, 5, 1, 2, 3, 4, UTC), '"2026-01-05T01:02:03.000004Z"'),
        (datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=7))), '"2026-01-05T00:00:00+07:00"'),
        ([1, None, 2**70], f"[1,null,{2**70}]"),
        ({"a": (1, 2)}, '{"a":[1,2]}'),
    ],
    ids=repr,
)
def test_json_keeps_every_value_exact(value, written):
    assert rendering.to_json(value) == written


def test_json_is_a_list_of_objects():
    assert json.loads(rendering.json(NAMES, [(1, "a"), (None, "")])) == [{"n": 1, "text": "a"}, {"n": None, "text": ""}]


def test_json_of_no_rows_is_an_empty_list():
    assert json.loads(rendering.json(NAMES, [])) == []


@pytest.mark.parametrize(
    ("number", "written"),
    [("1E-7", "0.0000001"), ("1E+3", "1000"), ("85.0", "85.0"), ("1E+30", "1E+30"), ("0E-10", "0.0000000000")],
)
def test_numbers_are_written_as_people_do(number, written):
    assert rendering.digits(Decimal(number)) == written
    assert rendering.table(("x",), [(Decimal(number),)], width=60).split() == ["x", written]


def test_a_table_shows_null_as_a_dash_and_zero_as_zero():
    lines = rendering.table(NAMES, [(None, "a"), (0, "b")], width=60).splitlines()
    assert [line.split() for line in lines] == [["n", "text"], ["-", "a"], ["0", "b"]]


def test_square_brackets_in_an_answer_are_text_and_no_markup():
    assert "[bold]" in rendering.table(("x",), [("[bold]",)], width=60)


WIDE = ("camera_id", "n", "said")
ROWS = [("smg-001", 12, "x" * 40), ("smg-002", None, "two\nlines")]


def test_rows_that_are_wider_than_the_terminal_stand_one_below_the_other():
    assert rendering.table(WIDE, ROWS, width=50) == (
        "row 1\n"
        "  camera_id  smg-001\n"
        "  n          12\n"
        f"  said       {'x' * 40}\n"
        "row 2\n"
        "  camera_id  smg-002\n"
        "  n          -\n"
        "  said       two\n"
        "             lines\n"
    )


@given(st.lists(st.text("abc -", max_size=30), min_size=1, max_size=8), st.integers(1, 120))
def test_no_cell_is_ever_folded(row, width):
    names = [f"column_{at}" for at in range(len(row))]
    written = rendering.table(names, [row], width=width).splitlines()
    if written[0].startswith("column_0"):
        assert len(written) == 2
        assert max(len(line) for line in written) <= width
    else:
        assert written == ["row 1", *(f"  {name}  {cell}" for name, cell in zip(names, row, strict=True))]


def test_what_fits_exactly_is_a_table():
    wide = max(len(line) for line in rendering.table(WIDE, ROWS[:1], width=200).splitlines())
    assert rendering.table(WIDE, ROWS[:1], width=wide).startswith("camera_id")
    assert rendering.table(WIDE, ROWS[:1], width=wide - 1).startswith("row 1")
