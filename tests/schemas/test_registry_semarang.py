"""The shipped areas and public cameras of Kota Semarang."""

from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import shapely

from connectors.registry import load, load_areas, public_cameras
from schemas.errors import RegistryError
from schemas.registry.remarks import remarks
from schemas.registry.summary import summary

FOLDER = public_cameras().parent


def test_the_city_has_16_kecamatan_and_177_kelurahan():
    levels = Counter(area.level for area in load_areas().by_code.values())
    assert levels == {"city": 1, "kecamatan": 16, "kelurahan": 177}


def test_outlines_are_valid_and_kelurahan_share_their_borders():
    areas = load_areas().by_code.values()
    assert all(area.outline.is_valid for area in areas)
    assert shapely.coverage_is_valid([area.outline for area in areas if area.level == "kelurahan"])


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [(-6.9902, 110.4229, "33.74.07.1005"), (-6.9688885, 110.4246946, "33.74.02.1009"), (-6.5, 110.4, None)],
    ids=["Simpang Lima", "Titik Nol", "the Java Sea"],
)
def test_a_point_lies_in_its_kelurahan(latitude, longitude, code):
    assert load_areas().locate(latitude, longitude) == code


def test_distance_is_in_metres_and_zero_inside():
    areas = load_areas()
    assert areas.distance_m("33.74.07.1005.001", -6.9902, 110.4229) == 0
    north = areas.of("33.74").outline.bounds[3]
    point = max(areas.of("33.74").outline.exterior.coords, key=lambda xy: xy[1])
    assert areas.distance_m("33.74", north + 0.01, point[0]) == pytest.approx(1112, abs=1)


def test_all_60_public_cameras_pass_without_a_remark():
    registry = load(public_cameras())
    assert len({camera.id for camera in registry.camera}) == 60
    assert remarks(registry, load_areas()) == []


def test_public_cameras_stand_where_the_source_says():
    source = {row["camera_id"]: row for row in json.loads((FOLDER / "source" / "cctvs.json").read_text())}
    for camera in load(public_cameras()).camera:
        row = source[int(camera.id.removeprefix("smg-"))]
        assert camera.position == pytest.approx((row["latitude"], row["longitude"]), abs=1e-6)
        assert camera.area == load_areas().locate(row["latitude"], row["longitude"])


@pytest.mark.parametrize(
    ("name", "optics"), [("smg-308", "fisheye"), ("smg-8713", "fisheye"), ("smg-7641", "ptz"), ("smg-307", "fixed")]
)
def test_optics_follow_the_name(name, optics):
    assert {camera.id: camera.optics for camera in load(public_cameras()).camera}[name] == optics


def test_the_shipped_files_are_what_build_writes(tmp_path: Path):
    runpy.run_path(str(FOLDER / "build.py"))["build"](tmp_path)
    for name in ("areas.geojson", "cameras.toml"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), f"{name} is stale: run build.py"


def test_the_summary_counts_every_camera_once_in_each_table():
    tables = summary(load(public_cameras()), load_areas())
    assert tables["kecamatan"]["cameras"].sum() == tables["category"]["cameras"].sum() == 60
    assert tables["kecamatan"].filter(pl.col("area") == "33.74.07").row(0)[1] == "Semarang Selatan"
    assert tables["metric"].row(0) == ("health", 60)


def test_a_directory_is_read_together(tmp_path: Path):
    (tmp_path / "a.toml").write_text('[[camera]]\nid = "a"\narea = "00"\nfps = 5.0\n')
    (tmp_path / "b.toml").write_text('[[camera]]\nid = "b"\narea = "00"\nfps = 5.0\n')
    assert [camera.id for camera in load(tmp_path).camera] == ["a", "b"]


@pytest.mark.parametrize("content", [None, b'[[camera]]\nid = "\xff"'], ids=["no file", "not UTF-8"])
def test_an_unreadable_file_is_a_mistake_with_its_path(tmp_path: Path, content: bytes | None):
    path = tmp_path / "kota.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"kota\.toml:\d: file: expected"):
        load(path)


def test_a_directory_without_toml_is_a_mistake(tmp_path: Path):
    with pytest.raises(RegistryError, match="came none"):
        load(tmp_path)
