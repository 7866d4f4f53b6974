"""Whatever happens to a writer, a reader gets what was acknowledged: all of it, once, in order."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.records import Lost
from connectors.spool import Origin, SpoolTail, SpoolWriter, blocks, make, segments
from tests.connectors.spooling import NATIVE, SHORT, Clock, dropped, last_segment, memory_folder, told

LARGE = b"thirty thousand bytes"
ORIGINS = st.builds(
    Origin, st.sampled_from(["native", "frigate"]), st.sampled_from(["", "a/b"]), st.sampled_from(["", "k"])
)
BATCH = st.lists(st.tuples(st.binary(max_size=40) | st.just(LARGE), ORIGINS), min_size=1, max_size=8)
STEP = st.one_of(
    st.tuples(st.just("append"), BATCH),
    st.tuples(st.just("poll"), st.tuples(st.integers(1, 9), st.integers(1, 70_000))),
    st.tuples(st.just("kill"), st.tuples(BATCH, st.integers(0, 1 << 20))),
    st.tuples(st.just("done"), st.just(None)),
    st.tuples(st.just("clock"), st.integers(-10_000_000, 400_000_000)),
    st.tuples(st.just("reader restarts"), st.booleans()),
)


def value(word: bytes) -> bytes:
    return b"x" * 30_000 if word == LARGE else word


class Story:
    """A spool, and beside it plain lists of what was acknowledged and what was read."""

    def __init__(self, folder: str) -> None:
        self.spool, self.clock = make(Path(folder) / "spool"), Clock()
        self.writer = self.opened()
        self.tail = SpoolTail(self.spool, 0)
        self.kept: list[tuple[int, bytes, str, str, str]] = []
        self.read: list[tuple[int, bytes, str, str, str]] = []
        self.arrivals: list[int] = []

    def opened(self) -> SpoolWriter:
        return SpoolWriter(self.spool, 0, SHORT, self.clock)

    def append(self, batch):
        origins = [origin for _, origin in batch]
        first = self.writer.append([value(word) for word, _ in batch], origins)
        self.kept += [(first + row, value(word), *origin) for row, (word, origin) in enumerate(batch)]

    def poll(self, bounds):
        most, most_bytes = bounds
        records = self.tail.poll(most, most_bytes)
        assert len(records) <= most
        self.read += told(records)
        self.arrivals += records.arrival_us.tolist()
        assert self.tail.position == len(self.read)
        assert self.tail.lag() == len(self.kept) - len(self.read)
        assert self.tail.is_at_end == (self.tail.lag() == 0)

    def kill(self, torn):
        """End the writer in the middle of a batch: some of its bytes are on the disk, and nobody was told."""
        batch, size = torn
        block = blocks.encoded([value(v) for v, _ in batch], [o for _, o in batch], len(self.kept), 1, self.spool.salt)
        dropped(self.writer)
        with last_segment(self.spool).open("ab") as file:
            file.write(block[: size % len(block)])
        self.writer = self.opened()

    def done(self, _):
        self.tail.done(self.tail.position)
        self.writer.clean()

    def step_clock(self, by):
        self.clock.now_us += by

    def restart(self, has_position):
        """Begin a new reader at the position the old one had, or at what it was done with."""
        self.tail.done(self.tail.position)
        self.tail.close()
        self.tail = SpoolTail(self.spool, 0, position=len(self.read) if has_position else None)


@settings(max_examples=150)
@given(st.lists(STEP, max_size=25))
def test_what_was_acknowledged_is_read_once_in_order_whatever_happens(steps):
    with memory_folder() as folder:
        story = Story(folder)
        doing = {"append": story.append, "poll": story.poll, "kill": story.kill, "done": story.done}
        doing |= {"clock": story.step_clock, "reader restarts": story.restart}
        for name, how in steps:
            doing[name](how)
        story.poll((10_000, 1 << 30))
        assert story.read == story.kept
        assert story.arrivals == sorted(story.arrivals)
        assert story.tail.lost() == []
        story.tail.close()
        story.writer.close()


@settings(max_examples=100)
@given(st.lists(BATCH, min_size=2, max_size=8), st.data())
def test_what_breaks_in_the_middle_is_told_as_lost_and_the_rest_is_read(batches, data):
    with memory_folder() as folder:
        story = Story(folder)
        for batch in batches:
            story.append(batch)
        path = last_segment(story.spool)
        raw = bytearray(path.read_bytes())
        place = data.draw(st.integers(segments.HEAD_BYTES, len(raw) - 1), label="byte that flips")
        raw[place] ^= 0xFF
        path.write_bytes(raw)
        if data.draw(st.booleans(), label="the writer starts again"):
            story.writer.close()
            story.writer = story.opened()
            story.append(batches[0])
        found = told(story.tail.poll(10_000, 1 << 30))
        lost = story.tail.lost()
        gone = {position for since, until in lost for position in range(since, until)}
        assert len(lost) == 1
        assert found == [record for record in story.kept if record[0] not in gone]
        assert len(found) + len(gone) == len(story.kept) == story.tail.position
        assert lost[0] in _batches(batches)
        story.writer.close()


HURT = st.tuples(st.integers(0, 4), st.sampled_from(["cut", "flipped", "gone"]), st.integers(0, 1 << 30))
"""Which segment, what happens to it, and where."""


@settings(max_examples=100)
@given(st.integers(3, 14), st.lists(HURT, max_size=6), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_however_many_segments_break_each_record_is_read_or_lost(count, hurts, polls):
    with memory_folder() as folder:
        spool = make(Path(folder))
        writer = SpoolWriter(spool, 0, SHORT)
        for number in range(count):
            writer.append([b"%d" % number * 20_000], NATIVE)
        for which, how, where in hurts:
            _hurt(sorted(spool.partition(0).glob("*.seg")), which, how, where)
        tail, found, lost = SpoolTail(spool, 0, position=0), [], []
        for number in range(10 * count):  # a poll gives a record, or a gap, or all is read
            got = tail.poll(polls[number % len(polls)], 1 << 30)
            found += [(int(position), got.record(row)) for row, position in enumerate(got.position)]
            lost += [at for gap in tail.lost() for at in range(gap.since, gap.until)]
        assert tail.is_at_end
        assert sorted([position for position, _ in found] + lost) == list(range(count))
        assert [value for _, value in found] == [b"%d" % position * 20_000 for position, _ in found]
        tail.close()
        writer.close()


def _hurt(paths, which, how, where) -> None:
    if not paths:
        return
    path = paths[which % len(paths)]
    raw = bytearray(path.read_bytes())
    at = segments.HEAD_BYTES + where % max(1, len(raw) - segments.HEAD_BYTES)
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(raw[:at])
    elif at < len(raw):
        raw[at] ^= 0xFF
        path.write_bytes(raw)


def _batches(batches) -> list[Lost]:
    first, found = 0, []
    for batch in batches:
        found.append(Lost(first, first + len(batch)))
        first += len(batch)
    return found
