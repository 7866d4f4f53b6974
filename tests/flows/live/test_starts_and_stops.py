"""A run waits for whom it needs, says for whom, and ends when it is asked to, whatever it waits for."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.registry.writing import to_toml
from connectors.spool import Bounds, Origin, SpoolWriter, layout, make, marks, opened
from connectors.spool.segments import HEAD_BYTES
from connectors.warehouse import Warehouse, accounts, connect, leases
from connectors.warehouse.bakery import Scope
from flows.live import place, status
from flows.live import sources as found
from flows.live.waiting import Saying, Stopped, until_there
from schemas.errors import SourceAway, SourceError, UsageError, WarehouseAway
from tests.brokers.kafka import KafkaBroker
from tests.brokers.processes import free_ports
from tests.flows.city import stream
from tests.flows.live import children
from tests.flows.live.test_killed_runs import spooled
from tests.flows.live.test_until_end import NAMES, REGISTRY, messages
from tests.waiting import until

INTERRUPTED, FAILED = 130, 1
ALL = Scope("rows", frozenset(), 0, leases.ALL_TIME_US, leases.token())


@contextmanager
def started(arguments: list[str], pause: float = 0.005, size: int = 5) -> Iterator[subprocess.Popen[bytes]]:
    """Run `tilik run` while the body does something with it; between polls of `size` records it rests `pause` [s]."""
    process = children.start(arguments, size, pause)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def arguments(folder: Path, source: str, warehouse: str, state: str = "state") -> list[str]:
    registry = folder / "registry.toml"
    registry.write_text(to_toml(REGISTRY, "test"))
    return ["--source", source, "--registry", str(registry), "--warehouse", warehouse, "--state", str(folder / state)]


def waits(state: Path) -> str:
    """Return for whom a run waits, as `tilik status` says it; '' where it does not."""
    if not (state / place.FILE).exists():
        return ""
    shards = status.look(place.existing(state))["shards"]
    return " ".join(shard["waits_for"] for shard in shards if shard["doing"] == "waiting")


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Ask a run to end; return its exit code and what it said."""
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=20)[1].decode()
    return process.returncode, said


def test_it_is_tried_until_it_is_there_and_said_for_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.live.waiting.PAUSES_S", (0.0,))
    answers, said = [WarehouseAway("a"), SourceAway("b"), 7], list[str]()

    def attempt() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert until_there(attempt, (WarehouseAway, SourceAway), Saying(said.append)) == 7
    assert said == ["a", "b"]
    answers[:] = [SourceError("a wrong password")]
    with pytest.raises(SourceError, match="a wrong password"):
        until_there(attempt, (WarehouseAway, SourceAway), said.append)


def test_who_is_asked_to_end_tries_no_more() -> None:
    stop = threading.Event()
    stop.set()

    def attempt() -> None:
        raise WarehouseAway("away")

    with pytest.raises(Stopped):
        until_there(attempt, WarehouseAway, lambda said: None, stop)


def test_a_session_that_hurries_waits_for_no_lease(warehouse: Warehouse, warehouse_url: str) -> None:
    with connect(warehouse_url) as other, warehouse.lease(ALL):
        said: list[str] = []

        def waiting(words: str) -> None:
            said.append(words)
            other.hurry()

        with pytest.raises(WarehouseAway, match="waiting for process"), other.lease(ALL._replace(input=1), waiting):
            pass
        assert len(said) == 1


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("kafak://bob:hush@h:9092/t", "hush"),
        ("kafka://bob:hush@h:9092/t", "hush"),
        ("bob:hush@h:9092/t", "hush"),
        ("kafka:/bob:hu@sh@h:9092/t", "hu@sh"),
        ("kafka://h:9092/t?password=hush", "hush"),
        ("http://bob:hush@h/t", "hush"),
    ],
)
def test_a_mistyped_address_tells_no_password(url: str, secret: str) -> None:
    with pytest.raises(UsageError) as refused:
        found.find([url], {}, "run")
    assert secret not in str(refused.value)
    assert "bob" not in str(refused.value)


def test_a_spool_that_was_read_before_is_waited_for_and_not_made_anew(tmp_path: Path) -> None:
    url = f"spool:{tmp_path / 'spool'}"
    with pytest.raises(SourceAway, match="is its disk there"):
        found.find([url], {}, "run", known=[url])
    make(tmp_path / "spool", 3)
    assert found.find([url], {}, "run", known=[url])[0].partitions == 3


@pytest.mark.slow
def test_a_warehouse_that_is_not_there_yet_is_waited_for(tmp_path: Path, laid: Callable[[Path], str]) -> None:
    spool, (port,) = spooled(tmp_path / "spool", 60, 1), free_ports(1)
    store = laid(tmp_path / "live")
    with connect(store):
        word = accounts.words(tmp_path / "live")[accounts.WRITER]
    url = f"http://{accounts.WRITER}:{word}@127.0.0.1:{port}/tilik"
    asked = arguments(tmp_path, f"spool:{spool}", url)
    with started(asked) as process:
        until(lambda: "does not answer" in waits(tmp_path / "state"))
        code, said = ended(process)
    assert code == INTERRUPTED
    assert f"waiting: warehouse http://{accounts.WRITER}@127.0.0.1:{port}/tilik does not answer" in said
    with started([*asked, "--until-end"]) as process:
        until(lambda: "does not answer" in waits(tmp_path / "state"))
        with connect(store, port) as there:
            assert process.wait(timeout=120) == 0
            assert there.query("SELECT sum(frames) FROM health_minute").rows[0][0] > 0


@pytest.mark.slow
def test_a_broker_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, empty_store: Callable[[str], str], kafka: KafkaBroker
) -> None:
    url = kafka.create("there-later", 2)
    asked = arguments(tmp_path, url, empty_store("live"))
    children.end(asked)
    kafka.kill()
    with started([*asked, "--until-end"]) as process:
        until(lambda: "no broker answers" in waits(tmp_path / "state"))
        kafka.start()
        assert process.wait(timeout=120) == 0


@pytest.mark.slow
@pytest.mark.parametrize("ends_by_itself", [True, False])
def test_a_run_that_ends_leaves_no_lag_and_a_spool_that_is_cleaned(
    tmp_path: Path, empty_store: Callable[[str], str], kafka: KafkaBroker, ends_by_itself: bool
) -> None:
    topic = f"no-lag-{ends_by_itself}"
    url, values = kafka.create(topic, 1), [value for _, value, _ in messages(stream(NAMES, 60))]
    kafka.produce(topic, values)
    spool = spooled(tmp_path / "spool", 60, 1)
    asked = [*arguments(tmp_path, url, empty_store("live")), "--source", f"spool:{spool}"]
    if ends_by_itself:
        children.end(asked)
    else:
        with started(asked) as process:
            until(lambda: children.records(tmp_path / "state", process.pid) == 2 * len(values))
            assert ended(process)[0] == INTERRUPTED
    assert kafka.committed(topic, "tilik") == kafka.span(topic)[1]
    (done,) = marks.done(spool / "0" / "readers").values()
    assert done == len(values)
    writer = SpoolWriter(opened(spool), 0, Bounds(seal_s=0.0))
    writer.clean()
    writer.close()
    assert layout.segments(spool / "0") == [len(values)]


@pytest.mark.slow
def test_waiting_for_other_writers_ends_when_it_is_asked_to(tmp_path: Path, empty_store: Callable[[str], str]) -> None:
    asked = arguments(tmp_path, f"spool:{spooled(tmp_path / 'spool', 60, 1)}", empty_store("live"))
    with connect(empty_store("live")) as store, store.lease(ALL), started(asked) as process:
        until(lambda: "waiting for process" in waits(tmp_path / "state"))
        code, said = ended(process)
    assert code == INTERRUPTED, said
    assert "the next start goes on where this one stood" in said


@pytest.mark.slow
def test_waiting_for_another_run_of_the_same_shards_ends_when_it_is_asked_to(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    source, store = f"spool:{spooled(tmp_path / 'spool', 60, 1)}", empty_store("live")
    with started(arguments(tmp_path, source, store, "first")):
        until(lambda: any((tmp_path / "first" / "processes").glob("000.json")))
        with started(arguments(tmp_path, source, store, "second")) as second:
            until(lambda: "waiting for process" in waits(tmp_path / "second"))
            code, said = ended(second)
    assert code == INTERRUPTED
    assert "waiting: waiting for process" in said


@pytest.mark.slow
def test_what_no_waiting_mends_is_the_answer_while_another_shard_waits(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    spool = spooled(tmp_path / "spool", 60, 2)
    asked = arguments(tmp_path, f"spool:{spool}", empty_store("live"))
    children.end(asked)
    for partition in range(2):
        writer = SpoolWriter(opened(spool), partition)
        writer.append([value for _, value, _ in messages(stream(NAMES, 120))], Origin("native"))
        writer.close()
    broken = layout.segment(spool / "1", layout.segments(spool / "1")[0])
    broken.write_bytes(bytes(HEAD_BYTES) + broken.read_bytes()[HEAD_BYTES:])
    with connect(empty_store("live")) as store, store.lease(ALL), started(asked) as process:
        said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == FAILED, said
    assert "expected the head of a segment" in said


def test_a_spool_that_is_made_because_none_is_there_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        found.find([f"spool:{tmp_path / 'typo'}"], {}, "run", waiting=said.append)
    assert len(said) == 1
    assert "found no spool there, so one is made" in said[0]


def test_a_warehouse_that_refuses_the_connection_is_named_once_and_why() -> None:
    (port,) = free_ports(1)
    with pytest.raises(WarehouseAway) as told:
        connect(f"http://tilik@127.0.0.1:{port}/tilik")
    why = "does not answer while connecting: Failed to establish a new connection: [Errno 111] Connection refused"
    assert str(told.value).endswith(why)
