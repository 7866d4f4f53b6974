"""Of a refused record what is read stays, each field of its kind; nothing else of it does, wherever it stands."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import RAW_BYTES
from connectors.formats import to_json_lines, without_names
from connectors.formats.kept import letters, parsed, told
from connectors.formats.kept_cuts import Names
from connectors.formats.kept_fields import FORMATS, formats
from operators.stage.intake import track_name, tracks
from schemas import track_names
from schemas.came import came
from schemas.frames import DEAD_LETTERS
from schemas.hidden_names import hidden
from tests.flows.city import stream
from tests.flows.planted import NAME, PLANTED, PLATE, VECTOR

KINDS = sorted(FORMATS)
READ = (
    "camera", "ts", "objects", "class", "box", "track", "mask", "signals", "kind", "image", "hash", "confidence",
    "timestamp", "@timestamp", "sensorId", "id", "bbox", "leftX", "type", "info", "width", "detections", "frame",
    "name",
    "x", "sensor", "object", "vehicle", "topleftx", "topic", "payload", "Frame", "@Source", "Object",
    "@ObjectId", "Appearance", "Class", "Type", "#text", "Data", "State", "detection", "label", "roi_type", "facemask",
    "category", "bounding_box", "after", "box",
    "trackerDataForLastFrame", "frameIndex", "data", "videoResolution", "$date", "$numberLong",
)  # fmt: skip
PERSONAL = st.sampled_from([NAME, PLATE, f"7|1|2|30|40|{NAME}|{PLATE}", f"{PLATE}|1|2|3|4|car|#|{NAME}|0.5", VECTOR])
FIELDS = st.sampled_from([*READ, NAME, "plate"])
PLAIN = st.sampled_from([1, 0.5, None, True, "car", "7", "2026-01-05T00:00:00Z"])
VALUES = st.recursive(
    PERSONAL | PLAIN,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from([*READ, NAME, "plate"]), inner, max_size=6)
    ),
    max_leaves=30,
)


def record(raw: bytes, kind: str) -> bytes | None:
    return parsed(raw, kind).raw


def names(text: str) -> list[str]:
    return [each for each in PLANTED if each in text]


@pytest.mark.parametrize("kind", KINDS)
@given(value=VALUES)
def test_whatever_stands_wherever_nothing_of_a_person_is_kept(kind: str, value: Any) -> None:
    kept = record(json.dumps(value).encode(), kind)
    assert kept is not None
    assert names(kept.decode()) == []


@pytest.mark.parametrize("kind", KINDS)
@given(value=VALUES)
def test_what_is_kept_is_kept_as_it_is_again(kind: str, value: Any) -> None:
    kept = record(json.dumps(value).encode(), kind)
    assert kept is not None
    assert record(kept, kind) == kept


@given(st.lists(st.sampled_from(["1", "-2.5", "1e3", "nan", "", NAME, PLATE, str(VECTOR[0])]), max_size=80))
def test_of_a_row_at_most_its_first_columns_are_kept(cells: list[str]) -> None:
    kept = record(",".join(cells).encode(), "mot")
    assert kept is not None
    assert names(kept.decode().replace(str(VECTOR[0]), "")) == []
    assert kept.count(b",") < 10


def test_what_is_hidden_is_no_label_any_more() -> None:
    sent = json.dumps({"objects": [f"7|1|2|30|40|{NAME}"]}).encode()
    once = record(sent, "nvschema")
    assert once is not None
    assert record(once, "nvschema") == once


def test_a_good_frame_is_kept_whole() -> None:
    batch = stream(["a"], 5)
    (line, *_) = to_json_lines(batch).splitlines()
    kept = json.loads(record(line, "native") or b"")
    wanted = json.loads(line)
    for thing in wanted["objects"]:
        thing["track"] = None if thing["track"] is None else track_names.stored(thing["track"])
    assert kept == wanted


def test_frames_as_columns_are_kept_like_records() -> None:
    batch = stream(["a", "b"], 30)
    strange = pl.col("class").replace({"car": NAME})
    named = batch.objects.with_columns(strange, track=pl.lit(PLATE))
    whole = type(batch)(batch.frames, named, batch.signals, batch.source)
    written = to_json_lines(whole).splitlines()
    columns = to_json_lines(without_names(whole)).splitlines()
    assert names(b"".join(columns).decode()) == []
    assert [json.loads(record(line, "native") or b"") for line in written] == [json.loads(line) for line in columns]


KEPT = {
    "a class in capitals": ("nvschema", '{"objects":[{"type":"Two-Wheeler"}]}', '{"objects":[{"type":"Two-Wheeler"}]}'),
    "a class of no list": (
        "native", '{"objects":[{"class":"budi"}]}', f'{{"objects":[{{"class":"{hidden("budi")}"}}]}}',
    ),
    "a list for a track": ("native", '{"objects":[{"track":[1]}]}', '{"objects":[{"track":[]}]}'),
    "a vector for a box": (
        "native", json.dumps({"objects": [{"box": VECTOR}]}), '{"objects":[{"box":"<a list>"}]}',
    ),
    "a name for a number": ("native", json.dumps({"seq": NAME}), '{"seq":"<a text>"}'),
    "a number as a text": ("native", '{"seq":"17"}', '{"seq":"17"}'),
    "NaN, to be mended": ("native", '{"objects":[{"box":[NaN,0,1,1]}]}', '{"objects":[{"box":[NaN,0,1,1]}]}'),
    "a minimal object": (
        "nvschema", '{"objects":["5|1|2|3|4|Person|#|F|37|0.9|#|0.1|0.2"]}', '{"objects":["5|1|2|3|4|Person|0.9"]}',
    ),
    "an event of a stream": ("opendatacam", 'data: {"frame":1,"who":2}', '{"frame":1}'),
    "a row": ("mot", f"1;2;{NAME};4;5;6;0,9;1;{PLATE};0.7", "1;2;<a text>;4;5;6;0,9;1"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "kept"), KEPT.values(), ids=KEPT.keys())
def test_what_is_kept_of_a_record(kind: str, raw: str, kept: str) -> None:
    assert record(raw.encode(), kind) == kept.encode()


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe{}", b'{"camera":"a"} more', b"[" * 100_000], ids=range(4))
def test_what_cannot_be_parsed_is_kept_only_by_who_asks(raw: bytes) -> None:
    row = {
        "source": "f",
        "position": 1,
        "reason": "not_json",
        "detail": "x",
        "first_seen_us": 0,
        "count": 1,
        "raw": raw,
    }
    rows = pl.DataFrame([row], schema=DEAD_LETTERS)
    assert letters(rows, "native", ())["raw"].to_list() == [None]
    assert letters(rows, "native", (), keeps_unreadable=True)["raw"].to_list() == [raw[:RAW_BYTES]]


def test_details_quote_only_what_the_registry_knows() -> None:
    said = told(f"camera 'a': the sender's {NAME!r} and \"{PLATE}\" at its clock's end", {"a"})
    assert said == f"camera 'a': the sender's {came(NAME)} and {came(PLATE)} at its clock's end"
    assert (
        told(f"camera {PLATE}: all boxes lie outside", {"a"})
        == "camera (an id of 14 characters): all boxes lie outside"
    )
    assert len(told("x" * 1_000_000, {"a"})) < 400


@given(st.text(max_size=30))
def test_a_track_is_stored_by_the_code_that_kernels_know_it_by(name: str) -> None:
    (code,) = tracks(pl.Series([name], dtype=pl.String)).tolist()
    if code and not track_names.PLAIN.fullmatch(name):
        assert track_names.stored(name) == track_name(code, {}) == track_names.column(pl.Series([name]))[0]
    assert track_names.stored(track_names.stored(name)) == track_names.stored(name)


@given(st.text(max_size=30) | st.from_regex(r"t-[0-9a-f]{1,17}", fullmatch=True) | st.integers(-5, 10**25).map(str))
def test_the_stored_name_of_a_track_is_read_as_the_track_itself(name: str) -> None:
    own, stored = tracks(pl.Series([name, track_names.stored(name)], dtype=pl.String)).tolist()
    assert own == stored


KNOWN = Names(frozenset({"CCTV Simpang Lima", "jalan raya, utara"}), frozenset({"becak", "andong kuda"}))


def test_what_the_registry_and_the_class_map_know_is_no_secret() -> None:
    frame = {
        "camera": "CCTV Simpang Lima", "objects": [{"class": "becak", "track": "7"}, {"class": "andong"}],
        "signals": [{"kind": "flood", "zone": "jalan raya, utara", "value": 0.5}],
    }  # fmt: skip
    kept = json.loads(parsed(json.dumps(frame).encode(), "native", formats(KNOWN)).raw or b"")
    assert kept == {**frame, "objects": [frame["objects"][0], {"class": hidden("andong")}]}  # type: ignore[index]


@given(st.sampled_from([NAME, PLATE]) | st.text(min_size=1, max_size=64), st.sampled_from(KINDS))
def test_no_placeholder_tells_how_long_a_text_was(text: str, kind: str) -> None:
    """A hash is as long whatever it is of; a text of another length leaves the same behind."""
    fields = ["ts_source", "seq", "width", "image", "signals", "frame", "info", "id", "timestamp", "ts", "camera"]
    one, two = (
        json.loads(record(json.dumps(dict.fromkeys(fields, t)).encode(), kind) or b"") for t in (text, "ä!" * 20)
    )
    same = [name for name in one if one[name] != text and one[name] != hidden(text)]
    assert [one[name] for name in same] == [two[name] for name in same]


def long_frame(objects: int) -> bytes:
    thing = {"class": "car", "box": [0.1, 0.2, 0.3, 0.4], "plate": PLATE * 3}
    return json.dumps({"camera": "a", "ts": 1, "objects": [thing] * objects}).encode()


def test_a_long_record_is_parsed_before_it_is_cut() -> None:
    """What nobody reads fills no room; what is still too long loses its last objects, and says so."""
    raw = long_frame(1_000)
    kept, cut = parsed(raw, "native")
    assert len(raw) > RAW_BYTES > len(kept or b"")
    assert (len(json.loads(kept or b"")["objects"]), cut) == (1_000, "")
    row = {"source": "f", "position": 1, "reason": "bad_type", "detail": "x", "first_seen_us": 0, "count": 1}
    rows = pl.DataFrame([{**row, "raw": long_frame(4_000)}], schema=DEAD_LETTERS)
    (found,) = letters(rows, "native", ()).to_dicts()
    few = len(json.loads(found["raw"])["objects"])
    assert found["cut"] == f"kept are {few:,} of its 4,000 objects, more do not fit"
    assert found["detail"] == f"x; {found['cut']}"
    assert RAW_BYTES - 100 < len(found["raw"]) <= RAW_BYTES
