"""One warehouse engine and one broker of a kind for a test session; each test uses cameras and topics of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from connectors.locks import open_lock
from connectors.warehouse import Warehouse, connect
from flows import kernel_cache
from tests.brokers import fetching
from tests.brokers.kafka import KafkaBroker
from tests.brokers.minio import MinioServer
from tests.brokers.mosquitto import MosquittoBroker

settings.register_profile("tilik", deadline=None)  # the first example of a kernel compiles it: time says nothing
settings.load_profile("tilik")
kernel_cache.install()  # tests of kernels alone compile beside others too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with slow tests come first: workers that take a file each then end at about the same time.

    Those whose server takes minutes to build come last among them.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    built = {item.path for item in items if {"minio", "prism", "alertmanager"} & {*getattr(item, "fixturenames", ())}}
    items.sort(key=lambda item: (item.path not in slow, item.path in built))


@pytest.fixture(scope="session")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Return a function that lays a warehouse at a path: a copy of one that has its tables, made once for all workers.

    A path that is there is left alone.
    """
    base = tmp_path_factory.getbasetemp()
    model = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "model"
    with model.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not model.exists():
            with connect(f"embedded:{model}.new") as store:
                store.migrate()
            Path(f"{model}.new").rename(model)

    def lay(path: Path) -> str:
        if not path.exists():
            shutil.copytree(model, path, symlinks=True)
        return f"embedded:{path}"

    return lay


@pytest.fixture(scope="session")
def warehouse_url(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return laid(tmp_path_factory.mktemp("warehouse") / "store")


@pytest.fixture(scope="session")
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    with connect(warehouse_url) as store:
        yield store


@pytest.fixture(scope="module")
def own_warehouse(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Yield a store of a file's tests alone: in one with roads or places every roll reckons these, too."""
    with connect(laid(tmp_path_factory.mktemp("own") / "store")) as store:
        yield store


@pytest.fixture
def empty_store(laid: Callable[[Path], str], tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Yield a function that makes a warehouse of a test's own, by its name.

    Whoever opens it first starts its engine, which runs until the test has ended: one more client is always there.
    A test of engines that start and end uses `laid`.
    """
    clients: dict[str, int] = {}

    def lay(name: str) -> str:
        url = laid(tmp_path / name)
        if name not in clients:
            clients[name] = open_lock(tmp_path / name / "clients.lock")
            fcntl.flock(clients[name], fcntl.LOCK_SH)
        return url

    yield lay
    for each in clients.values():
        os.close(each)


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


@pytest.fixture(scope="session")
def minio_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    server = MinioServer(tmp_path_factory.mktemp("minio"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def minio(minio_of_the_session: MinioServer) -> MinioServer:
    """A running S3 server; a test may kill or freeze it, the next one finds it running."""
    minio_of_the_session.ensure()
    return minio_of_the_session


@pytest.fixture(scope="session")
def prism() -> Path:
    """Beam's engine as a program, built where it is not yet."""
    return fetching.prism()
