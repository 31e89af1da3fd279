"""The user's encrypted store for the tokens of one mailbox. Effect: the system's store.

DPAPI on Windows, Keychain on a Mac (msal-extensions), the Secret Service elsewhere (keyring): an entry of Windows' own credential store is
too small for a cache of tokens.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from collab_xl.errors import CollabError
from collab_xl.mail.account import Account
from collab_xl.user_logs import user_file


class TokenStore:
    """One text. `problem`: why there is no store; known after `load`."""

    def __init__(self, account: Account) -> None:
        self.problem = ""
        key = f"{account.server} {account.user} {account.client_id} {account.tenant}".casefold()
        self._name = "mail-" + hashlib.sha256(key.encode()).hexdigest()[:24]

    def load(self) -> str:
        """What was kept; "" for nothing."""
        if sys.platform in ("win32", "darwin"):
            from msal_extensions.persistence import PersistenceNotFound

            try:
                return str(self._persistence().load())
            except PersistenceNotFound:
                return ""
            except Exception as error:  # each system raises its own
                self.problem = type(error).__name__
                return ""
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password("collab-xl oauth", self._name) or ""
        except KeyringError as error:
            self.problem = type(error).__name__
            return ""

    def _persistence(self) -> Any:
        from msal_extensions import build_encrypted_persistence

        return build_encrypted_persistence(str(user_file(f"{self._name}.bin")))

    def keep(self, text: str, lang: str) -> None:
        """Raises CollabError `mail_oauth_no_store`."""
        try:
            if sys.platform in ("win32", "darwin"):
                self._persistence().save(text)
            else:
                import keyring

                keyring.set_password("collab-xl oauth", self._name, text)
        except Exception as error:
            raise CollabError("mail_oauth_no_store", server="", reason=type(error).__name__, lang=lang) from None
