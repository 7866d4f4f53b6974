"""A share of `make fuzz`, the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing import law, streams


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", law.KINDS)
def test_every_message_is_a_frame_a_duplicate_or_a_dead_letter(
    tmp_path: Path, monkeypatch, kind: str, seed: int
) -> None:
    monkeypatch.setattr(law, "MOST_BYTES", float("inf"))  # other tests of this process took memory, too
    law.held(law.case(tmp_path, kind, seed, 200))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", streams.KINDS)
def test_of_every_record_of_a_stream_something_is_told(tmp_path: Path, monkeypatch, kind: str, seed: int) -> None:
    monkeypatch.setattr(law, "MOST_BYTES", float("inf"))
    streams.held(streams.case(tmp_path, kind, seed, 200))
