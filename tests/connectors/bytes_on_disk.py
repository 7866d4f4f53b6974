"""Looks for bytes in all files of a folder."""

from __future__ import annotations

from pathlib import Path


def holding(folder: Path, text: str) -> list[Path]:
    """Return the files that hold a text, in plain or in two bytes a character."""
    wanted = text.encode(), text.encode("utf-16-le")
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found += [path] if any(each in data for each in wanted) else []
    return found
