"""A mailbox over IMAP: only looked at, never changed, unless a setting says so. Effect: network.

Some services (163, 126, 网易企业) refuse the folder of a program that has not said its name (RFC 2971) after the login: `Unsafe Login`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from collab_xl import __version__
from collab_xl.errors import CollabError
from collab_xl.intake.mail_file import headers_of, subject_of
from collab_xl.mail.account import Account
from collab_xl.mail.secret import password_of
from collab_xl.mail.structure import Part, parts_of
from collab_xl.model.outside_text import encodable
from collab_xl.os_errors import reason

CONNECT_SECONDS, READ_SECONDS = 30, 120
PIECE_BYTES = 4 << 20
"""Of a mail at once, so that no mail is in memory as a whole."""
LISTED_AT_ONCE = 200
HEADERS = "SUBJECT FROM RETURN-PATH AUTO-SUBMITTED PRECEDENCE X-AUTO-RESPONSE-SUPPRESS X-AUTOREPLY X-AUTORESPOND X-FAILED-RECIPIENTS"
"""What tells whether a machine wrote a mail."""
MAX_SAID = 200
"""Characters of a server's answer that are shown."""
_BROKEN = (OSError, IMAPClientError)


@dataclass(frozen=True)
class Listed:
    """A mail as the server lists it."""

    uid: int
    size_bytes: int
    subject: str
    parts: tuple[Part, ...]
    headers: bytes = b""
    """Those of HEADERS that it has."""


class Cut(Exception):
    """The connection broke. What was read is good; the rest can be asked for again."""


class Mailbox:
    """One folder of one mailbox, opened read-only."""

    def __init__(self, client: IMAPClient, account: Account, validity: int) -> None:
        self._client, self.account, self.validity = client, account, validity

    @classmethod
    def open(cls, account: Account, lang: str) -> Mailbox:
        """Sign in and open the folder. Raises CollabError as `signed_in`, and `mail_unsafe`, `mail_refused`, `mail_no_folder`."""
        client = signed_in(account, lang)
        try:
            try:
                selected = client.select_folder(account.folder, readonly=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                _refused(client, account, error, lang)
            return cls(client, account, int(selected.get(b"UIDVALIDITY", 0)))
        except (OSError, IMAPClientAbortError) as error:
            leave(client)
            raise CollabError("mail_cut", server=account.server, reason=_said(error), lang=lang) from error
        except BaseException:
            leave(client)
            raise

    def close(self) -> None:
        leave(self._client)

    def since(self, day: date) -> list[int]:
        """The UIDs of mails received on that day or later, in order. Raises Cut."""
        return sorted(self._ask(lambda: self._client.search(["SINCE", day])))

    def listed(self, uids: Sequence[int]) -> Iterator[Listed]:
        """What these mails consist of; one that is gone meanwhile is left out. Raises Cut."""
        wanted = ["RFC822.SIZE", "BODYSTRUCTURE", f"BODY.PEEK[HEADER.FIELDS ({HEADERS})]"]
        for at in range(0, len(uids), LISTED_AT_ONCE):
            found = self._ask(lambda some=uids[at : at + LISTED_AT_ONCE]: self._client.fetch(some, wanted))  # type: ignore[misc]
            for uid in sorted(found):
                said = found[uid]
                header = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER")), b"")
                parts = tuple(parts_of(said.get(b"BODYSTRUCTURE")))
                yield Listed(uid, int(said.get(b"RFC822.SIZE", 0)), _subject(header), parts, header)

    def pieces(self, uid: int) -> Iterator[bytes]:
        """The mail as it was sent, in pieces; nothing if it is gone meanwhile. The size that servers state is not relied on. Raises Cut."""
        at, length = 0, PIECE_BYTES
        while length == PIECE_BYTES:
            found = self._ask(lambda at=at: self._client.fetch([uid], [f"BODY.PEEK[]<{at}.{PIECE_BYTES}>"]))  # type: ignore[misc]
            data = next((v for k, v in found.get(uid, {}).items() if k.startswith(b"BODY[]")), b"")
            if not data:
                return
            yield data
            length = len(data)
            at += length

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except _BROKEN as error:
            raise Cut(str(error)) from error


def signed_in(account: Account, lang: str) -> IMAPClient:
    """Connect, log in, say our name. Without a password no server is asked. The caller ends it with `leave`.

    Raises CollabError `mail_no_password`, `mail_no_keyring`, `mail_oauth_…` (`oauth.token_of`), `mail_unreachable`,
    `mail_certificate`, `mail_login` (`_code`, `_oauth2`),
    `mail_refused`, `mail_cut`.
    """
    secret = _secret_of(account, lang)
    client = _connected(account, lang)
    try:
        _logged_in(client, account, secret, lang)
        _said_who(client)
    except (OSError, IMAPClientAbortError) as error:
        leave(client)
        raise CollabError("mail_cut", server=account.server, reason=_said(error), lang=lang) from error
    except BaseException:
        leave(client)
        raise
    return client


def _secret_of(account: Account, lang: str) -> str:
    """The password, or for a service with OAuth2 a token."""
    if account.login == "oauth2":
        from collab_xl.mail.oauth import token_of  # few need it, and msal takes a quarter of a second

        return token_of(account, lang)
    found = password_of(account)
    if found.password is None:
        code = "mail_no_keyring" if found.problem else "mail_no_password"
        raise CollabError(code, server=account.server, user=account.user, reason=found.problem, lang=lang)
    return found.password


def _connected(account: Account, lang: str) -> IMAPClient:
    context = ssl.create_default_context()
    try:
        client = IMAPClient(account.server, account.port, ssl=True, ssl_context=context, timeout=CONNECT_SECONDS)
        client.socket().settimeout(READ_SECONDS)
        return client
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or str(error)
        raise CollabError("mail_certificate", server=account.server, reason=why, lang=lang) from error
    except (OSError, IMAPClientError) as error:
        raise _unreachable(account, error, lang) from error


def _logged_in(client: IMAPClient, account: Account, password: str, lang: str) -> None:
    try:
        if account.login == "oauth2":
            client.oauth2_login(account.user, password)
        else:
            client.login(account.user, password)
    except IMAPClientAbortError:
        raise
    except LoginError as error:
        if "EOF" in str(error):  # the library takes a connection that ends here for a refusal
            raise IMAPClientAbortError(str(error)) from error
        code = {"code": "mail_login_code", "oauth2": "mail_login_oauth2"}.get(account.login, "mail_login")
        code = "mail_login_google" if code == "mail_login_oauth2" and account.at_google else code
        raise CollabError(code, server=account.server, user=account.user, said=_said(error), lang=lang) from error
    except (UnicodeEncodeError, IMAPClientError) as error:
        raise CollabError("mail_refused", server=account.server, said=_said(error), lang=lang) from error


def _said_who(client: IMAPClient) -> None:
    """The name of this program, for services that ask for it; others do not mind."""
    try:
        client.id_({"name": "collab_xl", "version": __version__})
    except IMAPClientAbortError:
        raise
    except (CapabilityError, IMAPClientError):
        return


def _refused(client: IMAPClient, account: Account, error: Exception, lang: str) -> NoReturn:
    said = _said(error)
    if "unsafe login" in said.lower():
        raise CollabError("mail_unsafe", server=account.server, said=said, lang=lang) from error
    try:
        names = tuple(encodable(str(name)) for _, _, name in client.list_folders())[:30]
    except IMAPClientError:
        names = ()
    if names and account.folder not in names:
        raise CollabError("mail_no_folder", folder=account.folder, known=names, lang=lang) from error
    raise CollabError("mail_refused", server=account.server, said=said, lang=lang) from error


def _unreachable(account: Account, error: Exception, lang: str) -> CollabError:
    where = f"{account.server}:{account.port}"
    why = reason(error) if isinstance(error, OSError) and not isinstance(error, (socket.gaierror, ssl.SSLError)) else _said(error)
    return CollabError("mail_unreachable", server=where, reason=why, lang=lang)


def _said(error: Exception) -> str:
    text = " ".join(encodable(str(error)).split()).removeprefix("b'").removesuffix("'")
    return text[:MAX_SAID] or type(error).__name__


def _subject(header: bytes) -> str:
    return encodable(subject_of(headers_of(header)))[:120]


def leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except _BROKEN:
        try:
            client.shutdown()
        except _BROKEN:
            return
