"""Parse one mail: sender, date, and every attachment with its file name. No network, no disk.

Headers are cut before they are parsed (MAX_HEADER), and every text can be encoded (`model.outside_text`).

File names come in several forms: RFC 2231, RFC 2047 (also inside quotes, where it is not allowed), raw GBK or UTF-8 bytes.
`gb2312` and `gbk` are read as GB18030, their superset, because senders often state the wrong one.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.utils
import mimetypes
import quopri
import re
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import Message

from collab_xl.intake import mail_reports
from collab_xl.intake.authentication import dmarc_failed
from collab_xl.intake.mail_reports import Said
from collab_xl.model.cell_text import MARK
from collab_xl.model.outside_text import decoded, encodable
from collab_xl.model.record import Struct, replace
from collab_xl.model.regex import regex

MAX_DEPTH = 6
"""Levels of mails inside mails; deeper ones are not opened."""
MAX_PARTS = 500
MAX_HEADER = 2048
"""Characters of a header. Some parsers of the library take time that grows with the square of its length."""
MAX_TEXT = mail_reports.MAX_TEXT
MAX_PARAMETERS = 64
"""Semicolons in a header; limited for the same reason."""
_NEEDED = ("from", "date", "message-id", "content-type", "content-disposition", "content-transfer-encoding", "content-id")
"""Headers that we depend on: a mail is not read if one of them is longer. A longer subject is shortened."""
_TYPES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    "application/vnd.ms-excel": ".xls",
    "application/ms-tnef": ".dat",
    "application/vnd.ms-tnef": ".dat",
    "text/csv": ".csv",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}
"""Endings for attachments without a name."""


_BROKEN = (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""What the library raises on malicious mails, for example with thousands of nested parts."""


class _TooLong(Exception):
    """A header that we depend on is longer than MAX_HEADER."""


class _Raw(policy.Compat32):
    """Header values exactly as sent, undecodable bytes as surrogates; the library would replace them by question marks.

    A value longer than MAX_HEADER is cut to MAX_HEADER + 1 characters, so that it can be recognised as too long.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        most = MAX_HEADER + 1
        if value.count(";") > MAX_PARAMETERS and name.lower().startswith("content-"):
            return name, value[: value.index(";")].ljust(most)
        return name, value[:most]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY = _Raw()


class MailAttachment(Struct, frozen=True):
    """One file in a mail. `path` names the mails it is nested in; `sent_at` is the earliest date of these mails (aware)."""

    name: str
    data: bytes
    path: tuple[str, ...] = ()
    sent_at: datetime | None = None
    inline: bool = False


class ParsedMail(Struct, frozen=True):
    """A parsed mail. `senders` are the addresses in all From headers of the outermost mail, in lower case, each once."""

    senders: tuple[str, ...]
    message_id: str
    subject: str
    sent_at: datetime | None
    attachments: tuple[MailAttachment, ...]
    too_long: str = ""
    """The header that was too long, so that the mail was not read; then everything else is empty."""
    dmarc_failed: str = ""
    """The server that found that the sender is forged (`authentication.dmarc_failed`)."""
    text: str = ""
    """Of the mail itself, without markup; at most MAX_TEXT characters."""
    links: tuple[str, ...] = ()
    """Addresses of attachments that the mail program left on a server."""
    said: tuple[Said, ...] = ()
    """What a machine says in it about mails of ours; empty for what a person wrote."""

    @property
    def sender(self) -> str:
        """The one address in From, "" if there is none. Of several the last, which is shown but not believed."""
        return self.senders[-1] if self.senders else ""


def read_mail(data: bytes) -> ParsedMail:
    """Parse a mail. Never raises: unreadable parts are left out, and a text that is not a mail has no sender and no attachments."""
    try:
        return _read(data)
    except _TooLong as header:
        return ParsedMail((), "", "", None, (), str(header))
    except _BROKEN:
        return ParsedMail((), "", "", None, ())


def _read(data: bytes) -> ParsedMail:
    message = _parsed(data)
    sent_at = date_of(message)
    attachments = tuple(_attachments(message, (), sent_at, [0]))
    senders, subject, text = senders_of(message), subject_of(message), text_of(message)
    found = from_headers(message, senders=senders, subject=subject, sent_at=sent_at, attachments=attachments)
    said = mail_reports.said_in(message, senders, subject, text, workbook=has_workbook(attachments))
    return replace(found, text=text, said=said)


def has_workbook(attachments: tuple[MailAttachment, ...]) -> bool:
    """Whether a sheet or an archive is attached to the mail itself, not to one inside it."""
    return any(
        not a.path and a.name.lower().endswith((".xlsx", ".xlsm", ".xls", ".et", ".csv", ".zip", ".rar", ".7z")) for a in attachments
    )


def text_of(message: Message) -> str:
    """The text of a mail itself; of HTML without its markup, where there is no plain text."""
    found: dict[str, str] = {}
    for part in mail_reports.parts_beside(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not file_name(part):
            charset = part.get_param("charset", "")
            text = decoded(payload(part)[: 4 * MAX_TEXT], str(charset[2] if isinstance(charset, tuple) else charset))
            found[kind] = f"{found.get(kind, '')}\n{text}" if kind in found else text
    return (found.get("text/plain", "").strip() or mail_reports.plain(found.get("text/html", "")))[:MAX_TEXT]


def headers_of(text: bytes) -> Message:
    """The headers of a mail as it travelled, without the mail. Lines with a header that is too long are cut, as in a mail."""
    return _parsed(text)


def from_headers(
    headers: Message,
    *,
    senders: tuple[str, ...],
    subject: str,
    sent_at: datetime | None,
    attachments: tuple[MailAttachment, ...],
    message_id: str = "",
) -> ParsedMail:
    """A mail of which the rest is known. `message_id` is used where the headers name none."""
    named = " ".join(words(_header(headers, "message-id")).split())
    failed = dmarc_failed(headers.get_all("authentication-results", []))
    return ParsedMail(senders, named or message_id, subject, sent_at, attachments, dmarc_failed=failed)


def attachments_in(data: bytes, path: tuple[str, ...], sent_at: datetime | None) -> tuple[MailAttachment, ...]:
    """What is attached to a mail that is itself inside another file at `path`; nothing where it cannot be read."""
    try:
        return tuple(_attachments(_parsed(data), path, sent_at, [0]))
    except (_TooLong, *_BROKEN):
        return ()


def _parsed(data: bytes) -> Message:
    return email.message_from_bytes(data, policy=_POLICY)


def subject_of(message: Message) -> str:
    written = _header(message, "subject")
    subject = " ".join(words(written[:MAX_HEADER]).split())
    return subject + MARK if len(written) > MAX_HEADER else subject


def _attachments(message: Message, path: tuple[str, ...], sent_at: datetime | None, count: list[int]) -> Iterator[MailAttachment]:
    """Every leaf part except the text of the mail itself, in order, including the parts of mails inside."""
    count[0] += 1
    if count[0] > MAX_PARTS:
        return
    for header, value in message.items():
        if len(value) > MAX_HEADER and header.lower() in _NEEDED:
            raise _TooLong(header)
    if message.get_content_type() == "message/rfc822" or file_name(message).lower().endswith(".eml"):
        inner = _inner(message)
        if inner is not None and len(path) < MAX_DEPTH:
            dates = [d for d in (sent_at, date_of(inner)) if d]
            name = file_name(message) or subject_of(inner) or "mail"
            yield from _attachments(inner, (*path, name), min(dates, default=None), count)
        return
    if message.is_multipart():
        parts = message.get_payload()
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Message):
                yield from _attachments(part, path, sent_at, count)
        return
    name = file_name(message)
    kind = message.get_content_type()
    if kind == "application/applefile":
        return  # the resource fork of a Mac file; the file itself follows under the same name
    if not name and kind in _TYPES:
        name = "winmail.dat" if "tnef" in kind else f"attachment{_TYPES[kind]}"
    disposition = _header(message, "content-disposition").strip().lower()
    if name or disposition.startswith("attachment"):
        inline = disposition.startswith("inline") or (kind.startswith("image/") and bool(_header(message, "content-id")))
        yield MailAttachment(name or "attachment" + ending_for(kind), payload(message), path, sent_at, inline)


def _inner(message: Message) -> Message | None:
    """The mail inside a part: a message/rfc822 part (some programs encode it) or an attached .eml file."""
    content = message.get_payload()
    if not isinstance(content, list):
        data = payload(message)
        return _parsed(data) if data else None
    first = content[0] if content else None
    if not isinstance(first, Message):
        return None
    encoding = _header(message, "content-transfer-encoding").strip().lower()
    if encoding in ("base64", "quoted-printable"):
        # RFC 2046 forbids encoding an attached mail, so the library takes the encoded text as the mail itself.
        text = first.as_bytes(policy=_POLICY).strip()
        try:
            data = base64.b64decode(text) if encoding == "base64" else quopri.decodestring(text)
        except (binascii.Error, ValueError):
            return first
        return _parsed(data)
    return first


def payload(message: Message) -> bytes:
    """The decoded content of a leaf part; b"" if it cannot be decoded."""
    try:
        data = message.get_payload(decode=True)
    except (ValueError, LookupError, binascii.Error):
        return b""
    return data if isinstance(data, bytes) else b""


def file_name(message: Message) -> str:
    """The attachment's name, decoded and without folders; "" if it has none."""
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        name = _parameter(message, header, key)
        if name:
            return without_folders(name)
    return ""


def without_folders(name: str) -> str:
    return re.split(r"[/\\]", " ".join(name.split()))[-1].replace("\0", "")


def ending_for(kind: str) -> str:
    """The ending of a file of that type; "" if none is known."""
    return _TYPES.get(kind) or mimetypes.guess_extension(kind) or ""


def _parameter(message: Message, header: str, key: str) -> str:
    """A header parameter, in any of the three forms."""
    try:
        value = message.get_param(key, failobj="", header=header)
    except (ValueError, LookupError, TypeError):
        return ""
    if isinstance(value, tuple):  # RFC 2231: charset, language, text as latin-1
        charset, _, text = value
        try:
            raw = text.encode("latin-1") if "%" not in text else urllib.parse.unquote_to_bytes(text)
        except UnicodeEncodeError:
            raw = text.encode("utf-8", "surrogateescape")
        return decoded(raw, charset or "utf-8")
    return words(str(value or ""))


_ENCODED = regex(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")


def words(text: str) -> str:
    """A header text with its encoded words and raw bytes decoded. Neighbouring words with one charset are joined before decoding,
    because some programs cut a Chinese character in two."""
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for found in _ENCODED.finditer(text):
        between = text[at : found.start()]
        if between.strip() or (pending and found[1].lower() != charset):
            out.append(decoded(pending, charset) if pending else "")
            pending = b""
            out.append(encodable(between) if between.strip() else "")
        charset, at = found[1].lower(), found.end()
        pending += _word(found[2].lower(), found[3])
    out.append(decoded(pending, charset) if pending else "")
    out.append(encodable(text[at:]))
    return "".join(out)


def _word(kind: str, text: str) -> bytes:
    raw = text.encode("ascii", "ignore")
    if kind == "q":
        return quopri.decodestring(raw.replace(b"_", b" "))
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def _header(message: Message, name: str) -> str:
    return str(message.get(name, "") or "")


_QUOTED = regex(r'"(?:[^"\\]|\\.)*\\?("|\Z)', re.DOTALL)
"""A quoted name, or everything after a quote that is not closed."""


def senders_of(message: Message) -> tuple[str, ...]:
    """The addresses in all From headers, in lower case, each once. In `"boss@a.cn" <x@b.cn>` it is the one in angle brackets.

    Mail programs and servers differ on which of several they show and check, so a mail with more than one is not believed.
    """
    found: dict[str, None] = {}
    for header in message.get_all("from", []):
        text = _QUOTED.sub(lambda quoted: " " if quoted[1] else quoted[0][1:], str(header))
        text = re.sub(r"\([^()]*\)", " ", text)  # not decoded: a name or a comment may contain an address too
        bracketed = [word.strip() for word in re.findall(r"<([^<>]*)>", text)]
        here = [word for word in bracketed if "@" in word[1:-1] and not re.search(r"\s", word)]
        if here:  # a group or list: addresses between the brackets count too
            here += [word for word in re.split(r"[\s,;]+", re.sub(r"<[^<>]*>", " , ", text)) if _ADDRESS.fullmatch(word)]
        else:
            here = [word for word in re.split(r"[\s<>\"',;:()]+", text) if "@" in word[1:-1]]
        found.update((encodable(word).lower(), None) for word in here)
    return tuple(found)


_ADDRESS = regex(r"[^\s@<>]+@[^\s@<>.]+(?:\.[^\s@<>.]+)+")
"""An address outside angle brackets. A name such as `boss@work` has no domain."""


def date_of(message: Message) -> datetime | None:
    """The Date header, aware; None if it is missing or not a date."""
    try:
        moment = email.utils.parsedate_to_datetime(" ".join(words(_header(message, "date")).split()))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment
