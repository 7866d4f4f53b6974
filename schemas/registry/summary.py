"""A registry in a few tables: how many cameras where, of what kind, measuring what."""

from __future__ import annotations

from collections import Counter

import polars as pl

from schemas.cards import ALWAYS, METRIC_NAMES
from schemas.geo import PROVISIONAL, Areas
from schemas.registry.entries import Camera, Registry


def summary(registry: Registry, areas: Areas) -> dict[str, pl.DataFrame]:
    """Count cameras by kecamatan, category and metric.

    Parameters
    ----------
    registry
        A checked registry; of a camera with several versions the newest counts.
    areas
        Where the kecamatan's names come from.

    Returns
    -------
    ``kecamatan`` (area, name, cameras), ``category`` (category, cameras) and
    ``metric`` (metric, cameras), the last with a row for every metric.
    """
    newest: dict[str, Camera] = {}
    for camera in registry.camera:
        held = newest.get(camera.id)
        if held is None or _later(camera, held):
            newest[camera.id] = camera
    cameras = list(newest.values())
    places = Counter(".".join(camera.area.split(".")[:3]) for camera in cameras)
    categories = Counter(camera.category for camera in cameras)
    metrics = Counter(name for camera in cameras for name in {*camera.metrics, *ALWAYS})
    return {
        "kecamatan": pl.DataFrame(
            [(code, _name(code, areas), places[code]) for code in sorted(places)],
            {"area": pl.String, "name": pl.String, "cameras": pl.Int64},
            orient="row",
        ),
        "category": pl.DataFrame(
            sorted(categories.items()), {"category": pl.String, "cameras": pl.Int64}, orient="row"
        ),
        "metric": pl.DataFrame(
            [(name, metrics[name]) for name in (*ALWAYS, *METRIC_NAMES)],
            {"metric": pl.String, "cameras": pl.Int64},
            orient="row",
        ),
    }


def _later(one: Camera, other: Camera) -> bool:
    if one.valid_from is None:
        return False
    return other.valid_from is None or one.valid_from > other.valid_from


def _name(code: str, areas: Areas) -> str:
    if code == PROVISIONAL:
        return "provisional"
    area = areas.of(code)
    return code if area is None else area.name
