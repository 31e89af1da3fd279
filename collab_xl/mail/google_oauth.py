"""Sign in to a Google mailbox with OAuth2: the browser of this computer, a redirect to 127.0.0.1, PKCE (RFC 8252, RFC 7636).

Effect: network, a port on the loopback for as long as somebody signs in, the user's encrypted store.

Google's device code, which would need neither browser nor port, does not allow mail (docs/facts/mail.md). Tokens and the client's secret
stand in no message, log or traceback.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import secrets
import threading
import time
import urllib.parse
import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NoReturn, Self

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.mail.account import Account
from collab_xl.mail.https import Https, called, short
from collab_xl.mail.secret import TOKEN, for_server
from collab_xl.mail.token_store import TokenStore

AUTHORIZE, GRANT = "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"
SCOPE = "https://mail.google.com/"
"""The only one that allows IMAP and SMTP."""
CLIENT_SECRET = "COLLAB_XL_MAIL_CLIENT_SECRET"
"""Environment variable with the client's secret, beside that with the refresh token."""
SIGN_IN_SECONDS = 600
SPARE_SECONDS = 60
"""An access token that lives no longer is renewed."""
_CODES = (
    ("mail_oauth_declined", ("access_denied",)),
    ("mail_google_blocked", ("admin_policy_enforced", "org_internal", "disallowed_useragent", "restricted_client")),
    ("mail_google_client", ("invalid_client", "unauthorized_client", "deleted_client", "redirect_uri_mismatch", "client_secret")),
    ("mail_oauth_again", ("invalid_grant",)),
)
"""Code of a CollabError → words of the answer that mean it."""


def token_of(account: Account, lang: str) -> str:
    """An access token, kept or renewed. Raises CollabError `mail_google_no_client`, `mail_oauth_no_store`, `mail_oauth_none` and others."""
    _needs_client(account, lang)
    typed = os.environ.get(TOKEN)
    if typed and for_server(account.server):
        return str(_renewed(account, typed, os.environ.get(CLIENT_SECRET, ""), lang)["access_token"])
    store, kept = _kept(account, lang)
    if not kept.get("refresh_token"):
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)
    if kept.get("access_token") and float(kept.get("until", 0)) > time.time() + SPARE_SECONDS:
        return str(kept["access_token"])
    answer = _renewed(account, str(kept["refresh_token"]), str(kept.get("client_secret", "")), lang)
    store.keep(json.dumps({**kept, **_tokens(answer)}), lang)
    return str(answer["access_token"])


def check_kept(account: Account, lang: str) -> None:
    """Whether somebody has signed in on this computer; no server is asked. Raises CollabError as `token_of`."""
    _needs_client(account, lang)
    if not (os.environ.get(TOKEN) and for_server(account.server)) and not _kept(account, lang)[1].get("refresh_token"):
        raise CollabError("mail_oauth_none", server=account.server, user=account.user, lang=lang)


def sign_in(
    account: Account, client_secret: str, ask: Callable[[str, str], object], lang: str, waiting: Callable[[int, int], object]
) -> None:
    """Let a person sign in with the browser, which is opened, and keep the tokens.

    Args:
        client_secret: of the application; "" for the one of the last time or of the environment.
        ask: is given the page, for a person whose browser did not open, and returns when they are done there.
        waiting: as for `oauth.sign_in`.

    Raises CollabError `mail_google_no_secret` and as `token_of`; `mail_oauth_no_store` before anybody is asked.
    """
    _needs_client(account, lang)
    store, kept = _kept(account, lang)
    secret = client_secret or os.environ.get(CLIENT_SECRET, "") or str(kept.get("client_secret", ""))
    if not secret:
        raise CollabError("mail_google_no_secret", server=account.server, lang=lang)
    authorize, _ = _endpoints(account, lang)
    verifier = secrets.token_urlsafe(48)
    with _Redirect(lang) as redirect:
        asked = {
            "client_id": account.client_id, "redirect_uri": redirect.uri, "response_type": "code", "scope": SCOPE, "state": redirect.state,
            "code_challenge": _challenge(verifier), "code_challenge_method": "S256", "login_hint": account.user,
            "access_type": "offline", "prompt": "consent",
        }  # fmt: skip
        page = f"{authorize}?{urllib.parse.urlencode(asked)}"
        webbrowser.open(page)
        ask(page, "")
        begun = time.monotonic()
        while (answer := redirect.wait(1.0)) is None:
            gone = int(time.monotonic() - begun)
            waiting(min(gone, SIGN_IN_SECONDS), SIGN_IN_SECONDS)
            if gone >= SIGN_IN_SECONDS:
                raise CollabError("mail_google_expired", server=account.server, lang=lang)
        if "code" not in answer:
            _refused(answer, account, lang)
        tokens = _granted(
            account, lang, grant_type="authorization_code", code=answer["code"], redirect_uri=redirect.uri, client_secret=secret,
            code_verifier=verifier,
        )  # fmt: skip
    if SCOPE not in str(tokens.get("scope", SCOPE)).split() or not tokens.get("refresh_token"):
        raise CollabError("mail_oauth_declined", server=account.server, user=account.user, lang=lang)
    store.keep(json.dumps({"client_secret": secret, **_tokens(tokens)}), lang)


def _needs_client(account: Account, lang: str) -> None:
    if not account.client_id:
        raise CollabError("mail_google_no_client", server=account.server, lang=lang)


def _kept(account: Account, lang: str) -> tuple[TokenStore, dict[str, Any]]:
    store = TokenStore(account)
    said = store.load()
    if store.problem:
        raise CollabError("mail_oauth_no_store", server=account.server, reason=store.problem, lang=lang)
    try:
        kept = json.loads(said or "{}")
    except ValueError:
        kept = {}
    return store, kept if isinstance(kept, dict) else {}


def _tokens(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an answer. A renewal brings no new refresh token as a rule."""
    out = {"access_token": answer["access_token"], "until": time.time() + float(answer.get("expires_in", 0))}
    return {**out, "refresh_token": answer["refresh_token"]} if answer.get("refresh_token") else out


def _renewed(account: Account, refresh_token: str, client_secret: str, lang: str) -> Mapping[str, Any]:
    return _granted(account, lang, grant_type="refresh_token", refresh_token=refresh_token, client_secret=client_secret)


def _granted(account: Account, lang: str, **said: str) -> Mapping[str, Any]:
    """The service's answer with an access token."""
    _, grant = _endpoints(account, lang)
    http = Https()
    try:
        found = called(account, lang, lambda: http.post(grant, data={"client_id": account.client_id, **said}))
    finally:
        http.close()
    try:
        answer = json.loads(found.text)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict) or not answer.get("access_token"):
        _refused(answer if isinstance(answer, dict) and answer else {"error": f"HTTP {found.status_code}"}, account, lang)
    return answer


def _endpoints(account: Account, lang: str) -> tuple[str, str]:
    """Where a person signs in and where tokens are given; for another service than Google's own (`google https://…`) as it says itself."""
    base = account.tenant.partition(" ")[2].strip()
    if not base:
        return AUTHORIZE, GRANT
    http = Https()
    try:
        found = called(account, lang, lambda: http.get(f"{base}/.well-known/openid-configuration"))
        about = json.loads(found.text)
        return str(about["authorization_endpoint"]), str(about["token_endpoint"])
    except (ValueError, KeyError, TypeError):
        raise CollabError("mail_oauth_tenant", server=account.server, tenant=account.tenant, said="–", lang=lang) from None
    finally:
        http.close()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refused(answer: Mapping[str, Any], account: Account, lang: str) -> NoReturn:
    said = f"{answer.get('error', '')} {answer.get('error_description', '')}"
    code = next((code for code, words in _CODES if any(word in said for word in words)), "mail_oauth_refused")
    raise CollabError(code, server=account.server, user=account.user, client=account.client_id, said=short(said), lang=lang)


class _Redirect:
    """Waits on the loopback for the browser to come back. Only this computer reaches it, and only an answer with our `state` counts."""

    def __init__(self, lang: str) -> None:
        self.state = secrets.token_urlsafe(24)
        self._answer: dict[str, str] | None = None
        self._come = threading.Event()
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                said = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                ours = secrets.compare_digest(said.get("state", "").encode(), redirect.state.encode()) and {"code", "error"} & set(said)
                key = "mail.say.browser_done" if ours else "mail.say.browser_wrong"
                shown = html.escape(text(key, lang))
                data = f'<!doctype html><meta charset="utf-8"><title>collab_xl</title><p>{shown}</p>'.encode()
                self.send_response(200 if ours else 400)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                if ours:
                    redirect._came(said)

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing: the line would contain the code."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def _came(self, said: dict[str, str]) -> None:
        if self._answer is None:  # the first counts
            self._answer = said
            self._come.set()

    def wait(self, seconds: float) -> dict[str, str] | None:
        """The answer, if it came within so many seconds."""
        self._come.wait(seconds)
        return self._answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
