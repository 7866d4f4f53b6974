"""Looks at all files of a folder, of which some may go meanwhile: an engine merges parts and removes them."""

from __future__ import annotations

import os
from pathlib import Path


def below(folder: Path) -> list[Path]:
    """Return a folder and all that is in it, sorted; what goes while one looks is left out."""
    return sorted([folder, *(Path(at) / name for at, folders, files in os.walk(folder) for name in folders + files)])


def holding(folder: Path, text: str) -> list[Path]:
    """Return the files that hold a text, in plain or in two bytes a character."""
    wanted = text.encode(), text.encode("utf-16-le")
    found = []
    for path in below(folder):
        data = _content(path)
        found += [path] if any(each in data for each in wanted) else []
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""
