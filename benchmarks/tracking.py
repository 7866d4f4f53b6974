"""How good the tracker is: `python -m benchmarks.tracking` prints what it gets right, street by street.

`--base COMMIT` prints another version's scores on the same streets before it.

Crossings are counted at seven upright lines, each way, by the flow kernel behind the
tracker; the truth is each mark's change of side. IDF1 and MOTA are motmetrics' at an
IoU of 0.5.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import motmetrics
import numpy as np
from numpy.typing import NDArray

from benchmarks import against, crowds
from benchmarks.crowds import Rows, Street
from operators.arrays import Ordered
from operators.city import City, build
from operators.metrics import flow
from operators.tracking import tracker
from schemas.columns import FLOW
from schemas.frames import CLASSES
from schemas.registry import Camera, Line, Registry

LINES = tuple(round(0.2 + 0.1 * k, 1) for k in range(7))
START = 1_767_571_200_000_000
ASPECT = 640 / 480


class Score(NamedTuple):
    """What a street's tracking is worth."""

    wrong: int  # crossings told too many or too few, each line and way for itself
    crossed: int  # true ones
    idf1: float
    mota: float
    switches: int


def town(fps: float) -> City:
    """Return a city of one camera that sees the street and its lines."""
    lines = tuple(Line(id=f"l{k}", points=((x, 0.0), (x, 1.0))) for k, x in enumerate(LINES))
    camera = Camera(id="street", area="00", fps=fps, size=(640, 480), metrics=("flow",), line=lines, tracker="iou")
    return build(Registry(camera=(camera,)))


def ordered(street: Street) -> Ordered:
    """Return what was told as frames for the kernels, those of an older version too."""
    rows, last = street.told, int(street.truth[:, 0].max())
    m = len(rows)
    box = np.column_stack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    newer: dict[str, Any] = {"made_here": np.ones(last, np.bool_)}
    return Ordered(
        camera=np.zeros(last, np.int32), t_us=START + np.rint(np.arange(last) * 1e6 / street.fps).astype(np.int64),
        dt_ms=np.full(last, round(1000 / street.fps), np.int32), usable=np.ones(last, np.bool_),
        width=np.full(last, 640, np.int32), height=np.full(last, 480, np.int32),
        first=np.searchsorted(rows[:, 0], np.arange(1, last + 2)).astype(np.int64),
        cls=np.full(m, CLASSES.index("person"), np.uint8), confidence=rows[:, 6].astype(np.float32),
        box=box.astype(np.float32), track=np.zeros(m, np.uint64), face=np.zeros(m, np.uint32),
        zones=np.zeros(m, np.uint64), signal_frame=np.empty(0, np.int64), signal_zone=np.empty(0, np.int32),
        signal_value=np.empty(0), **{name: column for name, column in newer.items() if name in Ordered._fields},
    )  # fmt: skip


def crossed(truth: Rows) -> NDArray[np.int64]:
    """Return (lines, 2) marks that end on the right hand of a line, and on its left, and began on the other."""
    out = np.zeros((len(LINES), 2), np.int64)
    band = 0.01 * np.hypot(640, 480) / 640
    for number in np.unique(truth[:, 1]):
        rows = truth[truth[:, 1] == number]
        for k, line in enumerate(LINES):
            x = rows[:, 2] + rows[:, 4] / 2 - line
            x = x[np.abs(x) > band]
            if len(x) > 1 and (x[0] > 0) != (x[-1] > 0):
                out[k, int(x[-1] > 0)] += 1
    return out


def counted(city: City, frames: Ordered) -> NDArray[np.int64]:
    """Return (lines, 2) crossings that flow counts."""
    state, rules = flow.start(city), flow.Rules()
    crossing = [flow.follow(state, city, frames, rules)]
    if hasattr(flow, "settle"):  # an older version holds none back
        crossing.append(flow.settle(state, np.zeros(1, np.int32), rules))
    parts = flow.counts(np.concatenate(crossing))
    told = np.bincount(parts.key, parts.values[:, FLOW.offset("person_n")], 2 * len(LINES))
    return told.astype(np.int64).reshape(len(LINES), 2)


def judged(street: Street, params: tracker.TrackerParams = tracker.DEFAULTS) -> Score:
    """Return a street's score."""
    city, frames = town(street.fps), ordered(street)
    _, track = tracker.step(tracker.start(1), city, frames, np.ones(1, np.bool_), params)
    true, told = crossed(street.truth), counted(city, frames._replace(track=track))
    found = street.told[track != 0].copy()
    found[:, 1] = np.unique(track[track != 0], return_inverse=True)[1] + 1
    marks = identified(street.truth, found)
    return Score(int(np.abs(true - told).sum()), int(true.sum()), marks.idf1, marks.mota, int(marks.num_switches))


def identified(truth: Rows, found: Rows) -> Any:
    """Return motmetrics' scores."""
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame in np.unique(truth[:, 0]):
        a, b = truth[truth[:, 0] == frame], found[found[:, 0] == frame]
        accumulator.update(a[:, 1].astype(int), b[:, 1].astype(int), _distance(a, b))
    return motmetrics.metrics.create().compute(accumulator, metrics=["mota", "idf1", "num_switches"]).iloc[0]


def _distance(a: Rows, b: Rows) -> NDArray[np.float64]:
    """Return 1 - IoU of each pair, NaN below an IoU of 0.5 (motmetrics' own needs numpy 1)."""
    a, b = a[:, None, 2:6], b[None, :, 2:6]
    corner = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = np.clip(corner, 0, None).prod(-1)
    iou = both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both)
    return np.where(iou >= 0.5, 1 - iou, np.nan)


def table(seeds: int) -> None:
    """Print a line a kind of street."""
    warnings.simplefilter("ignore")  # motmetrics and numpy 2
    groups: dict[tuple[str, float], list[Score]] = defaultdict(list)
    for street in crowds.streets(seeds):
        groups[street.name, street.fps].append(judged(street))
    print(f"{'street':<28}{'fps':>6}{'crossed':>9}{'wrong':>7}{'IDF1':>7}{'MOTA':>7}{'switches':>10}")
    for (name, fps), scores in groups.items():
        wrong, true = sum(s.wrong for s in scores), sum(s.crossed for s in scores)
        idf1, mota, switches = (np.mean([getattr(s, key) for s in scores]) for key in ("idf1", "mota", "switches"))
        print(f"{name:<28}{fps:>6.4g}{true:>9}{wrong / true:>7.1%}{idf1:>7.3f}{mota:>7.3f}{switches:>10.1f}")
    every = [score for scores in groups.values() for score in scores]
    print(f"all: {sum(s.wrong for s in every) / sum(s.crossed for s in every):.1%} of crossings wrong")


if __name__ == "__main__":
    against.tables("tracking", __doc__, Path(crowds.__file__), table, 3, "how often faults are put in")
