"""One warehouse engine and one broker of a kind for a test session; each test uses cameras and topics of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from connectors.warehouse import Warehouse, connect
from flows import kernel_cache
from tests.brokers.kafka import KafkaBroker
from tests.brokers.mosquitto import MosquittoBroker

settings.register_profile("tilik", deadline=None)  # the first example of a kernel compiles it: time says nothing
settings.load_profile("tilik")
kernel_cache.install()  # tests of kernels alone compile beside others too


@pytest.fixture(scope="session")
def warehouse_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"embedded:{tmp_path_factory.mktemp('warehouse')}"


@pytest.fixture(scope="session")
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    with connect(warehouse_url) as store:
        store.migrate()
        yield store


@pytest.fixture(scope="session")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("empty") / "store"
    with connect(f"embedded:{place}") as store:
        store.migrate()
    return place


@pytest.fixture
def empty_store(_empty_store: Path, tmp_path: Path) -> Callable[[str], str]:
    """Return a function that makes a warehouse of a test's own, by its name: a copy of one that has its tables."""

    def made(name: str) -> str:
        if not (tmp_path / name).exists():
            shutil.copytree(_empty_store, tmp_path / name, symlinks=True)
        return f"embedded:{tmp_path / name}"

    return made


@pytest.fixture(scope="session")
def kafka_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def kafka(kafka_of_the_session: KafkaBroker) -> KafkaBroker:
    """A running Kafka; a test may kill or freeze it, the next one finds it running."""
    kafka_of_the_session.ensure()
    return kafka_of_the_session


@pytest.fixture(scope="session")
def mosquitto_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MosquittoBroker]:
    broker = MosquittoBroker(tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto(mosquitto_of_the_session: MosquittoBroker) -> MosquittoBroker:
    """A running mosquitto; a test may kill or freeze it, the next one finds it running."""
    mosquitto_of_the_session.ensure()
    return mosquitto_of_the_session
