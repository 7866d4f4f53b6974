"""What a registry no longer says is withdrawn: by the registry that said it, or by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from connectors.warehouse import Warehouse
from connectors.warehouse.registered import remove
from schemas.errors import WarehouseError
from schemas.registry import Camera, Line, Place, Registry, Road, Zone

from .minutes import rows
from .test_warehouse_figures import ask

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
CROWD = Zone("alun", "crowd", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
UTARA = Line("utara", ((0.1, 0.5), (0.9, 0.5)))


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def camera(name: str, **fields) -> Camera:
    given = {"fps": 10.0, "metrics": ("crowd", "flow"), "zone": (CROWD,), "line": (UTARA,)}
    return Camera(name, "33.74.07.1005", **(given | fields))


def place(name: str, of: str) -> Place:
    return Place(name, zones=(f"{of}/alun",))


def road(name: str, of: str) -> Road:
    return Road(name, "ruas", type="2/2 UD", lines=(f"{of}/utara",))


def registered(warehouse: Warehouse, prefix: str) -> dict[str, list[str]]:
    columns = {"cameras": "camera_id", "places": "place_id", "roads": "road"}
    return {
        view: warehouse.query(
            f"SELECT {column} AS id FROM {view} WHERE startsWith({column}, {{p:String}}) ORDER BY id", {"p": prefix}
        )["id"].to_pylist()
        for view, column in columns.items()
    }


def test_a_version_that_the_registry_no_longer_has_is_withdrawn(warehouse: Warehouse) -> None:
    both = Registry(camera=(camera("ver-1"), camera("ver-1", valid_from=SPRING), camera("ver-2")))
    warehouse.store_registry(both, source="v")
    assert registered(warehouse, "ver-")["cameras"] == ["ver-1", "ver-1", "ver-2"]
    warehouse.store_registry(Registry(camera=(camera("ver-1", valid_from=SPRING),)), source="elsewhere")
    found = warehouse.query(
        "SELECT camera_id, valid_from FROM cameras WHERE startsWith(camera_id, 'ver-') ORDER BY 1"
    ).rows
    assert found == [("ver-1", SPRING), ("ver-2", datetime(1970, 1, 1, tzinfo=UTC))]


def test_a_source_withdraws_what_it_no_longer_has_and_nobody_elses(warehouse: Warehouse) -> None:
    for name in ("src-1", "src-2"):
        had = Registry(
            camera=(camera(name), camera(f"{name}-old"), camera(f"{name}-seen")),
            place=(place(f"{name}-p", name), place(f"{name}-q", name)),
            road=(road(f"{name}-r", name),),
        )
        warehouse.store_registry(had, source=name)
        warehouse.insert("health_minute_log", rows("health", f"{name}-seen", NOON))
    now = Registry(camera=(camera("src-1"),), place=(place("src-1-p", "src-1"),))
    warehouse.store_registry(now, source="src-1")
    assert registered(warehouse, "src-1") == {"cameras": ["src-1", "src-1-seen"], "places": ["src-1-p"], "roads": []}
    assert {kind: len(names) for kind, names in registered(warehouse, "src-2").items()} == {
        "cameras": 3, "places": 2, "roads": 1,
    }  # fmt: skip
    warehouse.forget("src-1-seen")
    assert registered(warehouse, "src-1")["cameras"] == ["src-1"]


def test_who_speaks_of_an_entry_last_is_who_withdraws_it(warehouse: Warehouse) -> None:
    one = Registry(camera=(camera("own-1"),), place=(place("own-p", "own-1"),))
    for source in ("first", "second"):
        warehouse.store_registry(one, source=source)
    warehouse.store_registry(Registry(camera=(camera("own-1"),)), source="first")
    assert registered(warehouse, "own-")["places"] == ["own-p"]
    warehouse.store_registry(Registry(camera=(camera("own-1"),)), source="second")
    assert registered(warehouse, "own-")["places"] == []


def test_a_withdrawn_entry_comes_back_with_its_registry(warehouse: Warehouse) -> None:
    one = Registry(camera=(camera("back-1"),), place=(place("back-p", "back-1"),))
    for registry in (one, Registry(camera=(camera("back-1"),)), one):
        warehouse.store_registry(registry, source="b")
    assert registered(warehouse, "back-") == {"cameras": ["back-1"], "places": ["back-p"], "roads": []}


def test_forgetting_says_what_it_was(warehouse: Warehouse) -> None:
    warehouse.store_registry(
        Registry(camera=(camera("fgt-1"),), place=(place("fgt-p", "fgt-1"),), road=(road("fgt-1", "fgt-1"),))
    )
    warehouse.insert("crowd_minute_log", rows("crowd", "fgt-1", NOON))
    assert warehouse.forget("fgt-p") == ["place"]
    assert warehouse.forget("fgt-1") == ["camera", "road"]
    assert registered(warehouse, "fgt-") == {"cameras": [], "places": [], "roads": []}
    assert ask(warehouse, "crowd_minute", "fgt-1", "frames") == []


def test_forgetting_what_is_not_there_names_what_comes_near(warehouse: Warehouse) -> None:
    warehouse.store_registry(Registry(camera=(camera("simpang-lima-9"),)))
    with pytest.raises(WarehouseError, match=r"came simpang-lma-9: did you mean simpang-lima-9\?"):
        warehouse.forget("simpang-lma-9")


CITY: Final = 20_000


def test_of_a_whole_city_that_moves_only_a_camera_with_rows_is_refused(warehouse: Warehouse) -> None:
    """Their ids in one question would make its address longer than a server reads."""
    names = [f"city-{number:05}" for number in range(CITY)]
    here, there = (
        Registry(camera=tuple(Camera(name, area, fps=10.0) for name in names))
        for area in ("33.74.07.1005", "33.74.07.1006")
    )
    try:
        warehouse.store_registry(here)
        warehouse.insert("health_minute_log", rows("health", names[-1], NOON))
        with pytest.raises(
            WarehouseError, match=rf"^camera {names[-1]}: registered in area 33.74.07.1006, but .*1005\n"
        ):
            warehouse.store_registry(there)
        warehouse.forget(names[-1])
        warehouse.store_registry(there)
        areas = "SELECT DISTINCT toString(area) AS a FROM cameras_log FINAL WHERE startsWith(camera_id, 'city-')"
        assert warehouse.query(f"{areas} AND deleted = 0")["a"].to_pylist() == ["33.74.07.1006"]
    finally:
        remove(warehouse, "camera", names)
