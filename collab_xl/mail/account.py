"""The project's mailbox as the settings name it: address, server, user, folder. The list of services is in the package.

A password is never part of it: see `secret`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.settings import Settings

PORT = 993
"""IMAP over TLS. There is no other: a password is not sent before the connection is encrypted."""
FOLDER = "INBOX"
SMTP_PORT = 465
"""SMTP over TLS (RFC 8314)."""
GOOGLE_SERVER = "imap.gmail.com"
STARTTLS_PORTS = frozenset({25, 587})


@dataclass(frozen=True)
class Provider:
    """A mail service. `login`: password, code (made on its web page), oauth2."""

    name: str
    domains: tuple[str, ...]
    imap: str
    login: str
    smtp: str = ""


@dataclass(frozen=True)
class Account:
    address: str
    user: str
    server: str
    port: int = PORT
    folder: str = FOLDER
    client_id: str = ""
    tenant: str = ""
    """For OAuth2, as the settings name them."""

    @property
    def login(self) -> str:
        """How its service lets in a mail program; `password` for a server nobody knows."""
        if self.client_id:
            return "oauth2"
        return next((p.login for p in providers() if p.imap == self.server), "password")

    @property
    def at_google(self) -> bool:
        """Whether its users sign in at Google: a server of Google, or one whose tenant is said to be `google`."""
        return self.server == GOOGLE_SERVER or self.tenant.partition(" ")[0].lower() == "google"


@dataclass(frozen=True)
class SmtpServer:
    """Where mails are handed over. Encrypted from the start, or (`starttls`) before anything is said."""

    host: str
    port: int
    starttls: bool = False
    same_password: bool = False
    """It belongs to the same service as the mailbox, so the mailbox's password is for it too."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@cache
def providers() -> tuple[Provider, ...]:
    import rtoml

    listed = rtoml.loads(Path(__file__).with_name("providers.toml").read_text(encoding="utf-8"))
    return tuple(Provider(name, tuple(p["domains"]), p["imap"], p["login"], p["smtp"]) for name, p in listed.items())


def account_of(settings: Settings, lang: str) -> Account | None:
    """The mailbox of the settings; None where no address is set.

    Raises CollabError `mail_address`, `mail_no_server` (an address whose service is not known, and no server is set), `mail_server`.
    """
    address = settings.mail.strip()
    if not settings.mail:
        return None
    local, at, domain = address.rpartition("@")
    if not (local and at and "." in domain) or any(c.isspace() for c in address):
        raise CollabError("mail_address", address=address, lang=lang)
    said = settings.mail_server.strip()
    server, port = _server(said, lang) if said else (_known(domain), PORT)
    if not server:
        raise CollabError("mail_no_server", address=address, domain=domain, lang=lang)
    user, folder = settings.mail_user.strip() or address, settings.mail_folder.strip() or FOLDER
    return Account(address, user, server, port, folder, settings.mail_client.strip(), settings.mail_tenant.strip())


def smtp_of(settings: Settings, account: Account, lang: str) -> SmtpServer:
    """The server that sends: the one of the settings, else that of the mailbox's service.

    Raises CollabError `smtp_not_set`, `smtp_server`.
    """
    theirs = next((p.smtp for p in providers() if p.imap == account.server), "")
    said = settings.mail_smtp.strip().lower() or theirs
    if not said:
        raise CollabError("smtp_not_set", address=account.address, server=account.server, lang=lang)
    named = next((p.smtp for p in providers() if p.name == said), said)
    address, _, word = named.partition(" ")
    host, colon, port = address.rpartition(":")
    if not colon:
        host, port = port, str(SMTP_PORT)
    wrong = not host or not port.isdecimal() or not 0 < int(port) < 65536 or any(c in host for c in "/\\@")
    if wrong or word.strip() not in {"", "starttls", "tls"}:
        raise CollabError("smtp_server", server=settings.mail_smtp.strip(), lang=lang)
    starttls = word.strip() == "starttls" or (not word and int(port) in STARTTLS_PORTS)
    return SmtpServer(host, int(port), starttls, host in {account.server, theirs.partition(":")[0]})


def provider_of(address: str, server: str = "") -> Provider | None:
    """The service of the list that has the mailbox: of the server or name said, else of the address's domain; None if none of them."""
    said = server.strip().lower()
    if said:
        host = said.removesuffix(f":{PORT}")
        return next((p for p in providers() if host in (p.name, p.imap)), None)
    domain = address.strip().rpartition("@")[2].lower()
    return next((p for p in providers() if domain in p.domains), None)


def _known(domain: str) -> str:
    found = provider_of(domain)
    return found.imap if found else ""


def _server(said: str, lang: str) -> tuple[str, int]:
    """`imap.example.com`, `imap.example.com:993`, or the name of a service of the list."""
    named = next((p.imap for p in providers() if p.name == said.lower()), None)
    host, colon, port = (named or said).lower().rpartition(":")
    if not colon:
        host, port = port, str(PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or any(c in host for c in " /\\@"):
        raise CollabError("mail_server", server=said, lang=lang)
    return host, int(port)
