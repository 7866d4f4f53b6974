"""Who may send: tokens are made once, kept as hashes, and count from the moment the file says so."""

from __future__ import annotations

import os
import stat
from hashlib import sha256

import pytest

from connectors.ingest.tokens import Tokens, made
from schemas.errors import UsageError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "new" / "tokens"


def test_a_token_is_its_senders_and_only_its_hash_is_kept(file):
    one, two = made(file, "edge-1"), made(file, "edge-2")
    tokens = Tokens(file)
    assert (tokens.sender(one.encode()), tokens.sender(two.encode()), len(tokens)) == ("edge-1", "edge-2", 2)
    assert tokens.sender(one.encode() + b"x") is tokens.sender(b"") is tokens.sender(b"edge-1") is None
    assert one not in file.read_text()
    assert sha256(one.encode()).hexdigest() in file.read_text()
    assert len(one) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_sender_has_one_token(file):
    old = made(file, "edge-1")
    with pytest.raises(UsageError, match="edge-1 has a token: --replace"):
        made(file, "edge-1")
    new = made(file, "edge-1", replaces=True)
    assert Tokens(file).sender(new.encode()) == "edge-1"
    assert Tokens(file).sender(old.encode()) is None


def test_a_token_counts_as_soon_as_the_file_changes(file):
    tokens = Tokens(file)
    assert len(tokens) == 0
    one = made(file, "edge-1")
    tokens.look()
    assert tokens.sender(one.encode()) == "edge-1"
    file.unlink()
    tokens.look()
    assert tokens.sender(one.encode()) is None


def test_the_environment_may_name_more_senders(file):
    one = made(file, "edge-1")
    tokens = Tokens(file, f"nvr={sha256(b'another').hexdigest()}, pole={sha256(b'third').hexdigest()}")
    assert [tokens.sender(token) for token in (one.encode(), b"another", b"third")] == ["edge-1", "nvr", "pole"]


def test_a_file_that_others_read_is_refused(file):
    made(file, "edge-1")
    os.chmod(file, 0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        Tokens(file)


@pytest.mark.parametrize(
    "line", ["edge-1", "edge-1 abc", "edge/1 " + "a" * 64, "edge-1 " + "a" * 64 + " x", "e " + "A" * 64]
)
def test_a_line_that_is_no_sender_is_refused_by_its_number_and_not_shown(file, line):
    made(file, "edge-1")
    file.write_text(f"# senders\n{line}\n")
    with pytest.raises(UsageError, match=r"tokens: entry 2: expected a sender's name and 64 hexadecimal digits$"):
        Tokens(file)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "a\n"])
def test_a_senders_name_is_plain(file, name):
    with pytest.raises(UsageError, match="expected a sender's name"):
        made(file, name)
