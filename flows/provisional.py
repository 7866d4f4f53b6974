"""Cameras that no registry names yet: registered for one replay, and said so.

Reads the input once to see which cameras it holds, how large their pictures are,
how often their frames come, and whether frames without objects are among them.
Each gets area `00` and one zone, the whole image.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from connectors.formats import Chunk
from schemas.registry import Camera, Registry, Zone

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
COMMON_FPS = (0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 12.5, 15, 20, 24, 25, 30, 50, 60)
SAMPLE = 256
"""Frames of a camera whose distances are looked at."""
NEAR = 0.1
"""A measured rate this near a common one is taken for it."""


class Sampled:
    """Frame distances and sizes of cameras as chunks go by."""

    def __init__(self) -> None:
        self.times: dict[str, list[int]] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.without_empty: set[str] = set()

    def add(self, chunk: Chunk) -> None:
        """Look at a chunk; cameras sampled enough cost nothing."""
        seen = chunk.batch.frames.group_by("camera", maintain_order=True).agg(
            pl.col("t_us").head(SAMPLE), pl.col("width").first(), pl.col("height").first()
        )
        for camera, times, width, height in seen.iter_rows():
            known = self.times.setdefault(camera, [])
            known += times[: SAMPLE - len(known)]
            if width and height:
                self.sizes.setdefault(camera, (width, height))
            if not chunk.sends_empty:
                self.without_empty.add(camera)

    def fps(self, camera: str) -> float | None:
        """Return a camera's measured frame rate; None with too few frames."""
        times = pl.Series(sorted(set(self.times.get(camera, ()))), dtype=pl.Int64)
        middle = times.diff().median()
        return None if middle is None else 1e6 / float(middle)  # type: ignore[arg-type]


def _common(fps: float) -> float:
    near = min(COMMON_FPS, key=lambda rate: abs(rate - fps))
    return float(near) if abs(near - fps) <= NEAR * near else round(fps, 3)


def _measured(sampled: Sampled, camera: str) -> float:
    """Return a camera's rate as it came, 1 frame/s where one frame says nothing of it."""
    seen = sampled.fps(camera)
    return 1.0 if seen is None else _common(seen)


def register(chunks: Iterable[Chunk], fps: float | None, size: tuple[int, int] | None) -> Registry:
    """Return provisional cameras for everything in the input."""
    sampled = Sampled()
    for chunk in chunks:
        sampled.add(chunk)
    return Registry(
        camera=tuple(
            Camera(
                id=camera,
                area="00",
                fps=_measured(sampled, camera) if fps is None else fps,
                size=size or sampled.sizes.get(camera, (1920, 1080)),
                sends_empty=camera not in sampled.without_empty,
                simulated=camera.startswith("sim-"),
                metrics=("crowd",),
                zone=(Zone(id="frame", kind="crowd", polygon=WHOLE),),
            )
            for camera in sampled.times
        )
    )
