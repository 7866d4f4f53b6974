"""A shard's days, one after another: archived frames obeyed, rows staged.

Each day begins with what the one before left, so that days of a shard follow each other and shards
go beside each other. Whatever is killed goes on with the day that it was at.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from connectors.archive import Store, parts, reading
from flows.backfilling import lanes, staged
from flows.backfilling.lanes import Lane
from flows.backfilling.plan import INCIDENT_TABLE, Chain, Plan, Recording
from flows.backfilling.staged import File, Job
from flows.nights import Midnight
from flows.obeying import with_too_late
from flows.shard import Block
from flows.states import Wiring
from schemas.archive import SCHEMA
from schemas.errors import TilikError
from schemas.frames import FrameBatch, joined
from schemas.local_time import day_of, midnight_us

REMEMBERED, BEGINNING, WARM_UP = "remembered", "beginning", "warm_up"
"""How cameras begin: from a saved midnight, with their recording, or a while before what is made again."""
HEALTH: Final = "health_minute_log"
"""Says which minutes were watched, whatever metrics are made again."""


class Begun(NamedTuple):
    """A lane, the local day with which it begins, and how."""

    lane: Lane
    day: int
    how: str


class Link(NamedTuple):
    """A local day of a shard: the days that are read for it, a hash of all that is read by then, and the next day."""

    day: int
    read: Sequence[int]
    input: str
    following: list[int]


def obeyed(plan: Plan, store: Store, chain: Chain) -> Iterator[Job]:
    """Make a shard's rows again, day by day; yields what came of each, those too that were done before."""
    begun: list[Begun] | None = None
    for at, link in enumerate(_links(plan, chain)):
        job = staged.get_job(store, plan, plan.recordings[chain.recording].stream, chain.shard, link.day)
        if begun is not None or job is None or job.input != link.input:
            if begun is None:
                begun = _resumed(plan, store, chain, link.day) if at else _begun(plan, store, chain)
                link = link._replace(read=range(min(one.day for one in begun), link.day + 1))  # noqa: PLW2901
            job = _made(plan, store, chain, begun, link)
        yield job
        if job.is_last:
            return


def done(plan: Plan, store: Store) -> list[Job]:
    """Return what came of every day of every shard.

    Raises
    ------
    TilikError
        Some are not done: an engine lost them.
    """
    return [job for chain in plan.chains() for job in _done(plan, store, chain)]


def _done(plan: Plan, store: Store, chain: Chain) -> Iterator[Job]:
    stream = plan.recordings[chain.recording].stream
    for link in _links(plan, chain):
        job = staged.get_job(store, plan, stream, chain.shard, link.day)
        if job is None or job.input != link.input:
            break
        yield job
        if job.is_last:
            return
    raise TilikError(f"shard {chain.shard} of recording {stream} is not done: the same command goes on")


def _links(plan: Plan, chain: Chain) -> Iterator[Link]:
    """Yield the local days that may have to be read, in order; with the first one those before it, to begin with."""
    recording, told = plan.recordings[chain.recording], ""
    first = _first(plan, recording)
    every = [first, *(day for day in recording.days(chain.shard) if day > first)]  # days of wrong clocks among them
    for at, day in enumerate(every):
        read = [day] if at else range(_warm_up(plan, chain), day + 1)
        for each in read:
            told = staged.input_of(recording, chain.shard, each, told)
        yield Link(day, read, told, every[at + 1 : at + 2])


def meets(plan: Plan, recording: Recording) -> bool:
    """Say whether a recording has anything of the time that is made again."""
    days = [day for shard in range(plan.shards) for day in recording.days(shard)]
    if not days or plan.until_us <= recording.since_us:
        return False
    ends_us = midnight_us(max(days) + 1) if recording.last_us is None else recording.last_us + 1
    return plan.since_us < ends_us


def _first(plan: Plan, recording: Recording) -> int:
    return day_of(max(plan.since_us, recording.since_us))


def _warm_up(plan: Plan, chain: Chain) -> int:
    return min(day_of(plan.begins_us(chain)), _first(plan, plan.recordings[chain.recording]))


def _begun(plan: Plan, store: Store, chain: Chain) -> list[Begun]:
    """Return lanes for all cameras of a shard, each beginning as late as what is remembered allows."""
    recording, ids = plan.recordings[chain.recording], plan.ids(chain.shard)
    first, least, begins_us = _first(plan, recording), _warm_up(plan, chain), plan.begins_us(chain)
    wiring = Wiring(plan.city_of(ids), plan.thresholds)
    how = BEGINNING if begins_us == recording.since_us else WARM_UP
    groups = lanes.cut(ids, recording.fullest(chain.shard))
    out: list[Begun] = []
    left = set(ids)
    for day in range(first, least - 1, -1):
        for night in staged.every_night(store, plan, recording.stream, chain.shard, day):
            fits = lanes.known(night, wiring, midnight_us(day)) & left
            left -= fits
            for begins, those in _by_begin(night, fits, day):
                for some in _within(groups, those):
                    lane = Lane.at(plan.city_of(some), plan.thresholds, midnight_us(day), night, recording.lost)
                    out.append(Begun(lane, begins, REMEMBERED))
    out += [
        Begun(Lane(plan.city_of(some), plan.thresholds, begins_us, recording.lost), least, how)
        for some in _within(groups, left)
    ]
    return out


def _by_begin(night: Midnight, cameras: set[str], day: int) -> Iterator[tuple[int, set[str]]]:
    """Yield cameras by the day of the frame with which they go on."""
    last_us = lanes.resumes(night)
    days = {camera: day_of(last_us[camera]) if camera in last_us else day for camera in cameras}
    for begins in sorted(set(days.values())):
        yield begins, {camera for camera in cameras if days[camera] == begins}


def _within(groups: Iterable[list[str]], wanted: set[str]) -> list[list[str]]:
    found = ([camera for camera in group if camera in wanted] for group in groups)
    return [some for some in found if some]


def _resumed(plan: Plan, store: Store, chain: Chain, day: int) -> list[Begun]:
    """Return the lanes as they were at the midnight before a day."""
    recording = plan.recordings[chain.recording]
    nights = staged.own_nights(store, plan, recording.stream, chain.shard, day)
    made = []
    for night in nights:
        city = plan.city_of(sorted({camera.id for camera in lanes.city_of(night.state).cameras}))
        made.append(Begun(Lane.at(city, plan.thresholds, midnight_us(day), night, recording.lost), day, REMEMBERED))
    return made


def _made(plan: Plan, store: Store, chain: Chain, begun: list[Begun], link: Link) -> Job:
    """Obey the days of a link and stage what comes of them; those before the last one are read to begin with."""
    began_s, recording, day = time.monotonic(), plan.recordings[chain.recording], link.day
    made: list[Block] = []
    frames = objects = 0
    for each in link.read:
        with tempfile.TemporaryDirectory(prefix="tilik-backfill-") as folder:
            files = [reading.fetched(store, part, Path(folder)) for part in recording.files(chain.shard, each)]
            for lane in (
                one.lane for one in begun if one.day <= each and not _is_over(plan, recording, one.lane, each)
            ):
                batch = _frames(files, lane)
                frames, objects = frames + len(batch), objects + batch.objects.height
                if plan.takes_too_late:
                    batch = with_too_late(batch, lane.city)
                made += _kept(plan, lane.obey(batch, midnight_us(each + 1)))
    is_last, ended = _ending(plan, recording, begun, link.following)
    for lane in ended:
        made += _kept(plan, lane.end(recording.last_us or 0))
    how: dict[str, int] = {}
    for one in begun:
        how[one.how] = how.get(one.how, 0) + len({camera.id for camera in one.lane.city.cameras})
    stem = f"{recording.stream}-{chain.shard:02d}-{day}"
    job = Job(
        recording.stream,
        chain.shard,
        day,
        link.input,
        frames,
        objects,
        round(time.monotonic() - began_s, 3),
        tuple(_staged(plan, store, stem, chain.shard, made)),
        how,
        tuple(_open(plan, begun)) if is_last else (),
        is_last,
        _unsettled(plan, begun) if is_last and recording.last_us is None else {},
    )
    if not is_last:
        nights = [one.lane.night() for one in begun]
        staged.put_nights(store, plan, recording.stream, chain.shard, link.following[0], nights)
    staged.put_job(store, plan, job)
    return job


def _frames(files: list[Path], lane: Lane) -> FrameBatch:
    """Return a lane's frames of some files of the archive, by camera and time."""
    found = [parts.to_batch(parts.read(path, path.name, (lane.first, lane.last))) for path in files]
    if len(found) < 2:
        return found[0] if found else parts.to_batch(SCHEMA.empty_table())
    whole = joined(found)
    order = whole.frames.select("camera", "t_us").with_row_index("at").sort("camera", "t_us", maintain_order=True)["at"]
    return whole.reordered(order.to_numpy().astype(np.intp))


def _ending(plan: Plan, recording: Recording, begun: list[Begun], following: list[int]) -> tuple[bool, list[Lane]]:
    """Say whether nothing more is to be read, and which lanes the recording's end closes."""
    if following:
        return all(_is_over(plan, recording, one.lane, following[0]) for one in begun), []
    if recording.last_us is None:
        return True, []
    after = max(day_of(recording.last_us), day_of(plan.until_us)) + 1
    return True, [one.lane for one in begun if not _is_over(plan, recording, one.lane, after)]


def _is_over(plan: Plan, recording: Recording, lane: Lane, day: int) -> bool:
    """Say whether nothing that a day or a later one brings can change what is made again of a lane.

    Of cameras that send nothing any more a stream that goes on is read for one day after: their rows stay as they are.
    """
    if midnight_us(day) < plan.until_us or len(_of_plan(plan, lane.state.told)):
        return False
    is_stated = lane.settled_us() >= plan.until_us
    return bool(is_stated.all()) or (recording.last_us is None and midnight_us(day - 1) >= plan.until_us)


def _unsettled(plan: Plan, begun: list[Begun]) -> dict[str, int]:
    return {camera: us for one in begun for camera, us in one.lane.unsettled_us(plan.until_us).items()}


def _open(plan: Plan, begun: list[Begun]) -> Iterator[str]:
    for one in begun:
        yield from _of_plan(plan, one.lane.state.told)["incident_id"]


def _of_plan(plan: Plan, incidents: pl.DataFrame) -> pl.DataFrame:
    opened_us = pl.col("opened_at").dt.epoch("us")
    is_mine = (opened_us >= plan.since_us) & (opened_us < plan.until_us) & pl.col("kind").is_in(plan.kinds)
    return incidents.filter(is_mine)


def _kept(plan: Plan, blocks: list[Block]) -> list[Block]:
    """Return what is made again of what kernels said."""
    out = []
    for table, rows, _ in blocks:
        if table == INCIDENT_TABLE:
            out.append(Block(table, _of_plan(plan, rows)))
        elif table == HEALTH or table in plan.tables:
            ts_us = pl.col("ts").dt.epoch("us")
            out.append(Block(table, rows.filter((ts_us >= plan.since_us) & (ts_us < plan.until_us))))
    return [block for block in out if block.rows.height]


def _staged(plan: Plan, store: Store, stem: str, shard: int, made: list[Block]) -> Iterator[File]:
    """Stage rows by local day."""
    tables: dict[str, list[pl.DataFrame]] = {}
    for table, rows, _ in made:
        tables.setdefault(table, []).append(rows)
    by_day: dict[int, dict[str, pl.DataFrame]] = {}
    for table, several in tables.items():
        time_of = "opened_at" if table == INCIDENT_TABLE else "ts"
        whole = pl.concat(several).with_columns(_day=day_of(pl.col(time_of).dt.epoch("us")))
        for (day,), rows in whole.group_by("_day", maintain_order=True):
            assert isinstance(day, int)
            by_day.setdefault(day, {})[table] = rows.drop("_day")
    for day, found in sorted(by_day.items()):
        yield staged.put_rows(store, plan, stem, day, shard, found)
