"""E-mail by SMTP: one message to one address, and what came of it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import Final, NamedTuple
from urllib.parse import unquote

from connectors.replies import Later, Refused
from schemas.errors import UsageError
from schemas.plain import words
from schemas.rules.addresses import is_loopback, is_mailbox, split

URL: Final = "TILIK_SMTP_URL"
SENDER: Final = "TILIK_SMTP_FROM"
ANSWER_S: Final = 20.0
"""How long each answer is waited for; ours."""
BUSY_S: Final = 60.0
"""Rest after a server said that it cannot now; ours: grey lists take minutes."""
WRONG_S: Final = 300.0
"""Rest after it refused who sends, which somebody has to mend; ours."""
MOST_SUBJECT: Final = 200
"""Letters of a subject; ours: the body says the rest."""


@dataclass(frozen=True)
class Server:
    """Who takes mail, and from whom.

    Attributes
    ----------
    is_plain
        Nothing is encrypted: on this machine alone.
    """

    host: str
    port: int
    is_tls: bool
    is_plain: bool
    sender: str
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.sender.rpartition("@")[2]


class Letter(NamedTuple):
    """What is mailed to one address.

    Attributes
    ----------
    id
        Of the message: the same whenever the same is sent again.
    thread
        Of what it belongs to; '' where it stands by itself.
    """

    to: str
    text: str
    id: str
    thread: str
    at: datetime


def server(environment: Mapping[str, str]) -> Server:
    """Return the server that the environment names.

    Raises
    ------
    UsageError
        It names none; what is said has no password.
    """
    parts = split(environment.get(URL, ""))
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        came = "another text" if environment.get(URL) else "none"
        raise UsageError(
            f"{URL}: expected smtps://user:password@host:465 or smtp://user:password@host:587, came {came}: "
            "in a password / is written %2F, @ %40, : %3A"
        )
    name, sender = parseaddr(environment.get(SENDER, ""))
    if not is_mailbox(sender):
        raise UsageError(f"{SENDER}: expected the address that mail comes from, came {environment.get(SENDER, '')!r}")
    is_tls = parts.scheme == "smtps"
    is_plain = not is_tls and is_loopback(parts.hostname)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or (465 if is_tls else 587)
    return Server(parts.hostname, port, is_tls, is_plain, sender, words(name), user, password)


class Mail:
    """Sends mail; each message by a connection of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._context = ssl.create_default_context()

    def send(self, letter: Letter) -> None:
        """Send a letter.

        Raises
        ------
        Later, Refused
            What came of it.
        """
        try:
            connection = self._connected()
            try:
                connection.send_message(written(letter, self.server), self.server.sender, [letter.to])
            finally:
                with suppress(smtplib.SMTPException, OSError):  # it was taken, or was not: this changes nothing
                    connection.quit()
        except (smtplib.SMTPException, OSError) as problem:
            raise meant(problem) from None

    def _connected(self) -> smtplib.SMTP:
        of = self.server
        if of.is_tls:
            made: smtplib.SMTP = smtplib.SMTP_SSL(of.host, of.port, of.domain, timeout=ANSWER_S, context=self._context)
        else:
            made = smtplib.SMTP(of.host, of.port, of.domain, timeout=ANSWER_S)
        try:
            if not of.is_tls and not of.is_plain:
                made.starttls(context=self._context)
            if of.user:
                made.login(of.user, of.password)
        except BaseException:
            made.close()
            raise
        return made


def written(letter: Letter, server: Server) -> EmailMessage:
    """Return a letter as it is sent: plain text, in the thread of what it belongs to, answered by no machine."""
    made = EmailMessage(SMTP)
    made["From"] = formataddr((server.name, server.sender))
    made["To"] = letter.to
    made["Subject"] = words(letter.text.split("\n", 1)[0])[:MOST_SUBJECT]
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = f"<{letter.id}@{server.domain}>"
    if letter.thread:
        made["In-Reply-To"] = made["References"] = f"<{letter.thread}@{server.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834
    made.set_content(letter.text, cte="quoted-printable")
    return made


def meant(problem: Exception) -> Later | Refused:
    """Return what went wrong, without who asked: what is wrong with a letter, or why none is taken now."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return _of_code(*next(iter(problem.recipients.values())))
    if isinstance(problem, smtplib.SMTPDataError):
        return _of_code(problem.smtp_code, problem.smtp_error)
    if isinstance(problem, smtplib.SMTPResponseException) and problem.smtp_code < 500:
        return Later(f"the mail server says {_said(problem.smtp_code, problem.smtp_error)}", BUSY_S)
    for kind, said in _WRONG.items():
        if isinstance(problem, kind):
            return Later(said, WRONG_S)
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else "does not answer"
    return Later(f"the mail server: {reason}")


_WRONG: Final[dict[type[Exception], str]] = {
    smtplib.SMTPAuthenticationError: f"the mail server refuses user or password of {URL}",
    smtplib.SMTPSenderRefused: f"the mail server refuses mail from {SENDER}",
    smtplib.SMTPNotSupportedError: f"the mail server has no STARTTLS, or no login: write {URL} with smtps://",
    smtplib.SMTPResponseException: "the mail server refuses whoever connects",
    ssl.SSLCertVerificationError: "the mail server's certificate is not trusted: SSL_CERT_FILE names others that are",
}
"""What somebody has to mend."""


def _of_code(code: int, said: bytes | str) -> Later | Refused:
    return Refused(_said(code, said)) if code >= 500 else Later(_said(code, said), BUSY_S)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return words(f"{code} {text}")[:MOST_SUBJECT]
