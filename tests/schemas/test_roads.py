"""Roads by their tables: equivalents, capacity, saturation and level of service."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import load_areas
from schemas.errors import RegistryError
from schemas.registry import Road
from schemas.registry.check import parse
from schemas.roads import EMP_TABLES, FC_SPLIT, FC_WIDTH, HOUR_MS, TYPES, capacity
from tests.schemas.road_reference import LineFlow, emp, emp_case, figures, los, rates

CONTRACT = (Path(__file__).parent / "contract.toml").read_text()


def road(type_: str = "2/2 UD", **given: object) -> Road:
    return Road(id="jalan", kind="ruas", type=type_, **given)


def approach(**given: object) -> Road:
    return Road(id="simpang", kind="pendekat", **given)


def hour(light: int = 0, heavy: int = 0, motorcycle: int = 0, observed_ms: int = HOUR_MS, **given: int) -> LineFlow:
    return LineFlow(light, heavy, motorcycle, observed_ms, **given)


@pytest.mark.parametrize(
    ("motorcycles", "smp", "row"),
    [(1349, 1139.5, "mkji1997 2/2 UD <=6m <1800"), (1350, 932.5, "mkji1997 2/2 UD <=6m >=1800")],
)
def test_the_table_has_a_cliff_and_the_row_says_on_which_side(motorcycles: int, smp: float, row: str) -> None:
    found = figures(road(width_m=6.0), [hour(400, 50, motorcycles)])
    assert (found.smp_per_hour, found.emp_row) == (smp, row)


EDGES = [
    pytest.param(road(width_m=6.0), 1799, 1800, (130, 50), (120, 35), id="2/2 UD narrow"),
    pytest.param(road(width_m=6.1), 1799, 1800, (130, 40), (120, 25), id="2/2 UD wide"),
    pytest.param(road(), 1799, 1800, (130, 40), (120, 25), id="2/2 UD of unknown width: the base case's 7 m"),
    pytest.param(road("4/2 UD"), 3699, 3700, (130, 40), (120, 25), id="4/2 UD"),
    pytest.param(road("4/2 D"), 2100, 2101, (130, 40), (120, 25), id="4/2 D: 1050 a lane"),
    pytest.param(road("2/1"), 2100, 2101, (130, 40), (120, 25), id="2/1: 1050 a lane"),
    pytest.param(road("6/2 D"), 3300, 3301, (130, 40), (120, 25), id="6/2 D: 1100 a lane"),
    pytest.param(road("3/1"), 3300, 3301, (130, 40), (120, 25), id="3/1: 1100 a lane"),
    pytest.param(approach(), 0, 9999, (130, 20), (130, 20), id="protected approach"),
    pytest.param(approach(protected=False), 0, 9999, (130, 40), (130, 40), id="opposed approach"),
]


@pytest.mark.parametrize(("of", "low", "high", "below", "above"), EDGES)
def test_equivalents_change_where_the_table_says(of: Road, low: int, high: int, below, above) -> None:
    assert emp(of, rates([hour(motorcycle=low)]))[1:] == below
    assert emp(of, rates([hour(light=high)]))[1:] == above


def test_every_road_has_its_case_in_every_table() -> None:
    ways = [*(road(name) for name in TYPES), road(width_m=5.0), approach(), approach(protected=False)]
    assert {emp_case(way) for way in ways} == set(EMP_TABLES["mkji1997"])


CAPACITIES = [
    pytest.param(road(width_m=7.0), 2900.0, id="2/2 UD"),
    pytest.param(road(width_m=6.0), 2900 * 0.87, id="2/2 UD, 6 m"),
    pytest.param(road(width_m=4.0), 2900 * 0.56, id="narrower than the table"),
    pytest.param(road(width_m=12.0), 2900 * 1.34, id="wider than the table"),
    pytest.param(road(), 2900.0, id="unknown width"),
    pytest.param(road(split=60.0), 2900 * 0.94, id="2/2 UD, 60-40"),
    pytest.param(road("4/2 UD", width_m=14.0), 6000.0, id="4/2 UD, both ways"),
    pytest.param(road("4/2 UD", split=55.0), 6000 * 0.985, id="4/2 UD, 55-45"),
    pytest.param(road("4/2 D", width_m=14.0), 3300.0, id="4/2 D, a direction"),
    pytest.param(road("4/2 D", width_m=12.0), 3300 * 0.92, id="4/2 D, lanes of 3 m"),
    pytest.param(road("4/2 D", split=70.0), 3300.0, id="a divided road has no split"),
    pytest.param(road("6/2 D", width_m=21.0), 4950.0, id="6/2 D, a direction"),
    pytest.param(road("2/1", width_m=8.0), 3300 * 1.08, id="2/1, lanes of 4 m"),
    pytest.param(road("3/1"), 4950.0, id="3/1"),
    pytest.param(road(city_millions=1.7), 2900.0, id="a city of 1.7 million"),
    pytest.param(road(city_millions=0.4), 2900 * 0.90, id="a town"),
    pytest.param(road(city_millions=9.0), 2900 * 1.04, id="a big city"),
    pytest.param(road(factors={"FCsf": 0.82}), 2900 * 0.82, id="side friction from the registry"),
    pytest.param(road(width_m=6.0, factors={"FCw": 1.0}), 2900.0, id="the registry's factor before the table's"),
    pytest.param(approach(saturation_flow=3000.0, green_s=30.0, cycle_s=90.0), 1000.0, id="approach"),
    pytest.param(approach(saturation_flow=3000.0), 0.0, id="approach without signal data"),
]


@pytest.mark.parametrize(("of", "expected"), CAPACITIES)
def test_capacity_is_the_base_times_its_factors(of: Road, expected: float) -> None:
    assert capacity(of) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("table", [*FC_WIDTH.values(), *FC_SPLIT.values()])
def test_factors_follow_width_and_split_one_way(table) -> None:
    at, values = table
    assert len(at) == len(values)
    assert list(at) == sorted(at)
    assert list(values) in (sorted(values), sorted(values, reverse=True))
    assert 1.0 in values


@given(st.sampled_from(list(TYPES)), st.floats(2, 40), st.floats(2, 40))
def test_a_wider_road_carries_no_less(name: str, one: float, other: float) -> None:
    narrow, wide = sorted((one, other))
    assert capacity(road(name, width_m=narrow)) <= capacity(road(name, width_m=wide))


@pytest.mark.parametrize(
    ("dj", "level"),
    [(0.0, "A"), (0.6, "A"), (0.7, "B"), (0.8, "C"), (0.9, "D"), (1.0, "E"), (9.0, "F")]
    + [(math.nextafter(bound, 2), level) for bound, level in zip((0.6, 0.7, 0.8, 0.9, 1.0), "BCDEF", strict=True)],
)
def test_the_level_follows_saturation(dj: float, level: str) -> None:
    assert los(dj, None, 40.0) == level
    assert los(dj, 40.0, None) == level


@pytest.mark.parametrize(
    ("dj", "speed_kmh", "level"),
    [
        pytest.param(0.1, 20.0, "A", id="half of free flow is no jam"),
        pytest.param(0.1, 19.9, "E", id="below half"),
        pytest.param(0.1, 12.0, "E", id="at 30 %"),
        pytest.param(0.1, 11.9, "F", id="below 30 %"),
        pytest.param(0.1, 0.0, "F", id="nearly standing"),
        pytest.param(1.2, 19.9, "F", id="speed never betters a level"),
        pytest.param(1.2, 50.0, "F", id="nor a fast one"),
    ],
)
def test_a_jam_has_a_low_count_and_its_speed_tells(dj: float, speed_kmh: float, level: str) -> None:
    assert los(dj, speed_kmh, 40.0) == level


def test_saturation_at_a_bound_is_exact() -> None:
    found = figures(road(), [hour(light=1740)])
    assert (found.dj, found.los, found.near_saturation) == (0.6, "A", False)


@pytest.mark.parametrize(("light", "near"), [(2465, False), (2466, True)])
def test_a_road_above_85_percent_is_near_saturation(light: int, near: bool) -> None:
    found = figures(road(), [hour(light)])
    assert (found.near_saturation, found.dj) == (near, light / 2900)


def test_without_signal_data_an_approach_has_flow_alone() -> None:
    found = figures(approach(green_s=30.0, cycle_s=90.0), [hour(100, 10, 500)])
    assert (found.vehicles, found.smp_per_hour) == (610, 213.0)
    assert (found.capacity, found.dj, found.los, found.near_saturation) == (None,) * 4


def test_each_line_counts_over_its_own_watched_time() -> None:
    found = figures(road("4/2 D"), [hour(100), hour(90, observed_ms=HOUR_MS * 9 // 10)])
    assert (found.vehicles, found.smp_per_hour) == (190, 200.0)


def test_a_quarter_takes_the_row_of_its_hour() -> None:
    quarter, whole = [hour(100, 0, 100, 900_000)], [hour(400, 50, 1350)]
    assert figures(road(width_m=6.0), quarter).smp_per_hour == 400 + 0.5 * 400
    assert figures(road(width_m=6.0), quarter, whole).smp_per_hour == 400 + 0.35 * 400


def test_speed_is_the_mean_over_vehicles_with_a_speed() -> None:
    lines = [hour(9, speed_n=2, speed_sum=20_000), hour(1, speed_n=1, speed_sum=1_000)]
    assert figures(road(), lines).speed_mean_kmh == 25.2


FLOWS = st.builds(hour, *[st.integers(0, 3_000)] * 3, st.integers(2_880_000, HOUR_MS))


@given(st.sampled_from([*(road(name) for name in TYPES), approach()]), st.lists(FLOWS, min_size=1, max_size=4))
def test_the_order_of_lines_and_their_grouping_change_nothing(of: Road, lines: list[LineFlow]) -> None:
    assert figures(of, lines) == figures(of, lines[::-1])
    smp = figures(of, lines).smp_per_hour
    assert 0.2 * sum(rates(lines)) / 1e6 <= smp * (1 + 1e-12)
    assert smp <= 1.3 * sum(rates(lines)) / 1e6 * (1 + 1e-12)


TYPE, WIDTH = 'type = "4/2 D"', "width_m = 14.0"
MISTAKES = [
    pytest.param(TYPE, 'type = "4/2D"', 32, "did you mean 4/2 D", id="unknown type"),
    pytest.param(TYPE, "", 28, 'add type = "4/2 D"', id="no type"),
    pytest.param(WIDTH, "lanes = 3", 33, "expected 2 or 4 lanes on a road 4/2 D, came 3", id="lanes of another type"),
    pytest.param(WIDTH, 'emp = "mkji97"', 33, "did you mean mkji1997", id="unknown table"),
    pytest.param(WIDTH, "factors = { FCW = 0.9 }", 33, "did you mean FCw", id="unknown factor"),
    pytest.param(WIDTH, "factors = { FCw = nan }", 33, "a factor above 0", id="factor that is no number"),
    pytest.param(WIDTH, "split = 0.6", 33, "expected 50 to 70 %", id="split as a share"),
    pytest.param(WIDTH, "split = 40", 33, "the busier direction's share", id="split of the quieter direction"),
    pytest.param(WIDTH, "city_millions = 0", 33, "a number above 0", id="a city of nobody"),
    pytest.param(WIDTH, "occupancy = 30.0", 33, "a share of time", id="occupancy in percent"),
    pytest.param(WIDTH, "green_s = 30", 33, "green_s and cycle_s together", id="half a signal"),
    pytest.param(WIDTH, 'protected = "yes"', 33, "true or false", id="protected as a word"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_a_mistake_of_a_road_is_named_once_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert CONTRACT.count(old) == 1
    with pytest.raises(RegistryError) as caught:
        parse({"kota.toml": CONTRACT.replace(old, new)}, load_areas())
    assert len(caught.value.mistakes) == 1, caught.value.mistakes
    assert caught.value.mistakes[0].startswith(f"kota.toml:{line}: ")
    assert words in caught.value.mistakes[0]


def test_a_road_with_everything_loads() -> None:
    given = (
        'width_m = 14.0\nlanes = 2\nemp = "mkji1997"\ncity_millions = 1.7\noccupancy = 0.3\nfactors = { FCsf = 0.9 }'
    )
    registry = parse({"kota.toml": CONTRACT.replace(WIDTH, given)}, load_areas())
    assert capacity(registry.road[0]) == 3300 * 0.9
