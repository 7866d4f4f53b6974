"""Which cameras have to be looked at together: those of a site, in all their versions.

What is registered in the warehouse counts, not one file: a site's cameras may
have come from several registries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from connectors.warehouse import Warehouse
from operators.across.outages import site_of
from schemas.registry import Camera

MOST_CAMERAS: Final = 500
"""Cameras that are computed at a time; a larger site stays whole."""

Group = list[Camera]
"""Versions of cameras, every version of each."""


def registered(warehouse: Warehouse) -> list[Camera]:
    """Return every camera that is registered, a version each, by id."""
    found = warehouse.query("SELECT definition FROM cameras_log FINAL WHERE deleted = 0 ORDER BY camera_id, valid_from")
    return [msgspec.json.decode(text, type=Camera) for text in found["definition"].to_pylist()]


def around(cameras: Iterable[Camera], ids: Collection[str]) -> list[Group]:
    """Return the groups that hold any of these cameras: who shares a site with whom, however many steps away."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = above
        return name

    versions = list(cameras)
    for camera in versions:
        site = site_of(camera.site, camera.area)
        parent[root(f"camera {camera.id}")] = root(f"site {site}" if site else f"camera {camera.id}")
    wanted = {root(f"camera {name}") for name in ids}
    groups: dict[str, Group] = {}
    for camera in versions:
        if (of := root(f"camera {camera.id}")) in wanted:
            groups.setdefault(of, []).append(camera)
    return list(groups.values())


def batches(groups: Iterable[Group], most: int = MOST_CAMERAS) -> Iterator[Group]:
    """Join groups of near areas until a batch holds `most` cameras or one group more would pass it."""
    batch: Group = []
    for group in sorted(groups, key=lambda own: (own[0].area, own[0].id)):
        if batch and len(batch) + len(group) > most:
            yield batch
            batch = []
        batch = batch + group
    if batch:
        yield batch
