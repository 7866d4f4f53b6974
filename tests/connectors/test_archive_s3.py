"""The archive in a real S3 server, and what is said and waited for where that refuses, breaks off or freezes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors import archive
from connectors.archive import bucket, commits, compacting, reading
from connectors.archive.bucket import BucketStore
from connectors.archive.commits import FILES
from connectors.archive.store import Store
from schemas.errors import ArchiveAway, ArchiveError, UsageError
from tests.brokers.minio import PASSWORD, USER, MinioServer
from tests.connectors.archiving import archived, batch, held, same
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are waited for shortly, and asked for again soon."""
    monkeypatch.setattr(bucket, "CONNECT_S", 0.5)
    monkeypatch.setattr(bucket, "READ_S", 0.5)
    monkeypatch.setattr("connectors.archive.waiting.MOST_S", 0.3)


def opened(server: MinioServer, name: str, waiting: Callable[[str], None] = lambda said: None, **given: str) -> Store:
    return archive.connect(f"s3://{name}/kota/semarang", server.environment(**given), waiting)


def test_it_keeps_what_a_folder_keeps(minio: MinioServer) -> None:
    name, frames = minio.bucket(), batch(600)
    store = opened(minio, name)
    archived(store, frames, most_bytes=30_000)
    assert same(held(store), frames)
    before = len(store.names(FILES))
    done = compacting.compact(store)
    assert (done.before, done.after) == (before, len(store.names(FILES)))
    assert done.after < before
    assert same(held(store), frames)
    archived(store, batch(10))
    assert same(held(store), batch(10))
    assert opened(minio, minio.bucket()).names() == {}
    elsewhere = archive.connect(f"s3://{name}", minio.environment())
    assert all(each.startswith("kota/semarang/") for each in elsewhere.names())


def test_what_no_waiting_mends_is_said_at_once_and_without_the_secret(minio: MinioServer) -> None:
    name = minio.bucket()
    refused = {
        "TILIK_S3_SECRET_KEY is not that of TILIK_S3_ACCESS_KEY": opened(minio, name, password="wrong-secret"),
        "the server does not know TILIK_S3_ACCESS_KEY": opened(minio, name, user="nobody"),
        "there is no such bucket": opened(minio, "no-such-bucket"),
    }
    for said, store in refused.items():
        with pytest.raises(UsageError, match=said) as caught:
            archived(store, batch(3))
        assert not {"wrong-secret", PASSWORD, USER} & set(str(caught.value).split())


def test_who_may_only_read_reads_and_is_told_so_when_he_writes(minio: MinioServer) -> None:
    name, frames = minio.bucket(), batch(50)
    archived(opened(minio, name), frames)
    reader = archive.connect(f"s3://{name}/kota/semarang", minio.reader(name))
    assert same(held(reader), frames)
    assert reading.verify(reader).problems == []
    with pytest.raises(UsageError, match="may not do this: give it the right to read, write"):
        reader.put("x", b"x")


def test_a_flipped_bit_in_a_stored_file_is_found(minio: MinioServer) -> None:
    name = minio.bucket()
    store = opened(minio, name)
    part = archived(store, batch(300)).parts[0]
    minio.flip(name, f"kota/semarang/{part.name}")
    with pytest.raises(ArchiveError, match="its bytes are not those that were written"):
        reading.frames(store, part)
    assert [problem.name for problem in reading.verify(store).problems] == [part.name]


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_a_server_that_goes_away_in_between_is_waited_for_and_nothing_is_lost(
    minio: MinioServer, quick: None, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    name, frames, told = minio.bucket(), batch(2_000), []
    store = opened(minio, name, told.append)
    archived(store, batch(100))
    real, puts, fifth, is_away = BucketStore.upload, [0], threading.Event(), threading.Event()

    def upload(self: BucketStore, at: str, path: Path) -> None:
        puts[0] += 1
        if puts[0] == 5:
            fifth.set()
            is_away.wait()
        real(self, at, path)

    monkeypatch.setattr(BucketStore, "upload", upload)
    writer = threading.Thread(target=lambda: archived(store, frames, most_bytes=100_000))
    writer.start()
    fifth.wait()
    minio.kill() if trouble == "killed" else minio.pause()
    is_away.set()
    until(lambda: bool(told))
    minio.ensure()
    writer.join()
    assert len(told) == 1
    assert "waiting for it" in told[0]
    assert same(held(store), frames)
    assert reading.verify(store).problems == []


def test_half_an_upload_is_never_seen(minio: MinioServer, quick: None) -> None:
    """A server that dies while it takes a large file."""
    name = minio.bucket()
    store = archive.connect(f"s3://{name}", minio.environment(), patience_s=0.1)
    archived(store, batch(20))
    large = b"x" * (40 << 20)
    killer = threading.Timer(0.05, minio.kill)
    killer.start()
    with pytest.raises(ArchiveAway):
        _put_all(store, large)
    killer.join()
    minio.start()
    whole = {each: at.size for each, at in store.names("frames/large").items()}
    assert set(whole.values()) <= {len(large)}
    assert same(held(store), batch(20))
    assert len(commits.every(store)) == 1


def _put_all(store: Store, content: bytes) -> None:
    for n in range(50):
        store.put(f"frames/large-{n}", content)


def test_clickhouse_reads_it_where_it_lies(minio: MinioServer) -> None:
    name, frames = minio.bucket(), batch(400)
    archived(opened(minio, name), frames)
    url = f"http://{minio.host}/{name}/kota/semarang/frames/**/*.parquet"
    asked = f"SELECT count(), sum(length(objects)) FROM s3('{url}', '{USER}', '{PASSWORD}', 'Parquet')"
    program = "import sys, chdb; print(chdb.query(sys.argv[1], 'CSV').bytes().decode())"  # an engine of its own
    said = subprocess.run([sys.executable, "-c", program, asked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"{len(frames)},{frames.objects.height}"
