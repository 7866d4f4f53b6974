"""Compiled kernels beside their sources, so that processes which compile at once never load each other's code.

numba numbers the files of a kernel's signatures, and writes the index that names them
first. Two processes that save at once take the same number: from then on one signature
loads what was compiled for another. Here every save has a name of its own, and lies there
before the index names it. What another's index has lost is compiled once more.
"""

from __future__ import annotations

import glob
import uuid
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile


def save(self: IndexDataCacheFile, key: Any, data: Any) -> None:
    """Save what was compiled for a signature; files that the index does not name go."""
    name = self._data_name(uuid.uuid4().int)
    self._save_data(name, data)
    overloads = self._load_index() | {key: name}
    self._save_index(overloads)
    named = set(overloads.values())
    for path in Path(self._cache_path).glob(glob.escape(self._index_name.removesuffix(".nbi")) + ".*.nbc"):
        if path.name not in named:  # if it is another's, whose index comes later, that one compiles again
            path.unlink(missing_ok=True)


def install() -> None:
    """Let all kernels of this process be saved so."""
    IndexDataCacheFile.save = save  # type: ignore[method-assign]  # numba offers no way to choose it
