"""`tilik warehouse serve` lets other programs in, to read, where it was told to."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import clickhouse_connect
import polars as pl
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from connectors.warehouse import Warehouse
from flows import writing

TILIK = str(Path(sys.executable).with_name("tilik"))

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TILIK, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path, laid: Callable[[Path], str]) -> Path:
    laid(tmp_path / "store")
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[tuple[int, str]]:
    """A port, and what `serve` said."""
    port = free_port()
    command = [TILIK, "warehouse", "serve", "--warehouse", "embedded:store", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "clickhousedb" not in said and (line := process.stdout.readline()):
            said += line
        yield port, said
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def test_what_it_says_lets_a_reader_in_and_nobody_drop(folder: Path, served: tuple[int, str]) -> None:
    port, said = served
    word = run("warehouse", "password", "--warehouse", "embedded:store", folder=folder).stdout.strip()
    assert word
    assert word not in said
    url = re.search(r"--warehouse (http://reader@\S+)", said)
    assert url
    environment = os.environ | {"TILIK_WAREHOUSE_PASSWORD": word}
    command = [TILIK, "query", "SELECT count() > 0 AS n FROM columns", "--warehouse", url[1], "--format", "csv"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert asked.stdout == "n\n1\n", asked.stderr
    given = {"host": "127.0.0.1", "port": port, "username": "reader", "password": word, "database": "tilik"}
    client = clickhouse_connect.get_client(**given)
    assert client.query_df("SELECT * FROM columns LIMIT 3").shape[0] == 3
    with pytest.raises(DatabaseError, match="privileges"):
        client.command("DROP TABLE crowd_minute_log")
    client.close()


def engine(folder: Path) -> int:
    return int(json.loads((folder / "store" / "server.json").read_text())["pid"])


def test_a_served_engine_that_dies_is_said_and_started_again_where_it_was(folder: Path) -> None:
    command = [TILIK, "warehouse", "serve", "--warehouse", "embedded:store"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = re.search(r"http://reader@127.0.0.1:\d+/tilik", process.stdout.readline())
        assert url
        os.kill(engine(folder), signal.SIGKILL)
        said = next(line for line in process.stderr if "engine" in line)
        assert said.rstrip().endswith(f"had ended and was started again: {url[0]}")
        word = run("warehouse", "password", "--warehouse", "embedded:store", folder=folder).stdout.strip()
        port = int(url[0].rpartition(":")[2].partition("/")[0])
        given = {"host": "127.0.0.1", "port": port, "username": "reader", "password": word}
        with clickhouse_connect.get_client(**given) as client:
            assert client.command("SELECT 1") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "Traceback" not in process.stderr.read()


def test_serving_that_cannot_go_on_says_why(folder: Path) -> None:
    """The engine died, and what it needs is gone."""
    command = [TILIK, "warehouse", "serve", "--warehouse", "embedded:store"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "serving" in process.stdout.readline()
        pid = engine(folder)
        (folder / "store" / "version").write_text("99.0.0")
        (folder / "store" / "start.lock").unlink()
        (folder / "store" / "start.lock").mkdir()
        os.kill(pid, signal.SIGKILL)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in said) == (1, False)
        assert f"cannot write to the warehouse directory {folder / 'store'}: Is a directory" in said


def test_a_port_is_kept_or_refused(folder: Path, served: tuple[int, str]) -> None:
    port, _ = served
    other = run("warehouse", "serve", "--warehouse", "embedded:store", "--port", str(free_port()), folder=folder)
    assert other.returncode == 1
    assert f"answering on port {port} for other commands" in other.stderr
    taken = run("warehouse", "serve", "--warehouse", "embedded:second", "--port", str(port), folder=folder)
    assert taken.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be had" in taken.stderr


def test_the_writer_s_password_is_asked_for_by_name(folder: Path) -> None:
    asked = ("warehouse", "password", "--warehouse", "embedded:store")
    words = {run(*asked, *more, folder=folder).stdout for more in ([], ["--writer"])}
    assert len(words) == 2
    none = run("warehouse", "password", "--warehouse", "embedded:none", folder=folder)
    assert none.returncode == 1
    assert "expected an embedded warehouse" in none.stderr


def test_local_times_survive_parquet(warehouse: Warehouse, tmp_path: Path) -> None:
    sql = "SELECT toDateTime(1767571200, 'Asia/Jakarta') AS local_ts, 7::UInt32 AS n FROM numbers(3)"
    with warehouse.batches(sql) as found, (tmp_path / "a.parquet").open("wb") as out:
        writing.parquet(found.schema, found.batches, out)
    read = pl.read_parquet(tmp_path / "a.parquet")
    assert read["local_ts"].dtype.time_zone == "Asia/Jakarta"  # type: ignore[attr-defined]
    assert read["local_ts"][0].hour == 7
    assert read["n"].to_list() == [7, 7, 7]
    with warehouse.batches(f"{sql} WHERE 0;") as found, (tmp_path / "b.parquet").open("wb") as out:
        writing.parquet(found.schema, found.batches, out)
    assert pl.read_parquet(tmp_path / "b.parquet").schema == read.schema
