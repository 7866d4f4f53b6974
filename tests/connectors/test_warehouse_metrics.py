"""What the views of visits, stays, masks, lanes, floods and garbage say, and that every column is described."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.warehouse import Warehouse
from schemas.columns import STAY_EDGES_S
from schemas.metrics.mask import wilson
from schemas.views.lasting import DATA_END

from .minutes import rows
from .test_warehouse_figures import ask

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)


def stayed(**seconds: int) -> list[int]:
    """Return a histogram from `s<seconds> = tracks`."""
    hist = [0] * len(STAY_EDGES_S)
    for name, tracks in seconds.items():
        hist[max(i for i, edge in enumerate(STAY_EDGES_S) if edge <= int(name[1:]))] += tracks
    return hist


def test_a_gate_has_entries_and_exits_and_a_day_estimates_them(warehouse: Warehouse) -> None:
    warehouse.insert("visits_minute_log", rows("visits", "gate-1", NOON, 60, entries_n=3, exits_n=2))
    dim = rows("visits", "gate-1", NOON + timedelta(hours=1), 60, entries_n=3, exits_n=0, observed_ms=45_000)
    warehouse.insert("visits_minute_log", dim)
    warehouse.roll()
    columns = "reason, entries, exits"
    assert ask(warehouse, "visits_minute", "gate-1", columns)[0] == ("", 3, 2)
    assert ask(warehouse, "visits_hour", "gate-1", columns) == [("", 180, 120), ("low_coverage", None, None)]
    columns += ", entries_estimated, exits_estimated"
    assert ask(warehouse, "visits_day", "gate-1", columns) == [("low_coverage (hours: 13)", None, None, 180 + 240, 120)]


def test_passages_are_person_minutes_over_the_median_stay(warehouse: Warehouse) -> None:
    hist = stayed(s30=4, s60=8, s180=4)  # half of 16 lies half way into 60..90 s
    given = {"stays_n": 16, "stay_ms": 1_280_000, "stays_hist": hist}
    warehouse.insert("stays_minute_log", rows("stays", "stay-1", NOON, **given))
    warehouse.insert("crowd_minute_log", rows("crowd", "stay-1", NOON, person_ms=150_000))
    columns = "reason, stays, stay_mean_s, stay_median_s, passages"
    assert ask(warehouse, "stays_minute", "stay-1", columns) == [("", 16, 80.0, 75.0, 2.0)]


def test_few_stays_have_no_median_and_no_passages(warehouse: Warehouse) -> None:
    given = {"stays_n": 9, "stay_ms": 90_000, "stays_hist": stayed(s10=9)}
    warehouse.insert("stays_minute_log", rows("stays", "stay-2", NOON, **given))
    warehouse.insert("crowd_minute_log", rows("crowd", "stay-2", NOON, person_ms=150_000))
    columns = "reason, stays, stay_mean_s, stay_median_s, passages"
    assert ask(warehouse, "stays_minute", "stay-2", columns) == [("few_samples", 9, None, None, None)]


def test_passages_need_persons_that_were_watched(warehouse: Warehouse) -> None:
    given = {"stays_n": 10, "stay_ms": 100_000, "stays_hist": stayed(s10=10)}
    warehouse.insert("stays_minute_log", rows("stays", "stay-3", NOON, **given))
    assert ask(warehouse, "stays_minute", "stay-3", "stay_mean_s, passages") == [(10.0, None)]


def test_a_median_in_the_open_bin_is_its_lower_edge(warehouse: Warehouse) -> None:
    given = {"stays_n": 10, "stay_ms": 100_000_000, "stays_hist": stayed(s8000=10)}
    warehouse.insert("stays_minute_log", rows("stays", "stay-4", NOON, **given))
    assert ask(warehouse, "stays_minute", "stay-4", "stay_median_s") == [(7200.0,)]


WILSON = [
    (0, 10, 0, 0.2775),
    (10, 10, 0.7225, 1),
    (30, 40, 0.5981, 0.8581),
    (75, 100, 0.6570, 0.8245),
    (297, 300, 0.9710, 0.9966),
    (1, 1, 0.2065, 1),
    (0, 0, None, None),
]
"""metrics.md, Mask compliance."""


@pytest.mark.parametrize(("masked", "decided", "low", "high"), WILSON)
def test_wilson_intervals(warehouse: Warehouse, masked: int, decided: int, low: float, high: float) -> None:
    sql = wilson(f"toInt64({masked})", f"toInt64({decided})")
    (found,) = warehouse.query(f"SELECT {sql[0]} AS low, {sql[1]} AS high").rows
    assert [None if end is None else round(end, 4) for end in found] == [low, high]
    assert all(end is None or 0 <= end <= 1 for end in found)


@pytest.mark.parametrize("case", [each for each in WILSON if each[1] >= 30], ids=str)
def test_the_mask_view_has_the_intervals(warehouse: Warehouse, case: tuple[int, int, float, float]) -> None:
    masked, decided, low, high = case
    camera = f"mask-{masked}-{decided}"
    given = {"masked_n": masked, "unmasked_n": decided - masked, "unknown_n": decided, "frame_masked_n": 7}
    warehouse.insert("mask_minute_log", rows("mask", camera, NOON, **given))
    columns = "masked, decided, unknown, ratio, round(ratio_low, 4), round(ratio_high, 4), unit, unknown_share, reason"
    found = ask(warehouse, "mask_minute", camera, columns)
    assert found == [(masked, decided, decided, masked / decided, low, high, "track", 0.5, "")]


def test_fewer_than_30_decided_have_counts_but_no_ratio(warehouse: Warehouse) -> None:
    warehouse.insert("mask_minute_log", rows("mask", "mask-few", NOON, masked_n=20, unmasked_n=9))
    columns = "masked, decided, unknown, ratio, ratio_low, ratio_high, unknown_share, reason"
    assert ask(warehouse, "mask_minute", "mask-few", columns) == [(20, 29, 0, None, None, None, 0.0, "few_samples")]


def test_nobody_seen_has_no_unknown_share(warehouse: Warehouse) -> None:
    warehouse.insert("mask_minute_log", rows("mask", "mask-0", NOON))
    found = ask(warehouse, "mask_minute", "mask-0", "decided, ratio, unknown_share, unit, reason")
    assert found == [(0, None, None, "track", "few_samples")]


def test_frames_count_only_where_no_track_did_and_the_unit_says_so(warehouse: Warehouse) -> None:
    given = {"frame_masked_n": 30, "frame_unmasked_n": 10, "frame_unknown_n": 60}
    warehouse.insert("mask_minute_log", rows("mask", "mask-f", NOON, **given))
    warehouse.insert("mask_minute_log", rows("mask", "mask-t", NOON, unknown_n=1, **given))
    columns = "unit, masked, decided, unknown, ratio, unknown_share"
    assert ask(warehouse, "mask_minute", "mask-f", columns) == [("frame", 30, 40, 60, 0.75, 0.6)]
    assert ask(warehouse, "mask_minute", "mask-t", columns) == [("track", 0, 0, 1, None, 1.0)]


def test_congestion_figures_come_from_the_parts(warehouse: Warehouse) -> None:
    given = {"occupied_ms": 45_000, "vehicle_ms": 180_000, "tracked_ms": 160_000, "standing_ms": 40_000}
    columns = "reason, occupancy, vehicles_mean, standing_share, speed_mean_mps"
    for camera, timed in (("lane-1", {"timed_ms": 100_000, "way_mm": 250_000}), ("lane-2", {})):
        warehouse.insert("congestion_minute_log", rows("congestion", camera, NOON, **given, **timed))
    warehouse.insert("congestion_minute_log", rows("congestion", "lane-3", NOON))
    assert ask(warehouse, "congestion_minute", "lane-1", columns) == [("", 0.75, 3.0, 0.25, 2.5)]
    assert ask(warehouse, "congestion_minute", "lane-2", columns) == [("uncalibrated", 0.75, 3.0, 0.25, None)]
    assert ask(warehouse, "congestion_minute", "lane-3", columns) == [("", 0.0, 0.0, None, None)]


def test_frames_without_signals_are_no_dry_road(warehouse: Warehouse) -> None:
    warehouse.insert(
        "flood_minute_log", rows("flood", "wet-1", NOON, signals_n=4, wet_ppm=500_000, wet_ppm_max=300_000)
    )
    warehouse.insert("flood_minute_log", rows("flood", "wet-2", NOON))
    columns = "reason, wet_mean, wet_max, signals"
    assert ask(warehouse, "flood_minute", "wet-1", columns) == [("", 0.125, 0.3, 4)]
    assert ask(warehouse, "flood_minute", "wet-2", columns) == [("no_signal_data", None, None, 0)]


def test_garbage_is_weighed_by_time(warehouse: Warehouse) -> None:
    warehouse.insert("garbage_minute_log", rows("garbage", "gar-1", NOON, garbage_ms=90_000, garbage_max=2))
    assert ask(warehouse, "garbage_minute", "gar-1", "objects_mean, objects_max") == [(1.5, 2)]


@pytest.mark.parametrize("metric", ["visits", "stays", "mask", "congestion", "flood", "garbage"])
def test_the_last_row_of_each_key(warehouse: Warehouse, metric: str) -> None:
    spot = "line_id" if metric == "visits" else "zone_id"
    for zone, count in (("a", 3), ("b", 2)):
        late = datetime(2031, 1, 1, tzinfo=UTC)
        warehouse.insert(f"{metric}_minute_log", rows(metric, "now-1", late, count, **{spot: zone}))
    found = ask(warehouse, f"{metric}_now", "now-1", f"{spot}, toMinute(ts)")
    warehouse.forget("now-1")
    assert sorted(found) == [("a", 2), ("b", 1)]


def test_the_present_is_not_that_of_a_camera_that_is_forgotten(warehouse: Warehouse) -> None:
    def present() -> list[tuple]:
        return warehouse.query(f"SELECT {DATA_END} AS ends, count() AS cameras FROM health_now GROUP BY ends").rows

    warehouse.insert("health_minute_log", rows("health", "near-1", datetime(2031, 2, 1, tzinfo=UTC)))
    warehouse.roll()
    before = present()
    warehouse.insert("health_minute_log", rows("health", "far-1", datetime(2033, 1, 1, tzinfo=UTC)))
    warehouse.roll()
    ahead = present()
    warehouse.forget("far-1")
    after = present()
    warehouse.forget("near-1")
    assert ahead != before == after


@pytest.mark.parametrize("metric", ["visits", "mask", "congestion", "flood", "garbage", "stays"])
def test_what_was_not_watched_is_null_and_says_why(warehouse: Warehouse, metric: str) -> None:
    camera = f"blind-{metric}"
    warehouse.insert(f"{metric}_minute_log", rows(metric, camera, NOON, observed_ms=0, frames=0, reason=3))
    view = f"{metric}_minute"
    key = "line_id" if metric == "visits" else "zone_id"
    common = {"ts", "local_ts", "camera_id", "area", "owner", "category", "frames", "coverage", "reason", "day_type",
              "revision", "generation", "params_hash", "model_id", "simulated", "observed_ms", "expected_ms", key,
              "unit"}  # fmt: skip
    answer = warehouse.query(f"SELECT * FROM {view} WHERE camera_id = {{c:String}}", {"c": camera})
    (row,) = answer.to_pylist()
    figures = set(row) - common
    assert len(figures) >= 2
    assert {name: row[name] for name in figures} == dict.fromkeys(figures)
    assert (row["reason"], row["coverage"]) == ("dark", 0.0)


def _views(warehouse: Warehouse) -> list[str]:
    sql = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name"
    found = [name for (name,) in warehouse.query(sql).rows]
    assert len(found) > 90
    return found


PARAMETERS = {
    "garbage_clearance": ("from", "to"),
    **{f"{name}_compare": ("from_a", "to_a", "from_b", "to_b") for name in ("crowd", "visits", "flow")},
}
"""Views that are called: the engine keeps no columns of theirs."""


def test_the_view_columns_lists_the_columns_that_views_have_and_no_other(warehouse: Warehouse) -> None:
    sql = "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND table IN {v:Array(String)}"
    held = set(warehouse.query(sql, {"v": _views(warehouse)}).rows)
    held |= {(view, name) for view, given in PARAMETERS.items() for name in _columns_of(warehouse, view, *given)}
    said = warehouse.query("SELECT view, name FROM columns").rows
    assert len(said) == len(set(said))
    assert set(said) == held
    assert warehouse.query("SELECT views, name FROM columns").rows == said  # as older notebooks ask


def test_a_view_itself_says_what_its_columns_mean(warehouse: Warehouse) -> None:
    sql = (
        "SELECT c.table, c.name, c.comment FROM system.columns AS c "
        "WHERE c.database = currentDatabase() AND c.table IN {v:Array(String)}"
    )
    on_views = {(view, name): said for view, name, said in warehouse.query(sql, {"v": _views(warehouse)}).rows}
    in_columns = warehouse.query("SELECT view, name, meaning, unit FROM columns").rows
    wanted = {(view, name): f"{said} [{unit}]" if unit else said for view, name, said, unit in in_columns}
    assert on_views == {key: wanted[key] for key in on_views}


def test_every_column_says_what_it_means_and_what_people_read(warehouse: Warehouse) -> None:
    said = warehouse.query("SELECT meaning, label_id, label_en FROM columns").rows
    assert [row for row in said if "" in row] == []


def _columns_of(warehouse: Warehouse, view: str, *parameters: str) -> list[str]:
    given = ", ".join(f"{name} = '2026-01-01'" for name in parameters)
    return warehouse.query(f"SELECT * FROM {view}({given}) LIMIT 0").column_names


def test_every_view_says_what_it_is_for(warehouse: Warehouse) -> None:
    sql = "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    assert [name for name, comment in warehouse.query(sql).rows if not comment] == []


@pytest.mark.parametrize("view", ["crowd_minute", "stays_hour", "crowd_area_minute", "visits_area_day"])
def test_a_time_filter_prunes_days(warehouse: Warehouse, view: str) -> None:
    metric, *_, grain = view.split("_")
    for day in range(1, 4):
        at = datetime(2024, 2 + day, 10, 5, tzinfo=UTC)
        for each in (metric, "crowd"):
            warehouse.insert(f"{each}_minute_log", rows(each, "prune-1", at))
    warehouse.roll()
    sql = f"EXPLAIN indexes = 1 SELECT * FROM {view} WHERE ts >= '2024-04-09 17:00:00' AND ts < '2024-04-10 17:00:00'"
    plan = "\n".join(line for (line,) in warehouse.query(sql).rows)
    reads = plan.split(f"ReadFromMergeTree (tilik.{metric}_{grain}_log)")[1:]
    assert len(reads) == (2 if "area" in view else 1)
    for read in reads:
        part = read.split("ReadFromMergeTree")[0]
        assert "Condition: and((ts in" in part
        kept, total = part.split("Parts: ")[2].split()[0].split("/")  # the first is what is read in the end
        assert int(kept) < int(total)


def test_an_area_filter_prunes_by_the_key(warehouse: Warehouse) -> None:
    sql = "EXPLAIN indexes = 1 SELECT * FROM crowd_minute WHERE startsWith(area, '33.74.07')"
    plan = "\n".join(line for (line,) in warehouse.query(sql).rows)
    assert "(area in ['33.74.07', '33.74.08'))" in plan
    assert "Prewhere" not in plan


def test_incidents_name_what_explains_them(warehouse: Warehouse) -> None:
    assert "inhibited_by" in warehouse.query("SELECT * FROM incidents LIMIT 0").column_names
