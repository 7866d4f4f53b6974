"""What brokers and their client complain of, in our words: what is wrong and which setting to change.

The client repeats every attempt for ever and tells both a dead broker and a wrong password
by the same door. A complaint that waiting may mend (a broker that starts, dies or hangs) is
none of these; one that it never mends stands for `SETTLE_S` before it is believed, because
a broker that is being killed says such things too, and is forgotten once anybody answers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError

from connectors.kafka.address import Address
from connectors.kafka.settings import Settings
from schemas.errors import SourceError

SETTLE_S: Final = 2.0
_AFTER: Final = re.compile(r" \(after \d+ms in state \w+.*\)$")
_CUT_OFF: Final = "in state SSL_HANDSHAKE"
_PASSING: Final = ("disconnected", "timed out", "timeout", "connection reset")


class Troubles:
    """Complaints about one topic's brokers, of all clients that speak to them."""

    def __init__(self, address: Address, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._address, self._settings, self._clock = address, settings, clock
        self._standing: dict[str, tuple[float, str]] = {}
        self._has_answered = False
        self.last = ""

    def heard(self, error: KafkaError) -> None:
        """Take what a client's `error_cb` says."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            return
        said = _AFTER.sub("", self._settings.without_secrets(error.str()))
        broker, told = said.partition(": ")[0], self._permanent(error, said)
        self.last = said
        if not told and _CUT_OFF in error.str():  # the same listener says it now so, now so
            return
        if not told:
            self._standing.pop(broker, None)
        elif self._standing.get(broker, (0.0, ""))[1] != told:
            self._standing[broker] = (self._clock(), told)

    def answered(self) -> None:
        """Forget them: a broker has answered."""
        self._standing.clear()
        self._has_answered = True
        self.last = ""

    def check(self) -> None:
        """Raise what has stood for long enough.

        Raises
        ------
        SourceError
            It says which setting to change.
        """
        for since, told in tuple(self._standing.values()):  # clients complain on threads of their own
            if self._clock() - since >= SETTLE_S:
                raise SourceError(f"{self._address.url}: {told}")

    def refused(self, error: KafkaError) -> SourceError | None:
        """Return what an answer says that no waiting mends: this client may not read the topic."""
        if error.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
            user = self._settings.given.get("sasl.username", "")
            who = f"user {user!r}" if user else "a client without a user"
            todo = "let it (kafka-acls --add --operation Read, to write --operation Write), or change"
            return SourceError(f"{self._address.url}: {who} may not use the topic: {todo} TILIK_KAFKA_SASL_USERNAME")
        return None

    def _permanent(self, error: KafkaError, said: str) -> str:
        """Return what is wrong where no waiting mends it, else ''."""
        lower = said.lower()
        if "plaintext broker listener" in lower:  # a guess: whoever ends cuts a handshake off, too
            told = "the broker's listener speaks no TLS: change TILIK_KAFKA_SECURITY_PROTOCOL or the port"
            return "" if self._has_answered else told
        if error.code() == KafkaError._AUTHENTICATION and "unsupported sasl mechanism" in lower:
            offered = said.partition("supported mechanisms: ")[2]
            return f"the broker knows no such mechanism: set TILIK_KAFKA_SASL_MECHANISM to one of its own: {offered}"
        if "certificate verify failed" in lower:
            todo = "set TILIK_KAFKA_SSL_CA_LOCATION to the file of the authority that signed it; it must name the host"
            return f"the broker's certificate is not trusted: {todo}"
        if error.code() == KafkaError._AUTHENTICATION and not any(word in lower for word in _PASSING):
            user = self._settings.given.get("sasl.username", "")
            todo = "correct TILIK_KAFKA_SASL_USERNAME or TILIK_KAFKA_SASL_PASSWORD"
            return f"the broker refuses user {user!r} or its password: {todo}"
        if error.code() == KafkaError._SSL and not any(word in lower for word in _PASSING):
            own = "TILIK_KAFKA_SSL_CERTIFICATE_LOCATION and TILIK_KAFKA_SSL_KEY_LOCATION"
            return f"no TLS connection: check TILIK_KAFKA_SSL_CA_LOCATION, and {own} where clients show one: {said}"
        return ""
