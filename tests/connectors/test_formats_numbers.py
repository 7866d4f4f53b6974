"""Numbers of native JSON, of any length, are what exact arithmetic says; marks and packing cost no frame."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from backports import zstd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.formats import read, to_json_lines
from connectors.formats.native_lines import Fault, decode
from connectors.formats.native_scan import scan
from connectors.formats.native_tokens import ABSENT
from tests.connectors.frames import NOW_US, START_US, assert_same, batch, dead, joined, options

MARK = b"\xef\xbb\xbf"
DIGITS = st.text("0123456789", min_size=1, max_size=30)
LONG = st.sampled_from([17, 18, 19, 20]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
WHOLE = st.one_of(st.just("0"), (DIGITS | LONG).map(lambda text: text.lstrip("0") or "0"))
SIGN = st.sampled_from(["", "-"])
PLAIN = st.builds(lambda sign, whole: sign + whole, SIGN, WHOLE)
POWER = st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 40).map(str))
NUMBER = st.builds(
    lambda whole, fraction, power: whole + fraction + power,
    PLAIN,
    st.just("") | (DIGITS | LONG).map(lambda text: "." + text),
    st.just("") | POWER,
)


def scanned(line: bytes):
    return scan(np.frombuffer(line + b"\n", np.uint8), np.array([0]), np.array([len(line)]))


def line_of(*, ts: str = str(START_US), side: str = "0", track: str = "null", value: str = "0", seq: str = "null"):
    thing = f'{{"class":"car","box":[{side},0,1,1],"track":{track}}}'
    signal = f'{{"kind":"flood","value":{value}}}'
    return f'{{"camera":"a","ts":{ts},"seq":{seq},"objects":[{thing}],"signals":[{signal}]}}'.encode()


@settings(max_examples=400, deadline=None)
@given(NUMBER)
@example("0.9300000000000000001")
@example("0.9223372036854775808")
@example("9223372036854775808")
@example("18446744073709551616")
@example("-0.0000000000000000000000000000000000001")
def test_both_readers_round_a_number_of_any_length_as_exact_arithmetic_does(text: str) -> None:
    value = float(Fraction(text))
    with np.errstate(over="ignore"):
        side = np.float32(value)
    line = line_of(side=text, value=text)
    found = decode(line)
    assert not isinstance(found, Fault)
    assert found.frame.objects[0].box[0] == found.frame.signals[0].value == value
    fast = scanned(line)
    if fast.read[0]:
        start, end = fast.signal_text[0, 4:6].tolist()
        assert fast.number[0, 1] == side
        assert (float(line[start:end]) if start >= 0 else fast.value[0]) == value


@settings(max_examples=200, deadline=None)
@given(PLAIN)
@example("9223372036854775808")
@example("-9223372036854775808")
@example("9223372036854775807")
def test_both_readers_take_a_whole_number_for_what_it_is_or_leave_it(text: str) -> None:
    number = int(text)
    for name, column in (("ts", 0), ("seq", 1)):
        line = line_of(**{name: text})
        fast, found = scanned(line), decode(line)
        if fast.read[0]:
            assert fast.whole[0, column] == number != ABSENT
            assert not isinstance(found, Fault)
        if not isinstance(found, Fault) and name == "seq":
            assert found.frame.seq == number
    fast = scanned(line_of(track=text))
    assert not fast.read[0] or text == str(number)


@pytest.mark.parametrize(
    "ts", ["9223372036854775808", "-9223372036854775808", "1" * 5_000, "1e400", "1e305", "-1e305", '{"x":1}']
)
def test_a_time_beyond_all_bounds_is_a_dead_letter(tmp_path: Path, ts: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(line_of() + b"\n" + line_of(ts=ts) + b"\n" + line_of())
    chunks = list(read(tmp_path / "a.jsonl", "native", options(now_us=NOW_US)))
    assert [position for position, _ in dead(chunks)] == [2]
    assert joined(chunks).frames["position"].to_list() == [1, 3]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress], ids=["plain", "gzip", "zstd"])
def test_a_byte_order_mark_costs_no_frame_wherever_files_were_put_together(tmp_path: Path, pack) -> None:
    wanted = batch(6)
    first, second = (b"\n".join(part) + b"\n" for part in np.array_split(to_json_lines(wanted).splitlines(), 2))
    (tmp_path / "a").write_bytes(pack(MARK + first) + pack(MARK + second))
    chunks = list(read(tmp_path / "a", "native", options()))
    assert_same(joined(chunks), wanted)
    assert dead(chunks) == []


@pytest.mark.parametrize("low", [0x50, 0x5F])
def test_a_zstd_file_may_begin_with_a_frame_to_be_skipped(tmp_path: Path, low: int) -> None:
    skipped = bytes([low, 0x2A, 0x4D, 0x18]) + (3).to_bytes(4, "little") + b"abc"
    (tmp_path / "a").write_bytes(skipped + zstd.compress(to_json_lines(batch(6))))
    assert_same(joined(read(tmp_path / "a", "native", options())), batch(6))


def test_a_time_of_the_wrong_type_that_is_no_utf_8_is_a_dead_letter(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        line_of() + b"\n" + line_of().replace(str(START_US).encode(), b'["\xed\xa0\x80"]')
    )
    assert [position for position, _ in dead(read(tmp_path / "a.jsonl", "native", options()))] == [2]
