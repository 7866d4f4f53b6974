"""What a replay says of its streams at its end: whose tracks there were, read back from the rows that it stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from connectors.warehouse import Run, Warehouse
from operators.tracking import tracker
from schemas.registry import Registry

SHARE: Final = 0.03
"""What happens to fewer objects than this share is not worth a sentence; ours."""
SHOWN: Final = 5
"""Cameras that a sentence names."""


class Seen(NamedTuple):
    """What a run stored of a camera: frames and those tracked here, persons and vehicles by their ids."""

    camera: str
    frames: int
    made_here: int
    with_id: int
    without_id: int


def streams(warehouse: Warehouse, run: Run, registry: Registry) -> list[str]:
    """Return what there is to say of the track ids in a run's streams."""
    rows = warehouse.query(
        f"SELECT toString(camera_id), {', '.join(f'sum({name})' for name in Seen._fields[1:])} "
        "FROM health_minute_log FINAL WHERE run = {r:UInt32} AND deleted = 0 GROUP BY camera_id ORDER BY camera_id",
        {"r": run.run},
    ).rows
    return list(of_tracks([Seen(*row) for row in rows], {c.id: c.tracker for c in registry.camera}))


def of_tracks(seen: Iterable[Seen], trackers: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for each thing that some cameras' streams have in common, naming them."""
    found: dict[str, list[str]] = {what: [] for what in _SAID}
    for one in seen:
        for what in _kinds(one, trackers.get(one.camera, "")):
            found[what].append(one.camera)
    for what, cameras in found.items():
        if cameras:
            yield f"{_SAID[what]}: {named(cameras)}"


def named(cameras: list[str]) -> str:
    """Return how many cameras there are and what the first are called."""
    more = f" and {len(cameras) - SHOWN} more" if len(cameras) > SHOWN else ""
    return f"camera {cameras[0]}" if len(cameras) == 1 else f"cameras {', '.join(cameras[:SHOWN])}{more}"


def _kinds(one: Seen, mode: str) -> Iterator[str]:
    named_or_not = one.with_id + one.without_id
    is_here = one.made_here > SHARE * one.frames
    if mode == "auto" and is_here:
        yield "partly" if one.with_id else "here"
    if one.with_id and one.without_id > SHARE * named_or_not:
        yield "mixed"
    if mode == "none" and one.without_id and not one.with_id:
        yield "nobody"


_SAID: Final = {
    "here": f"no track ids came, so tracks are made here ({tracker.MODEL})",
    "partly": f"track ids came for part of the time only, and tracks are made here for the rest ({tracker.MODEL})",
    "mixed": "some persons and vehicles carry track ids and others none: those cross no line and park nowhere, "
    'set tracker = "iou" to track them here',
    "nobody": 'no track ids came, and tracker = "none": crossings, visits and stays are NULL (untracked) and nobody '
    'parks, set tracker = "auto"',
}
