"""Areas by what people call them: the code that a camera's `area` needs."""

from __future__ import annotations

import re
from typing import Final

from connectors.registry.columns import folded
from schemas.errors import TilikError
from schemas.geo import Area, Areas
from schemas.registry.mistakes import did_you_mean, expected

HEADINGS: Final = ("area", "name", "level", "within")
_KIND: Final = re.compile(r"^(?:kelurahan|kel\.?|kecamatan|kec\.?|desa|kota)\s+", re.IGNORECASE)


def find(areas: Areas, name: str) -> list[tuple[str, str, str, str]]:
    """Return the areas of a name: those that are called so, else those whose name has it in it, or one by its code.

    Raises
    ------
    TilikError
        There is none; names what comes near.
    """
    wanted = folded(_KIND.sub("", name.strip()))
    every = sorted(areas.by_code.values(), key=lambda area: area.code)
    same = [area for area in every if folded(area.name) == wanted or area.code == name.strip()]
    found = same or [area for area in every if wanted and wanted in folded(area.name)]
    if not found:
        todo = did_you_mean(name.strip().title(), [area.name for area in every], "write a part of its name")
        raise TilikError(expected("the name of a kelurahan or kecamatan", repr(name), todo))
    return [(area.code, area.name, area.level, _within(areas, area)) for area in found]


def _within(areas: Areas, area: Area) -> str:
    around = areas.by_code.get(area.code.rpartition(".")[0])
    return around.name if around is not None else ""
