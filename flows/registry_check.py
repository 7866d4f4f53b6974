"""A registry looked at whole: no mistake, and what is worth a look."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from connectors import registry as registries
from schemas.registry import Registry, remarks
from schemas.registry.check import parse


class Checked(NamedTuple):
    """A registry without a mistake, and remarks on it."""

    registry: Registry
    remarks: list[str]


def run(path: str) -> Checked:
    """Check a file or a directory of them.

    Raises
    ------
    RegistryError
        With every mistake.
    """
    texts, areas = registries.read_texts(Path(path)), registries.load_areas()
    registry = parse(texts, areas)
    return Checked(registry, [*remarks.of_files(texts), *remarks.remarks(registry, areas)])
