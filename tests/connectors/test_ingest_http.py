"""What a sender may rely on at the HTTP door, and what it is told where it may not."""

from __future__ import annotations

import gzip
import io
import json
import resource
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Sequence

import pyarrow as pa
import pytest

from connectors.ingest import SpoolKeeper, coming, http, server
from connectors.ingest.keepers import Oversized
from connectors.spool import Bounds, Origin, SpoolFull, SpoolTail, make
from schemas.errors import SourceError, TilikError
from schemas.partitions import partition_of
from tests.connectors.posting import answer, served
from tests.connectors.spooling import drained, told

FRAME = b'{"camera":"smg-001","ts":"2026-01-05T00:00:00Z","objects":[]}'


@pytest.fixture
def spool(tmp_path):
    return make(tmp_path / "spool")


@pytest.fixture
def door(spool, tmp_path):
    with served(SpoolKeeper(spool, Bounds()), tmp_path) as found:
        yield found


LARGE = b"larger than is ever kept"


class Keeper:
    """Keeps nothing: does what it is told to."""

    bound = None
    partitions = lanes = 1

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.may_go = threading.Event()
        self.may_go.set()
        self.kept: list[list[bytes]] = []

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        self.may_go.wait()
        if self.fails is not None:
            raise self.fails
        self.kept.append(list(values))
        return {row: Oversized("too large") for row, value in enumerate(values) if value == LARGE}

    def idle(self, lane: int) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def fake(keeper, tmp_path):
    with served(keeper, tmp_path) as found:
        yield found
        keeper.may_go.set()


def test_what_was_accepted_is_durable_with_its_format_and_camera(door, spool):
    assert door.post("/v1/frames/native", FRAME)[:2] == (202, {"accepted": 1})
    assert door.post("/v1/frames/opendatacam?camera=smg-%30%302", b'{"x":1}\n{"x":2}\n').said == {"accepted": 2}
    assert told(SpoolTail(spool, 0).poll(10, 1 << 20)) == [
        (0, FRAME, "native", "", ""),
        (1, b'{"x":1}', "opendatacam", "", "smg-002"),
        (2, b'{"x":2}', "opendatacam", "", "smg-002"),
    ]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        (FRAME, [FRAME]),
        (FRAME + b"\n", [FRAME]),
        (b"\xef\xbb\xbf" + FRAME + b"\r\n\n" + FRAME, [FRAME + b"\r", FRAME]),
        (json.dumps(json.loads(FRAME), indent=1).encode(), None),
        (b"[" + FRAME + b",\n" + FRAME + b"]", [FRAME, FRAME]),
        (b"\x00\xff no JSON at all", [b"\x00\xff no JSON at all"]),
        (b'{"camera":"smg-001",\n"ts":', [b'{"camera":"smg-001",\n"ts":']),
    ],
    ids=["one", "a line", "lines, a mark", "indented", "an array", "garbage", "cut off"],
)
def test_a_body_is_one_message_or_lines_and_garbage_is_left_to_the_flow(door, spool, body, messages):
    accepted = door.post("/v1/frames/native", body).said["accepted"]
    found = drained(SpoolTail(spool, 0))
    assert len(found) == accepted
    if messages is None:
        assert [json.loads(message) for message in found] == [json.loads(FRAME)]
    else:
        assert [message.rstrip() for message in found] == [message.rstrip() for message in messages]


def test_a_packed_body_is_unpacked(door, spool):
    packed = gzip.compress(FRAME + b"\n") + gzip.compress(FRAME)
    assert door.post("/v1/frames/native", packed, Content_Encoding="gzip").said == {"accepted": 2}
    assert drained(SpoolTail(spool, 0)) == [FRAME, FRAME]


def arrow(*cameras: str) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"camera": list(cameras), "ts": list(range(len(cameras))), "objects": [[] for _ in cameras]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_a_camera_lies_in_its_partition_whatever_the_format(tmp_path):
    spool = make(tmp_path / "spool", 4)
    cameras = [f"smg-{number:03d}" for number in range(40)]
    with served(SpoolKeeper(spool, Bounds()), tmp_path) as door:
        native = b"\n".join(b'{"objects":[],"camera":"%b"}' % camera.encode() for camera in cameras)
        assert door.post("/v1/frames/native", native).said == {"accepted": 40}
        nvschema = b"\n".join(b'{"sensorId":"%b"}' % camera.encode() for camera in cameras)
        assert door.post("/v1/frames/nvschema", nvschema).said == {"accepted": 40}
        for camera in cameras:
            protobuf = b"\x0a\x034.0" + b"\x22" + bytes([len(camera)]) + camera.encode() + b"\x2a\x00"
            assert door.post("/v1/frames/nvschema-protobuf", protobuf).status == 202
            assert door.post(f"/v1/frames/opendatacam?camera={camera}", b"{}").status == 202
        assert door.post("/v1/frames/arrow", arrow(*cameras)).said == {"accepted": 4}
        assert door.post("/v1/frames/arrow", arrow(cameras[0])).said == {"accepted": 1}
        assert door.post("/v1/frames/arrow", b"no arrow").said == {"accepted": 1}
    seen = 0
    for partition in range(4):
        for _, value, kind, _, named in told(SpoolTail(spool, partition).poll(1000, 1 << 24)):
            if kind == "arrow" and value != b"no arrow":
                of = pa.ipc.open_stream(value).read_all().column("camera").to_pylist()
            elif kind == "nvschema-protobuf":
                of = [value[7:-2].decode()]
            else:
                of = [named] if named else [message for message in cameras if message.encode() in value]
            assert [partition_of(camera, 4) for camera in of] == [partition] * len(of)
            seen += len(of)
    assert seen == 5 * 40 + 1


@pytest.mark.parametrize(
    "scheme",
    ["", "Basic dGVzdGVy", "Bearer", "Bearer wrong", "Bearer tilik_", "Basic RIGHT", "RIGHT", "bearer \xff\xfe"],
)
def test_who_shows_no_known_token_is_refused_before_anything_is_kept(door, spool, scheme):
    connection = door.connected()
    shown = scheme.replace("RIGHT", door.token)
    connection.request("POST", "/v1/frames/native", FRAME, {"Authorization": shown.encode("latin-1")})
    refused = answer(connection)
    assert refused.status == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    connection.request("POST", "/v1/frames/native", FRAME, {"Authorization": f"Bearer {door.token}"})
    assert answer(connection).status == 202, "the same connection, with the right token"
    connection.close()
    assert drained(SpoolTail(spool, 0)) == [FRAME]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/", 404, "one of native"),
        ("/v1/frames/mot", 404, "one of native"),
        ("/v1/frames/native/", 404, "one of native"),
        ("/v1/frames/native?cam=1", 400, "camera=ID"),
        ("/v1/frames/native?camera=", 400, "camera=ID"),
        ("/v1/frames/native?camera=a&camera=b", 400, "camera=ID"),
        ("/v1/frames/native?camera=" + "x" * 1_025, 400, "1,024 bytes"),
        ("/v1/frames/native?camera=%ff", 400, "UTF-8"),
    ],
)
def test_a_path_that_means_nothing_is_refused_with_what_was_expected(door, path, status, said):
    refused = door.post(path, FRAME)
    assert refused.status == status
    assert said in refused.said["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Encoding": "br"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content_Type": "image/jpeg"}, 415),
        ({"Content_Type": "application/vnd.apache.arrow.stream"}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 202),
        ({"Content_Type": "application/x-ndjson"}, 202),
        ({"Content_Encoding": "gzip"}, 400),
    ],
    ids=str,
)
def test_a_body_of_another_kind_is_refused(door, headers, status):
    assert door.post("/v1/frames/native", FRAME, **headers).status == status


def test_other_methods_are_refused_and_health_is_told(door):
    connection = door.connected()
    connection.request("GET", "/v1/frames/native", headers={"Authorization": f"Bearer {door.token}"})
    refused = answer(connection)
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
    connection.request("GET", "/healthz")
    assert answer(connection).status == 200
    connection.close()


def test_an_empty_body_is_refused(door):
    assert door.post("/v1/frames/native", b"").status == 400
    assert door.post("/v1/frames/native", b" \n\n").status == 400
    assert door.post("/v1/frames/nvschema-protobuf", b"").status == 400


def test_a_body_above_the_bound_is_refused_however_it_comes(door, monkeypatch):
    for module in (http, coming, http.bodies):
        monkeypatch.setattr(module, "BODY_BYTES", 100_000)
    assert door.post("/v1/frames/native", b"x" * 100_001).status == 413
    assert door.post("/v1/frames/native", iter([b"x" * 60_000] * 2)).status == 413
    bomb = gzip.compress(b"x" * 100_001)
    assert len(bomb) < 1_000
    assert door.post("/v1/frames/native", bomb, Content_Encoding="gzip").status == 413
    assert door.post("/v1/frames/native", b"x" * 100_000).status == 202


def test_a_bomb_is_not_unpacked_to_its_end():
    bomb = gzip.compress(bytes(200 << 20))
    tracemalloc.start()
    with pytest.raises(http.TooLarge):
        http.bodies.unpacked(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_bomb_of_many_members_stops_at_the_bound():
    member = gzip.compress(b"x" * (1 << 20))
    with pytest.raises(http.TooLarge):
        http.bodies.unpacked(member * 17)
    assert len(http.bodies.unpacked(member * 16)) == 16 << 20


@pytest.mark.parametrize(
    "broken",
    [b"\x1f\x8b", gzip.compress(FRAME)[:-1], gzip.compress(FRAME) + b"x", zlib.compress(FRAME)],
    ids=["only its head", "cut short", "a letter after its end", "zlib"],
)
def test_what_is_not_gzip_to_its_end_is_refused(broken):
    with pytest.raises(http.Broken):
        http.bodies.unpacked(broken)


def test_a_full_spool_asks_to_come_again_and_takes_again(fake, keeper):
    keeper.fails = SpoolFull("spool /secret/path: full")
    refused = fake.post("/v1/frames/native", FRAME)
    assert (refused.status, refused.headers["retry-after"]) == (429, "5")
    assert "secret" not in refused.said["error"]
    keeper.fails = None
    assert fake.post("/v1/frames/native", FRAME).status == 202
    assert keeper.kept == [[FRAME]]


def test_more_than_a_spool_may_ever_hold_is_not_asked_to_come_again(tmp_path):
    spool = make(tmp_path / "spool", 2)
    with served(SpoolKeeper(spool, Bounds(bytes=2 << 20)), tmp_path) as door:
        frame = FRAME + b" " * 1_000
        assert door.post("/v1/frames/native", b"\n".join([frame] * 2_000)).status == 413
        assert door.post("/v1/frames/native", b"\n".join([frame] * 200)).status == 202


@pytest.mark.parametrize("error", [SourceError("/secret: I/O error"), RuntimeError("a mistake of ours")])
def test_a_disk_that_is_away_is_told(fake, keeper, error):
    keeper.fails = error
    refused = fake.post("/v1/frames/native", FRAME)
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert "secret" not in refused.said["error"]


def test_a_message_that_is_never_kept_is_told_to_its_sender_alone(fake, keeper):
    keeper.may_go.clear()
    waiting = [fake.raw(fake.head(len(body)) + body) for body in (FRAME, LARGE, FRAME)]
    while fake.door.intake._waiting < 2 * len(FRAME) + len(LARGE):
        pass
    keeper.may_go.set()
    told = [connection.recv(12) for connection in waiting]
    for connection in waiting:
        connection.close()
    assert told == [b"HTTP/1.1 202", b"HTTP/1.1 413", b"HTTP/1.1 202"]


def test_more_than_may_wait_is_turned_away_at_once(fake, keeper, monkeypatch):
    monkeypatch.setattr("connectors.ingest.intake.WAITING_BYTES", 1_000)
    keeper.may_go.clear()
    waiting = [fake.raw(fake.head(len(FRAME)) + FRAME) for _ in range(20)]
    while not fake.door.intake.is_full:
        pass
    assert fake.post("/v1/frames/native", FRAME).status == 429
    keeper.may_go.set()
    assert {connection.recv(12) for connection in waiting} <= {b"HTTP/1.1 202", b"HTTP/1.1 429"}
    for connection in waiting:
        connection.close()
    assert fake.post("/v1/frames/native", FRAME).status == 202


def test_requests_that_wait_together_are_kept_together(fake, keeper):
    keeper.may_go.clear()
    waiting = [fake.raw(fake.head(len(FRAME)) + FRAME) for _ in range(50)]
    while fake.door.intake._waiting < 50 * len(FRAME):
        pass
    keeper.may_go.set()
    assert [connection.recv(12) for connection in waiting] == [b"HTTP/1.1 202"] * 50
    for connection in waiting:
        connection.close()
    assert sum(map(len, keeper.kept)) == 50
    assert len(keeper.kept) <= 3


def test_slow_and_silent_connections_hang_nobody_and_are_let_go(door, monkeypatch):
    monkeypatch.setattr(coming, "BODY_S", 1.0)
    monkeypatch.setattr(server, "HEAD_S", 1.0)
    silent = [door.raw(b"") for _ in range(50)]
    heads = [door.raw(b"POST /v1/frames/native HTTP/1.1\r\nHost:") for _ in range(50)]
    bodies = [door.raw(door.head(1_000) + b"half a body") for _ in range(50)]
    assert door.post("/v1/frames/native", FRAME).status == 202
    for connection in silent + heads:
        assert connection.recv(1) == b""
        connection.close()
    for connection in bodies:
        assert connection.recv(12) == b"HTTP/1.1 408"
        connection.close()


def test_a_head_without_an_end_is_cut_off(door):
    connection = door.raw(b"POST /v1/frames/native HTTP/1.1\r\n")
    with pytest.raises(OSError, match=r"reset|pipe"):
        endless(connection)
    connection.close()
    assert door.post("/v1/frames/native", FRAME).status == 202


def endless(connection: socket.socket) -> None:
    for _ in range(1_000):
        connection.sendall(b"X: " + b"x" * 8_000 + b"\r\n")


def test_a_body_that_breaks_off_is_not_kept(door, spool):
    connection = door.raw(door.head(1_000) + FRAME)
    connection.close()
    assert door.post("/v1/frames/native", b'{"camera":"later"}').status == 202
    assert drained(SpoolTail(spool, 0)) == [b'{"camera":"later"}']
    assert door.door._coming == 0


@pytest.mark.slow
def test_a_thousand_connections_are_served(door, spool):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    connections = [door.raw(b"") for _ in range(1_000)]
    for number, connection in enumerate(connections):
        body = b'{"camera":"%d"}' % number
        connection.sendall(door.head(len(body)) + body)
    assert {connection.recv(12) for connection in connections} == {b"HTTP/1.1 202"}
    for connection in connections:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sorted(drained(SpoolTail(spool, 0))) == sorted(b'{"camera":"%d"}' % number for number in range(1_000))
