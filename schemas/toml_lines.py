"""TOML texts, and where in them a table or key stands: tomllib keeps no positions.

A statement is everything up to a newline that is outside strings and brackets;
its first line is the line of its key. What stands inside an inline table or a
list takes the line of the statement around it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n=]|[^"\'#\[\]{}\n=]+',
    re.DOTALL,
)


def loads(text: str) -> dict[str, Any]:
    """Read a text.

    Raises
    ------
    tomllib.TOMLDecodeError
        It is no TOML, or nests deeper than anything that is meant.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("lists and tables nest too deep") from None


def documents(texts: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Read texts by the names of their files; return those that are TOML, and what is wrong with the others."""
    found: dict[str, dict[str, Any]] = {}
    mistakes: list[str] = []
    for file, text in texts.items():
        try:
            found[file] = loads(text)
        except tomllib.TOMLDecodeError as error:
            mistakes.append(_misread(file, text, str(error)))
    return found, mistakes


def _misread(file: str, text: str, message: str) -> str:
    match = _POSITION.search(message)
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    return f"{file}:{line}: file: expected TOML, came a syntax error: {_POSITION.sub('', message)}"


def _statements(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, header or key, is a header) of each statement."""
    line, start, depth, key, keyed = 1, 1, 0, "", False
    for token in _TOKEN.findall(text + "\n"):
        if token == "\n" and depth == 0:
            if key.strip():
                yield start, key.strip(), not keyed
            key, keyed = "", False
        elif token == "=" and depth == 0:
            keyed = True
        elif not keyed and not token.startswith("#"):
            start = start if key.strip() else line
            key += token
        if keyed:
            depth += (token in ("[", "{")) - (token in ("]", "}"))
        line += token.count("\n")


def _parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted key, which may be quoted."""
    node: object = tomllib.loads(f"{dotted} = 0")
    parts: list[str] = []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        parts.append(name)
    return tuple(parts)


def table_lines(text: str) -> dict[Path, int]:
    """Map the path of each table and key, as in the parsed document, to its line.

    Parameters
    ----------
    text
        TOML that tomllib reads.

    Returns
    -------
    Paths such as ``("camera", 0, "zone", 1, "polygon")`` with lines counted from 1.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()

    def resolve(parts: tuple[str, ...]) -> Path:
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in counts:
                path = (*path, counts[path])
        return path

    for line, key, is_header in _statements(text):
        if is_header and key.startswith("[["):
            parts = _parts(key[2:-2])
            array = (*resolve(parts[:-1]), parts[-1])
            counts[array] = counts.get(array, -1) + 1
            table = (*array, counts[array])
        elif is_header:
            table = resolve(_parts(key[1:-1]))
        path = table if is_header else (*table, *_parts(key))
        for depth in range(1, len(path) + 1):
            lines.setdefault(path[:depth], line)
    return lines


def nearest_line(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest thing around it; 1 for the document."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in lines:
            return lines[path[:depth]]
    return 1
