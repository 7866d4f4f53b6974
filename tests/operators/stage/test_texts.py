"""Words read where they lie are what Polars and a plain hash say of them."""

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.stage import texts
from operators.stage.refused import KNOWN

WORDS = KNOWN.words.categories.to_list()
NEAR = st.one_of(
    st.none(),
    st.sampled_from([*WORDS, "", "-1", "007", "0", "18446744073709551615", "persona", "perso", "person\0", "pérson"]),
    st.integers(0, 10**20).map(str),
    st.integers(0, 2**64 - 1).map("t-{:x}".format),
    st.sampled_from(["t-", "t-0", "t-00", "t-0a", "t-g", "t-A", "t-7fffffffffffffff", "t-8000000000000000", "T-1"]),
    st.text(max_size=30),
)


def plain_code(name: str | None) -> int:
    if name is None:
        return 0
    if name.isascii() and name.isdigit() and len(name) <= 18 and (name == "0" or name[0] != "0"):
        return int(name) + 1
    if re.fullmatch("t-[0-9a-f]{1,16}", name) and (name[2] != "0" or name == "t-0") and int(name[2:], 16) < 2**63:
        return int(name[2:], 16) | 2**63
    code = 0xCBF29CE484222325
    for byte in name.encode():
        code = (code ^ byte) * 0x100000001B3 % 2**64
    return code | 2**63


@given(st.lists(NEAR, max_size=40), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_numbers_and_codes_are_those_of_a_plain_reading(
    words: list[str | None], begin: int, size: int, is_joined: bool
) -> None:
    column = pl.Series(words, dtype=pl.String)
    if is_joined:
        column = pl.concat([column.slice(size), column], rechunk=False)
    column = column.slice(begin, size)
    said = column.to_list()
    expected = [texts.ABSENT if w is None else WORDS.index(w) if w in WORDS else texts.UNKNOWN for w in said]
    assert texts.numbers(column, KNOWN).tolist() == expected
    assert texts.codes(column).tolist() == [plain_code(w) for w in said]


def test_every_word_of_a_vocabulary_has_its_number_long_ones_too() -> None:
    assert max(map(len, WORDS)) > texts.SHORT
    assert texts.numbers(pl.Series(WORDS), KNOWN).tolist() == list(range(len(WORDS)))


def test_a_vocabulary_too_large_for_its_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 254 words, came 255"):
        texts.vocabulary([str(i) for i in range(255)])
