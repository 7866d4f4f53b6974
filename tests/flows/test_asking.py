"""Answers keep every value as the server has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import asking

ANSWER = b"""["n", "local", "list"]
["Nullable(UInt256)", "Nullable(DateTime64(9, 'Asia/Jakarta'))", "Array(UInt8)"]
[115792089237316195423570985008687907853269984665640564039457584007913129639935, "2026-01-04T17:59:59.123456789Z", [1]]
[null, null, []]
"""


class Canned:
    """A store that answers what it was told to."""

    class Streamed(NamedTuple):
        """Bytes in a format."""

        form: str
        chunks: Iterator[bytes]

    def __init__(self, answer):
        self.answer = answer

    @contextmanager
    def stream(self, sql, form, settings):
        """Return the canned answer."""
        yield Canned.Streamed(form, iter([self.answer]))


def test_wide_integers_zoned_times_and_nulls_come_as_they_are():
    answer = asking.ask(Canned(ANSWER), "SELECT ...")
    assert answer.column_names == ["n", "local", "list"]
    assert answer.rows == [[2**256 - 1, "2026-01-05T00:59:59.123456789+07:00", [1]], [None, None, []]]


def test_a_decimal_keeps_its_digits():
    answer = asking.ask(Canned(b'["x"]\n["Decimal(38, 20)"]\n[0.10000000000000000001]\n'), "")
    assert answer.rows == [[Decimal("0.10000000000000000001")]]


@pytest.mark.parametrize(
    ("kind", "zone"),
    [
        ("DateTime('Asia/Jakarta')", "Asia/Jakarta"),
        ("Nullable(DateTime('Asia/Jakarta'))", "Asia/Jakarta"),
        ("DateTime64(6, 'Asia/Makassar')", "Asia/Makassar"),
        ("DateTime('UTC')", "UTC"),
        ("DateTime", "UTC"),
        ("String", "UTC"),
        ("Array(DateTime('Asia/Jakarta'))", "UTC"),
    ],
)
def test_only_times_that_name_a_zone_are_moved(kind, zone):
    assert asking._zone(kind) == zone


def test_an_answer_without_a_table_has_no_columns():
    assert asking.ask(Canned(b""), "") == asking.Answer([], [])


@given(st.lists(st.integers(1, len(ANSWER) - 1), max_size=8))
def test_an_answer_is_the_same_however_it_comes_in_pieces(cuts):
    edges = [0, *sorted(cuts), len(ANSWER)]
    found = asking.rows(ANSWER[a:b] for a, b in pairwise(edges))
    assert found.names == ["n", "local", "list"]
    assert [[asking.value(cell) for cell in row] for row in found.cells] == asking.ask(Canned(ANSWER), "").rows
