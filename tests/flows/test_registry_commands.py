"""`tilik registry import`, `preview` and `suggest`: what is typed, what is said, what is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl
import pytest
from PIL import Image

from connectors import registry as registries
from connectors.warehouse import Warehouse, connect
from flows import letters_of, suggestions
from schemas.errors import WarehouseError
from schemas.registry import Camera, Line, Registry, Road, Zone
from tests.connectors.minutes import rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
HEAD = "nama;lintang;bujur;instansi\n"
GOOD = HEAD + "Simpang Lima;-6,9902;110,4229;Dishub\nTitik Nol;-6,968889;110,424695;Dishub\n"
DRAWN = """# Drawn by hand.
# Do not lose.
[[camera]]
id = "simpang-lima"
name = "Simpang Lima"
area = "33.74.07.1005"
position = [-6.9902, 110.4229]
owner = "dpu"
fps = 25.0
metrics = ["crowd"]
[[camera.zone]]
id = "alun"
kind = "crowd"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
[[camera]]
id = "lama"
area = "00"
fps = 5.0
"""


def test_an_imported_registry_passes_the_check(tilik, tmp_path):
    (tmp_path / "list.csv").write_text(GOOD)
    code, out, _ = tilik("registry", "import", "list.csv", "--out", "cameras.toml", "--fps", 10, "--category", "atcs")
    assert (code, out) == (0, "cameras.toml: 2 cameras: 2 new\n")
    code, out, _ = tilik("registry", "check", "cameras.toml")
    assert (code, out) == (0, "cameras.toml: good: 2 cameras, 0 zones, 0 lines, 0 roads, 0 places\n")
    found = registries.load(tmp_path / "cameras.toml").camera
    assert [(c.id, c.area, c.category) for c in found] == [
        ("simpang-lima", "33.74.07.1005", "atcs"),
        ("titik-nol", "33.74.02.1009", "atcs"),
    ]


def test_nothing_is_written_while_a_row_is_wrong(tilik, tmp_path):
    (tmp_path / "list.csv").write_text(GOOD + "Rusak;x;y;\nUtara;6,9902;110,4229;\n")
    asked = ("registry", "import", "list.csv", "--out", "cameras.toml", "--fps", 10)
    code, out, err = tilik(*asked)
    assert (code, out, (tmp_path / "cameras.toml").exists()) == (1, "", False)
    assert [line.split(": ")[1] for line in err.splitlines()[:2]] == ["list.csv:4", "list.csv:5"]
    assert err.splitlines()[2] == (
        "tilik: 2 of 4 rows cannot be used: cameras.toml is not written; correct them, or add --skip-bad"
    )
    code, out, err = tilik(*asked, "--skip-bad")
    assert (code, out) == (0, "cameras.toml: 2 cameras: 2 new, 2 of 4 rows left out\n")
    assert "left out: list.csv:4: expected latitude and longitude" in err


def test_one_cause_is_one_line_and_the_columns_that_were_not_read_are_named(tilik, tmp_path):
    rows = "".join(f"Titik {at},dpu,{110 + at / 1000},{-6 - at / 1000}\n" for at in range(20))
    (tmp_path / "list.csv").write_text("nama,instansi,EASTPOS,NORTHPOS\n" + rows)
    code, _, err = tilik("registry", "import", "list.csv", "--out", "cameras.toml", "--fps", 10)
    assert code == 1
    cause, unread, last = err.splitlines()
    assert "list.csv:2: expected a place, came neither" in cause
    assert "(so too lines 3, 4, 5, 6, 7 and 14 more)" in cause
    assert unread.endswith("list.csv: columns that are not read: EASTPOS, NORTHPOS")
    assert "20 of 20 rows cannot be used" in last


def test_skipping_every_row_writes_nothing(tilik, tmp_path):
    (tmp_path / "list.csv").write_text(HEAD + "Rusak;x;y;\n")
    code, _, err = tilik("registry", "import", "list.csv", "--out", "cameras.toml", "--fps", 10, "--skip-bad")
    assert (code, "no row is left" in err, (tmp_path / "cameras.toml").exists()) == (1, True, False)


def test_a_drawn_registry_is_not_written_over_but_merged(tilik, tmp_path):
    (tmp_path / "list.csv").write_text(GOOD)
    (tmp_path / "cameras.toml").write_text(DRAWN)
    asked = ("registry", "import", "list.csv", "--out", "cameras.toml", "--fps", 10)
    code, _, err = tilik(*asked)
    assert (code, "--merge cameras.toml keeps its zones" in err) == (2, True)
    assert (tmp_path / "cameras.toml").read_text() == DRAWN
    code, out, err = tilik(*asked, "--merge", "cameras.toml")
    assert (code, out) == (0, "cameras.toml: 3 cameras: 1 new, 1 changed, 1 not in the list and kept\n")
    assert "camera lama is in cameras.toml, but not in the list: kept" in err
    assert (tmp_path / "cameras.toml").read_text().startswith("# Drawn by hand.\n# Do not lose.\n")
    lima, lama, nol = registries.load(tmp_path / "cameras.toml").camera
    assert (lima.owner, lima.fps, [zone.id for zone in lima.zone]) == ("Dishub", 25.0, ["alun"])
    assert (lama.id, nol.id) == ("lama", "titik-nol")


WRONG = [
    (("--fps", "0"), "--fps 0: expected"),
    (("--category", "atc"), "did you mean atcs?"),
    (("--area", "33.74.99"), "a known area code"),
    (("--merge", "none.toml"), "--merge none.toml: expected one TOML file"),
    (("--columns", "nama=x"), "did you mean name?"),
    (("--columns", "name=x"), "a column of the list, came x"),
    (("--columns", "name"), "write field=header"),
    (("--out", "cameras.csv"), "ends in .toml"),
    (("--out", "none/cameras.toml"), "there is no folder none"),
    (("none.csv",), "none.csv: expected a file, found none"),
]


@pytest.mark.parametrize(("options", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_wrong_usage_ends_with_2_and_a_reason(tilik, tmp_path, options, reason):
    (tmp_path / "list.csv").write_text(GOOD)
    code, out, err = tilik("registry", "import", "list.csv", "--out", "a.toml", "--fps", 10, *options)
    assert (code, out, reason in err) == (2, "", True), err
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_a_file_that_is_no_list_ends_with_1(tilik, tmp_path):
    (tmp_path / "list.xlsx").write_bytes(b"PK\x03\x04...")
    code, _, err = tilik("registry", "import", "list.xlsx", "--out", "a.toml", "--fps", 10)
    assert (code, err) == (
        1,
        "tilik: list.xlsx:1: expected CSV or GeoJSON, came an office file: save it as CSV (UTF-8)\n",
    )


def test_pictures_of_one_all_and_each(tilik, tmp_path):
    (tmp_path / "cameras.toml").write_text(DRAWN)
    code, out, _ = tilik("registry", "preview", "cameras.toml", "--camera", "simpang-lima", "--out", "one.png")
    assert (code, out) == (0, "one.png: simpang-lima, 1 zone, 0 lines\n")
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size == (1920, 1080)
    assert tilik("registry", "preview", "cameras.toml", "--out", "all.png")[:2] == (0, "all.png: 2 cameras\n")
    assert tilik("registry", "preview", "cameras.toml", "--out", "each")[:2] == (0, "each: 2 pictures\n")
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == ["lama.png", "simpang-lima.png"]


def test_a_snapshot_needs_its_camera_and_says_what_does_not_fit(tilik, tmp_path):
    (tmp_path / "cameras.toml").write_text(DRAWN)
    Image.new("RGB", (640, 480)).save(tmp_path / "shot.jpg")
    asked = ("registry", "preview", "cameras.toml", "--snapshot", "shot.jpg", "--out", "one.png")
    code, _, err = tilik(*asked)
    assert (code, "--camera ID" in err) == (2, True)
    code, out, _ = tilik(*asked, "--camera", "lama")
    assert (code, "640 x 480" in out, "another proportion" in out) == (0, True, True)
    code, _, err = tilik(*asked, "--camera", "lima")
    assert (code, "did you mean lama?" in err) == (2, True)


CROWD = Zone("alun", "crowd", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
LANE = Zone("jalan", "lane", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
UTARA = Line("utara", ((0.1, 0.5), (0.9, 0.5)))


def camera(name: str, **fields) -> Camera:
    return Camera(
        name, "33.74.07.1005", **({"fps": 10.0, "metrics": ("crowd", "flow"), "zone": (CROWD, LANE)} | fields)
    )


@pytest.fixture
def suggested(warehouse):
    """Store minutes of one camera (health rows unless None) and return what is suggested for it."""

    def run(one: Camera, health=None, roads=(), **tables):
        if health is not None:
            warehouse.insert("health_minute_log", rows("health", one.id, NOON, 90, **({"objects": 1} | health)))
        for metric, given in tables.items():
            warehouse.insert(f"{metric}_minute_log", rows(metric, one.id, NOON, 90, **given))
        found = suggestions.find(warehouse, Registry((one,), tuple(roads)))
        return [(line.seen, line.change) for line in found if line.camera == one.id]

    return run


def test_a_camera_that_shows_what_is_registered_needs_no_change(suggested):
    one = camera("sug-fine", line=(UTARA,))
    assert suggested(one, {}, crowd={"person_ms": 1}, flow={"car_n": 1, "person_n": 1}) == []
    assert suggestions.as_text([]) == "nothing to suggest: the registry fits what its cameras showed"


RATES = [
    (
        {"fps": 10.0},
        290,
        "4.83 frames/s measured (median of 90 minutes), the registry says 10",
        "set fps = 5, or event_fps",
    ),
    ({"fps": 25.0, "event_fps": 10.0}, 300, "the registry says 10", "set event_fps = 5"),
    ({"fps": 25.0, "event_fps": 5.0}, 300, "", ""),
    ({"fps": 10.0}, 500, "", ""),  # within a fifth
    ({"fps": 10.0, "sends_empty": False}, 20, "", ""),
]


@pytest.mark.parametrize("number", range(len(RATES)))
def test_a_frame_rate_that_was_measured_otherwise_is_told(suggested, number):
    fields, frames, seen, change = RATES[number]
    found = suggested(camera(f"sug-rate-{number}", **fields), {"frames": frames})
    assert len(found) == bool(seen)
    assert all(seen in line[0] and change in line[1] for line in found)


def test_frames_with_refused_boxes_alone_were_sent_all_the_same(suggested):
    found = suggested(camera("sug-misread", fps=10.0), {"frames": 200, "misread": 400})
    assert not any("frames/s measured" in seen for seen, _ in found)


def test_dead_minutes_do_not_lower_the_rate(suggested, warehouse):
    one = camera("sug-dead")
    dead = {"frames": 0, "observed_ms": 0, "reason": 1, "run": 2}
    warehouse.insert("health_minute_log", rows("health", one.id, NOON.replace(hour=8), 200, **dead))
    assert suggested(one, {}) == []


def test_a_zone_that_nobody_entered_is_told_with_how_long_it_was_watched(suggested):
    found = suggested(camera("sug-zone"), {}, crowd={"person_ms": 0})
    assert found == [("nobody ever entered zone alun in 1.5 h watched", "redraw it where people walk, or drop it")]


def test_a_zone_that_was_not_watched_is_not_judged(suggested):
    assert suggested(camera("sug-blind"), {}, crowd={"person_ms": 0, "frames": 0, "observed_ms": 0}) == []


def test_zones_and_lines_that_were_watched_for_seconds_are_not_judged(suggested):
    """A recording of seconds says nothing of who comes there; of a whole minute it is said."""
    one = camera("sug-brief", line=(UTARA,))
    assert suggested(one, {}, crowd={"person_ms": 0, "observed_ms": 600}, flow={"observed_ms": 300}) == []
    found = suggested(camera("sug-minute"), {}, crowd={"person_ms": 0, "observed_ms": 667})
    assert found == [("nobody ever entered zone alun in 1 min watched", "redraw it where people walk, or drop it")]


def test_a_line_that_nothing_crossed_is_told(suggested):
    found = suggested(camera("sug-line", line=(UTARA,)), {}, flow={})
    assert [seen for seen, _ in found] == ["nothing ever crossed line utara in 45 min watched"]


def test_crossings_of_either_direction_count(suggested, warehouse):
    one = camera("sug-ways", line=(UTARA,))
    warehouse.insert("flow_minute_log", rows("flow", one.id, NOON, 1, direction="keluar", car_n=1))
    assert suggested(one, {}, flow={}) == []


def test_classes_that_no_zone_measures_are_told(suggested):
    bare = camera("sug-class", line=(UTARA,), zone=())
    found = suggested(bare, {}, flow={"car_n": 2, "person_n": 1, "other_n": 1})
    assert [seen for seen, _ in found] == [
        "90 of 360 crossings are of no counted class",
        "classes seen on its lines: 180 car, 90 person, 90 other; no zone of kind crowd",
        "classes seen on its lines: 180 car, 90 person, 90 other; no zone of kind lane",
    ]


def test_a_road_of_walkers_and_a_gate_of_cars_are_told(suggested):
    road = Road("pahlawan", "ruas", lines=("sug-road/utara",))
    found = suggested(camera("sug-road", line=(UTARA,)), {}, [road], flow={"person_n": 1})
    assert [seen for seen, _ in found] == ["90 persons and no vehicle crossed line utara of road pahlawan"]
    gate = Line("utara", UTARA.points, role="gate", entry="to_right")
    found = suggested(camera("sug-gate", line=(gate,)), {}, flow={"car_n": 1})
    assert [seen for seen, _ in found] == ["90 vehicles and no person crossed gate utara"]


def test_objects_without_a_drawing_and_a_picture_without_objects_are_told(suggested):
    assert suggested(camera("sug-bare", zone=()), {})[0][0] == "90 objects in 54,000 frames, and nothing drawn"
    assert suggested(camera("sug-empty"), {"objects": 0})[0][0] == "not one object in 54,000 frames"


def test_cameras_that_one_side_does_not_know_are_told(suggested, warehouse):
    assert suggested(camera("sug-none"))[0][0] == "never seen: no row is stored"
    assert suggested(camera("sug-dumb"), {"frames": 0, "observed_ms": 0})[0][0] == "never seen: no frame ever came"
    warehouse.insert("health_minute_log", rows("health", "sug-stray", NOON))
    stray = [line for line in suggestions.find(warehouse, Registry()) if line.camera == "sug-stray"]
    assert [(one.seen, one.change) for one in stray] == [
        (
            "is in the warehouse (600 frames), but not in the registry",
            "register it, or withdraw it: tilik registry forget sug-stray",
        )
    ]


LETTERS = {
    "native": ({"camera": "sug-refused", "ts": 1}, "before_2000", "an earlier one"),
    "nvschema": ({"sensorId": "sug-refused", "timestamp": "x"}, "bad_time", "expected ISO 8601"),
    "told": (None, "boxes_refused", "camera sug-refused: all boxes lie outside the picture"),
    "quoted": (None, "too_late", "camera 'sug-refused': frame at 2026-01-05T00:00:00Z came later"),
}


def letter(store, name: str, record, reason: str, detail: str, count: int = 1) -> None:
    given = {
        "source": name, "position": 1, "reason": reason, "detail": detail, "first_seen": NOON, "count": count,
        "raw": None if record is None else json.dumps(record).encode(),
    }  # fmt: skip
    store.insert("dead_letters_log", pl.DataFrame([given], schema_overrides={"count": pl.UInt32, "raw": pl.Binary}))


@pytest.mark.parametrize("form", LETTERS)
def test_a_camera_whose_frames_were_all_refused_was_seen(empty_store, form):
    """Whatever names it: the record that is kept, or what is said of it."""
    with connect(empty_store("store")) as store:
        letter(store, "a.jsonl", *LETTERS[form], count=3)
        found = suggestions.find(store, Registry((camera("sug-refused"), camera("sug-none"))))
    reason = LETTERS[form][1]
    assert [tuple(one) for one in found] == [
        ("sug-refused", f"no frame could be used: 3 dead letters (3 {reason})", suggestions.LOOK),
        ("sug-none", "never seen: no row is stored", "check its id and address, or take it out"),
    ]


def test_frames_of_cameras_that_the_registry_lacks_are_named(empty_store):
    """While their records are kept: what is said of a letter for ever names nobody."""
    said = "expected a camera of the registry, came a text of 9 characters: register it, then replay"
    with connect(empty_store("store")) as store:
        letter(store, "a.jsonl", {"camera": "sug-ghost"}, "unknown_camera", said, count=2)
        letter(store, "b.jsonl", {"camera": "sug-later"}, "unknown_camera", said)
        letter(store, "c.jsonl", {"camera": "<a text of 90 characters>"}, "unknown_camera", said, count=5)
        letter(store, "d.jsonl", None, "not_json", "expected JSON")
        found = suggestions.find(store, Registry((camera("sug-later"),)))
        everybody = suggestions.find(store, Registry((camera("sug-later"), camera("sug-none"))))
    assert [(one.camera, one.seen) for one in found] == [
        ("sug-later", "1 frame came when it was not registered (unknown_camera)"),
        ("sug-ghost", "2 frames came, but it is not in the registry (unknown_camera)"),
        ("(none named)", "5 frames of cameras that were not registered (unknown_camera), whose ids are kept no more"),
        ("(none named)", "1 dead letter (1 not_json) that may be of cameras never seen"),
    ]
    assert [one.seen for one in everybody if one.camera == "sug-none"] == ["never seen: no row is stored"]


class Narrow(NamedTuple):
    """A store by an account that may not read the records that are kept."""

    store: Warehouse

    def stream(self, sql, form, settings):
        if "dead_letters_raw" in sql:
            raise WarehouseError("warehouse x: answering a query failed: Code: 497. DB::Exception: not enough rights")
        return self.store.stream(sql, form, settings)


def test_who_may_not_read_records_is_told_what_is_said_of_them(empty_store):
    with connect(empty_store("store")) as store:
        letter(store, "a.jsonl", *LETTERS["told"], count=3)
        letter(store, "b.jsonl", *LETTERS["native"])
        assert letters_of.cameras(Narrow(store)) == {"": {"before_2000": 1}, "sug-refused": {"boxes_refused": 3}}


def test_suggestions_are_lines_on_stdout(tilik, tmp_path, warehouse, warehouse_url):
    (tmp_path / "cameras.toml").write_text('[[camera]]\nid = "sug-cli"\narea = "00"\nfps = 5.0\n')
    code, out, _ = tilik("registry", "suggest", "cameras.toml", "--warehouse", warehouse_url)
    assert code == 0
    assert "camera sug-cli: never seen: no row is stored: check its id and address, or take it out" in out.splitlines()


def test_a_warehouse_without_tables_is_said(tilik, tmp_path):
    (tmp_path / "cameras.toml").write_text('[[camera]]\nid = "sug-cli"\narea = "00"\nfps = 5.0\n')
    with connect(f"embedded:{tmp_path / 'fresh'}"):
        pass  # made, and left without tables
    code, _, err = tilik("registry", "suggest", "cameras.toml", "--warehouse", "embedded:fresh")
    assert (code, "tilik replay fills it" in err) == (1, True)
