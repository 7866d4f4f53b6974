"""Rows of a query as text: a table to read, JSON to go on with.

Times are ISO 8601 (UTC where the column names no zone), integers and decimals
keep every digit, and NULL stays apart from '' wherever the format can say so.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from schemas.plain import plain, plain_text

if TYPE_CHECKING:
    from rich.table import Table

EXPONENT: Final = 20
"""Powers of ten from which on people write an exponent too."""

UNBOUNDED: Final = 1_000_000
"""A width [characters] that no row needs: what a table would like is measured in it."""

MAX_JSON_INT: Final = 2**64
"""msgspec writes integers below this; wider ones go through Python's own digits."""


def _plain(value: object) -> object:
    """Return a value that the JSON writer takes, with nothing lost."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < MAX_JSON_INT:
        return msgspec.Raw(str(value).encode())
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value


_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def to_json(value: object) -> str:
    """Return any value of a row as JSON."""
    return _JSON.encode(_plain(value)).decode()


def _text(value: object) -> str:
    """Return a value as one cell of text; NULL is the caller's matter."""
    value = _plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return digits(value)
    if isinstance(value, date):
        return str(value)
    return to_json(value)


def json(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a list of objects, one a line."""
    lines = ",\n ".join(to_json(dict(zip(names, row, strict=True))) for row in rows)
    return f"[{lines}]\n"


def digits(value: Decimal) -> str:
    """Return a number as people write it, without an exponent where that stays short."""
    return format(value, "f") if abs(value.adjusted()) < EXPONENT else str(value)


def table(names: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None, width: int = 0) -> str:
    """Write a table for the eye: numbers to the right, NULL as a dash; too wide, or a text by itself: records."""
    from rich.console import Console  # noqa: PLC0415  only for the eye

    held = [tuple(row) for row in rows]
    grid = _grid(names, held, title)
    wide = width or _width()
    if _is_text(held) or (held and Console(width=UNBOUNDED).measure(grid).maximum > wide):
        return records(names, held, title)
    out = io.StringIO()
    Console(file=out, width=wide, color_system=None, highlight=False).print(grid)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _grid(names: Sequence[str], rows: Sequence[Sequence[object]], title: str | None) -> Table:
    from rich.table import Table  # noqa: PLC0415  only for the eye
    from rich.text import Text  # noqa: PLC0415  only for the eye

    grid = Table(title=title, title_justify="left", title_style="bold", header_style="", box=None, pad_edge=False)
    for at, name in enumerate(names):
        number = any(isinstance(row[at], int | float | Decimal) for row in rows)
        grid.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(_shown(value))) for value in row))
    return grid


def _is_text(rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether an answer is one text of several lines, such as a definition."""
    return len(rows) == 1 and any(isinstance(value, str) and "\n" in value for value in rows[0])


def records(names: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> str:
    """Write rows one below the other, a line a column: for rows that are wider than the terminal."""
    indent = 2 + max((len(name) for name in names), default=0) + 2
    lines = [] if title is None else [title]
    for at, row in enumerate(rows, 1):
        lines.append(f"row {at}")
        for name, value in zip(names, row, strict=True):
            text = plain_text(_shown(value)).replace("\n", "\n" + " " * indent)
            lines.append(f"  {name}".ljust(indent) + text)
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    return "-" if value is None else _text(value)


def _width() -> int:
    """Return the terminal's width, or plenty where the output goes to a file."""
    import shutil  # noqa: PLC0415  only for the eye
    import sys  # noqa: PLC0415  only for the eye

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000
