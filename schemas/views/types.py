"""The types of the views' columns, as the engine finds them out: with them a view is made without finding them out.

`types.json` beside this file is generated (`make docs`), a line a view: its fingerprint, and its columns' types in
order. A view that has changed since has another fingerprint, and the engine finds out its types again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = Path(__file__).with_name("types.json")


class Types(NamedTuple):
    """What the engine found out of a view: the view's fingerprint, and by column its type."""

    fingerprint: str
    columns: dict[str, str]


@cache
def read() -> dict[str, Types]:
    """Return the types of the views' columns, by view."""
    return {name: Types(**held) for name, held in json.loads(FILE.read_text()).items()} if FILE.exists() else {}


def text(found: Mapping[str, Types]) -> str:
    """Return what the file says of these views."""
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(of._asdict())}" for name, of in found.items()) + "\n}\n"
