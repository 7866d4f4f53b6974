"""Users, passwords and certificates: what is wrong is said within seconds, by the setting that mends it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from schemas.errors import SourceError, UsageError
from tests.brokers import authority
from tests.brokers.kafka import PASSWORD, USER, KafkaBroker
from tests.connectors.kafka_reading import opened, read_all, read_until, tail

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.make(tmp_path_factory.mktemp("other"), "another authority").ca


def test_with_the_right_user_and_authority_a_topic_is_read(kafka: KafkaBroker):
    kafka.create("secured")
    kafka.produce("secured", [b"a", b"b"])
    with closing(tail(kafka.secure_url("secured"), **kafka.settings())) as reader:
        assert read_all(reader).values == [b"a", b"b"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"SASL_PASSWORD": "wrong-secret"},
            "refuses user 'bob' or its password: correct TILIK_KAFKA_SASL_USERNAME",
        ),
        ({"SASL_USERNAME": "eve"}, "refuses user 'eve' or its password: correct TILIK_KAFKA_SASL_USERNAME"),
        ({"SASL_MECHANISM": "SCRAM-SHA-512"}, "set TILIK_KAFKA_SASL_MECHANISM to one of its own: SCRAM-SHA-256"),
        ({"SECURITY_PROTOCOL": "PLAINTEXT"}, r"no broker answers .*set TILIK_KAFKA_SECURITY_PROTOCOL"),
        ({"SECURITY_PROTOCOL": "SSL"}, r"no broker answers .*set TILIK_KAFKA_SECURITY_PROTOCOL"),
    ],
    ids=["password", "user", "mechanism", "no TLS", "no user"],
)
def test_what_is_wrong_is_named_with_its_setting(kafka: KafkaBroker, changed: dict[str, str], said: str):
    with pytest.raises(SourceError, match=said) as raised:
        opened(kafka.secure_url("secured"), kafka.settings(**changed), open_s=5.0)
    assert PASSWORD not in str(raised.value)
    assert "wrong-secret" not in str(raised.value)


def test_a_certificate_of_another_authority_is_not_trusted(kafka: KafkaBroker, other_authority: Path):
    settings = kafka.settings(SSL_CA_LOCATION=str(other_authority))
    with pytest.raises(SourceError, match="certificate is not trusted: set TILIK_KAFKA_SSL_CA_LOCATION"):
        opened(kafka.secure_url("any"), settings)


def test_a_file_of_certificates_that_is_not_there_is_named(kafka: KafkaBroker, tmp_path: Path):
    with pytest.raises(UsageError, match=r"^TILIK_KAFKA_SSL_CA_LOCATION: the Kafka client refuses"):
        opened(kafka.secure_url("any"), kafka.settings(SSL_CA_LOCATION=str(tmp_path / "none.pem")))


def test_tls_to_a_listener_without_it_is_named(kafka: KafkaBroker):
    with pytest.raises(SourceError, match="speaks no TLS: change TILIK_KAFKA_SECURITY_PROTOCOL or the port"):
        opened(kafka.url("any"), kafka.settings())


def test_a_topic_that_the_user_may_not_read_is_named_with_the_command_that_lets_it(kafka: KafkaBroker):
    kafka.create("closed")
    kafka.allow("alice", "closed")
    with pytest.raises(SourceError, match=f"user '{USER}' may not use the topic: let it .kafka-acls --add"):
        opened(kafka.secure_url("closed"), kafka.settings())


def test_a_topic_that_nobody_made_is_named(kafka: KafkaBroker):
    with pytest.raises(SourceError, match=r"the brokers know no topic 'nobodys'"):
        opened(kafka.url("nobodys"))


def test_a_password_that_is_changed_while_it_is_read_ends_the_reading_once_the_broker_is_new(kafka: KafkaBroker):
    kafka.create("rotated")
    kafka.produce("rotated", [b"a"])
    kafka.set_password("carol", "first")
    settings = kafka.settings(SASL_USERNAME="carol", SASL_PASSWORD="first")
    with closing(tail(kafka.secure_url("rotated"), **settings)) as reader:
        read_all(reader)
        kafka.set_password("carol", "second")
        kafka.restart()  # connections that stand stay logged in
        with pytest.raises(SourceError, match="refuses user 'carol'"):
            read_until(lambda _: False, reader)
