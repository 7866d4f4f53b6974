"""JSON documents become one record a line: every way to write a list of frames is the same list."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import files
from connectors.files import blocks
from connectors.json_records import BROKEN_OFF

MARKS = (frozenset({"camera", "ts", "objects"}),)
FRAMES = [{"camera": "a", "ts": at, "objects": [{"class": "car", "box": [0, 0, 1, 1]}]} for at in range(3)]
AWKWARD = {"camera": 'a"}{[,', "ts": 1, "objects": [], "note": "\\", "more": {"frames": [{"x": "]}"}]}}


def lines(path: Path, content: bytes) -> tuple[list[bytes], list[str]]:
    """Return a file's records, and why it ends where it does."""
    path.write_bytes(content)
    found = list(blocks(path, 8192, 4 << 20, MARKS))
    read = [block.line(row).strip() for block in found for row in range(len(block.start))]
    return [line for line in read if line], [block.broken for block in found if block.broken]


def written(frames: list[Any], indent: int | None) -> dict[str, str]:
    """Return the ways to write a list of frames, by name."""
    whole = json.dumps(frames, indent=indent)
    return {
        "a frame a line": "\n".join(map(json.dumps, frames)),
        "objects one after another": "\n".join(json.dumps(frame, indent=indent) for frame in frames),
        "an array": whole,
        "arrays of arrays": f"[{whole}]",
        "an array a line": "\n".join(json.dumps([frame]) for frame in frames),
        "under a key": json.dumps({"count": 3, "meta": [{"x": 1}], "frames": frames}, indent=indent),
        "under a key of its own name": json.dumps({"objects": frames}, indent=indent),
        "under keys of keys": json.dumps({"data": {"page": {"n": 1}, "rows": frames}}, indent=indent),
        "an envelope a line": "\n".join(json.dumps({"offset": at, "value": frame}) for at, frame in enumerate(frames)),
        "in parts": json.dumps([{"part": at, "rows": [frame]} for at, frame in enumerate(frames)], indent=indent),
    }


@pytest.mark.parametrize("indent", [None, 2], ids=["compact", "indented"])
@pytest.mark.parametrize("way", written(FRAMES, None))
def test_every_way_to_write_a_list_gives_its_records(tmp_path: Path, way: str, indent: int | None) -> None:
    found, broken = lines(tmp_path / "a.json", written([*FRAMES, AWKWARD], indent)[way].encode())
    assert ([json.loads(line) for line in found], broken) == ([*FRAMES, AWKWARD], [])


@pytest.mark.parametrize(
    "pack",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: raw.decode().encode("utf-16-le"),
        lambda raw: raw.decode().encode("utf-16-be"),
        gzip.compress,
        lambda raw: gzip.compress(raw[:50]) + gzip.compress(raw[50:]),
    ],
    ids=["a byte-order mark", "UTF-16", "UTF-16 without its mark", "the other UTF-16", "gzip", "two gzip members"],
)
def test_letters_and_packing_change_nothing(tmp_path: Path, pack: Any) -> None:
    content = json.dumps([*FRAMES, {"camera": "Jl. Kartini \u00e9", "ts": 1, "objects": []}], ensure_ascii=False)
    found, broken = lines(tmp_path / "a.json", pack(content.encode()))
    assert ([json.loads(line) for line in found], broken) == (json.loads(content), [])


@given(
    st.lists(st.fixed_dictionaries({"camera": st.text(), "ts": st.integers(), "objects": st.lists(st.text())})),
    st.sampled_from([None, 0, 1, 3]),
    st.integers(1, 60),
)
@settings(max_examples=150, deadline=None)
def test_any_frames_in_any_document_cut_anywhere_are_the_frames(
    tmp_path_factory: pytest.TempPathFactory, frames: list[Any], indent: int | None, piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "PIECE_BYTES", piece)
        for text in written(frames, indent).values() if frames else ["[]"]:
            found, broken = lines(path, text.encode())
            assert ([json.loads(line) for line in found], broken) == (frames, []), text


def test_what_is_no_record_in_an_array_is_a_line_of_its_own(tmp_path: Path) -> None:
    text = json.dumps([FRAMES[0], None, "x", [FRAMES[1]], 5])
    found, _ = lines(tmp_path / "a.json", text.encode())
    assert [json.loads(line) for line in found] == [FRAMES[0], None, "x", FRAMES[1], 5]


@pytest.mark.parametrize("cut", [10, 60, 90, -1])
def test_a_document_that_breaks_off_gives_what_came_before_and_says_so(tmp_path: Path, cut: int) -> None:
    text = json.dumps(FRAMES).encode()[:cut]
    found, broken = lines(tmp_path / "a.json", text)
    assert broken == [BROKEN_OFF]
    assert [json.loads(line) for line in found] == FRAMES[: text.count(b"]}]}")]


def test_a_broken_first_line_does_not_swallow_the_whole_lines_behind_it(tmp_path: Path) -> None:
    for cut in range(2, len(json.dumps(FRAMES[0]))):
        text = json.dumps(FRAMES[0])[:cut] + "\n" + "\n".join(map(json.dumps, FRAMES))
        found, broken = lines(tmp_path / "a.json", text.encode())
        assert ([json.loads(line) for line in found[1:]], broken) == (FRAMES, []), cut


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"ARROW1\0\0", "--format arrow"),
        (b"PAR1....", "--format arrow"),
        (b"PK\x03\x04....", "office file"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "compressed twice"),
        (b"\0\0\0\x20ftypisom", "a video"),
    ],
)
def test_a_file_of_another_kind_is_named_once(tmp_path: Path, head: bytes, said: str) -> None:
    found, [broken] = lines(tmp_path / "a.json", head)
    assert (found, said in broken) == ([], True)
