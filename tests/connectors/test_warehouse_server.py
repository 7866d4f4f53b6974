"""The embedded engine: shared by processes, survives kill -9, ends with its last client."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from connectors.warehouse import Warehouse, connect, session
from connectors.warehouse.address import parse
from connectors.warehouse.embedded import Lease
from schemas.errors import UsageError, WarehouseError

from .minutes import rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def held(root: Path) -> bool:
    """Say whether an engine holds the directory."""
    with (root / "engine.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_two_processes_share_one_directory(warehouse: Warehouse, warehouse_url: str) -> None:
    code = """
import sys
from connectors.warehouse import connect
with connect(sys.argv[1]) as store:
    store.command("INSERT INTO settings_log (name, value) VALUES ('guest', 'was here')")
    print(store.url)
"""
    done = python(code, warehouse_url)
    assert done.stdout.strip() == warehouse.url, done.stderr
    assert warehouse.query("SELECT value FROM settings_log WHERE name = 'guest'").rows == [("was here",)]


def test_the_last_client_stops_the_engine(tmp_path: Path) -> None:
    with connect(f"embedded:{tmp_path}"):
        with connect(f"embedded:{tmp_path}"):
            pass
        assert held(tmp_path)
    assert not held(tmp_path)


def test_kill_9_of_the_engine_loses_nothing_acknowledged_and_it_comes_back(tmp_path: Path) -> None:
    with connect(f"embedded:{tmp_path}") as store:
        store.migrate()
        store.insert("health_minute_log", rows("health", "kill-1", NOON, 30))
        pid = json.loads((tmp_path / "server.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        store.insert("health_minute_log", rows("health", "kill-2", NOON, 30))
        found = store.query("SELECT camera_id, count() FROM health_minute GROUP BY camera_id ORDER BY camera_id").rows
    assert found == [("kill-1", 30), ("kill-2", 30)]


def test_the_last_client_stops_the_engine_that_another_started_anew(tmp_path: Path) -> None:
    """The process it had met first was gone, and the number may by then be somebody else's."""
    first, second = Lease(tmp_path), Lease(tmp_path)
    os.kill(first.server.pid, signal.SIGKILL)
    while held(tmp_path):
        pass
    assert second.ensure().pid != first.server.pid
    second.close()
    first.close()
    assert not held(tmp_path)


@pytest.mark.parametrize("when", ["while it runs", "while it starts anew"])
def test_a_file_that_names_another_program_never_ends_it(tmp_path: Path, when: str) -> None:
    """`server.json` of an engine that is gone, or of another machine: its number is somebody else's by now."""
    with subprocess.Popen(["sleep", "60"]) as other:
        lease = Lease(tmp_path)
        path = tmp_path / "server.json"
        facts = json.loads(path.read_text()) | {"pid": other.pid}
        if when == "while it runs":
            path.write_text(json.dumps(facts))
        else:
            os.kill(lease.server.pid, signal.SIGKILL)
            while held(tmp_path):
                pass
            path.write_text(json.dumps(facts))
            lease.ensure()
            path.write_text(json.dumps(facts | {"port": lease.server.port}))
        lease.close()
        assert not held(tmp_path)
        assert other.poll() is None
        other.kill()


def test_an_engine_of_an_older_version_is_ended_too(tmp_path: Path) -> None:
    """It does not know `stop`, and ends by itself when nobody holds the clients' lock."""
    code = """
import fcntl, json, os, sys, time
root = sys.argv[1]
mine, clients = (os.open(f"{root}/{name}.lock", os.O_RDWR | os.O_CREAT) for name in ("engine", "clients"))
fcntl.flock(mine, fcntl.LOCK_EX)
print("ready", flush=True)
fcntl.flock(clients, fcntl.LOCK_EX)
"""
    lease = Lease(tmp_path)
    facts = json.loads((tmp_path / "server.json").read_text())
    os.kill(lease.server.pid, signal.SIGKILL)
    while held(tmp_path):
        pass
    words = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as older:
        assert older.stdout is not None
        assert older.stdout.readline() == "ready\n"
        (tmp_path / "server.json").write_text(json.dumps({name: facts[name] for name in ("pid", "port", "chdb-core")}))
        lease.close()
        assert older.wait() == 0


def test_an_engine_that_died_comes_back_where_it_was(tmp_path: Path) -> None:
    """Whoever starts it: an address that was printed stays right."""
    first, second = Lease(tmp_path), Lease(tmp_path)
    os.kill(first.server.pid, signal.SIGKILL)
    while held(tmp_path):
        pass
    assert second.ensure().port == first.server.port
    assert first.current() == second.server != first.server
    assert first.ensure() == second.server
    second.close()
    first.close()


@pytest.mark.parametrize("step", range(4))
def test_a_command_waits_for_an_engine_that_is_killed_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Between any two of its doings: as it connects, asks, changes, asks for an answer that comes bit by bit."""
    with connect(f"embedded:{tmp_path}") as store:
        store.command("CREATE TABLE kept (a Int32) ENGINE = MergeTree ORDER BY a")
        os.kill(json.loads((tmp_path / "server.json").read_text())["pid"], signal.SIGKILL)
        if step == 0:
            with connect(f"embedded:{tmp_path}") as second:
                assert second.query("SELECT 1").rows == [(1,)]
        if step == 1:
            assert store.query("SELECT 1").rows == [(1,)]
        if step == 2:
            store.command("INSERT INTO kept VALUES (7)")
            assert store.query("SELECT a FROM kept").rows == [(7,)]
        if step == 3:
            with store.batches("SELECT 1::UInt8 AS a") as found:
                assert [batch.column("a").to_pylist() for batch in found.batches] == [[1]]


def test_tables_are_made_though_the_engine_is_killed_again_and_again(tmp_path: Path, warehouse: Warehouse) -> None:
    """At times of its own choosing, also in the middle of a statement and while the next engine starts."""
    done = threading.Event()

    def kill() -> None:
        for pause in (0.9, 1.7, 0.4, 2.3):
            if done.wait(pause):
                return
            with contextlib.suppress(OSError, ValueError):
                os.kill(json.loads((tmp_path / "server.json").read_text())["pid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with connect(f"embedded:{tmp_path}") as store:
        killer.start()
        try:
            store.migrate()
        finally:
            done.set()
            killer.join()
        assert store.plan().empty


def test_a_statement_that_kills_the_engine_each_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MOST_STARTS", 1)
    with connect(f"embedded:{tmp_path}") as store:
        asked: list[int] = []

        def deadly(*given: object) -> None:
            asked.append(json.loads((tmp_path / "server.json").read_text())["pid"])
            os.kill(asked[-1], signal.SIGKILL)
            while held(tmp_path):
                pass
            raise ConnectionRefusedError

        with monkeypatch.context() as patched:
            patched.setattr(session.answers, "ask", deadly)
            with pytest.raises(WarehouseError, match="does not answer"):
                store.query("SELECT 1")
        assert len(set(asked)) == 2
        assert store.query("SELECT 1").rows == [(1,)]


def test_a_killed_client_does_not_keep_the_engine(tmp_path: Path) -> None:
    code = """
import os, sys
from connectors.warehouse import connect
connect(sys.argv[1])
os.kill(os.getpid(), 9)
"""
    python(code, f"embedded:{tmp_path}")
    with connect(f"embedded:{tmp_path}") as store:
        assert store.query("SELECT 1").rows == [(1,)]
    assert not held(tmp_path)


def test_a_directory_held_by_another_program_is_named(tmp_path: Path) -> None:
    code = """
import sys
from chdb import session
other = session.Session(sys.argv[1])
other.query("SELECT 1")
print("ready", flush=True)
sys.stdin.read()
"""
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(WarehouseError, match=f"held by another program.*{other.pid}"):
            connect(f"embedded:{tmp_path}")
        assert other.stdin is not None
        other.stdin.close()


def test_an_engine_whose_starter_was_killed_is_waited_for(tmp_path: Path) -> None:
    """It runs, but has not said yet where it listens."""
    with connect(f"embedded:{tmp_path}"):
        told = (tmp_path / "server.json").rename(tmp_path / "later")
        threading.Timer(0.3, told.rename, [tmp_path / "server.json"]).start()
        with connect(f"embedded:{tmp_path}") as second:
            assert second.query("SELECT 1").rows == [(1,)]


def test_what_the_machine_refuses_is_said_with_the_directory(tmp_path: Path) -> None:
    (tmp_path / "s" / "clients.lock").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=f"cannot write to the warehouse directory {tmp_path}/s: Is a directory"):
        connect(f"embedded:{tmp_path}/s")


def test_a_directory_that_is_removed_meanwhile_leaves_nothing_behind(tmp_path: Path) -> None:
    with connect(f"embedded:{tmp_path}/s") as store:
        engine = json.loads((tmp_path / "s" / "server.json").read_text())["pid"]
        shutil.rmtree(tmp_path / "s")
        with pytest.raises(WarehouseError):
            store.insert_block("settings_log", pa.table({"name": ["a"], "value": ["b"]}))
    while Path(f"/proc/{engine}").exists():
        pass
    assert not (tmp_path / "s").exists()


def test_data_of_a_newer_engine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99.1.0")
    with pytest.raises(WarehouseError, match=r"written by chdb-core 99\.1\.0"):
        connect(f"embedded:{tmp_path}")


def test_a_reader_sees_figures_and_nothing_else(warehouse: Warehouse, warehouse_url: str) -> None:
    root = Path(warehouse_url.partition(":")[2])
    word = json.loads((root / "secrets.json").read_text())["reader"]
    assert (root / "secrets.json").stat().st_mode & 0o077 == 0
    reader = clickhouse_connect.get_client(
        host="127.0.0.1", port=warehouse.address.port, username="reader", password=word, database="tilik"
    )
    reader.query("SELECT count() FROM crowd_minute")
    for forbidden in (
        "SELECT count() FROM dead_letters_raw",
        "INSERT INTO settings_log (name) VALUES ('x')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ):
        with pytest.raises(DatabaseError, match=r"privileges|getcwd failed"):
            reader.command(forbidden)
    reader.close()


@pytest.mark.parametrize(
    "url", ["", "embedded:", "clickhouse", "ftp://x/y", "http:///tilik", "http://h:x/d", "http://h/a;b"]
)
def test_a_wrong_url_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match="expected embedded:DIR"):
        parse(url)


def test_the_password_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILIK_WAREHOUSE_PASSWORD", "p")
    address = parse("https://me@host/db")
    assert not isinstance(address, Path)
    assert (address.password, address.port, address.url) == ("p", 8443, "https://me@host:8443/db")
    with pytest.raises(UsageError) as error:
        parse("http://me:secret@host:bad/db")
    assert "secret" not in str(error.value)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(WarehouseError, match=r"http://me@127.0.0.1:1/tilik does not answer"):
        connect("http://me@127.0.0.1:1/tilik")
