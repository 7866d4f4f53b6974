"""Who is kept to areas or owners reads what says whose its rows are, and nothing else that is about cameras."""

from __future__ import annotations

import pytest

from schemas import ddl, limits
from schemas.limits import Kept, Limit
from schemas.local_time import ZONE
from schemas.views import every

RT = Limit(areas=("33.74.07.1004.003.002",))
OFFICE = Limit(owners=("dpu",))
KEPT: tuple[tuple[Limit, Kept], ...] = ((RT, "areas"), (OFFICE, "owners"), (Limit(("33.74.07",), ("dpu",)), "owners"))


@pytest.mark.parametrize(("limit", "kind"), KEPT)
def test_each_table_is_limited_public_or_read_by_nobody_who_is_kept(limit: Limit, kind: Kept) -> None:
    assert limit.kind == kind
    readable, filters, tables = limits.readable(kind), limits.filters(limit, "tilik"), ddl.tables()
    assert {name for name in tables if name in readable} == {name for name in tables if name in filters} | {
        "areas_log",
        "calendar_log",
    }
    for name in filters.keys() & tables.keys():
        assert readable[name] == tuple(tables[name].columns), "column by column: no index is told"
    assert filters["crowd_minute_log"] == limit.clause
    assert "runs_log" not in readable
    assert "dead_letters_log" not in readable


def test_sums_by_area_are_of_whole_areas_that_one_sees() -> None:
    views = {view.name for view in every(ZONE)}
    by_area = {name for name in views if "_area_" in name}
    assert by_area
    assert by_area <= limits.readable("areas").keys()
    assert {limits.filters(RT, "tilik")[name] for name in by_area} == {RT.clause}
    assert not by_area & limits.readable("owners").keys(), "others' cameras stand in an area, too"
    assert views - limits.readable("areas").keys() == {
        *("crowd_compare", "flow_compare", "visits_compare", "garbage_clearance", "dead_letters"),
        *("backfills", "backfill_jobs", "backfill_changes", "removals"),
        *("acknowledgements", "notes", "silences"),
    }


def test_who_sees_all_of_the_city_reads_all_but_refused_records() -> None:
    everything = ddl.tables().keys() | {view.name for view in every(ZONE)}
    assert everything - limits.readable("all").keys() == {"dead_letters_raw"}
    assert limits.filters(Limit(), "tilik") == {}
    assert Limit().clause == ""
