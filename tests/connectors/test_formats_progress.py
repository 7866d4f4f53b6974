"""How far a reader is, it says in bytes of the file as it is: packed ones are not done before they end."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from connectors.formats import read, to_json_lines, to_table, write_arrow

from .frames import batch, options

FRAMES, CHUNK = 50_000, 2_000
PACKED: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd.compress}


def progress(path: Path, kind: str) -> list[float]:
    """How much of the file was read after each chunk."""
    read_so_far = accumulate(chunk.bytes_read for chunk in read(path, kind, options(chunk_records=CHUNK)))
    return [done / path.stat().st_size for done in read_so_far]


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("kind", ["native", "arrow"])
def test_a_file_is_read_evenly_and_to_its_end(tmp_path: Path, kind: str, ending: str) -> None:
    frames = batch(FRAMES)
    if kind == "native":
        content = to_json_lines(frames)
    else:
        with pa.BufferOutputStream() as out, pa.ipc.new_stream(out, to_table(frames).schema) as writer:
            writer.write_table(to_table(frames), max_chunksize=CHUNK)
        content = out.getvalue().to_pybytes()
    path = tmp_path / f"a{ending}"
    path.write_bytes(PACKED[ending](content))
    done = progress(path, kind)
    assert len(done) >= FRAMES // CHUNK
    assert 0.99 <= done[-1] <= 1
    assert np.abs(np.array(done) - np.linspace(0, 1, len(done))).max() < 0.2


def test_parquet_and_an_arrow_file_are_read_to_their_end(tmp_path: Path) -> None:
    frames = batch(FRAMES)
    write_arrow(tmp_path / "a.arrow", frames)
    pq.write_table(to_table(frames), tmp_path / "a.parquet")
    assert progress(tmp_path / "a.parquet", "arrow")[-1] == 1
    assert 0.99 <= progress(tmp_path / "a.arrow", "arrow")[-1] <= 1
