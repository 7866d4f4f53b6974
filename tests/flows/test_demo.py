"""The demonstration: its recordings are there, its page can be asked of any warehouse."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from connectors import registry as registries
from connectors import warehouse as warehouses
from flows import asking, demo, report, warehouse_status
from flows.replay import ReplaySummary
from flows.replay.asked import Reason
from flows.report.headline import SENTENCES, sentences
from flows.report.sections import RECORDED, SECTIONS
from schemas.registry import Camera, Place, Registry
from tests.connectors.minutes import rows
from tests.connectors.test_warehouse_persistence import incident, put


@pytest.fixture(scope="module")
def bare(laid, tmp_path_factory):
    with warehouses.connect(laid(tmp_path_factory.mktemp("bare") / "store")) as store:
        yield store


def test_the_city_is_laid_out_without_cameras_that_send_nothing(bare):
    demo._lay_out(bare)
    assert bare.query("SELECT (SELECT count() FROM cameras_now), count() FROM areas").rows == [(0, 194)]


@pytest.mark.parametrize("recording", demo.recordings(), ids=lambda recording: recording.camera)
def test_every_recording_ships_with_a_good_registry_of_its_camera(recording):
    assert recording.path.is_file()
    (camera,) = registries.load(recording.registry).camera
    assert (camera.id, camera.fps, camera.size) == (recording.camera, recording.fps, recording.size)


@pytest.mark.parametrize("section", [RECORDED, *SECTIONS], ids=lambda section: section.title[:20])
def test_every_question_of_the_page_can_be_answered(bare, section):
    assert asking.ask(bare, section.sql).column_names


def test_recorded_and_simulated_figures_stand_in_no_table_together():
    assert [section.title for section in SECTIONS if "simulated" not in section.sql] == []
    assert "WHERE NOT simulated" in RECORDED.sql


def test_what_stands_out_of_an_empty_warehouse_is_nothing(bare):
    assert list(sentences(bare)) == [sentence.none for sentence in SENTENCES]


def test_a_page_of_an_empty_warehouse_says_so_and_shows_no_zero(bare):
    page = report.render(bare)
    assert [section.title for section in [RECORDED, *SECTIONS] if section.title not in page] == []
    assert page.count("none\n") + page.count(" was ") + page.count("all were watching") >= len(SECTIONS) - 3


def test_the_status_of_an_empty_warehouse_names_its_tables(bare):
    status = warehouse_status.read(bare)
    assert {"crowd_minute_log", "incidents_log"} <= {row[0] for row in status.tables.rows}
    assert "runs, newest first: none" in warehouse_status.as_text(status)


def test_stop_leaves_alone_a_process_that_is_not_the_demonstration(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    demo.PID_FILE.write_text("1")
    demo.stop()
    assert "nothing is serving" in capsys.readouterr().out


NOON: Final = datetime(2026, 1, 12, 5, tzinfo=UTC)  # a Monday, 12:00 in Semarang
DAY: Final = timedelta(days=1)


@pytest.fixture
def street(empty_store):
    """A simulated pavement: two persons at noon on the five weekdays before, nine on Saturday, six today."""
    with warehouses.connect(empty_store("street")) as store:
        camera = Camera(id="sim-1", name="Simpang", area="33.74.07.1005", fps=1.0, simulated=True)
        store.store_registry(Registry(camera=(camera,)), registries.load_areas(), "test")
        simulated = {"simulated": True}
        store.insert("health_minute_log", rows("health", "sim-1", NOON + timedelta(hours=11, minutes=59), **simulated))
        for back, persons in {7: 2, 6: 2, 5: 2, 4: 2, 3: 2, 2: 9, 0: 6}.items():
            hour = rows("crowd", "sim-1", NOON - back * DAY, person_ms=60_000 * persons, persons_max=9, **simulated)
            store.insert("crowd_hour_log", hour.drop("run"))
        yield store


def test_a_full_hour_stands_against_that_hour_of_like_days(street):
    (said,) = [text for text in sentences(street) if text.startswith("People: ")]
    assert "Simpang, 12:00: 6 at once on average, against 2 then on the 5 weekdays before; up to 9" in said


def test_a_full_hour_without_like_days_stands_against_its_whole_day(street):
    street.command("DELETE FROM crowd_hour_log WHERE ts < '2026-01-12 00:00:00' AND toDayOfWeek(ts) < 6")
    (said,) = [text for text in sentences(street) if text.startswith("People: ")]
    assert "6 at once on average, against 6 over its whole day" in said


def _table(store, title: str) -> list[dict]:
    """Return the rows of the page's table whose title begins so."""
    (section,) = [section for section in SECTIONS if section.title.startswith(title)]
    answer = asking.ask(store, section.sql)
    return [dict(zip(answer.column_names, row, strict=True)) for row in answer.rows]


def test_the_vehicles_of_a_line_are_no_riders_and_lines_rank_by_their_rate(street):
    """The line of most vehicles was watched longer, that of most crossings is one of people: neither comes first."""
    counts = {
        "fast": (60, {"motorcycle_n": 3, "rider_n": 3, "car_n": 2, "bus_n": 1, "truck_n": 1, "bicycle_n": 1}),
        "long": (120, {"motorcycle_n": 5, "rider_n": 5}),
        "people": (60, {"person_n": 90, "car_n": 1}),
        "brief": (10, {"car_n": 50}),
    }
    for line, (minutes, given) in counts.items():
        street.insert("flow_minute_log", rows("flow", "sim-1", NOON, minutes, line_id=line, simulated=True, **given))
    found = _table(street, "Flow: ")
    assert [(row["line"], row["per_hour"], row["vehicles"]) for row in found] == [
        ("fast", 480, 480),
        ("long", 300, 600),
        ("people", 60, 60),
    ]
    assert all(row["vehicles"] == row["two_wheeled"] + row["cars"] + row["heavy"] for row in found)
    assert [(row["riders"], row["persons"]) for row in found] == [(180, 0), (600, 0), (0, 5400)]


def test_places_whose_tracks_are_made_here_are_marked_and_come_last(street):
    gates = {"own": 1, "here": 9}
    places = tuple(Place(id=name, name=name, gates=(f"sim-{name}/utara",)) for name in gates)
    cameras = tuple(Camera(id=f"sim-{name}", area="33.74.07.1005", fps=1.0, simulated=True) for name in gates)
    street.store_registry(Registry(camera=cameras, place=places), registries.load_areas(), "test")
    for name, entries in gates.items():
        made = {"simulated": True, "model_id": "tilik-iou/3" if name == "here" else ""}
        street.insert("health_minute_log", rows("health", f"sim-{name}", NOON, 60, objects=9, **made))
        empty = {"simulated": True, "model_id": "tilik-iou/3"}  # before anybody came
        street.insert("health_minute_log", rows("health", f"sim-{name}", NOON - timedelta(hours=2), 90, **empty))
        street.insert("visits_minute_log", rows("visits", f"sim-{name}", NOON, 60, entries_n=entries, **made))
    street.roll()
    found = [(row["place"], row["tracks"], row["counted_in_them"]) for row in _table(street, "Visits")]
    assert found == [("own", "own", 60), ("here", "made here", 540)]


def test_places_rank_by_their_rate_and_not_by_how_long_they_were_watched(street):
    entries = {"long": (2, 240), "full": (3, 120)}
    places = tuple(Place(id=name, name=name, gates=(f"sim-{name}/utara",)) for name in entries)
    cameras = tuple(Camera(id=f"sim-{name}", area="33.74.07.1005", fps=1.0, simulated=True) for name in entries)
    street.store_registry(Registry(camera=cameras, place=places), registries.load_areas(), "test")
    for name, (each, minutes) in entries.items():
        came = rows("visits", f"sim-{name}", NOON, minutes, entries_n=each, simulated=True)
        street.insert("visits_minute_log", came)
    street.roll()
    found = [(row["place"], row["hours"], row["counted_in_them"], row["per_hour"]) for row in _table(street, "Visits")]
    assert found == [("full", 2, 360, 180), ("long", 4, 480, 120)]


@pytest.mark.parametrize(
    ("online", "said"),
    [(4, "none under water at the end"), (3, "at the end 3 of 4 were watched, none of them under water")],
)
def test_roads_that_nobody_watched_at_the_end_are_not_said_to_be_dry(street, online, said):
    end = NOON + timedelta(minutes=60)
    for number in range(1, 5):
        dark = {"signals_n": 60} if number <= online else {"frames": 0, "observed_ms": 0, "reason": 1}
        last = rows("flood", f"sim-{number}", NOON, 60, zone_id="jalan", simulated=True, **dark)
        street.insert("flood_minute_log", last)
    one = {"area": "33.74.07.1005", "camera_id": "sim-1", "simulated": True, "closed_at": end, "updated_at": end}
    put(street, [incident("f", "flood", NOON, **one)])
    (told,) = [text for text in sentences(street) if text.startswith("Water: ")]
    assert told.startswith("Water: 1 road of 4 that are watched, the longest ")
    assert told.endswith(said)


@pytest.mark.parametrize(
    ("title", "reasons", "said"),
    [
        ("A road", (), "0 dead letters in 1.0 s"),
        (
            "A road",
            (Reason("too_late", 2, ""),),
            "that could not be used: 2 too_late; `tilik dead-letters list` says why;",
        ),
        (
            "SIMULATED day",
            (Reason("too_late", 2, ""),),
            "could not be used (the simulation breaks some on purpose): 2 too",
        ),
    ],
)
def test_dead_letters_are_explained_where_they_are_counted(capsys, title, reasons, said):
    letters = sum(one.number for one in reasons)
    demo._say_played(title, ReplaySummary(5, 5, 5, letters, 0, 0, 1.0, reasons=reasons))
    assert said in capsys.readouterr().out


def test_a_flood_has_one_length_on_the_page(street):
    """153 minutes are 2.55 h, which Python rounds down and the store up."""
    end = NOON + timedelta(minutes=153)
    one = {"area": "33.74.07.1005", "camera_id": "sim-1", "simulated": True, "closed_at": end, "updated_at": end}
    put(street, [incident("f", "flood", NOON, **one)])
    street.insert("flood_minute_log", rows("flood", "sim-1", NOON, 200, zone_id="jalan", simulated=True))
    street.insert("flood_hour_log", rows("flood", "sim-1", NOON, 1, zone_id="jalan", simulated=True).drop("run"))
    (flood,) = _table(street, "Floods")
    (said,) = [text for text in sentences(street) if text.startswith("Water: ")]
    assert f"({flood['longest_h']:.1f} h)" in said
    assert "(2.6 h)" in said


def test_what_nobody_saw_the_end_of_is_neither_open_nor_as_old_as_the_page(street):
    """The simulated market was said to be crowded for 42 h: its camera had gone dark, and the incident was given up."""
    one = {"area": "33.74.07.1005", "camera_id": "sim-1", "simulated": True, "state": "expired_unobserved"}
    put(street, [incident("a", "crowd", NOON - DAY, **one), incident("b", "crowd", NOON, **one)])
    assert _table(street, "Incidents that are open") == []
    (crowd,) = _table(street, "Incidents of the day")
    assert (crowd["incidents"], crowd["open"], crowd["median_minutes"]) == (1, 0, None)
    (said,) = [text for text in sentences(street) if text.startswith("People too close together")]
    assert "1 time at 1 camera" in said
    assert "(its end unseen); none" in said
