"""Answers of any length are written as they come, every digit kept."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from flows import asking, writing
from flows.asking import Rows, Text

KINDS = {"n": "UInt64", "text": "Nullable(String)", "share": "Float64", "at": "DateTime('UTC')", "list": "Array(UInt8)"}
ROW = b'[18446744073709551615, "a,\\"b\\"\\nc", 0.30000000000000004, "2026-01-05T00:00:00Z", [1,2]]\n'
EMPTY = b"[0, null, 1e-7, null, []]\n"


def answer(*rows: bytes, kinds: dict[str, str] = KINDS) -> Rows:
    """An answer of these rows."""
    head = f"{json.dumps(list(kinds))}\n{json.dumps(list(kinds.values()))}\n".encode()
    return asking.rows(iter([head, *rows]))


def written(form: str, *rows: bytes) -> str:
    """What is written of these rows."""
    return b"".join(writing.pieces(answer(*rows), form)).decode()


def test_json_is_a_list_of_objects_with_every_digit() -> None:
    text = written("json", ROW, EMPTY)
    assert json.loads(text)[0] == {
        "n": 2**64 - 1, "text": 'a,"b"\nc', "share": 0.1 + 0.2, "at": "2026-01-05T00:00:00Z", "list": [1, 2],
    }  # fmt: skip
    assert json.loads(text)[1]["text"] is None
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("form", writing.WRITERS)
def test_an_answer_without_rows_is_one_without_rows(form: str) -> None:
    text = written(form)
    assert json.loads(text) == [] if form == "json" else text.split() in ([*KINDS], [",".join(KINDS)])


def test_csv_survives_commas_quotes_and_line_ends_and_leaves_null_empty() -> None:
    rows = list(csv.reader(io.StringIO(written("csv", ROW, EMPTY))))
    assert rows[1:] == [
        ["18446744073709551615", 'a,"b"\nc', "0.30000000000000004", "2026-01-05T00:00:00Z", "[1,2]"],
        ["0", "", "0.0000001", "", "[]"],
    ]


def test_a_table_leaves_out_the_noise_of_binary_fractions() -> None:
    row = ROW.replace(b"\\n", b"")
    assert written("table", EMPTY, row).splitlines()[-1].split()[0::2][:2] == ["18446744073709551615", "0.3"]


def test_a_table_shows_a_thousand_rows_and_says_how_many_there_are() -> None:
    lines = written("table", *[EMPTY] * 2_500).splitlines()
    assert len(lines) == 1 + writing.SHOWN + 1
    assert lines[-1].startswith("... 1,000 of 2,500 rows")
    assert len(written("table", *[EMPTY] * 1_000).splitlines()) == 1_001


def endless(seen: list[int]) -> Iterator[bytes]:
    """Rows without end, counted."""
    while True:
        seen.append(1)
        yield EMPTY * 100


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_answer_is_written_before_it_has_come_whole(form: str) -> None:
    seen: list[int] = []
    head = f"{json.dumps(list(KINDS))}\n{json.dumps(list(KINDS.values()))}\n".encode()
    pieces = writing.pieces(asking.rows(chunk for part in (iter([head]), endless(seen)) for chunk in part), form)
    for _ in range(3):
        next(pieces)
    assert len(seen) < 100


def test_a_query_that_names_a_format_is_answered_in_it() -> None:
    assert b"".join(writing.pieces(Text(iter([b"a", b"b"])), "csv")) == b"ab"


def test_through_the_store(warehouse) -> None:
    def asked(sql: str, form: str = "csv") -> bytes:
        with warehouse.stream(sql, asking.FORM, asking.SETTINGS) as streamed:
            return b"".join(writing.pieces(asking.read(streamed), form))

    assert asked("SELECT number AS n FROM numbers(300000);").count(b"\n") == 300_001
    assert asked("SELECT 1 AS a FORMAT TSVWithNames") == b"a\n1\n"
    zoned = "SELECT toDateTime(1767571200, 'Asia/Jakarta') AS t"
    assert asked(zoned) == b"t\n2026-01-05T07:00:00+07:00\n"
    assert json.loads(asked("SELECT 1/3 AS x, toDecimal64(1.5, 4) AS y", "json")) == [{"x": 1 / 3, "y": 1.5}]


def test_an_error_tells_of_nothing_that_the_query_did_not_say(warehouse) -> None:
    with (
        pytest.raises(Exception, match="SYNTAX_ERROR") as caught,
        warehouse.stream("SELECT 1 frm frm", asking.FORM, asking.SETTINGS),
    ):
        pass
    assert asking.FORM not in str(caught.value)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_who_stops_reading_ends_a_long_answer_in_silence(form):
    writes = {
        "csv": "console.pour(b'1,2,3\\n' * 10_000 for _ in range(100))",
        "parquet": "with console.read_to_its_end() as out: writing.parquet(one.schema, [one] * 5, out)",
    }
    made = "one = pa.record_batch({'a': np.random.default_rng(1).random(200_000)})"
    code = f"import numpy as np, pyarrow as pa\nfrom flows import console, writing\n{made}\n{writes[form]}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert len(writer.stdout.read(10)) == 10
        writer.stdout.close()
        said = writer.stderr.read()
    assert (writer.returncode, said) == (141, b"")
