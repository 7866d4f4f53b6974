"""Mail over SMTP: what is written, and what answers mean."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.mail import Letter, Mail, Server, server, written
from connectors.replies import Later, Refused
from schemas.errors import UsageError
from tests.brokers.authority import make
from tests.brokers.inboxes import Letters, letters

AT = datetime(2026, 1, 12, tzinfo=UTC)
LETTER = Letter("dpu@example.test", "TINGGI: Genangan · Jalan é\n• sejak 07:02 WIB\n.\nPompa.", "m1.a", "m1", AT)

SERVER = Server("h", 25, False, True, "tilik@example.test")


@pytest.fixture
def box() -> Iterator[Letters]:
    with letters() as served:
        yield served


def of(box: Letters, user: str = "") -> Server:
    return server(
        {"TILIK_SMTP_URL": f"smtp://{user}127.0.0.1:{box.port}", "TILIK_SMTP_FROM": "Tilik Kota <tilik@example.test>"}
    )


def test_a_letter_is_read_as_it_was_written_and_lies_in_its_thread(box: Letters) -> None:
    Mail(of(box, "ana:p%40ss%2F@")).send(LETTER)
    ((to, taken),) = box.taken
    assert to == taken["To"] == "dpu@example.test"
    assert taken["From"] == "Tilik Kota <tilik@example.test>"
    assert taken["Subject"] == "TINGGI: Genangan · Jalan é"
    assert taken.get_content().replace("\r\n", "\n") == LETTER.text + "\n"
    assert taken["Message-ID"] == "<m1.a@example.test>"
    assert taken["References"] == taken["In-Reply-To"] == "<m1@example.test>"
    assert box.logins == ["AGFuYQBwQHNzLw=="]


@pytest.mark.parametrize("sign", ["\r\nBcc: x@example.test", "\n", "\x00", "\u2028", "\r"])
def test_no_text_becomes_a_header(sign: str) -> None:
    made = written(LETTER._replace(text=f"A{sign}B"), SERVER)
    assert sorted(made.keys()) == sorted(written(LETTER, SERVER).keys())
    assert len(made["Subject"].splitlines()) == 1


@pytest.mark.parametrize(
    ("word", "answer", "expected", "said"),
    [
        ("RCPT", "550 5.1.1 no such user", Refused, "550 5.1.1 no such user"),
        ("RCPT", "450 4.7.1 grey", Later, "450 4.7.1 grey"),
        (".", "554 spam", Refused, "554 spam"),
        (".", "451 later", Later, "451 later"),
        (".", "cut", Later, "does not answer"),
        ("MAIL", "553 not you", Later, "refuses mail from TILIK_SMTP_FROM"),
        ("AUTH", "535 pl4nted", Later, "refuses user or password of TILIK_SMTP_URL"),
    ],
)
def test_an_answer_says_what_to_do_next(
    box: Letters, word: str, answer: str, expected: type[Exception], said: str
) -> None:
    box.answers = {word: [answer]}
    with pytest.raises((Later, Refused)) as met:
        Mail(of(box, "ana:pl4nted@")).send(LETTER)
    assert type(met.value) is expected
    assert said in str(met.value)
    assert "pl4nted" not in str(met.value)


def test_what_was_taken_is_taken_however_the_server_says_goodbye(box: Letters) -> None:
    box.answers = {"QUIT": ["cut"]}
    Mail(of(box)).send(LETTER)
    assert len(box.taken) == 1


def test_mail_goes_to_whom_the_certificate_names_and_encrypted(
    box: Letters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with letters(context) as secure:
        asked = replace(of(secure), is_tls=True, is_plain=False)
        with pytest.raises(Later, match="certificate is not trusted: SSL_CERT_FILE"):
            Mail(asked).send(LETTER)
        monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))
        Mail(asked).send(LETTER)
        assert len(secure.taken) == 1
    with pytest.raises(Later, match="no STARTTLS"):
        Mail(replace(of(box), is_plain=False)).send(LETTER)
    assert box.taken == []


@pytest.mark.parametrize("url", ["", "host:25", "http://h", "smtp://", "smtp://ana:pl4nted@h:port", "smtp://h/x"])
def test_a_server_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="TILIK_SMTP_URL: expected smtps://") as refused:
        server({"TILIK_SMTP_URL": url, "TILIK_SMTP_FROM": "a@b"})
    assert "pl4nted" not in str(refused.value)


def test_a_server_is_known_by_its_address() -> None:
    found = server({"TILIK_SMTP_URL": "smtps://ana:a%2Fb@mail.example.test", "TILIK_SMTP_FROM": "a@b"})
    assert found == Server("mail.example.test", 465, True, False, "a@b", "", "ana", "a/b")
    assert "a/b" not in repr(found)
    assert not server({"TILIK_SMTP_URL": "smtp://mail.example.test", "TILIK_SMTP_FROM": "a@b"}).is_plain
    with pytest.raises(UsageError, match="TILIK_SMTP_FROM: expected the address"):
        server({"TILIK_SMTP_URL": "smtps://h", "TILIK_SMTP_FROM": "nobody"})
