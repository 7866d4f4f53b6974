"""Where a record came from, in its Kafka headers: what `tilik ingest` knows of it and its bytes do not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from connectors.records import Origin

FORMAT: Final = "tilik-format"
TOPIC: Final = "tilik-topic"
CAMERA: Final = "tilik-camera"
_NOWHERE: Final = Origin("")


def headers_of(origin: Origin) -> list[tuple[str, bytes]]:
    """Return the headers that say it; none for what is not known."""
    named = ((FORMAT, origin.kind), (TOPIC, origin.topic), (CAMERA, origin.camera))
    return [(name, word.encode()) for name, word in named if word]


class Origins:
    """Distinct origins of some records, and which of them each record has."""

    def __init__(self) -> None:
        self.table: dict[Origin, int] = {_NOWHERE: 0}
        self._known: dict[Any, int] = {}
        self.codes: list[int] = []

    def add(self, headers: Sequence[Any]) -> None:
        """Take the headers of messages, None where one has none."""
        if not any(headers):
            self.codes += [0] * len(headers)
            return
        self.codes += [self._code(tuple(each)) if each else 0 for each in headers]

    def _code(self, headers: tuple[tuple[str, bytes | None], ...]) -> int:
        code = self._known.get(headers)
        if code is None:
            code = self._known[headers] = self.table.setdefault(_origin(headers), len(self.table))
        return code


def _origin(headers: Iterable[tuple[str, bytes | None]]) -> Origin:
    """Return what headers say; those that Tilik did not write say nothing."""
    said = {name: value.decode(errors="replace") for name, value in headers if value is not None}
    return Origin(said.get(FORMAT, ""), said.get(TOPIC, ""), said.get(CAMERA, ""))
