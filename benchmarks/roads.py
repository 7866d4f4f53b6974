"""Motorways for parking: RoadTrack's development sequences, as told and as others would tell them.

Each disturbance is what other detectors, cameras and rates would show of the same roads: boxes
that shake or are missed, frames that are missing, fewer frames, a mirrored or closer picture,
shadows that stretch boxes and posts that cut them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

DATA: Final = Path(__file__).parents[1] / "tests" / "data" / "recordings" / "roadtrack"
WIDTH, HEIGHT, FPS = 640, 540, 10.0
SIZE: Final = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])
Rows = NDArray[np.float64]
"""(n, 8): time [s], id, left, top, right, bottom [px], confidence, class."""
Disturb = Callable[["Road", Generator], "Road"]


class Road(NamedTuple):
    """What was told of a road, the vehicles marked as stopped, and when there were frames."""

    told: Rows
    marks: Rows
    t: NDArray[np.float64]  # (frames,) [s]
    fps: float


def read(path: Path) -> Rows:
    """Return the rows of a file, frames as times at 10 frames/s."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)[:, :8]
    rows[:, 4:6] += rows[:, 2:4]
    rows[:, 0] = (rows[:, 0] - 1) / FPS
    return rows


def roads(kind: str) -> list[Road]:
    """Return the sequences with a stopped vehicle (P), or those of moving traffic (N)."""
    out = []
    for path in sorted((DATA / kind).glob("*.det.txt.gz")):
        rows, marks = read(path), path.with_name(path.name.replace(".det.", ".gt."))
        t = np.arange(round(rows[:, 0].max() * FPS) + 1) / FPS
        rows = rows[rows[:, 2] >= 0]
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        out.append(Road(rows, read(marks) if marks.exists() else np.empty((0, 8)), t, FPS))
    return out


def as_told(road: Road, random: Generator) -> Road:
    """Change nothing."""
    return road


def shaken(share: float) -> Disturb:
    """Shift every edge by this share of its box (one standard deviation)."""

    def disturb(road: Road, random: Generator) -> Road:
        told = road.told.copy()
        size = told[:, 4:6] - told[:, 2:4]
        told[:, 2:6] += random.normal(0, share, (len(told), 4)) * np.tile(size, 2)
        return road._replace(told=told)

    return disturb


def missed(share: float) -> Disturb:
    """Leave this share of the boxes out."""
    return lambda road, random: road._replace(told=road.told[random.random(len(road.told)) >= share])


def broken(road: Road, random: Generator) -> Road:
    """Leave frames of 0.5 to 3 s out, about twice a minute."""
    lost = np.zeros(len(road.t), np.bool_)
    for begin in np.flatnonzero(random.random(len(road.t)) < 1 / (30 * FPS)):
        lost[begin : begin + random.integers(5, 30)] = True
    return _at(road, ~lost)


def every(step: int) -> Disturb:
    """Take each `step`-th frame."""

    def disturb(road: Road, random: Generator) -> Road:
        kept = np.arange(len(road.t)) % step == random.integers(step)
        return _at(road, kept)._replace(fps=FPS / step)

    return disturb


def mirrored(road: Road, random: Generator) -> Road:
    """Swap left and right."""
    return road._replace(told=_mirror(road.told), marks=_mirror(road.marks))


def closer(factor: float) -> Disturb:
    """Show the picture's middle enlarged, or the whole made smaller."""

    def disturb(road: Road, random: Generator) -> Road:
        told = _zoom(road.told, factor)
        middle = (told[:, 2:4] + told[:, 4:6]) / 2
        inside = ((middle > 0) & (middle < SIZE[:2])).all(1)
        told[:, 2:6] = told[:, 2:6].clip(0, SIZE)
        return road._replace(told=told[inside], marks=_zoom(road.marks, factor))

    return disturb


def shadowed(road: Road, random: Generator) -> Road:
    """Stretch downwards, by up to half, the boxes in a part of the picture for 1 to 5 s, about six times a minute."""
    return _patched(road, random, lambda told, some: _stretch(told, some, random.uniform(1.1, 1.5)))


def half_hidden(road: Road, random: Generator) -> Road:
    """Cut boxes in a part of the picture to a half or more for 1 to 5 s, about six times a minute."""

    def cut(told: Rows, some: NDArray[np.bool_]) -> None:
        side, share = random.integers(2, 6), random.uniform(0.5, 0.9)
        other = (side + 2 - 2) % 4 + 2
        told[some, side] = told[some, other] + share * (told[some, side] - told[some, other])

    return _patched(road, random, cut)


def unsure(road: Road, random: Generator) -> Road:
    """Halve confidence, waver it, and call a tenth of the vehicles by the other class."""
    told = road.told.copy()
    told[:, 6] = (told[:, 6] * 0.6 + random.normal(0, 0.1, len(told))).clip(0.05, 1)
    other = random.random(len(told)) < 0.1
    told[other, 7] = 9 - told[other, 7]
    return road._replace(told=told)


def everything(road: Road, random: Generator) -> Road:
    """Disturb by a little of all."""
    for disturb in (shadowed, half_hidden, shaken(0.02), missed(0.2)):
        road = disturb(road, random)
    return road


DISTURBANCES: Final[dict[str, Disturb]] = {
    "as told": as_told, "shaken 2 %": shaken(0.02), "shaken 5 %": shaken(0.05), "missed 30 %": missed(0.3),
    "missed 60 %": missed(0.6), "frames missing": broken, "5 frames/s": every(2), "2 frames/s": every(5),
    "1 frame/s": every(10), "mirrored": mirrored, "1.3 x": closer(1.3), "0.7 x": closer(0.7), "shadowed": shadowed,
    "half hidden": half_hidden, "unsure": unsure, "of everything": everything,
}  # fmt: skip


def _at(road: Road, kept: NDArray[np.bool_]) -> Road:
    frame = np.rint(road.told[:, 0] * FPS).astype(np.int64)
    return road._replace(told=road.told[kept[frame]], t=road.t[kept])


def _mirror(rows: Rows) -> Rows:
    out = rows.copy()
    out[:, 2], out[:, 4] = WIDTH - rows[:, 4], WIDTH - rows[:, 2]
    return out


def _zoom(rows: Rows, factor: float) -> Rows:
    out = rows.copy()
    out[:, 2:6] = (out[:, 2:6] - SIZE / 2) * factor + SIZE / 2
    return out


def _stretch(told: Rows, some: NDArray[np.bool_], factor: float) -> None:
    told[some, 5] = told[some, 3] + factor * (told[some, 5] - told[some, 3])


def _patched(road: Road, random: Generator, change: Callable[[Rows, NDArray[np.bool_]], None]) -> Road:
    """Change boxes whose foot lies within a third of the picture, for 1 to 5 s, now and then."""
    told = road.told.copy()
    for begin in road.t[random.random(len(road.t)) < 1 / (10 * road.fps)]:
        x, y = random.uniform(0, 2 / 3, 2) * SIZE[:2]
        foot = np.column_stack([(told[:, 2] + told[:, 4]) / 2 - x, told[:, 5] - y])
        now = (told[:, 0] >= begin) & (told[:, 0] < begin + random.uniform(1, 5))
        change(told, now & ((foot >= 0) & (foot < SIZE[:2] / 3)).all(1))
    return road._replace(told=told)
