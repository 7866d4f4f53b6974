"""`tilik calendar`, the setting behind it, and what a replay stores."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from connectors.calendar import shipped
from connectors.warehouse import connect
from flows.replay import ReplayOptions, replay

OWN = '[[holiday]]\ndate = 2025-05-02\ntype = "holiday"\nname = "Hari Jadi Kota Semarang"\n'
FRAME = '{"camera":"cal-1","ts":"2025-05-02T05:00:00Z","objects":[]}\n'


def test_a_year_is_shown_with_its_holidays_spans_and_events(tilik):
    code, out, _ = tilik("calendar", "show", "--year", "2026")
    wanted = (
        "2026-03-21  Sabtu   holiday      Hari Raya Idul Fitri",
        "joint_leave  Cuti Bersama Hari Suci Nyepi",
        "Ramadan                     2026-02-19  2026-03-20",
        "Pasar Rakyat Dugderan  2026-02-07  2026-02-16  00:00-24:00",
    )
    assert (code, [line for line in wanted if line not in out]) == (0, [])


def test_json_has_every_day_of_the_year(tilik):
    code, out, _ = tilik("calendar", "show", "--year", "2024", "--json")
    days = json.loads(out)
    assert (code, len(days)) == (0, 366)
    assert days[59]["date"] == "2024-02-29"
    assert days[4]["events"] == [{"from_minute": 690, "to_minute": 780, "name": "Salat Jumat"}]


@pytest.mark.parametrize("year", ["1999", "2076"])
def test_a_year_beyond_the_calendar_is_wrong_usage(tilik, year):
    code, out, told = tilik("calendar", "show", "--year", year)
    assert (code, out) == (2, "")
    assert year in told


def test_the_shipped_file_is_good_and_a_wrong_one_ends_with_code_2(tilik, tmp_path):
    assert tilik("calendar", "check", shipped())[0] == 0
    file = tmp_path / "kota.toml"
    file.write_text(OWN.replace('holiday"', 'libur"') + "[[evnt]]\n")
    code, out, told = tilik("calendar", "check", file)
    assert (code, out) == (2, "")
    assert f"{file}:3: holiday[0], type: expected one of holiday, joint_leave, none" in told
    assert f"{file}:5: evnt: expected a known table" in told


def test_one_is_said_in_the_singular(tilik, tmp_path):
    (tmp_path / "kota.toml").write_text(
        '[[holiday]]\ndate = 2025-05-02\nname = "Hari Jadi"\ntype = "holiday"\n'
        '[[event]]\nname = "Pasar"\nfrom = 2025-05-02\nto = 2025-05-02\n'
    )
    said = "0 decided Hijri months, 1 holiday, 0 school holidays, 1 event, 0 weekly events"
    assert tilik("calendar", "check", "kota.toml")[1] == f"kota.toml: good: {said}\n"


def test_the_setting_names_the_citys_file(tilik, tmp_path, monkeypatch):
    (tmp_path / "kota.toml").write_text(OWN)
    monkeypatch.setenv("TILIK_CALENDAR", "kota.toml")
    _, out, told = tilik("calendar", "show", "--year", "2025")
    assert "Hari Jadi Kota Semarang" in out
    assert "Salat Jumat" not in out  # a city's file stands alone
    assert "calendar: kota.toml" in told


def test_a_replay_stores_the_calendar_and_its_rows_follow_it(tmp_path, empty_store):
    (tmp_path / "kota.toml").write_text(OWN)
    (tmp_path / "frames.jsonl").write_text(FRAME)
    url = empty_store("warehouse")
    asked = ReplayOptions(
        (str(tmp_path / "frames.jsonl"),), "native", url, calendar=str(tmp_path / "kota.toml"), fps=1.0
    )
    with connect(url) as store:
        for _ in range(2):
            replay(asked)
            assert store.query("SELECT DISTINCT day_type FROM health_minute").rows == [("holiday",)]
        assert store.query("SELECT count() = uniqExact(date), min(version), max(version) FROM calendar_log").rows == [
            (True, 1, 1)
        ]


def test_a_wrong_calendar_stops_a_replay_before_the_warehouse_is_touched(tilik, tmp_path, monkeypatch):
    (tmp_path / "frames.jsonl").write_text(FRAME)
    monkeypatch.setenv("TILIK_CALENDAR", "absent.toml")
    code, _, told = tilik("replay", "frames.jsonl", "--format", "native", "--fps", "1", "--warehouse", "embedded:w")
    assert code == 2
    assert "absent.toml:1: file: expected a readable file" in told
    assert not (tmp_path / "w").exists()


def test_starting_the_command_line_does_not_load_the_packages_of_holidays():
    code = "import sys, flows.cli; print([name for name in ('holidays', 'hijridate', 'polars') if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
