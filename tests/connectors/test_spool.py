"""What a spool promises, one sentence a test; laws stand in test_spool_law.py."""

from __future__ import annotations

import os
import stat

import pytest

from connectors.records import Lost
from connectors.spool import Bounds, Origin, SpoolFull, SpoolTail, SpoolWriter, blocks, make, opened, segments
from schemas.errors import SourceError, UsageError
from tests.connectors.spooling import NATIVE, SHORT, Clock, drained, last_segment, told, values

PIECE = b"x" * 20_000
MINUTE_US = 60_000_000


def texts(*words: str) -> list[bytes]:
    return [word.encode() for word in words]


@pytest.fixture
def spool(tmp_path):
    return make(tmp_path / "spool")


def test_the_number_of_partitions_is_fixed_when_a_spool_is_made(tmp_path):
    make(tmp_path / "spool", 4)
    assert make(tmp_path / "spool").partitions == opened(tmp_path / "spool").partitions == 4
    with pytest.raises(UsageError, match=r"it has 4 partitions, came 8: .* Make another spool"):
        make(tmp_path / "spool", 8)


@pytest.mark.parametrize("partitions", [0, -1, 1_025])
def test_a_number_of_partitions_that_makes_no_sense_is_refused(tmp_path, partitions):
    with pytest.raises(UsageError, match="expected 1 to 1,024 partitions"):
        make(tmp_path / "spool", partitions)
    assert not (tmp_path / "spool").exists()


def test_a_folder_with_other_things_in_it_becomes_no_spool(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="found other things in it"):
        make(tmp_path)
    with pytest.raises(UsageError, match=r"found no spool\.json"):
        opened(tmp_path)


def test_a_header_that_cannot_be_read_is_told(spool):
    (spool.root / "spool.json").write_text('{"spool": 1')
    with pytest.raises(SourceError, match=r"spool\.json cannot be read"):
        opened(spool.root)


def test_raw_messages_are_their_owners_alone(spool):
    before = os.umask(0)
    try:
        writer, tail = SpoolWriter(spool, 0, SHORT), SpoolTail(spool, 0)
        writer.append([PIECE] * 9, NATIVE)
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [spool.root, *spool.root.rglob("*")]}
    assert len(modes) > 6
    assert {path: oct(mode) for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}
    tail.close()
    writer.close()


def test_a_second_writer_is_refused_with_who_holds_the_partition(spool):
    writer = SpoolWriter(spool, 0)
    with pytest.raises(SourceError, match=f"it is written by process {os.getpid()} on .*: a partition has one writer"):
        SpoolWriter(spool, 0)
    writer.close()
    SpoolWriter(spool, 0).close()


def test_a_partition_that_is_not_there_is_refused(spool):
    with pytest.raises(UsageError, match="expected a partition from 0 to 0, came 1"):
        SpoolWriter(spool, 1)


def test_records_keep_their_bytes_and_where_they_came_from(spool):
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    origins = [NATIVE, Origin("frigate", "frigate/events"), Origin("opendatacam", "", "smg-001"), NATIVE]
    writer.append([b"", b"a\nb", bytes(range(256)), b"x"], origins)
    writer.append([b"y", b"z"], Origin("arrow"))
    records = tail.poll(100, 1 << 20)
    assert told(records) == [
        (0, b"", "native", "", ""),
        (1, b"a\nb", "frigate", "frigate/events", ""),
        (2, bytes(range(256)), "opendatacam", "", "smg-001"),
        (3, b"x", "native", "", ""),
        (4, b"y", "arrow", "", ""),
        (5, b"z", "arrow", "", ""),
    ]
    assert records.data.tobytes() == b"".join(value + b"\n" for value in values(records))
    assert tail.is_at_end


def test_a_poll_returns_no_more_than_was_asked_for(spool):
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    writer.append([b"x" * 100] * 50, NATIVE)
    assert len(tail.poll(7, 1 << 20)) == 7
    assert not tail.is_at_end
    assert len(tail.poll(100, 1_000)) == 10
    assert len(tail.poll(100, 1)) == 1
    assert tail.position == 18
    assert tail.lag() == 32


def test_a_record_larger_than_what_is_read_at_once_comes_whole(spool):
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    large = os.urandom(9 << 20)
    writer.append([large, b"x"], NATIVE)
    writer.append([b"y"], NATIVE)
    assert drained(tail) == [large, b"x", b"y"]


def test_a_record_above_the_bound_is_refused_and_nothing_is_kept(spool, monkeypatch):
    monkeypatch.setattr("connectors.spool.blocks.RECORD_BYTES", 1_000)
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    with pytest.raises(SourceError, match="at most 1,000 bytes, came 1,001"):
        writer.append([b"a", b"x" * 1_001], NATIVE)
    writer.append([b"x" * 600, b"y" * 600], NATIVE)  # a block each
    assert drained(tail) == [b"x" * 600, b"y" * 600]


def test_arrivals_never_go_down_not_even_over_a_restart(spool):
    clock = Clock(5_000_000)
    writer, tail = SpoolWriter(spool, 0, now_us=clock), SpoolTail(spool, 0)
    writer.append([b"a"], NATIVE)
    clock.now_us = 2_000_000
    writer.append([b"b"], NATIVE)
    writer.close()
    writer = SpoolWriter(spool, 0, now_us=clock)
    writer.append([b"c"], NATIVE)
    clock.now_us = 6_000_000
    writer.append([b"d"], NATIVE)
    assert tail.poll(9, 999).arrival_us.tolist() == [5_000_000, 5_000_000, 5_000_000, 6_000_000]


def test_arrivals_and_positions_go_on_when_all_records_are_gone(spool):
    clock = Clock(5_000_000)
    writer, tail = SpoolWriter(spool, 0, SHORT, clock), SpoolTail(spool, 0)
    writer.append([b"a", b"b"], NATIVE)
    drained(tail)
    tail.done(2)
    clock.now_us += 5 * MINUTE_US
    writer.clean()
    writer.close()
    assert [path.stat().st_size for path in spool.root.rglob("*.seg")] == [segments.HEAD_BYTES]
    clock.now_us = 0
    writer = SpoolWriter(spool, 0, SHORT, clock)
    assert writer.append([b"c"], NATIVE) == 2
    assert drained(tail) == [b"c"]
    assert tail.lost() == []


def test_a_reader_goes_on_behind_what_it_was_done_with(spool):
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    writer.append(texts("a", "b", "c", "d"), NATIVE)
    drained(tail)
    tail.done(2)
    tail.close()
    assert drained(SpoolTail(spool, 0)) == texts("c", "d")
    assert drained(SpoolTail(spool, 0, "another")) == texts("a", "b", "c", "d")
    assert drained(SpoolTail(spool, 0, position=3)) == texts("d")
    assert drained(SpoolTail(spool, 0, position=1)) == texts("b", "c", "d")


def test_a_reader_may_come_before_the_writer(spool):
    tail = SpoolTail(spool, 0)
    assert len(tail.poll(10, 10)) == 0
    assert tail.is_at_end
    SpoolWriter(spool, 0).append([b"a"], NATIVE)
    assert drained(tail) == [b"a"]


def test_a_reader_sees_nothing_that_is_not_durable(spool, monkeypatch):
    writer, tail = SpoolWriter(spool, 0), SpoolTail(spool, 0)
    writer.append([b"before"], NATIVE)
    seen = []
    sync = os.fdatasync

    def look(handle):
        seen.extend(values(tail.poll(10, 1 << 20)))
        sync(handle)

    monkeypatch.setattr(os, "fdatasync", look)
    writer.append([b"a"], NATIVE)
    assert seen == [b"before"]
    assert values(tail.poll(10, 1 << 20)) == [b"a"]


def test_a_reader_reads_on_while_segments_behind_it_are_removed(spool):
    writer, tail = SpoolWriter(spool, 0, SHORT), SpoolTail(spool, 0)
    found = []
    for number in range(40):
        writer.append([PIECE + str(number).encode()], NATIVE)
        if number % 3 == 2:
            found += values(tail.poll(2, 1 << 20))
            tail.done(tail.position)
            writer.clean()
    assert len(list(spool.root.rglob("*.seg"))) < 8
    found += drained(tail)
    assert found == [PIECE + str(number).encode() for number in range(40)]
    assert tail.lost() == []


def test_what_the_slowest_reader_wants_stays(spool):
    writer, fast, slow = SpoolWriter(spool, 0, SHORT), SpoolTail(spool, 0, "fast"), SpoolTail(spool, 0, "slow")
    writer.append([PIECE] * 1, NATIVE)
    for _ in range(20):
        writer.append([PIECE], NATIVE)
    drained(fast)
    fast.done(21)
    slow.done(1)
    writer.clean()
    assert len(drained(slow)) == 21
    assert slow.lost() == []


def test_what_grew_too_old_goes_and_its_reader_is_told(spool):
    clock = Clock()
    writer = SpoolWriter(spool, 0, Bounds(64 << 20, 1, keep_s=600), clock)
    tail = SpoolTail(spool, 0)
    for _ in range(12):
        writer.append([PIECE], NATIVE)
        clock.now_us += MINUTE_US
    clock.now_us += 5 * MINUTE_US
    writer.clean()
    kept = drained(tail)
    (lost,) = tail.lost()
    assert lost.since == 0
    assert 0 < lost.until == 12 - len(kept) < 12
    assert tail.lost() == []
    assert tail.position == 12


def test_a_spool_at_its_bound_refuses_and_takes_again_when_its_reader_is_done(spool):
    writer, tail = SpoolWriter(spool, 0, Bounds(bytes=1 << 20, segment_bytes=1)), SpoolTail(spool, 0)
    while writer.held + len(PIECE) + 100 < 1 << 20:
        writer.append([PIECE], NATIVE)
    taken = writer.position
    for _ in range(2):
        with pytest.raises(SpoolFull, match=r"of 1,048,576 bytes are taken, and its reader 'run' is at 0 of"):
            writer.append([PIECE], NATIVE)
    assert taken == 52
    assert len(drained(tail)) == taken
    tail.done(taken)
    assert writer.append([b"again"], NATIVE) == taken
    assert drained(tail) == [b"again"]


def test_a_full_spool_that_nobody_reads_says_so(spool):
    writer = SpoolWriter(spool, 0, Bounds(bytes=100_000))
    with pytest.raises(SpoolFull, match="nobody reads it: start `tilik run`"):
        writer.append([PIECE] * 10, NATIVE)


def test_what_was_done_with_is_gone_from_the_disk(spool):
    clock = Clock()
    writer, tail = SpoolWriter(spool, 0, now_us=clock), SpoolTail(spool, 0)
    writer.append([b'{"plate":"H 1234 AB"}'], Origin("native", "", "planted-camera"))
    drained(tail)
    tail.done(1)
    everything = lambda: b"".join(path.read_bytes() for path in spool.root.rglob("*") if path.is_file())  # noqa: E731
    assert b"H 1234 AB" in everything()
    clock.now_us += 5 * MINUTE_US
    writer.clean()
    assert b"H 1234 AB" not in everything()
    assert b"planted-camera" not in everything()


def test_a_position_that_the_spool_does_not_reach_is_refused(spool):
    writer = SpoolWriter(spool, 0)
    writer.append(texts("a", "b"), NATIVE)
    with pytest.raises(SourceError, match="expected a spool that reaches position 3, it ends at 2"):
        SpoolTail(spool, 0, position=3)
    assert drained(SpoolTail(spool, 0, position=2)) == []


def test_a_mark_that_a_power_cut_left_behind_refuses_no_position(spool):
    writer = SpoolWriter(spool, 0)
    stale = (spool.partition(0) / "end").read_bytes()
    writer.append(texts("a", "b"), NATIVE)
    writer.close()
    (spool.partition(0) / "end").write_bytes(stale)
    tail = SpoolTail(spool, 0, position=2)
    assert drained(tail) == []
    SpoolWriter(spool, 0).append([b"c"], NATIVE)
    assert drained(tail) == [b"c"]


def test_records_that_were_told_and_are_not_there_are_lost_and_their_positions_with_them(spool):
    writer = SpoolWriter(spool, 0)
    writer.append(texts("a", "b"), NATIVE)
    size = last_segment(spool).stat().st_size
    writer.append(texts("c", "d"), NATIVE)
    writer.close()
    os.truncate(last_segment(spool), size)
    writer = SpoolWriter(spool, 0)
    assert writer.append([b"e"], NATIVE) == 4
    tail = SpoolTail(spool, 0)
    assert drained(tail) == texts("a", "b", "e")
    assert tail.lost() == [Lost(2, 4)]


def test_a_segment_of_another_spool_is_refused_with_its_file_and_place(spool, tmp_path):
    writer = SpoolWriter(spool, 0)
    writer.append([b"a"], NATIVE)
    other = make(tmp_path / "other")
    SpoolWriter(other, 0).append([b"b"], NATIVE)
    last_segment(spool).write_bytes(last_segment(other).read_bytes())
    tail = SpoolTail(spool, 0)
    with pytest.raises(SourceError, match=r"0{20}\.seg: at byte 0: expected the head of a segment of this spool"):
        tail.poll(1, 1)


def test_a_segment_that_was_taken_away_is_told_as_lost(spool):
    writer = SpoolWriter(spool, 0, SHORT)
    for _ in range(9):
        writer.append([PIECE], NATIVE)
    sorted(spool.root.rglob("*.seg"))[1].unlink()
    tail = SpoolTail(spool, 0)
    assert len(drained(tail)) == 6
    assert tail.lost() == [Lost(3, 6)]


def test_bytes_inside_a_message_pass_for_no_block(spool):
    forged = blocks.encoded([b"forged"], NATIVE, 1, 1, salt=0)
    writer = SpoolWriter(spool, 0)
    writer.append([forged * 3], NATIVE)
    writer.append([b"behind"], NATIVE)
    raw = bytearray(last_segment(spool).read_bytes())
    raw[segments.HEAD_BYTES + 4] ^= 1  # the checksum of the block around it
    last_segment(spool).write_bytes(raw)
    tail = SpoolTail(spool, 0)
    assert drained(tail) == [b"behind"]
    assert tail.lost() == [Lost(0, 1)]


@pytest.mark.parametrize("name", ["", "Run", "../end", "a.b", "x" * 65])
def test_a_reader_has_a_plain_name(spool, name):
    with pytest.raises(UsageError, match="expected a name"):
        SpoolTail(spool, 0, name)


def test_a_tail_says_where_it_reads_and_nothing_more(spool):
    assert SpoolTail(spool, 0).source == f"spool:{spool.root}/0"


def test_a_segment_of_which_nothing_can_be_read_is_passed_over_once(spool):
    """It was opened again and again where what came before it was broken, too: the reader hung."""
    writer = SpoolWriter(spool, 0, SHORT)
    for _ in range(9):
        writer.append([PIECE], NATIVE)
    first, second, _ = sorted(spool.root.rglob("*.seg"))
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes(second.read_bytes()[: segments.HEAD_BYTES + 100])
    tail = SpoolTail(spool, 0)
    assert len(drained(tail)) == 5
    assert tail.lost() == [Lost(2, 6)]
    assert tail.is_at_end
