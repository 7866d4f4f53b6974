"""A migration in words, before it is done and after."""

from __future__ import annotations

from connectors.warehouse.migrations import Plan
from connectors.warehouse.views import Step
from flows import migration_plan
from schemas.migration_files import MigrationFile
from schemas.shape import Change

PLAN = Plan(
    [MigrationFile(7, "leases", "SELECT 1;\n")],
    [Change("runs_log", "a new column identity", "ALTER TABLE runs_log ...")],
    Step(["health_now"], ["crowd_now", "flow_now"], ["crowd_old"]),
)


def test_a_plan_names_files_tables_columns_and_views():
    lines = [" ".join(line.split()) for line in migration_plan.as_text(PLAN).splitlines()]
    for line in (
        "file 007_leases would be run",
        "table runs_log a new column identity",
        "view health_now would be made",
        "view flow_now would be replaced",
        "view crowd_old would be dropped",
    ):
        assert line in lines


def test_what_is_done_twice_is_one_line():
    twice = PLAN._replace(changes=[Change("crowd_now_log", "the newest rows", f"INSERT {n}") for n in range(2)])
    assert migration_plan.as_text(twice).count("crowd_now_log") == 1


def test_what_was_done_fits_in_a_line():
    assert migration_plan.in_short(PLAN) == (
        "1 numbered file, 1 table change, 1 view made, 2 views replaced, 1 view dropped"
    )
    nothing = Plan([], [], Step([], [], []))
    assert migration_plan.in_short(nothing) == "up to date"
    assert migration_plan.as_text(nothing) == "up to date: nothing would change"
