"""The live flow in Bytewax: source -> admit -> shards -> warehouse.

Items are column batches. One stateful key a shard carries everything that
remembers; its snapshot is what recovery stores. Files drive it here; a broker's
partitions drive the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import bytewax.operators as op
import numpy as np
import polars as pl
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, Source, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, Sink, StatelessSinkPartition
from numpy.typing import NDArray

from connectors.archive.commits import Lost
from connectors.formats import NOBODY, Chunk, Names, without_names
from flows import leaving, left_open, lost, saving
from flows import shard as shards
from flows.leaving import Waiting
from flows.left_open import LeftOpen
from flows.nights import Nightly
from flows.recording import Coded, Recording, coded
from flows.refusals import refused
from flows.shard import Block, Shard, State, shard_of
from flows.thresholds import Thresholds
from flows.ticks import Ticks
from flows.totals import Totals
from operators import city as cities
from operators.city import City
from operators.stage import clocks, intake, ordered
from schemas.errors import StateError
from schemas.frames import FrameBatch

DOUBTED = ("clock_jump", "too_late")
"""What becomes of frames that are not believed, or no longer."""

ROWS_A_BLOCK = 20_000
"""Rows a shard gathers before it hands them to the warehouse."""
RESTATED_US = 10_000_000
"""How long rows that late frames restate may gather beside a stream; new ones go with the next tick. Ours."""


DECIDED = "decided"
"""Name of the count of frames that have left the ordered stage."""


class End(NamedTuple):
    """The recording is over; its last frame was at `last_us`."""

    last_us: int


class Closing(NamedTuple):
    """All that there is has been sent: a shard says with which frame its recording ends, before it is told so."""


class Tick(NamedTuple):
    """Time has come to `now_us`, and nothing that was sent before is still queued."""

    now_us: int


class Gone(NamedTuple):
    """Records of a partition went before they were read; what comes next came after them."""


class Dead(NamedTuple):
    """Dead letters on their way to the warehouse; those that count 0 times are none."""

    rows: pl.DataFrame


class Again(NamedTuple):
    """A partition is read from a position on, maybe not for the first time: its letters from there on are said anew."""

    source: str
    position: int


@dataclass
class Plan:
    """What the steps of one run share."""

    city: City
    thresholds: Thresholds
    shards: int
    since_us: int
    now_us: int
    only: int | None = None
    """The one shard of this flow, where each has a flow of its own."""
    begins: Callable[[FrameBatch | None], int | None] | None = None
    """Says when a recording begins whose first frames nobody has seen before; None while that is open."""
    ended: Callable[[int, int], None] = lambda shard, last_us: None
    """Is told with which frame a shard's recording ends [us]; -1 where it has none."""
    finished: Callable[[int, dict[str, int]], None] = lambda shard, counts: None
    """Is told what a shard did in all, restarts included, once its recording is over."""
    counts: dict[str, int] = field(default_factory=dict)
    """What the one shard did so far, restarts included."""
    beat: Callable[[], None] = lambda: None
    """Is told of every item that a shard takes: it goes on."""
    kept: Callable[[Memory, int], None] = lambda memory, size: None
    """Is told what a shard remembers whenever that is stored, and its size [B]."""
    totals: Totals = field(default_factory=Totals)
    on_chunk: Callable[[Chunk], None] = lambda chunk: None
    on_release: Callable[[FrameBatch], None] | None = None  # whole frames as they are decided, see `flows.leaving`
    on_last: Callable[[FrameBatch], None] = lambda frames: None
    """As `on_release`, of those that a stream's end decides: a stream that goes on decides of them anew."""
    on_snapshot: Callable[[int], None] = lambda decided: None
    """Is told how many frames the one shard has decided of, before what it remembers is stored."""
    on_resume: Callable[[int], None] = lambda decided: None
    """Is told of how many it had when that was stored with which it goes on."""
    left_open: pl.DataFrame = field(default_factory=left_open.nothing)
    """What the warehouse has open of the one shard, see `flows.left_open`."""
    names: Names = NOBODY  # texts that are no secrets: others are hashed wherever frames are kept
    last_us: int | None = None
    """With which frame the recording of files ended, once it has."""
    on_lost: Callable[[list[Lost]], None] = lambda lost: None
    """Is told of losses that are over, and of those that are not at the end."""
    nightly: Nightly | None = None
    """Is told what shards remember of cameras that cross a local midnight."""

    def __post_init__(self) -> None:
        self.index = intake.lookup(self.city)
        self.shard_of = shard_of(self.city, self.shards)


Item = Chunk | Coded | Tick | Closing | End | Again | Gone
"""What a source gives."""

Sent = FrameBatch | Dead | Tick | Closing | End | Again | Gone
"""What a shard takes."""

Made = Block | Dead | Again
"""What the warehouse takes."""


class _Chunks(StatefulSourcePartition[Item, int]):
    """Chunks of a reader, then the end of input."""

    def __init__(self, chunks: Iterator[Chunk], plan: Plan) -> None:
        self.chunks, self.plan = chunks, plan
        self.recording = Recording(plan.city, plan.thresholds, plan.since_us)
        self.ended = self.has_frames = False

    def next_batch(self) -> list[Item]:
        if self.ended:
            raise StopIteration
        chunk = next(self.chunks, None)
        if chunk is None:
            self.ended = True
            if not self.has_frames:
                return []  # nothing readable: nothing was expected
            self.plan.last_us = self.recording.ended()
            return [End(self.plan.last_us)]
        self.has_frames = self.has_frames or len(chunk.batch) > 0
        self.plan.on_chunk(chunk)
        return [self.recording.take(chunk)]

    def snapshot(self) -> int:
        return self.recording.last_us


class ChunkSource(FixedPartitionedSource[Item, int]):
    """One partition: the merged reader of all input files."""

    def __init__(self, chunks: Callable[[], Iterator[Chunk]], plan: Plan) -> None:
        self.chunks, self.plan = chunks, plan

    def list_parts(self) -> list[str]:
        """Return the one partition's name."""
        return ["files"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Chunks:
        """Open the reader from its start: a replay does the whole again."""
        return _Chunks(self.chunks(), self.plan)


def admit(item: Item, plan: Plan) -> list[tuple[str, tuple[int, Sent]]]:
    """Split a chunk by shard; unknown cameras and unreadable records become dead letters."""
    if isinstance(item, Tick | Closing | End | Again | Gone):
        return [(str(shard), (shard, item)) for shard in (range(plan.shards) if plan.only is None else (plan.only,))]
    chunk, codes = item if isinstance(item, Coded) else coded(item, plan.city, plan.index)
    batch = chunk.batch
    dead = [chunk.dead] if chunk.dead.height else []
    for code, reason in ((intake.UNKNOWN, "unknown_camera"), (intake.NOT_VALID, "not_valid")):
        rows = np.flatnonzero(codes == code)
        if len(rows):
            dead.append(refused(batch, rows, reason, plan.now_us, plan.names))
    if (codes == intake.UNKNOWN).any():
        plan.totals.meet(batch.frames["camera"].filter(pl.Series((codes == intake.UNKNOWN) & ~batch.unseen)))
    target = np.where(codes >= 0, plan.shard_of[codes], -1)
    if plan.only is not None and len(strays := np.flatnonzero((target >= 0) & (target != plan.only))):
        dead.append(refused(batch, strays, "wrong_partition", plan.now_us, plan.names))
        target[strays] = -1
    plan.totals.add(rejected_objects=chunk.rejected_objects)
    out: list[tuple[int, Sent]] = [(plan.only or 0, Dead(rows)) for rows in dead if rows.height]
    out += [(s, batch.pick(np.flatnonzero(target == s))) for s in np.unique(target[target >= 0]).tolist()]
    return [(str(shard), (shard, item)) for shard, item in out]


@dataclass
class Memory:
    """What recovery stores of a shard: its state, and rows not yet handed over."""

    shard: int
    shards: int
    state: State
    held: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    count: int = 0
    came: int = 0  # frames so far: the number of the next
    counts: dict[str, int] = field(default_factory=dict)  # what it did, as `flows.totals` names it
    waiting: Waiting = field(default_factory=Waiting)
    doubted: Waiting = field(default_factory=Waiting)  # frames that are not believed yet: they may be dead letters


class ShardLogic(StatefulBatchLogic[tuple[int, Sent], Made, bytes]):
    """Hands a shard its batches; keeps rows until a block is full.

    Logic builders do not receive their key, so each item carries its shard.
    """

    def __init__(self, plan: Plan, stored: bytes | None) -> None:
        self.plan = plan
        self.memory = saving.unpacked(stored, Memory) if stored else None
        self.counts = plan.counts if plan.only is not None else {}
        if self.memory is not None:
            self.counts.update(self.memory.counts)
            self.memory.counts = self.counts
        plan.on_resume(0 if self.memory is None else self.memory.counts.get(DECIDED, 0))
        self.shard = None if self.memory is None else self._resumed(self.memory)
        self.unsaid: list[Made] = [] if self.memory is None else self._doubted(self.memory)
        self.ticks = None if self.shard is None else Ticks(self.shard)
        self.left_open = LeftOpen(plan.left_open)
        self.has_news, self.handed_us = False, 0

    def _wired(self, shard: int) -> Shard:
        city = cities.subset(self.plan.city, self.plan.shard_of == shard)
        made = Shard(city, self.plan.thresholds)
        made.nightly = self.plan.nightly
        return made

    def _resumed(self, memory: Memory) -> Shard:
        """Return the shard of a memory, whose state is fitted to the cameras of now."""
        if memory.shards != self.plan.shards:
            raise StateError(
                f"expected {memory.shards} shards, as the state was kept, came {self.plan.shards}: "
                "start with as many, or with a new state"
            )
        shard = self._wired(memory.shard)
        memory.state = shard.resume(memory.state)
        memory.state.said.incidents[:] = True  # what a clock said last, or an end, this state may not know
        is_asked = self.plan.on_release is not None
        doubted = clocks.held(memory.state.clocks)
        held = np.concatenate([ordered.held(memory.state.order), doubted])
        memory.waiting = leaving.resumed(memory.waiting, held) if is_asked else Waiting()
        memory.doubted = leaving.resumed(memory.doubted, doubted)
        return shard

    def _doubted(self, memory: Memory) -> list[Made]:
        """Return frames that are not believed yet as no letters: an end may have said that they are."""
        frames = leaving.all_of(memory.doubted)
        rows, plan = np.arange(len(frames)), self.plan
        said = [refused(frames, rows, reason, plan.now_us, plan.names) for reason in DOUBTED] if len(rows) else []
        return [Dead(each.with_columns(count=pl.lit(0, pl.UInt32))) for each in said]

    def on_batch(self, values: list[tuple[int, Sent]]) -> tuple[list[Made], bool]:
        """Take items in order."""
        out, self.unsaid = self.unsaid, []
        for number, item in values:
            self.plan.beat()
            first, before = len(out), dict(self.counts)
            if self.memory is None and (since_us := self._begins(item)) is not None:
                self.shard = self._wired(number)
                self.ticks = Ticks(self.shard)
                self.memory = Memory(number, self.plan.shards, self.shard.start(since_us), counts=self.counts)
            if self.memory is not None and self.shard is not None:
                out += self._take(self.shard, self.memory, item)
            elif isinstance(item, Closing):
                self.plan.ended(number, -1)
            elif isinstance(item, Dead | Again):
                out.append(item)
            self.left_open.heard(out[first:])
            if self.memory is not None and isinstance(item, Tick | End):
                out += self.left_open.over(self.memory.state.told)
            self._made(out[first:])
            if isinstance(item, End):
                self.plan.finished(number, dict(self.counts))
                if self.memory is not None:
                    self.memory.counts = before  # as the state has it that is kept, which goes on from before the end
        return out, False

    def _begins(self, item: Sent) -> int | None:
        """Return when the recording begins; None while nobody knows, and nothing can be stated."""
        if self.plan.begins is None:
            return self.plan.since_us
        return self.plan.begins(item if isinstance(item, FrameBatch) else None)

    def _take(self, shard: Shard, memory: Memory, item: Sent) -> list[Made]:
        if isinstance(item, Dead | Again):
            return [item]
        if isinstance(item, Closing):
            self.plan.ended(memory.shard, shard.last_us(memory.state))
            return []
        if isinstance(item, Gone):
            shard.lose(memory.state)
            return []
        if isinstance(item, Tick):
            return self._looked_after(memory, lambda: self._tick(memory, item))
        if isinstance(item, End):
            return self._end(shard, memory, item)
        return self._looked_after(memory, lambda: self._frames(shard, memory, item))

    def _looked_after(self, memory: Memory, take: Callable[[], list[Made]]) -> list[Made]:
        """Take something, and say of which loss it is the end."""
        losing = lost.losing(memory.state)
        made = take()
        if losing is not None and self.shard is not None and (over := lost.over(self.shard, memory.state, losing)):
            self.plan.on_lost(over)
        return made

    def _frames(self, shard: Shard, memory: Memory, item: FrameBatch) -> list[Made]:
        frames = intake.arrays(item, shard.city, shard.index, memory.came)
        if (heard := intake.strange(item, frames, shard.index)) is not None:
            self.plan.totals.hear(heard)
        if self.plan.on_release is not None:
            leaving.come(memory.waiting, without_names(item, self.plan.names), memory.came)
        pushed = shard.push(memory.state, frames, item.objects["track"])
        self._hold(memory, pushed)
        return [*(_blocks(memory) if memory.count >= ROWS_A_BLOCK else []), *self._dead(memory, pushed.totals, item)]

    def _end(self, shard: Shard, memory: Memory, item: End) -> list[Made]:
        """Close everything. A stream may go on some day: its shard remembers what it did before."""
        if self.plan.only is None:
            pushed = shard.end(memory.state, item.last_us)
            self._hold(memory, pushed)
            return [*_blocks(memory), *self._dead(memory, pushed.totals)]
        held, memory = _blocks(memory), deepcopy(memory)
        losing = lost.losing(memory.state)
        pushed = shard.end(memory.state, item.last_us)
        self._hold(memory, pushed, is_last=True)
        if losing is not None:
            self.plan.on_lost(lost.unending(shard, memory.state))
        closed: list[Made] = [_until_more(block) for block in _blocks(memory)]
        return [*held, *closed, *self._dead(memory, pushed.totals)]

    def _dead(self, memory: Memory, totals: shards.Totals, batch: FrameBatch | None = None) -> list[Made]:
        """Return frames that are refused as dead letters; keep of a batch what is not believed yet."""
        doubted = clocks.held(memory.state.clocks)
        if batch is not None:
            now = np.flatnonzero(np.isin(np.arange(memory.came, memory.came + len(batch)), _told(totals, doubted)))
            if len(now):
                leaving.wait(memory.doubted, without_names(batch.pick(now), self.plan.names), memory.came + now)
            memory.came += len(batch)
        out: list[Made] = []
        for reason, rows in zip(DOUBTED, (totals.jumped, totals.too_late), strict=True):
            if len(rows):
                frames, plan = leaving.taken(memory.doubted, rows), self.plan
                out.append(Dead(refused(frames, np.arange(len(frames)), reason, plan.now_us, plan.names)))
        leaving.let_go(memory.doubted, doubted)
        return [each for each in out if not isinstance(each, Dead) or each.rows.height]

    def _tick(self, memory: Memory, item: Tick) -> list[Made]:
        """Hand over what is new, then what clocks say: rows go by time, not only by count."""
        assert self.ticks is not None
        pushed, said = self.ticks.tick(memory.state, item.now_us)
        self._hold(memory, pushed)
        if not (said or self.has_news or abs(item.now_us - self.handed_us) >= RESTATED_US):
            return []
        self.has_news, self.handed_us = False, item.now_us
        return [*_blocks(memory), *said]

    def _hold(self, memory: Memory, pushed: shards.Pushed, *, is_last: bool = False) -> None:
        totals = pushed.totals
        counts = {name: getattr(totals, name) for name in ("frames", "objects", "duplicates", "late")}
        counts["rows"] = sum(block.new for block in pushed.blocks)
        self.plan.totals.add(**counts)
        self._count(**counts, **{DECIDED: len(pushed.left.row)})
        if self.plan.on_release is not None and len(pushed.left.row):
            frames = leaving.leave(memory.waiting, pushed.left)
            (self.plan.on_last if is_last else self.plan.on_release)(frames)
        for block in pushed.blocks:
            self.has_news = self.has_news or block.new > 0 or block.table == "incidents_log"
            memory.held.setdefault(block.table, []).append(block.rows)
            memory.count += block.rows.height

    def _made(self, items: list[Made]) -> None:
        """Count what goes to the warehouse."""
        for item in items:
            if isinstance(item, Dead):
                self._count(dead_letters=int(item.rows["count"].sum()))

    def _count(self, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def snapshot(self) -> bytes:
        """Return what the shard remembers, as it is stored; nothing where it has not begun."""
        if self.memory is None:
            return b""
        self.plan.on_snapshot(self.memory.counts.get(DECIDED, 0))
        packed = saving.packed(self.memory)
        self.plan.kept(self.memory, len(packed))
        return packed


def _told(totals: shards.Totals, doubted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of frames that are refused, or may be."""
    return np.concatenate([totals.jumped, totals.too_late, doubted])


def _blocks(memory: Memory) -> list[Block]:
    """Return the blocks of rows that a shard held."""
    held, memory.held, memory.count = memory.held, {}, 0
    return [Block(table, pl.concat(rows)) for table, rows in held.items()]


def _until_more(block: Block) -> Block:
    """Return what the end of a stream says: of its incidents, what frames tell after it counts."""
    if block.table != "incidents_log":
        return block
    return Block(block.table, block.rows.with_columns(pl.col("rev") - 1))


class WarehouseSink(DynamicSink[Made]):
    """Writes blocks; `write` retries and so holds back the source."""

    def __init__(self, write: Callable[[Made], None]) -> None:
        self.write = write

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[Made]:
        """Return this worker's writer."""
        write = self.write

        class Partition(StatelessSinkPartition[Made]):
            def write_batch(self, items: list[Made]) -> None:
                for item in items:
                    write(item)

        return Partition()


def build(plan: Plan, source: Source[Item], write: Callable[[Made], None] | Sink[Made]) -> Dataflow:
    """Wire the live flow."""
    flow = Dataflow("tilik")
    items = op.input("frames", flow, source)
    shards = op.flat_map("admit", items, lambda item: admit(item, plan))
    made = op.stateful_batch("figures", shards, lambda stored: ShardLogic(plan, stored))
    op.output(
        "warehouse",
        op.map("rows", made, lambda pair: pair[1]),
        write if isinstance(write, Sink) else WarehouseSink(write),
    )
    return flow
