"""An incident that was stored open ends, with a reason, whatever its run is started again with."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.warehouse import connect
from tests.flows.city import stream
from tests.flows.live.tails import topic
from tests.flows.live.test_live_runs import asked, now_on, running
from tests.flows.live.test_until_end import NAMES, messages, taken
from tests.waiting import until

OPEN = "SELECT count() FROM incidents_open WHERE kind = 'parking'"


@pytest.mark.parametrize(
    "start", ["other words, of a state from before it opened", "another state, of what came since"]
)
def test_what_was_open_ends(
    tmp_path: Path, registry: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    url, state = empty_store("live"), tmp_path / "state"
    every = messages(now_on(stream(NAMES, 100), 3), time.time_ns() // 1000)
    of = topic(every, 2)
    with running(tmp_path, url, topic(every[:40], 2), monkeypatch), connect(url) as store:
        until(lambda: asked(store, "SELECT count() FROM health_minute WHERE frames > 0") > 0)
    shutil.copytree(state, tmp_path / "before")
    with running(tmp_path, url, of, monkeypatch) as errors, connect(url) as store:
        until(lambda: asked(store, OPEN) == len(NAMES) or bool(errors))
        assert not errors
    if start.startswith("other words"):
        taken(tmp_path, registry, of, monkeypatch, state=str(tmp_path / "before"), class_map={"car": "person"})
    else:
        taken(tmp_path, registry, topic(every[-20:], 2), monkeypatch, state=str(tmp_path / "anew"))
    with connect(url) as store:
        found = "SELECT state, close_reason, count() FROM incidents WHERE kind = 'parking' GROUP BY ALL"
        assert store.query(found).rows == [("closed", "end_of_input", len(NAMES))]
