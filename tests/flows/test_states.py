"""What is remembered of a camera goes along with it, whatever other cameras come, go or stand beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from flows import states
from flows.shard import Block, Shard
from flows.thresholds import Thresholds
from flows.ticks import Ticks
from operators import city as cities
from operators.stage import intake, ordered, refused
from schemas.errors import StateError
from schemas.frames import FrameBatch
from schemas.registry import Camera, Registry, Road
from tests.flows.city import SECOND
from tests.flows.every import NIGHT, camera, stream

SECONDS = 1_700
NAMES = ("a", "b", "c")


def small(name: str, **changes: Any) -> Camera:
    """A camera whose park is so small that the crowd in it is an incident."""
    park, *others = camera(name).zone
    return msgspec.structs.replace(camera(name), zone=(msgspec.structs.replace(park, area_m2=3.0), *others), **changes)


TOWN = {"a": small("a"), "b": small("b"), "c": small("c", tracker="iou")}


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every push release what it can."""
    monkeypatch.setattr(ordered, "LEAST_BATCH", 1)


@pytest.fixture(scope="module")
def batch() -> FrameBatch:
    """Three streets where everything begins and ends; camera c's detector gives no track ids."""
    whole = stream(list(NAMES), SECONDS)
    t_us = whole.frames["t_us"].gather(whole.objects["frame"])
    over = (t_us > NIGHT + 950 * SECOND) & whole.objects["track"].str.starts_with("c").fill_null(value=False)
    whole = FrameBatch(whole.frames, whole.objects.filter(~over), whole.signals, whole.source)
    untracked = (whole.frames["camera"] == "c").gather(whole.objects["frame"])
    objects = whole.objects.with_columns(
        track=pl.when(untracked).then(pl.lit(None, pl.String)).otherwise(pl.col("track"))
    )
    return FrameBatch(whole.frames, objects, whole.signals, whole.source)


def shard(*cameras: Camera, **thresholds: Any) -> Shard:
    return Shard(cities.build(Registry(camera=cameras)), Thresholds(**thresholds))


def fed(of: Shard, state: states.State, batch: FrameBatch, first: int, end: int) -> list[Block]:
    """Push the frames of this stretch that are the shard's, in two pieces."""
    known = batch.frames["camera"].is_in([c.id for c in of.city.cameras]).to_numpy()
    out: list[Block] = []
    for low, high in ((first, (first + end) // 2), ((first + end) // 2, end)):
        rows = np.flatnonzero(known & (np.arange(len(batch)) >= low) & (np.arange(len(batch)) < high))
        part = batch.pick(rows)
        out += of.push(state, intake.arrays(part, of.city, of.index), part.objects["track"]).blocks
    return out


def ended(of: Shard, state: states.State, batch: FrameBatch) -> list[Block]:
    return of.end(state, int(batch.frames["t_us"].max())).blocks


def rows(blocks: list[Block], name: str) -> dict[str, pl.DataFrame]:
    """Return the last statement of every row of a camera, table by table."""
    found = {}
    for table in sorted({block.table for block in blocks}):
        joined = pl.concat([block.rows for block in blocks if block.table == table])
        mine = joined.filter(pl.col("camera_id") == name)
        keys = ["incident_id"] if table == "incidents_log" else ["ts", "zone_id", "line_id", "direction"]
        keys = [key for key in keys if key in mine.columns]
        found[table] = mine.sort("rev").unique(keys, keep="last", maintain_order=True).sort(keys)
    return found


@pytest.fixture(scope="module")
def undisturbed(batch: FrameBatch) -> dict[str, dict[str, pl.DataFrame]]:
    """Each camera's rows in a city of its own that nothing happened to."""
    out = {}
    for name in NAMES:
        alone = shard(TOWN[name])
        state = alone.start(NIGHT)
        made = fed(alone, state, batch, 0, len(batch)) + ended(alone, state, batch)
        out[name] = rows(made, name)
    return out


def assert_same(got: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    assert got.keys() == expected.keys()
    for table, held in expected.items():
        assert got[table].equals(held), table


MOMENTS = (301, 1_000, 1_275, 2_111, 3_500, 5_500)
"""Six frames a second: a crossing half done, jams, races and floods not yet told, a crowd that will disperse."""


@pytest.mark.parametrize("at", MOMENTS)
def test_cameras_that_come_and_go_change_nothing_of_those_that_stay(batch, undisturbed, at: int) -> None:
    """With state by position, {b, c} -> {c, d} once told b's open flood as camera c's, closed."""
    before, after = shard(TOWN["a"], TOWN["b"]), shard(camera("0"), TOWN["b"], camera("z"))
    state = before.start(NIGHT)
    made = fed(before, state, batch, 0, at)
    state = after.resume(state)
    made += fed(after, state, batch, at, len(batch)) + ended(after, state, batch)
    assert_same(rows(made, "b"), undisturbed["b"])


@pytest.mark.parametrize("at", MOMENTS)
def test_shards_cut_anew_go_on_as_if_nothing_had_happened(batch, undisturbed, at: int) -> None:
    one, other, whole = shard(TOWN["c"]), shard(TOWN["b"], TOWN["a"]), shard(*TOWN.values())
    made, state = [], whole.start(NIGHT)
    for part in (one, other):
        kept = part.start(NIGHT)
        made += fed(part, kept, batch, 0, at)
        states.carry(state, whole.wiring, kept)
    made += fed(whole, state, batch, at, len(batch)) + ended(whole, state, batch)
    for name in NAMES:
        assert_same(rows(made, name), undisturbed[name])


@pytest.mark.parametrize("at", MOMENTS)
def test_a_camera_taken_out_and_put_back_has_lost_nothing(batch, undisturbed, at: int) -> None:
    whole, alone = shard(*TOWN.values()), shard(TOWN["a"])
    state = whole.start(NIGHT)
    made = fed(whole, state, batch, 0, at)
    taken = alone.start(NIGHT)
    states.carry(taken, alone.wiring, state)
    back = whole.start(NIGHT)
    states.carry(back, whole.wiring, taken)
    made += [b for b in fed(whole, back, batch, at, len(batch)) + ended(whole, back, batch)]
    assert_same(rows(made, "a"), undisturbed["a"])


def test_metrics_that_are_switched_on_later_leave_the_others_alone(batch, undisturbed) -> None:
    fewer = shard(msgspec.structs.replace(TOWN["a"], metrics=("crowd", "flow", "flood")))
    state = fewer.start(NIGHT)
    made = fed(fewer, state, batch, 0, 1_000)
    more = shard(TOWN["a"])
    state = more.resume(state)
    made += fed(more, state, batch, 1_000, len(batch)) + ended(more, state, batch)
    got = rows(made, "a")
    for table in ("crowd_minute_log", "flow_minute_log", "flood_minute_log"):
        assert got[table].equals(undisturbed["a"][table]), table


def test_a_state_of_the_same_city_is_taken_as_it_is(batch) -> None:
    state = shard(*TOWN.values()).start(NIGHT)
    assert shard(*TOWN.values()).resume(state) is state


def test_a_camera_that_looks_elsewhere_is_another_version() -> None:
    state = shard(*TOWN.values()).start(NIGHT)
    moved = msgspec.structs.replace(TOWN["b"], line=TOWN["b"].line[:1])
    with pytest.raises(StateError, match=r"came others of b: give the new definition a valid_from"):
        shard(TOWN["a"], moved).resume(state)


def test_other_thresholds_are_refused() -> None:
    state = shard(TOWN["a"]).start(NIGHT)
    with pytest.raises(StateError, match="kept by other thresholds"):
        shard(TOWN["a"], reorder_us=3_000_000).resume(state)


def test_a_state_of_another_format_is_refused() -> None:
    state = shard(TOWN["a"]).start(NIGHT)
    state.header = msgspec.structs.replace(state.header, format=states.FORMAT + 1)
    with pytest.raises(StateError, match=f"expected a state of format {states.FORMAT}"):
        shard(TOWN["a"]).resume(state)


def test_a_version_that_begins_before_what_is_stated_is_refused(batch) -> None:
    before = shard(TOWN["a"])
    state = before.start(NIGHT)
    fed(before, state, batch, 0, 3_000)  # eight minutes
    early, later = (datetime.fromtimestamp(NIGHT / SECOND + s, UTC) for s in (300, 600))
    with pytest.raises(StateError, match="came others of a: give the new definition a valid_from after"):
        shard(TOWN["a"], msgspec.structs.replace(TOWN["a"], valid_from=early)).resume(state)
    shard(TOWN["a"], msgspec.structs.replace(TOWN["a"], valid_from=later)).resume(state)


def test_a_version_that_begins_before_what_the_clock_said_is_refused(batch) -> None:
    """A silent camera's minutes are stated by the clock alone: they too keep the definition they were stated by."""
    before = shard(TOWN["a"])
    state = before.start(NIGHT)
    fed(before, state, batch, 0, 600)
    Ticks(before).tick(state, NIGHT + 3_600 * SECOND)
    assert int(state.stated[0]) * 60 * SECOND < NIGHT + 1_200 * SECOND
    early, later = (datetime.fromtimestamp(NIGHT / SECOND + s, UTC) for s in (1_800, 3_600))
    with pytest.raises(StateError, match="came others of a: give the new definition a valid_from after"):
        shard(TOWN["a"], msgspec.structs.replace(TOWN["a"], valid_from=early)).resume(state)
    shard(TOWN["a"], msgspec.structs.replace(TOWN["a"], valid_from=later)).resume(state)


GONE_S = 1_200
"""When a camera leaves [s]."""


BY_FRAMES = ("health", "crowd", "flow", "flood", "garbage", "congestion")
"""Metrics whose minutes are told by frames; others also by tracks that end, which no clock says."""


def leaving(name: str) -> Camera:
    return msgspec.structs.replace(TOWN[name], valid_until=datetime.fromtimestamp(NIGHT / SECOND + GONE_S, UTC))


@pytest.mark.parametrize("at", [3_500, 5_500])
def test_what_is_open_on_a_camera_that_leaves_ends_with_it(batch, at: int) -> None:
    """It is told by the clock, as no frame ever comes again, and is what a replay says that knows when it left."""
    stays, goes = shard(TOWN["a"], TOWN["b"]), shard(TOWN["a"], leaving("b"))
    state = stays.start(NIGHT)
    early = np.flatnonzero((batch.frames["t_us"] < NIGHT + GONE_S * SECOND).to_numpy())
    known = batch.pick(early[early < at])
    made = fed(stays, state, known, 0, len(known))
    is_open = set(state.told.filter(pl.col("camera_id") == "b")["kind"])
    assert is_open
    state = goes.resume(state)
    rest = batch.pick(early[early >= at]) if (early >= at).any() else batch.pick(early[:0])
    made += fed(goes, state, rest, 0, len(rest))
    pushed, said = Ticks(goes).tick(state, NIGHT + 7_200 * SECOND)
    made += [*pushed.blocks, *said]
    whole = shard(leaving("b"))
    kept = whole.start(NIGHT)
    replayed = fed(whole, kept, batch.pick(early), 0, len(early)) + whole.end(kept, NIGHT + 7_200 * SECOND).blocks
    got, expected = rows(made, "b"), rows(replayed, "b")
    told = got["incidents_log"]
    assert not set(told["state"]) & {"active", "unknown"}
    ended = told.filter(pl.col("close_reason") == "camera_removed")
    assert ended.height
    assert set(ended["closed_at"].to_list()) == {datetime.fromtimestamp(NIGHT / SECOND + GONE_S, UTC)}
    assert told.drop("rev").equals(expected["incidents_log"].drop("rev"))
    for name in BY_FRAMES:
        table = f"{name}_minute_log"
        assert got[table].drop("rev").equals(expected[table].drop("rev")), table
    last = got["health_minute_log"]["ts"].max()
    assert last == datetime.fromtimestamp(NIGHT / SECOND + GONE_S - 60, UTC)


def test_a_camera_that_was_silent_for_days_is_told_of_in_its_last_minute(batch) -> None:
    """Rows of a long silence stop after a day; the second flow needs one more to see that nobody is away any more."""
    until = datetime.fromtimestamp(NIGHT / SECOND + 3 * 86_400, UTC)
    of = shard(msgspec.structs.replace(TOWN["a"], valid_until=until))
    state = of.start(NIGHT)
    made = fed(of, state, batch, 0, 600)
    made += [b for each in Ticks(of).tick(state, NIGHT + 4 * 86_400 * SECOND) for b in getattr(each, "blocks", each)]
    minutes = rows(made, "a")["health_minute_log"]
    assert minutes.height < 1_600
    assert minutes["ts"][-1] == until - timedelta(minutes=1)
    assert minutes["ts"][-2] < until - timedelta(days=1)


def test_frames_of_a_camera_that_has_left_are_not_its_own(batch) -> None:
    of = shard(leaving("b"))
    codes = intake.camera_codes(batch.frames.filter(pl.col("camera") == "b"), of.city, of.index)
    at_s = (batch.frames.filter(pl.col("camera") == "b")["t_us"].to_numpy() - NIGHT) / SECOND
    assert ((codes == intake.NOT_VALID) == (at_s >= GONE_S)).all()


def test_a_camera_that_comes_back_is_another_version(batch) -> None:
    """What lies between is expected of nobody."""
    back = msgspec.structs.replace(TOWN["b"], valid_from=datetime.fromtimestamp(NIGHT / SECOND + 1_500, UTC))
    of = shard(leaving("b"), back)
    state = of.start(NIGHT)
    t_us = batch.frames["t_us"].to_numpy()
    is_there = (t_us < NIGHT + GONE_S * SECOND) | (t_us >= NIGHT + 1_500 * SECOND)
    there = batch.pick(np.flatnonzero(is_there & (batch.frames["camera"] == "b").to_numpy()))
    made = fed(of, state, there, 0, len(there)) + ended(of, state, batch)
    minutes = rows(made, "b")["health_minute_log"]
    at_s = (minutes["ts"].dt.epoch("s") - NIGHT // SECOND).to_list()
    assert at_s == [*range(0, GONE_S, 60), *range(1_500, SECONDS, 60)]
    assert minutes["expected_ms"].sum() == minutes["observed_ms"].sum()


def test_another_speed_of_its_road_is_another_definition_of_a_camera() -> None:
    def town(kmh: float) -> Shard:
        road = Road("jalan", "ruas", free_flow_kmh=kmh, lines=("a/barat",))
        return Shard(cities.build(Registry(camera=(TOWN["a"],), road=(road,))), Thresholds())

    with pytest.raises(StateError, match="roads that figures were stated by, came others of a"):
        town(50.0).resume(town(40.0).start(NIGHT))


def test_a_signal_of_a_zone_that_nobody_knows_goes_along() -> None:
    bare = msgspec.structs.replace(TOWN["a"], zone=())
    before, after = shard(bare), shard(bare, camera("z"))
    state = before.start(NIGHT)
    fed(before, state, stream(["a"], 2), 0, 4)
    assert after.resume(state).order.incoming[0].signal_zone.tolist() == [refused.code("unknown_zone")] * 4
