"""The password of a mailbox: in the keyring of the operating system, for a machine without one in the environment. Nowhere else.

It belongs to a server and a user. A master from elsewhere that names another server finds no password, so none is sent there.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from collab_xl.errors import CollabError
from collab_xl.mail.account import Account

PASSWORD, SERVER = "COLLAB_XL_MAIL_PASSWORD", "COLLAB_XL_MAIL_SERVER"
"""Environment variables for a machine without a keyring. The password holds only for the servers that the second one names."""


TOKEN = "COLLAB_XL_MAIL_TOKEN"
"""Environment variable with a refresh token, for a machine without an encrypted store. It holds only for the server that the variable
COLLAB_XL_MAIL_SERVER names."""


def for_server(server: str) -> bool:
    """Whether what the environment has is for this server alone."""
    return os.environ.get(SERVER, "").strip().lower() == server


class Found(NamedTuple):
    """`where`: keyring or environment; "" for none. `problem`: why the keyring could not be asked."""

    password: str | None
    where: str = ""
    problem: str = ""

    def __repr__(self) -> str:
        return f"Found(where={self.where!r})"


def password_of(account: Account) -> Found:
    typed = os.environ.get(PASSWORD)
    if typed and account.server in os.environ.get(SERVER, "").lower().replace(",", " ").split():
        return Found(typed, "environment")
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(_service(account), account.user)
    except KeyringError as error:
        return Found(None, problem=type(error).__name__)
    return Found(kept, "keyring") if kept else Found(None)


def keep(account: Account, password: str, lang: str) -> None:
    """Keep a password in the keyring. Raises CollabError `mail_no_keyring`."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_service(account), account.user, password)
    except KeyringError as error:
        raise CollabError("mail_no_keyring", reason=type(error).__name__, lang=lang) from error


def _service(account: Account) -> str:
    return f"collab-xl {account.server}"
