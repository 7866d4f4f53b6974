"""Where an MQTT broker is, as whom one logs in, and why it does not let one in."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from schemas.errors import UsageError

PREFIX: Final = "TILIK_MQTT_"
REFUSALS: Final = {
    "Not authorized": f"set {PREFIX}USERNAME and {PREFIX}PASSWORD",
    "Bad user name or password": f"set {PREFIX}USERNAME and {PREFIX}PASSWORD",
    "Bad authentication method": f"set {PREFIX}USERNAME and {PREFIX}PASSWORD, or {PREFIX}CERT and {PREFIX}KEY",
    "Banned": "ask who runs the broker",
    "Client identifier not valid": f"set {PREFIX}CLIENT_ID",
    "Unsupported protocol version": "a broker that speaks MQTT 5 is needed",
}
"""What no waiting mends, and what does."""


@dataclass(frozen=True)
class Broker:
    """Where a broker is, and as whom one logs in."""

    host: str
    port: int
    client: str
    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """Return the address without who logs in."""
        return f"mqtt{'' if self.tls is None else 's'}://{self.host}:{self.port}"


def broker(url: str, client: str, environ: Mapping[str, str]) -> Broker:
    """Return the broker of a URL; user, password and certificates come from `TILIK_MQTT_*`.

    Raises
    ------
    UsageError
        The URL is none, holds a password, or a certificate cannot be read.
    """
    expected = "expected mqtt://HOST:PORT or mqtts://HOST:PORT"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"--mqtt: {expected}") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"--mqtt: {expected}; set {PREFIX}USERNAME and {PREFIX}PASSWORD: arguments are seen by others")
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(f"--mqtt {url}: {expected}")
    own = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    unknown = sorted(set(own) - {"USERNAME", "PASSWORD", "CLIENT_ID", "CA", "CERT", "KEY"})
    if unknown:
        raise UsageError(f"environment {PREFIX}{unknown[0]}: expected USERNAME, PASSWORD, CLIENT_ID, CA, CERT or KEY")
    is_secure = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        (8883 if is_secure else 1883) if port is None else port,
        own.get("CLIENT_ID", client),
        own.get("USERNAME", ""),
        own.get("PASSWORD", ""),
        _tls(own) if is_secure else None,
    )


def reason(error: OSError) -> str:
    """Return why a connection cannot be made, and what to do where that can be known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}): set {PREFIX}CA to the file of who signed it, "
            "and name the host as the certificate does"
        )
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection ({error.reason}): check the port, {PREFIX}CERT and {PREFIX}KEY"
    return f"cannot be reached ({error.strerror or type(error).__name__})"


def _tls(own: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=own.get("CA"))
        if "CERT" in own:
            context.load_cert_chain(own["CERT"], own.get("KEY"), password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(f"{PREFIX}{name} {own[name]}" for name in ("CA", "CERT", "KEY") if name in own)
        raise UsageError(
            f"{named}: cannot be read as PEM: {os.strerror(error.errno) if error.errno else error}"
        ) from None
    return context
