"""What nobody saw end lasts as long as its camera is known of, or its registry's cameras where it is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from connectors.warehouse import Warehouse, connect

from .minutes import rows
from .test_warehouse_persistence import incident, put

NOON = datetime(2024, 3, 5, 5, tzinfo=UTC)
LATER = NOON + timedelta(days=10)
YEARS_LATER = datetime(2026, 3, 5, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A city of 2024, one of whose cameras is dead, another of which was recorded up to noon; and one of 2026."""
    with connect(laid(tmp_path_factory.mktemp("lasting") / "store")) as store:
        seen = {"alive": LATER, "watched": NOON, "dead": NOON, "elsewhere": YEARS_LATER, "flooded": NOON}
        for camera, newest in seen.items():
            silent = {"frames": 0, "observed_ms": 0} if camera == "dead" else {}
            store.insert("health_minute_log", rows("health", camera, newest, **silent))
        city = ["alive", "watched", "dead", "flooded"]
        sources = [("camera", name, "city.toml" if name in city else "other.toml", 1, 0) for name in seen]
        names = {"kind": pl.String, "id": pl.String, "source": pl.String, "version": pl.UInt64, "deleted": pl.UInt8}
        store.insert("sources_log", pl.DataFrame(sources, names, orient="row"))
        put(
            store,
            [
                incident("w", "mute", NOON - HOUR, camera_id="watched"),
                incident("d", "camera_down", NOON - HOUR, camera_id="dead"),
                incident("e", "crowd", YEARS_LATER - HOUR, camera_id="elsewhere"),
                incident("u", "crowd", NOON - HOUR, camera_id="never-seen"),
                incident("g", "garbage", NOON - 2 * HOUR, camera_id="watched"),
                incident("f", "flood", NOON - HOUR, camera_id="flooded"),
            ],
        )
        yield store


def ages(store: Warehouse) -> dict[str, timedelta]:
    found = store.query("SELECT incident_id, age_min FROM incidents_open WHERE kind NOT IN ('garbage', 'flood')").rows
    return {name: timedelta(minutes=age) for name, age in found}


def test_of_a_camera_that_watches_it_lasts_to_the_end_of_its_own_newest_minute(store: Warehouse) -> None:
    assert ages(store)["w"] == HOUR + MINUTE
    assert ages(store)["e"] == HOUR + MINUTE


def test_a_camera_that_is_dead_ages_with_its_city_and_no_other(store: Warehouse) -> None:
    assert ages(store)["d"] == LATER - NOON + HOUR + MINUTE


def test_of_a_camera_without_any_minute_it_lasts_to_the_newest_of_all(store: Warehouse) -> None:
    assert ages(store)["u"] == YEARS_LATER - NOON + HOUR + MINUTE


def test_a_dead_camera_of_a_recording_alone_does_not_age_by_another_recording(store: Warehouse) -> None:
    store.insert("health_minute_log", rows("health", "alone", NOON, frames=0, observed_ms=0))
    put(store, [incident("a", "camera_down", NOON - HOUR, camera_id="alone")])
    assert ages(store)["a"] == HOUR + MINUTE


def test_garbage_is_as_old_as_its_camera_says(store: Warehouse) -> None:
    assert store.query("SELECT age_h FROM garbage_open").rows == [(2 + 1 / 60,)]


def test_months_that_a_recording_lies_back_are_no_hours_that_nobody_watched(store: Warehouse) -> None:
    store.insert("flood_hour_log", rows("flood", "flooded", NOON, zone_id="jalan", signals_n=1).drop("run"))
    found = store.query("SELECT toDate(local_ts), hours_flooded, hours_not_watched FROM flood_month").rows
    assert [day.isoformat() for day, *_ in found] == ["2024-03-01"]
    assert found[0][1:] == (1 + 1 / 60, pytest.approx(240))
