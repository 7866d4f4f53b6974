"""What a shard remembers: made for one city, and taken along to another by the names of its cameras.

A state carries a header: what it was made of, and for which cameras. Where a run
fits it, it goes on; where the registry has other cameras now, each camera's part
goes to its place; where a figure's definition changed without a moment from which
the new one holds, it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows import kernels
from flows.incidents import SCHEMA
from flows.thresholds import MADE_BY, Thresholds, definition, road
from operators import carrying
from operators import city as cities
from operators.carrying import Codes, Moves
from operators.city import City
from operators.incidents import persistence
from operators.metrics import crowd, flow
from operators.metrics.crowd import incidents as crowd_incidents
from operators.minutes import MINUTE_US
from operators.stage import clocks, cover, emit, health, missed, names, ordered, windows
from operators.tracking import bodies, streams, sureness, tracker
from schemas.columns import METRICS
from schemas.errors import StateError
from schemas.parts import Metric
from schemas.registry import Camera, Registry, fingerprint

FORMAT: Final = 10
"""Raised when a part of `State` changes its meaning: a state of another format is not read."""
SHOWN: Final = 5


class Header(msgspec.Struct, frozen=True):
    """What a state was made of.

    Attributes
    ----------
    rules
        Hash of kernel versions and thresholds.
    cameras
        The cameras' entries as JSON, in the order of their codes.
    definitions
        Hashes of what defines the figures of each: zones, lines, clock, and what its road adds.
    """

    format: int
    rules: int
    cameras: bytes
    definitions: tuple[int, ...]


class Said(NamedTuple):
    """What the clock has said of silent cameras (`flows.ticks`): provisional, until frames say it."""

    until_us: NDArray[np.int64]  # (c,) up to when
    newest_us: NDArray[np.int64]  # (c,) the newest frame of which all was said, the camera being quiet since
    ticked_us: NDArray[np.int64]  # (c,) the newest frame at the last tick
    moved_us: NDArray[np.int64]  # (c,) the tick at which that was new
    incidents: NDArray[np.bool_]  # (c,) changes of incidents were said that no frame has told


@dataclass
class State:
    """Everything a shard remembers; arrays are changed in place, snapshots copy them."""

    header: Header
    since_us: int
    clocks: clocks.ClockState
    order: ordered.OrderState
    health: health.HealthState
    missed: missed.Missed
    levels: crowd.Levels
    crossings: flow.State
    streams: streams.Streams
    sure: sureness.Seen
    tracks: tracker.TrackerState
    bodies: bodies.State
    crowds: persistence.State
    kernels: kernels.States
    pools: dict[str, windows.Pool]
    reached: windows.Pool  # of `operators.stage.cover`
    stated: NDArray[np.int64]  # (c,) minutes before this are stated
    over: NDArray[np.bool_]  # (c,) versions that have ended, and are told of
    said: Said
    told: pl.DataFrame  # the last row of every incident that is open, as frames told it
    names: names.Names = field(default_factory=names.Names)


def holders(state: State) -> list[object]:
    """Return the parts of a state that may hold tracks."""
    return [part for name, part in vars(state).items() if name not in ("header", "names", "told")]


class Wiring:
    """A city's kernels, compiled."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        self.city, self.thresholds = city, thresholds
        self.keys = emit.keys(city)
        self.crowds = crowd_incidents.plan(city)
        self.plans = kernels.plans(city, thresholds)

    @cached_property
    def header(self) -> Header:
        """What states of this city are made of."""
        rules = fingerprint(FORMAT, MADE_BY, msgspec.to_builtins(vars(self.thresholds)))
        cameras = self.city.cameras
        definitions = tuple(fingerprint(definition(c), road(self.city, i)) for i, c in enumerate(cameras))
        return Header(FORMAT, rules, msgspec.json.encode(cameras, order="deterministic"), definitions)


def start(wiring: Wiring, since_us: int) -> State:
    """Return the state before any frame of a recording that begins at `since_us`."""
    city, count = wiring.city, len(wiring.city.cameras)
    begin, never = np.maximum(city.valid_from_us, since_us), np.full(count, ordered.NEVER)
    state = State(
        header=wiring.header,
        since_us=since_us,
        clocks=clocks.start(count),
        order=ordered.start(count),
        health=health.start(count),
        missed=missed.start(count),
        levels=crowd.start(city),
        crossings=flow.start(city),
        streams=streams.start(count),
        sure=sureness.start(count),
        tracks=tracker.start(count, wiring.thresholds.tracker, [c.id for c in city.cameras]),
        bodies=bodies.start(count),
        crowds=crowd_incidents.start(wiring.crowds),
        kernels=kernels.start(wiring.plans),
        pools={metric.name: windows.start(metric) for metric in METRICS},
        reached=windows.start(cover.REACHED),
        stated=begin // MINUTE_US,
        over=np.zeros(count, np.bool_),
        said=Said(never.copy(), never.copy(), never.copy(), never.copy(), np.zeros(count, np.bool_)),
        told=pl.DataFrame(schema=SCHEMA),
    )
    state.health.last_us[:] = begin
    return state


def fitted(state: State, wiring: Wiring) -> State:
    """Return the state for this wiring: as it is, or with each camera's part in its place.

    Raises
    ------
    StateError
        When it was made by other rules, or a camera that it remembers is defined otherwise now.
    """
    if state.header == wiring.header:
        return state
    if state.header.format != FORMAT:
        raise StateError(f"expected a state of format {FORMAT}, came {state.header.format}: {_BEGIN}")
    if state.header.rules != wiring.header.rules:
        raise StateError(f"the state was kept by other thresholds or another version of a kernel: {_BEGIN}")
    into = start(wiring, state.since_us)
    carry(into, wiring, state)
    return into


def carry(into: State, wiring: Wiring, source: State) -> None:
    """Take along what another state remembers of the cameras of this wiring; `into` is changed in place.

    With the states of several shards, one after another, it makes that of any other cut of the city.
    """
    carry_from(into, wiring, source, _wiring(source, wiring))
    goes = [camera.id for camera in wiring.city.cameras]
    into.told = pl.concat([into.told, source.told.filter(pl.col("camera_id").is_in(goes))])
    names.carry(into.names, source.names)


def _wiring(source: State, wiring: Wiring) -> Wiring:
    """Return the wiring that a state was made by, from its header."""
    remembered = msgspec.json.decode(source.header.cameras, type=tuple[Camera, ...])
    _refuse_changed(source, remembered, wiring)
    return Wiring(cities.build(Registry(camera=remembered)), wiring.thresholds)


def carry_from(into: State, wiring: Wiring, source: State, before: Wiring) -> None:
    """Take along what the arrays of a state of the wiring `before` remember of the cameras of this one."""
    moved = carrying.moves(before.city, wiring.city)
    clocks.carry(into.clocks, source.clocks, moved, before.city, wiring.city)
    ordered.carry(into.order, source.order, moved)
    carrying.fields(into.health, source.health, moved.camera)
    carrying.fields(into.missed, source.missed, moved.camera)
    carrying.fields(into.levels, source.levels, moved.zone)
    flow.carry(into.crossings, wiring.city, source.crossings, moved)
    streams.carry(into.streams, source.streams, moved.camera)
    sureness.carry(into.sure, source.sure, moved.camera)
    into.tracks = tracker.carry(into.tracks, source.tracks, moved.camera)
    bodies.carry(into.bodies, source.bodies, moved.camera)
    crowd_incidents.carry(into.crowds, wiring.crowds, source.crowds, before.crowds, moved)
    kernels.carry(into.kernels, wiring.plans, source.kernels, before.plans, moved)
    for metric in METRICS:
        windows.carry(into.pools[metric.name], source.pools[metric.name], _keys(metric, moved))
    windows.carry(into.reached, source.reached, moved.camera)
    carrying.rows(into.stated, source.stated, moved.camera)
    carrying.rows(into.over, source.over, moved.camera)
    carrying.fields(into.said, source.said, moved.camera)


def _keys(metric: Metric, moved: Moves) -> Codes:
    """Return where each key of a metric's rows goes."""
    if metric.key == ("line_id", "direction"):
        line = moved.line[:, None]
        return np.where(line < 0, -1, 2 * line + np.arange(2)).ravel()
    return {(): moved.camera, ("zone_id",): moved.zone, ("line_id",): moved.line}[metric.key]


_BEGIN: Final = "begin with a new state (another --state directory)"


def _refuse_changed(source: State, remembered: tuple[Camera, ...], wiring: Wiring) -> None:
    """Refuse cameras that are defined otherwise now, and versions that begin before what is stated."""
    city, was = wiring.city, {}
    stated_us: dict[str, int] = {}
    up_to_us = np.maximum(source.stated * MINUTE_US, source.said.until_us)  # by frames, or by the clock
    for camera, hashed, end_us in zip(remembered, source.header.definitions, up_to_us.tolist(), strict=True):
        was[camera.id, camera.valid_from] = hashed
        stated_us[camera.id] = max(stated_us.get(camera.id, 0), end_us)
    changed = set()
    for camera, hashed, from_us in zip(
        city.cameras, wiring.header.definitions, city.valid_from_us.tolist(), strict=True
    ):
        known = was.get((camera.id, camera.valid_from))
        if known != hashed and (known is not None or from_us < stated_us.get(camera.id, 0)):
            changed.add(camera.id)
    if changed:
        names = sorted(changed)
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        raise StateError(
            f"expected the zones, lines, clocks and roads that figures were stated by, came others of {shown}: "
            f"give the new definition a valid_from after the last stated minute, or {_BEGIN}"
        )
