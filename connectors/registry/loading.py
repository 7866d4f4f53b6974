"""The camera registry's files, and the areas that ship with Tilik."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from connectors.text_bytes import decoded
from schemas.errors import RegistryError
from schemas.geo import Areas, parse_areas
from schemas.registry import Registry
from schemas.registry.check import parse

SEMARANG = ("data", "semarang")


@cache
def load_areas() -> Areas:
    """Return the areas of Kota Semarang: city, kecamatan and kelurahan with their outlines."""
    return parse_areas(files("schemas").joinpath(*SEMARANG, "areas.geojson").read_bytes())


def public_cameras() -> Path:
    """Return the path of the shipped registry: the city's 60 public cameras."""
    return shipped("cameras.toml")


def shipped(name: str) -> Path:
    """Return the path of a file that ships for Semarang."""
    return Path(str(files("schemas").joinpath(*SEMARANG, name)))


def load(path: Path | str) -> Registry:
    """Read a registry: one file, or all ``*.toml`` of a directory together.

    Raises
    ------
    RegistryError
        With every mistake of every file (see `schemas.registry.check.parse`).
    """
    return parse(read_texts(Path(path)), load_areas())


def read_texts(path: Path) -> dict[str, str]:
    """Return the TOML texts at a path by file name."""
    found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not found:
        raise RegistryError([f"{path}:1: file: expected *.toml files, came none: put a registry there"])
    texts: dict[str, str] = {}
    mistakes: list[str] = []
    for file in found:
        try:
            texts[str(file)] = decoded(file.read_bytes())
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            mistakes.append(
                f"{file}:{line}: file: expected UTF-8, came the byte {error.object[error.start]:#04x}: convert it"
            )
        except OSError as error:
            mistakes.append(f"{file}:1: file: expected a readable file, came {error.strerror}: correct the path")
    if mistakes:
        raise RegistryError(mistakes)
    return texts
