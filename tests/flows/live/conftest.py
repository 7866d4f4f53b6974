"""What tests of live runs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.registry.writing import to_toml
from tests.flows.live.test_until_end import REGISTRY


@pytest.fixture
def registry(tmp_path: Path, empty_store: Callable[[str], str]) -> Path:
    path = tmp_path / "registry.toml"
    path.write_text(to_toml(REGISTRY, "test"))
    empty_store("live")
    empty_store("replayed")
    return path
