"""Make the bytes of a mail: text and HTML, attachments whose names every program reads. Pure.

Names that are not ASCII are written twice: as RFC 2231 says (`filename*=utf-8''…`), and as an encoded word in `name`, as Outlook and the
web pages of 163 and QQ read it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from email.charset import BASE64, Charset
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import encode_rfc2231, format_datetime
from pathlib import PurePath
from typing import NamedTuple

from collab_xl.model.outgoing import Attached

_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
}
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = BASE64
_POLICY = SMTP.clone(refold_source="none")
"""Heads set as they stand stay so."""
TAG_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without letters and digits that look alike: a tag is read out on the telephone."""
TAG_LENGTH = 6
LINE = 76
NAME_LINE = 700
"""Characters of an encoded name on one line; a line of a mail has at most 998."""
_NEXT = "\r\n"


class Written(NamedTuple):
    """The texts and heads of one mail."""

    sender: str
    """The project's mailbox; "" where it is not known: then the program that sends it fills it in."""
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    html: str
    message_id: str
    at: datetime
    files: Sequence[Attached] = ()
    answers: str = ""
    automatic: bool = False
    """An answer to a mail that came in: no automatic reply is sent to it (RFC 3834)."""
    urgent: bool = False
    """Mail programs show it as important."""


def new_tag() -> str:
    return "".join(secrets.choice(TAG_LETTERS) for _ in range(TAG_LENGTH))


def new_message_id(tag: str, address: str) -> str:
    domain = address.rpartition("@")[2].strip().lower()
    usable = domain.isascii() and "." in domain and not any(c in domain for c in ' <>()[]\\,;:"')
    return f"<{tag}.{secrets.token_hex(12)}@{domain if usable else 'collab-xl.invalid'}>"


def composed(mail: Written, *, unsent: bool = False) -> bytes:
    """The mail as it is sent. `unsent`: classic Outlook opens such a file as a draft.

    Equal texts do not give equal bytes (the boundaries are random), so the bytes are made once and kept.
    """
    out = EmailMessage(policy=_POLICY)
    if mail.sender:
        shown = mail.sender_name
        named = str(Address(shown, addr_spec=mail.sender)) if shown.isascii() else f"{_words('From', shown)} <{mail.sender}>"
        out.set_raw("From", named)
    out["To"] = ", ".join(mail.to)
    if mail.cc:
        out["Cc"] = ", ".join(mail.cc)
    out.set_raw("Subject", _words("Subject", mail.subject))
    out["Date"] = format_datetime(mail.at.astimezone())
    out["Message-ID"] = mail.message_id
    if mail.answers:
        out["In-Reply-To"] = out["References"] = mail.answers
    if mail.automatic:
        out["Auto-Submitted"] = "auto-replied"
    if mail.urgent:
        out["Importance"] = "high"
        out["X-Priority"] = "1"
    if unsent:
        out["X-Unsent"] = "1"
    out.set_content(mail.text, cte="base64")
    out.add_alternative(mail.html, subtype="html", cte="base64")
    for file in mail.files:
        kind, _, subtype = _TYPES.get(PurePath(file.name).suffix.lower(), "application/octet-stream").partition("/")
        out.add_attachment(file.data, maintype=kind, subtype=subtype)
        _name(list(out.iter_attachments())[-1], file.name)
    return out.as_bytes()


def _words(head: str, said: str) -> str:
    """A text for a head, in encoded words where it is not ASCII.

    Not by the library's newer way: where it divides a text at a blank it puts the blank between two encoded words, and there no program
    shows it (RFC 2047, 6.2).
    """
    return said if said.isascii() and len(said) < 900 else Header(said, _UTF8, header_name=head, maxlinelen=LINE).encode(linesep=_NEXT)


def _filename(name: str) -> str:
    """In one piece, as every program reads it; a name too long for a line in several (RFC 2231, 3)."""
    whole = encode_rfc2231(name, "utf-8")
    if len(whole) <= NAME_LINE:
        return f"filename*={whole}"
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,60}", whole)
    return f";{_NEXT} ".join(f"filename*{n}*={piece}" for n, piece in enumerate(pieces))


def _name(part: EmailMessage, name: str) -> None:
    """The name of an attachment. The heads are set as they stand: the library writes one of the two forms only."""
    kind = part.get_content_type()
    del part["Content-Type"], part["Content-Disposition"]
    if name.isascii():
        safe = name.replace("\\", "\\\\").replace('"', '\\"')
        both = f'name="{safe}"', f'filename="{safe}"'
    else:
        both = f'name="{Header(name, _UTF8, maxlinelen=NAME_LINE).encode(linesep=_NEXT)}"', _filename(name)
    part.set_raw("Content-Type", f"{kind};\r\n {both[0]}")
    part.set_raw("Content-Disposition", f"attachment;\r\n {both[1]}")
