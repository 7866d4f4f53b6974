"""What the doctor says of a warehouse's age."""

from __future__ import annotations

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
