"""What a replay is asked for, and what it says at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from flows.remedies import Left


@dataclass(frozen=True)
class ReplayOptions:
    """What `tilik replay` was asked for; times in microseconds UTC or seconds as named."""

    paths: tuple[str, ...]
    format: str
    warehouse: str
    registry: str | None = None
    calendar: str | None = None
    camera: str | None = None
    fps: float | None = None
    start_us: int | None = None
    size: tuple[int, int] | None = None
    class_map: dict[str, str] = field(default_factory=dict)
    replace: bool = False
    workers: int = 1
    tracker: str | None = None
    reorder_s: float = 2.0
    lateness_s: float = 600.0
    keep_unreadable: bool = False
    """Records that cannot be parsed are kept as they came."""
    archive: str | None = None
    """Where its frames are kept; None keeps none."""


class Reason(NamedTuple):
    """Dead letters of one reason: how many, and what the first says."""

    reason: str
    number: int
    detail: str


class Restated(NamedTuple):
    """An earlier run of the same input by other definitions, and what became of it."""

    run: int
    differs: tuple[str, ...]
    """Parts of what it went by that are others now; none where it does not say what it went by."""
    withdrawn: int
    """Its rows that are said no more."""


@dataclass(frozen=True)
class ReplaySummary:
    """Records in = frames + duplicates + dead letters; late frames are among frames."""

    frames: int
    objects: int
    rows: int
    dead_letters: int
    late: int
    duplicates: int
    seconds: float
    incidents: int = 0
    """Distinct incidents that stand at the end."""
    rejected_objects: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    """Objects and signals refused inside frames that count, by reason."""
    left_out: tuple[Left, ...] = ()
    """The same by camera, boxes of dead letters too, with the words that were not understood."""
    warnings: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Dead letters by reason, the commonest first."""
    restated: Restated | None = None
    by: dict[str, str] = field(default_factory=dict)
    """Hashes of registry, calendar, thresholds and version, for the next run of this input."""
    compiled_s: float = 0.0
    """Of `seconds`: how long kernels were compiled, which they are once for a version."""
    unread: str = ""
    """Why no record at all could be read, '' when one was."""


Progress = Callable[[int, int], None]
"""Called with (done, whole): how much of the work is done, never less than before, and whole at the end only."""
