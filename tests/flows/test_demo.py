"""The demonstration: its recordings are there, its page can be asked of any warehouse."""

import pytest

from connectors import registry as registries
from connectors import warehouse as warehouses
from flows import asking, demo, report, warehouse_status
from flows.report.headline import SENTENCES, sentences
from flows.report.sections import RECORDED, SECTIONS


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    with warehouses.connect(f"embedded:{tmp_path_factory.mktemp('store')}") as store:
        store.migrate()
        yield store


@pytest.mark.parametrize("recording", demo.recordings(), ids=lambda recording: recording.camera)
def test_every_recording_ships_with_a_good_registry_of_its_camera(recording):
    assert recording.path.is_file()
    (camera,) = registries.load(recording.registry).camera
    assert (camera.id, camera.fps, camera.size) == (recording.camera, recording.fps, recording.size)


@pytest.mark.parametrize("section", [RECORDED, *SECTIONS], ids=lambda section: section.title[:20])
def test_every_question_of_the_page_can_be_answered(empty_store, section):
    assert asking.ask(empty_store, section.sql).column_names


def test_recorded_and_simulated_figures_stand_in_no_table_together():
    assert [section.title for section in SECTIONS if "simulated" not in section.sql] == []
    assert "WHERE NOT simulated" in RECORDED.sql


def test_what_stands_out_of_an_empty_warehouse_is_nothing(empty_store):
    assert list(sentences(empty_store)) == [sentence.none for sentence in SENTENCES]


def test_a_page_of_an_empty_warehouse_says_so_and_shows_no_zero(empty_store):
    page = report.render(empty_store)
    assert [section.title for section in [RECORDED, *SECTIONS] if section.title not in page] == []
    assert page.count("none\n") + page.count(" was ") + page.count("all were watching") >= len(SECTIONS) - 3


def test_the_status_of_an_empty_warehouse_names_its_tables(empty_store):
    status = warehouse_status.read(empty_store)
    assert {"crowd_minute_log", "incidents_log"} <= {row[0] for row in status.tables.rows}
    assert "runs, newest first: none" in warehouse_status.as_text(status)


def test_stop_leaves_alone_a_process_that_is_not_the_demonstration(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    demo.PID_FILE.write_text("1")
    demo.stop()
    assert "nothing is serving" in capsys.readouterr().out
