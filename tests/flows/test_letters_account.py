"""Refused records are read by an account of their own; who asks otherwise is told so, and lists letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.warehouse import LETTERS, READER, Warehouse, connect, password
from connectors.warehouse.engine import landlock
from schemas.errors import WarehouseError

pytestmark = pytest.mark.skipif(bool(landlock.missing()), reason=f"no account reads here: {landlock.missing()}")

KEPT = "INSERT INTO dead_letters_raw (source, position, reason, raw) VALUES ('f', 1, 'bad_type', '{}')"
SAID = "INSERT INTO dead_letters_log (source, position, reason, detail, count) VALUES ('f', 1, 'bad_type', 'why', 1)"
TO_LETTERS = r"refused records are read by an account of their own: `letters` .*tilik dead-letters list"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse of before there was such an account, with a letter."""
    folder = tmp_path_factory.mktemp("letters")
    with connect(f"embedded:{folder}"):
        pass
    words = json.loads((folder / "secrets.json").read_text())
    del words[LETTERS]
    (folder / "secrets.json").write_text(json.dumps(words))
    with connect(f"embedded:{folder}") as opened:
        assert json.loads((folder / "secrets.json").read_text()).items() > words.items(), "its words stay"
        opened.migrate()
        opened.command(KEPT)
        opened.command(SAID)
        yield opened


def url(store: Warehouse, account: str) -> str:
    at = store.address
    assert at.root is not None
    return f"http://{account}:{password(at.root, account)}@{at.host}:{at.port}/{at.database}"


def test_the_account_of_letters_reads_them_and_nothing_else(store: Warehouse) -> None:
    with connect(url(store, LETTERS)) as asked:
        assert asked.query("SELECT raw FROM dead_letters_raw").rows == [("{}",)]
        assert asked.query("SELECT detail FROM dead_letters").rows == [("why",)]
        for other in ("health_minute", "cameras", "runs_log"):
            with pytest.raises(WarehouseError, match="lacks the right"):
                asked.query(f"SELECT * FROM {other}")
        with pytest.raises(WarehouseError, match=TO_LETTERS):
            asked.command("INSERT INTO dead_letters_raw (source) VALUES ('g')")


@pytest.mark.parametrize("sql", ["SELECT * FROM dead_letters_raw", "SELECT count() FROM tilik.dead_letters_raw"])
def test_a_reader_who_asks_for_records_is_told_who_may(store: Warehouse, sql: str) -> None:
    """He got an empty list, as if nothing had been refused."""
    with connect(url(store, READER)) as asked, pytest.raises(WarehouseError, match=TO_LETTERS):
        asked.query(sql)


@pytest.mark.parametrize("account", [READER, LETTERS])
def test_letters_are_listed_without_their_records(
    store: Warehouse, tilik: Callable[..., tuple[int, str, str]], account: str, tmp_path: Path
) -> None:
    code, out, _ = tilik("dead-letters", "list", "--format", "csv", "--warehouse", url(store, account))
    assert code == 0
    assert "why" in out
    code, _, err = tilik("query", "SELECT * FROM dead_letters_raw", "--warehouse", url(store, READER))
    assert code == 1
    assert "`letters`" in err
