"""Up to which local day frames were removed: marks in an archive, each the record of one removal.

A mark is put before the first file goes, and whoever reads commits leaves out the files of its days, whatever
commit names them and whenever it came. So no kill leaves a commit in view that names a file which is gone, and
frames that come later for such a day bring no part of it back.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from connectors.archive.store import Store

REMOVED: Final = "removed/"
_BEFORE: Final = f"{REMOVED}before="


def name_of(before: date) -> str:
    """Return the name of the mark of a removal."""
    return f"{_BEFORE}{before}.json"


def removed_before(store: Store) -> date | None:
    """Return the first local day that was not removed; None where none was."""
    names = store.names(_BEFORE)
    days = [date.fromisoformat(name.removeprefix(_BEFORE).removesuffix(".json")) for name in names]
    return max(days, default=None)
