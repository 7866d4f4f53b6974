"""SQL of what a rule is narrowed to, and the labels that its rows are known by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.alerts.names import Names
from schemas.rules import Rule, subjects

KELURAHAN_PARTS = 4
KECAMATAN_PARTS = 3


def where(rule: Rule, columns: Mapping[str, Any], names: Names) -> tuple[str, dict[str, Any]]:
    """Return a condition on rows with these columns, and its parameters; of a place, its cameras' rows meet it."""
    parts, given = ["1"], dict[str, Any]()
    for narrow in ("category", "owner", "camera", "zone"):
        if words := getattr(rule, narrow):
            parts.append(f"{subjects.column(narrow)} IN {{{narrow}:Array(String)}}")
            given[narrow] = list(words)
    if rule.area:
        given["area"] = list(rule.area)
    if "area_level" in columns:
        parts.append("area IN {area:Array(String)}" if rule.area else "area_level = 'kelurahan'")
    elif rule.area:
        parts.append("arrayExists(code -> area = code OR startsWith(area, concat(code, '.')), {area:Array(String)})")
    if rule.place:
        parts.append(("place_id" if "place_id" in columns else "camera_id") + " IN {place:Array(String)}")
        zones = [zone for place in rule.place for zone in names.zones.get(place, [])]
        given["place"] = list(rule.place) if "place_id" in columns else [zone.partition("/")[0] for zone in zones]
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
