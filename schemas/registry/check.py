"""From TOML texts to a checked registry: all files together, all mistakes at once.

`parse` answers with a `Registry` that kernels may trust, or raises with every
mistake: file, line, place, what was expected, what came and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from schemas import toml_lines
from schemas.errors import RegistryError
from schemas.geo import Areas
from schemas.registry.entries import Camera, Registry
from schemas.registry.links import link_flaws
from schemas.registry.mistakes import Located, render, under
from schemas.registry.rules import SIMULATED, camera_flaws
from schemas.registry.structure import NEUTRAL, read


def parse(texts: Mapping[str, str], areas: Areas | None = None) -> Registry:
    """Read TOML texts as one registry.

    Parameters
    ----------
    texts
        File name (as said in mistakes) to TOML text.
    areas
        The areas that `area` may name; None leaves areas and positions unchecked.

    Returns
    -------
    All cameras, roads and places in the files' order; cameras whose id begins
    with ``sim-`` are marked simulated.

    Raises
    ------
    RegistryError
        With every mistake as ``file:line: place: what was expected, what came: what to do``.
    """
    documents, mistakes = toml_lines.documents(texts)
    registries: dict[str, Registry] = {}
    found: list[Located] = []
    for file, document in documents.items():
        registries[file], flaws = read(document, Registry, NEUTRAL)
        found += (Located(file, flaw) for flaw in flaws)
    found += _flaws(registries, areas)
    mistakes += render(found, texts, documents)
    if mistakes:
        raise RegistryError(mistakes)
    return Registry(
        camera=tuple(_marked(camera) for registry in registries.values() for camera in registry.camera),
        road=tuple(road for registry in registries.values() for road in registry.road),
        place=tuple(place for registry in registries.values() for place in registry.place),
    )


def _flaws(registries: dict[str, Registry], areas: Areas | None) -> Iterator[Located]:
    for file, registry in registries.items():
        for i, camera in enumerate(registry.camera):
            for flaw in under(("camera", i), camera_flaws(camera, areas)):
                yield Located(file, flaw)
    yield from link_flaws(registries)


def _marked(camera: Camera) -> Camera:
    if camera.simulated or not camera.id.startswith(SIMULATED):
        return camera
    return msgspec.structs.replace(camera, simulated=True)
