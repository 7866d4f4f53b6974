"""Views stand in the order they can be made in, and change when what they read does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.views import types
from schemas.views.order import ordered, wanted

TABLES = {"a_log": "a", "b_log": "b"}
STATEMENTS = (
    "CREATE OR REPLACE VIEW first AS\nSELECT x FROM (SELECT * FROM a_log FINAL)",
    "CREATE OR REPLACE VIEW second AS\nSELECT 'FROM b_log' AS said FROM first AS f",
    "CREATE OR REPLACE VIEW third AS\nSELECT x FROM second LEFT JOIN b_log USING (x)",
    "CREATE OR REPLACE VIEW alone AS\nSELECT 1 AS x",
)


@given(st.permutations(STATEMENTS))
def test_a_view_stands_after_those_it_reads_however_they_are_listed(statements: list[str]) -> None:
    made = ordered(statements, TABLES)
    names = list(made)
    assert names.index("first") < names.index("second") < names.index("third")
    assert made == ordered(STATEMENTS, TABLES)


@pytest.mark.parametrize(
    ("table", "told"), [("a_log", {"first", "second", "third"}), ("b_log", {"third"}), ("other", set())]
)
def test_a_changed_table_changes_the_views_that_read_it(table: str, told: set[str]) -> None:
    before, after = ordered(STATEMENTS, TABLES), ordered(STATEMENTS, TABLES | {table: "other"})
    assert {name for name in before if before[name] != after[name]} == told


def test_views_that_read_each_other_are_refused() -> None:
    circle = ["CREATE OR REPLACE VIEW x AS SELECT 1 FROM y", "CREATE OR REPLACE VIEW y AS SELECT 1 FROM x"]
    with pytest.raises(ValueError, match="in a circle: x -> y -> x"):
        ordered(circle, {})


def test_every_view_has_a_name_of_its_own_and_reads_nothing_that_comes_later() -> None:
    made = wanted()
    assert len(made) > 100
    seen: set[str] = set()
    for name, view in made.items():
        assert f"CREATE OR REPLACE VIEW {name} AS" in view.statement
        assert not [other for other in made.keys() - seen - {name} if f"FROM {other} " in view.statement]
        seen.add(name)


def test_types_of_a_view_that_has_changed_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    held = types.read()
    stale = held | {"crowd_minute": held["crowd_minute"]._replace(fingerprint="of before")}
    wanted.cache_clear()
    monkeypatch.setattr(types, "read", lambda: stale)
    made = wanted()
    wanted.cache_clear()
    assert (made["crowd_minute"].typed, made["crowd_hour"].typed != "") == ("", True)
