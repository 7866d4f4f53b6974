"""Parquet is looked at before pyarrow is asked: what its footer and its pages say of columns, sizes and full rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import limits, parquet_files, read
from connectors.formats.parquet_footer import footer_of
from connectors.formats.parquet_pages import fullest, pages
from tests.connectors.frames import START_US, joined, options
from tests.connectors.test_formats_arrow_trust import ROWS, chunks_of, table, told

PACKINGS = st.sampled_from(["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
VERSIONS = st.sampled_from(["1.0", "2.0"])
THINGS = st.lists(st.lists(st.floats(0, 1, width=32), max_size=9), max_size=40)
BOXES = pa.list_(pa.struct([("class", pa.string()), ("box", pa.list_(pa.float32()))]))


@given(
    rows=st.lists(st.none() | THINGS, min_size=1, max_size=30), packing=PACKINGS, version=VERSIONS,
    group=st.integers(1, 30), is_in_dictionary=st.booleans(),
)  # fmt: skip
def test_the_fullest_row_is_found_without_its_values(
    tmp_path_factory: pytest.TempPathFactory, rows, packing: str, version: str, group: int, is_in_dictionary: bool
) -> None:
    objects = pa.array([r if r is None else [{"class": "car", "box": box} for box in r] for r in rows], BOXES)
    path = tmp_path_factory.mktemp("a") / "a"
    pq.write_table(
        pa.table({"objects": objects}), path, row_group_size=group, compression=packing, data_page_version=version,
        use_dictionary=is_in_dictionary, data_page_size=1, write_batch_size=3,
    )  # fmt: skip
    footer = footer_of(path)
    with path.open("rb") as file:
        found = [[fullest(file.fileno(), column) for column in columns] for columns in footer.groups]
    groups = [rows[at : at + group] for at in range(0, len(rows), group)]
    # a list that is empty, or missing, has a place of its own among the levels
    classes = [max(max(len(row or []), 1) for row in each) for each in groups]
    boxes = [max(sum(max(len(box), 1) for box in row or [[]]) or 1 for row in each) for each in groups]
    assert found == [list(pair) for pair in zip(classes, boxes, strict=True)]


@given(packing=PACKINGS, version=VERSIONS, rows=st.integers(1, 300), group=st.integers(1, 300))
def test_a_footer_says_what_pyarrow_finds_in_it(
    tmp_path_factory: pytest.TempPathFactory, packing: str, version: str, rows: int, group: int
) -> None:
    path = tmp_path_factory.mktemp("a") / "a"
    made = pa.concat_tables([table(plate=pa.array(["x"] * ROWS))] * rows)
    pq.write_table(made, path, row_group_size=group, compression=packing, data_page_version=version)
    footer, meta = footer_of(path), pq.read_metadata(path)
    assert footer.rows == meta.num_rows
    assert len(footer.groups) == meta.num_row_groups
    for number, columns in enumerate(footer.groups):
        theirs = [meta.row_group(number).column(i) for i in range(meta.num_columns)]
        theirs = [each for each in theirs if each.path_in_schema != "plate"]
        assert [each.path_in_schema for each in theirs] == [column.leaf.path for column in columns]
        for each, column in zip(theirs, columns, strict=True):
            begin = each.dictionary_page_offset or each.data_page_offset
            sizes = (each.num_values, each.total_uncompressed_size, each.total_compressed_size, begin)
            assert (column.values, column.unpacked, column.packed, column.begin) == sizes
        with path.open("rb") as file:
            assert [sum(page.values for page in pages(file.fileno(), column)) for column in columns] == [
                column.values for column in columns
            ]


FLIPS = """
import sys
from pathlib import Path
from connectors.formats import read
from tests.connectors.frames import options
path, step = Path(sys.argv[1]), int(sys.argv[2])
raw = path.read_bytes()
size = int.from_bytes(raw[-8:-4], "little")
for number in range(0, size * 8, step):
    at, changed = len(raw) - 8 - size + number // 8, bytearray(raw)
    changed[at] ^= 1 << number % 8
    path.write_bytes(changed)
    list(read(path, "arrow", options()))
print("all")
"""


def test_no_bit_of_a_footer_ends_the_process(tmp_path: Path) -> None:
    """Levels counted in a footer that are more than it has columns for made pyarrow abort."""
    pq.write_table(table(), tmp_path / "a")
    command = [sys.executable, "-c", FLIPS, tmp_path / "a", "17"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert (ended.returncode, ended.stdout) == (0, "all\n"), ended.stderr[-2_000:]


def full(*objects: pa.Array) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in objects])])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.concat_arrays(list(objects)))


def things(count: int, box: int = 4) -> pa.Array:
    """Return so many objects, whose boxes have so many values together for the last of them."""
    ends = np.concatenate([np.arange(count) * 4, [(count - 1) * 4 + box]])
    boxes = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(np.zeros(ends[-1], np.float32)))
    classes = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["car"])).cast(pa.string())
    return pa.StructArray.from_arrays([classes, boxes], ["class", "box"])


@pytest.mark.parametrize("last", [things(2_000_000), things(1, 10_000_000)], ids=["objects", "a box"])
def test_a_row_that_is_too_full_is_refused_before_it_is_unpacked(tmp_path: Path, last: pa.Array) -> None:
    """A kilobyte of dictionary can say any number of values: it took gigabytes."""
    objects = full(things(1), things(1), things(1), last)
    before = pa.total_allocated_bytes()
    pq.write_table(table(objects=objects), tmp_path / "a", compression="zstd")
    pool = pa.default_memory_pool()
    chunks = list(read(tmp_path / "a", "arrow", options()))
    assert told(chunks) == (0, [(1, "bad_file", 1)])
    assert "objects in a frame" in chunks[0].dead["detail"][0]
    assert pool.bytes_allocated() - before < limits.MIB


def test_a_full_group_is_read_by_few_rows_at_once(tmp_path: Path, monkeypatch) -> None:
    objects = full(things(1), things(3), things(1), things(2))
    pq.write_table(table(objects=objects), tmp_path / "a")
    monkeypatch.setattr(parquet_files, "AT_ONCE", 200)
    sizes = [batch.num_rows for batch, _ in parquet_files.batches(tmp_path / "a", 1_000)]
    assert sizes == [1] * ROWS
    assert told(list(read(tmp_path / "a", "arrow", options()))) == (ROWS, [])


def test_pages_that_are_too_large_together_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "PAGE_BYTES", 50)
    assert told(chunks_of(tmp_path / "a", table(), "parquet")) == (0, [(1, "bad_file", 1)])


def test_texts_written_by_their_beginnings_are_read(tmp_path: Path) -> None:
    made = table(camera=pa.array(["cam-1", "cam-2", "cam-2", "dam"]))
    pq.write_table(made, tmp_path / "a", use_dictionary=False, column_encoding={"camera": "DELTA_BYTE_ARRAY"})
    assert joined(read(tmp_path / "a", "arrow", options())).frames["camera"].to_list() == made["camera"].to_pylist()


def test_long_texts_written_by_their_beginnings_take_little(tmp_path: Path) -> None:
    """The beginning of each text is that of the one before: a kilobyte holds gigabytes."""
    rows = 400
    made = pa.table({
        "camera": ["a" * limits.MIB] * rows, "ts": [START_US] * rows, "objects": pa.array([[]] * rows, BOXES)
    })  # fmt: skip
    how = {"camera": "DELTA_BYTE_ARRAY"}
    pq.write_table(made, tmp_path / "a", use_dictionary=False, column_encoding=how, compression="zstd")
    del made
    most = 0
    for batch, _ in parquet_files.batches(tmp_path / "a", 8_192):
        most = max(most, batch.nbytes)
    assert most <= parquet_files.AT_ONCE
    _, letters = told(list(read(tmp_path / "a", "arrow", options())))
    assert [reason for _, reason, _ in letters] == ["too_large"] * rows
