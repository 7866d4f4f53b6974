"""Webhooks: JSON posted to an address, signed, and what came of it."""

from __future__ import annotations

import hmac
import ssl
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlunsplit

from connectors.replies import AWAY_S, Later, Refused
from schemas.rules.addresses import shown, split

ANSWER_S: Final = 10.0
"""How long a connection, and each part of an answer, is waited for; ours."""
LONGEST_S: Final = 3_600.0
"""Of a rest that is asked for; ours: nobody is silenced for good by one answer."""
TEMPORARY: Final = (408, 425, 429)
"""Answers below 500 that time may mend."""
TIMESTAMP: Final = "X-Tilik-Timestamp"
SIGNATURE: Final = "X-Tilik-Signature"
DELIVERY: Final = "X-Tilik-Delivery"


class _Here(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: what is told is for the address that was named."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class Webhook:
    """An address that is posted to.

    Parameters
    ----------
    url
        http(s), with ``user:password@`` where it asks for these.
    secret
        What is posted is signed with it; '' signs nothing.
    clock
        Seconds since 1970.
    """

    def __init__(self, url: str, secret: str = "", clock: Callable[[], float] = time.time) -> None:
        parts = split(url)
        assert parts is not None
        self.shown, self.secret, self.clock = shown(url), secret.encode(), clock
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self._basic = {} if user == ":" else {"Authorization": f"Basic {b64encode(user.encode()).decode()}"}
        trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(_Here, trusted)

    def post(self, body: bytes, delivery: str) -> None:
        """Post a body; `delivery` is the same whenever the same is posted again.

        Raises
        ------
        Later, Refused
            What came of it.
        """
        asked = urllib.request.Request(self._url, body, self._headers(body, delivery), method="POST")
        try:
            self._opener.open(asked, timeout=ANSWER_S).close()
        except HTTPError as answer:
            answer.close()
            raise self._meant(answer.code, answer.headers.get("Retry-After", "")) from None
        except URLError as problem:
            raise Later(f"{self.shown}: {_reason(problem.reason)}") from None
        except (OSError, HTTPException) as problem:
            raise Later(f"{self.shown}: {_reason(problem)}") from None

    def _headers(self, body: bytes, delivery: str) -> dict[str, str]:
        fixed = {"Content-Type": "application/json", "User-Agent": "Tilik", DELIVERY: delivery}
        fixed |= {"Idempotency-Key": delivery} | self._basic
        return fixed | signed(self.secret, body, int(self.clock())) if self.secret else fixed

    def _meant(self, status: int, retry_after: str) -> Later | Refused:
        """Return what an answer means that is not yes."""
        said = f"{self.shown}: answered {status}"
        if status >= 500 or status in TEMPORARY:
            return Later(said, min(LONGEST_S, max(AWAY_S, rest_s(retry_after, self.clock()))))
        if 300 <= status < 400:
            said += ", which leads elsewhere: name the address where it is now"
        return Refused(said)


def signed(secret: bytes, body: bytes, at_s: int) -> dict[str, str]:
    """Return the headers that say when a body was sent and by whom: HMAC-SHA256 (RFC 2104) of both."""
    signature = hmac.new(secret, b"%d." % at_s + body, sha256).hexdigest()
    return {TIMESTAMP: str(at_s), SIGNATURE: f"sha256={signature}"}


def rest_s(retry_after: str, now_s: float) -> float:
    """Return the rest that an answer asks for [s], in seconds or by a time (RFC 9110); 0 where it asks for none."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now_s


def _reason(problem: object) -> str:
    """Return what went wrong with a connection, without the address that it was of."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({problem.verify_message}): SSL_CERT_FILE names others that are"
    if isinstance(problem, TimeoutError):
        return "does not answer in time"
    return (problem.strerror if isinstance(problem, OSError) else None) or type(problem).__name__
