"""A sign-in service on loopback. As Microsoft's: the description of a tenant, device codes, tokens. As Google's: a page that sends the
browser back to 127.0.0.1, PKCE. And for Dovecot: whose token it is."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CLIENT, TENANT = "0f0f-client", "example-tenant"
GOOGLE, SECRET, SCOPE = "google", "GOCSPX-client-secret", "https://mail.google.com/"


def _part(data: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@dataclass
class OAuthServer:
    """`approved`: the codes that a person typed on the page. `answer`: an error instead of tokens, as (error, description)."""

    user: str
    port: int = 0
    approved: set[str] = field(default_factory=set)
    answer: tuple[str, str] | None = None
    given: list[str] = field(default_factory=list)
    """Access tokens, in the order given."""
    refresh: set[str] = field(default_factory=lambda: {"first-refresh-secret"})
    lives_seconds: int = 3600
    asked: list[str] = field(default_factory=list)
    """Grant types of the requests for tokens."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """As Google: code → what was asked for on the page."""
    declined: str = ""
    """As Google: the error with which the page sends the browser back."""
    scope: str = SCOPE

    @property
    def authority(self) -> str:
        return f"https://localhost:{self.port}/{TENANT}"

    @property
    def google(self) -> str:
        return f"https://localhost:{self.port}/{GOOGLE}"

    def page(self, asked: dict[str, str]) -> str:
        """Where Google's page sends the browser when the person has agreed; "" for a request it refuses (it shows an error itself)."""
        wanted = {"response_type": "code", "scope": SCOPE, "code_challenge_method": "S256", "access_type": "offline", "client_id": CLIENT}
        if any(asked.get(name) != value for name, value in wanted.items()) or not asked["redirect_uri"].startswith("http://127.0.0.1:"):
            return ""
        said = {"error": self.declined} if self.declined else {"code": f"code-secret-{len(self.codes)}", "scope": self.scope}
        if not self.declined:
            self.codes[said["code"]] = asked
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode({'state': asked['state'], **said})}"

    def grant(self, said: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Google's tokens: the secret of the client, and for a code the verifier that belongs to its challenge."""
        if said.get("client_id") != CLIENT or said.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client", "error_description": "Unauthorized"}
        self.asked.append(said.get("grant_type", ""))
        if self.answer is not None:
            return 400, {"error": self.answer[0], "error_description": self.answer[1]}
        out: dict[str, object] = {}
        if said["grant_type"] == "authorization_code":
            asked = self.codes.pop(said["code"], {})
            challenge = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).decode().rstrip("=")
            if asked.get("code_challenge") != challenge or asked.get("redirect_uri") != said["redirect_uri"]:
                return 400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
            out["refresh_token"] = f"refresh-secret-{len(self.given)}"
            self.refresh.add(str(out["refresh_token"]))
        elif said.get("refresh_token") not in self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        token = f"access-secret-{len(self.given)}"
        self.given.append(token)
        return 200, {**out, "access_token": token, "expires_in": self.lives_seconds, "token_type": "Bearer", "scope": self.scope}

    def get(self, path: str) -> tuple[int, dict[str, object]]:
        if path == f"/{GOOGLE}/.well-known/openid-configuration":
            return 200, {"authorization_endpoint": f"{self.google}/auth", "token_endpoint": f"{self.google}/token"}
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            base = f"{self.authority}/oauth2/v2.0"
            ends = {f"{what}_endpoint": f"{base}/{name}" for what, name in (("token", "token"), ("authorization", "authorize"))}
            return 200, {**ends, "device_authorization_endpoint": f"{base}/devicecode", "issuer": f"{self.authority}/v2.0"}
        return 400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found"}

    def post(self, path: str, said: dict[str, str]) -> tuple[int, dict[str, object]]:
        if said.get("client_id") != CLIENT:
            return 400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found in the directory"}
        if path.endswith("/devicecode"):
            page = "https://microsoft.com/devicelogin"
            return 200, {"device_code": "D-1", "user_code": "ABCD-EFGH", "verification_uri": page, "expires_in": 900, "interval": 1}
        self.asked.append(said.get("grant_type", ""))
        if self.answer is not None:
            return 400, {"error": self.answer[0], "error_description": self.answer[1]}
        if said.get("grant_type", "").endswith("device_code") and "ABCD-EFGH" not in self.approved:
            return 400, {"error": "authorization_pending", "error_description": "AADSTS70016: pending"}
        if said.get("grant_type") == "refresh_token" and said.get("refresh_token") not in self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "AADSTS700082: The refresh token has expired"}
        token, refresh = f"access-secret-{len(self.given)}", f"refresh-secret-{len(self.given)}"
        self.given.append(token)
        self.refresh.add(refresh)
        claims = {"iss": f"{self.authority}/v2.0", "aud": CLIENT, "exp": 4102444800, "oid": "u", "tid": TENANT, "sub": "u"}
        claims["preferred_username"] = self.user
        return 200, {
            "token_type": "Bearer",
            "access_token": token,
            "refresh_token": refresh,
            "expires_in": self.lives_seconds,
            "scope": said.get("scope", "") or "https://localhost/IMAP.AccessAsUser.All https://localhost/SMTP.Send",
            "id_token": f"{_part({'alg': 'none'})}.{_part(claims)}.",
            "client_info": _part({"uid": "u", "utid": TENANT}),
        }

    def owner(self, token: str) -> dict[str, object]:
        """For Dovecot: whose token it is."""
        return {"active": True, "email": self.user} if token in self.given else {"active": False}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = urllib.parse.urlsplit(self.path)
        if found.path == "/whose":
            token = (
                self.headers.get("Authorization", "").removeprefix("Bearer ")
                or urllib.parse.parse_qs(found.query).get("access_token", [""])[0]
            )
            self._say(200, self.server.state.owner(token))  # type: ignore[attr-defined]
        elif found.path == f"/{GOOGLE}/auth":
            to = self.server.state.page(dict(urllib.parse.parse_qsl(found.query)))  # type: ignore[attr-defined]
            self.send_response(302 if to else 400)
            self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._say(*self.server.state.get(found.path))  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        state: OAuthServer = self.server.state  # type: ignore[attr-defined]
        said = dict(urllib.parse.parse_qsl(body))
        self._say(*(state.grant(said) if self.path == f"/{GOOGLE}/token" else state.post(self.path, said)))

    def _say(self, code: int, answer: dict[str, object]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def serve(state: OAuthServer, port: int = 0, certificate: Path | None = None) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.state = state  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


@contextmanager
def oauth_server(user: str, certificate: Path, whose_port: int) -> Iterator[OAuthServer]:
    """Over TLS for the product; in the clear, on the port that Dovecot knows, for Dovecot."""
    state = OAuthServer(user)
    secure, clear = serve(state, 0, certificate), serve(state, whose_port)
    state.port = secure.server_address[1]
    try:
        yield state
    finally:
        for server in (secure, clear):
            server.shutdown()
            server.server_close()
