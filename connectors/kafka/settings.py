"""What the Kafka client is told: librdkafka's settings, of the environment's `TILIK_KAFKA_*` and of Tilik's own.

`TILIK_KAFKA_SASL_PASSWORD` is `sasl.password`. Values are never shown: what the client
says of a setting is told with the values of secret ones left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaException

from connectors.kafka.address import Address
from schemas.errors import UsageError
from schemas.registry.mistakes import did_you_mean

PREFIX: Final = "TILIK_KAFKA_"
OURS: Final = {
    "bootstrap.servers": "brokers stand in the address",
    "enable.auto.commit": "an offset is committed once its rows are stored",
    "enable.auto.offset.store": "an offset is committed once its rows are stored",
    "auto.offset.reset": "what retention took is reported as lost, never skipped",
    "enable.partition.eof": "a run must know where a partition ends",
    "enable.idempotence": "a record that is sent again must not be two",
    "acks": "a record is taken once all replicas that are in sync have it",
    "partitioner": "a camera's partition must be the one that Tilik expects it in",
}
"""Settings that decide whether records are lost or doubled, and why nobody may change them."""
KNOWN: Final = (
    "security.protocol",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
    "ssl.key.password",
    "ssl.endpoint.identification.algorithm",
    "enable.ssl.certificate.verification",
    "group.id",
    "client.id",
    "queued.max.messages.kbytes",
    "fetch.message.max.bytes",
    "fetch.max.bytes",
    "fetch.wait.max.ms",
    "socket.timeout.ms",
    "message.max.bytes",
    "compression.type",
    "linger.ms",
    "queue.buffering.max.kbytes",
    "broker.address.family",
)
"""The likeliest ones, for those who mistype them; the client knows some 150."""
SECRET: Final = re.compile(r"password|secret|key|pem|token|jaas|config")
GROUP: Final = "tilik"
EVERY: Final = {
    "client.id": "tilik",
    "log_level": 0,  # what goes wrong is told by `troubles`, once
    "socket.keepalive.enable": True,
    "socket.timeout.ms": 20_000,
    "reconnect.backoff.ms": 250,
    "reconnect.backoff.max.ms": 2_000,
}
READING: Final = {
    "group.id": GROUP,
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "queued.max.messages.kbytes": 16_384,  # memory of one partition read ahead, beside one answer of the broker
    "fetch.queue.backoff.ms": 20,  # a full queue is looked at again soon: it holds a tenth of a second's records
}
WRITING: Final = {
    "enable.idempotence": True,
    "acks": "all",
    "partitioner": "murmur2_random",
    "compression.type": "zstd",
    "linger.ms": 20,
    "message.timeout.ms": 0,  # a broker that is away is waited for: the buffer fills, and its owner is told
    "message.max.bytes": 10_000_000,
    "queue.buffering.max.messages": 1_000_000,
    "queue.buffering.max.kbytes": 65_536,
}
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings by the names of librdkafka, as the environment has them."""

    given: Mapping[str, str]

    @property
    def group(self) -> str:
        """Return the consumer group that offsets are shown under."""
        return self.given.get("group.id", GROUP)

    def make(self, kind: Callable[[dict[str, Any]], Made], address: Address, own: Mapping[str, Any]) -> Made:
        """Return a client of a kind.

        Raises
        ------
        UsageError
            A setting that librdkafka does not know or take.
        """
        fixed = {name: value for name, value in own.items() if name in OURS}
        base = {"bootstrap.servers": ",".join(address.brokers)}
        try:
            return kind({**EVERY, **own, **self.given, **fixed, **base})
        except KafkaException as error:
            raise UsageError(self._refused(str(error.args[0].str()))) from None
        except (TypeError, ValueError) as error:
            raise UsageError(self._refused(str(error))) from None

    def without_secrets(self, text: str) -> str:
        """Return a text with the values of secret settings left out."""
        hidden = {value for name, value in self.given.items() if SECRET.search(name) and value}
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "...")
        return text

    def _refused(self, said: str) -> str:
        """Say in terms of the environment what the client said of a setting."""
        told = self.without_secrets(said)
        unknown = re.search(r'No such configuration property: "([^"]+)"', said)
        if unknown:
            todo = did_you_mean(variable(unknown[1]), map(variable, KNOWN), "docs/operations.md lists the usual ones")
            return f"{variable(unknown[1])}: the Kafka client has no setting {unknown[1]}: {todo}"
        named = next((name for name in sorted(self.given, key=len, reverse=True) if name in said), "")
        return f"{variable(named) if named else PREFIX + '*'}: the Kafka client refuses its settings: {told}"


def variable(name: str) -> str:
    """Return the environment's name of a setting."""
    return PREFIX + name.upper().replace(".", "_")


def of_environment(environment: Mapping[str, str]) -> Settings:
    """Return what the environment says of Kafka.

    Raises
    ------
    UsageError
        It changes what decides whether records are lost or doubled.
    """
    given = {
        name.removeprefix(PREFIX).lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    wrong = [f"{variable(name)} cannot be set: {why}" for name, why in OURS.items() if name in given]
    if wrong:
        raise UsageError("\n".join(wrong))
    return Settings(given)
