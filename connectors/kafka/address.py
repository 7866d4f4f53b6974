"""Where a topic is: `kafka://HOST:PORT[,HOST:PORT...]/TOPIC`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from schemas.errors import UsageError

EXPECTED: Final = "expected kafka://HOST:PORT[,HOST:PORT...]/TOPIC"
PORT: Final = 9092
"""Kafka's own, where none is named."""
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What Kafka takes for a name (org.apache.kafka.common.internals.Topic)."""


class Address(NamedTuple):
    """A topic and the brokers that are asked for it first; no user and no password."""

    brokers: tuple[str, ...]
    topic: str

    @property
    def url(self) -> str:
        """Return it as it is written."""
        return f"kafka://{','.join(self.brokers)}/{self.topic}"

    def source(self, partition: int) -> str:
        """Name one partition, as dead letters and reports do."""
        return f"{self.url}/{partition}"


def parse(url: str) -> Address:
    """Return the address that a URL names.

    Raises
    ------
    UsageError
        It is none, or holds a user or password: those come from the environment.
    """
    scheme, _, rest = url.partition("://")
    hosts, _, topic = rest.partition("/")
    if "@" in hosts:
        todo = "a URL is seen by everybody on the machine: set TILIK_KAFKA_SASL_USERNAME and TILIK_KAFKA_SASL_PASSWORD"
        raise UsageError(f"source {shown(url)!r} names a user: {todo}")
    brokers = tuple(map(_broker, hosts.split(",")))
    if scheme != "kafka" or None in brokers or not _TOPIC.fullmatch(topic) or topic in (".", ".."):
        raise UsageError(f"source {shown(url)!r}: {EXPECTED}")
    return Address(tuple(each for each in brokers if each is not None), topic)


def shown(url: str) -> str:
    """Return a URL as it may be printed, however it is mistyped: without what may be a user, a password or a token."""
    scheme, mark, _ = url.partition("://")
    _, at, tail = url.rpartition("@")
    plain = f"{scheme + mark if mark else ''}...@{tail}" if at else url
    head, question, _ = plain.partition("?")
    return f"{head}?..." if question else plain


def _broker(text: str) -> str | None:
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    port = int(found[2]) if found[2] else PORT
    return f"{found[1]}:{port}" if 0 < port < 65_536 else None
