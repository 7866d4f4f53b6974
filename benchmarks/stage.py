"""What the ordered stage costs: a backlog of late frames in CPU time, and a whole city in memory.

Memory is what the arrays of a shard's state hold, counted once each; the process's
own peak stands beside it, with the frames that the benchmark makes.
"""

from __future__ import annotations

import copy
import resource
import time
from typing import NamedTuple

import numpy as np

from benchmarks.load import START, frames, registry
from flows import dataflow, saving
from flows.dataflow import Plan, ShardLogic
from flows.states import holders
from flows.thresholds import Thresholds
from operators import city as cities
from operators.carrying import arrays
from operators.stage import identity, ordered, seen
from operators.stage.arrived import Arrived, nothing, sealed
from operators.stage.identity import Keys

FPS = 10
SECOND = 1_000_000
OFF_US = 4_000
"""How far frames are off their camera's clock, at most: what a detector's queue does to a good clock."""


class Memory(NamedTuple):
    """Megabytes of a city's shard."""

    cameras: int
    waiting_mb: float  # frames not released yet, with ten objects each
    others_mb: float  # kernels, minutes, names
    seen_mb: float  # frames within the lateness
    seen_frames: int
    seen_bytes: float  # a frame
    peak_mb: int
    copied_ms: int  # CPU time of a snapshot, before `seen` is full
    idle_kb: int  # a shard of a tenth as many cameras that saw nothing, as it is stored


def bare(camera: np.ndarray, t_us: np.ndarray, seq: np.ndarray) -> Arrived:
    """Return frames without objects."""
    count = len(camera)
    none = np.zeros(count + 1, np.int64)
    filled = {name: np.zeros(count, getattr(nothing(), name).dtype) for name in ("arrival_us", "width", "height")}
    filled |= {name: np.zeros(count, getattr(nothing(), name).dtype) for name in ("luma", "sharpness", "image")}
    columns = {"row": np.arange(count), "camera": camera, "t_us": t_us, "seq": seq, "first": none, "signal_first": none}
    return sealed(nothing()._replace(**columns, **filled))


def backlog(count: int = 200_000, cameras: int = 100) -> tuple[float, float]:
    """Return frames a CPU second of a push in which all are late, and of one in which all are late copies."""
    town = cities.build(registry(cameras))
    limits = {"reorder_us": 2 * SECOND, "lateness_us": 86_400 * SECOND}
    random, rates = np.random.default_rng(1), []
    for warm in (True, False):
        state = ordered.start(cameras)
        camera = np.arange(cameras, dtype=np.int32)
        ordered.push(state, town, bare(camera, np.full(cameras, START), np.zeros(cameras, np.int64)), **limits)
        size = 1_000 if warm else count
        late = bare(
            random.integers(0, cameras, size).astype(np.int32),
            START - 10 * SECOND - random.permutation(size) * 1_000,
            np.arange(size),
        )
        rates = []
        for part in ("late", "copies"):
            begun = time.process_time()
            pushed = ordered.push(state, town, late, **limits)
            rates.append(size / (time.process_time() - begun))
            found = pushed.copies.camera if part == "copies" else pushed.late.ordered.camera  # type: ignore[union-attr]
            assert len(found) == size
    return rates[0], rates[1]


def megabytes(thing: object) -> float:
    """Return the memory of a state's arrays, each counted once [MB]."""
    return sum({id(array.base): array.nbytes for array in arrays(thing) if array.base is not None}.values()) / 1e6 + (
        sum({id(array): array.nbytes for array in arrays(thing) if array.base is None}.values()) / 1e6
    )


def filled(cameras: int, seconds: int) -> seen.Seen:
    """Return what is remembered of a city once `seconds` have passed and as many again are on their way out."""
    memory, random = seen.Seen(), np.random.default_rng(1)
    camera = np.repeat(np.arange(cameras, dtype=np.int32), FPS)
    for second in range(seconds + seconds // 8):
        number = np.tile(np.arange(FPS * second, FPS * (second + 1)), cameras)
        t_us = START + number * (SECOND // FPS) + random.integers(-OFF_US, OFF_US, len(number))
        seen.remember(memory, _keys(camera, t_us, number), np.full(cameras, START + (second - seconds) * SECOND))
    return memory


def _keys(camera: np.ndarray, t_us: np.ndarray, number: np.ndarray) -> Keys:
    return identity.sealed(camera, t_us, number)


def memory(cameras: int, seconds: int = 8, lateness_s: int = 600) -> Memory:
    """Measure a shard that holds a whole city at 10 frames/s, ten objects a frame."""
    logic = ShardLogic(Plan(cities.build(registry(cameras)), Thresholds(), 1, START, START), None)
    for second in range(seconds):
        logic.on_batch([(0, frames(cameras, FPS, first_step=FPS * second))])
    assert logic.memory is not None
    state = logic.memory.state
    begun = time.process_time()
    copy.deepcopy(logic.memory)
    copied = time.process_time() - begun
    waits, whole = megabytes([state.order.waiting, state.order.incoming]), megabytes([*holders(state), state.names])
    others = whole - waits - megabytes(state.order.seen)
    memory = filled(cameras, lateness_s)
    state.order.seen = memory
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    idle = ShardLogic(Plan(cities.build(registry(cameras // 10)), Thresholds(), 1, START, START), None)
    idle.on_batch([(0, frames(1, 1).pick(np.arange(0)))])
    held, kept = megabytes(memory), seen.size(memory)
    return Memory(
        cameras, waits, others, held, kept, 1e6 * held / kept, peak // 1024, round(1e3 * copied),
        len(idle.snapshot()) // 1024,
    )  # fmt: skip


class Snapshot(NamedTuple):
    """What recovery costs of one shard."""

    cameras: int
    packed_ms: int  # CPU time
    packed_mb: float
    unpacked_ms: int  # CPU time


def snapshot(cameras: int = 400, seconds: int = 8, lateness_s: int = 600) -> Snapshot:
    """Measure a full shard: a fiftieth of a city at 10 frames/s, ten objects a frame, its lateness filled."""
    logic = ShardLogic(Plan(cities.build(registry(cameras)), Thresholds(), 1, START, START), None)
    for second in range(seconds):
        logic.on_batch([(0, frames(cameras, FPS, first_step=FPS * second))])
    assert logic.memory is not None
    logic.memory.state.order.seen = filled(cameras, lateness_s)
    begun = time.process_time()
    stored = logic.snapshot()
    between = time.process_time()
    saving.unpacked(stored, dataflow.Memory)
    ended = time.process_time()
    return Snapshot(cameras, round(1e3 * (between - begun)), len(stored) / 1e6, round(1e3 * (ended - between)))


def told(found: Memory) -> str:
    """Return the measurement as text."""
    alone = found.waiting_mb + found.others_mb
    return (
        f"memory of {found.cameras:,} cameras at {FPS} frames/s, ten objects a frame: {alone:,.0f} MB "
        f"({found.waiting_mb:,.0f} waiting frames, {found.others_mb:,.0f} kernels and minutes), "
        f"and {found.seen_mb:,.0f} MB for {found.seen_frames:,} frames seen ({found.seen_bytes:.2f} bytes each): "
        f"{alone + found.seen_mb:,.0f} MB; peak of the process {found.peak_mb:,} MB; "
        f"a snapshot copies in {found.copied_ms:,} ms; idle, a tenth as many cameras are stored in {found.idle_kb:,} KB"
    )


def taken(found: Snapshot) -> str:
    """Return the measurement as text."""
    return (
        f"snapshot of a full shard, {found.cameras:,} cameras: packed in {found.packed_ms:,} ms, "
        f"{found.packed_mb:,.1f} MB, read in {found.unpacked_ms:,} ms"
    )


if __name__ == "__main__":
    late, copies = backlog()
    print(f"backlog: {late:,.0f} late frames a CPU second, {copies:,.0f} late copies")
    print(taken(snapshot()))
    print(told(memory(20_000)))
