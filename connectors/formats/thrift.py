"""Thrift's compact protocol, as far as a Parquet file's footer and the headers of its pages need it.

Only what is asked for is held, so that a reader's memory follows its question and not
the text (Apache Thrift, "Thrift Compact protocol encoding").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)
DEEPEST: Final = 32
"""Structs and lists within one another; Parquet's own go some six deep."""
LONGEST_VARINT: Final = 10
WHOLE: Final = (I16, I32, I64)
FIXED: Final = {BYTE: 1, DOUBLE: 8, UUID: 16}


class Malformed(Exception):
    """Bytes that are no such text, or end within it."""


class Plain(Enum):
    """What a field is that is no struct."""

    NUMBER = "a number"
    TEXT = "a text"
    NUMBERS = "a list of numbers"


class Each(NamedTuple):
    """A list of structs of which some fields are wanted, and what is made of each; None is not held."""

    wanted: Mapping[int, Any]
    make: Callable[[dict[int, Any]], object]


Wanted = Mapping[int, Mapping[int, Any] | Each | Plain]
"""Fields by number: those of a struct within, `Each` of a list of structs, or what it is otherwise."""


class Reader:
    """A text that is read forward."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at, self.deep = data, at, 0

    def struct(self, wanted: Wanted) -> dict[int, Any]:
        """Return the wanted fields of a struct, those that are there; of one that comes twice the last.

        Raises
        ------
        Malformed
            It cannot be read.
        """
        found: dict[int, Any] = {}
        self._enter()
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._number()
            if number in wanted:
                found[number] = self._value(kind, wanted[number])
            else:
                self._skip(kind)
        self.deep -= 1
        return found

    def _value(self, kind: int, wanted: Mapping[int, Any] | Each | Plain) -> Any:
        if isinstance(wanted, Each):
            return self._list(kind, wanted)
        if not isinstance(wanted, Plain):
            _expect(kind, STRUCT)
            return self.struct(wanted)
        if wanted is Plain.TEXT:
            _expect(kind, BINARY)
            return self._bytes(self._varint())
        if wanted is Plain.NUMBER:
            _expect(kind, *WHOLE)
            return self._number()
        _expect(kind, LIST)
        of, many = self._list_head()
        _expect(of, *WHOLE)
        return [self._number() for _ in range(many)]

    def _list(self, kind: int, each: Each) -> list[object]:
        _expect(kind, LIST)
        of, many = self._list_head()
        if many:
            _expect(of, STRUCT)
        made = (each.make(self.struct(each.wanted)) for _ in range(many))
        return [one for one in made if one is not None]

    def _skip(self, kind: int, *, in_list: bool = False) -> None:
        if kind == STRUCT:
            self.struct({})
        elif kind in (LIST, SET):
            self._enter()
            of, many = self._list_head()
            for _ in range(many):
                self._skip(of, in_list=True)
            self.deep -= 1
        elif kind == MAP:
            self._skip_map()
        elif kind in FIXED:
            self._bytes(FIXED[kind])
        elif kind in WHOLE:
            self._number()
        elif kind == BINARY:
            self._bytes(self._varint())
        elif kind in (TRUE, FALSE):
            self._bytes(1 if in_list else 0)
        else:
            raise Malformed(f"type {kind}")

    def _skip_map(self) -> None:
        self._enter()
        many = self._varint()
        kinds = self._byte() if many else 0
        for _ in range(many):
            self._skip(kinds >> 4, in_list=True)
            self._skip(kinds & 15, in_list=True)
        self.deep -= 1

    def _list_head(self) -> tuple[int, int]:
        head = self._byte()
        many = head >> 4 if head >> 4 < 15 else self._varint()
        if many > len(self.data) - self.at:
            raise Malformed("a list of more than there are bytes")
        return head & 15, many

    def _enter(self) -> None:
        self.deep += 1
        if self.deep > DEEPEST:
            raise Malformed(f"more than {DEEPEST} levels")

    def _number(self) -> int:
        zigzag = self._varint()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def _varint(self) -> int:
        value = 0
        for place in range(LONGEST_VARINT):
            byte = self._byte()
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
        raise Malformed("a number of more than 64 bits")

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise Malformed("it ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise Malformed("it ends too early")
        self.at += size
        return self.data[self.at - size : self.at]


def _expect(kind: int, *wanted: int) -> None:
    if kind not in wanted:
        raise Malformed(f"expected type {' or '.join(map(str, wanted))}, came {kind}")
