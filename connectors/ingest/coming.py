"""A request's body as it comes in, within bounds of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from connectors.ingest.answers import Answer, too_large
from connectors.ingest.bodies import BODY_BYTES

BODY_S: Final = 30.0
"""A body must have come within so many seconds; ours: 16 MiB at 4.5 Mbit/s."""
DRAINED_S: Final = 5.0
"""A body that is not wanted is read past for so long, so that its sender reads the answer."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Coming:
    """The body of one request; `add` is told of every byte that is held because of it."""

    def __init__(self, receive: Receive, add: Callable[[int], None]) -> None:
        self._receive, self._add = receive, add
        self._held = 0
        self.is_over = False  # nothing more comes, or nobody waits for an answer

    async def whole(self) -> bytes:
        """Return all of it.

        Raises
        ------
        Answer
            It is too large, too slow, or breaks off.
        """
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_S):
                while not self.is_over:
                    pieces.append(await self._piece())
                    self._held += len(pieces[-1])
                    self._add(len(pieces[-1]))
                    if self._held > BODY_BYTES:
                        raise too_large()
        except TimeoutError:
            self.is_over = True
            raise Answer(408, f"expected the whole body within {BODY_S:.0f} s", connection="close") from None
        return b"".join(pieces)

    async def drained(self) -> bool:
        """Read past it, and say whether its end came."""
        size = 0
        with suppress(TimeoutError, Answer):
            async with asyncio.timeout(DRAINED_S):
                while not self.is_over and size <= BODY_BYTES:
                    size += len(await self._piece())
        return self.is_over

    def forget(self) -> None:
        """Hold it no longer."""
        self._add(-self._held)
        self._held = 0

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.is_over = True
            raise Answer(400, "the connection ended before the body did")
        self.is_over = not message.get("more_body", False)
        return bytes(message.get("body", b""))
