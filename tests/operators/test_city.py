"""A part of a city is the city of those cameras alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators import city as cities
from schemas.registry import Registry, Road
from tests.flows import every
from tests.flows.city import camera

TOWN = (camera("a"), every.camera("b"), camera("c", zone=(), line=()), every.camera("d"), camera("e"))
ROADS = (Road("jalan", "ruas", free_flow_kmh=40.0, lines=("b/barat", "b/timur")),)


def equal(one: cities.City, other: cities.City) -> None:
    for name, value in one._asdict().items():
        np.testing.assert_equal(value, getattr(other, name), err_msg=name)


@given(st.lists(st.booleans(), min_size=len(TOWN), max_size=len(TOWN)))
def test_a_subset_equals_the_city_built_of_those_cameras(wanted: list[bool]) -> None:
    whole = cities.build(Registry(camera=TOWN, road=ROADS))
    alone = tuple(each for each, is_wanted in zip(TOWN, wanted, strict=True) if is_wanted)
    equal(cities.subset(whole, np.array(wanted)), cities.build(Registry(camera=alone, road=ROADS)))
