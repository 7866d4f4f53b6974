"""Whoever names the wrong format is told the right one: every golden file is known for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.formats import FORMATS, looks_like
from connectors.formats.readers import STREAMS

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
GOLDEN = {
    "nvschema/full.jsonl": "nvschema", "nvschema/minimal.jsonl": "nvschema", "deepstream/eventmsg.jsonl": "deepstream",
    "frigate/messages.jsonl": "frigate", "onvif/messages.jsonl": "onvif",
    "dlstreamer/gvametaconvert.jsonl": "dlstreamer", "scenescape/messages.jsonl": "scenescape",
    "opendatacam/rawdetections.jsonl.gz": "opendatacam",
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), GOLDEN.items(), ids=GOLDEN.keys())
def test_a_golden_file_is_known_for_what_it_is(name: str, kind: str) -> None:
    assert looks_like(RECORDINGS / name) == kind


def test_every_format_is_read_from_files_and_all_but_tables_from_streams() -> None:
    from flows.options import FORMATS as TOLD

    assert set(FORMATS) == set(TOLD)
    assert set(FORMATS) - set(STREAMS) == {"mot"}
