"""nvschema as JSON lines: two golden files worked out by hand, and every trap of its shapes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.formats import read
from connectors.formats.nvschema_classes import CLASSES
from connectors.formats.nvschema_lines import time_us
from flows import cli
from schemas.errors import UsageError
from schemas.frames import CLASSES as OURS
from tests.connectors.frames import START_US, joined, options
from tests.connectors.nvschema import ALONE, FACES, GOLDEN, HUGE, PLACE, SIZE, frame, read_file, read_lines, thing

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def test_the_full_golden_file_reads_as_worked_out_by_hand() -> None:
    frames, objects, letters = read_file(GOLDEN / "full.jsonl")
    assert frames == [
        ("smg-201", 0, 1, 1000, 500, 1),
        ("smg-201", 100_000, 2, 1000, 500, 2),
        ("smg-201", 200_000, 3, 1000, 500, 3),
        ("smg-201", 0, 1, 1000, 500, 4),
        ("smg-201", 300_000, None, 1000, 500, 5),
        ("smg-202", 400_000, 1, 1000, 500, 10),
    ]
    assert objects == [
        (0, "person", 0.5, "11", 0.1, 0.1, 0.2, 0.5),
        (0, "car", 0.25, "12", 0.5, 0.5, 0.75, 1.0),
        (2, "motorcycle", None, HUGE, 0.0, 0.8, 0.1, 1.0),
        (3, "person", 0.5, "11", 0.1, 0.1, 0.2, 0.5),
        (4, "Traffic Cone", None, "-1", 0.0, 0.0, 0.25, 0.25),
        (5, "bus", 1.0, "5", 0.0, 0.0, 1.0, 1.0),
    ]
    assert letters == [(6, "not_json"), (7, "bad_type"), (8, "future"), (9, "bad_time")]


def test_the_minimal_golden_file_reads_as_worked_out_by_hand() -> None:
    frames, objects, letters = read_file(GOLDEN / "minimal.jsonl", camera="smg-204")
    assert frames == [
        ("smg-203", 0, 0, 1000, 500, 1),
        ("smg-203", 33_000, 1, 1000, 500, 2),
        ("smg-204", 66_000, 2, 1000, 500, 3),
    ]
    assert objects == [
        (0, "car", 0.8, "957", 0.1, 0.1, 0.2, 0.5),
        (0, "person", None, "958", 0.5, 0.5, 0.75, 1.0),
        (0, "traffic light", None, HUGE, 0.0, 0.0, 0.1, 0.2),
        (1, "person", None, "958", 0.5, 0.5, 0.75, 1.0),
    ]
    assert letters == [(4, "bad_type"), (5, "bad_box")]


def test_boxes_without_area_are_rejected_and_counted_and_their_frames_stand() -> None:
    for name in ("full.jsonl", "minimal.jsonl"):
        chunks = list(read(GOLDEN / name, "nvschema", options(size=SIZE)))
        assert sum(chunk.rejected_objects for chunk in chunks) == 1
        assert {row[0] for chunk in chunks for row in chunk.batch.frames.select("ts_source").rows()} == {"capture"}


def test_names_plates_looks_and_embeddings_do_not_come_in(tmp_path: Path) -> None:
    everything = ["embedding", "pose", "gaze", "license", "name", "gender", "age", "hair", "apparel", "region"]
    told = thing(info=dict.fromkeys(everything, "secret")) | {name: {"of": "secret"} for name in everything}
    text = "7|100|50|200|250|Person|#|secret|31|secret|secret|secret|0.5|#|embedding|secret"
    (tmp_path / "a.jsonl").write_text(frame(told, text, socialDistancing="secret", info={"plate": "secret"}))
    got = joined(read(tmp_path / "a.jsonl", "nvschema", options(size=SIZE)))
    assert got.objects.height == 2
    assert "secret" not in got.frames.write_csv() + got.objects.write_csv() + got.signals.write_csv()


ENHANCED = {
    "fov": [{"id": "", "type": "Person", "count": 2, "objectIds": ["7", "8"], "coordinates": []}],
    "rois": [{"id": "r", "type": "Person", "count": 1, "objects": [thing(id="inside")], "timestamp": "2026-01-05"}],
    "socialDistancing": {"threshold": 2, "objects": [thing(id="near")], "clusters": [{"objects": [thing()]}]},
    "congestions": [{"objects": [thing(id="slow")], "@timestamp": "2026-01-05T00:00:00Z"}],
    "interactions": {"info": {}, "objects": ["9|1|2|3|4|Person"]},
    "segmentation": {"mask": [1, 0]},
}


@pytest.mark.parametrize("indent", [None, 1])
def test_of_an_enhanced_frame_only_its_own_objects_count(tmp_path: Path, indent: int | None) -> None:
    """Metropolis' analytics say of regions and groups who is in them: the same persons again."""
    told = json.loads(frame(thing(id="8"), thing(info={"mask": "masked"}), **ENHANCED))
    lines = json.dumps([{**ENHANCED, **told}, {**told, **ENHANCED}], indent=indent)
    frames, objects, letters = read_lines(tmp_path, lines)
    assert ([row[0] for row in frames], letters) == (["smg-001"] * 2, [])
    assert [(row[0], row[3]) for row in objects] == [(0, "8"), (0, "7"), (1, "8"), (1, "7")]


def test_masks_are_taken_from_info_by_their_very_names(tmp_path: Path) -> None:
    told = [
        {"mask": "Unmasked", "mask_confidence": "0.75", "face_px": "31"},
        {"mask": "masked", "mask_confidence": 1, "face_px": 31},
        {"mask": "0,0,7,7", "mask_confidence": "", "face_px": None},
        {"Mask": "masked", "maskConfidence": "0.5", "age": 31},
        {"mask": [[0, 0], [7, 7]], "mask_confidence": "-0.1"},
    ]
    (tmp_path / "a.jsonl").write_text(frame(*[thing(info=info) for info in told], thing(info=None)))
    got = joined(read(tmp_path / "a.jsonl", "nvschema", options(size=SIZE)))
    none = (None, None, None)
    assert got.objects.select(FACES).rows() == [("unmasked", 0.75, 31), ("masked", 1, 31), none, none, none, none]


TIMES = {
    "2026-01-05T00:00:00Z": 0,
    "2026-01-05T00:00:00.123456Z": 123_456,
    "2026-01-05T00:00:00.123456789Z": 123_456,
    "2026-01-05T07:00:00.5+07:00": 500_000,
    "2026-01-04T19:00:00-05:00": 0,
    "2026-01-05T00:00:01": 1_000_000,
    "2026-01-05 00:00:01.25": 1_250_000,
    "20260105T000001Z": 1_000_000,
    "0001-01-01T00:00:00+14:00": -62_135_596_800_000_000 - 14 * 3_600_000_000 - START_US,
}


@pytest.mark.parametrize(("text", "after_us"), TIMES.items(), ids=TIMES.keys())
def test_times_with_and_without_offset_are_utc(text: str, after_us: int) -> None:
    t_us = time_us(text)
    assert t_us is not None
    assert t_us - START_US == after_us


@pytest.mark.parametrize("text", ["", "2026-01-05", "2026-W01-1", "1767571200", "2026-13-05T00:00:00Z", "noon"])
def test_what_is_no_time_is_a_dead_letter(tmp_path: Path, text: str) -> None:
    assert read_lines(tmp_path, frame(timestamp=text)) == ([], [], [(1, "bad_time")])


def test_either_name_of_the_time_is_read_and_timestamp_wins(tmp_path: Path) -> None:
    second, third = "2026-01-05T00:00:01Z", "2026-01-05T00:00:02Z"
    lines = [
        frame(timestamp=..., **{"@timestamp": second}),
        frame(timestamp=None, **{"@timestamp": second}),
        frame(timestamp=third, **{"@timestamp": second}),
    ]
    frames, _, letters = read_lines(tmp_path, *lines)
    assert ([t_us for _, t_us, *_ in frames], letters) == ([1_000_000, 1_000_000, 2_000_000], [])


IDS = {
    '"17"': 17,
    "17": 17,
    '"0"': 0,
    "-5": -5,
    '"9223372036854775807"': 2**63 - 1,
    '"9223372036854775808"': None,
    "9223372036854775808": None,
    '"' + "9" * 5000 + '"': None,
    '"frame-17"': None,
    '"1_000"': None,
    '"٤٢"': None,
    '""': None,
    "null": None,
}


@pytest.mark.parametrize(("written", "seq"), IDS.items(), ids=[text[:12] for text in IDS])
def test_a_frames_id_is_its_number_if_it_is_one(tmp_path: Path, written: str, seq: int | None) -> None:
    frames, _, letters = read_lines(tmp_path, frame().replace('"id": "1"', f'"id": {written}'))
    assert ([row[2] for row in frames], letters) == ([seq], [])


@pytest.mark.parametrize(("given", "track"), [("7", "7"), (7, "7"), ("", ""), (-1, "-1"), (2**64 - 1, HUGE)])
def test_a_track_is_the_objects_id_as_text(tmp_path: Path, given: object, track: str) -> None:
    _, objects, _ = read_lines(tmp_path, frame(thing(id=given)))
    assert objects[0][3] == track


def test_an_object_without_id_is_untracked(tmp_path: Path) -> None:
    without = thing()
    del without["id"]
    _, objects, _ = read_lines(tmp_path, frame(without, thing(id=None)))
    assert [row[3] for row in objects] == [None, None]


CONFIDENCES = {0: 0.0, 1: 1.0, 0.25: 0.25, None: None, -0.1: None, -0.10000000149011612: None, -1.0: None}


@pytest.mark.parametrize(("given", "wanted"), CONFIDENCES.items())
def test_a_confidence_that_is_not_set_is_absent(tmp_path: Path, given: object, wanted: float | None) -> None:
    _, objects, letters = read_lines(tmp_path, frame(thing(confidence=given)))
    assert (objects[0][2], letters) == (wanted, [])


MINIMAL = {
    "nothing behind the type": ("|Person", "person", None),
    "a trailing bar": ("|Person|", "person", None),
    "a confidence at once": ("|Person|0.25", "person", 0.25),
    "a confidence at once and a bar": ("|Person|0.25|", "person", 0.25),
    "a name with spaces": ("|Two Wheeler", "motorcycle", None),
    "an unknown name with spaces": ("|traffic light|#|red|0.25", "traffic light", 0.25),
    "one label of a classifier": ("|car|#|sedan|0.25", "car", 0.25),
    "two labels and a bar": ("|car|#|sedan|blue|0.25|", "car", 0.25),
    "six empty attributes": ("|Vehicle|#|||||||0.25", "car", 0.25),
    "six empty attributes, none": ("|Vehicle|#||||||", "car", None),
    "the confidence missing": ("|Vehicle|#|sedan|Bugatti|M|blue|CA 444|California", "car", None),
    "the confidence empty": ("|Vehicle|#|sedan|Bugatti|M|blue|CA 444|California|", "car", None),
    "a number as plate, region empty": ("|Vehicle|#|sedan|Bugatti|M|blue|444|", "car", None),
    "an age, and no more": ("|Person|#|m|31|", "person", None),
    "an age, then empty": ("|Person|#|m|31|||", "person", None),
    "not set": ("|Person|#|m|31|b|n|f|-0.1", "person", None),
    "not set, and a bar": ("|Person|#|m|31|b|n|f|-1|", "person", None),
    "zero": ("|Vehicle|#|||||||0", "car", 0.0),
    "exponent": ("|Vehicle|#|||||||2.5e-01", "car", 0.25),
    "a pose behind it": ("|Person|#|m|31|b|n|f|0.25|#|pose2D|nose,1,2,0.9|neck,1,2,0.9|", "person", 0.25),
    "an embedding behind it": ("|Person|#|m|31|b|n|f|0.25|#|embedding|0.7|#|SV3DT|0.9|1,2|", "person", 0.25),
    "a pose before it": ("|Person|#|m|31|b|n||#|pose2D|nose,1,2,0.9||0.25", "person", 0.25),
    "an embedding, and none": ("|Person|#|m|31|b|n|f|#|embedding|0.7", "person", None),
    "a mark and nothing": ("|Person|#", "person", None),
}


@pytest.mark.parametrize(("rest", "cls", "confidence"), MINIMAL.values(), ids=MINIMAL.keys())
def test_minimal_objects_of_either_shape_are_read(
    tmp_path: Path, rest: str, cls: str, confidence: float | None
) -> None:
    frames, objects, letters = read_lines(tmp_path, frame("7|100|50|200|250" + rest))
    assert (len(frames), letters) == (1, [])
    assert objects == [(0, cls, confidence, "7", *PLACE)]


def test_both_shapes_may_stand_in_one_frame(tmp_path: Path) -> None:
    _, objects, letters = read_lines(tmp_path, frame(thing(), "7|100|50|200|250|Person|#|||||||0.5", thing()))
    assert (objects, letters) == ([ALONE] * 3, [])


def test_a_camera_given_names_only_frames_without_one(tmp_path: Path) -> None:
    lines = [frame(), frame(sensorId=""), frame(sensorId=None), frame(sensorId=...), frame(sensorId=0)]
    frames, _, letters = read_lines(tmp_path, *lines, camera="smg-009")
    assert [row[0] for row in frames] == ["smg-001", "smg-009", "smg-009", "smg-009", "0"]
    assert letters == []


SIZES = {
    "width and height as text": ({"width": "2000", "height": "1000"}, (2000, 1000)),
    "frameWidth and frameHeight": ({"frameWidth": 2000, "frameHeight": 1000}, (2000, 1000)),
    "the width alone": ({"width": "2000"}, SIZE),
    "zero": ({"width": "0", "height": "0"}, SIZE),
    "a word": ({"width": "wide", "height": "1000"}, SIZE),
    "too large": ({"width": 2**31, "height": 1000}, SIZE),
    "a list of sources": ([{"source_id": "0", "timestamp": "1"}], SIZE),
    "null": (None, SIZE),
    "a text": ("info", SIZE),
    "wrong types": ({"width": [2000], "height": 1000}, SIZE),
}


@pytest.mark.parametrize(("info", "size"), SIZES.values(), ids=SIZES.keys())
def test_a_frames_own_size_wins_over_the_one_given(tmp_path: Path, info: object, size: tuple[int, int]) -> None:
    frames, objects, letters = read_lines(tmp_path, frame(thing(), info=info))
    assert ([row[3:5] for row in frames], letters) == ([size], [])
    assert objects[0][4] == 100 / size[0]


def test_a_size_that_nobody_knows_is_asked_for_by_its_flag(tmp_path: Path) -> None:
    frames, _, _ = read_lines(tmp_path, frame(), size=None)
    assert frames == [("smg-001", 0, 1, None, None, 1)]
    frames, _, _ = read_lines(tmp_path, frame(thing(), info={"width": 1000, "height": 500}), size=None)
    assert frames[0][3:5] == SIZE
    with pytest.raises(UsageError, match=r"--format nvschema.*--size"):
        read_lines(tmp_path, frame(), frame(thing()), size=None)


def test_labels_are_known_in_any_case_and_a_class_map_wins(tmp_path: Path) -> None:
    labels = ["PERSON", "two_wheeler", "TwoWheeler", "Car", "Road Sign", "Vehicle", "vehicle", "Bag"]
    lines = frame(*[thing(type=label) for label in labels])
    _, objects, _ = read_lines(tmp_path, lines)
    motor = "motorcycle"
    assert [row[1] for row in objects] == ["person", motor, motor, "car", "Road Sign", "car", "car", "Bag"]
    _, objects, _ = read_lines(tmp_path, lines, class_map={"Vehicle": "truck", "Two Wheeler": "bicycle", "Bag": "bag"})
    assert [row[1] for row in objects] == ["person", *["bicycle"] * 2, "car", "Road Sign", *["truck"] * 2, "bag"]


def test_the_documentation_names_the_labels_that_are_known() -> None:
    table = re.search(r"^\| ours \| labels \|\n\|---\|---\|\n((?:\|.*\n)+)", DOCS.read_text(), re.MULTILINE)
    assert table is not None
    rows = re.findall(r"\| `(\w+)` \| ([^|(]+)", table[1])
    told = {label.strip().replace(" ", ""): ours for ours, labels in rows for label in labels.split(",")}
    assert told == CLASSES


def test_the_table_of_labels_leads_to_classes_with_a_meaning() -> None:
    assert set(CLASSES.values()) == set(OURS)
    assert [label for label in CLASSES if label != label.casefold() or set(label) & set(" _-")] == []


REPLAYS = {
    "full": ("full.jsonl", {"frames": 5, "objects": 5, "dead_letters": 4, "late": 0, "duplicates": 1}, 10),
    "minimal": ("minimal.jsonl", {"frames": 3, "objects": 4, "dead_letters": 2, "late": 0, "duplicates": 0}, 5),
}


@pytest.mark.parametrize(("name", "wanted", "records"), REPLAYS.values(), ids=REPLAYS.keys())
def test_a_replay_accounts_for_every_record(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    wanted: dict[str, int],
    records: int,
    empty_store: Callable[[str], str],
) -> None:
    monkeypatch.chdir(tmp_path)
    where = ["--warehouse", empty_store("store")]
    asked = ["--format", "nvschema", "--size", "1000x500", "--camera", "smg-204", "--json"]
    monkeypatch.setattr(sys, "argv", ["tilik", "replay", str(GOLDEN / name), *asked, *where])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {key: said[key] for key in wanted} == wanted
    assert said["frames"] + said["duplicates"] + said["dead_letters"] == records
    assert said["rows"] > 0
