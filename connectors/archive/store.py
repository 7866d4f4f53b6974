"""What an archive asks of the place that keeps it: whole objects by name, in a folder or a bucket alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """An object as its place lists it."""

    size: int  # bytes
    since_us: int  # when it was put there, microseconds since 1970 UTC


class Store(Protocol):
    """Objects by name; every method raises `ArchiveError`, or `ArchiveAway` where waiting may mend it."""

    url: str

    def put(self, name: str, content: bytes) -> None:
        """Store an object, whole or not at all, over the one that is there."""

    def upload(self, name: str, path: Path) -> None:
        """Store a file's content as `put` does."""

    def get(self, name: str) -> bytes | None:
        """Return an object, None where there is none."""

    def download(self, name: str, path: Path) -> bool:
        """Write an object into a file; say whether there is one."""

    def names(self, prefix: str = "") -> dict[str, Found]:
        """Return the objects whose names begin so."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are gone are no mistake."""
