"""How often riders are taken for persons, and persons for riders: noisy scenes, with tracks and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from operators import city as cities
from operators.arrays import Ordered, no_frames
from operators.tracking import bodies, riders
from schemas.frames import CLASSES
from schemas.registry import Camera, Registry

FPS, FRAMES = 5, 300
MISSED, TREMBLE = 0.03, 0.02
"""Share of boxes missed, and how far edges tremble [box widths], as in the simulator."""
PERSON, MOTORCYCLE = CLASSES.index("person"), CLASSES.index("motorcycle")
FOOT, TALL = 0.25, 1.35
"""Where a rider's box ends above the motorcycle's lower edge, and its height [its heights]."""

Box = tuple[int, int, float, float, float, float]  # class, track, middle, foot, width, height


def traffic(step: int, found: float, dice: np.random.Generator) -> Iterator[Box]:
    """Sixty ride down the picture, one after another, each on a motorcycle that is found in a share of the frames."""
    for k in range(60):
        y = 0.15 + 0.012 * (step - 4 * k)
        if 0.15 <= y < 0.99:
            yield from _ridden(k, 0.1 + 0.8 * (k % 7) / 7, y, 0.03 + 0.07 * y, found, dice)


def queue(step: int, found: float, dice: np.random.Generator) -> Iterator[Box]:
    """Forty stand at a red light the whole minute."""
    for k in range(40):
        yield from _ridden(k, 0.1 + 0.08 * (k % 10), 0.6 + 0.1 * (k // 10), 0.08, found, dice)


def _ridden(k: int, x: float, y: float, height: float, found: float, dice: np.random.Generator) -> Iterator[Box]:
    yield PERSON, 1000 + k, x, y - FOOT * height, 0.35 * height, TALL * height
    if dice.random() < found:
        yield MOTORCYCLE, 1 + k, x, y, 0.45 * height, height


def kerb(step: int, found: float, dice: np.random.Generator) -> Iterator[Box]:
    """Eight walk along a row of thirty parked motorcycles."""
    for k in range(30):
        if dice.random() < found:
            yield MOTORCYCLE, 1 + k, 0.05 + 0.03 * k, 0.8, 0.06, 0.08
    for k in range(8):
        yield PERSON, 1000 + k, (0.1 * k + 0.004 * step) % 1.0, 0.79 + 0.003 * k, 0.04, 0.13


def frames(scene: Callable[[int, float, np.random.Generator], Iterator[Box]], found: float) -> Ordered:
    """Return a minute of a scene as a detector shows it."""
    dice, rows, first = np.random.default_rng(1), [], [0]
    for step in range(FRAMES):
        rows += [row for row in scene(step, found, dice) if dice.random() >= MISSED]
        first.append(len(rows))
    cls, track, x, foot, width, height = (np.array(column) for column in zip(*rows, strict=True))
    box = np.stack([x - width / 2, foot - height, x + width / 2, foot], axis=1)
    box += np.tile(dice.normal(0, TREMBLE, (len(rows), 2)) * width[:, None], 2)
    flags, size = np.ones(FRAMES, np.bool_), len(rows)
    return no_frames()._replace(
        camera=np.zeros(FRAMES, np.int32), t_us=np.arange(FRAMES) * (1_000_000 // FPS), usable=flags, made_here=~flags,
        dt_ms=np.full(FRAMES, 1000 // FPS, np.int32), first=np.array(first), cls=cls.astype(np.uint8),
        box=box.astype(np.float32), track=track.astype(np.uint64), confidence=np.full(size, 0.8, np.float32),
    )  # fmt: skip


CASES: Final = ((traffic, 1.0), (traffic, 0.3), (queue, 1.0), (queue, 0.3), (kerb, 1.0))


def table() -> str:
    """Return how often persons' boxes are called riders in each scene."""
    place = cities.build(Registry(camera=(Camera("cam", "00", float(FPS)),)))
    lines = [f"{'scene':<10}{'motorcycles found':>18}{'called riders with tracks':>28}{'without':>10}"]
    for scene, found in CASES:
        seen = frames(scene, found)
        followed = bodies.step(bodies.start(1), place, seen, bodies.Params()).frames
        shares = [
            (told.cls[seen.cls == PERSON] == riders.RIDER).mean()
            for told in (followed, bodies.alone(seen, bodies.Params()))
        ]
        lines.append(f"{scene.__name__:<10}{found:>18.0%}{shares[0]:>28.1%}{shares[1]:>10.1%}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
