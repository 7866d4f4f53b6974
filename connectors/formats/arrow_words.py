"""What Arrow holds, in words of ours: names of columns, fields and zones are the sender's, and may be a person's.

Of names only those that we read are said, the others are counted. What Arrow itself
says of a file names its types in full: these are left out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from connectors.formats.parquet_footer import KNOWN

OURS: Final = frozenset(KNOWN).union(*KNOWN.values())
"""Names of our columns, and of their fields."""
DEEPEST: Final = 4
"""Lists in lists that are said."""
FOREIGN: Final = re.compile(r"<.*>|'.*'|\".*\"|tz=.*\]", re.DOTALL)
"""What Arrow repeats of a file: fields of a type, what it quotes, a zone's name."""


def names(found: Iterable[str]) -> str:
    """Return which of our names are among some, and how many others."""
    found = list(found)
    ours = [name for name in dict.fromkeys(found) if name in OURS]
    others = sum(name not in OURS for name in found)
    return ", ".join([*ours, *([f"{others:,} of other names"] if others else [])]) or "none"


def kind(column: pa.Array | None) -> str:
    """Return a column's type."""
    if column is None:
        return "none"
    said, told = "", column.type
    for _ in range(DEEPEST):
        if not (pa.types.is_list(told) or pa.types.is_large_list(told) or pa.types.is_fixed_size_list(told)):
            break
        said += f"list of {told.list_size} " if pa.types.is_fixed_size_list(told) else "list of "
        told = told.value_type
    return said + _kind(told)


def _kind(told: pa.DataType) -> str:
    if pa.types.is_struct(told):
        return f"struct of {names(told.field(i).name for i in range(told.num_fields))}"
    if pa.types.is_timestamp(told):
        return f"timestamp in {told.unit}{' with a zone' if told.tz else ''}"
    if pa.types.is_dictionary(told) or pa.types.is_nested(told) or isinstance(told, pa.BaseExtensionType):
        return type(told).__name__
    return str(told)


def error(error: Exception) -> str:
    """Return what an error says, one of Arrow's without what it repeats of the file."""
    return FOREIGN.sub("...", str(error)) if isinstance(error, pa.ArrowException) else str(error)
