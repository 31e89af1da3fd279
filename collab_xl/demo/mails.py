"""Write a mail with attachments as a .eml file, in the forms that mail programs in China really send.

The standard library's old `MIME*` classes are used on purpose: the new ones would tidy up the very headers that are to be untidy.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from urllib.parse import quote

_SUBTYPE = {
    "xlsx": "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "pdf",
}


@dataclass(frozen=True)
class Attachment:
    """`naming` says how the header carries a file name that is not ASCII.

    gbk_word: an encoded word inside quotes, as Foxmail and Outlook write it · gbk_2231: RFC 2231 with GB18030 · utf8: RFC 2231 with UTF-8.
    """

    name: str
    data: bytes
    naming: str = "utf8"


@dataclass(frozen=True)
class Mail:
    sender: str
    sender_name: str
    subject: str
    body: str
    sent_at: datetime
    """Local time, without a zone: the story plays where it is told."""
    attachments: tuple[Attachment, ...] = ()
    charset: str = "utf-8"
    reply_to: str = ""
    """Message id of the mail this one answers."""


def as_eml(mail: Mail, number: int, to: str = "pmo@example.com") -> bytes:
    """The mail as bytes; `number` makes message id and boundary, so that the same mail is the same bytes."""
    message = MIMEMultipart("mixed", boundary=f"----=_NextPart_{number:03d}_2026W47")
    message["From"] = f"{Header(mail.sender_name, mail.charset).encode()} <{mail.sender}>"
    message["To"] = f"PMO <{to}>"
    message["Subject"] = Header(mail.subject, mail.charset).encode()
    message["Date"] = format_datetime(mail.sent_at.astimezone())
    message["Message-ID"] = message_id(number, mail.sender)
    if mail.reply_to:
        message["In-Reply-To"] = mail.reply_to
    message.attach(MIMEText(mail.body, "plain", mail.charset))
    for attachment in mail.attachments:
        message.attach(_part(attachment))
    return message.as_bytes()


def message_id(number: int, sender: str) -> str:
    return f"<2026w47.{number:03d}@{sender.partition('@')[2]}>"


def _part(attachment: Attachment) -> MIMEApplication:
    part = MIMEApplication(attachment.data, _SUBTYPE.get(attachment.name.rpartition(".")[2], "octet-stream"))
    name = attachment.name
    if name.isascii():
        shown = f'filename="{name}"'
    elif attachment.naming == "gbk_word":
        shown = f'filename="=?GBK?B?{base64.b64encode(name.encode("gbk")).decode("ascii")}?="'
    elif attachment.naming == "gbk_2231":
        shown = f"filename*=gb18030''{quote(name.encode('gb18030'))}"
    else:
        shown = f"filename*=UTF-8''{quote(name)}"
    part["Content-Disposition"] = f"attachment; {shown}"
    return part


def write_all(mails: Sequence[tuple[str, Mail]]) -> list[tuple[str, bytes, datetime]]:
    """(file name, bytes, when it came in) of every mail, numbered from 1 in the order given."""
    return [(f"{number:02d}_{name}.eml", as_eml(mail, number), mail.sent_at) for number, (name, mail) in enumerate(mails, start=1)]
