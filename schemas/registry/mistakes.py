"""What a registry's checks say: a place in a document and a sentence.

Rules yield flaws with a path relative to what they looked at; the check adds
the file, the line and the names of what stands around it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from schemas.toml_lines import Path, nearest_line, table_lines

ARRAYS = ("camera", "zone", "line", "road", "place", "rule", "route", "receiver", "inhibit")
CANDIDATES: Final = 5
"""Words that share letters with one, whose mistypings are counted; ours."""


class Flaw(NamedTuple):
    """A mistake (or remark) at a path of one file's document."""

    path: Path
    text: str


class Located(NamedTuple):
    """A flaw and the file it stands in."""

    file: str
    flaw: Flaw


def expected(what: str, came: object, todo: str) -> str:
    """Say what was expected, what came and what to do, in one line."""
    return f"expected {what}, came {came}: {todo}"


def did_you_mean(word: object, known: Iterable[str], otherwise: str) -> str:
    """Return ``did you mean ...?`` for the nearest known word, else `otherwise`."""
    near = nearest(str(word), known)
    return otherwise if near is None else f"did you mean {near}?"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is likest, where a letter in three is mistyped at most; None where none is near.

    Letters that two words share tell less: `foo` shares all of its with `flood`.
    """
    likest = difflib.get_close_matches(word, list(known), n=CANDIDATES)
    return next((each for each in likest if _typed(word, each) <= max(1, max(len(word), len(each)) // 3)), None)


def _typed(a: str, b: str) -> int:
    """Return how many letters must be put in, left out or changed to make one word of the other.

    Levenshtein, V. I.: Binary Codes Capable of Correcting Deletions, Insertions, and Reversals (1966).
    """
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            row.append(min(row[j - 1] + 1, above[j] + 1, above[j - 1] + (letter != other)))
        above = row
    return above[-1]


def under(prefix: Path, flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    """Put a prefix before the paths of flaws."""
    for flaw in flaws:
        yield Flaw((*prefix, *flaw.path), flaw.text)


def place(document: Any, path: Path) -> str:
    """Name a path for a person: ``camera smg-001, zone trotoar, polygon``."""
    words: list[str] = []
    node = document
    for step in path:
        node = _child(node, step)
        if isinstance(step, int) and words and words[-1] in ARRAYS:
            name = node.get("id") if isinstance(node, dict) else None
            words[-1] += f" {name}" if isinstance(name, str) else f" number {step + 1}"
        elif isinstance(step, int) and words:
            words[-1] += f"[{step}]"
        else:
            words.append(str(step))
    return ", ".join(words) if words else "file"


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def render(found: Iterable[Located], texts: Mapping[str, str], documents: Mapping[str, Any]) -> list[str]:
    """Return ``file:line: place: sentence`` for each, by file and line."""
    lines = {file: table_lines(texts[file]) for file in {one.file for one in found}}
    rows = sorted(
        {(one.file, nearest_line(lines[one.file], one.flaw.path), one.flaw) for one in found},
        key=lambda row: (row[0], row[1], str(row[2])),
    )
    return [f"{file}:{line}: {place(documents[file], flaw.path)}: {flaw.text}" for file, line, flaw in rows]
