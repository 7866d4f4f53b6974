"""Passwords: in no list of processes, no error, and told to no server that somebody else's file names."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.warehouse import address
from flows.settings import load, refuse_to_tell, with_options
from schemas.errors import UsageError

TILIK = Path(sys.executable).with_name("tilik")
PASSWORD = "pl4nted#se?cr/et@x:y"
AWAY = f"http://ana:{PASSWORD}@127.0.0.1:9"


@pytest.mark.parametrize("password", [PASSWORD, "a%23b", ""])
def test_a_password_may_hold_any_character(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILIK_WAREHOUSE_PASSWORD", "another")
    found = address.parse(f"https://ana:{password}@store:8443/kota")
    assert isinstance(found, address.Address)
    assert (found.host, found.port, found.user, found.database) == ("store", 8443, "ana", "kota")
    assert found.password == password.replace("%23", "#")


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (("query", "SELECT 1"), ""),
        (("query", "SELECT 1"), ":port"),
        (("warehouse", "serve"), ""),
        (("warehouse", "status"), "[::"),
        (("registry", "forget", "x"), "/not a name"),
    ],
)
def test_no_command_prints_a_part_of_a_password(command: tuple[str, ...], wrong: str) -> None:
    done = subprocess.run([TILIK, *command, "--warehouse", AWAY + wrong], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode in (1, 2)
    assert "Traceback" not in said
    assert not [part for part in ("pl4nted", "se?cr", "cr/et") if part in said]
    assert "can be read by every user of this machine" in said


def test_the_list_of_processes_shows_no_password() -> None:
    """Another user reads the arguments of a command that runs; here a server that never answers holds it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://ana:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}"
        command = subprocess.Popen([TILIK, "query", "SELECT 1", "--warehouse", url], stderr=subprocess.PIPE)
        try:
            silent.settimeout(60)
            with silent.accept()[0]:  # it has read its arguments by now
                arguments = Path(f"/proc/{command.pid}/cmdline").read_bytes()
        finally:
            command.kill()
            command.communicate()
    assert b"http://ana:****" in arguments
    assert PASSWORD.encode() not in arguments
    assert b"pl4nted" not in arguments


def test_a_folder_s_file_does_not_say_who_is_told_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tilik.toml").write_text('warehouse = "http://ana@elsewhere:8123/tilik"\n')
    held = {"TILIK_WAREHOUSE_PASSWORD": PASSWORD}
    with pytest.raises(UsageError, match="not sent to a server that only a file of this folder names"):
        refuse_to_tell(load(held), held)
    named = held | {"TILIK_SETTINGS": "tilik.toml"}
    for settings in (
        load(held, "tilik.toml"),
        load(named),
        load(held | {"TILIK_WAREHOUSE": "http://ana@store/tilik"}),
        with_options(load(held), warehouse="http://ana@store/tilik"),
        with_options(load(held), warehouse="embedded:./w"),
    ):
        refuse_to_tell(settings, held)
    refuse_to_tell(load({}), {})  # nothing to tell
