"""Addresses of topics and settings of their client: what is taken, and what is refused in which words."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka import Address, parse
from connectors.kafka.asking import Question
from connectors.kafka.settings import KNOWN, OURS, of_environment, variable
from connectors.kafka.troubles import SETTLE_S, Troubles
from schemas.errors import SourceError, UsageError

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789._-", min_size=1, max_size=40).filter(
    lambda each: each not in (".", "..")
)
HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z]{2,5})?", fullmatch=True) | st.just("[::1]")


@given(st.lists(st.tuples(HOSTS, st.integers(1, 65_535)), min_size=1, max_size=4), NAMES)
def test_every_address_is_read_back_as_it_is_written(brokers: list[tuple[str, int]], topic: str):
    address = Address(tuple(f"{host}:{port}" for host, port in brokers), topic)
    assert parse(address.url) == address


def test_a_broker_without_a_port_listens_at_kafkas_own():
    assert parse("kafka://a,b:1/frames").brokers == ("a:9092", "b:1")


@pytest.mark.parametrize(
    "url",
    [
        "kafka://host:9092",
        "kafka://host:9092/",
        "kafka:///frames",
        "kafka://host:99999/frames",
        "kafka://host:0/frames",
        "kafka://host:9092/a/b",
        "kafka://host:9092/frames?x=1",
        "kafka://host:9092,/frames",
        "kafka://host:9092/..",
        "kafka:host:9092/frames",
        "mqtt://host:9092/frames",
        "kafka://host name:9092/frames",
        f"kafka://host:9092/{'x' * 250}",
    ],
)
def test_what_is_no_address_is_refused_with_what_one_looks_like(url: str):
    with pytest.raises(UsageError, match=r"expected kafka://HOST:PORT\[,HOST:PORT...\]/TOPIC"):
        parse(url)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="TILIK_KAFKA_SASL_PASSWORD") as raised:
        parse("kafka://bob:bob@secret@host:9092/frames")
    assert "secret" not in str(raised.value)
    assert "bob" not in str(raised.value)


def made(environment: dict[str, str]) -> AdminClient:
    return of_environment(environment).make(AdminClient, parse("kafka://127.0.0.1:1/frames"), {})


def complaint(environment: dict[str, str]) -> str:
    """Return what is said of settings, '' where they are taken."""
    try:
        made(environment)
    except UsageError as error:
        return str(error)
    return ""


def test_the_usual_settings_are_the_clients():
    mechanism = {"TILIK_KAFKA_SASL_MECHANISM": "PLAIN"}
    assert [each for each in KNOWN if "has no setting" in complaint({**mechanism, variable(each): "1"})] == []
    assert "has no setting" in complaint({"TILIK_KAFKA_NO_SUCH": "1"})


def test_a_mistyped_setting_is_refused_with_the_one_that_was_meant():
    with pytest.raises(UsageError, match=r"TILIK_KAFKA_SASL_PASWORD.* did you mean TILIK_KAFKA_SASL_PASSWORD\?"):
        made({"TILIK_KAFKA_SASL_PASWORD": "x"})


def test_a_wrong_value_is_refused_by_its_setting():
    with pytest.raises(UsageError, match="TILIK_KAFKA_SECURITY_PROTOCOL: the Kafka client refuses"):
        made({"TILIK_KAFKA_SECURITY_PROTOCOL": "TLS"})
    with pytest.raises(UsageError, match="TILIK_KAFKA_FETCH_WAIT_MAX_MS: the Kafka client refuses"):
        made({"TILIK_KAFKA_FETCH_WAIT_MAX_MS": "soon"})


@pytest.mark.parametrize("name", OURS)
def test_what_decides_whether_records_are_lost_cannot_be_set(name: str):
    with pytest.raises(UsageError, match=f"^{variable(name)} cannot be set: "):
        of_environment({variable(name): "x"})


@given(st.sampled_from(["sasl.password", "ssl.key.pem", "ssl.key.password"]), st.text(min_size=1), st.text())
def test_no_secret_stands_in_what_is_said(name: str, value: str, around: str):
    told = of_environment({variable(name): value}).without_secrets(f"{around}{value}{around}")
    assert value not in told or value in "..." or value in f"{around}...{around}"


def test_other_environment_is_nobodys_business():
    assert of_environment({"PATH": "/bin", "KAFKA_SASL_PASSWORD": "x"}).given == {}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


REFUSED = "sasl_ssl://h:1/bootstrap: SASL authentication error: Authentication failed (after {}ms in state AUTH_REQ)"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def troubles(clock: Clock) -> Troubles:
    return Troubles(parse("kafka://h:1/t"), of_environment({}), clock)


def refuse(troubles: Troubles, ms: int) -> None:
    troubles.heard(KafkaError(KafkaError._AUTHENTICATION, REFUSED.format(ms)))


def test_a_complaint_is_believed_once_it_has_stood(clock: Clock, troubles: Troubles):
    refuse(troubles, 300)
    troubles.check()
    clock.now += SETTLE_S
    refuse(troubles, 301)
    with pytest.raises(SourceError, match="refuses user"):
        troubles.check()


def test_an_answer_takes_a_complaint_back(clock: Clock, troubles: Troubles):
    refuse(troubles, 300)
    troubles.answered()
    clock.now += 2 * SETTLE_S
    troubles.check()


def test_a_broker_that_dies_takes_its_complaint_back(clock: Clock, troubles: Troubles):
    refuse(troubles, 300)
    troubles.heard(KafkaError(KafkaError._TRANSPORT, "sasl_ssl://h:1/bootstrap: Connect to h:1 failed: refused"))
    troubles.heard(KafkaError(KafkaError._AUTHENTICATION, "sasl_ssl://h:2/2: Disconnected during authentication"))
    clock.now += 2 * SETTLE_S
    troubles.check()


def test_the_complaint_of_one_broker_stands_while_another_is_dead(clock: Clock, troubles: Troubles):
    refuse(troubles, 300)
    troubles.heard(KafkaError(KafkaError._TRANSPORT, "sasl_ssl://h:2/bootstrap: Connect to h:2 failed: refused"))
    troubles.heard(KafkaError(KafkaError._ALL_BROKERS_DOWN, "2/2 brokers are down"))
    clock.now += SETTLE_S
    with pytest.raises(SourceError, match="refuses user"):
        troubles.check()


def test_a_handshake_that_is_cut_off_says_nothing_of_a_listener_that_has_spoken_tls(clock: Clock, troubles: Troubles):
    cut_off = KafkaError(
        KafkaError._SSL,
        "sasl_ssl://h:1/1: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
    )
    closed = "sasl_ssl://h:1/1: Disconnected: SSL connection closed by peer (after 1ms in state SSL_HANDSHAKE)"
    for _ in range(3):  # a client under load hears now this, now that
        troubles.heard(cut_off)
        clock.now += SETTLE_S / 3
        troubles.heard(KafkaError(KafkaError._TRANSPORT, closed))
    with pytest.raises(SourceError, match="speaks no TLS"):
        troubles.check()
    troubles.answered()
    troubles.heard(cut_off)
    clock.now += SETTLE_S
    troubles.check()


def test_a_question_is_put_once_until_it_is_answered(clock: Clock):
    asked: list[Future[int]] = []

    def ask() -> dict[str, Future[int]]:
        asked.append(Future())
        return {f"question {len(asked)}": asked[-1]}

    question = Question(ask, 1.0, clock)
    assert question.look() is None
    clock.now = 200.0
    assert question.look() is None
    assert len(asked) == 1
    asked[0].set_result(7)
    answer = question.look()
    assert answer is not None
    assert (answer.asked_s, answer.values) == (100.0, {"question 1": 7}), "as old as the question"
    assert len(asked) == 2
    failed = ValueError()
    asked[1].set_exception(failed)
    answer = question.look()
    assert answer is not None
    assert answer.values == {"question 2": failed}
    assert len(asked) == 2, "it is not due"


def test_a_command_without_kafka_does_not_load_its_client():
    code = "import sys, flows.cli, connectors.kafka; sys.exit('confluent_kafka' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
