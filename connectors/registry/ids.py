"""Ids of imported cameras: the list's own, else a slug of the name that a second import makes again.

Cameras of one name are numbered by where they stand, not by their line, so that
a list in another order gives the same ids; in a merge they first find themselves
among the registered ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from math import cos, hypot, inf, radians
from typing import Final

from connectors.registry.merge import Draft, Problem, compatible
from schemas.geo import M_PER_DEGREE
from schemas.registry import Camera, Registry
from schemas.registry.mistakes import expected
from schemas.registry.rules import SIMULATED

NOT_SIMULATED: Final = "cam-"
"""Put before slugs that would say "simulated" (*SIM* is also a driving licence)."""


def clean(text: str) -> str:
    """Return an id of the list with what ids must not hold replaced; ``307.0`` is Excel's 307."""
    whole = re.fullmatch(r"(\d+)\.0", text)
    return whole[1] if whole else re.sub(r"[^\w.\-]+", "-", text).strip("-")


def slug(name: str) -> str:
    """Return a name's letters and digits in lower case, joined by dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "camera"
    return NOT_SIMULATED + made if f"{made}-".startswith(SIMULATED) else made


def name_all(drafts: list[Draft], existing: Registry) -> tuple[list[Draft], list[Problem]]:
    """Give each draft its id, in the drafts' order; an id that a list gives twice is a problem."""
    problems: list[Problem] = []
    holder: dict[str, int] = {}  # id to draft
    unnamed: dict[str, list[int]] = {}  # slug to drafts
    for at, draft in enumerate(drafts):
        if not draft.id:
            unnamed.setdefault(slug(draft.name), []).append(at)
        elif draft.id in holder:
            row = drafts[holder[draft.id]].row
            came = f"{draft.id} again, first in {row.file}:{row.line}"
            problems.append(Problem(draft.row.file, draft.row.line, expected("each id once", came, "rename one")))
        else:
            holder[draft.id] = at
    registered = {camera.id for camera in existing.camera}
    taken = {*holder, *unnamed, *registered}
    families = _families([camera for camera in existing.camera if camera.id not in holder], unnamed)
    for base, group in unnamed.items():
        found = _recognised({at: drafts[at] for at in group}, families.get(base, []))
        holder |= found
        free = base not in holder and base not in registered
        for at in sorted(set(group) - set(found.values()), key=lambda at: _order(drafts[at])):
            made = base if free else _numbered(base, taken)
            free = False
            taken.add(made)
            holder[made] = at
    names = {at: name for name, at in holder.items()}
    return [draft._replace(id=names[at]) for at, draft in enumerate(drafts) if at in names], problems


def _families(cameras: list[Camera], bases: Iterable[str]) -> dict[str, list[Camera]]:
    """Return the registered cameras that come from a name of each slug: by their name, else by their id."""
    wanted = set(bases)
    found: dict[str, list[Camera]] = {}
    for camera in cameras:
        names = (slug(camera.name) if camera.name else "", camera.id, re.sub(r"-\d+$", "", camera.id))
        base = next((name for name in names if name in wanted), None)
        if base is not None:
            found.setdefault(base, []).append(camera)
    return found


def _recognised(group: dict[int, Draft], family: list[Camera]) -> dict[str, int]:
    """Return the registered ids of drafts, nearest first; drafts that stand nowhere near any are left out."""
    pairs = [
        (_apart_m(draft, camera), camera.id, _order(draft), at) for at, draft in group.items() for camera in family
    ]
    found: dict[str, int] = {}
    for apart, name, _, at in sorted(pairs):
        if apart < inf and name not in found and at not in found.values():
            found[name] = at
    return found


def _apart_m(draft: Draft, camera: Camera) -> float:
    """Return how far a draft stands from a camera [m]; infinite in another area: a moved camera is a new one."""
    one, other = draft.said.get("position"), camera.position
    if one is not None and other is not None:
        north, east = one[0] - other[0], (one[1] - other[1]) * cos(radians(one[0]))
        if north == east == 0:
            return 0.0
        return M_PER_DEGREE * hypot(north, east) if compatible(draft, camera) else inf
    return 0.0 if compatible(draft, camera) else inf


def _order(draft: Draft) -> tuple[str, tuple[float, ...], str, int]:
    return draft.assumed["area"], draft.said.get("position") or (), draft.row.file, draft.row.line


def _numbered(base: str, taken: set[str]) -> str:
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
