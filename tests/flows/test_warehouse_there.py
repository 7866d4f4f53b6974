"""A warehouse is made where one is meant to be made, and nowhere else."""

from __future__ import annotations

import pytest

from connectors import registry as registries
from connectors import warehouse as warehouses
from flows import area_names
from schemas.errors import TilikError

ASKING = (
    ("query", "SELECT 1"),
    ("dead-letters", "list"),
    ("warehouse", "status"),
    ("registry", "forget", "smg-001"),
    ("registry", "suggest", "cams.toml"),
)


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_a_command_that_only_asks_makes_no_warehouse(tilik, tmp_path, command):
    (tmp_path / "cams.toml").write_text('[[camera]]\nid = "a"\narea = "00"\nfps = 1.0\n')
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "version").write_text("1")
    code, out, err = tilik(*command, "--warehouse", "embedded:./stor")
    assert (code, out) == (1, "")
    assert "embedded:stor: expected a warehouse, came no such folder: did you mean store?" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cams.toml", "store"]


def test_a_folder_that_holds_something_else_is_no_warehouse(tilik, tmp_path):
    (tmp_path / "photos").mkdir()
    code, _, err = tilik("query", "SELECT 1", "--warehouse", "embedded:./photos")
    assert (code, "came a folder without one" in err) == (1, True)
    assert list((tmp_path / "photos").iterdir()) == []


def test_a_server_is_asked_and_a_folder_is_looked_into(tmp_path):
    assert warehouses.is_there("http://store/tilik")
    assert not warehouses.is_there(f"embedded:{tmp_path / 'none'}")
    assert not warehouses.is_there(f"embedded:{tmp_path}")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Pekunden", ["33.74.01.1013"]),
        ("kel. pekunden", ["33.74.01.1013"]),
        ("pekund", ["33.74.01.1013"]),
        ("Kecamatan Tugu", ["33.74.16"]),
        ("Mangunharjo", ["33.74.10.1003", "33.74.16.1007"]),
        ("33.74.16.1007", ["33.74.16.1007"]),
    ],
)
def test_an_area_is_found_by_its_name(name, codes):
    assert [code for code, *_ in area_names.find(registries.load_areas(), name)] == codes


def test_an_unknown_area_names_the_nearest():
    with pytest.raises(TilikError, match="did you mean Pekunden"):
        area_names.find(registries.load_areas(), "pekumden")
    with pytest.raises(TilikError, match="expected the name"):
        area_names.find(registries.load_areas(), " ")
