"""An SMTP server of this test run's own: TLS from the start or STARTTLS, with login, on loopback. It keeps what it took.

It can refuse recipients, refuse mails, and end the connection before or after it took a mail.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from mail_server import PASSWORD, USER


@dataclass
class Taken:
    """A mail as the server has it."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.data, policy=default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class SmtpKeeper:
    """The handler of aiosmtpd, and what a test says it shall do."""

    taken: list[Taken] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Recipient → answer."""
    answers: list[str] = field(default_factory=list)
    """Answers to the next mails instead of taking them."""
    cut_before: int = 0
    """The connection ends, before the mail is taken, for so many mails."""
    cut_after: int = 0
    """The mail is taken, and the connection ends before the answer."""
    logins: int = 0
    port: int = 0
    tokens: list[str] = field(default_factory=list)
    """OAuth2: what it lets in."""

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        self.logins += 1
        said = base64.b64decode(args[1]).decode()
        if any(said == f"user={USER}\x01auth=Bearer {token}\x01\x01" for token in self.tokens):
            return AuthResult(success=True, auth_data=LoginPassword(USER.encode(), b""))
        await server.challenge_auth(b'{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.cut_before:
            self.cut_before -= 1
            _end(server)
            return "250 nobody hears this"
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        if self.cut_after:
            self.cut_after -= 1
            _end(server)
        return "250 OK"

    def ids(self) -> list[str]:
        return [str(taken.mail["Message-ID"]) for taken in self.taken]


def _end(server: SMTP) -> None:
    transport: Any = server.transport
    transport.abort()


def _check(keeper: SmtpKeeper) -> Any:
    def authenticated(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        keeper.logins += 1
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    return authenticated


@contextmanager
def smtp_server(certificate: Path, key: Path, *, starttls: bool = False, tls: bool = True) -> Iterator[SmtpKeeper]:
    keeper = SmtpKeeper()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    more: dict[str, Any] = {"tls_context": context, "require_starttls": True} if starttls else {}
    if tls and not starttls:
        more["ssl_context"] = context
    controller = Controller(
        keeper, hostname="127.0.0.1", port=_free_port(), authenticator=_check(keeper), auth_required=True, auth_require_tls=starttls, **more
    )
    controller.start()
    keeper.port = controller.port
    try:
        yield keeper
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
