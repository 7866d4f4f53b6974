"""nvschema as protobuf: bytes worked out by hand, and the law that they mean what the same frame means as JSON."""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from connectors.formats import Live, looks_like, read
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_messages import decode
from connectors.formats.nvschema_wire import scan
from connectors.records import records
from flows import cli
from schemas.errors import UsageError
from tests.connectors import wire
from tests.connectors.frames import NOW_US, START_US, assert_same, dead, joined, options
from tests.connectors.nvschema import ALONE, FACES, FRAMES, HUGE, OBJECTS, SIZE
from tests.connectors.nvschema import frame as as_json
from tests.connectors.nvschema import thing as as_object
from tests.connectors.wire import delimited, entries, held, real, whole

KIND = "nvschema-protobuf"

BY_HAND = bytes.fromhex(
    "0a 03 34 2e 30"  # 1 version: kind 2, three bytes, "4.0"
    "12 02 31 37"  # 2 id: "17"
    "1a 0b 08 80 fe eb ca 06 10 80 c2 d7 2f"  # 3 timestamp: seconds 1767571200, nanos 100000000
    "22 07 73 6d 67 2d 30 30 31"  # 4 sensorId: "smg-001"
    "2a 27"  # 5 objects: 39 bytes
    "  0a 02 34 32"  # 1 id: "42"
    "  12 14 0d 00 00 c8 42 15 00 00 48 42 1d 00 00 48 43 25 00 00 7a 43"  # 2 bbox: floats 100, 50, 200, 250
    "  1a 06 50 65 72 73 6f 6e"  # 3 type: "Person"
    "  25 00 00 00 3f".replace("  ", " ")  # 4 confidence: 0.5
)
"""1767571200 = 2026-01-05T00:00:00Z. Its bits by sevens, the lowest first: 0, 126, 107, 74, 6 (6 * 2^28 +
74 * 2^21 + 107 * 2^14 + 126 * 2^7), so 80 fe eb ca 06.
100000000 = 2f d7 c2 00 in sevens from the highest (47, 87, 66, 0). 100.0f = 0x42c80000, 50 = 0x42480000,
200 = 0x43480000, 250 = 0x437a0000, 0.5 = 0x3f000000, lowest byte first."""


def read_bytes(path: Path, raw: bytes, **changes: object) -> list:
    (path / "a.pb").write_bytes(raw)
    return list(read(path / "a.pb", KIND, options(**{"size": SIZE} | changes)))


def said(chunks: list) -> tuple[list, list, list]:
    got = joined(chunks)
    return got.frames.select(FRAMES).rows(), got.objects.select(OBJECTS).rows(), dead(chunks)


def test_a_frame_written_by_hand_reads_as_worked_out(tmp_path: Path) -> None:
    frames, objects, letters = said(read_bytes(tmp_path, bytes([len(BY_HAND)]) + BY_HAND))
    assert frames == [("smg-001", START_US + 100_000, 17, 1000, 500, 1)]
    x1, y1, x2, y2 = (np.float32(side) for side in (0.1, 0.1, 0.2, 0.5))
    assert objects == [(0, "person", 0.5, "42", x1, y1, x2, y2)]
    assert letters == []


def message(*objects: dict, **changes: object) -> bytes:
    return wire.frame(json.loads(as_json(*objects, **changes)))


def test_a_file_of_json_and_one_of_protobuf_are_the_same_frames(tmp_path: Path) -> None:
    """What may be written in either, three times: most by the scanner, some by the other reader."""
    info = {"mask": "Masked", "mask_confidence": "0.75", "face_px": "31"}
    things = [
        [as_object(info=info), as_object(type="two_wheeler", id=HUGE)],
        [],
        [as_object(type="lampu jalan é", confidence=-0.1), as_object(confidence=-1)],
        [as_object(type="Traffic Cone", info={"mask": "0,0,7,7", "mask_confidence": ""})],
        [as_object(confidence=None, id=None, info={"mask_confidence": "1_0e-1", "plate": "H 1"})],
    ]
    told = [
        json.loads(as_json(*each, id=str(number), timestamp=f"2026-01-05T00:00:{number:02}.25Z", info=size))
        for number, each in enumerate(things * 3)
        for size in ({"width": "640", "height": "480"},)
    ]
    for one in told:
        one["objects"] = [{key: value for key, value in each.items() if value is not None} for each in one["objects"]]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, told)))
    got = joined(read_bytes(tmp_path, delimited([wire.frame(one) for one in told])))
    wanted = joined(read(tmp_path / "a.jsonl", "nvschema", options(size=SIZE)))
    assert len(got) == 15
    assert_same(got, wanted)
    assert set(got.objects.select(FACES).rows()) >= {("masked", 0.75, 31), (None, None, None)}


RARE = {
    "a text beyond ASCII": held(4, "jalan-é"),
    "a camera twice": held(4, "b") + held(4, "c"),
    "a time in two parts": held(3, whole(1, 5)) + held(3, whole(2, 5_000)),
    "seconds below 0": held(3, whole(1, -5)),
    "nanoseconds of a second": held(3, whole(2, 10**9)),
    "a year beyond": held(3, whole(1, 253_402_300_800)),
    "a box in two parts": held(5, held(2, real(1, 7)) + held(2, real(3, 9)) + held(3, "Car")),
    "no box": held(5, held(3, "Car")),
    "no type": held(5, held(2, b"")),
    "an empty type": held(5, held(2, b"") + held(3, "")),
    "a box that is a number": held(5, whole(2, 7) + held(3, "Car")),
    "a confidence above 1": held(5, held(2, wire.bbox(0, 0, 9, 9)) + held(3, "Car") + real(4, 1.5)),
    "a confidence of no number": held(5, held(2, wire.bbox(0, 0, 9, 9)) + held(3, "Car") + real(4, math.nan)),
    "a confidence of -0.5": held(5, held(2, wire.bbox(0, 0, 9, 9)) + held(3, "Car") + real(4, -0.5)),
    "a field of an unknown kind": b"\x0b",
    "field 0": b"\x02\x00",
    "a field's number beyond 29 bits": b"\x9a\x80\x80\x80\x80\x0a\x01x",
    "an embedding": held(5, held(2, wire.bbox(0, 0, 9, 9)) + held(3, "Car") + held(6, b"\xff" * 9) + held(7, b"\x01")),
    "fields of later versions": whole(99, 2**63) + real(98, 1) + b"\x99\x06" + b"x" * 8 + held(13, b"\xff"),
    "a number without an end": b"\xff" * 11,
    "a text that breaks off": b"\x22\x7fab",
    "an attribute twice": entries(12, {"width": "9", "height": "9"}) + entries(12, {"width": "x"}),
    "an attribute of no text": held(12, held(1, b"\xff") + held(2, "1")),
    "a width with 19 digits": entries(12, {"width": "9" * 19, "height": "9"}),
    "a width of many digits, then a letter": entries(12, {"width": "9" * 30 + "x", "height": "9"}),
    "a mask_confidence in words": held(
        5, held(2, wire.bbox(0, 0, 9, 9)) + held(3, "Car") + entries(5, {"mask_confidence": "high"})
    ),
    "a face_px without an end": held(5, held(2, b"") + held(3, "Car") + entries(5, {"face_px": "inf"})),
}


def agrees(raw: bytes) -> None:
    """Check that the scanner reads a message as the other reader does, or leaves it aside."""
    data = np.frombuffer(raw + b"\n", np.uint8)
    scanned = scan(data, np.array([0]), np.array([len(raw)]))
    found = decode(raw, "c", SIZE)
    live = Live(KIND, options(size=SIZE, camera="c"))
    chunks = list(live.read(records([raw], [0], [NOW_US]), "s")) if raw else []
    if isinstance(found, Fault):
        assert not scanned.read[0]
        assert sum(len(chunk.batch) for chunk in chunks) == 0
        assert [why for _, why in dead(chunks)] == ([found.reason] if raw else [])
    elif scanned.read[0]:
        monkey = pytest.MonkeyPatch()
        with monkey.context() as patched:
            nothing = scanned._replace(
                read=np.zeros(1, np.bool_), object_line=scanned.object_line[:0], number=scanned.number[:0],
                object_text=scanned.object_text[:0],
            )  # fmt: skip
            patched.setattr("connectors.formats.nvschema_protobuf.scan", lambda *_: nothing)
            slow = list(Live(KIND, options(size=SIZE, camera="c")).read(records([raw], [0], [NOW_US]), "s"))
        for fast_one, slow_one in zip(chunks, slow, strict=True):
            assert_same(fast_one.batch, slow_one.batch)
            assert_frame_equal(fast_one.dead, slow_one.dead)


@pytest.mark.parametrize("rest", RARE.values(), ids=RARE.keys())
def test_where_the_scanner_reads_it_reads_as_the_other_reader_does(rest: bytes) -> None:
    agrees(held(3, whole(1, START_US // 10**6)) + rest)
    agrees(rest + held(3, whole(1, START_US // 10**6)))


GOOD = message(as_object(info={"mask": "masked", "face_px": "31"}), as_object(), info={"width": "100", "height": "50"})


@settings(max_examples=300, deadline=None)
@given(
    at=st.integers(0, len(GOOD) - 1),
    byte=st.integers(0, 255),
    cut=st.integers(0, len(GOOD)),
    more=st.binary(max_size=9),
)
def test_whatever_bytes_come_both_readers_agree(at: int, byte: int, cut: int, more: bytes) -> None:
    agrees(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])
    agrees(GOOD[:cut] + more + GOOD[cut:])
    agrees(GOOD[:cut])


@pytest.mark.parametrize("camera", [None, "smg-009"])
def test_a_camera_given_names_only_frames_without_one(tmp_path: Path, camera: str | None) -> None:
    raw = [message(), message(sensorId=""), message(sensorId=...)]
    frames, _, letters = said(read_bytes(tmp_path, delimited(raw), camera=camera))
    assert [row[0] for row in frames] == (["smg-001"] if camera is None else ["smg-001", camera, camera])
    assert letters == ([] if camera else [(2, "bad_type"), (3, "bad_type")])


def test_a_size_that_nobody_knows_is_asked_for_by_its_flag(tmp_path: Path) -> None:
    raw = delimited([message(), message(as_object())])
    with pytest.raises(UsageError, match=r"--format nvschema-protobuf.*--size"):
        read_bytes(tmp_path, raw, size=None)
    sized = message(as_object(), info={"frameWidth": "1000", "frameHeight": "500"})
    frames, objects, letters = said(read_bytes(tmp_path, raw + delimited([sized]), size=None))
    assert [row[3:5] for row in frames] == [(None, None), SIZE]
    assert [round(side, 4) for side in objects[0][4:]] == list(ALONE[4:])
    assert letters == [(2, "bad_type")]


PICTURE = b"\x89PNG" + b"\x01" * 99
FILES = {
    "nothing": (b"", 0, []),
    "cut off": (delimited([message()] * 3)[:-5], 2, [(3, "bad_file")]),
    "a size without an end": (delimited([message()]) + b"\xff" * 9, 1, [(2, "bad_file")]),
    "a size of a broken message": (delimited([message(), message()[:-3], message()]), 2, [(2, "not_protobuf")]),
    "a message that is too large": (delimited([message(), b"\x0a" + b"x" * 999, message()]), 2, [(2, "too_large")]),
    "a message that is too large, cut off": (delimited([message()]) + b"\x80\x80\x80\x10x", 1,
                                             [(2, "too_large"), (3, "bad_file")]),
    "empty messages": (delimited([b"", message(), b""]), 1, [(1, "bad_type"), (3, "bad_type")]),
    "gzip": (gzip.compress(delimited([message()] * 2)), 2, []),
    "gzip that breaks off": (gzip.compress(delimited([message()] * 2))[:-4], 2, [(3, "bad_file")]),
    "a picture": (PICTURE, 0, [(1, "bad_file")]),
}  # fmt: skip


@pytest.mark.parametrize("records_at_once", [1, 2, 8192])
@pytest.mark.parametrize(("raw", "frames", "letters"), FILES.values(), ids=FILES.keys())
def test_of_a_broken_file_what_came_before_counts(
    tmp_path: Path, raw: bytes, frames: int, letters: list, records_at_once: int
) -> None:
    chunks = read_bytes(tmp_path, raw, max_record_bytes=500, chunk_records=records_at_once)
    assert (len(joined(chunks)), dead(chunks)) == (frames, letters)
    is_read = raw[:4] != PICTURE[:4] and letters != [(3, "bad_file")]
    assert not is_read or sum(chunk.bytes_read for chunk in chunks) == len(raw)


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_any_size_of_pieces_gives_the_same_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    raw = delimited([message(as_object(), id=str(at)) for at in range(20)] + [b"\x0a" * 600, message()])
    wanted = said(read_bytes(tmp_path, raw, max_record_bytes=500))
    monkeypatch.setattr("connectors.formats.delimited.PIECE_BYTES", piece)
    assert said(read_bytes(tmp_path, raw, max_record_bytes=500, block_bytes=piece)) == wanted
    assert wanted[2] == [(21, "too_large")]


def test_a_file_of_messages_is_known_by_its_first(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(delimited([message(as_object())] * 2))
    assert looks_like(tmp_path / "a") == KIND
    (tmp_path / "b").write_bytes(b"\x05hello world, this is a text")
    assert looks_like(tmp_path / "b") == ""


def test_every_record_is_a_frame_or_a_letter() -> None:
    values = [message(), b"\xff", message(as_object(confidence=7)), message(timestamp=...)]
    chunks = list(Live(KIND, options(size=SIZE)).read(records(values, range(4), [START_US] * 4), "kafka"))
    assert joined(chunks).frames["arrival_us"].to_list() == [START_US]
    assert dead(chunks) == [(1, "not_protobuf"), (2, "bad_type"), (3, "bad_type")]
    assert pl.concat([chunk.dead for chunk in chunks])["raw"].to_list() == values[1:]


def test_of_an_enhanced_frame_only_its_own_objects_count(tmp_path: Path) -> None:
    inside = wire.thing(as_object(id="inside"))
    analytics = b"".join(held(number, held(1, inside) + held(5, inside)) for number in (6, 7, 8, 9, 10, 11))
    frames, objects, letters = said(read_bytes(tmp_path, delimited([analytics + message(as_object()) + analytics])))
    assert (len(frames), [row[3] for row in objects], letters) == (1, ["7"], [])


def test_a_replay_accounts_for_every_message(
    tmp_path: Path, monkeypatch, capsys, empty_store: Callable[[str], str]
) -> None:
    raw = [message(as_object(), id="1"), message(as_object(), id="1"), message(), b"\xff", message(sensorId="")]
    (tmp_path / "a.pb").write_bytes(delimited(raw))
    asked = ["--format", KIND, "--size", "1000x500", "--json", "--warehouse", empty_store("store")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tilik", "replay", str(tmp_path), *asked])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["frames"], told["duplicates"], told["dead_letters"], told["objects"]) == (1, 2, 2, 1)
