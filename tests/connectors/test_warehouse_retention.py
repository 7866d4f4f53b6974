"""Refused records are gone after seven days: from the tables and from the files, whoever opens the warehouse next."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.warehouse import Warehouse, connect
from tests.connectors.bytes_on_disk import holding

OLD, FRESH = "OLD-RECORD-OF-B1234XY", "FRESH-RECORD-OF-TODAY"


def keep(store: Warehouse, raw: str, days: float) -> None:
    seconds = round(86_400 * days)
    store.command(
        "INSERT INTO dead_letters_raw (source, position, reason, raw, stored_at) "
        f"VALUES ('f', {seconds}, 'not_json', '{raw}', now() - INTERVAL {seconds} SECOND)"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("kept")
    with connect(f"embedded:{found}") as store:
        store.migrate()
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
