"""A shard's memory as bytes, in a format that can hold no code.

Recovery stores what `packed` makes and hands it to `unpacked`. Records are named by
their class and are filled field by field: nothing is called that a file names, so a
file that somebody else wrote can at worst be refused.
"""

from __future__ import annotations

import dataclasses
import io
import sys
import zlib
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from typing_extensions import Buffer

from schemas.errors import StateError

MAGIC: Final = b"tilik-state-1\n"
SUM: Final = 4
"""Bytes of the CRC-32 that follows."""

ROOMS: Final = ("flows.", "operators.", "schemas.")
"""Where the classes of records live."""

T = TypeVar("T")

_ARRAY, _TABLE = 1, 2
_LIST, _TUPLE, _DICT, _MAP, _RECORD = range(5)
_PLAIN: Final = frozenset({type(None), bool, int, float, str, bytes})


class _Array(msgspec.Struct, array_like=True):
    dtype: Any  # as `numpy.lib.format` describes it
    is_aligned: bool
    shape: tuple[int, ...]
    is_writeable: bool
    data: bytes


def packed(thing: object) -> bytes:
    """Return arrays, tables, containers and records of ours as bytes.

    Raises
    ------
    TypeError
        For anything else: a state is made of what can be said in data.
    """
    body = msgspec.msgpack.encode(_tree(thing))
    return MAGIC + _sum(body) + body


def unpacked(data: object, kind: type[T]) -> T:
    """Return what was packed, equal and apart from it; `kind` is the class of the whole.

    Raises
    ------
    StateError
        For what `packed` did not make, or made of records that have other fields now.
    """
    if not isinstance(data, bytes) or not data.startswith(MAGIC):
        raise StateError(f"expected a state that begins with {MAGIC!r}, came another: {_BEGIN}")
    told, body = data[len(MAGIC) :][:SUM], memoryview(data)[len(MAGIC) + SUM :]
    if told != _sum(body):
        raise StateError(f"expected a whole state, came one whose sum differs: {_BEGIN}")
    try:
        out = _thing(msgspec.msgpack.decode(body))
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise StateError(f"expected a whole state, came a broken one ({error}): {_BEGIN}") from None
    if not isinstance(out, kind):
        raise StateError(f"expected a state that is a {kind.__name__}, came a {type(out).__name__}: {_BEGIN}")
    return out


def _sum(body: bytes | memoryview) -> bytes:
    return zlib.crc32(body).to_bytes(SUM, "little")


_BEGIN: Final = "begin with a new state (another --state directory)"


def _tree(thing: object) -> object:
    if type(thing) in _PLAIN:
        return thing
    if isinstance(thing, np.ndarray):
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(_array(thing)))
    if isinstance(thing, pl.DataFrame):
        return msgspec.msgpack.Ext(_TABLE, _table(thing))
    return [*_container(thing)]


def _container(thing: object) -> Iterator[object]:
    """Yield what it is, and its parts."""
    if type(thing) is list or type(thing) is tuple:
        yield _LIST if type(thing) is list else _TUPLE
        yield from map(_tree, thing)
    elif type(thing) is not dict:
        names = _fields(type(thing))
        yield from (_RECORD, _named(type(thing)), names)
        yield from (_tree(getattr(thing, name)) for name in names)
    elif {*map(type, thing), *map(type, thing.values())} <= _PLAIN:
        yield from (_MAP, thing)
    else:
        yield _DICT
        yield from ([_tree(key), _tree(value)] for key, value in thing.items())


def _thing(tree: object) -> object:
    if isinstance(tree, msgspec.msgpack.Ext):
        return _unarray(tree.data) if tree.code == _ARRAY else _untable(tree.data)
    if not isinstance(tree, list):
        return tree
    kind, *parts = tree
    if kind == _RECORD:
        named, names, *values = parts
        return _record(named, names, [_thing(value) for value in values])
    if kind == _MAP:
        return parts[0]
    if kind == _DICT:
        return {_thing(key): _thing(value) for key, value in parts}
    return [*map(_thing, parts)] if kind == _LIST else tuple(map(_thing, parts))


def _array(array: NDArray[np.generic]) -> _Array:
    if array.dtype.hasobject:
        raise TypeError(f"expected an array of numbers, came {array.dtype}")
    told = np.lib.format.dtype_to_descr(array.dtype)
    return _Array(told, array.dtype.isalignedstruct, array.shape, array.flags.writeable, array.tobytes())


def _unarray(data: Buffer) -> NDArray[np.generic]:
    told = msgspec.msgpack.decode(data, type=_Array)
    dtype = _dtype(told)
    if dtype.hasobject:
        raise ValueError(f"an array of {dtype}")
    out = np.frombuffer(bytearray(told.data), dtype).reshape(told.shape)  # apart, and aligned as kernels want it
    out.flags.writeable = told.is_writeable
    return out


def _dtype(told: _Array) -> np.dtype[np.generic]:
    """Return the very type that the array had: kernels are compiled for it, and alignment is part of it."""
    dtype = np.lib.format.descr_to_dtype(_descr(told.dtype))
    if not told.is_aligned or dtype.fields is None:
        return dtype
    formats, offsets = zip(*(dtype.fields[name][:2] for name in dtype.names or ()), strict=True)
    laid = {"names": dtype.names, "formats": formats, "offsets": offsets, "itemsize": dtype.itemsize}
    return np.dtype(laid, align=True)  # type: ignore[call-overload,no-any-return]


def _descr(told: Any) -> Any:
    """Return a description of a dtype as numpy takes it, plain names too: its tuples travel as lists."""
    if isinstance(told, str):
        return told
    return [(name, _descr(kind), *map(tuple, shape)) for name, kind, *shape in told]


def _table(table: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    table.write_ipc(out)
    return out.getvalue()


def _untable(data: Buffer) -> pl.DataFrame:
    try:
        return pl.read_ipc(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise ValueError(f"a table: {error}") from None


def _fields(cls: type) -> list[str]:
    """Return the names of a record's fields, in their order."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return list(cls._fields)
    if dataclasses.is_dataclass(cls):
        return [each.name for each in dataclasses.fields(cls)]
    if issubclass(cls, msgspec.Struct):
        return list(cls.__struct_fields__)
    raise TypeError(f"expected arrays, tables, containers and records, came {cls.__module__}.{cls.__qualname__}")


def _named(cls: type) -> str:
    if not cls.__module__.startswith(ROOMS) or "." in cls.__qualname__:
        raise TypeError(f"expected a record of {', '.join(ROOMS)}, came {cls.__module__}.{cls.__qualname__}")
    return f"{cls.__module__}:{cls.__qualname__}"


def _record(named: str, names: list[str], values: list[object]) -> object:
    module, _, name = named.partition(":")
    cls = vars(sys.modules.get(module, io)).get(name) if module.startswith(ROOMS) else None
    if not isinstance(cls, type) or names != _fields(cls):
        raise StateError(f"expected a state of this version, came one of another ({named} has other parts): {_BEGIN}")
    if issubclass(cls, tuple):
        return cls._make(values)  # type: ignore[attr-defined]
    if issubclass(cls, msgspec.Struct):
        return cls(*values)
    out = object.__new__(cls)
    for field, value in zip(names, values, strict=True):
        object.__setattr__(out, field, value)
    return out
