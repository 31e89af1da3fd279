"""Send mails over SMTP: encrypted, the certificate verified, logged in. Effect: network.

A server takes a mail with its answer to the last line of the data. Until then nothing was sent, whatever breaks; if the connection breaks
between that line and the answer, nobody knows, and it must not be sent again by itself.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from collab_xl.errors import CollabError
from collab_xl.mail.account import Account, SmtpServer
from collab_xl.mail.secret import password_of
from collab_xl.model.outside_text import encodable
from collab_xl.model.record import replace
from collab_xl.os_errors import reason

SECONDS = 120
_LOST = (smtplib.SMTPServerDisconnected, OSError)


class NotTaken(Exception):
    """The server did not take the mail, so it was not sent. `final`: it will not take it later either. `broken`: the connection is."""

    def __init__(self, why: str, *, final: bool = False, broken: bool = False) -> None:
        super().__init__(why)
        self.final, self.broken = final, broken


class MaybeSent(Exception):
    """The connection broke before the server answered: the mail may have been sent."""


class Smtp:
    """A connection on which mails are sent one after the other."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client

    @classmethod
    def open(cls, account: Account, server: SmtpServer, lang: str) -> Smtp:
        """Connect and log in. Without a password no server is asked.

        Raises CollabError `mail_no_password`, `mail_no_keyring`, `smtp_unreachable`, `smtp_no_tls`, `smtp_certificate`, `smtp_login`,
        `smtp_login_oauth2`, `smtp_login_google`, and with OAuth2 those of `oauth.token_of`.
        """
        if account.login == "oauth2" and server.same_password:
            return cls(_with_token(account, server, lang))
        holder = account if server.same_password else replace(account, server=server.host)
        found = password_of(holder)
        if found.password is None:
            code = "mail_no_keyring" if found.problem else "mail_no_password"
            raise CollabError(code, server=holder.server, user=account.user, reason=found.problem, lang=lang)
        client = _connected(server, lang)
        try:
            client.login(account.user, found.password)
        except smtplib.SMTPAuthenticationError as error:
            _leave(client)
            said = _said(error.smtp_error)
            raise CollabError("smtp_login", server=server.host, user=account.user, said=said, lang=lang) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            _leave(client)
            raise CollabError("smtp_unreachable", server=str(server), reason=_why(error), lang=lang) from error
        return cls(client)

    def send(self, sender: str, recipients: Sequence[str], data: bytes) -> dict[str, str]:
        """Hand over one mail. Returns the recipients that the server refused, with its words; the others get the mail.

        Raises NotTaken, MaybeSent.
        """
        refused: dict[str, str] = {}
        try:
            self._answered(self._client.mail(sender, [f"size={len(data)}"] if self._client.has_extn("size") else []))
            for address in recipients:
                code, said = self._client.rcpt(address)
                if code not in (250, 251):
                    refused[address] = f"{code} {_said(said)}"
                    last = code
            if len(refused) == len(recipients):
                raise NotTaken("; ".join(f"{a}: {why}" for a, why in refused.items()), final=last >= 500)
            code, said = self._client.docmd("DATA")
            if code != 354:
                raise NotTaken(f"{code} {_said(said)}", final=code >= 500)
        except _LOST as error:
            raise NotTaken(_why(error), broken=True) from error
        except NotTaken:
            self._forget()
            raise
        try:
            quoted = smtplib._quote_periods(data)  # type: ignore[attr-defined]
            self._client.send(quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n")
        except _LOST as error:  # the line that ends the data was not sent: no server takes what came before it
            raise NotTaken(_why(error), broken=True) from error
        try:
            self._client.send(b".\r\n")
            code, said = self._client.getreply()
        except (*_LOST, smtplib.SMTPException) as error:
            raise MaybeSent(_why(error)) from error
        if code != 250:
            self._forget()
            raise NotTaken(f"{code} {_said(said)}", final=code >= 500)
        return refused

    def _answered(self, answer: tuple[int, bytes]) -> None:
        code, said = answer
        if code != 250:
            raise NotTaken(f"{code} {_said(said)}", final=code >= 500)

    def _forget(self) -> None:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self._client.rset()

    def close(self) -> None:
        _leave(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _with_token(account: Account, server: SmtpServer, lang: str) -> smtplib.SMTP:
    """Signed in with OAuth2, as for the mailbox of the same service."""
    from collab_xl.mail.oauth import token_of, xoauth2

    said_first = xoauth2(account.user, token_of(account, lang))
    client = _connected(server, lang)
    try:
        client.ehlo_or_helo_if_needed()
        # To the server's answer to a bad token (an error in base64) an empty line is due; then comes the refusal.
        client.auth("XOAUTH2", lambda challenge=None: said_first if challenge is None else "")
    except smtplib.SMTPAuthenticationError as error:
        _leave(client)
        code = "smtp_login_google" if account.at_google else "smtp_login_oauth2"
        raise CollabError(code, server=server.host, user=account.user, said=_said(error.smtp_error), lang=lang) from None
    except (smtplib.SMTPException, OSError) as error:
        _leave(client)
        raise CollabError("smtp_unreachable", server=str(server), reason=_why(error), lang=lang) from None
    return client


def _connected(server: SmtpServer, lang: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    try:
        if not server.starttls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context, local_hostname="localhost")
        client = smtplib.SMTP(server.host, server.port, timeout=SECONDS, local_hostname="localhost")
        try:
            client.starttls(context=context)
        except smtplib.SMTPNotSupportedError as error:
            raise CollabError("smtp_no_tls", server=str(server), lang=lang) from error
        except BaseException:
            client.close()
            raise
        return client
    except ssl.SSLCertVerificationError as error:
        raise CollabError("smtp_certificate", server=server.host, reason=error.verify_message or str(error), lang=lang) from error
    except (OSError, smtplib.SMTPException) as error:
        raise CollabError("smtp_unreachable", server=str(server), reason=_why(error), lang=lang) from error


def _leave(client: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        client.quit()
    client.close()


def _said(answer: bytes | str) -> str:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(encodable(said).split())[:200]


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, (socket.gaierror, ssl.SSLError, smtplib.SMTPException)):
        return reason(error)
    return " ".join(encodable(str(error)).split())[:200] or type(error).__name__
