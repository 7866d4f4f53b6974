"""Records of a stream give the frames that a file of them gives, with their arrival, however they are split."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Live, read, to_json_lines, to_table
from connectors.formats.reading import BELIEVED_US
from connectors.records import Records, records
from schemas.errors import UsageError
from tests.connectors.frames import NOW_US, START_US, assert_same, batch, dead, joined, options
from tests.connectors.nvschema import frame, thing

SOURCE = "spool:s/0"
CAME_US = START_US + 60_000_000
GOOD = b'{"camera":"a","ts":"2026-01-05T00:00:00Z","objects":[]}'


def of(values: list[bytes], first: int = 0, kind: str = "") -> Records:
    at = range(first, first + len(values))
    return records(values, at, [CAME_US + position for position in at], kind)


def heard(values: list[bytes], cuts: list[int], kind: str, **changes: object) -> list:
    """Return the chunks of a stream that is read in pieces, its reader stopped and resumed between them."""
    out, state = [], b"{}"
    for first, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
        live = Live(kind, options(**changes))
        live.resume(state)
        out += live.read(of(values[first:end], first), SOURCE)
        state = live.state()
    return [*out, *live.rest(SOURCE)]


@given(cuts=st.lists(st.integers(0, 40), max_size=5).map(sorted))
def test_any_split_of_records_gives_the_frames_of_the_file(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]):
    lines = to_json_lines(batch(40)).splitlines()
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    path.write_bytes(b"\n".join(lines))
    wanted = joined(read(path, "native", options()))
    got = joined(heard(lines, cuts, "native"))
    assert got.frames["arrival_us"].to_list() == [CAME_US + at for at in range(40)]
    assert got.frames["position"].to_list() == list(range(40))
    unknown = got.frames.with_columns(arrival_us=pl.lit(None, pl.Int64))
    assert_same(type(got)(unknown, got.objects, got.signals), wanted, position=False)


def hinted(values: list[bytes], cameras: list[str], kind: str) -> Records:
    """Return records whose senders named cameras beside them, '' for none."""
    table = sorted({camera for camera in cameras if camera})
    codes = np.array([table.index(camera) if camera else -1 for camera in cameras], np.int32)
    return replace(of(values, kind=kind), camera=codes, cameras=tuple(table))


def test_a_camera_that_the_sender_names_counts_where_the_message_names_none():
    bare = b'{"sensorId":"","timestamp":"2026-01-05T00:00:00Z","objects":[]}'
    own = bare.replace(b'""', b'"own"', 1)
    live = Live("native", options(size=(10, 10)))
    given = hinted([bare, own, bare, bare], ["a", "a", "b", ""], "nvschema")
    chunks = list(live.read(given, SOURCE))
    frames = pl.concat([chunk.batch.frames for chunk in chunks]).sort("position")
    assert frames.select("position", "camera").rows() == [(0, "a"), (1, "own"), (2, "b")]
    assert [letter for chunk in chunks for letter in chunk.dead["position"].to_list()] == [3]


def test_of_cameras_that_senders_name_only_what_must_be_remembered_is():
    live = Live("native", options())
    for number in range(50):
        list(live.read(hinted([GOOD], [f"camera {number}"], "native"), SOURCE))
    assert len(live.readers) == 0
    assert live.state() == b"{}"


TEXTS = {
    "one frame": (GOOD, 1, []),
    "an array": (b"[" + GOOD + b"," + GOOD + b"]", 2, []),
    "a line each": (GOOD + b"\r\n" + GOOD + b"\n", 2, []),
    "spread over lines": (GOOD.replace(b",", b",\n"), 1, []),
    "under a key": (b'{"frames":[' + GOOD + b",\n" + GOOD + b"]}", 2, []),
    "behind a mark": (b"\xef\xbb\xbf" + GOOD, 1, []),
    "an array that breaks off": (b"[" + GOOD + b",", 0, [(7, "bad_type")]),
    "noise with line ends": (b"\n\x00\nx\n", 0, [(7, "not_json"), (7, "not_json")]),
    "nothing": (b"", 0, [(7, "not_json")]),
    "too large": (b"[" * 300, 0, [(7, "too_large")]),
}


@pytest.mark.parametrize(("raw", "frames", "letters"), TEXTS.values(), ids=TEXTS.keys())
def test_a_record_may_hold_several_frames_and_each_has_its_position(raw: bytes, frames: int, letters: list) -> None:
    live = Live("native", options(max_record_bytes=256))
    chunks = list(live.read(of([raw], 7), SOURCE))
    assert joined(chunks).frames.select("position", "arrival_us").rows() == [(7, CAME_US + 7)] * frames
    assert dead(chunks) == letters
    assert {row for chunk in chunks for row in chunk.dead["first_seen_us"]} <= {CAME_US + 7}


def test_records_of_several_formats_are_read_by_their_own() -> None:
    plain = of([GOOD, frame(thing()).encode()])
    mixed = replace(plain, kind=np.array([0, 1], np.int32), kinds=("", "nvschema"))
    got = joined(Live("native", options(size=(1000, 500))).read(mixed, SOURCE))
    assert got.frames.select("camera", "position").rows() == [("a", 0), ("smg-001", 1)]


def test_a_future_frame_is_judged_by_its_arrival() -> None:
    late_us = NOW_US + 86_400_000_000
    told = b'{"camera":"a","ts":%d,"objects":[]}' % late_us
    for arrival_us, frames in ((NOW_US, 0), (late_us, 1)):
        chunks = list(Live("native", options()).read(records([told], [0], [arrival_us]), SOURCE))
        assert len(joined(chunks)) == frames


def test_future_is_judged_record_by_record_wherever_a_poll_is_cut() -> None:
    values = [b'{"camera":"a","ts":%d,"objects":[]}' % (START_US + at * 600_000_000) for at in range(3)]
    came_us = [START_US, START_US, START_US + 1_200_000_000]
    whole = list(Live("native", options()).read(records(values, range(3), came_us), SOURCE))
    apart = [
        chunk
        for at in range(3)
        for chunk in Live("native", options()).read(records(values[at : at + 1], [at], came_us[at : at + 1]), SOURCE)
    ]
    assert dead(whole) == dead(apart) == [(1, "future")]


def test_arrival_says_nothing_of_a_frame_that_was_kept_for_long() -> None:
    told = [b'{"camera":"a","ts":%d,"objects":[]}' % START_US] * 2
    came_us = [START_US + BELIEVED_US, START_US + BELIEVED_US + 1]
    got = joined(Live("native", options()).read(records(told, [0, 1], came_us), SOURCE))
    assert got.frames["arrival_us"].to_list() == [came_us[0], None]


def message(rows: int, kind: str = "stream") -> bytes:
    out, table = io.BytesIO(), to_table(batch(rows))
    with (pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return out.getvalue()


def test_a_record_of_arrow_is_a_stream_or_a_file() -> None:
    values = [message(5), message(4, "file"), b"no Arrow", message(5)[:300], message(2)]
    chunks = list(Live("arrow", options()).read(of(values), SOURCE))
    got = joined(chunks).frames
    assert got["position"].to_list() == [0] * 5 + [1] * 4 + [4] * 2
    assert got["t_us"].to_list()[:5] == [START_US + at * 100_000 for at in range(5)]
    assert dead(chunks) == [(2, "bad_file"), (3, "bad_file")]


def test_a_table_is_no_stream() -> None:
    with pytest.raises(UsageError, match="of a stream"):
        list(Live("mot", options()).read(of([b"1,1,1,1,1,1,1"]), SOURCE))


def test_golden_lines_are_the_same_records(tmp_path: Path) -> None:
    path = Path(__file__).parents[1] / "data" / "recordings" / "nvschema" / "full.jsonl"
    lines = path.read_bytes().splitlines()
    chunks = heard(lines, [3, 4], "nvschema", size=(1000, 500))
    wanted = list(read(path, "nvschema", options(size=(1000, 500))))
    assert joined(chunks).objects.equals(joined(wanted).objects)
    assert [(at + 1, why) for at, why in dead(chunks)] == dead(wanted)


def test_a_live_frame_of_opendatacam_is_taken_as_it_arrives() -> None:
    told = b'{"trackerDataForLastFrame":{"frameIndex":7,"data":[]},"videoResolution":{"w":100,"h":50}}'
    given = options(camera="a")
    got = joined(Live("opendatacam", given).read(records([told], [3], [START_US + 5]), SOURCE)).frames
    assert got.select("camera", "t_us", "ts_source", "seq", "position").rows() == [("a", START_US + 5, "arrival", 7, 3)]
    timed = options(camera="a", fps=10.0, start_us=START_US)
    got = joined(Live("opendatacam", timed).read(records([told], [3], [START_US + 5]), SOURCE)).frames
    assert got.select("t_us", "ts_source").rows() == [(START_US, "pts")]
