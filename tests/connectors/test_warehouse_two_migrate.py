"""Two processes that migrate an old warehouse at once do what one does, and each numbered file once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.warehouse import Warehouse, connect

from .test_warehouse_migrations import shape
from .test_warehouse_upgrade import held, make_old

MIGRATE = """
import sys
from connectors.warehouse import connect
with connect(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    done = store.migrate()
print(len(done.files), flush=True)
"""


@pytest.mark.parametrize("is_server", [False, True], ids=["a directory", "a server"])
def test_two_at_once_do_what_one_does(tmp_path: Path, warehouse: Warehouse, *, is_server: bool) -> None:
    with connect(f"embedded:{tmp_path}") as store:
        make_old(store)
        store.command("DROP VIEW somebodys")
        before = held(store)
        at = store.address
        env = os.environ | {"TILIK_WAREHOUSE_PASSWORD": at.password}
        url = (
            f"http://{at.user}:{at.password}@{at.host}:{at.port}/{at.database}" if is_server else f"embedded:{tmp_path}"
        )
        told = [sys.executable, "-c", MIGRATE, url]
        with (
            subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as one,
            subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as two,
        ):
            for each in (one, two):
                assert each.stdout is not None
                assert each.stdout.readline() == "ready\n"
            for each in (one, two):
                assert each.stdin is not None
                each.stdin.write("\n")
                each.stdin.flush()
            said = sorted(int(each.communicate()[0]) for each in (one, two))
        assert (one.returncode, two.returncode) == (0, 0)
        files = store.query("SELECT version, count() FROM schema_versions GROUP BY version ORDER BY version").rows
        assert all(count == 1 for _, count in files)
        assert said == [0, len(files) - 2], "the old one had two"
        after = held(store)
        assert [table for table in before if not after[table].equals(before[table])] == []
        assert store.plan().empty
        assert shape(store) == shape(warehouse)
