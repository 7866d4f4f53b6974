"""One shard of the live flow: frames in, rows and incidents out.

Calls the kernels in their order and turns their arrays into tables. A shard
holds a fixed group of cameras; everything in it is per camera, so any number of
shards gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache, partial
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows import kernel_cache, kernels, nights, states
from flows.incidents import incident_rows, provisional_rows, still_open
from flows.nights import Nightly
from flows.rows import RowMaker, revision
from flows.states import State, Wiring
from flows.thresholds import Thresholds
from operators.arrays import Changes, Parts
from operators.city import FOREVER_US, City
from operators.metrics import crowd, flow, visits
from operators.metrics.crowd import incidents as crowd_incidents
from operators.minutes import MINUTE_MS, MINUTE_US
from operators.stage import (
    absence,
    arrived,
    beliefs,
    clocks,
    cover,
    decided,
    emit,
    feet,
    health,
    intake,
    missed,
    names,
    ordered,
    tally,
    windows,
)
from operators.stage import nights as night_cuts
from operators.stage.arrived import Arrived
from operators.stage.decided import Decided
from operators.tracking import bodies, streams, sureness
from schemas.columns import METRICS
from schemas.incidents import CAMERA_REMOVED, END_OF_INPUT, VERSION_ENDED
from schemas.partitions import partition_of

kernel_cache.install()


class Block(NamedTuple):
    """Rows for one table of the warehouse."""

    table: str
    rows: pl.DataFrame
    new: int = 0  # minute rows among them that were not stated before


class Pushed(NamedTuple):
    """What a push made: rows, and what it did to its frames."""

    blocks: list[Block]
    totals: Totals
    left: ordered.Left  # frames that are decided


class Totals(NamedTuple):
    """What a push did to its frames."""

    frames: int
    objects: int
    duplicates: int
    late: int
    too_late: NDArray[np.int64]  # numbers of frames
    jumped: NDArray[np.int64]  # numbers of frames that are not believed


class Until(NamedTuple):
    """A moment up to which no further frame comes."""

    us: NDArray[np.int64]  # (c,), `ordered.NEVER` for cameras that go on
    is_end: bool = False  # no frame ever follows
    is_provisional: bool = False  # as far as a clock knows


_NOBODY: Final = clocks.Admitted(arrived.nothing(), np.empty(0, np.int64))


def _followed(city: City) -> NDArray[np.int64]:
    """Return versions that another one of their camera follows."""
    ids = [camera.id for camera in city.cameras]
    return np.array([i for i in range(len(ids) - 1) if ids[i] == ids[i + 1]], np.int64)


def shard_of(city: City, shards: int) -> NDArray[np.int64]:
    """Return (c,) the shard of each camera: fixed by its id, and the partition that its frames lie in."""
    return np.array([partition_of(camera.id, shards) for camera in city.cameras], np.int64)


class Shard:
    """Kernels of one shard, wired."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        self.city, self.thresholds = city, thresholds
        self.wiring = Wiring(city, thresholds)
        self.index = intake.lookup(city)
        self.trackers = streams.modes(city)
        self.clocks = clocks.rules(city, thresholds.reorder_us, thresholds.lateness_us)
        self.limits = lru_cache(maxsize=1)(partial(ordered.limits_of, city))
        self.feet = feet.plan(city)
        self.maker = RowMaker(city, thresholds)
        self.keys, self.crowds, self.plans = self.wiring.keys, self.wiring.crowds, self.wiring.plans
        self.ends = _followed(city)
        self.nightly: Nightly | None = None
        """Is told what is remembered of cameras that cross a local midnight."""
        self.least_minute = 0
        """Minutes before this one are not stated: not all that made them is known."""

    def start(self, since_us: int) -> State:
        """Return the state before any frame of a recording that begins at `since_us`."""
        return states.start(self.wiring, since_us)

    def resume(self, state: State) -> State:
        """Return a state that was kept, fitted to this shard's cameras; see `flows.states.fitted`."""
        return states.fitted(state, self.wiring)

    def push(self, state: State, frames: Arrived, tracks: pl.Series) -> Pushed:
        """Take frames of this shard in arrival order; `tracks` are their objects' track ids."""
        names.learn(state.names, frames.track, tracks, states.holders(state))
        over = self._over(state)
        admitted = clocks.admit(state.clocks, self._clocks(state), frames)
        missed.come(state.missed, admitted.frames.camera, admitted.frames.t_us)
        pushed = self._order(state, admitted.frames, ending=over)
        until = Until(np.where(over, self.city.valid_to_us, ordered.NEVER)) if over.any() else None
        state.over |= over
        return self._pushed(state, admitted, pushed, until)

    def _clocks(self, state: State) -> beliefs.Rules:
        return self.clocks._replace(since_us=state.since_us)

    def _over(self, state: State) -> NDArray[np.bool_]:
        """Return (c,) versions that have just ended: the next one's frames leave no room for theirs."""
        out = np.zeros(len(self.city.cameras), np.bool_)
        begun_us = state.order.newest_us[self.ends + 1] - self.thresholds.reorder_us
        out[self.ends] = begun_us > self.city.valid_to_us[self.ends]
        return out & ~state.over

    def lose(self, state: State) -> None:
        """Take note that frames went before they were read: what cameras sent up to the next ones nobody knows."""
        health_params = self.thresholds.health
        down_us = np.maximum(health_params.offline_us, health.stale_after_us(self.city, health_params))
        missed.lose(state.missed, state.order.newest_us, down_us, state.since_us)

    def flush(self, state: State) -> Pushed:
        """Release and state what is final by now, however little of it has gathered."""
        return self._pushed(state, _NOBODY, self._order(state, _NOBODY.frames, flush=True))

    def _pushed(
        self, state: State, came: clocks.Admitted, pushed: ordered.Pushed, until: Until | None = None
    ) -> Pushed:
        left = ordered.and_jumped(pushed.left, came.jumped)
        return Pushed(self._measure(state, pushed, until), self._totals(came, pushed), left)

    def last_us(self, state: State) -> int:
        """Return with which frame the recording would end if none followed [us]; the state stays as it is."""
        held = clocks.last(deepcopy(state.clocks.clocks), self._clocks(state)).t_us
        newest_us = int(state.order.newest_us.max(initial=state.since_us))
        return max(newest_us, int(held.max(initial=newest_us)))

    def end(self, state: State, last_us: int) -> Pushed:
        """Close everything: the recording ends one period after its last frame, and within its minute."""
        admitted = clocks.finish(state.clocks, self._clocks(state))
        pushed = self._order(state, admitted.frames, ending=True)
        return self._pushed(state, admitted, pushed, self._ended(last_us))

    def _ended(self, last_us: int) -> Until:
        edge_us = (last_us // MINUTE_US + 1) * MINUTE_US  # a last frame at midnight's edge begins no day
        until_us = np.minimum(np.minimum(last_us + self.city.period_us, edge_us), self.city.valid_to_us)
        return Until(until_us, is_end=True)

    def obey(
        self, state: State, waiting: Decided, came: Decided, tracks: pl.Series, last_us: int | None = None
    ) -> tuple[list[Block], Decided]:
        """Take frames of which was decided before (`operators.stage.decided`); `tracks` are their objects' track ids.

        `waiting` is what the call before returned beside its rows. With `last_us` the recording ends, as `end` says.
        """
        names.learn(state.names, came.frames.track, tracks, (*states.holders(state), waiting.frames.track))
        over = self._over(state)
        ending = over if last_us is None else np.ones_like(over)
        pushed, waiting = decided.push(state.order, self.city, waiting, came, ending)
        until = None
        if last_us is not None:
            until = self._ended(last_us)
        elif over.any():
            until = Until(np.where(over, self.city.valid_to_us, ordered.NEVER))
        state.over |= over
        return self._measure(state, pushed, until), waiting

    def silent(self, state: State, until_us: NDArray[np.int64]) -> Pushed:
        """Say what it means if no camera sends a frame before `until_us` (c,), a minute's end; the state is used up."""
        pushed = ordered.lasting(self._order(state, _NOBODY.frames, ending=True), self.city, until_us)
        return self._pushed(state, _NOBODY, pushed, Until(until_us, is_provisional=True))

    def _order(
        self, state: State, frames: Arrived, *, flush: bool = False, ending: bool | NDArray[np.bool_] = False
    ) -> ordered.Pushed:
        return ordered.push(
            state.order,
            self.city,
            frames,
            reorder_us=self.thresholds.reorder_us,
            lateness_us=self.thresholds.lateness_us,
            limits=self.limits(state.since_us),
            flush=flush,
            ending=ending,
            over=state.over,
        )

    def _totals(self, came: clocks.Admitted, pushed: ordered.Pushed) -> Totals:
        parts = [p for p in (pushed.on_time, pushed.late) if p is not None]
        return Totals(
            frames=sum(int((~p.unseen).sum()) for p in parts),
            objects=sum(len(p.ordered.cls) for p in parts),
            duplicates=len(pushed.copies.camera),
            late=0 if pushed.late is None else int((~pushed.late.unseen).sum()),
            too_late=came.frames.row[pushed.disposition == ordered.TOO_LATE],
            jumped=came.jumped,
        )

    def _measure(self, state: State, pushed: ordered.Pushed, until: Until | None) -> list[Block]:
        """Run the kernels, fold their parts, state what has become final."""
        parts: list[tuple[str, Parts]] = [("health", tally.copies(pushed.copies))]
        changes: list[tuple[str, Changes]] = []
        silent = health.no_silences()
        if pushed.late is not None:
            parts += self._late(pushed.late)
            windows.merge(state.reached, cover.reached(pushed.late.ordered))
        if pushed.on_time is not None:
            frontier_us = state.order.frontier_us
            silent = health.gaps(state.health, self.city, pushed.on_time, frontier_us, self.thresholds.health)
            for released in self._until_midnight(state, pushed):
                fresh, told = self._on_time(state, released)
                parts, changes = parts + fresh, changes + told
        if until is not None:
            fresh, late = self._settle(state, until)
            parts, changes = parts + fresh, changes + late
            silent, ended = self._silence(state, silent, until)
            parts += [] if until.is_provisional else ended.parts
            changes += ended.changes
        parts.append(("health", health.silences(self.city, silent, self.thresholds.health, state.missed)))
        again = [self._fold(state, name, part) for name, part in parts]
        blocks = self._state(state, silent, again, until)
        rows = self._incidents(state, changes, until)
        return blocks + ([Block("incidents_log", rows)] if rows.height else [])

    def _until_midnight(self, state: State, pushed: ordered.Pushed) -> Iterator[ordered.Released]:
        """Yield frames on time up to the next local midnight; what is remembered there is told in between."""
        assert pushed.on_time is not None
        whole: ordered.Released | None = pushed.on_time
        part = pushed.part
        crossed = np.zeros(len(self.city.cameras), np.bool_)
        while self.nightly is not None and part is not None:
            before, part, crossing = night_cuts.cut(part, state.order.frontier_us, crossed)
            if not len(crossing.camera):
                if crossed.any():
                    whole = ordered.released(before)
                break
            if (released := ordered.released(before)) is not None:
                yield released
            for night in nights.remembered(self.wiring, state, crossing, self.nightly.shards):
                self.nightly.tell(night)
            crossed[:] = False
            crossed[crossing.camera] = True
        if whole is not None:
            yield whole

    def _incidents(self, state: State, changes: list[tuple[str, Changes]], until: Until | None) -> pl.DataFrame:
        told = state.names.known, self.maker.hashes
        rows = incident_rows(self.city, changes, *told)
        over = np.zeros(len(self.city.cameras), np.bool_) if until is None else until.us >= self.city.valid_to_us
        leaves = self.city.is_leaving
        for which, reason in ((over & ~leaves, VERSION_ENDED), (over & leaves, CAMERA_REMOVED)):
            if which.any():
                closed = self._closed(state, which, self.city.valid_to_us)
                rows = pl.concat([rows, incident_rows(self.city, closed, *told, reason)])
        if until is not None and until.is_end:
            closed = self._closed(state, ~over, until.us, leaves_unknown=True)
            rows = pl.concat([rows, incident_rows(self.city, closed, *told, END_OF_INPUT)])
        if until is not None and until.is_provisional:
            return provisional_rows(rows)
        state.told = still_open(state.told, rows) if rows.height else state.told
        return rows

    def _closed(
        self, state: State, which: NDArray[np.bool_], t_us: NDArray[np.int64], *, leaves_unknown: bool = False
    ) -> list[tuple[str, Changes]]:
        cameras = np.flatnonzero(which).astype(np.int32)
        held = state.kernels | {"crowd": state.crowds}
        return kernels.close(held, cameras, t_us[cameras], leaves_unknown=leaves_unknown)

    def _late(self, late: ordered.Released) -> list[tuple[str, Parts]]:
        """Late frames restate what is measured; kernels that need the order do not see them."""
        codes, whose = health.late(late, self.thresholds.health), streams.late(self.trackers, late.ordered)
        usable = late.ordered._replace(usable=health.usable(codes), made_here=whose.made_here)
        seen = feet.placed(self.feet, bodies.alone(usable, self.thresholds.bodies))
        return [
            ("health", tally.measure(late, codes, whose, is_late=True)),
            ("crowd", crowd.measure(self.city, seen, crowd.count(self.city, seen))),
            *kernels.measure(self.plans, seen),
        ]

    def _on_time(
        self, state: State, released: ordered.Released
    ) -> tuple[list[tuple[str, Parts]], list[tuple[str, Changes]]]:
        city, limits = self.city, self.thresholds
        codes = health.step(state.health, city, released, limits.health)
        whose, track = streams.step(state.streams, self.trackers, released.ordered)
        seen = released.ordered._replace(usable=health.usable(codes), made_here=whose.made_here, track=track)
        seen = seen._replace(confidence=sureness.read(state.sure, seen))
        state.tracks, track = streams.tracked(state.tracks, city, seen, whose.made_here, limits.tracker)
        told = bodies.step(state.bodies, city, seen._replace(track=track), limits.bodies)
        names.rename(state.names, told.code, told.track, states.holders(state))
        seen = feet.placed(self.feet, absence.told(city, told.frames))
        counts = crowd.count(city, seen)
        levels, samples = crowd.levels(state.levels, city, seen, counts, limits.crowd)
        crossing = flow.follow(state.crossings, city, seen, limits.flow)
        parts = [
            ("health", tally.measure(released, codes, whose, is_late=False)),
            ("crowd", crowd.measure(city, seen, counts)),
            ("crowd", levels),
            ("flow", flow.counts(crossing)),
            ("visits", visits.counts(city, crossing)),
            *kernels.measure(self.plans, seen),
        ]
        said = kernels.step(state.kernels, self.plans, seen, crossing)
        crowds = crowd_incidents.step(state.crowds, self.crowds, samples)
        return parts + said.parts, [("crowd", crowds), *said.changes]

    def _settle(self, state: State, until: Until) -> tuple[list[tuple[str, Parts]], list[tuple[str, Changes]]]:
        """Tell the crossings that wait at cameras whose frames are over, to all who ask for crossings."""
        over = np.flatnonzero(until.us > ordered.NEVER)
        crossing = flow.settle(state.crossings, over, self.thresholds.flow)
        said = kernels.cross(state.kernels, self.plans, crossing)
        counted = [("flow", flow.counts(crossing)), ("visits", visits.counts(self.city, crossing))]
        return [*counted, *said.parts], said.changes

    def _silence(self, state: State, silent: health.Silences, until: Until) -> tuple[health.Silences, kernels.Said]:
        """Let the clocks of this shard's cameras run on to `until`."""
        camera = np.flatnonzero(state.health.last_us < until.us).astype(np.int32)
        since, till = state.health.last_us[camera], until.us[camera]
        crowds = crowd_incidents.tick(state.crowds, self.crowds, camera, till)
        said = kernels.tick(state.kernels, self.plans, camera, till, ending=until.is_end)
        said.changes.append(("crowd", crowds))
        return health.joined(silent, health.Silences(camera, since, till)), said

    def _fold(self, state: State, name: str, parts: Parts) -> NDArray[np.int64]:
        """Merge parts; returns (r, 2) camera and minute of windows that were stated before."""
        windows.merge(state.pools[name], parts)
        camera = self.keys[name].camera[parts.key]
        before = np.flatnonzero(parts.minute < state.stated[camera])
        return np.stack([camera[before].astype(np.int64), parts.minute[before]], axis=1)

    def _state(
        self, state: State, silent: health.Silences, again: list[NDArray[np.int64]], until: Until | None
    ) -> list[Block]:
        end = state.order.frontier_us // MINUTE_US
        if until is not None:  # none that begins within its last ms
            end = np.where(until.us > ordered.NEVER, -(-(until.us // 1000) // MINUTE_MS), end)
        camera = np.flatnonzero(end > state.stated).astype(np.int32)
        fresh = emit.due(camera, state.stated[camera], end[camera], self._told_once_more(silent))
        restated = np.unique(np.concatenate(again), axis=0)
        restated = restated[restated[:, 1] >= self.least_minute]
        if until is not None and until.is_provisional:
            restated = restated[:0]  # frames that wait will say it themselves
        state.stated[camera] = end[camera]
        due = emit.Minutes(
            np.concatenate([fresh.camera, restated[:, 0].astype(np.int32)]),
            np.concatenate([fresh.minute, restated[:, 1]]),
        )
        stated = self._blocks(state, due, until, len(fresh.camera))
        self._forget(state)
        return stated

    def _told_once_more(self, silent: health.Silences) -> health.Silences:
        """Let the last minute of a camera that leaves be told however long it was silent: what is open ends there."""
        edge_us = self.city.valid_to_us[silent.camera]
        is_last = self.city.is_leaving[silent.camera] & (silent.until_us >= edge_us)
        return silent._replace(until_us=np.where(is_last, edge_us - 1, silent.until_us))

    def _blocks(self, state: State, due: emit.Minutes, until: Until | None, fresh: int) -> list[Block]:
        """State minutes, of which the first `fresh` were not stated before."""
        if not len(due.camera):
            return []
        until_us = np.full(len(self.city.cameras), FOREVER_US)
        if until is not None:
            until_us = np.where(until.us > ordered.NEVER, until.us, until_us)
        provisional = until is not None and until.is_provisional
        expected = emit.expected_ms(self.city, due, state.since_us, until_us)
        folded = windows.gather(state.pools["health"], due.camera, due.minute)
        values = emit.judged(self.city, due, folded, expected)
        watched = self.maker.watched(due, expected, values)
        seen_by = self.maker.by_need(due, expected, watched)
        reached = windows.gather(state.reached, due.camera, due.minute)[:, 0]
        blocks = []
        for metric in METRICS:
            rows = emit.rows(self.keys[metric.name], due)
            if not len(rows.key):
                continue
            parts, grown, seen = values, folded, seen_by[metric.name]
            if metric.name != "health":
                parts = windows.gather(state.pools[metric.name], rows.key, due.minute[rows.window])
                parts = grown = emit.watch(parts, seen.health[rows.window])
            rev = revision(metric, grown, reached[rows.window], provisional=provisional)
            made = self.maker.rows(metric, seen.common, due, rows, parts, rev)
            blocks.append(Block(f"{metric.name}_minute_log", made, int((rows.window < fresh).sum())))
        return blocks

    def _forget(self, state: State) -> None:
        """Drop windows whose lateness has passed; what is told later has two minutes of grace and two periods.

        Crossings and tracks that are gone are told later. The newest frame may lie far beyond the last one that was
        released: what is told of the time between is still to come.
        """
        reached_us = np.minimum(state.order.newest_us - self.thresholds.lateness_us, state.health.last_us)
        oldest = np.minimum((reached_us - 2 * self.city.period_us) // MINUTE_US - 2, state.stated)
        for name, pool in state.pools.items():
            windows.forget(pool, oldest[self.keys[name].camera])
        windows.forget(state.reached, oldest)
