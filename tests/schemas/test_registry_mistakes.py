"""Each mistake in a registry is named once, with its file, line and place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import load_areas
from schemas.errors import RegistryError
from schemas.registry.check import parse
from schemas.registry.mistakes import nearest

CONTRACT = (Path(__file__).parent / "contract.toml").read_text()
CALIBRATION_IMAGE = "image = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]"
CALIBRATION_GROUND = "ground_m = [[0, 20], [12, 20], [12, 0], [0, 0]]"
POLYGON = "polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]"
POINTS = "points = [[0.5, 0.0], [0.5, 1.0]]"
WORDS = ("flow", "crowd", "visits", "parking", "garbage", "pahlawan-utara")
LIMITS = "limits = { on = 0.1, off = 0.05, on_s = 180, off_s = 900 }"
SECOND_CAMERA = '[[camera]]\nid = "{id}"\narea = "{area}"\nfps = 10.0\n{more}\n[[road]]\nid = "pahlawan-utara"'
ROAD = '[[road]]\nid = "pahlawan-utara"'


def mistakes(*changes: tuple[str, str]) -> list[str]:
    text = CONTRACT
    for old, new in changes:
        assert text.count(old) >= 1, f"{old!r} is not in the text"
        text = text.replace(old, new, 1)
    with pytest.raises(RegistryError) as caught:
        parse({"kota.toml": text}, load_areas())
    return caught.value.mistakes


def again(id_: str = "smg-002", area: str = "00", more: str = "") -> tuple[str, str]:
    return ROAD, SECOND_CAMERA.format(id=id_, area=area, more=more)


def zones(number: int) -> str:
    """As many small zones, after the contract's own."""
    made = [f'[[camera.zone]]\nid = "z{i}"\nkind = "crowd"\n{POLYGON}\n' for i in range(number)]
    return f"{LIMITS}\n" + "".join(made)


def with_calibration(image: str, metres: str) -> list[tuple[str, str]]:
    return [(CALIBRATION_IMAGE, f"image = {image}"), (CALIBRATION_GROUND, f"ground_m = {metres}")]


ONE_MISTAKE = [
    pytest.param([(LIMITS, zones(64))], 19 + 63 * 4, "expected at most 64 zones of a camera, came 65", id="65 zones"),
    pytest.param([(POINTS, f"{POINTS}\nspeed_limit_kmh = -40")], 23, "a speed above 0, came -40", id="speed limit"),
    pytest.param([('"Simpang Lima"', '"Simpang')], 3, "a syntax error", id="syntax"),
    pytest.param([("owner =", "ownr =")], 6, "did you mean owner", id="unknown field"),
    pytest.param([("[[place]]", "[[places]]")], 37, "did you mean place", id="unknown table"),
    pytest.param([("fps = 10.0 ", "# ")], 1, "expected a field fps, came none", id="missing field"),
    pytest.param([("fps = 10.0", 'fps = "ten"')], 10, "expected a number, came 'ten'", id="wrong type"),
    pytest.param([("[[0.5, 0.0], [0.5, 1.0]]", "[[0.5, 0.0], [0.5]]")], 22, "a list of points", id="not points"),
    pytest.param([("[camera.calibration]", "[[camera.calibration]]")], 24, "expected a table", id="array for table"),
    pytest.param([again("smg-001", "33.74.07.1005")], 29, "each camera id once", id="same camera twice"),
    pytest.param(
        [again("smg-001", "33.74.07.1004", "valid_from = 2026-02-01T00:00:00Z")], 30, "a new id", id="moved camera"
    ),
    pytest.param(
        [(LIMITS, f'{LIMITS}\n[[camera.zone]]\nid = "trotoar"\nkind = "crowd"\n{POLYGON}')],
        20,
        "each zone id",
        id="same zone twice",
    ),
    pytest.param(
        [("[camera.cal", f'[[camera.line]]\nid = "utara"\n{POINTS}\n[camera.cal')],
        25,
        "each line id",
        id="same line twice",
    ),
    pytest.param([('id = "utara"', 'id = "a/b"'), ('"smg-001/utara"', "")], 20, "without /", id="slash in an id"),
    pytest.param([(POLYGON, "polygon = [[0.1, 0.5], [1.2, 0.5], [0.9, 1.0]]")], 15, "0..1", id="zone outside"),
    pytest.param([(POLYGON, "polygon = [[0.1, 0.5], [nan, 0.5], [0.9, 1.0]]")], 15, "0..1", id="zone of nan"),
    pytest.param(
        [(POLYGON, "polygon = [[0.1, 0.5], [0.9, 0.5], [0.1, 0.5]]")], 15, "3 different corners", id="two corners"
    ),
    pytest.param(
        [(POLYGON, "polygon = [[0.1, 0.5], [0.9, 1.0], [0.9, 0.5], [0.1, 0.9]]")],
        15,
        "does not cross itself",
        id="bow tie",
    ),
    pytest.param([(POLYGON, "polygon = [[0.1, 0.5], [0.5, 0.5], [0.9, 0.5]]")], 15, "around an area", id="no area"),
    pytest.param([("area_m2 = 240.0", "area_m2 = 0.0")], 16, "above 0", id="zone of no square metres"),
    pytest.param([(POINTS, "points = [[0.5, 0.0]]")], 22, "at least 2 points", id="one point"),
    pytest.param([(POINTS, "points = [[0.5, 0.0], [0.5, 1.1]]")], 22, "0..1", id="line outside"),
    pytest.param([(POINTS, "points = [[0.5, 0.5], [0.5, 0.55]]")], 22, "longer than a vehicle", id="short line"),
    pytest.param(
        [(POINTS, "points = [[0.2, 0.6], [0.8, 0.6], [0.8, 0.9], [0.5, 0.5]]")],
        22,
        "crosses itself",
        id="crossing line",
    ),
    pytest.param([("33.74.07.1005", "33.74.07.1055")], 4, "known area code", id="unknown kelurahan"),
    pytest.param([("33.74.07.1005", "31.71.01.1001")], 4, "known area code", id="another city"),
    pytest.param([("33.74.07.1005", "33.74.07.1005.2")], 4, "known area code", id="malformed RW"),
    pytest.param([("-6.9902, 110.4229", "-7.0799, 110.3300")], 5, "within 2 km", id="far from its area"),
    pytest.param([("-6.9902, 110.4229", "110.4229, -6.9902")], 5, "swap", id="latitude and longitude swapped"),
    pytest.param([("fps = 10.0", "fps = 0")], 10, "frames a second", id="no frames"),
    pytest.param([("fps = 10.0", "fps = 241")], 10, "at most 240", id="too many frames"),
    pytest.param([("fps = 10.0", "fps = nan")], 10, "frames a second", id="nan frames"),
    pytest.param([("1920, 1080", "1920, 0")], 9, "above 0", id="no pixels"),
    pytest.param([('"flood"]', '"flod"]')], 11, "did you mean flood", id="unknown metric"),
    pytest.param([('"flood"]', '"foo"]')], 11, "came foo: known are ", id="metric like none, whose letters flood has"),
    pytest.param([('"atcs" ', '"atc" ')], 7, "did you mean atcs", id="unknown category"),
    pytest.param([('kind = "crowd"', 'kind = "crowds"')], 14, "did you mean crowd", id="unknown kind"),
    pytest.param([("to_right =", "right =")], 23, "to_right or to_left", id="direction key"),
    pytest.param([('"keluar"', '"masuk"')], 23, "a name for each direction", id="two directions of one name"),
    pytest.param([('role = "flow"', 'role = "gate"')], 19, "expected entry on a gate", id="gate without entry"),
    pytest.param(
        with_calibration("[[0, 0], [1, 0], [1, 1]]", "[[0, 1], [1, 1], [1, 0]]"), 24, "at least 4 pairs", id="3 pairs"
    ),
    pytest.param([(CALIBRATION_GROUND, "ground_m = [[0, 20], [12, 20], [12, 0]]")], 24, "4 and 3", id="unequal counts"),
    pytest.param(
        with_calibration("[[0.1, 0.6], [0.2, 0.6], [0.3, 0.6], [0.5, 1.0]]", "[[0, 9], [1, 9], [2, 9], [5, 0]]"),
        24,
        "do not fix the ground",
        id="three on a line",
    ),
    pytest.param(
        [(CALIBRATION_GROUND, "ground_m = [[0, 20], [12, 20], [0, 0], [12, 0]]")], 24, "fold over", id="twisted ground"
    ),
    pytest.param(
        [
            (CALIBRATION_IMAGE, "image = [[0.4, 0.6], [0.6, 0.6], [0.9, 1.0], [0.1, 1.0]]"),
            (POLYGON, "polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 1.0], [0.1, 1.0]]"),
            (POINTS, "points = [[0.5, 0.6], [0.5, 1.0]]"),
        ],
        24,
        "zone trotoar below the horizon",
        id="zone across the horizon",
    ),
    pytest.param(
        with_calibration(
            "[[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0], [0.5, 0.75]]",
            "[[0, 20], [12, 20], [12, 0], [0, 0], [6, 2]]",
        ),
        24,
        "fit one plane",
        id="a pair that does not fit",
    ),
    pytest.param([("off = 0.05", "off = 0.1")], 18, "off below on", id="off not below on"),
    pytest.param([("on_s = 180", "on_s = -1")], 18, "above 0", id="negative seconds"),
    pytest.param([("on_s = 180", "parked_s = 30")], 18, "stopped_s below parked_s", id="parked before stopped"),
    pytest.param(
        [('"crowd", "flow", "mask", "visits", "parking", "garbage", "flood"', '"night"')],
        11,
        "of its zones",
        id="measures nothing",
    ),
    pytest.param([('"smg-001/utara"]', '"smg-001/utra"]')], 35, "did you mean smg-001/utara", id="road of no line"),
    pytest.param([('"smg-001/trotoar"]', '"smg-001/trottoir"]')], 40, "a registered zone", id="place of no zone"),
    pytest.param([("gates = []", 'gates = ["smg-001/utara"]')], 41, "of role gate", id="gate that is no gate"),
    pytest.param([('["06:00", "23:00"]', '["06:00", "25:00"]')], 42, "hours such as", id="place hours"),
    pytest.param([("area_m2 = 240.0", 'hours = ["6-22"]')], 16, "hours such as", id="zone hours"),
    pytest.param([("area_m2 = 240.0", 'classes = ["cars"]')], 16, "did you mean car", id="unknown class"),
    pytest.param(
        [
            (LIMITS, f'{LIMITS}\n[[camera.zone]]\nid = "tepi"\nkind = "crowd"\n{POLYGON}'),
            ('"smg-001/trotoar"]', '"smg-001/trotoar", "smg-001/tepi"]'),
        ],
        44,
        "do not overlap",
        id="overlapping place zones",
    ),
    pytest.param([("size =", 'optics = "ptz"\nsize =')], 20, "no line on ptz", id="line on a PTZ"),
    pytest.param([("size =", "simulated = true\nsize =")], 9, "begins with sim-", id="simulated without the prefix"),
    pytest.param([("size =", "valid_from = 2026-01-05T00:00:00\nsize =")], 9, "with its offset", id="naive valid_from"),
    pytest.param(
        [("size =", "valid_from = 2026-01-05T00:00:00Z\nvalid_until = 2026-01-05T07:00:00+07:00\nsize =")],
        10,
        "a time after valid_from",
        id="gone before it came",
    ),
    pytest.param([("width_m = 14.0", "width_m = -14.0")], 33, "above 0", id="negative width"),
    pytest.param([("width_m = 14.0", "factors = { FCsf = 0.0 }")], 33, "a factor above 0", id="factor of zero"),
    pytest.param(
        [('"smg-001/utara"]', '"smg-001/utara", "smg-001/utara"]')], 35, "each line once", id="road with a line twice"
    ),
    pytest.param([('kind = "crowd"', 'kind = "lane"')], 40, "a zone of kind crowd", id="place of a lane zone"),
    pytest.param([("size =", "silence_s = 0\nsize =")], 9, "seconds above 0", id="no silence"),
    pytest.param([again("")], 29, "expected an id, came an empty one", id="empty id"),
    pytest.param([("[[0, 20]", "[[0, inf]")], 24, "finite numbers", id="infinite ground"),
    pytest.param(
        [("width_m = 14.0", "green_s = 90\ncycle_s = 60")], 33, "within its cycle", id="green beyond the cycle"
    ),
]


@pytest.mark.parametrize(("changes", "line", "words"), ONE_MISTAKE)
def test_a_mistake_is_named_once_with_its_line(changes, line, words):
    found = mistakes(*changes)
    assert len(found) == 1, found
    assert found[0].startswith(f"kota.toml:{line}: ")
    assert words in found[0]


@given(st.sampled_from(WORDS), st.integers(0, 30), st.sampled_from("aesx"), st.integers(0, 2))
def test_a_word_with_one_letter_mistyped_is_near_and_one_of_half_its_letters_is_not(word, at, letter, how):
    at %= len(word)
    typed = (word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :])[how]
    assert nearest(typed, [word]) == word
    assert nearest(word[: len(word) // 2], [word]) is None


def test_a_camera_may_have_64_zones():
    assert len(parse({"kota.toml": CONTRACT.replace(LIMITS, zones(63), 1)}, load_areas()).camera[0].zone) == 64


def test_ten_mistakes_are_reported_at_once():
    found = mistakes(
        ("owner =", "ownr ="),
        ("fps = 10.0", "fps = 0"),
        ('"atcs" ', '"atc" '),
        ("33.74.07.1005", "99"),
        ('"flood"]', '"flod"]'),
        ("area_m2 = 240.0", 'area_m2 = "big"'),
        (POINTS, "points = [[0.5, 0.5]]"),
        ("[12, 0], [0, 0]", "[12, 0]"),
        ("width_m = 14.0", "width_m = 0"),
        ('["06:00", "23:00"]', '["06:00"]'),
    )
    assert [int(row.split(":")[1]) for row in found] == [4, 6, 7, 10, 11, 16, 22, 24, 33, 42]


def test_a_mistake_reads_as_file_line_place_expectation_and_advice():
    assert mistakes(("off = 0.05", "off = 0.1")) == [
        "kota.toml:18: camera smg-001, zone trotoar, limits: expected off below on, came on = 0.1, off = 0.1: lower off"
    ]
