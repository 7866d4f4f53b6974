"""Cameras and sites that are down, told from minute rows of camera health.

A camera is down five minutes after its last frame. Where most cameras of a site
(a recorder, an RT) go silent within two minutes, the site is down: one incident,
and its members' incidents are inhibited by it. A step takes the rows of all
cameras up to a time and judges a site as far as all is known that counts; any
cut into steps gives the same incidents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.across import silences
from operators.across.silences import GONE, Limits, Rows, Seen
from operators.city import FOREVER_US, City
from operators.stage.health import HealthParams, stale_after_us

VERSION: Final = 2
NOBODY: Final = -1
RT_PARTS: Final = 6
"""Parts of the area code of an RT: cameras without a recorder belong to theirs."""


class Params(NamedTuple):
    """Thresholds of metrics.md, Camera health."""

    offline_us: int = 300_000_000
    together_us: int = 120_000_000  # members that go within so long go together
    share: float = 0.6
    least: int = 3


class Outage(NamedTuple):
    """One change of an incident: a camera's, or a site's under the camera that went first."""

    camera: int
    site: str
    is_site: bool
    step: int
    opened_us: int
    active_us: int
    t_us: int
    closed_us: int  # 0 while it lasts
    members: int  # cameras down together, 1 for a camera
    inhibited_us: int  # opening of the site's incident that explains this one, 0: none
    inhibitor: int  # the camera that stands for it


class Plan(NamedTuple):
    """Cameras by site."""

    params: Params
    site: tuple[str, ...]  # (c,) '' when a camera has none
    members: dict[str, NDArray[np.int32]]  # camera codes, a site of fewer than `least` left out
    lag_us: dict[str, int]  # so long after a turn all is known that counts for judging it
    begin_us: NDArray[np.int64]  # (c,)
    limits: Limits


@dataclass(slots=True)
class Incident:
    """An outage that lasts; it was last told of at `t_us`."""

    camera: int
    opened_us: int
    active_us: int
    t_us: int
    step: int = 0
    members: int = 1
    inhibitor: int = NOBODY
    inhibited_us: int = 0


@dataclass(slots=True)
class State:
    """What is remembered of `c` cameras, and outages that last or wait to be judged: bounded by the registry."""

    seen: Seen
    waiting: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # by site: time, kind, camera
    cameras: dict[int, Incident] = field(default_factory=dict)
    sites: dict[str, Incident] = field(default_factory=dict)


def site_of(site: str, area: str) -> str:
    """Return the site a camera belongs to: its recorder, else its RT, else ''."""
    return site or (area if area.count(".") + 1 >= RT_PARTS else "")


def plan(city: City, params: Params = Params(), health: HealthParams = HealthParams()) -> Plan:  # noqa: B008  frozen
    """Return the sites of the city, and when its cameras count as down."""
    site = tuple(site_of(camera.site, camera.area) for camera in city.cameras)
    codes: dict[str, list[int]] = {}
    for code, name in enumerate(site):
        if name:
            codes.setdefault(name, []).append(code)
    members = {name: np.array(own, np.int32) for name, own in codes.items() if len(own) >= params.least}
    after_us = np.maximum(params.offline_us, stale_after_us(city, health))
    lag_us = {name: int(after_us[own].max()) + params.together_us for name, own in members.items()}
    names: dict[tuple[str, str], int] = {}
    keys = [(name, "" if name else camera.id) for name, camera in zip(site, city.cameras, strict=True)]
    group = np.array([names.setdefault(key, len(names)) for key in keys], np.int64)
    limits = Limits(after_us, city.silence_us, city.valid_to_us, group)
    return Plan(params, site, members, lag_us, city.valid_from_us, limits)


def longest_lag_us(plan: Plan) -> int:
    """Return how long after a time all is known that counts for judging what happened then."""
    return int(plan.limits.after_us.max(initial=0)) + plan.params.together_us


def start(plan: Plan) -> State:
    """Return the state before any row."""
    return State(silences.start(len(plan.site)))


def resume(state: State, plan: Plan, cameras: list[Incident], sites: list[Incident]) -> list[Outage]:
    """Go on from the incidents that last: whatever the rows before told, exactly these are open.

    Returns
    -------
    Each of them as it stands.
    """
    state.waiting.clear()
    state.cameras = {each.camera: each for each in cameras}
    state.sites = {plan.site[each.camera]: each for each in sites}
    state.seen.is_gone[:] = False
    for each in cameras:
        state.seen.is_gone[each.camera], state.seen.since_us[each.camera] = True, each.opened_us
    told = [_told(plan, each, each.t_us) for each in cameras]
    return told + [_told(plan, each, each.t_us, is_site=True) for each in sites]


def step(state: State, plan: Plan, rows: Rows, until_us: int) -> list[Outage]:
    """Take the rows of all minutes up to `until_us`, a whole minute; the state is changed in place.

    Minutes that are stated again are passed over.
    """
    turns = silences.step(state.seen, plan.limits, rows)
    out: list[Outage] = []
    for t_us, kind, code in zip(*(column.tolist() for column in turns), strict=True):
        site = plan.site[code]
        if site in plan.members:
            state.waiting.setdefault(site, []).append((t_us, kind, code))
        else:
            out.append(_went(state, plan, code, t_us) if kind == GONE else _came(state, plan, code, t_us))
    for site in list(state.waiting):
        out += _judge(state, plan, site, until_us - plan.lag_us[site])
    return out


def end(state: State, plan: Plan) -> list[Outage]:
    """Judge what waits: no row follows. An outage that lasts stays open."""
    return [change for site in list(state.waiting) for change in _judge(state, plan, site, FOREVER_US)]


def _judge(state: State, plan: Plan, site: str, until_us: int) -> list[Outage]:
    """Take a site's turns in order, up to a time."""
    turns = sorted(state.waiting.pop(site))
    ready = [turn for turn in turns if turn[0] < until_us]
    if len(ready) < len(turns):
        state.waiting[site] = turns[len(ready) :]
    out: list[Outage] = []
    for at, (t_us, kind, code) in enumerate(ready):
        if kind != GONE:
            out.append(_came(state, plan, code, t_us))
            out += _site_comes(state, plan, site, t_us, turns[at:])
            continue
        if site not in state.sites:
            out += _site_goes(state, plan, site, turns[at:])
        out.append(_went(state, plan, code, t_us, state.sites.get(site)))
    return out


def _valid(plan: Plan, site: str, t_us: int) -> int:
    """Return how many cameras a site has at a time."""
    members = plan.members[site]
    return int(((plan.begin_us[members] <= t_us) & (t_us < plan.limits.end_us[members])).sum())


def _least(plan: Plan, site: str, t_us: int) -> int:
    """Return how many members must be down for the site to be down: 60 %, and three."""
    members = _valid(plan, site, t_us)
    return max(plan.params.least, -int(-plan.params.share * members // 1))


def _site_goes(state: State, plan: Plan, site: str, turns: list[tuple[int, int, int]]) -> list[Outage]:
    """Open a site's incident if enough members go within `together_us` from the first of these turns."""
    t_us, _, code = turns[0]
    group = [(t, c) for t, kind, c in turns if kind == GONE and t - t_us <= plan.params.together_us]
    least = _least(plan, site, t_us)
    if len(group) < least:
        return []
    active_us = sorted(t + int(plan.limits.after_us[c]) for t, c in group)[least - 1]
    incident = Incident(code, t_us, active_us, active_us, members=len(group))
    state.sites[site] = incident
    return [_told(plan, incident, active_us, is_site=True)]


def _site_comes(state: State, plan: Plan, site: str, t_us: int, turns: list[tuple[int, int, int]]) -> list[Outage]:
    """Close a site's incident when enough members are back; those not back within `together_us` are told of again."""
    incident = state.sites.get(site)
    still = [state.cameras[c] for c in plan.members[site].tolist() if c in state.cameras]
    if incident is None or len(still) >= _least(plan, site, t_us):
        return []
    del state.sites[site]
    out = [_told(plan, incident, t_us, t_us, is_site=True)]
    soon = {code for t, kind, code in turns if kind != GONE and t - t_us <= plan.params.together_us}
    for each in still:
        if each.inhibited_us and each.camera not in soon:
            each.inhibited_us, each.inhibitor = 0, NOBODY
            out.append(_told(plan, each, t_us))
    return out


def _went(state: State, plan: Plan, code: int, t_us: int, whole: Incident | None = None) -> Outage:
    active_us = t_us + int(plan.limits.after_us[code])
    incident = Incident(code, t_us, active_us, active_us)
    if whole is not None:
        incident.inhibited_us, incident.inhibitor = whole.opened_us, whole.camera
    state.cameras[code] = incident
    return _told(plan, incident, active_us)


def _came(state: State, plan: Plan, code: int, t_us: int) -> Outage:
    return _told(plan, state.cameras.pop(code), t_us, t_us)


def _told(plan: Plan, of: Incident, t_us: int, closed_us: int = 0, *, is_site: bool = False) -> Outage:
    of.step, of.t_us = of.step + 1, t_us
    return Outage(
        of.camera, plan.site[of.camera], is_site, of.step - 1, of.opened_us, of.active_us, t_us, closed_us, of.members,
        of.inhibited_us, of.inhibitor,
    )  # fmt: skip
