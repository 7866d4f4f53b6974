"""Roads in the warehouse: lines summed to cross-sections by the hour's equivalents, NULL where a part is unseen."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from connectors.warehouse.roads import common_area
from schemas.registry import Road
from schemas.views.roads import ROAD_FIGURES

from .minutes import AREA, rows
from .road_rows import MIDNIGHT, NOON, QUARTER_MS, SHOWN, ask, register, ruas, watched
from .test_warehouse_figures import COMMON


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


@pytest.fixture
def put(warehouse: Warehouse):
    def insert(*frames: pl.DataFrame) -> None:
        warehouse.insert("flow_minute_log", pl.concat(frames))
        warehouse.roll()

    return insert


@pytest.mark.parametrize("grain", ["quarter", "hour", "day"])
def test_road_views_have_the_columns_that_people_rely_on(warehouse: Warehouse, grain: str) -> None:
    have = set(warehouse.query(f"SELECT * FROM road_{grain} LIMIT 0").column_names)
    assert (COMMON | {"road", "direction", "peak_hour", "phf"} | set(SHOWN.split(", "))) - have == set()
    assert have - COMMON - set(ROAD_FIGURES) == set()


# --- golden -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("motorcycles", "smp", "row"),
    [(1349, 1139.5, "mkji1997 2/2 UD <=6m <1800"), (1350, 932.5, "mkji1997 2/2 UD <=6m >=1800")],
)
def test_the_cliff_of_the_table(warehouse: Warehouse, put, motorcycles: int, smp: float, row: str) -> None:
    road = f"tebing-{motorcycles}"
    register(warehouse, ruas(road, width_m=6.0))
    first = watched(road, car_n=400, truck_n=50, motorcycle_n=motorcycles)[:1]
    put(first, watched(road)[1:])
    assert ask(warehouse, "hour", road, "vehicles, smp_per_hour, emp_row, reason") == [
        (450 + motorcycles, smp, row, "")
    ]
    quarters = ask(warehouse, "quarter", road, "smp_per_hour, emp_row")
    assert [one[1] for one in quarters] == [row] * 4
    assert quarters[0][0] == 4 * smp


def test_both_ways_choose_the_row_together_and_persons_bicycles_and_others_are_no_traffic(warehouse, put) -> None:
    register(warehouse, ruas("arah"))
    other = {"person_n": 900, "bicycle_n": 900, "other_n": 900}
    put(watched("arah", motorcycle_n=225, **other), watched("arah", direction="keluar", motorcycle_n=225, **other))
    found = ask(warehouse, "hour", "arah", "direction, vehicles, smp_per_hour, emp_row")
    assert found == [("both", 1800, 450.0, "mkji1997 2/2 UD >6m >=1800")]


def test_a_divided_road_has_figures_of_each_direction(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("pahlawan", "pahlawan-a/utara", "pahlawan-b/utara", kind="4/2 D"))
    put(
        watched("pahlawan-a", car_n=100),
        watched("pahlawan-b", car_n=10),
        watched("pahlawan-b", direction="keluar", car_n=1),
    )
    found = ask(warehouse, "hour", "pahlawan", "direction, vehicles, capacity, camera_id, area")
    assert found == [("keluar", 4, 3300.0, "pahlawan-b", AREA), ("masuk", 440, 3300.0, "", AREA)]


def test_against_a_one_way_street_nobody_is_traffic(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("searah", kind="2/1"), ruas("dua-arah", kind="4/2 D"), ruas("tanpa-nama", kind="2/1"))
    put(
        *(watched(name, direction=side) for name in ("searah", "dua-arah") for side in ("masuk", "to_left")),
        *(watched("tanpa-nama", direction=side) for side in ("to_right", "to_left")),
    )
    assert ask(warehouse, "hour", "searah", "direction") == [("masuk",)]
    assert ask(warehouse, "hour", "dua-arah", "direction") == [("masuk",), ("to_left",)]
    assert ask(warehouse, "hour", "tanpa-nama", "direction") == [("to_left",), ("to_right",)]


@pytest.mark.parametrize(
    ("signal", "found"),
    [
        pytest.param({"saturation_flow": 3600.0, "green_s": 30.0, "cycle_s": 90.0}, (1200.0, 0.2, "A", ""), id="timed"),
        pytest.param({"saturation_flow": 3600.0}, (None, None, None, "no_signal_data"), id="not timed"),
    ],
)
@pytest.mark.parametrize("grain", ["quarter", "hour"])
def test_an_approach_without_signal_data_has_flow_alone(warehouse, put, signal, found, grain) -> None:
    name = f"simpang-{len(signal)}-{grain}"
    register(warehouse, Road(name, "pendekat", lines=(f"{name}/utara",), **signal))
    put(watched(name, motorcycle_n=300))
    expected = (1200 if grain == "hour" else 300, 240.0, "mkji1997 pendekat P", *found)
    assert ask(warehouse, grain, name, "vehicles, smp_per_hour, emp_row, capacity, dj, los, reason")[0] == expected


LEVELS = {
    (400, 8): "A", (400, 5): "E", (400, 3): "F", (500, 8): "B", (600, 8): "D", (700, 8): "E", (800, 8): "F",
    (800, 5): "F",
}  # fmt: skip
"""Cars a quarter and their speed [m/s], where 50 km/h is free flow and 2900 smp/h the capacity."""


def test_the_level_of_service_by_saturation_and_by_speed(warehouse: Warehouse, put) -> None:
    register(warehouse, *(ruas(f"los-{cars}-{mps}", free_flow_kmh=50.0) for cars, mps in LEVELS))
    put(*(watched(f"los-{n}-{mps}", car_n=n, car_speed_n=10, car_speed_sum=10_000 * mps) for n, mps in LEVELS))
    shown = "los, speed_mean_kmh, near_saturation"
    found = {(n, mps): ask(warehouse, "hour", f"los-{n}-{mps}", shown) for n, mps in LEVELS}
    assert found == {(n, mps): [(level, 3.6 * mps, n * 4 > 0.85 * 2900)] for (n, mps), level in LEVELS.items()}


# --- unseen -----------------------------------------------------------------------------------------------------------


def test_a_part_of_a_cross_section_is_not_the_road(warehouse: Warehouse, put) -> None:
    register(
        warehouse, ruas("bagian", "bagian-a/utara", "bagian-b/utara"), ruas("absen", "bagian-a/utara", "absen-b/utara")
    )
    put(
        watched("bagian-a", car_n=10),
        watched("bagian-b", car_n=10, observed_ms=0, frames=0, reason=3),
        watched("bagian-a", NOON + timedelta(hours=1), car_n=10),
        watched("bagian-b", NOON + timedelta(hours=1), car_n=10),
    )
    figures_ = f"reason, coverage, {SHOWN}"
    silent = (*[None] * 3, 2900.0, *[None] * 4)
    whole = (80, 80.0, "mkji1997 2/2 UD >6m <1800", 2900.0, 80 / 2900, "A", False, None)
    assert ask(warehouse, "hour", "bagian", figures_) == [("dark", 0.0, *silent), ("", 1.0, *whole)]
    assert ask(warehouse, "hour", "absen", figures_) == [("offline", 0.0, *silent)] * 2


def test_one_dim_carriageway_leaves_the_whole_divided_road_without_figures(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("belah", "belah-a/utara", "belah-b/utara", kind="4/2 D"))
    put(watched("belah-a", car_n=10), watched("belah-b", direction="keluar", car_n=10, observed_ms=450_000, reason=3))
    found = ask(warehouse, "hour", "belah", "direction, vehicles, dj, reason, coverage")
    assert found == [(side, None, None, "dark", 0.5) for side in ("keluar", "masuk")]


def test_a_quarter_of_an_unpublished_hour_has_vehicles_but_no_equivalents(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("jam"))
    one = watched("jam", car_n=10)
    put(one[:1], watched("jam", car_n=10, observed_ms=300_000, reason=3)[1:])
    shown = ask(warehouse, "quarter", "jam", "vehicles, smp_per_hour, emp_row, dj, los, reason")
    assert shown == [(10, None, None, None, None, "dark"), *[(None, None, None, None, None, "dark")] * 3]


def a_day(road: str, busy: dict[int, int], **given: object) -> list[pl.DataFrame]:
    """Return a local day with one car a quarter, or as many as `busy` says of an hour."""
    return [watched(road, MIDNIGHT + timedelta(hours=n), car_n=busy.get(n, 1), **given) for n in range(24)]


def test_a_day_has_its_volume_and_its_peak_hour(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("puncak", free_flow_kmh=40.0))
    uneven = watched("puncak", MIDNIGHT + timedelta(hours=17)).with_columns(car_n=pl.Series([500, 300, 400, 400]))
    calm = a_day("puncak", {7: 300}, car_speed_n=1, car_speed_sum=10_000)
    put(*calm[:17], uneven, *calm[18:])
    columns = f"toString(local_ts), {SHOWN}, vehicles_estimated, toString(peak_hour), phf, reason"
    peak = (1600.0, "mkji1997 2/2 UD >6m <1800", 2900.0, 1600 / 2900, "A", False, 36.0)
    volume = 22 * 4 + 1200 + 1600
    assert ask(warehouse, "day", "puncak", columns) == [
        ("2026-02-02 00:00:00", volume, *peak, volume, "2026-02-02 17:00:00", 0.8, "")
    ]


def test_the_speed_of_the_peak_hour_makes_its_level(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("macet", free_flow_kmh=40.0))
    calm = a_day("macet", {8: 300}, car_speed_n=9, car_speed_sum=90_000)
    jam = watched("macet", MIDNIGHT + timedelta(hours=8), car_n=300, car_speed_n=1, car_speed_sum=3_000)
    put(*calm[:8], jam, *calm[9:])
    assert ask(warehouse, "day", "macet", "los, dj < 0.5, speed_mean_kmh > 30") == [("F", True, True)]


def test_the_first_of_equal_hours_is_the_peak(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("sama"))
    put(*a_day("sama", {9: 50, 16: 50}))
    assert ask(warehouse, "day", "sama", "toHour(peak_hour), phf") == [(9, 1.0)]


def test_the_peak_is_that_of_vehicles_though_fewer_have_more_smp(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("smp", width_m=6.0))
    before = watched("smp", MIDNIGHT + timedelta(hours=7), car_n=100, motorcycle_n=340)
    after = watched("smp", MIDNIGHT + timedelta(hours=8), car_n=100, motorcycle_n=360)
    put(*a_day("smp", {})[:7], before, after, *a_day("smp", {})[9:])
    assert [round(row[0]) for row in ask(warehouse, "hour", "smp", "smp_per_hour")][7:9] == [1080, 904]
    assert ask(warehouse, "day", "smp", "toHour(peak_hour), smp_per_hour") == [(8, 904.0)]


def before(road: str, busy: dict[int, int]) -> list[pl.DataFrame]:
    """Return the Friday before that day, which says what is usual."""
    return [frame.with_columns(pl.col("ts") - timedelta(days=3)) for frame in a_day(road, busy)]


def test_a_day_without_its_evening_peak_is_not_a_day(warehouse: Warehouse, put) -> None:
    register(
        warehouse, ruas("gelap"), ruas("hilang"), ruas("mati"), ruas("separuh", "separuh/utara", "separuh-b/utara")
    )
    dim = watched("gelap", MIDNIGHT + timedelta(hours=17), car_n=8, observed_ms=450_000, reason=3)
    dead = watched("mati", MIDNIGHT + timedelta(hours=17), observed_ms=0, frames=0, reason=1)
    put(
        *a_day("gelap", {})[:17], dim, *a_day("gelap", {})[18:],
        *a_day("mati", {})[:17], dead, *a_day("mati", {})[18:],
        *a_day("hilang", {})[:17], *a_day("hilang", {})[18:],
        *a_day("separuh", {}), *a_day("separuh-b", {})[:17], *a_day("separuh-b", {})[18:],
        *(each for name in ("gelap", "hilang", "mati", "separuh", "separuh-b") for each in before(name, {17: 5})),
    )  # fmt: skip
    columns = "reason, coverage > 0.9, vehicles, peak_hour, smp_per_hour, dj, los, phf, vehicles_estimated"

    def lacks(road: str) -> list[tuple]:
        return ask(warehouse, "day", road, columns)[-1:]

    nothing = [None] * 6
    assert lacks("gelap") == [("dark (hours: 17)", True, *nothing, 23 * 4 + 64)]
    assert lacks("mati") == [("offline (hours: 17)", True, *nothing, None)]
    assert lacks("hilang") == [("low_coverage (hours: 17)", True, *nothing, None)]
    assert lacks("separuh") == [("offline (hours: 17)", True, *nothing, None)]


def test_a_day_without_a_quiet_hour_is_one_with_that_hour_as_usual(warehouse: Warehouse, put) -> None:
    """3 of 100 usual vehicles pass between two and three: of 97 counted, 100 are estimated."""
    register(warehouse, ruas("lengang"))
    busy = {n: 0 for n in range(24)} | {2: 3, 7: 47, 17: 50}
    put(*a_day("lengang", busy)[:2], *a_day("lengang", busy)[3:], *before("lengang", busy))
    columns = "reason, hours_missing, vehicles, vehicles_estimated, toString(peak_hour), clock_hour_vehicles"
    assert ask(warehouse, "day", "lengang", columns)[-1] == ("", [2], 388, 400, "2026-02-02 17:00:00", 200)


def test_an_empty_day_has_no_peak(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("kosong"))
    put(*(frame.with_columns(car_n=pl.lit(0)) for frame in a_day("kosong", {})))
    assert ask(warehouse, "day", "kosong", "vehicles, dj, los, peak_hour, phf, reason") == [
        (0, 0.0, "A", None, None, "few_samples")
    ]


def test_an_unseen_quarter_is_in_no_peak_hour(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("rumpang"))
    peak = watched("rumpang", MIDNIGHT + timedelta(hours=7), car_n=80)
    short = peak.with_columns(observed_ms=pl.Series([QUARTER_MS, QUARTER_MS, QUARTER_MS, 700_000]))
    put(*a_day("rumpang", {})[:7], short, *a_day("rumpang", {})[8:])
    columns = "toString(peak_hour), phf, toHour(clock_hour), clock_hour_vehicles, los, reason"
    found = ask(warehouse, "day", "rumpang", columns)
    assert found == [("2026-02-02 06:45:00", 241 / 320, 7, 320, "A", "")]


def test_the_peak_hour_is_four_quarters_and_the_clock_hour_stands_beside_it(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("geser"))
    five = watched("geser", MIDNIGHT + timedelta(hours=16)).with_columns(car_n=pl.Series([10, 20, 90, 100]))
    six = watched("geser", MIDNIGHT + timedelta(hours=17)).with_columns(car_n=pl.Series([110, 70, 60, 10]))
    put(*a_day("geser", {})[:16], five, six, *a_day("geser", {})[18:])
    columns = "toString(peak_hour), peak_hour_vehicles, phf, toString(clock_hour), clock_hour_vehicles"
    found = ask(warehouse, "day", "geser", columns)
    assert found == [("2026-02-02 16:30:00", 370, 370 / 440, "2026-02-02 17:00:00", 250)]


def test_a_rate_is_said_for_windows_and_for_days(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("laju"))
    put(watched("laju", car_n=9, observed_ms=810_000))
    for grain, n in (("quarter", 4), ("hour", 1), ("day", 1)):
        found = ask(warehouse, grain, "laju", "vehicles_per_hour, vehicles * 3600000 / observed_ms")
        assert found == [(40.0, 40.0)] * n


# --- jams -------------------------------------------------------------------------------------------------------------

LANES = {
    # tracked vehicles on average, share standing, km/h of the lane (None: not calibrated) -> level of service
    "berdiri": (20, 0.75, 3.4, "F"),
    "tanpa-kalibrasi": (20, 0.75, None, "F"),
    "merayap": (20, 0.30, 18.0, "E"),
    "separuh-berdiri": (20, 0.55, None, "E"),
    "lampu-merah": (8, 0.45, 24.0, "A"),
    "satu-gerobak": (1, 0.95, 1.0, "A"),
}


@pytest.mark.parametrize("name", LANES)
def test_a_jam_is_not_level_a(warehouse: Warehouse, put, name: str) -> None:
    """Few cross in a jam, and those who do are not the slow ones: the lane zones say how fast the others are."""
    vehicles, share, kmh, level = LANES[name]
    register(warehouse, ruas(name, free_flow_kmh=40.0))
    tracked = vehicles * QUARTER_MS
    lane = {
        "tracked_ms": tracked,
        "vehicle_ms": tracked,
        "standing_ms": round(share * tracked),
        "occupied_ms": QUARTER_MS,
    }
    if kmh is not None:
        lane |= {"timed_ms": tracked, "way_mm": round(kmh / 3.6 * tracked)}
    put(watched(name, car_n=60, car_speed_n=60, car_speed_sum=60 * 8_778))
    seen = {"expected_ms": QUARTER_MS, "observed_ms": QUARTER_MS, "zone_id": "lajur"}
    spans = [rows("congestion", name, NOON + timedelta(minutes=15 * n), **seen, **lane) for n in range(4)]
    warehouse.insert("congestion_minute_log", pl.concat(spans))
    warehouse.roll()
    for grain, n in (("quarter", 4), ("hour", 1)):
        found = ask(warehouse, grain, name, "los, round(speed_mean_kmh, 1), dj < 0.6")
        speed = 31.6 if level == "A" else kmh
        assert found == [(level, speed, True)] * n


def test_a_signal_s_queue_is_no_jam_before_it_waits_for_a_second_green(warehouse: Warehouse, put) -> None:
    for name, share, level in (("antre", 0.75, "A"), ("antre-panjang", 0.9, "F")):
        signal = {"saturation_flow": 3600.0, "green_s": 40.0, "cycle_s": 120.0}
        register(warehouse, Road(name, "pendekat", lines=(f"{name}/utara",), **signal))
        put(watched(name, car_n=10))
        lane = {"tracked_ms": 10 * QUARTER_MS, "standing_ms": round(share * 10 * QUARTER_MS)}
        seen = {"expected_ms": QUARTER_MS, "observed_ms": QUARTER_MS}
        warehouse.insert("congestion_minute_log", rows("congestion", name, NOON, **seen, **lane))
        warehouse.roll()
        assert ask(warehouse, "quarter", name, "los")[:1] == [(level,)]


# --- storing and reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "area"),
    [
        (["33.74.07.1005"], "33.74.07.1005"),
        (["33.74.07.1005", "33.74.07.1005.002"], "33.74.07.1005"),
        (["33.74.07.1005", "33.74.07.1006"], "33.74.07"),
        (["33.74.07.1005", "33.74.70.1005"], "33.74"),
        (["33.74", "00"], ""),
        ([], ""),
    ],
)
def test_a_road_stands_where_all_its_cameras_do(codes: list[str], area: str) -> None:
    assert common_area(codes) == area


def test_the_newest_registration_of_a_road_counts(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("ulang", factors={"FCsf": 0.9, "FCw": 1.0}, city_millions=1.7))
    version = "SELECT version FROM roads_log FINAL WHERE road = 'ulang'"
    first = warehouse.query(version).rows
    register(warehouse, ruas("ulang", kind="4/2 UD", width_m=14.0))
    assert warehouse.query(version).rows > first
    stored = warehouse.query(
        "SELECT type, lanes, width_m, capacity, area, lines FROM roads_log FINAL WHERE road = 'ulang'"
    )
    assert stored.rows == [("4/2 UD", 4, 14.0, 6000.0, AREA, ["ulang/utara"])]
    put(watched("ulang", motorcycle_n=925))
    assert ask(warehouse, "hour", "ulang", "emp_row") == [("mkji1997 4/2 UD >=3700",)]


def test_factors_are_stored_as_given(warehouse: Warehouse) -> None:
    register(warehouse, ruas("faktor", factors={"FCsf": 0.9, "FCw": 1.0}), Road("tipe-o", "pendekat", protected=False))
    rows_ = warehouse.query(
        "SELECT road, type, factors['FCsf'], capacity FROM roads_log FINAL "
        "WHERE road IN ('faktor', 'tipe-o') ORDER BY road"
    ).rows
    assert rows_ == [("faktor", "2/2 UD", 0.9, 2900 * 0.9), ("tipe-o", "O", 0.0, 0.0)]


def test_a_correction_and_a_forgotten_camera_reach_the_road(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("koreksi", "koreksi-a/utara", "koreksi-b/utara"))
    put(watched("koreksi-a", car_n=10), watched("koreksi-b", car_n=10))
    put(watched("koreksi-a", car_n=20, rev=1))
    assert ask(warehouse, "hour", "koreksi", "vehicles, revision") == [(120, 1)]
    warehouse.forget("koreksi-b")
    assert ask(warehouse, "hour", "koreksi", "vehicles, reason") == [(None, "offline")]


def test_windows_at_the_edge_of_a_question_are_whole(warehouse: Warehouse, put) -> None:
    register(warehouse, ruas("tepi", width_m=6.0))
    put(*a_day("tepi", {n: 600 for n in range(24)}))
    whole = {grain: ask(warehouse, grain, "tepi", "*") for grain in ("quarter", "hour", "day")}
    last = MIDNIGHT + timedelta(hours=5, minutes=45)
    sql = f"SELECT * FROM road_quarter WHERE road = 'tepi' AND ts = fromUnixTimestamp({int(last.timestamp())})"
    assert warehouse.query(sql).rows == [whole["quarter"][23]]
    sql = "SELECT * FROM road_{} WHERE road = 'tepi' AND toDate(local_ts) = '2026-02-02' ORDER BY ts"
    assert {grain: warehouse.query(sql.format(grain)).rows for grain in whole} == whole
