"""What views say: figures from parts, NULL where nobody watched, days in local time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.columns import VEHICLES
from schemas.incidents import INCIDENTS

from .minutes import AREA, persons, rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)

CONTRACT = """
Every row: `ts`, `local_ts`, `camera_id`, `area`, `owner`, `category`, `frames`, `coverage`, `reason`, `day_type`,
`revision`, `generation`, `params_hash`, `model_id`, `simulated`.
| `crowd_*` | zone_id | persons_mean, persons_p95, persons_max, person_minutes, density_mean, density_p95, \
level, is_lower_bound |
| `flow_*` | line_id, direction, class | crossings, speed_mean_mps |
| `mask_*` | zone_id | masked, decided, unknown, ratio, ratio_low, ratio_high, unit |
| `visits_*` | line_id | entries, exits |
| `health_*` | - | state, uptime, fps_mean, delay_p95_ms |
| `incidents` | incident_id | kind, state, severity, opened_at, active_at, closed_at, close_reason, \
peak, track_ids, box, duration_s |
"""
COMMON = set(re.findall(r"`(\w+)`", CONTRACT.partition("|")[0]))
VIEWS = {
    cells[1].strip().strip("`"): set(re.findall(r"[a-z]\w+", cells[2] + cells[3]))
    for cells in (line.split("|") for line in CONTRACT.splitlines() if line.startswith("|"))
}
GRAINS = ("minute", "quarter", "hour", "day", "now")


def ask(warehouse: Warehouse, view: str, camera: str, columns: str) -> list[tuple]:
    sql = f"SELECT {columns} FROM {view} WHERE camera_id = {{c:String}} ORDER BY ts"
    return warehouse.query(sql, {"c": camera}).rows


@pytest.mark.parametrize(
    ("view", "pattern"),
    [(p.replace("*", grain), p) for p in VIEWS for grain in (GRAINS if "*" in p else ("",))],
)
def test_views_have_the_columns_that_people_rely_on(warehouse: Warehouse, view: str, pattern: str) -> None:
    assert len(COMMON) == 15
    have = set(warehouse.query(f"SELECT * FROM {view} LIMIT 0").column_names)
    assert (COMMON | VIEWS[pattern]) - have == set()


def test_views_without_a_metric_exist(warehouse: Warehouse) -> None:
    for view in ("columns", "areas", "cameras", "dead_letters"):
        assert warehouse.query(f"SELECT * FROM {view}").column_names


def test_a_minute_watched_too_little_has_no_figures_and_says_why(warehouse: Warehouse) -> None:
    warehouse.insert("crowd_minute_log", rows("crowd", "dim-1", NOON, observed_ms=47_999))
    warehouse.insert("crowd_minute_log", rows("crowd", "dim-2", NOON, observed_ms=0, frames=0, reason=1))
    figures = "persons_mean, persons_max, person_minutes, level, is_lower_bound"
    assert ask(warehouse, "crowd_minute", "dim-1", f"reason, {figures}") == [("low_coverage", *[None] * 5)]
    assert ask(warehouse, "crowd_minute", "dim-2", f"reason, coverage, {figures}") == [("offline", 0.0, *[None] * 5)]


def test_a_minute_watched_just_enough_is_published(warehouse: Warehouse) -> None:
    warehouse.insert("crowd_minute_log", rows("crowd", "dim-3", NOON, observed_ms=48_000, person_ms=96_000, area_ms=1))
    assert ask(warehouse, "crowd_minute", "dim-3", "reason, coverage, persons_mean") == [("", 0.8, 2.0)]


def test_crowd_figures_come_from_the_parts(warehouse: Warehouse) -> None:
    given = {
        "person_ms": 3 * 57_000 + 9 * 3_000,
        "persons_max": 9,
        "persons_hist": persons(p3=57_000, p9=3_000),
        "area_ms": 1_000 * 60_000,  # 10 m2
        "level_ms": [10_000, 0, 25_000, 25_000, 0, 0],
        "saturated_ms": 1,
    }
    warehouse.insert("crowd_minute_log", rows("crowd", "fig-1", NOON, **given))
    columns = "persons_mean, persons_p95, person_minutes, density_mean, density_p95, level, is_lower_bound, reason"
    assert ask(warehouse, "crowd_minute", "fig-1", columns) == [(3.3, 3, 3.3, 0.33, 0.3, "D", True, "")]


def test_a_percentile_is_passed_by_no_more_than_its_share(warehouse: Warehouse) -> None:
    for camera, low in (("p95-1", 57_000), ("p95-2", 56_999)):
        given = {"persons_max": 9, "persons_hist": persons(p3=low, p9=60_000 - low), "area_ms": 1}
        warehouse.insert("crowd_minute_log", rows("crowd", camera, NOON, **given))
    assert [ask(warehouse, "crowd_minute", camera, "persons_p95") for camera in ("p95-1", "p95-2")] == [[(3,)], [(9,)]]


def test_a_percentile_in_a_wide_bin_never_exceeds_the_maximum(warehouse: Warehouse) -> None:
    given = {"persons_max": 43, "persons_hist": persons(p43=60_000), "area_ms": 1}
    warehouse.insert("crowd_minute_log", rows("crowd", "fig-2", NOON, **given))
    assert ask(warehouse, "crowd_minute", "fig-2", "persons_p95") == [(43,)]


def test_an_uncalibrated_zone_publishes_persons_but_no_density(warehouse: Warehouse) -> None:
    warehouse.insert("crowd_minute_log", rows("crowd", "fig-3", NOON, person_ms=60_000))
    columns = "persons_mean, density_mean, density_p95, reason"
    assert ask(warehouse, "crowd_minute", "fig-3", columns) == [(1.0, None, None, "uncalibrated")]


def test_flow_has_a_row_a_class(warehouse: Warehouse) -> None:
    given = {"car_n": 3, "car_speed_n": 2, "car_speed_sum": 25_000}
    warehouse.insert("flow_minute_log", rows("flow", "fig-4", NOON, **given))
    found = ask(warehouse, "flow_minute", "fig-4", "class, crossings, speed_mean_mps")
    assert sorted(found) == sorted((name, 3, 12.5) if name == "car" else (name, 0, None) for name in VEHICLES)


def test_health_says_uptime_even_when_nothing_was_watched(warehouse: Warehouse) -> None:
    given = {"frames": 0, "observed_ms": 0, "reason": 1, "state": 10}
    warehouse.insert("health_minute_log", rows("health", "fig-5", NOON, **given))
    found = ask(warehouse, "health_minute", "fig-5", "state, uptime, fps_mean, delay_p95_ms")
    assert found == [("offline", 0.0, None, None)]


def test_the_day_turns_at_local_midnight_and_so_does_the_month(warehouse: Warehouse) -> None:
    warehouse.insert("health_minute_log", rows("health", "mid-1", datetime(2026, 1, 31, 16, 30, tzinfo=UTC), 60))
    warehouse.roll()
    found = ask(warehouse, "health_day", "mid-1", "toString(local_ts), ts, frames, day_type")
    assert found == [
        ("2026-01-31 00:00:00", datetime(2026, 1, 30, 17, tzinfo=UTC), 18_000, "saturday"),
        ("2026-02-01 00:00:00", datetime(2026, 1, 31, 17, tzinfo=UTC), 18_000, "sunday"),
    ]


def test_a_day_with_one_hour_badly_watched_is_not_published_but_estimated(warehouse: Warehouse) -> None:
    eve = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
    good = rows("flow", "day-1", eve, 420, car_n=1)
    dim = rows("flow", "day-1", eve.replace(hour=8), 60, car_n=1, observed_ms=30_000)
    warehouse.insert("flow_minute_log", good)
    warehouse.insert("flow_minute_log", dim)
    warehouse.roll()
    cars = "coverage > 0.9, reason, crossings, crossings_estimated, class"
    found = [row[:4] for row in ask(warehouse, "flow_day", "day-1", cars) if row[4] == "car"]
    assert found == [(True, "low_coverage (hours: 15)", None, 420 + 120)]


def test_time_between_two_stored_minutes_counts_as_not_watched(warehouse: Warehouse) -> None:
    for minute in (0, 40):
        warehouse.insert("health_minute_log", rows("health", "gap-1", NOON.replace(minute=minute), 20))
    warehouse.roll()
    assert ask(warehouse, "health_hour", "gap-1", "uptime, reason") == [(40 / 60, "low_coverage")]


def test_an_incident_lasts_from_opened_to_closed_and_has_no_duration_while_open(warehouse: Warehouse) -> None:
    plain: dict[str, object] = dict.fromkeys(INCIDENTS, "")
    plain |= {"area": AREA, "kind": "parking", "camera_id": "inc-1", "peak": 1.0, "box": [0.0, 0.5, 0.1, 1.0]}
    plain |= {"opened_at": NOON, "active_at": NOON, "updated_at": NOON, "closed_at": None, "track_ids": ["7"]}
    plain |= {"params_hash": 1, "simulated": False, "run": 1, "rev": 1, "deleted": 0}
    done = plain | {"incident_id": "b", "rev": 2, "closed_at": NOON + timedelta(seconds=90.5), "state": "closed"}
    found = [plain | {"incident_id": "a"}, done | {"rev": 1, "closed_at": None, "state": "active"}, done]
    warehouse.insert("incidents_log", pl.DataFrame(found))
    columns = "incident_id, state, duration_s, track_ids, day_type"
    assert sorted(ask(warehouse, "incidents", "inc-1", columns)) == [
        ("a", "", None, ["7"], "weekday"),
        ("b", "closed", 90.5, ["7"], "weekday"),
    ]


def test_answers_keep_names_and_times_have_their_zone(warehouse: Warehouse) -> None:
    answer = warehouse.query("SELECT toDateTime(0, 'UTC') AS t, CAST(NULL AS Nullable(DateTime('Asia/Jakarta'))) AS u;")
    assert answer.column_names == ["t", "u"]
    assert answer.rows == [(datetime(1970, 1, 1, tzinfo=UTC), None)]
    assert str(answer.table.schema.field("u").type) == "timestamp[s, tz=Asia/Jakarta]"
    assert ("crowd_minute",) in warehouse.query("SHOW TABLES").rows
