"""Imported cameras put into a registry: what is drawn there stays, what the list says is taken over.

Nothing is deleted. A camera that stands in another area than before is a moved
one, and a moved camera is a new id.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from connectors.registry.lists import Row
from schemas.geo import PROVISIONAL, Areas
from schemas.registry import Camera, Registry
from schemas.registry.links import since
from schemas.registry.mistakes import expected
from schemas.registry.remarks import remarks as checked
from schemas.registry.rules import camera_flaws


class Problem(NamedTuple):
    """Why a row of a list cannot be used."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Draft(NamedTuple):
    """One row as a camera: what the list says, and what is assumed where it says nothing."""

    row: Row
    id: str  # '' until it has one
    name: str
    said: dict[str, Any]
    assumed: dict[str, Any]  # `area` stands here, also when the list names it
    area_said: bool
    remarks: tuple[str, ...] = ()


class Merged(NamedTuple):
    """The registry, and which cameras are new, changed, and not in the list."""

    registry: Registry
    added: list[str]
    changed: list[str]
    missing: list[str]
    remarks: list[str]


def compatible(draft: Draft, camera: Camera) -> bool:
    """Whether a draft may be that camera: the same area, a finer or not yet known one."""
    one, other = draft.assumed["area"], camera.area
    return PROVISIONAL in (one, other) or f"{other}.".startswith(f"{one}.") or f"{one}.".startswith(f"{other}.")


def merge(drafts: list[Draft], existing: Registry, areas: Areas) -> tuple[Merged, list[Problem]]:
    """Put drafts, which have their ids, into a registry.

    Returns
    -------
    The registry in its order, new cameras after it, and the rows that were left out.
    """
    newest: dict[str, int] = {}
    for at, camera in enumerate(existing.camera):
        if camera.id not in newest or since(camera) > since(existing.camera[newest[camera.id]]):
            newest[camera.id] = at
    cameras = list(existing.camera)
    added: list[str] = []
    changed: list[str] = []
    remarks: list[str] = []
    problems: list[Problem] = []
    for draft in drafts:
        place = newest.get(draft.id)
        old = None if place is None else existing.camera[place]
        camera = _new(draft) if old is None else _updated(draft, old)
        flaws = [_moved(draft, old)] if old is not None and _moved(draft, old) else []
        flaws += [f"{', '.join(map(str, flaw.path))}: {flaw.text}" for flaw in camera_flaws(camera, areas)]
        if flaws:
            problems.append(Problem(draft.row.file, draft.row.line, "; ".join(flaws)))
        elif place is None or old is None:
            cameras.append(camera)
            added.append(camera.id)
            if "optics" in draft.assumed:
                remarks.append(
                    f"{draft.row.file}:{draft.row.line}: optics = {camera.optics}, by the name {camera.name}"
                )
            remarks += checked(Registry((camera,)), areas)
        elif camera != old:
            if camera.area != old.area:
                cameras = [_placed(other, camera) for other in cameras]
            cameras[place] = camera
            changed.append(camera.id)
            remarks.append(_difference(old, camera))
    listed = {draft.id for draft in drafts}
    missing = [name for name in newest if name not in listed]
    registry = msgspec.structs.replace(existing, camera=tuple(cameras))
    return Merged(registry, added, changed, missing, remarks), problems


def _placed(other: Camera, camera: Camera) -> Camera:
    """Give all versions of a camera the area that has become known."""
    moved = other.id == camera.id and other.area != camera.area
    return msgspec.structs.replace(other, area=camera.area) if moved else other


def _new(draft: Draft) -> Camera:
    return Camera(id=draft.id, **(draft.assumed | draft.said))


def _updated(draft: Draft, old: Camera) -> Camera:
    """Return the camera with what the list says; its area only where it was not known yet."""
    said = dict(draft.said)
    if old.area == PROVISIONAL:
        said["area"] = draft.assumed["area"]
    return msgspec.structs.replace(old, **said)


def _moved(draft: Draft, old: Camera) -> str:
    same = draft.said.get("position") in (None, old.position) and not draft.area_said
    if same or compatible(draft, old):
        return ""
    return expected(f"the area {old.area} that {old.id} has", draft.assumed["area"], "give a moved camera a new id")


def _difference(old: Camera, new: Camera) -> str:
    changes = [
        f"{name} {getattr(old, name)!r} -> {getattr(new, name)!r}"
        for name in old.__struct_fields__
        if getattr(old, name) != getattr(new, name)
    ]
    return f"camera {new.id}: {', '.join(changes)}"
