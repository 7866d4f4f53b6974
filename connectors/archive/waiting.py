"""Waiting for an archive that is away, slow or full, so that whoever fills it is held back and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from connectors.archive.store import Found, Store
from schemas.errors import ArchiveAway

PATIENCE_S: Final = 7_200.0
"""How long is waited for an archive that is away; ours: an outage of an hour, with room."""
FIRST_S, MOST_S = 0.25, 10.0
"""From one try to the next: at first, and at most."""
T = TypeVar("T")


class Patient:
    """A store that is asked again until it answers; `waiting` is told once an outage what is waited for."""

    def __init__(
        self, store: Store, waiting: Callable[[str], None] = lambda said: None, patience_s: float = PATIENCE_S
    ) -> None:
        self.store, self.url = store, store.url
        self.waiting, self.patience_s = waiting, patience_s

    def put(self, name: str, content: bytes) -> None:
        """Store an object, whole or not at all, over the one that is there."""
        self._until(lambda: self.store.put(name, content))

    def upload(self, name: str, path: Path) -> None:
        """Store a file's content as `put` does."""
        self._until(lambda: self.store.upload(name, path))

    def get(self, name: str) -> bytes | None:
        """Return an object, None where there is none."""
        return self._until(lambda: self.store.get(name))

    def download(self, name: str, path: Path) -> bool:
        """Write an object into a file; say whether there is one."""
        return self._until(lambda: self.store.download(name, path))

    def names(self, prefix: str = "") -> dict[str, Found]:
        """Return the objects whose names begin so."""
        return self._until(lambda: self.store.names(prefix))

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are gone are no mistake."""
        every = list(names)
        self._until(lambda: self.store.remove(every))

    def _until(self, ask: Callable[[], T]) -> T:
        end_s, pause_s, is_told = time.monotonic() + self.patience_s, FIRST_S, False
        while True:
            try:
                return ask()
            except ArchiveAway as error:
                if time.monotonic() + pause_s > end_s:
                    raise
                if not is_told:
                    self.waiting(f"{error}: waiting for it")
                    is_told = True
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, MOST_S)
