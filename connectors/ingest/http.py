"""The HTTP door, as an ASGI application: `POST /v1/frames/FORMAT[?camera=ID]`.

202 means durable. Every other answer says what was expected, keeps nothing, and asks
the sender to come again where that helps. Bodies and tokens are never logged.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from connectors.ingest import bodies
from connectors.ingest.answers import Answer, too_large
from connectors.ingest.bodies import BODY_BYTES, Broken, TooLarge
from connectors.ingest.coming import Coming, Receive
from connectors.ingest.intake import Busy, Intake
from connectors.ingest.keepers import Oversized
from connectors.ingest.tokens import Tokens
from connectors.spool import Origin, SpoolFull
from schemas.errors import SourceError, TilikError, UsageError
from schemas.plain import plain

KEPT_S: Final = 60.0
"""A disk that takes longer to keep a body is away, as far as its sender is concerned."""
BODIES_BYTES: Final = 256 << 20
"""What the bodies that are coming in may hold together."""
LOOK_S: Final = 1.0
"""The file of tokens is looked at so often."""
CAMERA_BYTES: Final = 1_024
UNPACKED_ASIDE: Final = 256 << 10
"""Bodies above this size are unpacked and cut in a thread, so that others need not wait."""
PATH: Final = re.compile(r"/v1/frames/([a-z0-9-]{1,40})")
MEDIA: Final = {
    "arrow": ("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"),
    "nvschema-protobuf": ("application/x-protobuf", "application/protobuf"),
}
"""Media types of formats that are no JSON."""
ANY_MEDIA: Final = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""What programs write that were told nothing, `curl --data-binary` among them."""
JSON_MEDIA: Final = ("application/json", "application/x-ndjson", "application/jsonl", "text/plain")

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Asked(NamedTuple):
    """A request that may be taken, so far."""

    kind: str
    camera: str
    is_packed: bool


class Door:
    """Answers requests.

    Parameters
    ----------
    intake
        Where messages go.
    tokens
        Who may send.
    """

    def __init__(self, intake: Intake, tokens: Tokens) -> None:
        self.intake, self.tokens = intake, tokens
        self.answered: Counter[int] = Counter()
        self._coming = 0
        self._looked_s = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        coming, headers = Coming(receive, self._hold), dict[str, str]()
        try:
            status, content = 200, b'{"ok": true}\n'
            if scope["path"] != "/healthz":
                status, content = 202, json.dumps({"accepted": await self._taken(scope, coming)}).encode() + b"\n"
        except Answer as answer:
            status, content, headers = await _told(answer, scope, coming)
        finally:
            coming.forget()
        self.answered[status] += 1
        fields = {"content-type": "application/json", "content-length": str(len(content))} | headers
        raw = [(name.encode(), text.encode()) for name, text in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    async def _taken(self, scope: Scope, coming: Coming) -> int:
        """Keep the messages of a request, and return how many they are."""
        headers = _headers(scope)
        kind = _kind(scope)
        self._authorized(headers)
        asked = _asked(kind, scope, headers)
        if self.intake.is_full or self._coming > BODIES_BYTES:
            raise Answer(429, "more is coming in than can be kept: come again soon", retry_after="1")
        found = await _messages(await coming.whole(), asked, self.intake.keeper.partitions)
        await self._kept(found, asked)
        return len(found)

    def _hold(self, size: int) -> None:
        self._coming += size

    def _authorized(self, headers: Mapping[str, str]) -> None:
        if time.monotonic() - self._looked_s >= LOOK_S:
            self._looked_s = time.monotonic()
            with suppress(UsageError):  # a file that is being edited: what was read before counts
                self.tokens.look()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self.tokens.sender(token.strip().encode("latin-1")) is None:
            raise Answer(
                401,
                "expected a known token in the header Authorization: Bearer TOKEN; `tilik ingest token NAME` makes one",
                www_authenticate="Bearer",
            )

    def _refuse_what_never_fits(self, found: list[tuple[bytes, str]]) -> None:
        """Refuse more of one camera than its part of what is kept here may ever hold: it would come again for ever."""
        keeper = self.intake.keeper
        if keeper.bound is None or sum(len(value) for value, _ in found) <= keeper.bound // keeper.partitions:
            return
        held: Counter[str] = Counter()
        for value, camera in found:
            held[camera] += len(value)
        if max(held.values()) > keeper.bound // keeper.partitions:
            raise Answer(413, "more of one camera than is ever kept at once: send less in each")

    async def _kept(self, found: list[tuple[bytes, str]], asked: Asked) -> None:
        self._refuse_what_never_fits(found)
        origins = [Origin(asked.kind, "", asked.camera)] * len(found)
        try:
            kept = self.intake.take([value for value, _ in found], origins, [camera for _, camera in found])
            async with asyncio.timeout(KEPT_S):
                await asyncio.gather(*(asyncio.shield(asyncio.wrap_future(one)) for one in kept))
        except (Busy, SpoolFull) as error:
            said = "it is full" if isinstance(error, SpoolFull) else str(error)
            raise Answer(429, f"{said}: nothing was kept, come again", retry_after="5") from error
        except Oversized as error:
            raise Answer(413, "a message is larger than is kept: send less in each") from error
        except (SourceError, TimeoutError) as error:
            raise Answer(503, "what keeps messages is away: come again", retry_after="5") from error
        except TilikError as error:
            raise Answer(500, "the messages could not be kept") from error


async def _told(answer: Answer, scope: Scope, coming: Coming) -> tuple[int, bytes, dict[str, str]]:
    """Return an answer to a body that may still be coming: it is read past, or the connection ends."""
    headers = {name.replace("_", "-"): text for name, text in answer.headers.items()}
    waits = "expect" in _headers(scope)  # it is sent only when it is asked for
    if "connection" not in headers and not coming.is_over and (waits or not await coming.drained()):
        headers["connection"] = "close"
    return answer.status, json.dumps({"error": plain(answer.error)}).encode() + b"\n", headers


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _kind(scope: Scope) -> str:
    """Return the format that a path names."""
    found = PATH.fullmatch(scope["path"])
    if not found or found[1] not in bodies.FORMATS:
        raise Answer(404, f"expected /v1/frames/FORMAT with one of {', '.join(bodies.FORMATS)}")
    if scope["method"] != "POST":
        raise Answer(405, "expected POST", allow="POST")
    return found[1]


def _asked(kind: str, scope: Scope, headers: Mapping[str, str]) -> Asked:
    """Return what a request asks for, as its head has it."""
    if int(headers.get("content-length", "0")) > BODY_BYTES:
        raise too_large()
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Answer(415, "expected a body that is plain or packed by gzip", accept_encoding="gzip")
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    fitting = MEDIA.get(kind, JSON_MEDIA)
    if media not in ANY_MEDIA and media not in fitting:
        raise Answer(415, f"expected a body of {kind}: {' or '.join(fitting)}")
    return Asked(kind, _camera(scope["query_string"]), encoding != "identity")


def _camera(query: bytes) -> str:
    """Return the camera that a request names; '' where none."""
    try:
        fields = parse_qs(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise Answer(400, "expected ?camera=ID, in UTF-8 with %XX") from None
    named = fields.pop("camera", [])
    if fields or len(named) > 1 or (named and not 0 < len(named[0].encode()) <= CAMERA_BYTES):
        raise Answer(400, f"expected ?camera=ID once, of at most {CAMERA_BYTES:,} bytes, and nothing else")
    return named[0] if named else ""


async def _messages(body: bytes, asked: Asked, partitions: int) -> list[tuple[bytes, str]]:
    """Return the messages of a body."""

    def cut() -> list[tuple[bytes, str]]:
        raw = bodies.unpacked(body) if asked.is_packed else body
        return list(bodies.messages(raw, asked.kind, partitions))

    try:
        is_large = asked.is_packed or len(body) > UNPACKED_ASIDE
        found = await asyncio.to_thread(cut) if is_large else cut()
    except TooLarge:
        raise too_large() from None
    except Broken:
        raise Answer(400, "expected a whole body packed by gzip, as its Content-Encoding says") from None
    if not found or not found[0][0]:
        raise Answer(400, "expected a message, came an empty body")
    return found
