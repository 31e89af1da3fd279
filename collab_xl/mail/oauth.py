"""Sign in to a mailbox with OAuth2: Microsoft 365, also in China (世纪互联); Google is in `google_oauth`. Effect: network, the user's
encrypted store (`token_store`).

A person signs in once, on the web, with a code (RFC 8628); what is kept is a cache of tokens, encrypted by the system. Without such a
store: a refresh token in the environment, for one server. Tokens stand in no message, log or traceback.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from collab_xl.errors import CollabError
from collab_xl.mail import google_oauth
from collab_xl.mail.account import Account
from collab_xl.mail.https import Https, called, short
from collab_xl.mail.secret import TOKEN, for_server
from collab_xl.mail.token_store import TokenStore

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
    if account.at_google:
        return google_oauth.token_of(account, lang)
    typed = os.environ.get(TOKEN)
    if typed and for_server(account.server):
        app = _app(account, lang)
        return _granted(called(account, lang, lambda: app.acquire_token_by_refresh_token(typed, _scopes(account))), account, lang)
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    app = _app(account, lang, store)
    known = app.get_accounts()
    if not known:
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)
    found = called(account, lang, lambda: app.acquire_token_silent_with_error(_scopes(account), account=known[0]))
    token = _granted(found or {"error": "invalid_grant"}, account, lang)
    store.keep(lang)
    return token


def check_kept(account: Account, lang: str) -> None:
    """Whether somebody has signed in on this computer; no server is asked.

    Raises CollabError `mail_oauth_no_client`, `mail_oauth_no_store`, `mail_oauth_none`.
    """
    if account.at_google:
        return google_oauth.check_kept(account, lang)
    import msal

    if not account.client_id:
        raise CollabError("mail_oauth_no_client", server=account.server, lang=lang)
    if os.environ.get(TOKEN) and for_server(account.server):
        return None
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    if not list(store.cache.search(msal.TokenCache.CredentialType.ACCOUNT)):
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)
    return None


def sign_in(
    account: Account,
    ask: Callable[[str, str], object],
    lang: str,
    waiting: Callable[[int, int], object] = lambda done, total: None,
    client_secret: str = "",
) -> None:
    """Let a person sign in, and keep the tokens.

    Args:
        ask: is given the web page and the code ("" at Google), and returns when the person is done there.
        waiting: told every second how many of how many seconds are over while the service has not heard of the person yet; may raise.
        client_secret: of the application, for Google; "" for the one that is kept.

    Raises CollabError as `token_of`; `mail_oauth_no_store` before anybody is asked.
    """
    if account.at_google:
        return google_oauth.sign_in(account, client_secret, ask, lang, waiting)
    store = _Store(account)
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    app = _app(account, lang, store)
    flow = called(account, lang, lambda: app.initiate_device_flow(_scopes(account)))
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

    _granted(called(account, lang, lambda: app.acquire_token_by_device_flow(flow, exit_condition=over)), account, lang)
    return store.keep(lang)


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
        return called(
            account,
            lang,
            lambda: msal.PublicClientApplication(
                account.client_id, authority=authority, token_cache=cache, http_client=Https(), instance_discovery=False
            ),
        )
    except ValueError as error:  # the tenant has no description where it should be
        raise CollabError("mail_oauth_tenant", server=account.server, tenant=tenant, said=short(str(error)), lang=lang) from None


def _granted(answer: Mapping[str, Any], account: Account, lang: str) -> str:
    token = answer.get("access_token")
    if not token:
        _refused(answer, account, lang)
    return str(token)


def _refused(answer: Mapping[str, Any], account: Account, lang: str) -> NoReturn:
    said = f"{answer.get('error', '')} {answer.get('error_description', '')}"
    code = next((code for code, words in _CODES if any(word in said for word in words)), "mail_oauth_refused")
    tenant, client = account.tenant or "organizations", account.client_id
    raise CollabError(code, server=account.server, user=account.user, client=client, tenant=tenant, said=short(said), lang=lang)


class _Store:
    """msal's cache of one mailbox's tokens, kept encrypted. `problem`: why it cannot be."""

    def __init__(self, account: Account) -> None:
        import msal

        self.cache: Any = msal.SerializableTokenCache()
        self._store = TokenStore(account)
        with contextlib.suppress(KeyError, ValueError, TypeError):
            self.cache.deserialize(self._store.load() or "{}")
        self.problem = self._store.problem

    def keep(self, lang: str) -> None:
        """Raises CollabError `mail_oauth_no_store`."""
        if self.cache.has_state_changed:
            text = self.cache.serialize()
            json.loads(text)
            self._store.keep(text, lang)
