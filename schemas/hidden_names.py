"""Names that are in no list, as they are kept: by their hash.

A sender may write a person's name or a plate where a camera, a zone or a class is
meant. What is kept of a message has such a text as `h-` and its FNV-1a hash: who
registers the name later finds it again, and two names stay two. A pseudonym, not a
secret: who tries all plates finds the one behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from schemas.fnv import fnv1a

HIDDEN: Final = re.compile(r"h-[0-9a-f]{1,16}")


def hidden(name: str) -> str:
    """Return what is kept of a name; what is hidden already stays."""
    return name if HIDDEN.fullmatch(name) else f"h-{fnv1a(name.encode(errors='surrogatepass')):x}"


def revealed(names: Iterable[str]) -> dict[str, str]:
    """Return names by what would be kept of them."""
    return {hidden(name): name for name in names}
