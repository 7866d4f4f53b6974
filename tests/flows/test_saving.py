"""What a shard remembers goes to bytes and back, and bytes of somebody else's run nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import sqlite3
import zlib
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
import pytest
from bytewax.testing import TestingSource, run_main
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from flows import recovery, saving
from flows.dataflow import Memory, ShardLogic, build
from flows.saving import packed, unpacked
from operators.arrays import frozen
from operators.incidents.persistence import CELL
from operators.tracking.tracks import SLOT
from schemas.errors import StateError
from schemas.registry import Registry
from tests.flows import every
from tests.flows.city import camera, chunks, plan, stream

DTYPES = [np.int64, np.uint64, np.float32, np.bool_, np.uint8, CELL, SLOT]


def equal(left: Any, right: Any) -> bool:
    """Whether two things are of the same types, all the way down, and hold the same."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        kinds = [(a.dtype, a.dtype.isalignedstruct, a.shape, a.flags.writeable, a.flags.aligned) for a in (left, right)]
        return kinds[0] == kinds[1] and left.tobytes() == right.tobytes()  # NaN is NaN
    if isinstance(left, pl.DataFrame):
        return left.schema == right.schema and left.equals(right)
    parts = [_parts(thing) for thing in (left, right)]
    return len(parts[0]) == len(parts[1]) and all(map(equal, *parts)) if parts[0] else bool(left == right)


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [each for pair in thing.items() for each in pair]
    if dataclasses.is_dataclass(thing):
        return [getattr(thing, each.name) for each in dataclasses.fields(thing)]
    return list(thing) if isinstance(thing, list | tuple) else []


def everything() -> Memory:
    """A shard in the middle of a street where everything happens."""
    run = plan(Registry(camera=(every.camera("a"),)), since_us=every.NIGHT)
    run.on_release = lambda batch: None
    logic = ShardLogic(run, None)
    for item in chunks(every.stream(["a"], 900), [1_000, 1_500])[:2]:
        logic.on_batch([(0, item.batch)])
    assert logic.memory is not None
    return logic.memory


def test_a_shard_in_the_middle_of_everything_comes_back_as_it_was() -> None:
    memory = everything()
    assert memory.held
    assert memory.waiting.kept
    assert memory.state.names.known
    assert equal(unpacked(packed(memory), Memory), memory)


@given(st.data())
def test_any_array_comes_back(data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=3, min_side=0))
    raw = data.draw(st.binary(min_size=16, max_size=16)) * (int(np.prod(shape)) * dtype.itemsize // 16 + 1)
    array = np.frombuffer(raw[: int(np.prod(shape)) * dtype.itemsize], np.uint8).copy().view(dtype).reshape(shape)
    array = frozen(array) if data.draw(st.booleans()) else array
    came = unpacked(packed([array]), list)[0]
    assert came.tobytes() == array.tobytes()
    assert (came.dtype, came.shape, came.flags.writeable) == (array.dtype, array.shape, array.flags.writeable)


class Foreign(NamedTuple):
    """A record of no room."""

    a: int


@pytest.mark.parametrize("thing", [object(), {1}, Foreign(1), np.array([object()]), np.int64(1), print])
def test_what_is_no_data_is_not_packed(thing: object) -> None:
    with pytest.raises(TypeError, match="expected"):
        packed([thing])


def sealed(body: bytes) -> bytes:
    """Return a body as somebody writes it who knows the format."""
    return saving.MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def said(tree: Any) -> bytes:
    """Return a tree as somebody writes it who knows the format."""
    return sealed(msgspec.msgpack.encode(tree))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        "text",
        pickle.dumps([1]),
        saving.MAGIC,
        sealed(b"\xc1"),
        said([4, "os:system", ["command"], "true"]),
        said([4, "flows.dataflow:Totals", ["frames"], 1]),
        said([4, "flows.dataflow:build", [], 1]),
        said([4, "flows.none:Block", ["table", "rows"], 1, 2]),
        said([4]),
        said([1, msgspec.msgpack.Ext(2, b"no table")]),
        sealed(packed([pl.DataFrame({"a": ["text"]})])[len(saving.MAGIC) + saving.SUM :].replace(b"text", b"\xff" * 4)),
        sealed(b"\x92\x01" * 5_000 + b"\x00"),
        packed([1]),
    ],
)
def test_other_bytes_are_refused(data: object) -> None:
    with pytest.raises(StateError, match="begin with a new state"):
        unpacked(data, Memory)


@given(st.data())
def test_a_state_of_which_a_byte_changed_is_refused(data: st.DataObject) -> None:
    whole = bytearray(SMALL)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StateError, match="begin with a new state"):
        unpacked(bytes(whole), list)


SMALL = packed([{"a": np.arange(3), 7: (1.5, "x", None)}, {1: "one"}, pl.DataFrame({"a": [1, 2]}), np.zeros(2, CELL)])


def kept(directory: Any) -> None:
    """Let a run be cut off, its state in the directory."""
    items = chunks(stream(["a"], 60), [60])
    source = TestingSource([items[0], TestingSource.ABORT(), *items[1:]], 1)
    flow = build(plan(ONE), source, [].append)
    with recovery.opened(directory) as stored_by:
        run_main(flow, epoch_interval=timedelta(0), recovery_config=stored_by)


def opened(directory: Any) -> None:
    """Open a state, and leave it."""
    with recovery.opened(directory):
        pass


ONE = Registry(camera=(camera("a"),))


def test_a_state_is_its_owners_alone(tmp_path) -> None:
    kept(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    opened(tmp_path / "state")


@pytest.mark.parametrize("others", [0o020, 0o002])
@pytest.mark.parametrize("what", [".", "part-0.sqlite3"])
def test_a_state_that_others_may_write_to_is_refused(tmp_path, what: str, others: int) -> None:
    kept(tmp_path / "state")
    path = tmp_path / "state" / what
    path.chmod(path.stat().st_mode | others)
    with pytest.raises(StateError, match="only its owner"):
        opened(tmp_path / "state")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else")
def test_a_state_of_somebody_else_is_refused(tmp_path) -> None:
    kept(tmp_path / "state")
    os.chown(tmp_path / "state" / "part-0.sqlite3", 65534, 65534)
    with pytest.raises(StateError, match="came owner 65534"):
        opened(tmp_path / "state")


class Runs:
    """Unpickled, it makes a file."""

    def __init__(self, path: Any) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_state_that_would_run_something_is_refused_before_it_does(tmp_path) -> None:
    kept(tmp_path / "state")
    bad = pickle.dumps(Runs(tmp_path / "ran"))
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "part-0.sqlite3")) as stored:
        stored.execute("UPDATE snaps SET ser_change = ?", (bad,))
        stored.commit()
    with pytest.raises(StateError, match=r"it names posix\.mkdir"):
        opened(tmp_path / "state")
    assert not (tmp_path / "ran").exists()


def test_a_state_that_is_cut_short_is_refused(tmp_path) -> None:
    kept(tmp_path / "state")
    path = tmp_path / "state" / "part-0.sqlite3"
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(StateError, match="begin with a new state"):
        opened(tmp_path / "state")


def test_a_state_has_one_run_at_a_time(tmp_path) -> None:
    with recovery.opened(tmp_path), pytest.raises(StateError, match="came one of a run that goes on"):
        opened(tmp_path)
    opened(tmp_path)


def test_a_state_whose_making_was_killed_is_made(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(directory: Any, partitions: int) -> None:
        (directory / "part-0.sqlite3").write_bytes(b"")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(recovery, "init_db_dir", killed)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path)
    kept(tmp_path)
    opened(tmp_path)


def test_a_state_of_which_a_file_is_gone_is_refused(tmp_path) -> None:
    with recovery.opened(tmp_path, 2):
        pass
    (tmp_path / "part-1.sqlite3").unlink()
    with pytest.raises(StateError, match=r"expected 2 files .* came 1"):
        opened(tmp_path)


def test_a_state_from_before_there_was_a_lock_stays(tmp_path) -> None:
    kept(tmp_path)
    (tmp_path / recovery.HELD).unlink()
    before = (tmp_path / "part-0.sqlite3").read_bytes()
    opened(tmp_path)
    assert (tmp_path / "part-0.sqlite3").read_bytes() == before


def test_a_file_in_a_states_place_is_said(tmp_path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="expected a directory for the state, came File exists"):
        opened(tmp_path / "state")
