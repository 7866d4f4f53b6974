"""Write areas.geojson and cameras.toml of this folder from the files in source/.

Run as ``python schemas/data/semarang/build.py``; the same sources give the same
bytes. What is assumed about the cameras is said in README.md beside this file.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point, mapping, shape
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parent
SOURCE = HERE / "source"
TOLERANCE_DEG = 5e-5  # about 5.5 m; shared borders stay shared, no kelurahan changes its area by more than 0.1 %
DECIMALS = 6  # 0.1 m

OWNERS = {
    "DINAS PERHUBUNGAN KOTA SEMARANG": "dishub",
    "DPU KOTA SEMARANG": "dpu",
    "DISKOMINFO KOTA SEMARANG": "diskominfo",
}
CATEGORY_BY_NAME = {
    "pasar": "pasar",
    "johar": "pasar",
    "simpang lima": "simpanglima",
    "titik nol": "kotalama",
    "mberok": "kotalama",
}
CATEGORY_BY_OWNER = {"dishub": "atcs", "dpu": "pompa_air", "diskominfo": "layanan_publik"}
ABBREVIATIONS = {"MT", "PTZ", "DPU", "USM", "X3W", "IN"}


def outlines(rows: list[dict[str, str]]) -> dict[str, BaseGeometry]:
    """Return the outline of each kelurahan by Kemendagri code, simplified together."""
    document = json.loads(gzip.decompress((SOURCE / "kota_semarang_kelurahan.geojson.gz").read_bytes()))
    by_bps = {f["properties"]["village_code"].removeprefix("id"): shape(f["geometry"]) for f in document["features"]}
    codes = [row["kemendagri_kelurahan"] for row in rows]
    simple = shapely.coverage_simplify([by_bps[row["bps_kelurahan"]] for row in rows], TOLERANCE_DEG)
    rounded = [shapely.transform(outline, lambda xy: np.round(xy, DECIMALS)) for outline in simple]
    if not shapely.coverage_is_valid(rounded) or not all(outline.is_valid for outline in rounded):
        raise ValueError("the simplified outlines overlap or have gaps: lower TOLERANCE_DEG")
    return dict(zip(codes, rounded, strict=True))


def areas(rows: list[dict[str, str]], kelurahan: dict[str, BaseGeometry]) -> str:
    """Return the GeoJSON of the city, its kecamatan and its kelurahan, one feature a line."""
    features = [("33.74", "Kota Semarang", "city", shapely.union_all(list(kelurahan.values())))]
    for code, name in sorted({(row["kemendagri_kecamatan"], row["kecamatan"]) for row in rows}):
        parts = [outline for child, outline in kelurahan.items() if child.startswith(code + ".")]
        features.append((code, name, "kecamatan", shapely.union_all(parts)))
    names = {row["kemendagri_kelurahan"]: row["kelurahan"] for row in rows}
    features += [(code, names[code], "kelurahan", kelurahan[code]) for code in sorted(kelurahan)]
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name, "level": level},
                "geometry": mapping(outline),
            },
            separators=(",", ":"),
        )
        for code, name, level, outline in features
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def title(name: str) -> str:
    """Write a name in title case, abbreviations as they are."""
    return re.sub(r"[A-Za-z0-9]+", lambda m: m[0] if m[0] in ABBREVIATIONS else m[0].capitalize(), name)


def category(name: str, owner: str) -> str:
    """Guess what a camera is for from its name, else from its owner."""
    for part, found in CATEGORY_BY_NAME.items():
        if part in name.lower():
            return found
    return CATEGORY_BY_OWNER[owner]


def optics(name: str) -> str:
    """Read the optics from the name: PTZ, or a 360- or 180-degree view."""
    if "PTZ" in name:
        return "ptz"
    return "fisheye" if re.search(r"\b(360|180)\b", name) else "fixed"


def camera(row: dict[str, Any], kelurahan: dict[str, BaseGeometry]) -> str:
    """Return one camera as a TOML table."""
    latitude, longitude = round(row["latitude"], DECIMALS), round(row["longitude"], DECIMALS)
    name, owner = title(row["camera_name"]), OWNERS[row["camera_owner"]]
    area = min(code for code, outline in kelurahan.items() if outline.intersects(Point(longitude, latitude)))
    lines = [
        "[[camera]]",
        f'id = "smg-{row["camera_id"]:03d}"',
        f"name = {json.dumps(name)}",
        f'area = "{area}"',
        f"position = [{latitude}, {longitude}]",
        f'owner = "{owner}"',
        f'category = "{category(name, owner)}"',
        "size = [1920, 1080]",
        "fps = 10.0",
    ]
    if optics(name.upper()) != "fixed":
        lines.append(f'optics = "{optics(name.upper())}"')
    return "\n".join(lines) + "\n"


def cameras(kelurahan: dict[str, BaseGeometry]) -> str:
    """Return the registry of the public cameras, by id; a repeated camera_id is refused."""
    rows = sorted(json.loads((SOURCE / "cctvs.json").read_text()), key=lambda row: int(row["camera_id"]))
    if len({row["camera_id"] for row in rows}) != len(rows):
        raise ValueError("source/cctvs.json: a camera_id stands twice: keep one row of each")
    head = (
        "# Public cameras of Kota Semarang, written by build.py from source/cctvs.json.\n"
        "# Names and positions are the city's; size, fps and category are assumptions (README.md).\n"
        "# Nobody has drawn zones or lines yet: only health is measured.\n\n"
    )
    return head + "\n".join(camera(row, kelurahan) for row in rows)


def build(folder: Path) -> None:
    """Write both files into a folder."""
    with (SOURCE / "semarang_codes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    kelurahan = outlines(rows)
    (folder / "areas.geojson").write_text(areas(rows, kelurahan))
    (folder / "cameras.toml").write_text(cameras(kelurahan))


if __name__ == "__main__":
    build(HERE)
