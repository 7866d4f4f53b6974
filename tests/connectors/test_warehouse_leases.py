"""Leases in a real store: who holds one, who waits, and what happens to those who die or are cut off."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.warehouse import Warehouse, leases, session
from connectors.warehouse.bakery import TRUST_US
from connectors.warehouse.gone import Gone
from connectors.warehouse.processes import Owner
from schemas.errors import WarehouseError

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from connectors.warehouse import connect, leases
with connect(sys.argv[1]) as store, leases.held(store, leases.rows(frozenset({sys.argv[2]}), 0, 10)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(url: str, camera: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a lease until its stdin ends."""
    command = [sys.executable, "-c", HOLDER, url, camera]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def of(camera: str) -> leases.Scope:
    return leases.rows(frozenset({camera}), 0, 10)


def test_the_next_on_this_machine_gets_the_lease_of_a_killed_holder_at_once(
    warehouse: Warehouse, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(warehouse_url, "dead-1") as process:
        process.kill()
        process.wait()
        monkeypatch.setattr(leases.time, "sleep", lambda s: pytest.fail("waited for a process that is dead"))
        with leases.held(warehouse, of("dead-1"), pytest.fail):
            pass


RUN = """
import sys
from connectors.warehouse import Span, Statement, connect, leases, runs
span = Span(frozenset({"gone-1"}), 0, 10)
with connect(sys.argv[1]) as store, leases.held(store, leases.rows(*span, int(sys.argv[2]))):
    run = runs.begin(store, Statement(int(sys.argv[2]), 1, "replay", ["gone.jsonl"]), span)
    print(run.run, flush=True)
    sys.stdin.read()
"""


def test_a_run_is_gone_once_its_process_is(
    warehouse: Warehouse, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", RUN, warehouse_url, "8311"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        assert number not in {each.run for each in warehouse.killed_runs()}
        with monkeypatch.context() as elsewhere:  # as another machine sees it: it renews its claim, or does not
            elsewhere.setattr(leases, "me", lambda: Owner("another machine", 1, 1))
            assert number not in {each.run for each in warehouse.killed_runs()}
            elsewhere.setattr(leases, "EXPIRY_US", -1)
            assert Gone(number, "replay", ["gone.jsonl"]) in warehouse.killed_runs()
        process.kill()
    assert Gone(number, "replay", ["gone.jsonl"]) in warehouse.killed_runs()
    warehouse.mark_killed_runs()
    assert warehouse.query(f"SELECT state FROM runs_log FINAL WHERE run = {number}").rows == [("failed",)]
    assert number not in {each.run for each in warehouse.killed_runs()}


STATEMENT = """
import sys
from connectors.warehouse import connect, leases
with connect(sys.argv[1]) as store, leases.held(store, leases.rows(frozenset({"orphan-1"}), 0, 10)):
    print("held", flush=True)
    store.command("INSERT INTO settings_log SELECT 'orphan', toString(sum(sleepEachRow(0.5))) FROM numbers(6)")
"""


def test_the_next_waits_for_a_statement_whose_sender_was_killed(warehouse: Warehouse, warehouse_url: str) -> None:
    """The server goes on with what it was asked for, and wrote after the next had looked around."""
    running = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO settings_log SELECT ''orphan''%'"
    with subprocess.Popen([sys.executable, "-c", STATEMENT, warehouse_url], cwd=ROOT, stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == b"held\n"
        while warehouse.query(running).rows != [(1,)]:
            pass
        sender.kill()
    assert warehouse.query(running).rows == [(1,)]
    with leases.held(warehouse, of("orphan-1")):
        assert warehouse.query("SELECT count() FROM settings_log WHERE name = 'orphan'").rows == [(1,)]


def test_who_comes_second_waits_for_the_first_and_says_for_whom(warehouse: Warehouse, warehouse_url: str) -> None:
    order: list[str] = []
    with holder(warehouse_url, "wait-1") as process:

        def told(said: str) -> None:
            order.append(said)
            process.communicate("")

        with leases.held(warehouse, of("wait-1"), told):
            order.append("held")
    here = leases.me().place.partition(" ")[0]
    what = "which is writing rows of 1 camera at the same time: wait-1"
    assert order == [f"waiting for process {process.pid} on {here}, {what}", "held"]


def test_others_cameras_do_not_wait(warehouse: Warehouse, warehouse_url: str) -> None:
    with holder(warehouse_url, "free-1"), leases.held(warehouse, of("free-2"), pytest.fail):
        pass


def test_two_threads_take_turns(warehouse: Warehouse) -> None:
    inside, most = [], []

    def work() -> None:
        with leases.held(warehouse, of("turn-1")):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 4


def test_nothing_is_written_under_a_lease_that_is_no_longer_trusted(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, add = [0], "INSERT INTO settings_log (name, value) VALUES ('lease', '{}')"
    monkeypatch.setattr(leases, "elapsed_us", lambda: clock[0])
    with leases.held(warehouse, of("late-1")):
        warehouse.command(add.format("in time"))
        clock[0] += TRUST_US
        with pytest.raises(WarehouseError, match="run the command again"):
            warehouse.command(add.format("too late"))
    assert warehouse.query("SELECT value FROM settings_log WHERE name = 'lease'").rows == [("in time",)]


def test_a_lease_lost_while_a_block_was_made_ready_lets_nothing_out(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, ready = [0], session.arrow_file

    def late(block: pa.Table) -> pa.Buffer:
        clock[0] += TRUST_US
        return ready(block)

    monkeypatch.setattr(leases, "elapsed_us", lambda: clock[0])
    with leases.held(warehouse, of("late-2")):
        monkeypatch.setattr(session, "arrow_file", late)
        with pytest.raises(WarehouseError, match="run the command again"):
            warehouse.insert_block("settings_log", pa.table({"name": ["late-2"], "value": ["x"]}))
        monkeypatch.undo()
    assert warehouse.query("SELECT count() FROM settings_log WHERE name = 'late-2'").rows == [(0,)]


def test_a_lease_leaves_nothing_that_waits(warehouse: Warehouse) -> None:
    with leases.held(warehouse, of("clean-1")):
        pass
    found = warehouse.query("SELECT count() FROM leases_log FINAL WHERE phase < 2 AND has(cameras, 'clean-1')")
    assert found.rows == [(0,)]
