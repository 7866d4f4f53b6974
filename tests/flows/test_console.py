"""Lines for people and lines for programs."""

from __future__ import annotations

import json
import os
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows import console


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text())
def test_a_line_is_one_line_whatever_cameras_are_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, source: str
) -> None:
    monkeypatch.setenv(console.LOG, "json")
    console.note(f"camera {name} is lost", "lost", source=source)
    written = capsys.readouterr().err
    assert written.isascii()
    assert len(written.splitlines()) == 1
    said = json.loads(written)
    assert (said["event"], said["source"], said["pid"]) == ("lost", source, os.getpid())
    assert datetime.fromisoformat(said["at"]).tzinfo is not None
    assert not any(ord(letter) < 32 for letter in said["text"])


def test_people_read_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(console.LOG, raising=False)
    console.note("the warehouse is back", "back", tries=3)
    assert capsys.readouterr().err == "the warehouse is back\n"


def test_an_end_is_told_with_its_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(console.LOG, "json")
    with pytest.raises(SystemExit):
        console.fail("two\nlines", 3)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(each["event"], each["code"], each["text"]) for each in said] == [
        ("failed", 3, "tilik: two"),
        ("failed", 3, "tilik: lines"),
    ]


def test_elsewhere_than_on_a_terminal_a_line_a_minute_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    report = console._Lines("weeks before", lambda: now[0])
    for done in range(1, 181):
        now[0] += 1.0
        report(done, 240)
    assert capsys.readouterr().err.splitlines() == [f"weeks before: {share} %" for share in (25, 50, 75)]
