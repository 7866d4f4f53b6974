"""Parts of tables that are cut short: their rows are missing, and everybody who asks is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.warehouse import connect
from flows import doctor, unreadable, warehouse_status
from flows.settings import Settings
from tests.connectors.minutes import rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
MISSING = "SELECT count() FROM health_minute WHERE camera_id = 'cut-1'"


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A warehouse one of whose files lost its end while nobody looked."""
    root = tmp_path_factory.mktemp("cut") / "store"
    with connect(laid(root)) as opened:
        opened.insert("health_minute_log", rows("health", "cut-1", NOON, 30))
        assert opened.query(MISSING).rows == [(30,)]
        assert unreadable.lines(opened) == []
        at = "SELECT path FROM system.parts WHERE active AND database = 'tilik' AND table = 'health_minute_log'"
        ((part,),) = opened.query(at).rows
    data = Path(part) / "data.bin"
    data.write_bytes(data.read_bytes()[:-20])
    return f"embedded:{root}"


def test_a_part_that_is_cut_short_is_named_wherever_it_is_missed(store: str, tilik) -> None:
    code, out, err = tilik("query", MISSING, "--warehouse", store, "--format", "csv")
    assert (code, out) == (0, "count()\n0\n")
    assert "warning: health_minute_log, 2026" in err
    assert "1 part could not be read and was set aside: rows are missing. Replay what came then again" in err
    code, out, _ = tilik("warehouse", "status", "--warehouse", store)
    assert (code, "files that cannot be read:\nhealth_minute_log, 2026" in out) == (0, True)
    _, out, _ = tilik("warehouse", "status", "--warehouse", store, "--json")
    (line,) = json.loads(out)["unreadable"]
    found = doctor._stored(Settings(warehouse=store))
    assert ("warehouse", "wrong", line) in found


def test_once_it_was_stated_again_it_is_cleared_away(store: str, tilik) -> None:
    with connect(store) as opened:
        opened.insert("health_minute_log", rows("health", "cut-1", NOON, 30))
        assert opened.query(MISSING).rows == [(30,)]
        assert len(unreadable.lines(opened)) == 1
    assert tilik("warehouse", "discard", "--warehouse", store)[:2] == (0, "1 part deleted\n")
    assert tilik("warehouse", "discard", "--warehouse", store)[:2] == (0, "0 parts deleted\n")
    with connect(store) as opened:
        assert warehouse_status.read(opened).unreadable == []
        assert opened.query(MISSING).rows == [(30,)]
