"""How our columns lie in a record batch: lists of structs as one struct and the row of each of its entries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.formats.arrow_trust import WrongColumns


def column(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """Return a column, None where there is none."""
    index = batch.schema.get_field_index(name)
    return None if index < 0 else batch.column(index)


def required(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column.

    Raises
    ------
    WrongColumns
        There is none.
    """
    found = column(batch, name)
    if found is None:
        raise WrongColumns(f"expected a column {name}")
    return found


def child(struct: pa.Array | None, name: str) -> pa.Array | None:
    """Return a field of a struct, null where the struct is."""
    if struct is None or not pa.types.is_struct(struct.type):
        return None
    if struct.type.get_field_index(name) < 0:
        if name in _names(struct.type):
            raise WrongColumns(f"expected each field once, found {name} more than once")
        return None
    return pc.struct_field(struct, name) if struct.null_count else struct.field(name)


def _names(kind: pa.DataType) -> list[str]:
    """Return the names of a struct's fields."""
    try:
        return [kind.field(i).name for i in range(kind.num_fields)]
    except UnicodeDecodeError:
        raise WrongColumns("expected names of fields in UTF-8") from None


def is_any_list(kind: pa.DataType) -> bool:
    """Tell whether a type is a list of any length."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a type is a list of structs."""
    return is_any_list(kind) and pa.types.is_struct(kind.value_type)


def is_untyped(kind: pa.DataType) -> bool:
    """Tell whether a type is that of nulls, or of lists that are all empty or hold nulls alone."""
    return bool(pa.types.is_null(kind) or (is_any_list(kind) and pa.types.is_null(kind.value_type)))


def of_structs(lists: pa.Array, entry: pa.DataType, *, are_empty: bool) -> pa.Array:
    """Return lists of nulls, or such as `are_empty`, as lists of structs; others as they are."""
    if pa.types.is_null(lists.type):
        return pa.nulls(len(lists), pa.large_list(entry))
    if not is_any_list(lists.type) or not (are_empty or is_untyped(lists.type)):
        return lists
    # by sizes, not by a cast: that would make as many structs as the whole batch says it has
    ends = np.concatenate([[0], np.cumsum(sizes(lists, len(lists)))])
    values = pa.nulls(int(ends[-1]), entry)
    mask = lists.is_null() if lists.null_count else None
    return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), values, mask=mask)


def sizes(lists: pa.Array | None, rows: int) -> NDArray[np.int64]:
    """Return how many entries each list has; a list that is null has none."""
    if lists is None or not is_any_list(lists.type):
        return np.zeros(rows, np.int64)
    size: NDArray[np.int64] = np.diff(lists.offsets.to_numpy()).astype(np.int64)
    return np.where(lists.is_null().to_numpy(zero_copy_only=False), 0, size) if lists.null_count else size


def flat(lists: pa.Array | None) -> tuple[pa.Array | None, NDArray[np.uint32]]:
    """Return a list column's structs as one, and the row of each."""
    if lists is None or not is_list(lists.type):
        return None, np.empty(0, np.uint32)
    size = sizes(lists, len(lists))
    offsets = lists.offsets
    first, end = offsets[0].as_py(), offsets[-1].as_py()
    values = lists.flatten() if lists.null_count else lists.values.slice(first, end - first)
    return values, np.repeat(np.arange(len(lists), dtype=np.uint32), size)
