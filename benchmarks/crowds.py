"""Streets for trackers: people's marks with a detector's faults put in, and invented crowds with occlusion.

What is recorded is TUD-Campus and TUD-Stadtmitte (Andriluka et al. 2008, read from the
installed motmetrics package, not copied). What is invented walks: alone or in pairs,
it stops now and then, and whoever is hidden behind others is missed, or seen in part
and with little confidence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import motmetrics
import numpy as np
from numpy.typing import NDArray

DATA: Final = Path(motmetrics.__file__).parent / "data"
Rows = NDArray[np.float64]
"""(n, 7): frame from 1, id (0: not told), left, top, width, height [picture widths and heights], confidence."""


class Street(NamedTuple):
    """Marks, what a detector told of them, and the frame rate."""

    name: str
    fps: float
    truth: Rows
    told: Rows


def recorded(name: str) -> Rows:
    """Return the marks of a TUD sequence."""
    rows = np.loadtxt(DATA / f"TUD-{name}" / "gt.txt", delimiter=",", usecols=range(7))
    rows[:, 2:6] /= [640, 480, 640, 480]
    return rows[np.argsort(rows[:, 0], kind="stable")]


def every(rows: Rows, step: int) -> Rows:
    """Return each `step`-th frame, numbered anew."""
    out = rows[(rows[:, 0] - 1) % step == 0].copy()
    out[:, 0] = (out[:, 0] - 1) // step + 1
    return out


def bare(truth: Rows) -> Rows:
    """Return the marks without ids."""
    out = truth.copy()
    out[:, 1], out[:, 6] = 0, 1
    return out


def noisy(truth: Rows, seed: int, missed: float = 0.15, jitter: float = 0.05) -> Rows:
    """Return what a middling detector tells: jitter, misses, some confidence, one false box in two frames."""
    random = np.random.default_rng(seed)
    kept = truth[random.random(len(truth)) >= missed].copy()
    kept[:, 2:6] += random.normal(0, jitter, (len(kept), 4)) * kept[:, [4, 5, 4, 5]]
    kept[:, 6] = np.clip(random.normal(0.75, 0.2, len(kept)), 0.12, 1)
    frames = np.unique(truth[:, 0])
    where = np.repeat(frames, random.poisson(0.5, len(frames)))
    n = len(where)
    place, size = random.random((n, 2)) * [0.9, 0.6], np.full((n, 2), [0.09, 0.37])
    false = np.column_stack([where, np.zeros(n), place, size, np.clip(random.normal(0.35, 0.15, n), 0.1, 0.8)])
    rows = np.concatenate([kept, false])
    rows[:, 1] = 0
    return rows[np.argsort(rows[:, 0], kind="stable")]


def walked(seed: int, fps: float, seconds: float = 60.0, persons: int = 40) -> Rows:
    """Return the marks of an invented crowd: everybody crosses the picture once, at a depth of their own."""
    random = np.random.default_rng([seed, persons])
    rows = []
    for number in range(1, persons + 1):
        height = random.uniform(0.15, 0.4)
        speed = random.uniform(0.25, 0.6) * height * random.choice([-1, 1])  # [picture widths / s]
        begins, stops = random.uniform(-4, seconds - 6), random.uniform(0, 12) if random.random() < 0.3 else np.inf
        pause = random.uniform(2, 8)
        for mate in range(1 + (random.random() < 0.3)):
            rows.append(_walk(number + 1000 * mate, height, speed, begins + 0.35 * mate, stops, pause, fps, seconds))
    out = np.concatenate(rows)
    return out[np.argsort(out[:, 0], kind="stable")]


def _walk(
    number: int, height: float, speed: float, begins: float, stops: float, pause: float, fps: float, seconds: float
) -> Rows:
    frame = np.arange(round(seconds * fps))
    t = frame / fps - begins
    walked = np.where(t < stops, t, np.maximum(stops, t - pause))
    x = (0.0 if speed > 0 else 1.0) + speed * walked
    foot = 0.45 + 1.2 * height + 0.01 * np.sin(2.2 * t + number)
    inside = (t >= 0) & (x > 0.0) & (x < 1.0)
    width = 0.25 * height * (1 + 0.15 * np.sin(9 * t + number))  # the stride
    top, size = np.full(len(t), foot - height), np.full(len(t), height)
    columns = (frame + 1.0, np.full(len(t), number), x - width / 2, top, width, size, np.ones(len(t)))
    return np.column_stack(columns)[inside]


def hidden(truth: Rows, seed: int, jitter: float = 0.03) -> Rows:
    """Return what a detector tells of a crowd in which those in front hide those behind."""
    random = np.random.default_rng(seed)
    told = []
    for frame in np.unique(truth[:, 0]):
        rows = truth[truth[:, 0] == frame]
        rows = rows[np.argsort(-(rows[:, 3] + rows[:, 5]))]  # nearest first
        for k, row in enumerate(rows):
            seen = _visible(row, rows[:k])
            if random.random() < 0.03 or seen < 0.3:
                continue
            out = row.copy()
            out[1] = 0
            out[2:6] += random.normal(0, jitter, 4) * row[[4, 5, 4, 5]]
            out[6] = np.clip(random.normal(0.15 + 0.7 * seen, 0.1), 0.05, 0.99)
            if seen < 0.7:
                out[5] *= random.uniform(0.8, 1.0)
            told.append(out)
    return np.array(told)


def _visible(row: Rows, nearer: Rows) -> float:
    """Return the share of a person's width that nobody nearer covers."""
    at = np.linspace(row[2], row[2] + row[4], 21)
    covers = (nearer[:, None, 2] <= at) & (at <= nearer[:, None, 2] + nearer[:, None, 4])
    tall = (nearer[:, 3] <= row[3] + row[5]) & (nearer[:, 3] + nearer[:, 5] >= row[3])
    return float(1 - (covers & tall[:, None]).any(0).mean()) if len(nearer) else 1.0


def streets(seeds: int) -> list[Street]:
    """Return all streets, those with faults once a seed."""
    out = []
    for name in ("Campus", "Stadtmitte"):
        for step in (1, 2, 4):
            truth = every(recorded(name), step)
            out.append(Street(f"TUD-{name}, ids off", 25 / step, truth, bare(truth)))
            out += [Street(f"TUD-{name}, noisy", 25 / step, truth, noisy(truth, seed)) for seed in range(seeds)]
    for fps in (2.5, 7.0, 14.0):
        for seed in range(seeds):
            truth = walked(seed, fps)
            out.append(Street("invented, hidden", fps, truth, hidden(truth, seed)))
    return out
