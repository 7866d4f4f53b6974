"""Line crossings, one track after the other, for straight lines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

NEVER = -(10**18)
VEHICLES = ("person", "rider", "bicycle", "motorcycle", "car", "bus", "truck", "other")


class Sighting(NamedTuple):
    t_us: int
    track: int
    cls: str
    confidence: float
    x: float
    y: float
    height: float


class Crossing(NamedTuple):
    direction: str
    t_us: int
    cls: str


class Held(NamedTuple):
    """A crossing that a return before `until_us` takes back, and when its track crossed this way before."""

    crossing: Crossing
    until_us: int
    before_us: int | None


@dataclass
class Memory:
    """What is known of a track at a line."""

    height: float = 0.0  # of its last box
    sightings: list[tuple[int, float, float, float]] = field(default_factory=list)  # t_us, x, y, distance
    sides: list[int] = field(default_factory=list)  # of frames beyond the band
    belongs: int = 0
    flip: tuple[int, bool] | None = None  # time, beside the line
    counted: dict[str, int] = field(default_factory=dict)
    held: Held | None = None
    votes: dict[str, float] = field(default_factory=dict)


def crossings(
    frames: list[tuple[int, list[Sighting]]], line: tuple[tuple[float, float], tuple[float, float]], aspect: float
) -> list[Crossing]:
    """Return the crossings of one line by the objects of one camera's frames: (time, objects), empty ones too."""
    (x1, y1), (x2, y2) = ((x * aspect, y) for x, y in line)
    length = math.hypot(x2 - x1, y2 - y1)
    band = 0.01 * math.hypot(aspect, 1.0)
    memory: dict[int, Memory] = {}
    out: list[Crossing] = []

    def distance(x: float, y: float) -> float:
        return ((x2 - x1) * (y - y1) - (y2 - y1) * (x * aspect - x1)) / length

    for now_us, sightings in frames:
        _tell(memory, now_us - 2_000_000, out)
        now = [s for s in sightings if s.track and s.cls != "garbage"]
        now = [s for i, s in enumerate(now) if s.track not in {o.track for o in now[:i]}]
        known = {t for t, m in memory.items() if now_us - m.sightings[-1][0] <= 30_000_000}
        for s in [s for s in now if s.track in known] + [s for s in now if s.track not in known]:
            if s.track not in known:
                memory[s.track] = _heir(memory, s, aspect, band)
            m, d = memory[s.track], distance(s.x, s.y)
            if m.sightings and (m.sightings[-1][3] > 0) != (d > 0):
                t0, x0, y0, d0 = m.sightings[-1]
                share = d0 / (d0 - d)
                at_x, at_y = (x0 + share * (s.x - x0)) * aspect, y0 + share * (s.y - y0)
                along = ((at_x - x1) * (x2 - x1) + (at_y - y1) * (y2 - y1)) / length
                m.flip = (t0 + round(share * (s.t_us - t0)), 0 <= along < length)
            m.sightings.append((s.t_us, s.x, s.y, d))
            m.height = s.height
            m.votes[s.cls] = m.votes.get(s.cls, 0) + round(s.confidence * 1e6)
            if abs(d) > band:
                _beyond(m, 1 if d > 0 else -1, out)
        _tell(memory, now_us, out)
    _tell(memory, 1 << 62, out)
    return out


def _tell(memory: dict[int, Memory], now_us: int, out: list[Crossing]) -> None:
    over = []
    for track, m in memory.items():
        if m.held is None or now_us < m.held.until_us:
            continue
        assert m.flip is not None
        is_back = (m.sightings[-1][3] > 0) != (m.belongs > 0) and m.flip[0] < m.held.until_us
        if not is_back or now_us >= m.held.until_us + 2_000_000:
            over.append((m.held.crossing.t_us, track, m.held.crossing))
            m.held = None
    out += [crossing for _, _, crossing in sorted(over)]


def _heir(memory: dict[int, Memory], s: Sighting, aspect: float, band: float) -> Memory:
    near = []
    for track, m in memory.items():
        t_us, x, y, d = m.sightings[-1]
        reach = math.hypot((x - s.x) * aspect, y - s.y)
        if (
            track != s.track
            and abs(d) <= band + 0.5 * m.height
            and 0 < s.t_us - t_us <= 2_000_000
            and reach <= 0.5 * s.height
        ):
            near.append((reach, -t_us, track))
    return memory.pop(min(near)[2]) if near else Memory()


def _beyond(m: Memory, side: int, out: list[Crossing]) -> None:
    m.sides.append(side)
    if m.sides[-2:] != [side, side] or m.belongs == side:
        return
    was, m.belongs = m.belongs, side
    if was == 0:
        return
    assert m.flip is not None
    t_us, is_beside = m.flip
    if m.sightings[-1][0] - t_us > 60_000_000:
        t_us = m.sightings[-1][0]
        m.flip = t_us, is_beside
    if not is_beside:
        return
    same, other = ("to_right", "to_left") if side > 0 else ("to_left", "to_right")
    if m.held is not None and m.held.crossing.direction == same:
        return
    if m.held is not None and t_us < m.held.until_us:
        m.counted.pop(other)
        if m.held.before_us is not None:
            m.counted[other] = m.held.before_us
        m.held = None
        return
    if m.held is not None:
        out.append(m.held.crossing)
        m.held = None
    elif m.counted.get(same, NEVER) >= m.counted.get(other, NEVER) and t_us - m.counted.get(same, NEVER) < 10_000_000:
        return
    cls = max(VEHICLES, key=lambda name: (m.votes.get(name, 0), -VEHICLES.index(name)))
    until_us = max(t_us + 2_000_000, m.counted.get(other, NEVER) + 10_000_000)
    m.held = Held(Crossing(same, t_us, cls), until_us, m.counted.get(same))
    m.counted[same] = t_us
