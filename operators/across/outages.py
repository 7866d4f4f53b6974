"""Cameras and sites that are down, told from minute rows of camera health.

A camera is down five minutes after its last frame. Where most cameras of a site
(a recorder, an RT) go silent within two minutes, the site is down: one incident,
and its members' incidents are inhibited by it. Rows come camera by camera; a
site is judged up to the minute that all its members have reached, so that any
order of cameras gives the same incidents. A member silent for longer than rows
are written holds nobody up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.city import FOREVER_US, City
from operators.minutes import MINUTE_US
from operators.stage.health import LONGEST_SILENCE, OFFLINE

VERSION: Final = 1
DOWN, UP = 0, 1
NOBODY: Final = -1
RT_PARTS: Final = 6
"""Parts of the area code of an RT: cameras without a recorder belong to theirs."""


class Params(NamedTuple):
    """Thresholds of metrics.md, Camera health."""

    offline_us: int = 300_000_000
    together_us: int = 120_000_000  # members that go within so long go together
    share: float = 0.6
    least: int = 3


class Rows(NamedTuple):
    """`n` minute rows of health, ascending in time for each camera."""

    camera: NDArray[np.int32]  # (n,) dense code
    minute: NDArray[np.int64]  # (n,) minutes since 1970 UTC
    frames: NDArray[np.int64]  # (n,)
    observed_ms: NDArray[np.int64]  # (n,)
    expected_ms: NDArray[np.int64]  # (n,)
    last_ms: NDArray[np.int64]  # (n,) time of the last frame [ms since 1970], 0 when none
    state: NDArray[np.uint8]  # (n,) index into STATES


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
    begin_us: NDArray[np.int64]  # (c,)
    end_us: NDArray[np.int64]  # (c,)


@dataclass(slots=True)
class Incident:
    """An outage that lasts."""

    camera: int
    opened_us: int
    active_us: int
    step: int = 0
    members: int = 1
    inhibitor: int = NOBODY
    inhibited_us: int = 0


@dataclass(slots=True)
class State:
    """What is remembered of `c` cameras, and outages that last or wait to be judged: bounded by the registry."""

    known: NDArray[np.int64]  # (c,) rows before this minute have come
    last_us: NDArray[np.int64]  # (c,) last frame, or when the camera began
    is_down: NDArray[np.bool_]  # (c,)
    waiting: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # by site: time, DOWN or UP, camera
    cameras: dict[int, Incident] = field(default_factory=dict)
    sites: dict[str, Incident] = field(default_factory=dict)


def site_of(site: str, area: str) -> str:
    """Return the site a camera belongs to: its recorder, else its RT, else ''."""
    return site or (area if area.count(".") + 1 >= RT_PARTS else "")


def plan(city: City, since_us: int, params: Params | None = None) -> Plan:
    """Return the sites of the city; rows begin at `since_us` or at a camera's validity."""
    params = Params() if params is None else params
    site = tuple(site_of(camera.site, camera.area) for camera in city.cameras)
    members: dict[str, list[int]] = {}
    for code, name in enumerate(site):
        if name:
            members.setdefault(name, []).append(code)
    return Plan(
        params,
        site,
        {name: np.array(codes, np.int32) for name, codes in members.items() if len(codes) >= params.least},
        np.maximum(city.valid_from_us, since_us),
        city.valid_to_us,
    )


def start(plan: Plan) -> State:
    """Return the state before any row."""
    return State(plan.begin_us // MINUTE_US, plan.begin_us.copy(), np.zeros(len(plan.site), np.bool_))


def step(state: State, plan: Plan, rows: Rows) -> list[Outage]:
    """Take rows; the state is changed in place. Minutes that are stated again are passed over."""
    fresh = np.flatnonzero(rows.minute >= state.known[rows.camera])
    camera = rows.camera[fresh]
    is_over = (rows.minute[fresh] + 1) * MINUTE_US >= plan.end_us[camera]
    changed = (rows.state[fresh] == OFFLINE) | (state.is_down[camera] & ((rows.frames[fresh] > 0) | is_over))
    out: list[Outage] = []
    for code in np.unique(camera[changed]).tolist():
        out += _walk(state, plan, rows, fresh[camera == code], code)
    np.maximum.at(state.last_us, camera, rows.last_ms[fresh] * 1000)
    np.maximum.at(state.known, camera, rows.minute[fresh] + 1)
    for site in plan.members:
        out += _judge(state, plan, site, _horizon_us(state, plan, site))
    return out


def end(state: State, plan: Plan) -> list[Outage]:
    """Judge what waits: no row ever follows. An outage that lasts stays open."""
    return [change for site in plan.members for change in _judge(state, plan, site, FOREVER_US)]


def _walk(state: State, plan: Plan, rows: Rows, of_camera: NDArray[np.int64], code: int) -> list[Outage]:
    """Find where a camera went down and came back, in its rows' order; a version that ends is down no longer."""
    out: list[Outage] = []
    site = plan.site[code] if plan.site[code] in plan.members else ""
    for i in of_camera.tolist():
        events = []
        if rows.state[i] == OFFLINE and not state.is_down[code]:
            state.is_down[code] = True
            events.append((int(state.last_us[code]), DOWN))
        if rows.frames[i] > 0:
            if state.is_down[code]:
                state.is_down[code] = False
                watched_us = min(int(rows.observed_ms[i]), int(rows.expected_ms[i])) * 1000
                events.append(((int(rows.minute[i]) + 1) * MINUTE_US - watched_us, UP))
            state.last_us[code] = max(state.last_us[code], rows.last_ms[i] * 1000)
        if state.is_down[code] and (rows.minute[i] + 1) * MINUTE_US >= plan.end_us[code]:
            state.is_down[code] = False
            events.append((int(plan.end_us[code]), UP))
        for t_us, kind in events:
            if site:
                state.waiting.setdefault(site, []).append((t_us, kind, code))
            else:
                out.append(_went(state, plan, code, t_us) if kind == DOWN else _came(state, plan, code, t_us))
    return out


def _horizon_us(state: State, plan: Plan, site: str) -> int:
    """Return the time up to which all outages of a site's members are known."""
    members = plan.members[site]
    known_us = state.known[members] * MINUTE_US
    is_over = known_us >= plan.end_us[members]
    is_lost = state.is_down[members] & (known_us - state.last_us[members] >= LONGEST_SILENCE * MINUTE_US)
    held = known_us[~(is_over | is_lost)]
    return int(held.min()) - plan.params.offline_us - plan.params.together_us if len(held) else FOREVER_US


def _judge(state: State, plan: Plan, site: str, until_us: int) -> list[Outage]:
    """Take a site's outages in order, up to a time."""
    events = sorted(state.waiting.get(site, []))
    ready = [event for event in events if event[0] <= until_us]
    state.waiting[site] = events[len(ready) :]
    out: list[Outage] = []
    for at, (t_us, kind, code) in enumerate(ready):
        if kind == UP:
            out.append(_came(state, plan, code, t_us))
            out += _site_comes(state, plan, site, t_us, events[at:])
            continue
        if site not in state.sites:
            out += _site_goes(state, plan, site, events[at:])
        whole = state.sites.get(site)
        out.append(_went(state, plan, code, t_us, whole))
    return out


def _valid(plan: Plan, site: str, t_us: int) -> int:
    """Return how many cameras a site has at a time."""
    members = plan.members[site]
    return int(((plan.begin_us[members] <= t_us) & (t_us < plan.end_us[members])).sum())


def _least(plan: Plan, site: str, t_us: int) -> int:
    """Return how many members must be down for the site to be down: 60 %, and three."""
    members = _valid(plan, site, t_us)
    return max(plan.params.least, -int(-plan.params.share * members // 1))


def _site_goes(state: State, plan: Plan, site: str, events: list[tuple[int, int, int]]) -> list[Outage]:
    """Open a site's incident if enough members go within `together_us` from the first of these events."""
    t_us, _, code = events[0]
    group = [t for t, kind, _ in events if kind == DOWN and t - t_us <= plan.params.together_us]
    least = _least(plan, site, t_us)
    if len(group) < least:
        return []
    incident = Incident(code, t_us, group[least - 1] + plan.params.offline_us, members=len(group))
    state.sites[site] = incident
    return [_told(plan, incident, incident.active_us, 0, is_site=True)]


def _site_comes(state: State, plan: Plan, site: str, t_us: int, events: list[tuple[int, int, int]]) -> list[Outage]:
    """Close a site's incident when enough members are back; those not back within `together_us` are told of again."""
    incident = state.sites.get(site)
    still = [state.cameras[c] for c in plan.members[site].tolist() if c in state.cameras]
    if incident is None or len(still) >= _least(plan, site, t_us):
        return []
    del state.sites[site]
    out = [_told(plan, incident, t_us, t_us, is_site=True)]
    soon = {code for t, kind, code in events if kind == UP and t - t_us <= plan.params.together_us}
    for each in still:
        if each.inhibited_us and each.camera not in soon:
            each.inhibited_us, each.inhibitor = 0, NOBODY
            out.append(_told(plan, each, t_us, 0))
    return out


def _went(state: State, plan: Plan, code: int, t_us: int, whole: Incident | None = None) -> Outage:
    incident = Incident(code, t_us, t_us + plan.params.offline_us)
    if whole is not None:
        incident.inhibited_us, incident.inhibitor = whole.opened_us, whole.camera
    state.cameras[code] = incident
    return _told(plan, incident, incident.active_us, 0)


def _came(state: State, plan: Plan, code: int, t_us: int) -> Outage:
    return _told(plan, state.cameras.pop(code), t_us, t_us)


def _told(plan: Plan, of: Incident, t_us: int, closed_us: int, *, is_site: bool = False) -> Outage:
    of.step += 1
    return Outage(
        of.camera, plan.site[of.camera], is_site, of.step - 1, of.opened_us, of.active_us, t_us, closed_us, of.members,
        of.inhibited_us, of.inhibitor,
    )  # fmt: skip
