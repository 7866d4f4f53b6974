"""Areas are what a plain recomputation from minute rows gives, `==`, while cameras die and are added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.columns import LEVELS, METRICS, VEHICLES
from schemas.registry import Camera, Line, Registry

from . import plain
from .minutes import rows

FIRST = datetime(2025, 3, 2, 17, 0, tzinfo=UTC)  # Monday 3 March, local midnight
DAYS = 3
MINUTES = DAYS * 1440
ADDED = FIRST + timedelta(days=1, hours=10)
LAST = FIRST + timedelta(days=DAYS)
SHOWN = {"minute": (ADDED - timedelta(minutes=20), ADDED + timedelta(minutes=20))}
"""Minutes that are compared: all of them would take minutes."""

ALL = tuple(metric.name for metric in METRICS if metric.name not in ("health", "stays"))
PARTS = {metric.name: metric for metric in METRICS}


GATE = Line(id="u", points=((0.5, 0.0), (0.5, 1.0)), role="gate", entry="to_right")


def camera(name: str, area: str, **given: Any) -> Camera:
    return Camera(id=f"area-{name}", area=f"97.{area}", fps=10.0, **({"metrics": ALL, "line": (GATE,)} | given))


CAMERAS = [
    camera("steady", "01.01.1001"),
    camera("rt", "01.01.1001.002.003"),  # counts for its kelurahan
    camera("dies", "01.01.1002"),  # rows until the second day's morning, then none ever
    camera("added", "01.02.1001", valid_from=ADDED),
    camera("dim", "01.02.1001"),  # watched too little most of the time
    camera("silent", "01.02.1002"),  # registered, never a row
    camera("later", "01.01.1001", valid_from=FIRST + timedelta(days=40)),
    camera("leaves", "01.02.1002", valid_until=FIRST + timedelta(days=2)),
    camera("switched", "01.01.1002", metrics=()),
    camera("switched", "01.01.1002", valid_from=FIRST + timedelta(days=1)),
    Camera(id="area-nowhere", area="00", fps=10.0, metrics=ALL),
]
SPANS = {"dies": (0, 1440 + 300), "leaves": (0, 2880), "added": (1440 + 600, MINUTES), "switched": (1440, MINUTES)}
WATCHED = {"dim": 0.75, "nowhere": 1.0}


def _minutes(metric: str, name: str, area: str, generator: np.random.Generator) -> pl.DataFrame:
    """Return random minutes of a camera, two keys each: whole hours are lost now and then."""
    shape = PARTS[metric]
    first, end = SPANS.get(name, (0, MINUTES))
    count = end - first
    lost = np.repeat(generator.random(count // 60 + 2) < 0.04, 60)[first % 60 :][:count]
    dim = generator.random(count) < 0.1
    observed = np.where(lost, 0, np.where(dim, 30_000, 60_000))
    observed = (observed * WATCHED.get(name, 1.0)).astype(np.int64)
    frames = []
    keys = [{}] if not shape.key else [{shape.key[0]: "a"}, {shape.key[0]: "b"}]
    for key in keys:
        base = rows(metric, f"area-{name}", FIRST, area=area, **key)
        columns = {
            "ts": np.datetime64(FIRST.replace(tzinfo=None), "us") + np.arange(first, end) * np.timedelta64(1, "m"),
            "observed_ms": observed,
            "frames": observed // 100,
            "rev": generator.integers(0, 3, count),
        }
        for part, what in shape.parts.items():
            if part in ("observed_ms", "frames") or part == "state":
                continue
            drawn = generator.integers(0, 4 if part.endswith("_n") else 50_000, (count, what.width))
            if part == "level_ms":
                drawn = drawn // 20_000 * 20_000  # levels that held equally long
            drawn = drawn * (observed > 0)[:, None]
            columns[part] = pl.Series(drawn).arr.to_list() if what.bins else drawn[:, 0]
        if metric == "mask":
            tracked = np.arange(first, end) // 7 % 2
            columns |= {part: columns[part] * tracked for part in ("masked_n", "unmasked_n", "unknown_n")}
        if metric == "flood":
            columns["signals_n"] = np.where(generator.random(count) < 0.3, 0, columns["signals_n"])
        made = pl.DataFrame(columns).with_columns(pl.col("ts").dt.replace_time_zone("UTC"))
        frames.append(base.drop(columns).join(made, how="cross").select(base.columns))
    return pl.concat(frames)


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """Store random minutes of every metric that has areas; return them."""
    generator = np.random.default_rng(20250303)
    warehouse.store_registry(Registry(camera=tuple(CAMERAS)))
    held = {}
    for metric in (*ALL, "health"):
        frames = [
            _minutes(metric, each.id.removeprefix("area-"), each.area, generator)
            for each in CAMERAS
            if each.id.removeprefix("area-") not in ("silent", "later") and metric in (*each.metrics, "health")
            if not (each.valid_from is None and each.id == "area-switched")
        ]
        held[metric] = pl.concat(frames)
        warehouse.insert(f"{metric}_minute_log", held[metric].sample(fraction=1, shuffle=True, seed=7))
    warehouse.roll()
    return held


def _asked(warehouse: Warehouse, metric: str, grain: str, columns: str, more: str = "") -> dict[tuple, tuple]:
    """Return a view's rows by window and area, in the test's own time and province."""
    sql = (
        f"SELECT ts, area{more}, {columns} FROM {metric}_area_{grain} WHERE startsWith(area, '97.') "
        "AND ts >= {a:DateTime('UTC')} AND ts < {b:DateTime('UTC')}"
    )
    found = warehouse.query(sql, dict(zip("ab", SHOWN.get(grain, (FIRST, LAST)), strict=True))).rows
    width = 3 if more else 2
    asked = {row[:width]: row[width:] for row in found}
    assert len(asked) == len(found) > 0
    return asked


def _plainly(metric: str, held: pl.DataFrame, grain: str, sums: list[str]) -> dict[tuple, pl.DataFrame]:
    """Return windows of keys by window and area; areas with registered cameras have every window that anybody has."""
    key = [name for name in PARTS[metric].key if name in held.columns]
    weight = [name for name, part in PARTS[metric].parts.items() if part.is_count]
    found = plain.windows(held, grain, key, sums, weight)
    first, last = SHOWN.get(grain, (FIRST, LAST))
    found = found.filter((pl.col("at") >= first) & (pl.col("at") < last))
    exploded = found.with_columns(code=pl.col("area").map_elements(plain.codes, pl.List(pl.String))).explode("code")
    return {key: frame for key, frame in exploded.filter(pl.col("code").is_not_null()).group_by("at", "code")}


def _check(
    warehouse: Warehouse, metric: str, held: pl.DataFrame, grain: str, columns: str, sums: list[str], figures: Any
) -> None:
    """Compare a view with `figures(reporting rows)`, and its cameras with the registry."""
    asked = _asked(warehouse, metric, grain, f"cameras_reporting, cameras_total, {columns}")
    empty = len(next(iter(asked.values()))) - 2
    expected = _plainly(metric, held, grain, sums)
    times = {at for at, _ in expected}
    areas = sorted({code for each in CAMERAS for code in plain.codes(each.area)})
    wanted = {}
    for at in times:
        for code in areas:
            there = plain.registered(CAMERAS, metric, code, at + plain.LENGTH[grain])
            mine = expected.get((at, code))
            seen = set() if mine is None else set(mine["camera_id"])
            if not there | seen:
                continue
            assert seen <= there
            good = None if mine is None else mine.filter("published")
            if metric == "flood" and good is not None:
                good = good.filter(pl.col("signals_n") > 0)
            reporting = 0 if good is None else good["camera_id"].n_unique()
            shown = figures(good) if reporting else (None,) * empty
            wanted[at, code] = (reporting, len(there), *shown)
    assert asked == wanted
    assert len({row[0] for row in wanted.values()}) > 1, "the cases differ"


def milli(frame: pl.DataFrame, part: str) -> float:
    each = (1000 * frame[part].cast(pl.Int64) + frame["observed_ms"] // 2) // frame["observed_ms"]
    return int(each.sum()) / 1000


GRAINS = ("minute", "quarter", "hour", "day")
COARSE = ("hour", "day")


@pytest.mark.parametrize("grain", GRAINS)
def test_persons_of_areas(warehouse: Warehouse, stored: dict[str, pl.DataFrame], grain: str) -> None:
    names = [f"level_{i}" for i in range(len(LEVELS))]
    held = stored["crowd"].with_columns(pl.col("level_ms").list.to_struct(fields=names)).unnest("level_ms")
    held = held.with_columns(pl.col("person_ms", "saturated_ms", *names).cast(pl.Int64))

    def figures(good: pl.DataFrame) -> tuple:
        level = np.array(good.select(names))[:, ::-1]
        worst = len(LEVELS) - 1 - level.argmax(axis=1)  # the worst of equals
        held_any = worst[level.max(axis=1) > 0]
        shown = LEVELS[held_any.max()] if held_any.size else None
        minutes = good["person_ms"].sum() / 60_000
        return milli(good, "person_ms"), minutes, shown, int((good["saturated_ms"] > 0).any())

    columns = "persons_mean, person_minutes, level, is_lower_bound"
    _check(warehouse, "crowd", held, grain, columns, ["person_ms", "saturated_ms", *names], figures)


def _ints(held: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return held.with_columns(pl.col(*names).cast(pl.Int64))


@pytest.mark.parametrize("grain", COARSE)
def test_entries_of_areas(warehouse: Warehouse, stored: dict[str, pl.DataFrame], grain: str) -> None:
    names = ["entries_n", "exits_n"]
    _check(
        warehouse, "visits", _ints(stored["visits"], names), grain, "entries, exits", names,
        lambda good: tuple(good[name].sum() for name in names),
    )  # fmt: skip


@pytest.mark.parametrize("grain", ["minute", *COARSE])
def test_masks_of_areas_add_masked_and_decided(warehouse: Warehouse, stored: dict, grain: str) -> None:
    tracks, faces = (
        [f"{part}{name}_n" for name in ("masked", "unmasked", "unknown")] for part in ("", "frame_")
    )  # fmt: skip

    def figures(good: pl.DataFrame) -> tuple:
        counted = [good[name].sum() for name in tracks]
        by_face = [good[name].sum() for name in faces]
        unit = "frame" if sum(counted) == 0 < sum(by_face) else "track"
        masked, unmasked, unknown = by_face if unit == "frame" else counted
        n = masked + unmasked
        return masked, n, unknown, masked / n if n >= 30 else None, unit

    columns = "masked, decided, unknown, ratio, if(cameras_reporting > 0, unit, NULL)"
    names = [*tracks, *faces]
    _check(warehouse, "mask", _ints(stored["mask"], names), grain, columns, names, figures)


@pytest.mark.parametrize("grain", COARSE)
def test_lanes_of_areas(warehouse: Warehouse, stored: dict[str, pl.DataFrame], grain: str) -> None:
    names = ["occupied_ms", "tracked_ms", "standing_ms", "timed_ms", "way_mm"]

    def ratio(good: pl.DataFrame, over: str, under: str) -> float | None:
        return good[over].sum() / good[under].sum() if good[under].sum() else None

    def figures(good: pl.DataFrame) -> tuple:
        pairs = (("occupied_ms", "observed_ms"), ("standing_ms", "tracked_ms"), ("way_mm", "timed_ms"))
        return tuple(ratio(good, *pair) for pair in pairs)

    columns = "occupancy, standing_share, speed_mean_mps"
    _check(warehouse, "congestion", _ints(stored["congestion"], names), grain, columns, names, figures)


@pytest.mark.parametrize("grain", COARSE)
def test_floods_of_areas_need_signals(warehouse: Warehouse, stored: dict[str, pl.DataFrame], grain: str) -> None:
    names = ["signals_n", "wet_ppm"]
    _check(
        warehouse, "flood", _ints(stored["flood"], names), grain, "wet_mean", names,
        lambda good: (good["wet_ppm"].sum() / good["signals_n"].sum() / 1_000_000,),
    )  # fmt: skip


@pytest.mark.parametrize("grain", COARSE)
def test_garbage_of_areas(warehouse: Warehouse, stored: dict[str, pl.DataFrame], grain: str) -> None:
    held = _ints(stored["garbage"], ["garbage_ms"])
    _check(warehouse, "garbage", held, grain, "objects_mean", ["garbage_ms"], lambda good: (milli(good, "garbage_ms"),))


@pytest.mark.parametrize("grain", COARSE)
def test_flows_of_areas_are_medians_over_lines(warehouse: Warehouse, stored: dict, grain: str) -> None:
    names = [f"{name}_n" for name in VEHICLES]
    expected = _plainly("flow", _ints(stored["flow"], names), grain, names)
    more = ", class"
    asked = _asked(warehouse, "flow", grain, "lines_reporting, crossings_median, cameras_reporting", more)
    checked = 0
    for (at, code), frame in expected.items():
        good = frame.filter("published")
        for name in VEHICLES:
            median = good[f"{name}_n"].median() if good.height else None
            assert asked[at, code, name] == (good.height, median, good["camera_id"].n_unique())
            checked += good.height > 0
    assert checked > 20


@pytest.mark.parametrize("grain", COARSE)
def test_the_uptime_of_areas_counts_the_silent(warehouse: Warehouse, stored: dict, grain: str) -> None:
    asked = _asked(warehouse, "health", grain, "uptime, cameras_blind, cameras_total, cameras_reporting, reason")
    expected = _plainly("health", stored["health"], grain, [])
    length_ms = plain.LENGTH[grain] // timedelta(milliseconds=1)
    for (at, code), row in asked.items():
        there = plain.registered(CAMERAS, "health", code, at + plain.LENGTH[grain])
        mine = expected.get((at, code), pl.DataFrame(schema={"expected_ms": pl.Int64, "observed_ms": pl.Int64,
                                                             "published": pl.Boolean, "frames": pl.Int64}))  # fmt: skip
        due = mine["expected_ms"].sum() + (len(there) - mine.height) * length_ms
        blind = len(there) - mine.filter(pl.col("frames") > 0).height
        reporting = mine["published"].sum()
        reason = "" if reporting else "low_coverage" if mine["frames"].sum() else "offline"
        assert row == (mine["observed_ms"].sum() / due, blind, len(there), reporting, reason)


def test_a_dead_area_goes_on_saying_none_of_n(warehouse: Warehouse, stored: dict) -> None:
    asked = _asked(
        warehouse, "crowd", "day", "cameras_reporting, cameras_total, persons_mean, frames, reason, coverage"
    )
    last = FIRST + timedelta(days=DAYS - 1)
    assert asked[last, "97.01.02.1002"] == (0, 1, None, 0, "offline", 0.0)


def test_areas_have_level_and_name_and_the_provisional_one_is_none(warehouse: Warehouse, stored: dict) -> None:
    areas = pl.DataFrame({"area": ["97.01.02"], "name": ["Candi"], "level": ["kecamatan"], "parent": ["97.01"]})
    warehouse.insert("areas_log", areas.with_columns(version=pl.lit(1, pl.UInt64)))
    asked = _asked(warehouse, "crowd", "day", "area_level, area_name, day_type, toString(local_ts)")
    assert {row[:2] for (_, code), row in asked.items() if code == "97.01.02"} == {("kecamatan", "Candi")}
    assert {row[0] for (_, code), row in asked.items() if code == "97.01.02.1001"} == {"kelurahan"}
    assert {row[0] for (_, code), row in asked.items() if code == "97.01"} == {"city"}
    assert {row[2:] for (at, _), row in asked.items() if at == FIRST} == {("weekday", "2025-03-03 00:00:00")}
    assert warehouse.query("SELECT count() FROM crowd_area_hour WHERE startsWith(area, '00')").rows == [(0,)]
    levels = "SELECT DISTINCT length(splitByChar('.', area)) AS parts FROM crowd_area_hour ORDER BY parts"
    assert warehouse.query(levels).rows == [(2,), (3,), (4,)]


def test_a_forgotten_camera_is_not_counted(warehouse: Warehouse, stored: dict) -> None:
    gone = Camera(id="area-gone", area="97.03.01.1001", fps=10.0, metrics=("crowd",))
    warehouse.store_registry(Registry(camera=(gone,)))
    sql = "SELECT DISTINCT cameras_total FROM crowd_area_hour WHERE area = '97.03'"
    assert warehouse.query(sql).rows == [(1,)]
    warehouse.forget("area-gone")
    assert warehouse.query(sql).rows == []


def test_a_camera_without_a_gate_is_not_one_that_counts_visits(warehouse: Warehouse) -> None:
    plaza = camera("plaza", "04.01.1001", line=())
    gated = camera("gated", "04.01.1001")
    warehouse.store_registry(Registry(camera=(plaza, gated)))
    known = "SELECT DISTINCT cameras_total FROM {}_area_hour WHERE area = '97.04'"
    assert warehouse.query(known.format("crowd")).rows == [(2,)]
    assert warehouse.query(known.format("visits")).rows == [(1,)]
    for name in ("area-plaza", "area-gated"):
        warehouse.forget(name)
