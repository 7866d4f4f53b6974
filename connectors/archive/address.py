"""Where an archive is: `file:DIR`, or `s3://BUCKET[/PREFIX]` of the S3 server that the environment names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from schemas.errors import UsageError

ENDPOINT: Final = "TILIK_S3_ENDPOINT"
ACCESS_KEY: Final = "TILIK_S3_ACCESS_KEY"
SECRET_KEY: Final = "TILIK_S3_SECRET_KEY"
REGION: Final = "TILIK_S3_REGION"
AUTHORITIES: Final = "SSL_CERT_FILE"
EXPECTED: Final = "expected file:DIR or s3://BUCKET/PREFIX"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""What S3 takes for a bucket's name."""
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()/-]*")


class Server(NamedTuple):
    """An S3 server and who asks it; never printed."""

    host: str  # host[:port]
    is_secure: bool
    access_key: str
    secret_key: str
    region: str | None
    authorities: str | None
    """File of the certificate authorities that sign for it; None: the ones that everybody trusts."""


class Bucket(NamedTuple):
    """Objects below a prefix of a bucket."""

    server: Server
    name: str
    prefix: str  # '' or ending in /


def parse(url: str, environment: Mapping[str, str]) -> Path | Bucket:
    """Return the folder or bucket that a URL names.

    Raises
    ------
    UsageError
        It is neither, or the environment does not say which server to ask and as whom.
    """
    if url.startswith("file:") and len(url) > len("file:"):
        return Path(url.removeprefix("file:")).expanduser()
    scheme, _, rest = url.partition("://")
    name, _, prefix = rest.partition("/")
    if "@" in url:
        raise UsageError(f"archive: a URL is seen by everybody on the machine: set {ACCESS_KEY} and {SECRET_KEY}")
    plain = prefix.strip("/")
    if scheme != "s3" or not _BUCKET.fullmatch(name) or not _PREFIX.fullmatch(plain) or "//" in plain:
        raise UsageError(f"archive {url!r}: {EXPECTED}")
    return Bucket(server(environment), name, plain and f"{plain}/")


def server(environment: Mapping[str, str]) -> Server:
    """Return the S3 server that the environment names."""
    missing = [name for name in (ENDPOINT, ACCESS_KEY, SECRET_KEY) if not environment.get(name)]
    if missing:
        raise UsageError(f"archive: set {', '.join(missing)} for the S3 server that keeps it")
    endpoint = environment[ENDPOINT]
    parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    try:
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/")
        is_address = is_address and (parts.port is None or parts.port > 0) and "@" not in parts.netloc
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"{ENDPOINT}: expected http(s)://HOST[:PORT]")
    keys = environment[ACCESS_KEY], environment[SECRET_KEY]
    return Server(
        parts.netloc, parts.scheme == "https", *keys, environment.get(REGION) or None, environment.get(AUTHORITIES)
    )
