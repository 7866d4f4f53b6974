"""What makes two replays the same statement: their input and their definitions, as two hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from flows.replay.asked import ReplayOptions
from flows.thresholds import MADE_BY, Thresholds
from schemas.calendar import CityCalendar
from schemas.registry import Registry, fingerprint

PIECE: Final = 1 << 20


class InputHash(NamedTuple):
    """64-bit hashes of an input: bytes and what the options say of them."""

    whole: int
    files: dict[str, int]
    """Each file by itself: two of the same bytes are alike, wherever they lie."""


def of_input(paths: Iterable[Path], options: ReplayOptions) -> InputHash:
    """Return the hashes of the input, all files read once."""
    given = (options.format, options.camera, options.fps, options.start_us, options.size, options.class_map)
    said = msgspec.json.encode(given, order="deterministic")
    whole, files = hashlib.blake2b(digest_size=8), {}
    for path in paths:
        alone = hashlib.blake2b(digest_size=8)
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                whole.update(piece)
                alone.update(piece)
        files[str(path)] = _number(alone, said)
    return InputHash(_number(whole, said), files)


def _number(digest: hashlib.blake2b, said: bytes) -> int:
    digest.update(said)
    return int.from_bytes(digest.digest(), "big")


def parts(registry: Registry, calendar: CityCalendar, thresholds: Thresholds) -> dict[str, str]:
    """Return a hash of each part of what a statement is made by, for who compares two."""
    cameras = tuple(msgspec.structs.replace(camera, tracker="none") for camera in registry.camera)
    named: dict[str, tuple[object, ...]] = {
        "registry": (msgspec.structs.replace(registry, camera=cameras),),
        "tracker": tuple((camera.id, camera.tracker) for camera in registry.camera),
        "calendar": (calendar,),
        "thresholds": (thresholds,),
        "version": (MADE_BY,),
    }
    return {name: f"{fingerprint(*each):016x}" for name, each in named.items()}


def of_definitions(registry: Registry, calendar: CityCalendar, thresholds: Thresholds) -> int:
    """Return a 64-bit hash of all that decides, beside the input, what a statement says; never 0."""
    return fingerprint(registry, calendar, thresholds, MADE_BY) or 1
