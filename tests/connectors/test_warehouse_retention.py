"""Refused records are gone after seven days: from the tables and from the files, whoever opens the warehouse next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.warehouse import Warehouse, connect
from connectors.warehouse.directory import wait_for
from tests.connectors.bytes_on_disk import holding

OLD, FRESH = "OLD-RECORD-OF-B1234XY", "FRESH-RECORD-OF-TODAY"


def keep(store: Warehouse, raw: str, days: float) -> None:
    seconds = round(86_400 * days)
    store.command(
        "INSERT INTO dead_letters_raw (source, position, reason, raw, stored_at) "
        f"VALUES ('f', {seconds}, 'not_json', '{raw}', now() - INTERVAL {seconds} SECOND)"
    )


@pytest.fixture(scope="module")
def folder(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    found: Path = tmp_path_factory.mktemp("kept") / "store"
    laid(found)
    return found


def test_a_short_command_removes_what_is_too_old_and_nothing_else(folder: Path) -> None:
    with connect(f"embedded:{folder}") as store:
        keep(store, OLD, 8)
        keep(store, FRESH, 6.9)
    assert holding(folder, OLD)
    with connect(f"embedded:{folder}") as store:
        pass
    assert holding(folder, OLD) == []
    assert holding(folder, FRESH)


def test_what_a_killed_command_left_of_deleted_records_is_removed_by_the_next(folder: Path) -> None:
    with connect(f"embedded:{folder}") as store:
        store.command("SYSTEM STOP MERGES dead_letters_raw")
        keep(store, OLD, 8)
        store.command("SYSTEM START MERGES dead_letters_raw")
        store.command("ALTER TABLE dead_letters_raw DELETE WHERE position > 650000 SETTINGS mutations_sync = 2")
    assert holding(folder, OLD), "the engine ended before it removed the part"
    with connect(f"embedded:{folder}") as store:
        pass
    assert holding(folder, OLD) == []


SERVE = """
import itertools, sys
from pathlib import Path
from connectors.warehouse import serve
hours = itertools.count()
serve(Path(sys.argv[1]), lambda lease: print("serves", flush=True), clock=lambda: 3600.0 * next(hours))
"""


def test_who_serves_for_long_removes_it_every_hour(folder: Path) -> None:
    """Nobody opens the store meanwhile: what was kept a week ago was kept for as long as it was served."""
    told = [sys.executable, "-c", SERVE, str(folder)]
    with connect(f"embedded:{folder}") as store, subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "serves\n"
            keep(store, OLD, 8)
            wait_for(lambda: holding(folder, OLD) == [], 60, "it is still kept")
        finally:
            process.terminate()
            process.wait()
