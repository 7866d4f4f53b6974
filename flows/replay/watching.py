"""Watching a replay: how far it is, and the frame rates of its first chunks."""

from __future__ import annotations

from typing import Final

from connectors.formats import Chunk, Far
from connectors.warehouse import Stage
from flows import provisional
from flows.replay.asked import Progress
from schemas.counting import counted
from schemas.registry import Registry

RATE_TOLERANCE: Final = 0.2
"""A measured frame rate further than this share from the registry's is warned of."""
SAMPLED_CHUNKS: Final = 20
WHOLE: Final = 1000
READ, WRITTEN = 900, 90
"""Shares of a replay's work, in thousandths: reading the input, writing what was staged; the rest follows from it."""
MOST_REMARKS: Final = 8
"""Remarks on files that are said one by one."""


class Watch:
    """Tells progress, in thousandths of the work: it is whole once, at the end."""

    def __init__(self, stage: Stage, progress: Progress | None, size: int) -> None:
        self.stage, self.progress, self.size = stage, progress, size
        self.sampled, self.chunks, self.read = provisional.Sampled(), 0, 0
        self.said: dict[str, None] = {}
        self.far: dict[tuple[str, str], Far] = {}
        self.told = 0

    def chunk(self, chunk: Chunk) -> None:
        """Take note of a chunk that was read."""
        self.chunks += 1
        self.said.update(dict.fromkeys(chunk.remarks))
        for far in chunk.far:
            known = self.far.get(far[:2])
            self.far[far[:2]] = far if known is None else known.joined(far)
        if self.chunks <= SAMPLED_CHUNKS:
            self.sampled.add(chunk)
        self.passed(chunk.bytes_read)

    def passed(self, size: int) -> None:
        """Take note that so much more of the input, of `size` in all, is read."""
        self.read += size
        self._tell(READ * min(self.read / self.size, 1.0) if self.size else READ)

    def written(self, size: int) -> None:
        """Take note of how much of what was staged is written."""
        self._tell(READ + WRITTEN * min(size / self.stage.bytes, 1.0) if self.stage.bytes else READ)

    def finished(self) -> None:
        """Take note that nothing is left to do."""
        self._tell(float(WHOLE))

    def remarks(self) -> list[str]:
        """Return how files were read where they could be meant otherwise."""
        more = len(self.said) - MOST_REMARKS
        return [*list(self.said)[:MOST_REMARKS], *([f"{counted(more, 'more files')} read so"] if more > 0 else [])]

    def rates(self, registry: Registry) -> list[str]:
        """Return a warning a camera whose frames come at another rate than registered."""
        out = []
        for camera in registry.camera:
            seen, said = self.sampled.fps(camera.id), camera.rate_fps
            if seen is not None and abs(seen / said - 1) > RATE_TOLERANCE:
                out.append(f"camera {camera.id}: {seen:.3g} frames/s measured, the registry says {said:g}: set fps")
        return out

    def _tell(self, done: float) -> None:
        """Tell how far it is, never less than before: packed input is larger than its files say."""
        self.told = max(self.told, int(done))
        if self.progress is not None:
            self.progress(self.told, WHOLE)
