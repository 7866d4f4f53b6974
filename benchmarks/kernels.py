"""What each kernel costs: the same frames through each of them alone, and all metrics beside the main job.

CPU time, not the clock on the wall: shares stay what they are on a busy machine.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.load import MAIN, START, frames, registry
from flows import kernels
from flows.dataflow import Plan, ShardLogic
from flows.shard import Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.arrays import Ordered, Whose
from operators.metrics import crowd, flow, visits
from operators.stage import feet, health, intake, ordered, tally
from operators.tracking import bodies, streams, tracker
from schemas.frames import FrameBatch
from schemas.registry import METRIC_NAMES

PIECE = 16_384


class Cost(NamedTuple):
    """What a part of the flow took."""

    part: str
    seconds: float
    share: float


def best(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the least CPU time of several runs [s]; the first run compiles and does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def whole(batch: FrameBatch, cameras: int, metrics: tuple[str, ...]) -> float:
    """Return the CPU time of batches through the ordered stage, all kernels and rows [s]."""
    plan = Plan(cities.build(registry(cameras, metrics=metrics)), Thresholds(), 1, START, START + 86_400_000_000)
    pieces = [batch.pick(np.arange(at, min(at + PIECE, len(batch)))) for at in range(0, len(batch), PIECE)]

    def run() -> None:
        logic = ShardLogic(plan, None)
        for piece in pieces:
            logic.on_batch([(0, piece)])

    return best(run)


def costs(batch: FrameBatch, cameras: int) -> list[Cost]:
    """Return each part's CPU time and its share of their sum, dearest first."""
    town = cities.build(registry(cameras, metrics=METRIC_NAMES))
    limits, index = Thresholds(), intake.lookup(town)
    shard = Shard(town, limits)
    arrived = intake.arrays(batch, town, index)
    released = ordered.push(
        ordered.start(cameras), town, arrived, reorder_us=limits.reorder_us, lateness_us=limits.lateness_us, ending=True
    ).on_time
    assert released is not None
    seen = feet.placed(shard.feet, released.ordered)
    crossing = flow.follow(flow.start(town), town, seen, limits.flow)
    counts = crowd.count(town, seen)
    codes = np.zeros(len(seen.camera), np.uint8)
    bare, every = seen._replace(track=np.zeros_like(seen.track)), np.ones(cameras, np.bool_)
    parts: dict[str, Callable[[], object]] = {
        "intake: strings to codes": lambda: intake.arrays(batch, town, index),
        "ordered stage": lambda: ordered.push(
            ordered.start(cameras), town, arrived, reorder_us=limits.reorder_us, lateness_us=limits.lateness_us,
            ending=True,
        ),
        "feet: zones of all objects": lambda: feet.placed(shard.feet, released.ordered),
        "health": lambda: (
            health.step(health.start(cameras), town, released, limits.health),
            tally.measure(released, codes, _whose(shard, seen), is_late=False),
        ),
        "crowd": lambda: (
            crowd.measure(town, seen, crowd.count(town, seen)),
            crowd.levels(crowd.start(town), town, seen, counts, limits.crowd),
        ),
        "bodies: ids within physics": lambda: bodies.step(bodies.start(cameras), town, seen, limits.bodies),
        "tracker: ids for all objects": lambda: tracker.step(tracker.start(cameras), town, bare, every),
        "flow: crossings": lambda: flow.follow(flow.start(town), town, seen, limits.flow),
        "visits": lambda: visits.counts(town, crossing),
    }  # fmt: skip
    for name in kernels.EVERY:
        parts[name] = lambda name=name: _kernel(name, shard.plans[name], seen, crossing)
    seconds = {name: best(work) for name, work in parts.items()}
    total = sum(seconds.values())
    return sorted((Cost(name, took, took / total) for name, took in seconds.items()), key=lambda c: -c.seconds)


def _whose(shard: Shard, seen: Ordered) -> Whose:
    return streams.step(streams.start(len(shard.city.cameras)), shard.trackers, seen)[0]


def _kernel(name: str, plan: Any, seen: Ordered, crossing: Any) -> None:
    kernel = kernels.EVERY[name]
    also = (crossing,) if name == "racing" else ()
    kernel.step(kernel.start(plan), plan, seen, *also)
    if name in kernels.MEASURED:
        kernels.MEASURED[name].measure(plan, seen)


def table(cameras: int = 100, steps: int = 600) -> str:
    """Return the costs as text, and what all metrics cost beside the main job."""
    batch = frames(cameras, steps)
    found = costs(batch, cameras)
    lines = [f"{'part':<28}{'ns an object':>14}{'share':>8}"]
    objects = batch.objects.height
    lines += [f"{c.part:<28}{1e9 * c.seconds / objects:>14.1f}{c.share:>8.1%}" for c in found]
    main, every = whole(batch, cameras, MAIN), whole(batch, cameras, METRIC_NAMES)
    lines.append(
        f"main job {len(batch) / main:,.0f} frames a CPU second, all metrics {len(batch) / every:,.0f}: "
        f"{main / every:.2f} of the main job's"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    with pl.Config():
        print(table())
