"""Sign in to a mailbox with OAuth2: Microsoft 365, also in China (世纪互联). Effect: network, the user's encrypted store.

A person signs in once, on the web, with a code (RFC 8628); what is kept is a cache of tokens, encrypted by the system: DPAPI on Windows,
Keychain on a Mac (msal-extensions), the Secret Service elsewhere (keyring). An entry of Windows' own credential store is too small for it.
Without such a store: a refresh token in the environment, for one server. Tokens stand in no message, log or traceback.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from collab_xl.errors import CollabError
from collab_xl.mail.account import Account
from collab_xl.mail.secret import SERVER
from collab_xl.model.outside_text import encodable
from collab_xl.os_errors import reason
from collab_xl.user_logs import user_file

TOKEN = "COLLAB_XL_MAIL_TOKEN"
"""Environment variable with a refresh token, for a machine without an encrypted store. It holds only for the server that the variable
COLLAB_XL_MAIL_SERVER names."""
SECONDS = 30
_AUTHORITIES = {
    "outlook.office365.com": ("https://login.microsoftonline.com/{tenant}", "https://outlook.office.com"),
    "partner.outlook.cn": ("https://login.partner.microsoftonline.cn/{tenant}", "https://partner.outlook.cn"),
}
"""Server → where its users sign in, and whose permissions are asked for (docs/facts/mail.md)."""
_SCOPES = ("IMAP.AccessAsUser.All", "SMTP.Send")
_CODES = (
    ("mail_oauth_declined", ("authorization_declined", "access_denied")),
    ("mail_oauth_expired", ("expired_token", "code_expired", "AADSTS70019", "AADSTS70020")),
    ("mail_oauth_client", ("AADSTS700016", "AADSTS7000218", "AADSTS70001", "invalid_client", "unauthorized_client", "AADSTS50059")),
    ("mail_oauth_tenant", ("AADSTS90002", "AADSTS900023", "AADSTS50020", "invalid_tenant")),
    ("mail_oauth_consent", ("AADSTS65001", "AADSTS90094", "AADSTS65004", "consent_required")),
    ("mail_oauth_blocked", ("AADSTS53003", "AADSTS50105", "AADSTS53000", "AADSTS530")),
    ("mail_oauth_again", ("invalid_grant", "interaction_required", "login_required")),
)
"""Code of a CollabError → words of the answer that mean it, the more exact ones first."""


def xoauth2(user: str, token: str) -> str:
    """What a mail server is told, before it is put into base64: for IMAP and SMTP alike."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def token_of(account: Account, lang: str) -> str:
    """An access token, from the cache or a fresh one. Nobody is asked.

    Raises CollabError `mail_oauth_no_client`, `mail_oauth_none`, `mail_oauth_again` and others of `mail_oauth_…`.
    """
    typed = os.environ.get(TOKEN)
    if typed and os.environ.get(SERVER, "").strip().lower() == account.server:
        app = _app(account, lang)
        return _granted(_called(account, lang, lambda: app.acquire_token_by_refresh_token(typed, _scopes(account))), account, lang)
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    app = _app(account, lang, store)
    known = app.get_accounts()
    if not known:
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)
    found = _called(account, lang, lambda: app.acquire_token_silent_with_error(_scopes(account), account=known[0]))
    token = _granted(found or {"error": "invalid_grant"}, account, lang)
    store.keep(lang)
    return token


def check_kept(account: Account, lang: str) -> None:
    """Whether somebody has signed in on this computer; no server is asked.

    Raises CollabError `mail_oauth_no_client`, `mail_oauth_no_store`, `mail_oauth_none`.
    """
    import msal

    if not account.client_id:
        raise CollabError("mail_oauth_no_client", server=account.server, lang=lang)
    if os.environ.get(TOKEN) and os.environ.get(SERVER, "").strip().lower() == account.server:
        return
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    if not list(store.cache.search(msal.TokenCache.CredentialType.ACCOUNT)):
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)


def sign_in(
    account: Account, ask: Callable[[str, str], object], lang: str, waiting: Callable[[int, int], object] = lambda done, total: None
) -> None:
    """Let a person sign in, and keep the tokens.

    Args:
        ask: is given the web page and the code, and returns when the person is done there.
        waiting: told every second how many of how many seconds are over while the service has not heard of the person yet; may raise.

    Raises CollabError as `token_of`; `mail_oauth_no_store` before anybody is asked.
    """
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    app = _app(account, lang, store)
    flow = _called(account, lang, lambda: app.initiate_device_flow(_scopes(account)))
    if "user_code" not in flow:
        _refused(flow, account, lang)
    ask(str(flow.get("verification_uri", "")), str(flow["user_code"]))
    for old in app.get_accounts():
        app.remove_account(old)
    begun, total = time.monotonic(), int(flow.get("expires_in", 900))

    def over(_: object) -> bool:
        gone = int(time.monotonic() - begun)
        waiting(min(total, gone), total)
        return gone >= total

    _granted(_called(account, lang, lambda: app.acquire_token_by_device_flow(flow, exit_condition=over)), account, lang)
    store.keep(lang)


def _scopes(account: Account) -> list[str]:
    resource = _AUTHORITIES.get(account.server, ("", f"https://{account.server}"))[1]
    return [f"{resource}/{scope}" for scope in _SCOPES]


def _app(account: Account, lang: str, store: _Store | None = None) -> Any:
    import msal

    if not account.client_id:
        raise CollabError("mail_oauth_no_client", server=account.server, lang=lang)
    tenant = account.tenant or "organizations"
    said, _ = _AUTHORITIES.get(account.server, ("", ""))
    authority = tenant if tenant.lower().startswith("https://") else said.format(tenant=urllib.parse.quote(tenant))
    if not authority:
        raise CollabError("mail_oauth_tenant", server=account.server, tenant=tenant, said="–", lang=lang)
    cache = store.cache if store else msal.TokenCache()
    try:
        return _called(
            account,
            lang,
            lambda: msal.PublicClientApplication(
                account.client_id, authority=authority, token_cache=cache, http_client=_Http(), instance_discovery=False
            ),
        )
    except ValueError as error:  # the tenant has no description where it should be
        raise CollabError("mail_oauth_tenant", server=account.server, tenant=tenant, said=_short(str(error)), lang=lang) from None


def _called(account: Account, lang: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except OSError as error:
        why = reason(error) if not isinstance(error, urllib.error.URLError) else _short(str(error.reason))
        raise CollabError("mail_oauth_unreachable", server=account.server, reason=why, lang=lang) from None


def _granted(answer: Mapping[str, Any], account: Account, lang: str) -> str:
    token = answer.get("access_token")
    if not token:
        _refused(answer, account, lang)
    return str(token)


def _refused(answer: Mapping[str, Any], account: Account, lang: str) -> NoReturn:
    said = f"{answer.get('error', '')} {answer.get('error_description', '')}"
    code = next((code for code, words in _CODES if any(word in said for word in words)), "mail_oauth_refused")
    tenant, client = account.tenant or "organizations", account.client_id
    raise CollabError(code, server=account.server, user=account.user, client=client, tenant=tenant, said=_short(said), lang=lang)


def _short(text: str) -> str:
    return " ".join(encodable(text).split())[:200]


class _Store:
    """The cache of one mailbox's tokens, in the user's encrypted store. `problem`: why there is none."""

    def __init__(self, account: Account) -> None:
        import msal

        self.cache: Any = msal.SerializableTokenCache()
        self.problem = ""
        key = f"{account.server} {account.user} {account.client_id} {account.tenant}".casefold()
        self._name = "mail-" + hashlib.sha256(key.encode()).hexdigest()[:24]
        with contextlib.suppress(KeyError, ValueError, TypeError):
            self.cache.deserialize(self._load() or "{}")

    def _load(self) -> str:
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

    def keep(self, lang: str) -> None:
        """Raises CollabError `mail_oauth_no_store`."""
        if not self.cache.has_state_changed:
            return
        text = self.cache.serialize()
        json.loads(text)
        try:
            if sys.platform in ("win32", "darwin"):
                self._persistence().save(text)
            else:
                import keyring

                keyring.set_password("collab-xl oauth", self._name, text)
        except Exception as error:
            raise CollabError("mail_oauth_no_store", server="", reason=type(error).__name__, lang=lang) from None


@dataclass
class _Answer:
    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise urllib.error.URLError(f"HTTP {self.status_code}")


class _Http:
    """What msal needs of an HTTP client: the system's certificates and proxy, as for everything else we connect to."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context()))

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> _Answer:
        query = urllib.parse.urlencode(params or {})
        return self._ask(urllib.request.Request(f"{url}?{query}" if query else url, headers=headers or {}))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> _Answer:
        query = urllib.parse.urlencode(params or {})
        body = urllib.parse.urlencode(data or {}).encode()
        return self._ask(urllib.request.Request(f"{url}?{query}" if query else url, body, headers or {}))

    def close(self) -> None:
        self._opener.close()

    def _ask(self, request: urllib.request.Request) -> _Answer:
        if not request.full_url.lower().startswith("https://"):
            raise urllib.error.URLError("https only")
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return _Answer(answer.status, answer.read(1 << 20).decode("utf-8", "replace"), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return _Answer(error.code, error.read(1 << 20).decode("utf-8", "replace"), dict(error.headers))
