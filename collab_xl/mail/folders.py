"""The folders of drafts and of sent mails: put a draft there, take one back, look for mails of ours. Effect: network.

Which folder it is, the server says (RFC 6154, `\\Drafts`, `\\Sent`); else it is the first that has one of the names mail programs use.
Mails are looked for by their heads, not by a search of the server: some services search badly, and find nothing in the last minutes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from collab_xl.errors import CollabError
from collab_xl.intake.mail_file import words
from collab_xl.mail.account import Account
from collab_xl.mail.imap import leave, signed_in
from collab_xl.model.outside_text import encodable

DRAFTS, SENT = b"\\Drafts", b"\\Sent"
NAMES = {
    DRAFTS: ("drafts", "draft", "草稿箱", "草稿", "草稿夹", "[gmail]/drafts", "[gmail]/草稿"),
    SENT: (
        "sent",
        "sent messages", "sent items", "sent mail", "已发送", "已发送邮件", "已发邮件", "[gmail]/sent mail", "[gmail]/已发邮件",
    ),
}  # fmt: skip
_AT_ONCE = 500
_HEADS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT DATE)]"
_TAG = re.compile(r"\[([0-9A-Z]{6})\]\s*$")
T = TypeVar("T")


@dataclass(frozen=True)
class Head:
    """A mail in a folder, as far as it matters."""

    uid: int
    message_id: str
    tag: str
    """The mark at the end of its subject; "" without one."""
    at: datetime | None
    """Its Date as the clock of this computer shows it."""


class Folders:
    """A mailbox, signed in. Every method may raise `CollabError mail_cut`."""

    def __init__(self, client: IMAPClient, account: Account, lang: str) -> None:
        self._client, self.account, self._lang = client, account, lang
        listed = self._ask(client.list_folders)
        self.drafts = _folder(listed, DRAFTS)
        self.sent = _folder(listed, SENT)
        """"" where there is none."""

    @classmethod
    def open(cls, account: Account, lang: str) -> Folders:
        """Raises CollabError as `signed_in`."""
        client = signed_in(account, lang)
        try:
            return cls(client, account, lang)
        except BaseException:
            leave(client)
            raise

    def heads(self, folder: str, since: date) -> list[Head]:
        """The mails of a folder that came into it on that day or later, oldest first; none without a folder."""
        if not folder:
            return []
        self._ask(lambda: self._client.select_folder(folder, readonly=True))
        uids = self._ask(lambda: self._client.search(["SINCE", since - timedelta(days=1)]))
        out = []
        for at in range(0, len(uids), _AT_ONCE):
            some = self._ask(lambda part=uids[at : at + _AT_ONCE]: self._client.fetch(part, [_HEADS]))  # type: ignore[misc]
            out += [_head(uid, said) for uid, said in sorted(some.items())]
        return out

    def put(self, folder: str, data: bytes, at: datetime, *, draft: bool) -> None:
        """Append a mail, as a draft or as one that was sent. Raises CollabError `mail_folder_refused`."""
        flags = [b"\\Draft", b"\\Seen"] if draft else [b"\\Seen"]
        self._ask(lambda: self._client.append(folder, data, flags, at.astimezone()))

    def take_back(self, folder: str, uid: int, sha256: str) -> bool:
        """Remove a draft of ours, if it is still as we made it."""
        self._ask(lambda: self._client.select_folder(folder))
        found = self._ask(lambda: self._client.fetch([uid], ["BODY.PEEK[]"]))
        data = next((v for k, v in found.get(uid, {}).items() if k.startswith(b"BODY[]")), b"")
        if hashlib.sha256(data).hexdigest() != sha256:
            return False
        self._ask(lambda: self._client.delete_messages([uid], silent=True))
        if self._ask(lambda: self._client.has_capability("UIDPLUS")):
            self._ask(lambda: self._client.uid_expunge([uid]))
        return True

    def close(self) -> None:
        leave(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (OSError, IMAPClientError) as error:
            said = " ".join(encodable(str(error)).split())[:200]
            code = "mail_cut" if isinstance(error, (OSError, IMAPClientAbortError)) else "mail_folder_refused"
            raise CollabError(code, server=self.account.server, reason=said, said=said, lang=self._lang) from error


def _folder(listed: Sequence[tuple[Collection[bytes], bytes, str]], use: bytes) -> str:
    marked = [str(name) for flags, _, name in listed if use in flags]
    if marked:
        return marked[0]
    by_name = {str(name).casefold().removeprefix("inbox.").removeprefix("inbox/"): str(name) for _, _, name in reversed(listed)}
    return next((by_name[name] for name in NAMES[use] if name in by_name), "")


def _head(uid: int, said: Any) -> Head:
    raw = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER")), b"")[: 1 << 13]
    lines = re.sub(r"\r?\n[ \t]+", " ", raw.decode("utf-8", "surrogateescape")).splitlines()
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in reversed(lines))}
    tag = _TAG.search(words(fields.get("subject", "")))
    return Head(uid, fields.get("message-id", ""), tag[1] if tag else "", _moment(fields.get("date", "")))


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone().replace(tzinfo=None)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
