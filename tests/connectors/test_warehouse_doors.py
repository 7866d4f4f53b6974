"""Who comes in, and how far: asked as a stranger on the machine, and as each account."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from connectors.warehouse import READER, WRITER, Warehouse, connect, doors, password
from connectors.warehouse.engine import landlock
from schemas.errors import WarehouseError
from tests.connectors.bytes_on_disk import below

NOBODY = 65_534
WORD = "kata-rahasia-di-luar"
"""Stands in a file outside the warehouse."""
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
confined_only = pytest.mark.skipif(bool(landlock.missing()), reason=f"no sandbox here: {landlock.missing()}")

READING = (
    "SELECT file('{outside}')",
    "SELECT file('{root}/secrets.json')",
    "SELECT file('{root}/data/metadata/tilik.sql')",
    "SELECT file('/etc/passwd')",
    "SELECT file('/proc/self/environ')",
    "SELECT file('/proc/self/root{outside}')",
    "SELECT * FROM file('{outside}', 'LineAsString')",
    "SELECT * FROM fileCluster('default', '{outside}', 'LineAsString')",
    "SELECT * FROM filesystem('{root}')",
    "SELECT * FROM sqlite('{outside}', 'x')",
    "SELECT * FROM '{outside}'",
    "SELECT * FROM `default`.`{outside}`",
    "DESCRIBE file('{outside}')",
    "CREATE TABLE tilik.f (a String) ENGINE = File(LineAsString, '{outside}')",
    "ATTACH TABLE tilik.g FROM '{root}' (a Int32) ENGINE = MergeTree ORDER BY a",
    "RESTORE TABLE tilik.settings_log AS tilik.h FROM File('{outside}')",
    "CREATE DICTIONARY tilik.d (a String) PRIMARY KEY a SOURCE(FILE(path '{outside}' format 'LineAsString'))"
    " LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
    "SELECT * FROM tilik.d",
)
WRITING = (
    "SELECT 1 INTO OUTFILE '{folder}/out'",
    "INSERT INTO FUNCTION file('{folder}/out', 'TSV', 'a String') VALUES ('x')",
    "BACKUP TABLE tilik.settings_log TO File('{folder}/out')",
)
STARTING = (
    "SELECT * FROM executable('sh', 'TSV', 'a String')",
    "CREATE TABLE tilik.e (a String) ENGINE = Executable('sh', 'TSV')",
    "CREATE DICTIONARY tilik.p (a String) PRIMARY KEY a SOURCE(EXECUTABLE(command 'touch {folder}/out' format 'TSV'))"
    " LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
    "SELECT * FROM tilik.p",
    "CREATE FUNCTION f AS (x) -> x",
)
CALLING = (
    "SELECT * FROM url('http://127.0.0.1:{port}/ping', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', 'system.one')",
    "SELECT * FROM s3('http://127.0.0.1:{port}/bucket/x', 'LineAsString')",
    "SELECT * FROM mysql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
)
ENDING = (
    "SELECT * FROM python('x')",
    "SELECT * FROM Python('x') SETTINGS allow_python_table_function = 1",
    "SELECT * FROM arrowstream('x')",
    "SYSTEM SHUTDOWN",
    "SYSTEM KILL",
    "SYSTEM STOP LISTEN HTTP",
    "SYSTEM START LISTEN TCP",
    "SYSTEM RELOAD CONFIG",
    "KILL QUERY WHERE user = 'default' SYNC",
    "CREATE USER x",
    "GRANT ALL ON *.* TO reader",
    "EXECUTE AS default SELECT 1",
)
MAY_WRITE = {"CREATE DICTIONARY tilik.d", "CREATE DICTIONARY tilik.p", "KILL QUERY WHERE"}
"""What the account that writes is not refused, and what comes of it is nothing: it ends queries of its own only."""
ATTACKS = READING + WRITING + STARTING + CALLING + ENDING

STRANGER = """
import encodings.idna, http.client, json, os, sys
told = json.load(sys.stdin)
os.setgroups([]); os.setgid(told["user"]); os.setuid(told["user"])
said = []
for path in told["paths"]:
    try:
        said.append([path, "files", len(os.listdir(path)) if os.path.isdir(path) else len(open(path, "rb").read())])
    except PermissionError:
        pass
for url, headers, body in told["requests"]:
    asked = http.client.HTTPConnection("127.0.0.1", told["port"], timeout=20)
    asked.request("POST", url, body=body.encode(), headers=headers)
    got = asked.getresponse()
    if got.status != 404:
        said.append([url, headers, got.status, got.read().decode(errors="replace")[:200]])
print(json.dumps(said))
"""


class House(NamedTuple):
    """A warehouse that answers, a file outside, and how the attacks are filled in."""

    store: Warehouse
    root: Path
    folder: Path
    names: dict[str, object]

    def attacks(self) -> list[str]:
        return [attack.format(**self.names) for attack in ATTACKS]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="tilik-doors-"))  # whose parents everybody may enter: pytest's are shut
    folder.chmod(0o777)
    (folder / "outside").write_text(WORD)
    with connect(f"embedded:{folder / 'store'}") as store:
        store.migrate()
        names: dict[str, object] = {"root": folder / "store", "folder": folder, "outside": folder / "outside"}
        yield House(store, folder / "store", folder, names | {"port": store.address.port})
    shutil.rmtree(folder)


def basic(user: str, word: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()}


def ask(house: House, headers: dict[str, str], sql: str, **query: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", house.store.address.port, timeout=30)) as asked:
        asked.request("POST", f"/?{urlencode(query)}", body=sql.encode(), headers=headers)
        got = asked.getresponse()
        return got.status, got.read().decode(errors="replace")


@root_only
def test_a_stranger_on_the_machine_is_answered_nothing_and_opens_no_file(house: House) -> None:
    """By the engine's own account, which has no password, by names with none, and by the files."""
    requests = [(f"/?user={user}", {}, sql) for user in ("", "default") for sql in house.attacks()]
    requests += [("/", headers, "SELECT 1") for headers in (basic("default", ""), {"X-ClickHouse-User": "default"})]
    requests += [
        (url, {}, "") for url in ("/play", "/dashboard", "/webterminal", "/?query=SELECT+1", "/replicas_status")
    ]
    requests += [("/?user=reader&password=x", {}, "SELECT 1"), ("/", {"Authorization": "Basic"}, "SELECT 1")]
    paths = below(house.root)
    told = {"user": NOBODY, "port": house.store.address.port, "requests": requests, "paths": [str(p) for p in paths]}
    done = subprocess.run(
        [sys.executable, "-c", STRANGER], input=json.dumps(told), capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    assert json.loads(done.stdout) == []
    assert house.store.query("SELECT 1").rows == [(1,)]


def test_a_known_name_does_not_let_another_account_in(house: House) -> None:
    """Two names in one request, either way round: of a basic name and one in the URL the server takes the latter."""
    for headers, query in (
        ({"X-ClickHouse-User": READER} | basic("default", ""), {}),
        ({"X-ClickHouse-User": READER}, {"user": "default"}),
        (basic(READER, "wrong"), {"user": "default", "password": ""}),
        ({"X-ClickHouse-User": READER, "X-ClickHouse-Key": ""}, {}),
        (basic(READER + "x", ""), {}),
        (basic(WRITER, ""), {}),
    ):
        status, said = ask(house, headers, "SELECT currentUser()", **query)
        assert status != http.client.OK, (headers, query, said)


@pytest.mark.parametrize("account", [READER, WRITER])
def test_an_account_reads_no_file_starts_no_program_and_ends_no_process(house: House, account: str) -> None:
    before = house.store._lease.current()
    headers = basic(account, password(house.root, account) if not landlock.missing() or account == WRITER else "")
    words = json.loads((house.root / "secrets.json").read_text()).values()
    secrets = [WORD, *words, "root:x:", "PATH=", "ATTACH DATABASE"]
    let_in = []
    for sql in house.attacks():
        status, said = ask(house, headers, sql, database="tilik")
        assert not [secret for secret in secrets if secret in said], (sql, said)
        if status == http.client.OK:
            let_in.append(" ".join(sql.split(" ")[:3]))
    assert {*let_in} <= (MAY_WRITE if account == WRITER else set())
    assert not (house.folder / "out").exists()
    assert house.store._lease.current() == before
    assert ask(house, headers, "SELECT count() FROM tilik.crowd_minute")[0] == http.client.OK
    for made in ("d", "p"):
        house.store.command(f"DROP DICTIONARY IF EXISTS tilik.{made}")


def test_all_that_a_warehouse_holds_is_its_owners_alone(house: House) -> None:
    house.store.command("INSERT INTO settings_log (name, value) VALUES ('doors', 'shut')")
    loose = [path for path in below(house.root) if not path.is_symlink() and others(path)]
    assert loose == []
    assert doors.open_to_others(house.root) == []


def others(path: Path) -> int:
    """Return what others may do with a file; nothing with one that is gone."""
    try:
        return stat.S_IMODE(path.lstat().st_mode) & 0o077
    except FileNotFoundError:
        return 0


def test_a_store_of_an_older_version_is_shut_at_start(tmp_path: Path) -> None:
    root = tmp_path / "store"
    with connect(f"embedded:{root}") as store:
        store.command("CREATE TABLE kept (a Int32) ENGINE = MergeTree ORDER BY a")
        store.command("INSERT INTO kept VALUES (7)")
    for path in below(root):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    (root / "users.xml").write_text("<clickhouse/>")
    (root / "config.xml").write_text("<clickhouse/>")
    assert doors.open_to_others(root) != []
    with connect(f"embedded:{root}") as store:
        assert store.query("SELECT a FROM kept").rows == [(7,)]
        assert [path for path in below(root) if not path.is_symlink() and others(path)] == []
        assert not (root / "users.xml").exists()
        assert doors.open_to_others(root) == []


def test_a_folder_that_holds_other_things_too_is_not_shut(tmp_path: Path) -> None:
    """A warehouse made in a home or in `/tmp` shuts its own files and leaves the folder to its other users."""
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").write_text("x")
    (tmp_path / "letter.txt").chmod(0o644)
    with connect(f"embedded:{tmp_path}"):
        assert [path.name for path in tmp_path.iterdir() if others(path)] == ["letter.txt"]
        assert others(tmp_path) == 0o055


@confined_only
def test_the_engine_is_confined_and_knows_no_secret_of_its_starter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILIK_WAREHOUSE_PASSWORD", WORD)
    with connect(f"embedded:{tmp_path / 'store'}") as store:
        assert store.unconfined == ""
        of = Path(f"/proc/{store._lease.server.pid}")
        assert WORD not in (of / "environ").read_text()
        assert re.search(r"NoNewPrivs:\s1", (of / "status").read_text())
        assert os.readlink(of / "cwd").endswith("/run (deleted)")


CONFINED = """
import os, socket, subprocess, sys
from pathlib import Path
from connectors.warehouse.engine import landlock
folder, port, parent = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
read = [(Path(p), landlock.READ) for p in (sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64")]
landlock.confine([*read, (folder / "own", landlock.CHANGE), (folder / "none", landlock.READ)], port)
(folder / "own" / "a").write_text("mine")
(folder / "own" / "b").mkdir()
(folder / "own" / "a").rename(folder / "own" / "b" / "a")
for name, attempt in {
    "read": lambda: (folder / "outside").read_text(),
    "write": lambda: (folder / "new").write_text("x"),
    "remove": lambda: (folder / "outside").unlink(),
    "start": lambda: subprocess.run(["/bin/sh", "-c", "true"]),
    "start python": lambda: subprocess.run([sys.executable, "-c", ""]),
    "call": lambda: socket.create_connection(("127.0.0.1", port + 1), 1),
    "listen": lambda: socket.create_server(("127.0.0.1", port + 1)),
    "signal": lambda: os.kill(parent, 0),
}.items():
    try:
        attempt()
        print("could", name)
    except PermissionError:
        pass
with socket.create_server(("127.0.0.1", port)):
    print("done")
"""


@confined_only
def test_what_is_confined_keeps_its_own_folder_and_port_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "outside").write_text(WORD)
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(tmp_path), "48713", str(os.getpid())],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    since = {landlock.PORTS_SINCE: ["could call", "could listen"], landlock.SCOPES_SINCE: ["could signal"]}
    newer = [line for version, lines in since.items() if landlock._version() < version for line in lines]
    assert [line for line in done.stdout.split("\n") if line and line not in newer] == ["done"], done.stderr


def test_without_a_sandbox_the_account_that_reads_goes_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "store"
    with connect(f"embedded:{root}"):
        pass
    word = json.loads((root / "secrets.json").read_text())[READER]
    monkeypatch.setenv(landlock.SWITCH, "off")
    with connect(f"embedded:{root}") as store:
        assert store.unconfined == "TILIK_SANDBOX=off"
        with pytest.raises(WarehouseError, match=r"given to nobody on this machine.*TILIK_SANDBOX=off.*--writer"):
            password(root)
        here = House(store, root, tmp_path, {})
        assert ask(here, basic(READER, word), "SELECT 1")[0] == http.client.NOT_FOUND
        assert ask(here, {}, "SELECT 1")[0] == http.client.NOT_FOUND
        status, said = ask(here, basic(WRITER, password(root, WRITER)), "SELECT file('/etc/passwd')")
        assert (status == http.client.OK, "root:" in said) == (False, False)
        assert store.query("SELECT 1").rows == [(1,)]
    monkeypatch.delenv(landlock.SWITCH)
    if not landlock.missing():
        assert password(root) == word


@pytest.mark.parametrize(
    ("platform", "version", "said"),
    [
        ("darwin", 7, "no Landlock"),
        ("linux", 1, "has Landlock 1, 2"),
        ("linux", OSError(38, "x"), "offers no Landlock"),
    ],
)
def test_why_there_is_no_sandbox_is_said(
    monkeypatch: pytest.MonkeyPatch, platform: str, version: int | OSError, said: str
) -> None:
    def known() -> int:
        if isinstance(version, OSError):
            raise version
        return version

    monkeypatch.setattr(landlock.sys, "platform", platform)
    monkeypatch.setattr(landlock, "_version", known)
    assert said in landlock.missing({})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tilik": "x"}', "\xff", "7"])
def test_passwords_that_cannot_be_read_are_said_to_be_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    said = rf"{tmp_path}/secrets.json: expected the passwords of tilik and reader, came others: put it back"
    with pytest.raises(WarehouseError, match=said):
        password(tmp_path, WRITER)
    with pytest.raises(WarehouseError, match=said):
        connect(f"embedded:{tmp_path}")
    assert not (tmp_path / "run").exists()
