"""A real S3 server (MinIO) for the tests of one process: buckets, users with rights of their own, faults."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from pathlib import Path

import urllib3
from minio import Minio
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin

from tests.brokers.fetching import minio
from tests.brokers.processes import Server, free_ports

USER, PASSWORD = "tilik-tests", "tilik-tests-secret"


class MinioServer(Server):
    """One server at `endpoint`, with its data in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "data").mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        self.host = f"127.0.0.1:{self.port}"
        setting = {
            "MINIO_ROOT_USER": USER,
            "MINIO_ROOT_PASSWORD": PASSWORD,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "HOME": str(root),
        }
        command = ["/usr/bin/env", *(f"{name}={value}" for name, value in setting.items()), str(minio()), "server"]
        super().__init__([*command, "--address", self.host, str(root / "data")], root / "minio.log", root)

    def answers(self) -> bool:
        """Say whether it is ready."""
        url = f"http://{self.host}/minio/health/ready"
        try:
            return urllib3.request("GET", url, timeout=2, retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    @property
    def client(self) -> Minio:
        """Return a client that may do everything."""
        return Minio(self.host, access_key=USER, secret_key=PASSWORD, secure=False, http_client=urllib3.PoolManager())

    def bucket(self) -> str:
        """Make a bucket; return its name."""
        name = f"tests-{secrets.token_hex(4)}"
        self.client.make_bucket(name)
        return name

    def environment(self, user: str = USER, password: str = PASSWORD) -> dict[str, str]:
        """Return what the environment of a command says."""
        return {
            "TILIK_S3_ENDPOINT": f"http://{self.host}",
            "TILIK_S3_ACCESS_KEY": user,
            "TILIK_S3_SECRET_KEY": password,
        }

    def reader(self, bucket: str) -> Mapping[str, str]:
        """Return the environment of a user who may only read a bucket."""
        user, password = f"reader-{secrets.token_hex(4)}", secrets.token_hex(12)
        admin = MinioAdmin(endpoint=self.host, credentials=StaticProvider(USER, PASSWORD), secure=False)
        actions = ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]
        where = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": where}]}
        admin.policy_add(user, policy=policy)
        admin.user_add(user, password)
        admin.attach_policy([user], user=user)
        return self.environment(user, password)

    def flip(self, bucket: str, name: str) -> None:
        """Put an object again with one bit changed."""
        client = self.client
        answer = client.get_object(bucket, name)
        content = bytearray(answer.read())
        answer.close()
        content[len(content) // 2] ^= 1
        client.put_object(bucket, name, io.BytesIO(bytes(content)), len(content))
