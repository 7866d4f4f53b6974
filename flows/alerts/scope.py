"""SQL of what a rule is narrowed to, and the labels that its rows are known by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flows.alerts.names import Names
from schemas.rules import Rule, subjects

KELURAHAN_PARTS = 4
KECAMATAN_PARTS = 3


def where(rule: Rule, columns: Mapping[str, Any], names: Names, prefix: str = "") -> tuple[str, dict[str, Any]]:
    """Return a condition on rows with these columns, and its parameters; of a place, its cameras' rows meet it.

    A prefix tells the parameters of several rules in one query apart.
    """
    parts, given = ["1"], dict[str, Any]()

    def words(name: str, some: Iterable[str]) -> str:
        given[prefix + name] = list(some)
        return f"{{{prefix}{name}:Array(String)}}"

    for narrow in ("category", "owner", "camera", "zone"):
        if some := getattr(rule, narrow):
            parts.append(f"{subjects.column(narrow)} IN {words(narrow, some)}")
    if "area_level" in columns:
        parts.append(f"area IN {words('area', rule.area)}" if rule.area else "area_level = 'kelurahan'")
    elif rule.area:
        parts.append(
            f"arrayExists(code -> area = code OR startsWith(area, concat(code, '.')), {words('area', rule.area)})"
        )
    if rule.place and "place_id" in columns:
        parts.append(f"place_id IN {words('place', rule.place)}")
    elif rule.place:
        zones = [zone for place in rule.place for zone in names.zones.get(place, [])]
        parts.append(f"camera_id IN {words('place', (zone.partition('/')[0] for zone in zones))}")
    return " AND ".join(parts), given


def labels(rule: Rule, row: Mapping[str, Any], names: Names) -> dict[str, str]:
    """Return what an alert of a row is known by."""
    area, camera, zone = (str(row.get(name) or "") for name in ("area", "camera_id", "zone_id"))
    codes = area.split(".")
    place = str(row.get("place_id") or "") or (names.of_camera(camera, zone) if camera else "")
    return {
        "rule": rule.id,
        "kind": str(row.get("kind") or "") or kind(rule),
        "severity": rule.severity,
        "owner": str(row.get("owner") or ""),
        "category": str(row.get("category") or ""),
        "area": area,
        "kecamatan": ".".join(codes[:KECAMATAN_PARTS]) if len(codes) >= KECAMATAN_PARTS else "",
        "kelurahan": ".".join(codes[:KELURAHAN_PARTS]) if len(codes) >= KELURAHAN_PARTS else "",
        "place": place or str(row.get("road") or "") or area,
        "camera": camera,
        "zone": zone,
        "site": str(row.get("site") or "") or names.site.get(camera, ""),
    }


def kind(rule: Rule) -> str:
    """Return what a rule is about that is not about incidents."""
    return "silent" if rule.silent else "blind" if rule.blind is not None else "figure"
