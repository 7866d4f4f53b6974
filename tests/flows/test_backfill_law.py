"""Days made again out of an archive are the days as they came: any cut, from the beginning or a midnight."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.archive import reading
from connectors.archive.folder import Folder
from connectors.archive.gaps import Gap
from connectors.warehouse import Statement
from flows.archiving import Archiving
from flows.backfilling import asked, comparing, days, lanes, running, staged
from flows.backfilling.days import REMEMBERED
from flows.backfilling.plan import INCIDENT_TABLE, Plan, Recording
from flows.dataflow import Dead, End, ShardLogic
from flows.thresholds import Thresholds
from operators.stage import ordered
from schemas.errors import ArchiveAway, TilikError, UsageError
from schemas.frames import DISPOSITIONS, FrameBatch
from schemas.local_time import DAY_US, MINUTE_US
from schemas.registry import Registry
from tests.flows import test_obeyed as obeying
from tests.flows.city import SECOND, plan, shuffled, stored
from tests.flows.every import NIGHT, stream
from tests.flows.test_obeyed import LATENESS_US, plain
from tests.waiting import until

TOWN = msgspec.json.decode(msgspec.json.encode(obeying.TOWN), type=Registry)
"""As it is read from a file."""
SHIFT_US = 55 * 60 * SECOND
MIDNIGHT = NIGHT + 60 * 60 * SECOND
"""Five minutes after the beginning, while b is silent."""


@pytest.fixture(scope="module")
def street() -> FrameBatch:
    frames = stream(["a", "b", "c"], 700)
    return replace(frames, frames=frames.frames.with_columns(pl.col("t_us") + SHIFT_US))


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every push release what it can."""
    monkeypatch.setattr(ordered, "LEAST_BATCH", 1)


def archived(folder: Path, came: FrameBatch, cuts: list[int], town: Registry = TOWN) -> dict[str, pl.DataFrame]:
    """What a shard makes of frames as they come; what leaves it goes to an archive."""
    archiving = Archiving(f"file:{folder}", Statement(1, 2, "test", []))
    run, out = plan(town, since_us=int(came.frames["t_us"].min()), lateness_us=LATENESS_US), []
    run.on_release, run.nightly = archiving.take, archiving.nightly
    logic = ShardLogic(run, None)
    for a, b in zip([0, *cuts], [*cuts, len(came)], strict=True):
        out += logic.on_batch([(0, came.pick(np.arange(a, b)))])[0]
    last_us = int(came.frames.filter(pl.col("t_us") < NIGHT + 3 * 3600 * SECOND)["t_us"].max())
    out += logic.on_batch([(0, End(last_us))])[0]
    archiving.finish()
    archiving.commit(run.since_us, last_us)
    return stored([each for each in out if not isinstance(each, Dead)])


def planned(folder: Path, since_us: int, until_us: int, town: Registry = TOWN, **changes: Any) -> Plan:
    (of,) = reading.streams(Folder(folder))
    return replace(
        Plan(
            f"file:{folder}",
            16,
            (Recording(of.stream, of.since_us, of.last_us, of.parts, of.lost),),
            msgspec.json.encode(town),
            Thresholds(lateness_us=LATENESS_US),
            7,
            since_us,
            until_us,
            tuple(sorted(camera.id for camera in town.camera)),
            tuple(asked.metrics()),
        ),
        **changes,
    )


def made(of: Plan) -> tuple[dict[str, list[pl.DataFrame]], list[staged.Job]]:
    """What a backfill stages, by table."""
    store = Folder(Path(of.archive.removeprefix("file:")))
    jobs = [job for chain in of.chains() for job in days.obeyed(of, store, chain)]
    rows: dict[str, list[pl.DataFrame]] = {}
    for job in jobs:
        for file in job.files:
            for table, some in staged.get_rows(store, file).items():
                rows.setdefault(table, []).append(some)
    assert days.done(of, store) == jobs
    return rows, jobs


def union(several: list[dict[str, list[pl.DataFrame]]]) -> dict[str, pl.DataFrame]:
    tables = {table for each in several for table in each}
    return {
        table: comparing.newest(pl.concat([rows for each in several for rows in each.get(table, [])]), table)
        for table in tables
    }


def agree(found: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    for name, rows in right.items():
        keys = [key for key in comparing.KEYS.get(name, ()) if key in rows.columns]
        if keys:
            assert plain(found[name]).sort(keys).equals(plain(rows).sort(keys)), name


@settings(max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(seed=st.integers(0, 99), data=st.data())
def test_any_cut_of_the_time_gives_the_rows_and_incidents_that_came(
    street: FrameBatch, tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    came = obeying.arrival(street, seed)
    right = archived(folder, came, sorted(data.draw(st.sets(st.integers(1, len(came) - 1), max_size=6))))
    first = int(came.frames["t_us"].min()) // MINUTE_US * MINUTE_US
    inner = st.integers(1, 11).map(lambda minutes: first + minutes * MINUTE_US)
    edges = [first, *sorted({*data.draw(st.sets(inner, max_size=3)), MIDNIGHT}), first + 15 * MINUTE_US]
    plans = [planned(folder, a, b) for a, b in itertools.pairwise(edges)]
    several, jobs = zip(*map(made, plans), strict=True)
    agree(union(list(several)), right)
    assert right[INCIDENT_TABLE].height > 3
    assert set(reading.frames(Folder(folder), plans[0].recordings[0].parts[0]).frames["disposition"]) <= {*DISPOSITIONS}
    of_night = jobs[edges.index(MIDNIGHT)]
    assert sum(job.begun.get(REMEMBERED, 0) for job in of_night) >= 2  # the silent one has no frame at all


def test_what_is_remembered_at_midnight_is_needed_and_goes_on_in_days_of_lanes_of_one(
    street: FrameBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = archived(tmp_path, obeying.arrival(street, 5), [len(street) // 2])
    of = planned(tmp_path, MIDNIGHT, MIDNIGHT + 15 * MINUTE_US)
    is_after = pl.col("ts").dt.epoch("us") >= MIDNIGHT
    late = {name: rows.filter(is_after) for name, rows in right.items() if "ts" in rows.columns}
    monkeypatch.setattr(lanes, "MOST_FRAMES", 1)
    agree(union([made(of)[0]]), late)
    (tmp_path / "states").rename(tmp_path / "away")
    (tmp_path / "backfills").rename(tmp_path / "other")
    found, jobs = made(replace(of, warm_up_us=0))
    assert {how for job in jobs for how in job.begun} == {"warm_up"}
    with pytest.raises(AssertionError, match="_minute_log"):
        agree(union([found]), late)


def test_a_day_that_is_done_is_not_done_again_and_what_it_left_goes_on(street: FrameBatch, tmp_path: Path) -> None:
    right = archived(tmp_path, obeying.arrival(street, 8), [])
    first = int(right["health_minute_log"]["ts"].dt.epoch("us").min())
    of = planned(tmp_path, first, first + 15 * MINUTE_US)
    store = Folder(tmp_path)
    before: list[staged.Job] = []
    for chain in of.chains():
        before.append(next(days.obeyed(of, store, chain)))  # the first day, and killed
    whole, jobs = made(of)
    agree(union([whole]), right)
    firsts = {(job.shard, job.day): job for job in jobs}
    assert all(firsts[job.shard, job.day] == job for job in before)
    assert len(jobs) > len(before)
    assert made(of)[1] == jobs


def test_too_late_frames_count_only_where_somebody_asks_for_them(street: FrameBatch, tmp_path: Path) -> None:
    """Forty frames of a minute came at the end, one of them twice."""
    first = np.arange(600, 640)
    order = np.r_[np.setdiff1d(np.arange(len(street)), first), first, 620]
    came = shuffled(street, order)
    right = archived(tmp_path, came, [])
    begin = int(street.frames["t_us"].min()) // MINUTE_US * MINUTE_US
    of = planned(tmp_path, begin, begin + 10 * MINUTE_US)
    since = pl.col("ts").dt.epoch("us") < begin + 10 * MINUTE_US
    agree(union([made(of)[0]]), {"health_minute_log": right["health_minute_log"].filter(since)})
    health = union([made(replace(of, takes_too_late=True))[0]])["health_minute_log"]
    assert health["late_frames"].sum() == len(first)
    watched = health.filter(pl.col("camera_id") != "silent")
    assert (watched["observed_ms"] == watched["expected_ms"]).all()
    before = right["health_minute_log"].filter(since & (pl.col("camera_id") != "silent"))
    assert 0 < before["observed_ms"].sum() < watched["observed_ms"].sum()


def test_of_a_stream_that_goes_on_minutes_that_late_frames_may_restate_are_left_alone(
    street: FrameBatch, tmp_path: Path
) -> None:
    right = archived(tmp_path, street, [])["health_minute_log"]
    last_us = int(street.frames["t_us"].max())  # type: ignore[arg-type]
    of = planned(tmp_path, MIDNIGHT, MIDNIGHT + 60 * MINUTE_US)
    rows, jobs = made(replace(of, recordings=(of.recordings[0]._replace(last_us=None),)))
    settled_us = {camera: us for job in jobs for camera, us in job.settled_us.items()}
    assert settled_us.keys() == {"a", "b", "c"}
    assert all(last_us - LATENESS_US - 5 * MINUTE_US < us <= last_us - LATENESS_US for us in settled_us.values())
    health = comparing.settled(union([rows])["health_minute_log"], settled_us)
    assert {
        (name, int(us) + MINUTE_US)
        for name, us in health.group_by("camera_id").agg(us=pl.col("ts").dt.epoch("us").max()).rows()
    } == set(settled_us.items())
    agree({"health_minute_log": right.join(health, on=["camera_id", "ts"], how="semi")}, {"health_minute_log": health})


def test_a_time_of_which_frames_are_gone_or_never_came_is_refused(street: FrameBatch, tmp_path: Path) -> None:
    archived(tmp_path, street, [])
    store, of = Folder(tmp_path), planned(tmp_path, MIDNIGHT, MIDNIGHT + 5 * MINUTE_US)
    (found,) = reading.streams(store)
    asked.refuse_missing(of, store, [found])
    removed = found._replace(removed_before=date(2026, 1, 7))
    with pytest.raises(UsageError, match="local days before 2026-01-07 were removed"):
        asked.refuse_missing(of, store, [removed])
    for since_us, until_us, is_refused in (
        (None, MIDNIGHT, False),
        (None, None, True),
        (MIDNIGHT + MINUTE_US, MIDNIGHT + 2 * MINUTE_US, True),
        (MIDNIGHT + 5 * MINUTE_US, None, False),
    ):
        missing = found._replace(gaps=(Gap(0, 7, since_us, until_us),))
        if is_refused:
            with pytest.raises(UsageError, match="7 frames of stream 0000000000000001 are not in it"):
                asked.refuse_missing(of, store, [missing])
        else:
            asked.refuse_missing(of, store, [missing])


def test_days_that_an_engine_lost_are_not_committed(street: FrameBatch, tmp_path: Path) -> None:
    archived(tmp_path, street, [])
    of = planned(tmp_path, MIDNIGHT - 5 * MINUTE_US, MIDNIGHT + 5 * MINUTE_US)
    _, jobs = made(of)
    lost = next(tmp_path.glob(f"backfills/*/jobs/*-{jobs[-1].shard:02d}-{jobs[-1].day}.json"))
    lost.unlink()
    with pytest.raises(TilikError, match=f"shard {jobs[-1].shard} of recording .* is not done"):
        days.done(of, Folder(tmp_path))


def test_an_archive_that_is_away_is_said_once_and_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, told = list[int](), list[str]()
    away = ArchiveAway("archive: it is away")

    def names(self: Folder, prefix: str = "") -> dict[str, object]:
        tries.append(1)
        raise away

    monkeypatch.setattr(Folder, "names", names)
    monkeypatch.setattr(running, "LOOK_S", 0.01)
    monkeypatch.setattr(running, "note", lambda said, about: told.append(said))
    nothing = Plan("file:nowhere", 16, (), b"", Thresholds(), 1, 0, DAY_US, (), ())
    with running._watched(nothing, lambda done, of: None):
        until(lambda: len(tries) > 3)
    assert told == ["waiting: archive: it is away"]
