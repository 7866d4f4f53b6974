"""Vehicles that stop on a motorway: real detections without track ids, and people's marks.

The tracker gives the ids, parking does the rest, with the same thresholds for all
40 sequences: the whole picture is a no-parking zone, `stopped_s` = 10.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from operators.arrays import OTHER, Ordered
from operators.city import build
from operators.metrics import parking
from operators.stage import feet
from operators.tracking import tracker
from schemas.frames import CLASSES
from schemas.registry import Camera, Limits, Registry, Zone

DATA = Path(__file__).parents[1] / "data" / "recordings" / "roadtrack"
CLASS = {2: CLASSES.index("car"), 7: CLASSES.index("truck")}
WIDTH, HEIGHT, FRAME_US = 640, 540, 100_000
SIZE = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ROAD = Zone(id="jalan", kind="no_parking", polygon=SQUARE, limits=Limits(stopped_s=10.0))
CAMERA = Camera(
    id="tol", area="51", fps=10.0, size=(WIDTH, HEIGHT), metrics=("parking",), tracker="iou", zone=(ROAD,)
)  # fmt: skip
Box = tuple[float, ...]


class Incident(NamedTuple):
    """From its opening to its last change, in frames."""

    opened: float
    last: float
    box: Box


def read(path: Path) -> NDArray[np.float64]:
    """Return frame, id, left, top, right, bottom, confidence, class of each box."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)[:, :8]
    rows[:, 4:6] += rows[:, 2:4]
    return rows


def frames(path: Path) -> Ordered:
    rows = read(path)
    n = int(rows[:, 0].max())
    rows = rows[rows[:, 2] >= 0]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return Ordered(
        camera=np.zeros(n, np.int32), t_us=np.arange(n) * FRAME_US, dt_ms=np.full(n, FRAME_US // 1000, np.int32),
        usable=np.ones(n, np.bool_), made_here=np.ones(n, np.bool_),
        width=np.full(n, WIDTH, np.int32), height=np.full(n, HEIGHT, np.int32),
        first=np.searchsorted(rows[:, 0] - 1, np.arange(n + 1)).astype(np.int64),
        cls=np.array([CLASS.get(int(c), OTHER) for c in rows[:, 7]], np.uint8),
        confidence=rows[:, 6].astype(np.float32), box=(rows[:, 2:6] / SIZE).clip(0, 1).astype(np.float32),
        track=np.zeros(len(rows), np.uint64), face=np.zeros(len(rows), np.uint32),
        zones=np.zeros(len(rows), np.uint64), signal_frame=np.empty(0, np.int64), signal_zone=np.empty(0, np.int32),
        signal_value=np.empty(0),
    )  # fmt: skip


def incidents(path: Path, given: Ordered | None = None) -> list[Incident]:
    town = build(Registry(camera=(CAMERA,)))
    ordered = feet.placed(feet.plan(town), frames(path) if given is None else given)
    _, track = tracker.step(tracker.start(1), town, ordered, np.ones(1, np.bool_))
    plan = parking.plan(town)
    out = parking.step(parking.start(plan), plan, ordered._replace(track=track)).changes
    end = {i: t for i, t in zip(out.opened_us.tolist(), out.t_us.tolist(), strict=True)}
    return [
        Incident(out.opened_us[i] / FRAME_US, end[int(out.opened_us[i])] / FRAME_US, tuple(out.box[i] * SIZE))
        for i in np.flatnonzero(out.step == 0)
    ]


def overlap(a: Box, b: Box) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


def marks_found(path: Path, found: list[Incident]) -> bool:
    marks = read(path.with_name(path.name.replace(".det.", ".gt.")))
    for incident in found:
        now = marks[(marks[:, 0] >= incident.opened) & (marks[:, 0] <= incident.last)]
        if any(overlap(incident.box, tuple(mark[2:6])) >= 0.3 for mark in now):
            return True
    return False


@pytest.mark.slow
def test_stopped_vehicles_are_found() -> None:
    paths = sorted((DATA / "P").glob("*.det.txt.gz"))
    found = [marks_found(path, incidents(path)) for path in paths]
    assert len(found) == 20
    assert sum(found) == 20


@pytest.mark.slow
def test_normal_traffic_raises_at_most_one_alarm() -> None:
    paths = sorted((DATA / "N").glob("*.det.txt.gz"))
    alarms = [len(incidents(path)) > 0 for path in paths]
    assert len(alarms) == 20
    assert sum(alarms) <= 1


@pytest.mark.slow
def test_stopped_vehicles_are_found_where_the_detector_sees_them_now_and_then() -> None:
    """Four of ten boxes, as of vehicles that are farther away: found were 15 when missed frames stopped the clock."""
    random = np.random.default_rng(1)
    paths = sorted((DATA / "P").glob("*.det.txt.gz"))
    found = [marks_found(path, incidents(path, thinned(frames(path), random))) for path in paths]
    assert sum(found) >= 18


def thinned(ordered: Ordered, random: np.random.Generator) -> Ordered:
    """Return the frames with six of ten boxes left out."""
    kept = random.random(len(ordered.cls)) >= 0.6
    count = np.concatenate([[0], np.cumsum(kept)])
    columns = ("cls", "confidence", "box", "track", "face", "zones")
    return ordered._replace(first=count[ordered.first], **{name: getattr(ordered, name)[kept] for name in columns})
