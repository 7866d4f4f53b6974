"""A real Apache Kafka broker (KRaft, one node), PLAINTEXT and SASL over TLS, for the tests of one process."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.brokers import authority
from tests.brokers.fetching import kafka_jars, program
from tests.brokers.processes import Server, free_ports

USER, PASSWORD = "bob", "bob-secret"
JAVA = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
CLUSTER = "tilik-tests-cluster-01"
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_ssl.ssl.keystore.type=PEM
listener.name.sasl_ssl.ssl.keystore.location={keystore}
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs={root}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=1000
log.segment.delete.delay.ms=1000
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=8388608
num.recovery.threads.per.data.dir=1
"""
QUIET = {"log_level": 0, "error_cb": lambda _: None}


class KafkaBroker(Server):
    """One broker: `url(topic)` is where it listens, `secure_url(topic)` where it asks for user and TLS."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        plain, secure, controller = free_ports(3)
        self.bootstrap, self.secure_bootstrap = f"127.0.0.1:{plain}", f"127.0.0.1:{secure}"
        made = authority.make(root / "tls")
        self.ca = made.ca
        self.properties = root / "server.properties"
        self.properties.write_text(
            PROPERTIES.format(plain=plain, secure=secure, controller=controller, root=root, keystore=made.keystore)
        )
        scram = f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"
        ask = ["format", "--standalone", "-t", CLUSTER, "-c", str(self.properties), "--add-scram", scram]
        _java("kafka.tools.StorageTool", ask)
        super().__init__([*_command(), "kafka.Kafka", str(self.properties)], root / "broker.log", root)
        self._admin: AdminClient | None = None

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """Let it run for a tenth of the time only: every answer comes late."""
        is_over = threading.Event()

        def slow() -> None:
            while not is_over.is_set():
                self.pause()
                is_over.wait(0.18)
                self.resume()
                is_over.wait(0.02)

        worker = threading.Thread(target=slow)
        worker.start()
        try:
            yield
        finally:
            is_over.set()
            worker.join()

    def restart(self) -> None:
        """Kill it where it runs, and start it over its data."""
        self.kill()
        self.start()

    def url(self, topic: str) -> str:
        """Return a topic's address as Tilik takes it."""
        return f"kafka://{self.bootstrap}/{topic}"

    def secure_url(self, topic: str) -> str:
        """Return a topic's address at the listener that asks for user and TLS."""
        return f"kafka://{self.secure_bootstrap}/{topic}"

    def settings(self, **changed: str) -> dict[str, str]:
        """Return the environment that `secure_url` needs, with changes such as ``SASL_PASSWORD='wrong'``."""
        right = {
            "SECURITY_PROTOCOL": "SASL_SSL",
            "SASL_MECHANISM": "SCRAM-SHA-256",
            "SASL_USERNAME": USER,
            "SASL_PASSWORD": PASSWORD,
            "SSL_CA_LOCATION": str(self.ca),
        }
        return {f"TILIK_KAFKA_{name}": value for name, value in (right | changed).items()}

    def create(self, topic: str, partitions: int = 1, **config: str) -> str:
        """Make a topic with `LogAppendTime`, and settings such as ``retention_ms='1000'``; returns its address."""
        given = {"message.timestamp.type": "LogAppendTime"} | {k.replace("_", "."): v for k, v in config.items()}
        _all_of(self.admin.create_topics([NewTopic(topic, partitions, 1, config=given)]))
        return self.url(topic)

    def grow(self, topic: str, partitions: int) -> None:
        """Give a topic more partitions."""
        _all_of(self.admin.create_partitions([NewPartitions(topic, partitions)]))

    def delete(self, topic: str) -> None:
        """Delete a topic."""
        _all_of(self.admin.delete_topics([topic]))

    def allow(self, user: str, topic: str, what: str = "ALL") -> None:
        """Let a user do something with a topic, which those who are not named no longer may (save without TLS)."""
        anywhere = (AclOperation[what], AclPermissionType.ALLOW)
        acl = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{user}", "*", *anywhere)
        _all_of(self.admin.create_acls([acl]))

    def set_password(self, user: str, password: str) -> None:
        """Give a user, who may be new, a password."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        change = UserScramCredentialUpsertion(user, info, password.encode())
        _all_of(self.admin.alter_user_scram_credentials([change]))

    def trim(self, topic: str, partition: int, before: int) -> None:
        """Remove the records before a position, as retention does in its own time."""
        _all_of(self.admin.delete_records([TopicPartition(topic, partition, before)]))

    def produce(self, topic: str, values: Sequence[bytes | None], partition: int = 0, **config: object) -> list[int]:
        """Write records one after another; returns their offsets."""
        at: list[int] = []

        def landed(error: object, message: object) -> None:
            assert error is None, error
            at.append(message.offset())  # type: ignore[attr-defined]

        base = {"bootstrap.servers": self.bootstrap, "linger.ms": 5, "message.max.bytes": 20_000_000, **QUIET}
        base["max.in.flight"] = 1  # or what a topic that is only just made does not take comes behind what it takes
        producer = Producer(base | config)
        for value in values:
            while True:
                try:
                    producer.produce(topic, value, partition=partition, on_delivery=landed)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush(60)
        assert len(at) == len(values)
        return at

    def span(self, topic: str, partition: int = 0) -> tuple[int, int]:
        """Return a partition's first position and the one behind its last."""
        reader = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "span", **QUIET})
        try:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        finally:
            reader.close()
        return low, high

    def committed(self, topic: str, group: str, partition: int = 0) -> int:
        """Return the position that a group shows, as `kafka-consumer-groups` tells it."""
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition)])
        found = self.admin.list_consumer_group_offsets([asked])[group].result(30)
        return int(found.topic_partitions[0].offset)

    @property
    def admin(self) -> AdminClient:
        """Return a client for what this class has no word for."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        return self._admin

    def answers(self) -> bool:
        """Say whether it tells of brokers."""
        try:
            found = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET}).list_topics(timeout=1)
        except KafkaException:
            return False
        return bool(found.brokers)


def _all_of(futures: dict[object, object]) -> None:
    for future in futures.values():
        future.result(30)  # type: ignore[attr-defined]


def _java(main: str, words: list[str]) -> None:
    done = subprocess.run([*_command(), main, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _command() -> list[str]:
    return [program("java"), *JAVA, "-cp", os.pathsep.join(map(str, kafka_jars()))]
