"""Long lists reach the store in questions that it takes, whatever stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.warehouse import Warehouse
from connectors.warehouse.pieces import MOST_BYTES, pieces, written

NAMES = {
    "long paths": [f"/srv/{'rekaman/' * 18}{i:05}.jsonl" for i in range(3_000)],
    "quotes": ["'" * 90 + f"{i}" for i in range(2_000)],
    "backslashes": ["\\" * 90 + f"{i}" for i in range(2_000)],
    "letters of two bytes": ["ä" * 60 + f"{i}" for i in range(2_000)],
}


@given(
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=50)
    | st.lists(st.text(max_size=40_000), max_size=9)
)
def test_every_thing_stands_in_one_piece_and_pieces_are_bounded(things: list) -> None:
    cut = list(pieces(things))
    assert [each for piece in cut for each in piece] == sorted(things)
    assert all(piece for piece in cut)
    assert all(len(piece) == 1 or sum(map(written, piece)) <= MOST_BYTES for piece in cut)


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_a_store_takes_each_piece(warehouse: Warehouse, names: list[str]) -> None:
    cut = list(pieces(names))
    assert len(cut) > 1
    sql = "SELECT length({p:Array(String)}) AS n"
    assert sum(warehouse.query(sql, {"p": piece}).rows[0][0] for piece in cut) == len(names)


def test_a_store_takes_pieces_of_numbers(warehouse: Warehouse) -> None:
    numbers = list(range(2**64 - 30_000, 2**64))
    sql = "SELECT length({p:Array(UInt64)}) AS n"
    assert sum(warehouse.query(sql, {"p": piece}).rows[0][0] for piece in pieces(numbers)) == len(numbers)
