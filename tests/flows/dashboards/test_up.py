"""`tilik dashboards up` as people type it: from the folder they stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.dashboards import place, serving
from schemas.errors import UsageError


def test_a_warehouse_is_the_one_that_is_served_whatever_folder_it_is_named_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make run` served the pages of `embedded:./data/warehouse`, and then said that they were another's."""
    said = place.Served(8088, f"embedded:{tmp_path}/store", 1)
    monkeypatch.setattr(serving, "demand", lambda url: None)
    monkeypatch.setattr(place, "is_kept", lambda root: True)
    monkeypatch.setattr(place, "served", lambda root: said)
    monkeypatch.chdir(tmp_path)
    for url in ("embedded:./store", "embedded:store", said.warehouse):
        assert serving.up(tmp_path / "state", 8088, url, lambda line: None) == said
    with pytest.raises(UsageError, match=f"expected embedded:{tmp_path}/other on port 8088; end them first"):
        serving.up(tmp_path / "state", 8088, "embedded:./other", lambda line: None)
