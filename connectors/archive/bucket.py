"""An archive in a bucket of any S3 server, through the `minio` SDK.

A server that does not answer raises what urllib3 says, not an S3 error, and by the SDK's own
settings only after minutes: the pool here gives up after seconds, and who calls waits as long as
he wants to (`connectors.archive.waiting`).
"""

from __future__ import annotations

import io
import logging
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import certifi
import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from connectors.archive import address
from connectors.archive.store import Found
from schemas.errors import ArchiveAway, ArchiveError, TilikError, UsageError

CONNECT_S: Final = 5.0
READ_S: Final = 30.0
"""How long an answer may take; ours."""
PART_BYTES: Final = 16 << 20
"""Of what an object is sent in several parts; what was sent of one that was not finished counts for nothing."""
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # of tries: who waits for it says so, once
BUSY: Final = (408, 429)
"""Beside what begins with 5, the statuses of a server that may do it later."""
MISSING: Final = ("NoSuchKey", "NoSuchObject")
REFUSED: Final = {
    "NoSuchBucket": "there is no such bucket: make it first, or correct the URL",
    "InvalidBucketName": "that is no name of a bucket",
    "InvalidAccessKeyId": f"the server does not know {address.ACCESS_KEY}",
    "SignatureDoesNotMatch": f"{address.SECRET_KEY} is not that of {address.ACCESS_KEY}",
    "AccessDenied": f"{address.ACCESS_KEY} may not do this: give it the right to read, write, list and delete there",
    "AuthorizationHeaderMalformed": f"the server is of another region: set {address.REGION}",
    "RequestTimeTooSkewed": "the clocks of this machine and the server differ too much",
}
"""What no waiting mends, by the code of S3, and what helps."""
FULL: Final = 507
"""The status of a server that has no room."""


class PiecewisePool(urllib3.PoolManager):
    """Sends a body piece by piece: one that is sent at once has to be through within a connection's time-out."""

    def urlopen(self, method: str, url: str, *others: Any, **given: Any) -> urllib3.BaseHTTPResponse:
        """Send a request and return the answer."""
        if isinstance(given.get("body"), bytes):
            given["body"] = io.BytesIO(given["body"])
        return super().urlopen(method, url, *others, **given)


class BucketStore:
    """Objects below a prefix of a bucket."""

    def __init__(self, bucket: address.Bucket) -> None:
        self.bucket = bucket
        self.url = f"s3://{bucket.name}/{bucket.prefix}".rstrip("/")
        server = bucket.server
        self.client = Minio(
            server.host,
            access_key=server.access_key,
            secret_key=server.secret_key,
            secure=server.is_secure,
            region=server.region,
            http_client=PiecewisePool(
                timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
                retries=urllib3.Retry(total=1, backoff_factor=0.2, status_forcelist=()),
                cert_reqs="CERT_REQUIRED",
                ca_certs=server.authorities or certifi.where(),
            ),
        )

    def put(self, name: str, content: bytes) -> None:
        """Store an object, whole or not at all, over the one that is there."""
        with self._told(name):
            self.client.put_object(self.bucket.name, self._key(name), io.BytesIO(content), len(content))

    def upload(self, name: str, path: Path) -> None:
        """Store a file's content as `put` does."""
        with self._told(name):
            self.client.fput_object(self.bucket.name, self._key(name), str(path), part_size=PART_BYTES)

    def get(self, name: str) -> bytes | None:
        """Return an object, None where there is none."""
        with self._told(name):
            try:
                answer = self.client.get_object(self.bucket.name, self._key(name))
            except S3Error as error:
                if error.code in MISSING:
                    return None
                raise
            try:
                content: bytes = answer.read()
                return content
            finally:
                answer.close()
                answer.release_conn()

    def download(self, name: str, path: Path) -> bool:
        """Write an object into a file; say whether there is one."""
        with self._told(name):
            try:
                self.client.fget_object(self.bucket.name, self._key(name), str(path))
            except S3Error as error:
                if error.code in MISSING:
                    return False
                raise
            return True

    def names(self, prefix: str = "") -> dict[str, Found]:
        """Return the objects whose names begin so."""
        skipped, found = len(self.bucket.prefix), {}
        with self._told(prefix or "."):
            for each in self.client.list_objects(self.bucket.name, self._key(prefix), recursive=True):
                since = each.last_modified
                since_us = 0 if since is None else round(since.timestamp() * 1e6)
                found[str(each.object_name)[skipped:]] = Found(int(each.size or 0), since_us)
        return found

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are gone are no mistake."""
        with self._told("removing"):
            asked = [DeleteObject(self._key(name)) for name in names]
            for error in self.client.remove_objects(self.bucket.name, asked):
                if error.code not in MISSING:
                    raise ArchiveError(f"archive {self.url}: {error.name}: could not be removed: {error.message}")

    def _key(self, name: str) -> str:
        return self.bucket.prefix + name

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Say what went wrong in our words, without keys."""
        try:
            yield
        except S3Error as error:
            raise self._refused(name, error) from None
        except InvalidResponseError as error:
            raise self._foreign(name, error) from None
        except ServerError as error:
            raise ArchiveAway(f"archive {self.url}: {name}: the server failed: {error}") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreached(name, error) from None
        except (MinioException, ValueError) as error:
            raise ArchiveError(f"archive {self.url}: {name}: {error}") from None

    def _refused(self, name: str, error: S3Error) -> TilikError:
        where, status = f"archive {self.url}: {name}", error.response.status
        if error.code in REFUSED:
            return UsageError(f"{where}: {REFUSED[error.code]} ({error.code})")
        if status == FULL:
            return ArchiveAway(f"{where}: the server is full ({error.code}): give it room")
        kind = ArchiveAway if status in BUSY or status >= 500 else ArchiveError
        return kind(f"{where}: the server says {error.code}: {error.message}")

    def _foreign(self, name: str, error: InvalidResponseError) -> TilikError:
        """Return what is wrong with an answer that is none of S3: of what stands before the server, or of another."""
        where, status = f"archive {self.url}: {name}", error._code
        if status in BUSY or status >= 500:
            return ArchiveAway(f"{where}: the server failed (status {status})")
        is_plain = not self.bucket.server.is_secure
        return UsageError(
            f"{where}: what answers at {address.ENDPOINT} is no S3 server"
            f"{', or one that wants https://' if is_plain else ''} (status {status})"
        )

    def _unreached(self, name: str, error: Exception) -> TilikError:
        where, reason = f"archive {self.url}: {name}", getattr(error, "reason", None) or error
        of = reason.args[0] if isinstance(reason, urllib3.exceptions.SSLError) and reason.args else None
        if isinstance(of, ssl.SSLCertVerificationError):
            return UsageError(
                f"{where}: the server's certificate is not trusted ({of.verify_message}): set {address.AUTHORITIES} to "
                "the file of the authority that signed it"
            )
        if isinstance(of, FileNotFoundError | PermissionError | IsADirectoryError) or getattr(of, "library", "") in (
            "X509",
            "PEM",
        ):
            return UsageError(f"{where}: {address.AUTHORITIES} names no file of certificates that can be read")
        if getattr(of, "reason", "") in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"):
            return UsageError(f"{where}: the server does not speak TLS: set {address.ENDPOINT} to http://...")
        return ArchiveAway(f"{where}: the server of {address.ENDPOINT} does not answer ({type(reason).__name__})")
