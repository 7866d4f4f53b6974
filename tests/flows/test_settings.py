"""Settings: one file, the environment, a command's options; every mistake at once."""

import pytest

from flows.settings import READERS, Settings, hide, load, with_options
from schemas.errors import UsageError
from schemas.retention import CLASSES


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_source_the_defaults_hold():
    assert load({}) == Settings()


def test_every_setting_can_be_read():
    ages = {f"retention_{name}_days" for name in CLASSES}
    assert set(READERS) == {*Settings.__dataclass_fields__, *ages} - {"sources", "is_found", "retention"}


def test_the_environment_goes_over_the_file_and_an_option_over_both(tmp_path):
    (tmp_path / "tilik.toml").write_text("reorder_s = 3\nlateness_s = 60\nworkers = 2\n")
    settings = with_options(load({"TILIK_LATENESS_S": "90", "TILIK_WORKERS": "4"}), workers=1, registry=None)
    assert (settings.reorder_s, settings.lateness_s, settings.workers) == (3.0, 90.0, 1)


def test_zero_seconds_are_a_value_and_not_an_absence():
    assert with_options(load({"TILIK_REORDER_S": "5"}), reorder_s=0.0).reorder_s == 0.0


@pytest.mark.parametrize(("name", "most"), [("reorder_s", 60), ("lateness_s", 86_400)])
def test_what_is_kept_in_memory_for_a_time_has_a_longest_time(name: str, most: int):
    assert getattr(with_options(load({}), **{name: most}), name) == most
    with pytest.raises(UsageError, match=f"{name}: expected seconds, 0 to {most:,}"):
        with_options(load({}), **{name: most + 0.5})


def test_all_mistakes_are_told_together_each_with_its_place(tmp_path):
    (tmp_path / "tilik.toml").write_text('# mine\nwarehouse = "here"\n\nworkerz = 2\n')
    with pytest.raises(UsageError) as caught:
        load({"TILIK_WORKERS": "0", "TILIK_LATENESS_S": "soon"})
    places = ("tilik.toml:2: warehouse", "tilik.toml:4: workerz", "TILIK_WORKERS", "TILIK_LATENESS_S")
    assert [place for place in places if place not in str(caught.value)] == []


def test_a_table_groups_settings_and_says_where_they_are_wrong(tmp_path):
    (tmp_path / "tilik.toml").write_text("workers = 2\n\n[retention]\nframes_days = 14\n")
    assert load({}).retention["frames"] == 14
    assert load({"TILIK_RETENTION_FRAMES_DAYS": "0"}).retention["frames"] == 0
    (tmp_path / "tilik.toml").write_text("workers = 2\n\n[retention]\nframes_days = 1\n")
    with pytest.raises(UsageError, match=r"tilik.toml:4: retention_frames_days: expected days, 2 or more"):
        load({})
    (tmp_path / "tilik.toml").write_text("workers = 2\n\n[retention]\nhours_days = 430\n")
    with pytest.raises(UsageError, match=r"tilik.toml:4: retention_hours_days: expected 464 or more, or 0 \(minutes"):
        load({})


def test_a_misspelt_setting_names_its_neighbour():
    with pytest.raises(UsageError, match="did you mean workers"):
        load({"TILIK_WORKRS": "1"})


def test_a_settings_file_that_is_asked_for_must_exist():
    with pytest.raises(UsageError, match="no such settings file"):
        load({"TILIK_SETTINGS": "absent.toml"})


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1e400", "true", ""])
def test_seconds_are_numbers_from_zero(text):
    with pytest.raises(UsageError, match="expected seconds"):
        load({"TILIK_REORDER_S": text})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ana:hunter2@store:8443/tilik", "https://ana:***@store:8443/tilik"),
        ("https://ana@store:8443/tilik", "https://ana@store:8443/tilik"),
        ("https://ana:p@ss:word@store/tilik", "https://ana:***@store/tilik"),
        ("embedded:./data/warehouse", "embedded:./data/warehouse"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert hide(url) == shown
    assert shown in Settings(warehouse=url).line()
