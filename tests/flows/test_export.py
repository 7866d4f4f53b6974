"""Open data: worked figures, unknown kept unknown, few persons left out, and the same files for the same rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from connectors import warehouse as warehouses
from schemas.registry import Camera, Registry, Zone
from tests.connectors.minutes import rows

MONDAY = datetime(2026, 1, 4, 17, 0, tzinfo=UTC)  # local midnight before Monday 5 January
SQUARE = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5))
COUNTS = {"a": ("33.74.01.1001", 12_000), "b": ("33.74.01.1002", 90_000), "c": ("33.74.01.1003", 600_000)}
"""By camera its kelurahan and the person-milliseconds of each of its minutes from nine to ten."""


@pytest.fixture(scope="module")
def url(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of four cameras; the one that is called d saw half of the hour."""
    of = laid(tmp_path_factory.mktemp("export") / "store")
    zone = (Zone("alun", "crowd", SQUARE),)
    areas = {name: area for name, (area, _) in COUNTS.items()} | {"d": "33.74.02.1001"}
    cameras = tuple(Camera(name, area, 10.0, metrics=("crowd",), zone=zone) for name, area in areas.items())
    with warehouses.connect(of) as store:
        store.migrate()
        store.store_registry(Registry(camera=cameras))
        nine = MONDAY + timedelta(hours=9)
        seen = [("crowd", name, {"area": area, "person_ms": ms // 60}) for name, (area, ms) in COUNTS.items()]
        half = {"area": areas["d"], "observed_ms": 30_000, "frames": 300}
        for metric, name, given in [*seen, ("crowd", "d", half)]:
            store.insert(f"{metric}_minute_log", rows(metric, name, nine, 60, **given))
        store.roll()
        yield of


def export(tilik: Callable[..., tuple[int, str, str]], url: str, out: Path, *more: object) -> tuple[int, str, str]:
    period = ("--from", "2026-01-05", "--to", "2026-01-05", "--grain", "hour")
    return tilik("export", *period, "--out", out, "--warehouse", url, *more)


def test_few_persons_are_left_out_with_what_gives_them_away(tilik, url: str, tmp_path: Path) -> None:
    """a has 0.2 person-minutes and b 1.5, which together are few still: so c's 10 go too."""
    out = tmp_path / "open"
    code, said, _ = export(tilik, url, out)
    assert code == 0
    assert "crowd_hour: 7 rows" in said
    table = pl.read_csv(out / "data" / "crowd_hour.csv", schema_overrides={"area": pl.String})
    held = {row["area"]: row for row in table.iter_rows(named=True)}
    told = {area: (row["person_minutes"], row["reason"], row["suppressed"]) for area, row in held.items()}
    assert told["33.74.02.1001"] == (None, "low_coverage", False)  # unknown, which is neither 0 nor a secret
    assert told["33.74.01.1001"] == (None, "suppressed", True)
    assert told["33.74.01.1002"] == (None, "suppressed", True)
    assert told["33.74.01"] == (11.7, "", False)
    assert (held["33.74.01"]["cameras_reporting"], held["33.74"]["cameras_total"]) == (3, 4)
    assert table["local_ts"][0] == "2026-01-05T09:00:00+07:00"
    columns = ["area", "person_minutes", "persons_mean", "reason", "suppressed"]
    assert pl.read_parquet(out / "data" / "crowd_hour.parquet").select(columns).rows() == table.select(columns).rows()


def test_the_package_says_what_each_file_is_and_the_same_rows_give_the_same_bytes(
    tilik, url: str, tmp_path: Path
) -> None:
    out = tmp_path / "open"
    export(tilik, url, out)
    first = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    package = json.loads(first["datapackage.json"])
    for resource in package["resources"]:
        content = (out / resource["path"]).read_bytes()
        assert (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}") == (resource["bytes"], resource["hash"])
    (crowd,) = (each for each in package["resources"] if each["name"] == "crowd-hour-csv")
    header = first["crowd_hour.csv"].decode().partition("\n")[0].split(",")
    assert [field["name"] for field in crowd["schema"]["fields"]] == header
    unit = {field["name"]: (field.get("unit"), field["title"]) for field in crowd["schema"]["fields"]}
    assert unit["person_minutes"] == ("person min", "Orang-menit")
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert export(tilik, url, out)[0] == 0
    assert {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()} == first
    assert [path.name for path in tmp_path.iterdir()] == ["open"]


def test_what_no_export_wrote_is_left_alone(tilik, url: str, tmp_path: Path) -> None:
    out = tmp_path / "open"
    export(tilik, url, out)
    (out / "data" / "mine.txt").write_text("mine")
    code, _, err = export(tilik, url, out)
    assert (code, (out / "data" / "mine.txt").read_text()) == (2, "mine")
    assert "found data/mine.txt" in err
    code, _, err = export(tilik, url, tmp_path / "late", "--area", "33.75")
    assert code == 1
    assert "nothing is stored of area 33.75" in err
    assert not (tmp_path / "late").exists()
