"""Read a mail that Outlook saved as .msg: sender, date, attachments, mails inside. Pure; olefile reads the container.

Source: Microsoft, [MS-OXMSG] (storages and streams, 2.1 and 2.2; property streams, 2.4), [MS-OXCMSG] and [MS-OXPROPS] (properties).
The headers the mail travelled with are used where Outlook kept them; a mail sent inside one Exchange has none, then its properties are.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from collab_xl.intake import mail_file, mail_reports
from collab_xl.intake.mail_file import MAX_DEPTH, MAX_HEADER, MAX_PARTS, MailAttachment, ParsedMail
from collab_xl.model.outside_text import decoded, encodable
from collab_xl.model.record import replace

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_ENTRIES = 20_000
"""Storages and streams of one file: 500 attachments have less."""
MAX_TEXT_BYTES = 1 << 20
"""Of the headers, the text or a name."""
_STRING8, _UNICODE, _BINARY, _OBJECT = "001E", "001F", "0102", "000D"
_HEADERS, _SUBJECT, _CLASS, _MESSAGE_ID, _ANSWERS = 0x007D, 0x0037, 0x001A, 0x1035, 0x1042
_SUBMITTED, _DELIVERED, _BODY, _HTML = 0x0039, 0x0E06, 0x1000, 0x1013
_FROM_SMTP, _SENDER_SMTP = 0x5D02, 0x5D01
_FROM, _SENDER = (0x0064, 0x0065), (0x0C1E, 0x0C1F)
"""Kind of address (SMTP, or EX: a name inside one Exchange), and the address."""
_CODE_PAGES = (0x3FFD, 0x3FDE)
"""Of the texts that are not Unicode; of the mail as it travelled."""
_METHOD, _CONTENT, _LONG_NAME, _SHORT_NAME, _TITLE, _TYPE, _CONTENT_ID, _HIDDEN = (
    *(0x3705, 0x3701, 0x3707, 0x3704),
    *(0x3001, 0x370E, 0x3712, 0x7FFE),
)
_BY_LINK, _LINK = 7, 0x370D
"""The method of an attachment that is kept in OneDrive or SharePoint, and the property with its address ([MS-OXCMSG] 2.2.2.9)."""
_NAMES = {28591: "latin1", 50220: "iso2022jp", 50221: "iso2022jp", 51932: "eucjp", 51949: "euckr", 20866: "koi8r", 21866: "koi8u"}
"""Code pages whose name is not cp and the number. Others that are not known are read as UTF-8 or GB18030."""
_BEGINS_AT = {"mail": 32, "inner": 24, "attachment": 8}
"""Bytes of a property stream before its first property."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_BROKEN = (OSError, struct.error, LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError)
"""What olefile raises on malicious containers, and what follows from a damaged property."""


class Broken(Exception):
    """The data is no .msg, or is damaged."""


def read_message(data: bytes) -> ParsedMail:
    """Parse a .msg. Raises Broken, also if only a part cannot be read: half a mail would look whole."""
    import olefile

    if not data.startswith(SIGNATURE):
        raise Broken
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            return _Reader(container, len(data)).mail()
    except _BROKEN as error:
        raise Broken(type(error).__name__) from error


class _Reader:
    """One file. Streams of a sound file do not overlap, so they are not longer than the file together: `left` is what may still be read."""

    def __init__(self, container: Any, length: int) -> None:
        if len(container.direntries) > MAX_ENTRIES:
            raise Broken
        self._container, self._left, self._parts = container, length, 0
        self._links: list[str] = []

    def mail(self) -> ParsedMail:
        return self._mail(self._container.root, "mail")

    def _mail(self, storage: Any, kind: str) -> ParsedMail:
        top = _Storage(self, storage, kind, "")
        headers = mail_file.headers_of(top.text(_HEADERS).encode("utf-8", "surrogatepass"))
        sent_at = mail_file.date_of(headers) or top.moment(_SUBMITTED) or top.moment(_DELIVERED)
        senders = mail_file.senders_of(headers) or _senders(top)
        subject = " ".join(top.text(_SUBJECT)[:MAX_HEADER].split())
        attachments = tuple(self._attachments(top, (), sent_at))
        named = " ".join(top.text(_MESSAGE_ID).split())
        mail = mail_file.from_headers(headers, senders=senders, message_id=named, subject=subject, sent_at=sent_at, attachments=attachments)
        text = self._text(top)
        said = mail_reports.outlook_report(top.text(_CLASS), senders, subject, text, " ".join(top.text(_ANSWERS).split()))
        said = said or mail_reports.said_in(headers, senders, subject, text, workbook=mail_file.has_workbook(attachments))
        return replace(mail, text=text, said=said, links=tuple(link for link in self._links if link))

    @staticmethod
    def _text(mail: _Storage) -> str:
        if text := mail.text(_BODY).strip():
            return text[: mail_file.MAX_TEXT]
        return mail_reports.plain(decoded((mail.read(_stream(_HTML, _BINARY)) or b"")[:MAX_TEXT_BYTES], mail.code_page))

    def _attachments(self, mail: _Storage, path: tuple[str, ...], sent_at: datetime | None) -> Iterator[MailAttachment]:
        for name in sorted(mail.entries):
            if not name.startswith("__ATTACH_VERSION1.0_"):
                continue
            self._parts += 1
            if self._parts > MAX_PARTS:
                return
            yield from self._attachment(_Storage(self, mail.entries[name], "attachment", mail.code_page), path, sent_at)

    def _attachment(self, found: _Storage, path: tuple[str, ...], sent_at: datetime | None) -> Iterator[MailAttachment]:
        name = _name(found.text(_LONG_NAME) or found.text(_SHORT_NAME) or found.text(_TITLE))
        if found.number(_METHOD) == _BY_LINK:
            self._links.append(found.text(_LINK))
            return
        inner = found.entries.get(_stream(_CONTENT, _OBJECT))
        if inner is not None and found.number(_METHOD) == 5:
            if len(path) < MAX_DEPTH:
                mail = _Storage(self, inner, "inner", found.code_page)
                headers = mail_file.headers_of(mail.text(_HEADERS).encode("utf-8", "surrogatepass"))
                when = mail_file.date_of(headers) or mail.moment(_SUBMITTED) or mail.moment(_DELIVERED)
                dates = [d for d in (sent_at, when) if d]
                title = name or _name(mail.text(_SUBJECT)) or "mail"
                yield from self._attachments(mail, (*path, title), min(dates, default=None))
            return
        data = found.read(_stream(_CONTENT, _BINARY))
        kind = found.text(_TYPE).strip().lower()
        if data and kind.startswith("multipart/"):  # a signed mail: Outlook keeps it as it travelled, as its one attachment
            yield from mail_file.attachments_in(data, path, sent_at)
            return
        if data is None and not name:
            return  # an object of the program, without a file
        inline = bool(found.number(_HIDDEN)) or (kind.startswith("image/") and bool(found.text(_CONTENT_ID)))
        yield MailAttachment(name or "attachment" + mail_file.ending_for(kind), data or b"", path, sent_at, inline)

    def bytes_of(self, entry: Any) -> bytes:
        self._left -= entry.size
        if self._left < 0:
            raise Broken
        data = self._container._open(entry.isectStart, entry.size).read()
        assert isinstance(data, bytes)
        return data


class _Storage:
    """The properties of a mail, of a mail inside, or of an attachment."""

    def __init__(self, reader: _Reader, storage: Any, kind: str, code_page: str) -> None:
        self._reader = reader
        self.entries: Mapping[str, Any] = {entry.name.upper(): entry for entry in storage.kids}
        self._values = self._fixed(_BEGINS_AT[kind])
        number = next((n for n in map(self.number, _CODE_PAGES) if n), 0)
        self.code_page = (_NAMES.get(number) or f"cp{number}") if number else code_page

    def _fixed(self, begins_at: int) -> dict[int, bytes]:
        """Property → its eight bytes, of those whose value is not in a stream of its own."""
        data = (self.read("__PROPERTIES_VERSION1.0") or b"")[begins_at:]
        out = {}
        for at in range(0, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<II8s", data, at)
            out[tag >> 16] = value
        return out

    def read(self, name: str) -> bytes | None:
        entry = self.entries.get(name)
        return None if entry is None else self._reader.bytes_of(entry)

    def text(self, number: int) -> str:
        data = self.read(_stream(number, _UNICODE))
        if data is not None:
            return encodable(data[:MAX_TEXT_BYTES].decode("utf-16-le", "replace")).rstrip("\0")
        return decoded((self.read(_stream(number, _STRING8)) or b"")[:MAX_TEXT_BYTES].rstrip(b"\0"), self.code_page)

    def number(self, number: int) -> int:
        value = self._values.get(number)
        return struct.unpack("<i", value[:4])[0] if value else 0

    def moment(self, number: int) -> datetime | None:
        value = self._values.get(number)
        ticks = struct.unpack("<Q", value)[0] if value else 0
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None


def _stream(number: int, kind: str) -> str:
    return f"__SUBSTG1.0_{number:04X}{kind}"


def _senders(mail: _Storage) -> tuple[str, ...]:
    """In whose name the mail was sent, else who sent it: an address of the internet, or none."""
    for number in (_FROM_SMTP, _SENDER_SMTP):
        if "@" in (said := mail.text(number).strip()):
            return (said.lower(),)
    for kind, address in (_FROM, _SENDER):
        said = mail.text(address).strip()
        if mail.text(kind).strip().upper() in ("", "SMTP") and "@" in said:
            return (said.lower(),)
    return ()


def _name(text: str) -> str:
    """A file name without folders."""
    return mail_file.without_folders(text)[:MAX_HEADER]
