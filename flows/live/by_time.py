"""The registry of a stream by time: what an edited file changes, and from which moment on.

What was stated keeps the definition it was stated by. So a camera that is drawn
anew gets another version from a moment on, one that is gone ends there, and what
people call things, whose they are, places and roads are as the file has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from msgspec import structs

from flows.thresholds import definition
from operators import city as cities
from schemas.errors import UsageError
from schemas.local_time import MINUTE_US, at_time
from schemas.plain import listed
from schemas.registry import Camera, Registry
from schemas.registry.rules import utc


class Moments(NamedTuple):
    """When changes take effect."""

    from_us: int
    """A whole minute after all that is stated: cameras that are drawn anew, or gone."""
    now_us: int
    """Cameras that are new: nobody has stated anything of them."""


class Changed(NamedTuple):
    """A registry by time, and what is different in it, a line a camera."""

    registry: Registry
    said: list[str]


def at_start(kept: Registry, asked: Registry, gone_us: int) -> Changed:
    """Return what a file says at a start: what needs a moment has to say it, cameras that are gone end at `gone_us`.

    Raises
    ------
    UsageError
        Cameras are drawn anew without a moment from which on.
    """
    return _changed(kept, asked, None, Moments(gone_us, 0))


def applied(kept: Registry, asked: Registry, moments: Moments) -> Changed:
    """Return a registry in which the file holds from a moment on, and all before is as it was.

    Raises
    ------
    UsageError
        What holds for all time was changed, or a moment that the file gives lies too early.
    """
    return _changed(kept, asked, at_time(moments.from_us), moments)


def _changed(kept: Registry, asked: Registry, moment: datetime | None, moments: Moments) -> Changed:
    before, after = _by_id(kept), _by_id(asked)
    moved = _roads(kept, asked, before.keys() & after.keys())
    cameras: list[Camera] = []
    said: list[str] = []
    wrong = [f"camera {name}: {_ROAD}" for name in moved]
    for name in sorted({*before, *after}):
        one = _Camera(name, before.get(name, []), after.get(name, []), moments, moment)
        versions = one.versions()
        cameras += versions
        wrong += one.wrong
        said += one.said
    if wrong:
        raise UsageError(listed(wrong))
    return Changed(structs.replace(asked, camera=tuple(cameras)), said)


_ROAD = (
    "a road's free_flow_kmh or occupancy changed, which its zones go by at all times: begin with another --state, or "
    "give the road's lines to another camera id"
)


def _by_id(registry: Registry) -> dict[str, list[Camera]]:
    ordered = sorted(registry.camera, key=lambda camera: (camera.id, utc(camera.valid_from)))
    return {name: list(versions) for name, versions in groupby(ordered, key=lambda camera: camera.id)}


def _roads(kept: Registry, asked: Registry, both: set[str]) -> list[str]:
    """Return cameras whose zones go by another road: that holds for all their versions at once."""
    was, now = cities.roads(kept), cities.roads(asked)
    has_zones = {camera.id for camera in kept.camera if camera.zone}
    return sorted(name for name in both & has_zones if str(was.get(name)) != str(now.get(name)))


class _Camera:
    """One camera: its versions before, what the file says, and what is wrong or different with it."""

    def __init__(
        self, name: str, before: Sequence[Camera], after: Sequence[Camera], moments: Moments, moment: datetime | None
    ) -> None:
        self.name, self.before, self.after, self.moments, self.moment = name, before, after, moments, moment
        self.wrong: list[str] = []
        self.said: list[str] = []

    def versions(self) -> list[Camera]:
        """Return its versions by time."""
        if not self.before:
            return self._new()
        if not self.after:
            return self._gone()
        areas = {camera.area for camera in (*self.before, *self.after)}
        if len(areas) > 1:
            came = ", ".join(sorted(areas))
            self.wrong.append(f"camera {self.name}: a camera never changes its area, came {came}: give it a new id")
        return self._at_start() if self.moment is None else self._applied(self.moment)

    def _new(self) -> list[Camera]:
        first, *more = self.after
        if self.moment is not None and first.valid_from is None:
            first = structs.replace(first, valid_from=at_time(self.moments.now_us // MINUTE_US * MINUTE_US))
        self.said.append(f"{self.name}: new{_from(first.valid_from)}")
        return [first, *more]

    def _gone(self) -> list[Camera]:
        """End what holds; what has ended before stays so."""
        end = at_time(self.moments.from_us)
        held = [camera for camera in self.before if utc(camera.valid_from) < end]
        if held and (held[-1].valid_until is None or held[-1].valid_until > end):
            held[-1] = structs.replace(held[-1], valid_until=end)
            self.said.append(f"{self.name}: gone{_from(end)}")
        return held

    def _at_start(self) -> list[Camera]:
        """Put versions that the file dates itself behind what holds, which the file has to say as it is."""
        known = {camera.valid_from for camera in self.before}
        dated = [each for each in self.after if each.valid_from is not None and each.valid_from not in known]
        others = [each for each in self.after if each not in dated]
        return sorted([*self._holding(others), *dated], key=lambda camera: utc(camera.valid_from))

    def _holding(self, others: Sequence[Camera]) -> list[Camera]:
        """Return the versions before, the newest with the names that the file gives it now."""
        last, back = self.before[-1], at_time(self.moments.from_us)
        if not others:
            return list(self.before)
        if last.valid_until is not None and last.valid_until <= back:
            return [*self.before, structs.replace(others[-1], valid_from=back)]
        if not _same(last, others[-1]):
            self.wrong.append(
                f"camera {self.name}: expected the zones, lines and clock that its figures were stated by, came others:"
                " give them a valid_from after the last stated minute, or use `tilik registry apply`"
            )
        return [*self.before[:-1], _renamed(last, others[-1])]

    def _applied(self, moment: datetime) -> list[Camera]:
        """Put what the file says holds at the moment behind what is stated, and behind it what is to come."""
        past = [camera for camera in self.before if utc(camera.valid_from) < moment]
        later = [camera for camera in self.after if utc(camera.valid_from) > moment]
        now = [camera for camera in self.after if utc(camera.valid_from) <= moment][-1:]
        if not now:
            return [*past, *later]
        last = past[-1] if past and (past[-1].valid_until is None or past[-1].valid_until > moment) else None
        if last is not None and _same(last, now[0]):
            return [*past[:-1], _renamed(last, now[0]), *later]
        dated = now[0].valid_from
        if dated is not None and dated < moment and dated not in {camera.valid_from for camera in self.before}:
            came = f"expected a valid_from not before {moment:{_SHOWN}}, came {dated}"
            self.wrong.append(f"camera {self.name}: {came}: {_LATER}")
        self.said.append(f"{self.name}: drawn anew{_from(moment)}")
        return [*past, structs.replace(now[0], valid_from=moment), *later]


_LATER = "what is stated keeps its definition: leave it out, or give a later one"
_SHOWN = "%Y-%m-%dT%H:%M:%SZ"


def _same(one: Camera, other: Camera) -> bool:
    return definition(one) == definition(other)


def _renamed(kept: Camera, asked: Camera) -> Camera:
    """Return what the file says of a version whose figures stay, from when it held."""
    return structs.replace(asked, valid_from=kept.valid_from)


def _from(moment: datetime | None) -> str:
    return "" if moment is None else f" from {moment:{_SHOWN}} on"
