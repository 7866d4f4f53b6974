"""The table of tracks against a dict."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators import slots

RECORD = np.dtype([("track", np.uint64), ("owner", np.int32), ("value", np.int64)])
KEYS = st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 5), st.integers(0, 3))


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, st.booleans()), max_size=60))
def test_a_table_that_grows_and_forgets_is_a_dict(story: list[tuple[tuple[int, int], bool]]) -> None:
    table, oracle = slots.empty(RECORD, 2), {}
    for value, ((track, owner), forget_odd) in enumerate(story):
        if forget_odd or table.used[0] == len(table.row):
            table = slots.keep(table, (table.row["value"][: table.used[0]] % 2 == 0) | (not forget_odd), 1)
            oracle = {k: v for k, v in oracle.items() if v % 2 == 0 or not forget_odd}
        at = slots.find(table, np.uint64(track), owner)
        assert (at >= 0) == ((track, owner) in oracle)
        if at < 0:
            at = slots.insert(table, np.uint64(track), owner)
        table.row[at]["value"] = value
        oracle[track, owner] = value
    rows = table.row[: table.used[0]]
    assert {(int(r["track"]), int(r["owner"])): int(r["value"]) for r in rows} == oracle


def test_a_table_keeps_a_quarter_free_and_no_more() -> None:
    table = slots.empty(RECORD, 4_000)
    for track in range(4_000):
        slots.insert(table, np.uint64(track), 0)
    assert len(slots.keep(table, np.arange(4_000) < 4_000, 1).row) == 5_000
    assert len(slots.keep(table, np.arange(4_000) < 400, 1).row) == 400 + slots.SPARE
    assert len(slots.keep(table, np.arange(4_000) < 400, 3_000).row) == 6_400


def test_places_are_at_least_twice_as_many_as_rows() -> None:
    for capacity in (1, 2, 3, 1_000, 1_024, 1_025):
        assert 2 * capacity <= len(slots.empty(RECORD, capacity).place) < 4 * capacity


def test_births_one_by_one_do_not_rebuild_the_table_each_time() -> None:
    """A caller makes room for a whole dense frame before it takes any: one birth must not use that up."""
    table, dense, rebuilt = slots.empty(RECORD, 1), 1_000, 0
    for track in range(2_000):
        if table.used[0] + dense > len(table.row):
            table = slots.keep(table, np.ones(int(table.used[0]), np.bool_), dense)
            rebuilt += 1
        slots.insert(table, np.uint64(track), 0)
    assert rebuilt <= 3
