"""`tilik replay`: files through the live flow into the warehouse.

A replay does the whole again each time it is called. It is known by its input,
so a second call writes the same rows over the same keys, and other input's
minutes are refused before they are written over, unless `replace` is given.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from bytewax.testing import cluster_main, run_main

from connectors import calendar as calendars
from connectors import files
from connectors import registry as registries
from connectors import warehouse as warehouses
from connectors.formats import Chunk, MergedReader, ReadOptions
from flows import provisional, trends
from flows.dataflow import ChunkSource, Dead, Plan, Totals, build
from flows.shard import Block
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.errors import ConflictError, TilikError, UsageError
from schemas.registry import Registry

PIECE = 1 << 20
RATE_TOLERANCE = 0.2
"""A measured frame rate further than this share from the registry's is warned of."""
SAMPLED_CHUNKS = 20


@dataclass(frozen=True)
class ReplayOptions:
    """What `tilik replay` was asked for; times in microseconds UTC or seconds as named."""

    paths: tuple[str, ...]
    format: str
    warehouse: str
    registry: str | None = None
    calendar: str | None = None
    camera: str | None = None
    fps: float | None = None
    start_us: int | None = None
    size: tuple[int, int] | None = None
    class_map: dict[str, str] = field(default_factory=dict)
    replace: bool = False
    workers: int = 1
    tracker: str | None = None
    reorder_s: float = 2.0
    lateness_s: float = 600.0


@dataclass(frozen=True)
class ReplaySummary:
    """Records in = frames + duplicates + dead letters; late frames are among frames."""

    frames: int
    objects: int
    rows: int
    dead_letters: int
    late: int
    duplicates: int
    seconds: float
    incidents: int = 0
    rejected_objects: int = 0
    warnings: tuple[str, ...] = ()


Progress = Callable[[int, int], None]
"""Called with (bytes read so far, total bytes on disk)."""


def fingerprint(paths: list[Path], options: ReplayOptions) -> int:
    """Return a 64-bit identity of the input: its bytes and what the options say of them."""
    digest = hashlib.blake2b(digest_size=8)
    for path in paths:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
    given = (options.format, options.camera, options.fps, options.start_us, options.size, options.class_map)
    digest.update(msgspec.json.encode(given, order="deterministic"))
    return int.from_bytes(digest.digest(), "big")


def replay(options: ReplayOptions, progress: Progress | None = None, now_us: int | None = None) -> ReplaySummary:
    """Play files through the live flow; returns when the last row is acknowledged."""
    now = time.time_ns() // 1000 if now_us is None else now_us
    paths = files.find(options.paths, options.format)
    read = ReadOptions(
        now_us=now,
        camera=options.camera,
        fps=options.fps,
        start_us=options.start_us,
        size=options.size,
        class_map=options.class_map,
    )
    registry, warnings = _registry(options, paths, read)
    days = calendars.days(options.calendar, now)
    with warehouses.connect(options.warehouse) as warehouse:
        warehouse.migrate()
        warehouse.store_registry(registry, registries.load_areas())
        warehouse.store_calendar(days)
        run = warehouse.begin_run(
            fingerprint(paths, options),
            "replay",
            [str(path) for path in paths],
            any(camera.simulated for camera in registry.camera),
            options.replace,
        )
        started = time.monotonic()
        reader = MergedReader(paths, options.format, read)
        plan = Plan(
            city=cities.build(registry),
            thresholds=Thresholds(
                reorder_us=round(options.reorder_s * 1e6), lateness_us=round(options.lateness_s * 1e6)
            ),
            shards=options.workers,
            since_us=now if reader.first_us is None else reader.first_us,  # without a frame, nothing is stated
            now_us=now,
        )
        watch = _Watch(plan.totals, progress, sum(path.stat().st_size for path in paths))
        plan.on_chunk = watch.chunk
        writer = _Writer(warehouse, run, plan.totals, options.replace)
        _run(build(plan, ChunkSource(lambda: iter(reader), plan), writer), options.workers)
        warehouse.sweep(run)
        warehouse.roll()
        trends.update(warehouse)
        seconds = time.monotonic() - started
        warnings += watch.rates(registry)
        summary = _summary(plan.totals, seconds, tuple(warnings))
        warehouse.finish_run(run, msgspec.json.encode(summary).decode())
    return summary


def _registry(options: ReplayOptions, paths: list[Path], read: ReadOptions) -> tuple[Registry, list[str]]:
    if options.registry is None:
        registry = provisional.register(
            MergedReader(paths, options.format, read), options.fps, options.size, options.tracker
        )
        said = [f"no --registry: {len(registry.camera)} cameras registered provisionally in area 00, one zone each"]
        return registry, said if registry.camera else []
    registry = registries.load(options.registry)
    if not registry.camera:
        raise UsageError(f"{options.registry}: expected cameras, came none: add them, or leave --registry out")
    if options.tracker is not None:
        if options.tracker not in ("none", "iou"):
            raise UsageError(f"--tracker {options.tracker}: expected none or iou")
        camera = tuple(msgspec.structs.replace(c, tracker=options.tracker) for c in registry.camera)
        registry = msgspec.structs.replace(registry, camera=camera)
    return registry, []


def _run(flow: Any, workers: int) -> None:
    """Run to the end of input; our own errors come out as they are."""
    try:
        if workers == 1:
            run_main(flow)
        else:
            cluster_main(flow, [], 0, worker_count_per_proc=workers)
    except BaseException as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, TilikError | KeyboardInterrupt):
            cause = cause.__cause__ or cause.__context__
        if cause is None or cause is error:
            raise
        raise cause from None


class _Watch:
    """Progress, and the measured frame rates of the first chunks."""

    def __init__(self, totals: Totals, progress: Progress | None, size: int) -> None:
        self.totals, self.progress, self.size = totals, progress, size
        self.sampled, self.chunks, self.read = provisional.Sampled(), 0, 0

    def chunk(self, chunk: Chunk) -> None:
        self.chunks += 1
        self.read += chunk.bytes_read
        if self.chunks <= SAMPLED_CHUNKS:
            self.sampled.add(chunk)
        if self.progress is not None:
            self.progress(self.read, self.size)

    def rates(self, registry: Registry) -> list[str]:
        """Return a warning a camera whose frames come at another rate than registered."""
        out = []
        for camera in registry.camera:
            seen, said = self.sampled.fps(camera.id), camera.event_fps or camera.fps
            if seen is not None and abs(seen / said - 1) > RATE_TOLERANCE:
                out.append(f"camera {camera.id}: {seen:.3g} frames/s measured, the registry says {said:g}: set fps")
        return out


class _Writer:
    """Writes blocks of one run; refuses minutes that other input stored."""

    def __init__(self, warehouse: Any, run: Any, totals: Totals, replace: bool) -> None:
        self.warehouse, self.run, self.totals, self.replace = warehouse, run, totals, replace
        self.lock = threading.Lock()

    def __call__(self, item: Block | Dead) -> None:
        with self.lock:
            if isinstance(item, Dead):
                self.warehouse.insert("dead_letters_log", item.rows.with_columns(run=pl.lit(self.run.run, pl.UInt32)))
                self.totals.add(dead_letters=int(item.rows["count"].sum()))
            else:
                self._rows(item)

    def _rows(self, block: Block) -> None:
        if block.table == "health_minute_log" and not self.replace:
            self._refuse_conflicts(block.rows)
        known = block.rows if block.table == "incidents_log" else self._without_absence(block.rows)
        rows = known.with_columns(
            run=pl.lit(self.run.run, pl.UInt32),
            rev=pl.col("rev") + self.run.generation * 65536,
            deleted=pl.lit(0, pl.UInt8),
        )
        self.warehouse.insert(block.table, rows)
        if block.table == "incidents_log":
            self.totals.add(incidents=rows["incident_id"].n_unique())
        else:
            self.totals.add(rows=rows.height)

    def _without_absence(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Leave out silent windows that other input watched: absence never writes over knowledge."""
        silent = rows.filter(pl.col("frames") == 0).select("camera_id", "ts").unique()
        if not silent.height:
            return rows
        watched = self.warehouse.watched_by_others(self.run, silent).select("camera_id", "ts")
        both = rows.join(watched, on=["camera_id", "ts"], how="semi").filter(pl.col("frames") == 0)
        return (
            rows
            if not both.height
            else rows.join(both.select("camera_id", "ts").unique(), on=["camera_id", "ts"], how="anti")
        )

    def _refuse_conflicts(self, rows: pl.DataFrame) -> None:
        watched = rows.filter(pl.col("frames") > 0).select("camera_id", "ts")
        found = self.warehouse.conflicts(self.run, watched) if watched.height else None
        if found:
            raise ConflictError(f"{found}; nothing was written over: use --replace to replace those minutes")


def _summary(totals: Totals, seconds: float, warnings: tuple[str, ...]) -> ReplaySummary:
    return ReplaySummary(
        frames=totals.frames,
        objects=totals.objects,
        rows=totals.rows,
        dead_letters=totals.dead_letters,
        late=totals.late,
        duplicates=totals.duplicates,
        seconds=round(seconds, 3),
        incidents=totals.incidents,
        rejected_objects=totals.rejected_objects,
        warnings=warnings,
    )
