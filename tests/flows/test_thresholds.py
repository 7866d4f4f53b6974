"""`params_hash` changes with whatever changes a figure, and with nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
import pytest

from flows.shard import Shard
from flows.thresholds import Thresholds, params_hashes
from operators import city as cities
from operators.stage import intake
from operators.tracking.tracker import TrackerParams
from schemas.cards import CARDS
from schemas.frames import FrameBatch
from schemas.registry import Camera, Registry, fingerprint, fingerprints, written
from tests.flows.every import NIGHT, camera, stream


def hashes(changes: dict[str, Any], **thresholds: Any) -> dict[str, int]:
    town = cities.build(Registry(camera=(msgspec.structs.replace(camera("a"), **changes),)))
    return {metric: each[0] for metric, each in params_hashes(town, Thresholds(**thresholds)).items()}


NAMES = {"name": "Simpang Lima", "owner": "dishub", "category": "atcs", "position": (-6.99, 110.42), "simulated": True}


@pytest.mark.parametrize("field", NAMES)
def test_what_people_call_a_camera_changes_no_figure(field: str) -> None:
    assert hashes({field: NAMES[field]}) == hashes({})


def test_a_zone_that_is_named_measures_what_it_measured() -> None:
    zone = tuple(msgspec.structs.replace(each, name="Taman") for each in camera("a").zone)
    assert hashes({"zone": zone}) == hashes({})


@pytest.mark.parametrize("field", ["reorder_us", "lateness_us"])
def test_how_late_a_frame_may_come_changes_every_figure(field: str) -> None:
    now, then = hashes({}), hashes({}, **{field: 5_000_000})
    assert all(now[metric] != then[metric] for metric in now)


def test_the_tracker_counts_only_where_tracks_are_made_here() -> None:
    other = TrackerParams(birth=0.5)
    assert hashes({"tracker": "none"}, tracker=other) == hashes({"tracker": "none"})
    for mode in ("auto", "iou"):
        now, then = hashes({"tracker": mode}), hashes({"tracker": mode}, tracker=other)
        assert all(now[metric] != then[metric] for metric in now)


def test_another_recorder_changes_outages_alone() -> None:
    now, then = hashes({}), hashes({"site": "nvr-2"})
    assert {metric for metric in now if now[metric] != then[metric]} == {"outages"}


def redrawn(at: int) -> Camera:
    """A camera one of whose zones, or lines behind them, is narrower."""
    whole = camera("a")
    if at < len(whole.zone):
        (_, top), _, (_, bottom), _ = whole.zone[at].polygon
        polygon = ((0.0, top), (0.85, top), (0.85, bottom), (0.0, bottom))
        zones = [*whole.zone]
        zones[at] = msgspec.structs.replace(zones[at], polygon=polygon)
        return msgspec.structs.replace(whole, zone=tuple(zones))
    lines = [*whole.line]
    line = lines[at - len(whole.zone)]
    (x, top), (_, bottom) = line.points
    lines[at - len(whole.zone)] = msgspec.structs.replace(line, points=((x + 0.1, top), (x + 0.1, bottom)))
    return msgspec.structs.replace(whole, line=tuple(lines))


def told(of: Camera, batch: FrameBatch) -> dict[str, list[pl.DataFrame]]:
    """Return what is told of a camera, by metric, without its hashes."""
    shard = Shard(cities.build(Registry(camera=(of,))), Thresholds())
    state = shard.start(NIGHT)
    frames = intake.arrays(batch, shard.city, shard.index)
    blocks = [*shard.push(state, frames, batch.objects["track"]).blocks, *shard.end(state, last_us(batch)).blocks]
    kinds = {each.kind: card.name for card in CARDS for each in card.incidents}
    found: dict[str, list[pl.DataFrame]] = {}
    for block in blocks:
        rows = block.rows.drop("params_hash")
        if block.table == "incidents_log":
            for (kind,), some in rows.group_by("kind", maintain_order=True):
                found.setdefault(kinds[str(kind)], []).append(some)
        else:
            found.setdefault(block.table.removesuffix("_minute_log"), []).append(rows)
    return found


def last_us(batch: FrameBatch) -> int:
    return int(batch.frames["t_us"].max())  # type: ignore[arg-type]


@pytest.mark.parametrize("at", range(9))
def test_what_is_drawn_anew_changes_the_hash_of_what_it_may_change_and_of_nothing_else(at: int) -> None:
    batch, drawn = stream(["a"], 1_500), redrawn(at)
    before, after = told(camera("a"), batch), told(drawn, batch)
    was, now = hashes({}), hashes({"zone": drawn.zone, "line": drawn.line})
    kept = {metric for metric in was if was[metric] == now[metric]}
    differ = {name for name in before.keys() | after.keys() if not same(before.get(name, []), after.get(name, []))}
    assert not differ & kept
    assert {"health", "outages", "mutes"} <= kept < was.keys()


def same(one: list[pl.DataFrame], other: list[pl.DataFrame]) -> bool:
    return len(one) == len(other) and all(a.equals(b) for a, b in zip(one, other, strict=True))


def test_another_polygon_changes_the_figures_of_who_looks_at_it() -> None:
    first, *rest = camera("a").zone
    moved = msgspec.structs.replace(first, polygon=((0.0, 0.0), (0.9, 0.0), (0.9, 0.3), (0.0, 0.3)))
    now, then = hashes({}), hashes({"zone": (moved, *rest)})
    assert {metric for metric in now if now[metric] != then[metric]} == {"crowd", "mask", "stays", "gathering"}


def test_many_hashes_behind_one_head_are_those_one_by_one() -> None:
    tails = [(), ((1.5, None),), ("a", {"b": [2]})]
    found = fingerprints(("flow", 3, (1, 2)), [written(*tail) for tail in tails])
    assert found == [fingerprint("flow", 3, (1, 2), *tail) for tail in tails]
