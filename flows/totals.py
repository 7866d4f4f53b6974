"""What a run did, summed over its workers as it goes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import polars as pl

MOST_WORDS: Final = 1_000
"""Words that are kept of all that were not understood: what a sender makes up anew for every object fills no memory."""


@dataclass
class Totals:
    """What a run did, summed over its workers."""

    frames: int = 0
    objects: int = 0
    duplicates: int = 0
    late: int = 0
    dead_letters: int = 0
    rejected_objects: int = 0
    rows: int = 0
    words: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Words that were not understood as they came, by camera, reason and word; `MOST_WORDS` at most."""
    strangers: dict[str, int] = field(default_factory=dict)
    """Frames of cameras that are not registered, by camera; `MOST_WORDS` cameras at most."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_read(self) -> bool:
        """Tell whether one frame could be used."""
        return self.frames + self.duplicates > 0

    def add(self, **counts: int) -> None:
        """Add to the named counts."""
        with self.lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def meet(self, cameras: pl.Series) -> None:
        """Count frames (n,) of cameras that are not registered; new ones no longer, once there are too many."""
        with self.lock:
            for camera, count in cameras.value_counts(sort=True).rows():
                if camera in self.strangers or len(self.strangers) < MOST_WORDS:
                    self.strangers[camera] = self.strangers.get(camera, 0) + count

    def hear(self, heard: pl.DataFrame) -> None:
        """Count words that were not understood; new ones no longer, once there are too many."""
        with self.lock:
            for camera, reason, word, count in heard.rows():
                key = camera, reason, word
                if key in self.words or len(self.words) < MOST_WORDS:
                    self.words[key] = self.words.get(key, 0) + count
