"""What senders write reaches a terminal, a line and a spreadsheet as text, and stays what it was as data."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import asking, rendering, writing
from schemas.errors import RegistryError
from schemas.plain import listed, plain, plain_text
from schemas.registry.check import parse

FORGED = "cam\x1b[31m\n2026-01-01 forged\u202eline\x9b2J\r\u2028x\ud800"
TILIK = Path(sys.executable).with_name("tilik")
CAMERA = 'area = "33.74.07.1005"\nfps = 10.0\n'


@given(st.text(st.one_of(st.characters(categories=None), st.sampled_from(FORGED))))
def test_a_plain_text_is_one_line_that_a_terminal_shows_and_json_reads_back(text: str) -> None:
    shown = plain(text)
    assert shown.encode().decode().splitlines() in ([], [shown])
    assert plain(shown) == shown
    assert plain_text(text).count("\n") == text.count("\n")
    if not set(text) & {'"', "\\"}:
        assert json.loads(f'"{shown}"') == text


def test_words_of_every_language_are_left_as_they_are() -> None:
    for text in ("Simpang Lima", "シンパン 五", "Jl. Gajah Mada Utara", "क्षेत्र", "👩‍👩‍👧", "مرحبا"):
        assert plain(text) == text


def test_a_list_has_a_line_an_item() -> None:
    assert len(listed([FORGED, FORGED]).splitlines()) == 2


def test_a_table_has_a_line_a_row_and_no_control_code() -> None:
    shown = rendering.table(("camera", "n"), [(FORGED, 1), ("b", 2)], width=200)
    assert len(shown.splitlines()) == 3
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_rows_that_stand_as_records_indent_the_lines_of_a_text() -> None:
    shown = rendering.table(("camera", "n"), [(FORGED, 1), ("b" * 90, 2)], width=60)
    assert [line for line in shown.splitlines() if not line.startswith(("row ", "  "))] == []
    assert "\x1b" not in shown


def test_one_text_of_several_lines_is_shown_with_its_lines() -> None:
    assert "CREATE x\n" in rendering.table(("statement",), [("CREATE x\n(y)",)], width=200)


@pytest.mark.parametrize("field", ["id", "name", "owner"])
def test_a_registry_names_nothing_with_control_codes(field: str) -> None:
    names = {"id": "a", field: "a\\u001b[31m\\nb\\u202e"}
    text = "[[camera]]\n" + "".join(f'{key} = "{value}"\n' for key, value in names.items()) + CAMERA
    with pytest.raises(RegistryError, match="expected a text of one line") as refused:
        parse({"r.toml": text})
    assert all(line.startswith("r.toml:") for line in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|x", "'+cmd|x"),
        ("-2+3+cmd|x", "'-2+3+cmd|x"),
        ("-7.5", "-7.5"),
        ("+62", "+62"),
        ("smg-001", "smg-001"),
        ("", ""),
    ],
)
def test_csv_hands_no_formula_to_a_spreadsheet(text: str, written: str) -> None:
    rows = asking.Rows(["a", "b"], ["String", "String"], iter([[json.dumps(text).encode(), b"-5"]]))
    lines = b"".join(writing.as_csv(rows)).decode().splitlines()
    assert lines[1] == f"{written},-5"


def test_a_terminal_gets_no_control_code_and_a_file_gets_the_data(tmp_path: Path) -> None:
    script = "from flows.console import pour; pour([b'a\\xc2', b'\\x9b2J\\x1b[31mb\\n'])"
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"a\xc2\x9b2J\x1b[31mb\n"
    ours, theirs = pty.openpty()
    try:
        subprocess.run(command, stdout=theirs, check=True)
        assert os.read(ours, 1000) == b"a\\u009b2J\\u001b[31mb\r\n"
    finally:
        os.close(ours)
        os.close(theirs)
