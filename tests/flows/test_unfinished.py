"""A store whose tables are half made is said to be so, with what finishes it, by every command that reads."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from connectors.warehouse.address import parse
from flows import unfinished
from tests.flows.statements import Killed, Mortal, mortal

READING = (
    ("warehouse", "status"),
    ("dead-letters", "list"),
    ("registry", "suggest", "cameras.toml"),
    ("query", "SELECT * FROM crowd_now"),
)


@pytest.mark.parametrize("left", [5, 100])  # in the first tables; before columns that a later file adds
def test_a_store_that_was_half_made_is_finished_by_migrate(tilik, tmp_path, left):
    (tmp_path / "cameras.toml").write_text('[[camera]]\nid = "a"\narea = "00"\nfps = 1.0\n')
    with Mortal(parse(f"embedded:{tmp_path / 's'}")) as store:
        with suppress(Killed), mortal(store, left):
            store.migrate()
        assert not store.plan().empty
        for words in READING:
            code, out, err = tilik(*words, "--warehouse", "embedded:s")
            assert "DB::Exception" not in out + err, words
            said = "holds no tables yet" if words[1] == "suggest" and left == 5 else unfinished.SAID
            assert said in out + err, words
            assert (code, "tilik warehouse migrate" in out + err) == (int("status" not in words or left == 5), True)
        assert tilik("warehouse", "migrate", "--warehouse", "embedded:s")[0] == 0
        for words in READING:
            code, out, err = tilik(*words, "--warehouse", "embedded:s")
            assert (code, unfinished.SAID in out + err) == (0, False), words


def test_a_mistyped_name_in_a_whole_store_is_said_as_it_is(tilik, warehouse, warehouse_url):
    code, _, err = tilik("query", "SELECT * FROM crowd_nwo", "--warehouse", warehouse_url)
    assert (code, "crowd_nwo" in err, unfinished.SAID in err) == (1, True, False)
    status = json.loads(tilik("warehouse", "status", "--json", "--warehouse", warehouse_url)[1])
    assert status["unfinished"] == ""
