"""Every way a command ends has one of the four exit codes and a reason in words, whatever it is given."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.formats import to_json_lines
from schemas.errors import SHOWN
from tests.flows.city import stream

TILIK = Path(sys.executable).with_name("tilik")
NESTED = {
    "list": "a = " + "[" * 2_000 + "]" * 2_000,
    "table": "a = " + "{b = " * 2_000 + "1" + "}" * 2_000,
}


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize(
    "command",
    [("registry", "check", "x.toml"), ("calendar", "check", "x.toml"), ("--settings", "x.toml", "query", "SELECT 1")],
    ids=["registry", "calendar", "settings"],
)
def test_toml_that_nests_deep_is_a_mistake(tilik, tmp_path, monkeypatch, command, nested):
    monkeypatch.chdir(tmp_path)
    Path("x.toml").write_text(nested)
    code, _, said = tilik(*command)
    assert (code, len(said.splitlines())) == (2, 1)
    assert "nest too deep" in said


def test_of_many_mistakes_the_first_are_shown_and_all_on_request(tilik, tmp_path):
    path = tmp_path / "cameras.toml"
    path.write_text("".join(f'[[camera]]\nid = "c{i}"\narea = "33.74.07.1005"\n' for i in range(400)))
    code, _, said = tilik("registry", "check", str(path))
    lines = said.splitlines()
    assert (code, len(lines)) == (2, SHOWN + 1)
    assert "350 more of 400 mistakes: tilik registry check --all lists them" in lines[-1]
    code, _, said = tilik("registry", "check", str(path), "--all")
    assert (code, len(said.splitlines())) == (2, 400)


@pytest.mark.parametrize("fps", ["1e400", "nan", "-1", "0"])
def test_a_rate_that_no_camera_has_is_wrong_usage(tilik, fps):
    code, _, said = tilik("replay", "a.jsonl", "--format", "native", "--fps", fps)
    assert code == 2
    assert "unexpected" not in said


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_kill_ends_as_ctrl_c_does(tmp_path, sent):
    (tmp_path / "a.jsonl").write_bytes(to_json_lines(stream(["a", "b"], 60)) * 200)
    words = ("replay", "a.jsonl", "--format", "native", "--warehouse", "embedded:s")
    running = subprocess.Popen([TILIK, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert running.stderr.readline().startswith("settings:")  # it is at work
    running.send_signal(sent)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "tilik: interrupted" in said
    assert "Traceback" not in said
