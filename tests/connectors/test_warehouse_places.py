"""Places: persons over zones, gates, opening hours; a day without its evening peak is not a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas import words
from schemas.columns import LEVELS
from schemas.registry import Camera, Line, Place, Registry, Zone

from . import plain
from .minutes import rows
from .test_warehouse_metrics import stayed

SQUARE = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5))
OPEN, CLOSED = 6, 23
MONDAY = datetime(2025, 5, 4, 17, 0, tzinfo=UTC)  # local midnight before Monday 5 May


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def camera(name: str, area: str = "96.01.01.1001", **given: Any) -> Camera:
    """Return a camera with two zones and two gates, measuring persons and visits."""
    zones = tuple(Zone(id=each, kind="crowd", polygon=SQUARE) for each in ("a", "b"))
    lines = tuple(Line(id=each, points=((0.5, 0.0), (0.5, 1.0)), role="gate", entry="to_right") for each in ("u", "s"))
    return Camera(id=name, area=area, fps=10.0, zone=zones, line=lines, **({"metrics": ("crowd", "visits")} | given))


def place(warehouse: Warehouse, name: str, *cameras: Camera, **given: Any) -> None:
    spot = Place(id=name, **({"name": name.title(), "hours": ("06:00", "23:00")} | given))
    warehouse.store_registry(Registry(camera=cameras, place=(spot,)))


def put(warehouse: Warehouse, metric: str, *frames: pl.DataFrame) -> None:
    warehouse.insert(f"{metric}_minute_log", pl.concat(frames))
    warehouse.roll()


def ask(warehouse: Warehouse, view: str, name: str, columns: str, day: datetime = MONDAY, days: int = 1) -> list[tuple]:
    sql = (
        f"SELECT {columns} FROM {view} WHERE place_id = {{p:String}} AND ts >= {{a:DateTime('UTC')}} "
        "AND ts < {b:DateTime('UTC')} ORDER BY ts"
    )
    return warehouse.query(sql, {"p": name, "a": day, "b": day + timedelta(days=days)}).rows


def hours(metric: str, name: str, first: int, end: int, day: datetime = MONDAY, **given: object) -> pl.DataFrame:
    """Return minutes of local hours [first, end) of a day."""
    return rows(metric, name, day + timedelta(hours=first), 60 * (end - first), **{"area": "96.01.01.1001"} | given)


def test_persons_are_added_over_zones_and_the_level_is_the_worst(warehouse: Warehouse) -> None:
    place(warehouse, "alun", camera("alun-1"), camera("alun-2"), zones=("alun-1/a", "alun-1/b", "alun-2/a"))
    level = {"level_ms": [60_000, 0, 0, 0, 0, 0]}
    put(
        warehouse,
        "crowd",
        hours("crowd", "alun-1", 9, 10, zone_id="a", person_ms=90_000, **level),
        hours("crowd", "alun-1", 9, 10, zone_id="b", person_ms=30_000, level_ms=[0, 0, 30_000, 30_000, 0, 0]),
        hours("crowd", "alun-2", 9, 10, zone_id="a", person_ms=60_000, saturated_ms=1, **level),
        hours("crowd", "alun-2", 9, 10, zone_id="b", person_ms=600_000, **level),  # no zone of the place
    )
    columns = (
        "name, area, persons_mean, person_minutes, level, is_lower_bound, cameras_reporting, cameras_total, reason"
    )
    found = ask(warehouse, "crowd_place_hour", "alun", f"coverage, {columns}", MONDAY + timedelta(hours=9))
    assert found[0] == (1.0, "Alun", "96.01.01.1001", 3.0, 180.0, "D", True, 2, 2, "")
    minute = ask(warehouse, "crowd_place_minute", "alun", "persons_mean, day_type", MONDAY + timedelta(hours=9))
    assert minute[0] == (3.0, "weekday")


def test_a_place_half_of_which_is_silent_has_no_figures(warehouse: Warehouse) -> None:
    place(warehouse, "half", camera("half-1"), camera("half-2"), zones=("half-1/a", "half-2/a"))
    put(warehouse, "crowd", hours("crowd", "half-1", 9, 10, zone_id="a", person_ms=60_000))
    columns = "coverage, persons_mean, level, reason, cameras_reporting, cameras_total"
    found = ask(warehouse, "crowd_place_hour", "half", columns, MONDAY + timedelta(hours=9))
    assert found[0] == (0.5, None, None, "low_coverage", 1, 2)


def test_a_dead_place_goes_on_saying_none_of_n(warehouse: Warehouse) -> None:
    place(warehouse, "dead", camera("dead-1"), zones=("dead-1/a",), gates=("dead-1/u",))
    put(warehouse, "crowd", hours("crowd", "elsewhere-1", 9, 10, zone_id="a"))
    put(warehouse, "visits", hours("visits", "elsewhere-1", 9, 10, line_id="u"))
    columns = "coverage, {}, reason, cameras_reporting, cameras_total, frames"
    for view, figure in (("crowd_place", "person_minutes"), ("visits_place", "entries")):
        for grain, at in (("hour", MONDAY + timedelta(hours=9)), ("day", MONDAY)):
            found = ask(warehouse, f"{view}_{grain}", "dead", columns.format(figure), at)
            assert found[0] == (0.0, None, "offline", 0, 1, 0)


@pytest.mark.parametrize("said", [("missed", "offline"), ("misread", "missed"), ("offline", "offline")])
def test_a_place_says_why_none_of_its_frames_were_read(warehouse: Warehouse, said: tuple[str, str]) -> None:
    """Frames that were lost, or that nobody can read, are not the cameras' silence; nor are they an area's."""
    first, name = said[0], f"why-{said[0]}"
    area = f"95.01.01.{1001 + words.REASONS.index(first)}"
    cameras = [camera(f"{name}-{n}", area) for n in range(2)]
    place(warehouse, name, *cameras, zones=tuple(f"{each.id}/a" for each in cameras))
    silent = {"frames": 0, "observed_ms": 0, "zone_id": "a"}
    for of, reason in zip(cameras, said, strict=True):
        of_reason = silent | {"area": area, "reason": words.REASONS.index(reason)}
        put(warehouse, "crowd", hours("crowd", of.id, 9, 10, **of_reason))
    at = MONDAY + timedelta(hours=9)
    for grain in ("minute", "hour"):
        assert {found for (found,) in ask(warehouse, f"crowd_place_{grain}", name, "reason", at)} == {first}
        which = f"area = '{area}' AND toStartOfHour(ts) = fromUnixTimestamp({int(at.timestamp())})"
        of_area = warehouse.query(f"SELECT DISTINCT reason FROM crowd_area_{grain} WHERE {which}").rows
        assert of_area == [(first,)]


def test_a_zone_counts_from_when_its_camera_is_valid_and_has_it(warehouse: Warehouse) -> None:
    noon = MONDAY + timedelta(hours=12)
    bare = Camera(id="new-1", area="96.01.01.1001", fps=10.0, metrics=("crowd",))
    cameras = (bare, camera("new-1", valid_from=noon), camera("new-2"))
    place(warehouse, "new", *cameras, zones=("new-1/a", "new-2/a"))
    put(warehouse, "crowd", hours("crowd", "new-2", 10, 14, zone_id="a"))
    columns = "coverage, cameras_total"
    found = ask(warehouse, "crowd_place_hour", "new", columns, MONDAY + timedelta(hours=10))[:4]
    assert found == [(1.0, 1), (1.0, 1), (0.5, 2), (0.5, 2)]


def test_a_day_on_which_the_first_camera_came_at_noon_is_null(warehouse: Warehouse) -> None:
    noon = MONDAY + timedelta(hours=12)
    place(warehouse, "siang", camera("siang-1", valid_from=noon), gates=("siang-1/u",))
    put(warehouse, "visits", hours("visits", "siang-1", 12, 24, line_id="u", entries_n=1))
    columns = "entries, entries_estimated, reason, coverage, cameras_reporting, cameras_total"
    assert ask(warehouse, "visits_place_day", "siang", columns) == [
        (None, None, "low_coverage (hours: 6, 7, 8, 9, 10, 11)", 1.0, 0, 1)
    ]


# --- days -------------------------------------------------------------------------------------------------------------


def test_a_day_counts_its_opening_hours_only(warehouse: Warehouse) -> None:
    place(warehouse, "pasar", camera("pasar-1"), gates=("pasar-1/u", "pasar-1/s"))
    put(
        warehouse,
        "visits",
        hours("visits", "pasar-1", 0, 24, line_id="u", entries_n=2, exits_n=1),
        hours("visits", "pasar-1", 0, 24, line_id="s", entries_n=1, exits_n=0),
    )
    columns = "entries, exits, entries_estimated, basis, reason, cameras_reporting, coverage, frames"
    minutes = 60 * (CLOSED - OPEN)
    found = ask(warehouse, "visits_place_day", "pasar", columns)
    assert found == [(3 * minutes, minutes, 3 * minutes, "entries", "", 1, 1.0, 2 * 600 * minutes)]


def test_a_day_without_its_evening_peak_is_null(warehouse: Warehouse) -> None:
    place(warehouse, "peak", camera("peak-1"), zones=("peak-1/a",), gates=("peak-1/u",))
    for metric, key in (("visits", {"line_id": "u", "entries_n": 1}), ("crowd", {"zone_id": "a", "person_ms": 60_000})):
        put(warehouse, metric, hours(metric, "peak-1", 0, 18, **key), hours(metric, "peak-1", 19, 24, **key))
    columns = "entries, entries_estimated, person_minutes, person_minutes_estimated, reason, cameras_reporting"
    found = ask(warehouse, "visits_place_day", "peak", f"coverage > 0.9, {columns}")
    assert found == [(True, None, None, None, None, "low_coverage (hours: 18)", 0)]
    found = ask(warehouse, "crowd_place_day", "peak", "coverage > 0.9, person_minutes, persons_mean, level, reason")
    assert found == [(True, None, None, None, "low_coverage (hours: 18)")]


def test_hours_at_the_day_s_end_without_any_row_are_unwatched(warehouse: Warehouse) -> None:
    place(warehouse, "early", camera("early-1"), gates=("early-1/u",))
    put(warehouse, "visits", hours("visits", "early-1", 0, 18, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "early", "entries, reason") == [
        (None, "low_coverage (hours: 18, 19, 20, 21, 22)")
    ]


def test_a_night_without_pictures_does_not_matter_to_a_closed_place(warehouse: Warehouse) -> None:
    place(warehouse, "closed", camera("closed-1"), gates=("closed-1/u",))
    put(warehouse, "visits", hours("visits", "closed-1", OPEN, CLOSED, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "closed", "entries, reason") == [(60 * (CLOSED - OPEN), "")]


def test_an_hour_dim_but_seen_is_scaled_in_the_estimate(warehouse: Warehouse) -> None:
    place(warehouse, "dim", camera("dimp-1"), gates=("dimp-1/u",))
    put(
        warehouse,
        "visits",
        hours("visits", "dimp-1", OPEN, 18, line_id="u", entries_n=2),
        hours("visits", "dimp-1", 18, 19, line_id="u", entries_n=2, observed_ms=30_000),
        hours("visits", "dimp-1", 19, CLOSED, line_id="u", entries_n=2),
    )
    found = ask(warehouse, "visits_place_day", "dim", "entries, entries_estimated, reason")
    assert found == [(None, 2 * 60 * (CLOSED - OPEN - 1) + 4 * 60, "low_coverage (hours: 18)")]


def test_a_place_open_over_midnight_has_the_hours_of_the_local_day(warehouse: Warehouse) -> None:
    place(warehouse, "malam", camera("malam-1"), gates=("malam-1/u",), hours=("18:00", "02:00"))
    put(warehouse, "visits", hours("visits", "malam-1", 0, 2, line_id="u", entries_n=5))
    assert ask(warehouse, "visits_place_day", "malam", "entries") == [(None,)]
    put(warehouse, "visits", hours("visits", "malam-1", 18, 24, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "malam", "entries, reason") == [(5 * 120 + 6 * 60, "")]


def test_a_place_without_hours_is_open_all_day(warehouse: Warehouse) -> None:
    place(warehouse, "selalu", camera("selalu-1"), gates=("selalu-1/u",), hours=())
    put(warehouse, "visits", hours("visits", "selalu-1", 2, 24, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "selalu", "entries") == [(None,)]
    put(warehouse, "visits", hours("visits", "selalu-1", 0, 2, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "selalu", "entries") == [(1440,)]


def test_opening_times_off_the_hour_count_by_quarters(warehouse: Warehouse) -> None:
    place(warehouse, "setengah", camera("setengah-1"), gates=("setengah-1/u",), hours=("06:30", "22:20"))
    put(warehouse, "visits", hours("visits", "setengah-1", 0, 24, line_id="u", entries_n=1))
    assert ask(warehouse, "visits_place_day", "setengah", "entries") == [(16 * 60,)]  # 6.30 to 22.30


def test_one_camera_that_lost_the_evening_leaves_the_day_if_the_others_cover_it(warehouse: Warehouse) -> None:
    cameras = [camera(f"lima-{n}") for n in range(5)]
    place(warehouse, "lima", *cameras, gates=tuple(f"{each.id}/u" for each in cameras))
    frames = [hours("visits", f"lima-{n}", OPEN, CLOSED, line_id="u", entries_n=1) for n in range(4)]
    put(warehouse, "visits", *frames, hours("visits", "lima-4", OPEN, 18, line_id="u", entries_n=1))
    columns = "entries, entries_estimated, cameras_reporting, cameras_total, reason"
    assert ask(warehouse, "visits_place_day", "lima", columns) == [(4 * 1020, None, 4, 5, "")]


# --- visits from a view of the square ---------------------------------------------------------------------------------


def test_passages_of_a_square_come_from_all_its_zones(warehouse: Warehouse) -> None:
    place(warehouse, "taman", camera("taman-1"), zones=("taman-1/a", "taman-1/b"))
    put(
        warehouse,
        "crowd",
        hours("crowd", "taman-1", 9, 10, zone_id="a", person_ms=90_000),
        hours("crowd", "taman-1", 9, 10, zone_id="b", person_ms=60_000),
    )
    put(
        warehouse,
        "stays",
        hours("stays", "taman-1", 9, 10, zone_id="a", stays_n=1, stays_hist=stayed(s60=1)),
        hours("stays", "taman-1", 9, 10, zone_id="b", stays_n=1, stays_hist=stayed(s60=1)),
    )
    columns = "basis, entries, person_minutes, stay_median_s, passages, cameras_reporting, cameras_total, reason"
    nine = MONDAY + timedelta(hours=9)
    assert ask(warehouse, "visits_place_hour", "taman", columns, nine)[0] == (
        "lintasan", None, 150.0, 75.0, 150 * 60 / 75, 1, 1, "",
    )  # fmt: skip
    assert ask(warehouse, "visits_place_minute", "taman", columns, nine)[0] == (
        "lintasan", None, 2.5, None, None, 1, 1, "few_samples",
    )  # fmt: skip


# --- the plain recomputation ------------------------------------------------------------------------------------------


ADDED = MONDAY + timedelta(days=1, hours=10)


@pytest.fixture(scope="module")
def random_place(warehouse: Warehouse) -> pl.DataFrame:
    """A place of four zones over three days: one camera dies, one is added; hours are lost. Returns its minutes."""
    generator = np.random.default_rng(5)
    cameras = (camera("acak-1"), camera("acak-2"), camera("acak-3", valid_from=ADDED))
    zones = ("acak-1/a", "acak-1/b", "acak-2/a", "acak-3/a")
    place(warehouse, "acak", *cameras, zones=zones, hours=("06:00", "10:00"))
    spans = {"acak-1": (0, 4320), "acak-2": (0, 2 * 1440 + 480), "acak-3": (1440 + 600, 4320)}
    frames = []
    for zone in zones:
        name, _, key = zone.partition("/")
        first, end = spans[name]
        count = end - first
        lost = np.repeat(generator.random(count // 20 + 1) < 0.06, 20)[:count]
        observed = np.where(lost, 0, np.where(generator.random(count) < 0.1, 30_000, 60_000))
        level = generator.integers(0, 10_000, (count, len(LEVELS)))
        made = {
            "ts": np.datetime64(MONDAY.replace(tzinfo=None), "us") + np.arange(first, end) * np.timedelta64(1, "m"),
            "observed_ms": observed,
            "frames": observed // 100,
            "person_ms": generator.integers(0, 300_000, count) * (observed > 0),
            "level_ms": (level * (observed > 0)[:, None]).tolist(),
        }
        base = rows("crowd", name, MONDAY, area="96.01.01.1001", zone_id=key)
        frame = pl.DataFrame(made).with_columns(pl.col("ts").dt.replace_time_zone("UTC"))
        frames.append(base.drop(list(made)).join(frame, how="cross").select(base.columns))
    held = pl.concat(frames)
    put(warehouse, "crowd", held.sample(fraction=1, shuffle=True, seed=3))
    return held


def _zones(held: pl.DataFrame, grain: str) -> pl.DataFrame:
    names = [f"level_{n}" for n in range(len(LEVELS))]
    flat = held.with_columns(pl.col("level_ms").list.to_struct(fields=names)).unnest("level_ms")
    flat = flat.with_columns(pl.col("person_ms", *names).cast(pl.Int64))
    return plain.windows(flat, grain, ["zone_id"], ["person_ms", *names])


def _due(camera_id: str, at: datetime, length: timedelta) -> bool:
    return camera_id != "acak-3" or at + length > ADDED


@pytest.mark.parametrize("grain", ["quarter", "hour"])
def test_windows_of_places_equal_a_plain_recomputation(warehouse: Warehouse, random_place, grain: str) -> None:
    length = plain.LENGTH[grain]
    found = _zones(random_place, grain)
    asked = ask(warehouse, f"crowd_place_{grain}", "acak", "ts, coverage, persons_mean, person_minutes, level, "
                "cameras_reporting, cameras_total", days=3)  # fmt: skip
    wanted = []
    for n in range(timedelta(days=3) // length):
        at = MONDAY + n * length
        here = found.filter(pl.col("at") == at)
        due = [zone for zone in ("acak-1", "acak-1", "acak-2", "acak-3") if _due(zone, at, length)]
        expected = here["expected_ms"].sum() + (len(due) - here.height) * (length // timedelta(milliseconds=1))
        coverage = here["observed_ms"].sum() / expected
        good = here.filter("published")
        shown = _shown(good) if coverage >= 0.8 else (None, None, None)
        wanted.append((at, coverage, *shown, good["camera_id"].n_unique(), len(set(due))))
    assert asked == wanted
    assert {None} < {row[4] for row in wanted}


def _shown(good: pl.DataFrame) -> tuple:
    level = good.select(f"level_{n}" for n in range(len(LEVELS))).to_numpy()[:, ::-1]
    worst = LEVELS[int((len(LEVELS) - 1 - level.argmax(axis=1)).max())]
    each = (1000 * good["person_ms"] + good["observed_ms"] // 2) // good["observed_ms"]
    return int(each.sum()) / 1000, good["person_ms"].sum() / 60_000, worst


def test_days_of_places_equal_a_plain_recomputation(warehouse: Warehouse, random_place) -> None:
    found = _zones(random_place, "hour")
    asked = ask(warehouse, "crowd_place_day", "acak", "coverage, persons_mean, person_minutes, level, "
                "person_minutes_estimated, cameras_reporting, cameras_total", days=3)  # fmt: skip
    hour = timedelta(hours=1)
    wanted = []
    for day in range(3):
        opening = [MONDAY + timedelta(days=day, hours=h) for h in range(6, 10)]
        due = {(z, at) for z in ("1/a", "1/b", "2/a", "3/a") for at in opening if _due(f"acak-{z[0]}", at, hour)}
        here = found.filter(pl.col("at").is_in(opening))
        missing = len(due) - here.height
        each = {
            at: (here.filter(pl.col("at") == at)["observed_ms"].sum() / (3_600_000 * sum(d[1] == at for d in due)))
            for at in opening
        }
        good = here.filter("published")
        whole = good.group_by("camera_id", "zone_id").len().filter(pl.col("len") == 4)
        good = good.join(whole, on=["camera_id", "zone_id"], how="semi")  # others saw other hours
        sums = good.group_by("camera_id", "zone_id").agg(pl.sum("observed_ms", "person_ms", "^level_.$"))
        shown = _shown(sums) if min(each.values()) >= 0.8 and whole.height else (None, None, None)
        scaled = (here["person_ms"] * here["expected_ms"] + here["observed_ms"] // 2) // here["observed_ms"].clip(1)
        blind = missing or (here["observed_ms"] == 0).any()
        coverage = here["observed_ms"].sum() / (3_600_000 * len(due))
        wanted.append((coverage, *shown, None if blind else scaled.sum() / 60_000, whole["camera_id"].n_unique(),
                       len({zone[0] for zone, _ in due})))  # fmt: skip
    assert asked == wanted
    assert {row[1] is None for row in wanted} == {True, False}


def test_storing_the_same_places_again_changes_nothing(warehouse: Warehouse) -> None:
    given = {"zones": ("sama-1/a",), "gates": ("sama-2/u",), "hours": ("22:00", "24:00")}
    cameras = (camera("sama-1", "96.02.01.1001"), camera("sama-2", "96.02.02.1001"))
    seen = []
    for _ in range(2):
        place(warehouse, "sama", *cameras, **given)
        seen.append(warehouse.query("SELECT * FROM places WHERE place_id = 'sama'").rows)
    assert seen[0] == seen[1] == [("sama", "Sama", "96.02", ["sama-1/a"], ["sama-2/u"], 1320, 1440)]


def test_a_place_that_comes_alone_supersedes_its_older_version(warehouse: Warehouse) -> None:
    place(warehouse, "lagi", camera("lagi-1"), zones=("lagi-1/a",))
    for name in ("Baru", "Terbaru"):
        warehouse.store_registry(Registry(place=(Place(id="lagi", name=name, zones=("lagi-1/a",)),)))
        found = warehouse.query("SELECT name, opens, closes FROM places WHERE place_id = 'lagi'").rows
        assert found == [(name, 0, 1440)]
