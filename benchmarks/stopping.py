"""How well stopped vehicles are found: `python -m benchmarks.stopping` disturbs RoadTrack's development sequences.

`--base COMMIT` prints another version's table before it. Found is a sequence whose marked
vehicle has an incident on it, a false alarm a sequence of moving traffic with any; others
are incidents beside the marked vehicle.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import against
from benchmarks import roads as recorded
from benchmarks.roads import DISTURBANCES, HEIGHT, SIZE, WIDTH, Disturb, Road
from operators.arrays import OTHER, Ordered
from operators.city import City, build
from operators.metrics import parking
from operators.stage import feet
from operators.tracking import bodies, tracker
from schemas.frames import CLASSES
from schemas.registry import Camera, Limits, Registry, Zone

CLASS: Final = {2: CLASSES.index("car"), 7: CLASSES.index("truck")}
SQUARE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class Incident(NamedTuple):
    """From its opening to its last change [s]."""

    opened: float
    last: float
    box: NDArray[np.float64]


class Score(NamedTuple):
    """How many sequences of each kind, and alarms on no mark beside stopped vehicles."""

    found: float
    false: float
    others: float


def town(fps: float) -> City:
    """Return a city of one camera whose whole picture is no place to stop."""
    zone = Zone(id="road", kind="no_parking", polygon=SQUARE, limits=Limits(stopped_s=10.0))
    size = (WIDTH, HEIGHT)
    camera = Camera(id="c", area="51", fps=fps, size=size, metrics=("parking",), tracker="iou", zone=(zone,))
    return build(Registry(camera=(camera,)))


def ordered(road: Road) -> Ordered:
    """Return what was told as frames for the kernels."""
    n, m = len(road.t), len(road.told)
    dt_s = np.minimum(np.diff(road.t, append=road.t[-1] + 1 / road.fps), 2 / road.fps)
    box = (road.told[:, 2:6] / SIZE).clip(0, 1)
    first = np.searchsorted(road.told[:, 0], np.append(road.t, np.inf) - 1e-6)
    return Ordered(
        camera=np.zeros(n, np.int32), t_us=np.rint(road.t * 1e6).astype(np.int64),
        dt_ms=np.rint(1e3 * dt_s).astype(np.int32),
        usable=np.ones(n, np.bool_), made_here=np.ones(n, np.bool_), width=np.full(n, WIDTH, np.int32),
        height=np.full(n, HEIGHT, np.int32), first=first.astype(np.int64),
        cls=np.array([CLASS.get(int(c), OTHER) for c in road.told[:, 7]], np.uint8),
        confidence=road.told[:, 6].astype(np.float32), box=box.astype(np.float32), track=np.zeros(m, np.uint64),
        face=np.zeros(m, np.uint32), zones=np.zeros(m, np.uint64), signal_frame=np.empty(0, np.int64),
        signal_zone=np.empty(0, np.int32), signal_value=np.empty(0),
    )  # fmt: skip


def incidents(road: Road) -> list[Incident]:
    """Return what parking says of a road whose tracks are made here."""
    city, frames = town(road.fps), ordered(road)
    _, track = tracker.step(tracker.start(1), city, frames, np.ones(1, np.bool_))
    told = bodies.step(bodies.start(1), city, frames._replace(track=track), bodies.Params())
    plan = parking.plan(city)
    out: Any = parking.step(parking.start(plan), plan, feet.placed(feet.plan(city), told.frames)).changes
    last = {opened: t for opened, t in zip(out.opened_us.tolist(), out.t_us.tolist(), strict=True)}
    return [
        Incident(out.opened_us[i] / 1e6, last[int(out.opened_us[i])] / 1e6, out.box[i] * SIZE)
        for i in np.flatnonzero(out.step == 0)
    ]


def is_marked(road: Road, incident: Incident) -> bool:
    """Tell whether an incident lies on a marked vehicle."""
    now = road.marks[(road.marks[:, 0] >= incident.opened) & (road.marks[:, 0] <= incident.last)]
    corner = np.minimum(now[:, 4:6], incident.box[2:]) - np.maximum(now[:, 2:4], incident.box[:2])
    both = corner.clip(0, None).prod(1)
    whole = (now[:, 4:6] - now[:, 2:4]).prod(1) + (incident.box[2:] - incident.box[:2]).prod() - both
    return bool((both >= 0.3 * whole).any())


@cache
def roads(kind: str) -> list[Road]:
    """Return the sequences, read once."""
    return recorded.roads(kind)


def scored(disturb: Disturb, seeds: int) -> Score:
    """Return what is found and falsely told a run, over seeds."""
    found = false = others = 0
    for seed in range(seeds):
        for k, road in enumerate(roads("P")):
            told = disturb(road, np.random.default_rng([seed, k]))
            marked = [is_marked(told, incident) for incident in incidents(told)]
            found, others = found + any(marked), others + sum(not m for m in marked)
        for k, road in enumerate(roads("N")):
            false += len(incidents(disturb(road, np.random.default_rng([seed, k, 1])))) > 0
    return Score(found / seeds, false / seeds, others / seeds)


def table(seeds: int) -> None:
    """Print a line a disturbance, and their mean."""
    print(f"{'of 20 sequences each':<22}{'found':>8}{'false':>8}{'others':>8}")
    scores = []
    for name, disturb in DISTURBANCES.items():
        scores.append(scored(disturb, seeds))
        print(f"{name:<22}" + "".join(f"{value:>8.2f}" for value in scores[-1]), flush=True)
    print(f"{'mean':<22}" + "".join(f"{value:>8.2f}" for value in np.mean(scores, axis=0)))


if __name__ == "__main__":
    against.tables("stopping", __doc__, Path(recorded.__file__), table, 5, "how often each disturbance is put in")
