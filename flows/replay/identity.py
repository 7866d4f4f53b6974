"""What makes two replays the same statement: their input and their definitions, as two hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from flows.replay.asked import ReplayOptions
from flows.thresholds import VERSIONS, Thresholds
from schemas.calendar import CityCalendar
from schemas.registry import Registry, fingerprint

PIECE: Final = 1 << 20


def of_input(paths: Iterable[Path], options: ReplayOptions) -> int:
    """Return a 64-bit hash of the input: its bytes and what the options say of them."""
    digest = hashlib.blake2b(digest_size=8)
    for path in paths:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
    given = (options.format, options.camera, options.fps, options.start_us, options.size, options.class_map)
    digest.update(msgspec.json.encode(given, order="deterministic"))
    return int.from_bytes(digest.digest(), "big")


def of_definitions(registry: Registry, calendar: CityCalendar, thresholds: Thresholds) -> int:
    """Return a 64-bit hash of all that decides, beside the input, what a statement says; never 0."""
    return fingerprint(registry, calendar, thresholds, VERSIONS) or 1
