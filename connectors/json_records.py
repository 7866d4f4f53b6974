"""JSON documents as one record a line: arrays, arrays of arrays, lists under some key, objects spread over lines.

Readers take one frame a line. Programs write a whole array, indent it, or put it
under a key of an object. The first bytes show where records stand; the rest is
one walk over brackets, piece by piece, so that a document of any size is read in
bounded memory. What stands between records is passed on as a line of its own
where records stand at the top, so that it is told as unreadable, not dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

HEAD_BYTES: Final = 1 << 18
"""The first record is looked for in so many bytes."""
LOOKED_AT: Final = 8
"""Lines at a file's beginning among which whole records say that each stands on its line."""
BROKEN_OFF: Final = "the JSON breaks off: a bracket or a text that was opened is never closed; what came before counts"

Marks = tuple[frozenset[str], ...]
"""Keys that a record has, all of one of these sets."""

_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]', re.DOTALL)
_SEED, _PRIME = 14695981039346656037, 1099511628211  # FNV-1a, 64 bits
IN_TEXT, ESCAPED, DEPTH, BRACES, BRACKETS, HASH, KEY, STRAY = range(8)
QUOTE, BACKSLASH, COLON, COMMA, NEWLINE, BLANK = b'"\\:,\n '
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = b"{}[]"
RETURN = 13


class Nested(NamedTuple):
    """Where the records of a document stand."""

    braces: int  # objects around each
    key: bytes  # the key whose value holds them; b"" where they stand at the top


def find(head: bytes, marks: Marks) -> Nested | None:
    """Return where records stand that are not one a line; None where they are, or nobody can tell."""
    first, *others = [line.strip() for line in head.lstrip().split(b"\n", LOOKED_AT)[:LOOKED_AT]]
    if not first.startswith((b"{", b"[")) or _is_record(first, marks):
        return None
    if _is_array(head):
        return _shallowest(head, marks) or Nested(0, b"")
    others = [line for line in others if line]
    if not _is_whole(first) and any(_is_record(line, marks) for line in others) and not _opens(first, marks):
        return None  # a broken record, and whole ones behind it
    place = _shallowest(head, marks)
    if place is not None and place.braces:
        return place
    return Nested(0, b"") if _goes_on(first, others[0] if others else b"") else None


def _is_array(head: bytes) -> bool:
    """Whether a document begins an array of objects or arrays, or one that ends on its line."""
    inner = head.lstrip()
    if inner[:1] != b"[":
        return False
    return inner[1:].lstrip()[:1] in (b"{", b"[", b"]", b"") or inner.split(b"\n", 1)[0].rstrip().endswith(b"]")


def _opens(first: bytes, marks: Marks) -> bool:
    """Whether a line opens a list of records, and is no record that broke off at its own list."""
    named = {token[1] for token in _TOKEN.finditer(first) if token[1] is not None}
    is_one = any({key.encode() for key in wanted} <= named for wanted in marks)
    return first.endswith(b"[") and not is_one


def _goes_on(first: bytes, second: bytes) -> bool:
    """Whether an object goes on behind its first line, or a second one begins on it."""
    try:
        msgspec.json.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "trailing characters" in str(error):
            return True
        return bool(second) and (first.endswith((b"{", b"[", b",", b":")) or second.startswith(b","))
    return False


def _is_whole(line: bytes) -> bool:
    return _keys(line) is not None


def _is_record(line: bytes, marks: Marks) -> bool:
    keys = _keys(line)
    return keys is not None and any(wanted <= keys for wanted in marks)


def _keys(line: bytes) -> frozenset[str] | None:
    """Return the keys of an object that stands on one line; None where it is no whole object."""
    try:
        return frozenset(msgspec.json.decode(line, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _shallowest(head: bytes, marks: Marks) -> Nested | None:
    """Return where the outermost object with a record's keys stands."""
    best: Nested | None = None
    keys: list[set[str]] = []
    holders: list[bytes] = []  # of each open object: the key whose value holds it
    text, key = b"", b""
    for token in _TOKEN.finditer(head):
        if token[1] is not None:
            text = token[1]
        elif token[0] == b"{":
            keys.append(set())
            holders.append(key)
        elif token[0] == b"}" and keys:
            keys.pop()
            key = holders.pop()
        elif token[0] == b":" and keys:
            key = text
            keys[-1].add(text.decode(errors="replace"))
            at = len(keys) - 1
            if (best is None or at < best.braces) and any(wanted <= keys[-1] for wanted in marks):
                best = Nested(at, holders[-1] if at else b"")
    return best


class Unfolded:
    """The pieces of a document, one record a line."""

    def __init__(self, place: Nested) -> None:
        self.state = np.zeros(8, np.uint64)
        self.braces, self.wanted = place.braces, _fnv(place.key)

    def lines(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what `pieces` hold."""
        for piece in pieces:
            data = np.frombuffer(piece, np.uint8)
            out = np.empty(2 * len(data) + 2, np.uint8)
            yield out[: _unfold(data, out, self.state, self.braces, self.wanted)].tobytes()

    def broken(self) -> str:
        """Say why the document has no end; '' where it has one."""
        is_open = any(self.state[at] for at in (IN_TEXT, DEPTH, BRACES, BRACKETS))
        return BROKEN_OFF if is_open else ""


def _fnv(key: bytes) -> np.uint64:
    value = _SEED
    for byte in key:
        value = ((value ^ byte) * _PRIME) & (2**64 - 1)
    return np.uint64(value)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _unfold(
    data: NDArray[np.uint8], out: NDArray[np.uint8], state: NDArray[np.uint64], braces: int, wanted: np.uint64
) -> int:
    """Write a piece's records, each ended by a newline; return how many bytes that is."""
    n = 0
    at_top = braces == 0
    for c in data:
        if state[IN_TEXT]:
            n = _in_text(c, out, n, state, at_top)
        elif c == QUOTE:
            n = _text_begins(out, n, state, at_top)
        elif state[DEPTH] > 0:
            n = _in_record(c, out, n, state)
        elif c == OPEN and state[BRACES] == braces and (at_top or state[KEY] == wanted):
            n = _record_begins(out, n, state, at_top)
        elif not _is_structure(c, state):
            n = _between(c, out, n, state, at_top)
    return n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _put(out: NDArray[np.uint8], n: int, c: int) -> int:
    """Write a byte; a line's end inside a record is a blank, for the record is one line."""
    out[n] = BLANK if c in (NEWLINE, RETURN) else c
    return n + 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _end_line(out: NDArray[np.uint8], n: int) -> int:
    out[n] = NEWLINE
    return n + 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _text_begins(out: NDArray[np.uint8], n: int, state: NDArray[np.uint64], at_top: bool) -> int:
    """Open a text: between records it may be a key, so its hash begins, and at the top it is passed on."""
    inside = state[DEPTH] > 0
    state[IN_TEXT] = 1
    if not inside:
        state[HASH], state[STRAY] = np.uint64(_SEED), 1
    return _put(out, n, QUOTE) if inside or at_top else n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _in_text(c: int, out: NDArray[np.uint8], n: int, state: NDArray[np.uint64], at_top: bool) -> int:
    """Take a byte of a text, up to the quote that closes it."""
    inside = state[DEPTH] > 0
    if inside or at_top:
        n = _put(out, n, c)
    if state[ESCAPED]:
        state[ESCAPED] = 0
    elif c == BACKSLASH:
        state[ESCAPED] = 1
    elif c == QUOTE:
        state[IN_TEXT] = 0
        return n
    if not inside:
        state[HASH] = (state[HASH] ^ np.uint64(c)) * np.uint64(_PRIME)
    return n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _in_record(c: int, out: NDArray[np.uint8], n: int, state: NDArray[np.uint64]) -> int:
    """Write a byte of a record, and end its line behind its last brace."""
    n = _put(out, n, c)
    if c == OPEN:
        state[DEPTH] += np.uint64(1)
    elif c == CLOSE:
        state[DEPTH] -= np.uint64(1)
        if state[DEPTH] == 0:
            return _end_line(out, n)
    return n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _record_begins(out: NDArray[np.uint8], n: int, state: NDArray[np.uint64], at_top: bool) -> int:
    n = _stray_ends(out, n, state, at_top)
    state[DEPTH] = 1
    return _put(out, n, OPEN)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _stray_ends(out: NDArray[np.uint8], n: int, state: NDArray[np.uint64], at_top: bool) -> int:
    """End the line of what stood between records, where such is passed on."""
    if at_top and state[STRAY]:
        n = _end_line(out, n)
    state[STRAY] = 0
    return n


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_structure(c: int, state: NDArray[np.uint64]) -> bool:
    """Whether a byte opens or closes something that holds records; that is taken note of."""
    if c == OPEN:
        state[BRACES] += np.uint64(1)
    elif c == CLOSE and state[BRACES] > 0:
        state[BRACES] -= np.uint64(1)
    elif c == OPEN_LIST:
        state[BRACKETS] += np.uint64(1)
    elif c == CLOSE_LIST and state[BRACKETS] > 0:
        state[BRACKETS] -= np.uint64(1)
    else:
        return False
    return True


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _between(c: int, out: NDArray[np.uint8], n: int, state: NDArray[np.uint64], at_top: bool) -> int:
    """Take a byte between records: a colon makes the text before it a key, a comma ends what is astray."""
    if c == COLON and not at_top:
        state[KEY] = state[HASH]
    elif c in (COMMA, NEWLINE):
        n = _stray_ends(out, n, state, at_top)
    elif at_top and c not in (BLANK, 9, RETURN):
        n = _put(out, n, c)
        state[STRAY] = 1
    return n
