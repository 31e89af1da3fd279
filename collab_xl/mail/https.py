"""A small HTTP client for sign-in services: HTTPS only, the certificate verified, an answer of at most a megabyte. Effect: network."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from collab_xl.errors import CollabError
from collab_xl.mail.account import Account
from collab_xl.model.outside_text import encodable
from collab_xl.os_errors import reason

SECONDS = 30
T = TypeVar("T")


def called(account: Account, lang: str, call: Callable[[], T]) -> T:
    """What the call returns. Raises CollabError `mail_oauth_unreachable` or `mail_google_unreachable`."""
    try:
        return call()
    except OSError as error:
        why = reason(error) if not isinstance(error, urllib.error.URLError) else short(str(error.reason))
        code = "mail_google_unreachable" if account.at_google else "mail_oauth_unreachable"
        raise CollabError(code, server=account.server, reason=why, lang=lang) from None


def short(text: str) -> str:
    return " ".join(encodable(text).split())[:200]


@dataclass
class Answer:
    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise urllib.error.URLError(f"HTTP {self.status_code}")


class Https:
    """What msal needs of an HTTP client, and our own sign-in at Google: the system's certificates and proxy, as for everything else."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context()))

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Answer:
        query = urllib.parse.urlencode(params or {})
        return self._ask(urllib.request.Request(f"{url}?{query}" if query else url, headers=headers or {}))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Answer:
        query = urllib.parse.urlencode(params or {})
        body = urllib.parse.urlencode(data or {}).encode()
        return self._ask(urllib.request.Request(f"{url}?{query}" if query else url, body, headers or {}))

    def close(self) -> None:
        self._opener.close()

    def _ask(self, request: urllib.request.Request) -> Answer:
        if not request.full_url.lower().startswith("https://"):
            raise urllib.error.URLError("https only")
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return Answer(answer.status, answer.read(1 << 20).decode("utf-8", "replace"), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(1 << 20).decode("utf-8", "replace"), dict(error.headers))
