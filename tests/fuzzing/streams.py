"""The law over streams: records of a spool, broken in every way, read as `tilik run` reads them.

Of every record that is a frame, or brings some, something is told: of whole ones each of their frames once, of broken
ones at least one letter or frame. Nobody but a broken record is told as unreadable. What readers gave the flow is
in its summary: frames + duplicates + dead letters. All that over a stop in the middle and another size of polls.
The spool's own files may be broken too: what is lost then is a letter that counts.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from bytewax.dataflow import Dataflow
from bytewax.inputs import StatefulSourcePartition
from bytewax.testing import run_main

from connectors.formats import Chunk, ReadOptions, opendatacam_lines
from connectors.records import Records
from connectors.spool import Bounds, Origin, Spool, SpoolTail, SpoolWriter, make
from flows import recovery
from flows.dataflow import Item, Plan, build
from flows.live.feed import At, Feed, FeedSource
from flows.live.telling import Told
from flows.refusals import no_secrets
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.registry import Camera, Registry, Zone
from tests.fuzzing import columns, law, lines
from tests.fuzzing.law import NOW_US, Outcome
from tests.fuzzing.lines import CAMERAS, START_US, STEP_US, Rng

FRAMES: Final = tuple(kind for kind in lines.WRITERS if kind not in ("mot", "deepstream", "onvif", "frigate"))
"""Formats whose records are a frame each."""
PARTS: Final = ("deepstream", "onvif", "frigate")
"""Formats whose records are no frames: objects that make one together, events that make none or many."""
MIXED: Final = {"frames": (*FRAMES, "arrow"), "all": (*FRAMES, *PARTS, "arrow"), "spool": FRAMES}
"""Streams of several formats; of `spool` its own files were changed."""
KINDS: Final = (*FRAMES, *PARTS, "arrow", *MIXED)
UNREADABLE: Final = frozenset({
    "not_json", "not_protobuf", "bad_type", "bad_box", "boxes_refused", "bad_time", "before_2000", "too_large",
    "bad_file",
})  # fmt: skip
"""What is told of a record for what it is, whatever came before it."""
WHOLE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ROWS: Final = 20
"""Frames that a record of Arrow has at most."""
HEAD: Final = 64
"""Bytes of a segment that are left as they are: a file that is no segment ends a run."""


class Case(NamedTuple):
    """A folder with a spool, and what that holds."""

    path: Path
    spool: Spool
    frames: dict[int, int]
    """By position how many frames a whole record holds, of formats that say so."""
    broken: dict[int, int]
    """By position how many letters or frames there are at least of a record that something happened to."""
    written: int
    sizes: tuple[int, int]
    """Records that a poll has at most before and after the stop."""
    stop: int
    """The first run is stopped once it has read so many records."""


class _Record(NamedTuple):
    value: bytes
    frames: int | None
    is_broken: bool


def case(folder: Path, kind: str, seed: int, messages: int) -> Case:
    """Write the spool of a kind and a seed."""
    rng = np.random.default_rng([seed, 1_000 + KINDS.index(kind)])
    messages //= ROWS if kind == "arrow" else 1
    share = float(rng.choice([0.0, 0.02, 0.3, 1.0]))
    kinds = [MIXED.get(kind, (kind,))[at] for at in rng.integers(0, len(MIXED.get(kind, (kind,))), messages)]
    made = [_record(rng, of, number, is_broken=bool(rng.random() < share)) for number, of in enumerate(kinds)]
    path = folder / f"stream-{kind}-{seed}"
    spool = make(path / "spool", 1)
    _write(rng, spool, [record.value for record in made], [Origin(of) for of in kinds])
    if kind == "spool":
        _hurt(rng, spool)
    behind = int("frigate" in kinds)  # what Frigate's tracks were at the end of the input is told of no record: at 0
    whole = {at: one.frames for at, one in enumerate(made) if not one.is_broken and one.frames is not None}
    least = {at: _least(kinds[at], one.value) for at, one in enumerate(made) if one.is_broken}
    sizes = int(rng.integers(1, 100)), int(rng.integers(100, 8_192))
    frames = {at: many for at, many in whole.items() if at >= behind}
    return Case(path, spool, frames, least, messages, sizes, int(rng.integers(0, messages)))


def _record(rng: Rng, kind: str, number: int, *, is_broken: bool) -> _Record:
    if kind == "arrow":
        rows = int(rng.integers(1, ROWS + 1))
        raw = columns.packed(rng, columns.table(rng, number, rows, is_strange=is_broken), "stream")
        return _Record(columns.bytes_changed(rng, raw) if is_broken and rng.random() < 0.5 else raw, rows, is_broken)
    line = lines.WRITERS[kind](rng, number)
    breaks = lines.message_broken if kind == "nvschema-protobuf" else lines.broken
    return _Record(breaks(rng, line) if is_broken else line, None if kind in PARTS else 1, is_broken)


def _least(kind: str, value: bytes) -> int:
    """Return how many letters or frames there are at least of a broken record."""
    is_passed_over = kind == "opendatacam" and value and not opendatacam_lines.is_frame(value)
    return int(kind in FRAMES and not is_passed_over)


def _write(rng: Rng, spool: Spool, values: list[bytes], origins: list[Origin]) -> None:
    """Write records in batches of any size, each of which comes when its first frame was seen."""
    came_us = [START_US]
    writer = SpoolWriter(spool, 0, Bounds(segment_bytes=1 << 18), lambda: came_us[0])
    at = 0
    while at < len(values):
        some = slice(at, at + int(rng.integers(1, 500)))
        came_us[0] = START_US + at * STEP_US + 1_000_000
        at = writer.append(values[some], origins[some]) + len(values[some])
    writer.close()


def _hurt(rng: Rng, spool: Spool) -> None:
    """Change some bits of segments, cut one off, take one away."""
    segments = sorted(spool.partition(0).glob("*.seg"))
    for path in segments:
        raw, chance = bytearray(path.read_bytes()), rng.random()
        if chance < 0.1 and path != segments[0]:  # a reader begins with the first that is there
            path.unlink()
        elif chance < 0.3 and len(raw) > HEAD:
            path.write_bytes(raw[: int(rng.integers(HEAD, len(raw)))])
        elif chance < 0.8 and len(raw) > HEAD:
            for at in rng.integers(HEAD, len(raw), int(rng.integers(1, 5))):
                raw[at] ^= 1 << int(rng.integers(0, 8))
            path.write_bytes(raw)


@dataclass
class _Seen:
    """What readers gave, and what became of it."""

    at: Counter[int] = field(default_factory=Counter)  # frames and letters by position
    unreadable: set[int] = field(default_factory=set)  # positions of letters for what a record is
    lost: set[int] = field(default_factory=set)
    given: int = 0
    last_us: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, chunk: Chunk) -> None:
        """Count a chunk's frames and letters."""
        stand = chunk.batch.frames["position"].to_numpy()[~chunk.batch.unseen]
        self.at.update(stand.tolist())
        self.given += len(stand) + int(chunk.dead["count"].sum())
        for position, reason, count in chunk.dead.select("position", "reason", "count").iter_rows():
            if reason == "lost":
                self.lost.update(range(position, position + count))
            else:
                self.at[position] += count
            if reason in UNREADABLE:
                self.unreadable.add(position)


class _Watched(FeedSource):
    """The source of a run, whose items somebody looks at."""

    def __init__(self, feed: Feed, seen: _Seen) -> None:
        super().__init__(feed)
        self.seen = seen

    def build_part(
        self, step_id: str, for_part: str, resume_state: At | None
    ) -> StatefulSourcePartition[Item, At | None]:
        part, seen = super().build_part(step_id, for_part, resume_state), self.seen
        following = part.next_batch

        def next_batch() -> Iterable[Item]:
            items = list(following())
            for item in items:
                if isinstance(item, Chunk):
                    seen.take(item)
            return items

        part.next_batch = next_batch  # type: ignore[method-assign]
        return part


class _Slowly(SpoolTail):
    """Gives few records at a time, and asks its feed to stop when it has given enough."""

    most, stop, feed = 8_192, 1 << 62, None

    def poll(self, most: int, most_bytes: int) -> Records:
        found = super().poll(min(most, self.most), most_bytes)
        if self.position >= self.stop and self.feed is not None:
            self.feed.stopping = True
        return found


def _registry() -> Registry:
    zones = (Zone("semua", "crowd", WHOLE),)
    names = [f"c{number}" for number in range(CAMERAS)]
    return Registry(camera=tuple(Camera(name, "00", 10.0, zone=zones, metrics=("crowd",)) for name in names))


REGISTRY: Final = _registry()
CITY: Final = cities.build(REGISTRY)


def held(one: Case) -> Outcome:
    """Run a stream to its end, stopped once in between, and check the law."""
    seen = _Seen()
    with recovery.opened(one.path / "state") as config:
        for size, stop in zip(one.sizes, (one.stop, one.written + 1), strict=True):
            run_main(_flow(one, seen, size, stop), recovery_config=config)
    found = Outcome(0, *(seen.counts.get(name, 0) for name in ("frames", "duplicates", "dead_letters")))
    told = found.frames + found.duplicates + found.dead
    assert told == seen.given, f"{one.path}: readers gave {seen.given}, the run says {found}"
    read = [at for at in range(one.written) if at not in seen.lost]
    other = [at for at in read if at in one.frames and seen.at[at] != one.frames[at]]
    silent = [at for at in read if at in one.broken and seen.at[at] < one.broken[at]]
    blamed = sorted(seen.unreadable - one.broken.keys())
    assert not other, f"{one.path}: of whole records {other[:9]} is told {[seen.at[at] for at in other[:9]]}"
    assert not silent, f"{one.path}: of broken records {silent[:9]} too little is told"
    assert not blamed, f"{one.path}: whole records {blamed[:9]} are told as unreadable"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert peak < law.MOST_BYTES, f"{one.path}: {peak >> 20} MB"
    return found


def _flow(one: Case, seen: _Seen, size: int, stop: int) -> Dataflow:
    """Return the flow of a shard as a live run has it, whose rows nobody stores."""
    options = ReadOptions(0, camera="c0", size=(100, 100))

    def opened(at: int | None) -> SpoolTail:
        tail = _Slowly(one.spool, 0, "run", at)
        tail.most, tail.stop, tail.feed = size, stop, feed
        return tail

    feed = Feed(
        0, {"spool": opened}, "native", options, lambda: seen.last_us, Told(0), until_end=True, clock=lambda: NOW_US
    )
    plan = Plan(
        CITY, Thresholds(), 1, since_us=START_US, now_us=NOW_US, only=0,
        ended=lambda _, last_us: setattr(seen, "last_us", last_us),
        finished=lambda _, counts: setattr(seen, "counts", counts),
        names=no_secrets(REGISTRY, options),
    )  # fmt: skip
    return build(plan, _Watched(feed, seen), lambda made: None)
