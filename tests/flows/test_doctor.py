"""What the doctor says of a warehouse's age."""

from __future__ import annotations

import os

from connectors.warehouse import connect
from flows import doctor
from flows.settings import Settings


def test_an_older_warehouse_is_noted_until_it_is_brought_up_to_date(tmp_path):
    settings = Settings(warehouse=f"embedded:{tmp_path / 'store'}")

    def said() -> list[tuple[str, str]]:
        return [(finding.state, finding.detail) for finding in doctor._warehouse(settings)]

    assert [state for state, _ in said()] == ["note"]
    with connect(settings.warehouse) as store:
        (good, _), (note, detail) = said()
        assert (good, note) == ("good", "note")
        assert "tilik warehouse migrate --plan" in detail
        store.migrate()
        assert [state for state, _ in said()] == ["good"]


def test_the_machine_has_room_for_what_the_engine_may_take(monkeypatch):
    pages = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": doctor.MIN_MEMORY_BYTES + 1}
    monkeypatch.setattr(os, "sysconf", pages.get)
    by = {has_engine: doctor._memory(has_engine) for has_engine in (True, False)}
    assert by[False].state == "good"
    assert by[True].state == "wrong"
    assert "4.8 GiB are needed" in by[True].detail
