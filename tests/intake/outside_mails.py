"""Mails with texts that cannot be encoded and with very long headers, made byte by byte."""

from __future__ import annotations


def mail(
    sender: bytes = b"wang@example.com",
    subject: bytes = b"x",
    *,
    disposition: bytes = b"",
    message_id: bytes = b"<a@b>",
    date: bytes = b"Fri, 20 Nov 2026 10:00:00 +0800",
    data: bytes = b"xx",
) -> bytes:
    """A mail. With a `disposition` it has one attachment, `data`."""
    head = [b"From: " + sender, b"Subject: " + subject, b"Date: " + date, b"Message-ID: " + message_id, b"MIME-Version: 1.0"]
    if not disposition:
        return b"\r\n".join([*head, b"", b"hi", b""])
    part = [b"--b", b"Content-Type: application/octet-stream", b"Content-Disposition: " + disposition, b"", data, b"--b--", b""]
    return b"\r\n".join([*head, b'Content-Type: multipart/mixed; boundary="b"', b"", *part])


ODD_TEXTS: dict[str, tuple[bytes, str]] = {
    "from_raw_utf8": (mail("张三@example.com".encode()), "张三@example.com"),
    "from_raw_gbk": (mail("<张三@example.com>".encode("gbk")), "张三@example.com"),
    "subject_raw_gbk": (mail(subject="周报".encode("gbk")), "周报"),
    "subject_utf7": (mail(subject=b"=?utf-7?Q?+2AA-?="), "+2AA-"),
    "subject_unicode_escape": (mail(subject=b"=?unicode_escape?B?XHVkODAw?="), "\\ud800"),
    "subject_surrogates_in_utf8": (mail(subject=b"=?utf-8?Q?a=ED=A0=80?="), "a"),
    "name_utf7": (mail(disposition=b'attachment; filename="=?utf-7?Q?+2AA-?=.xlsx"'), "+2AA-.xlsx"),
    "name_2231_unicode_escape": (mail(disposition=b"attachment; filename*=unicode_escape''%5Cud800.xlsx"), "ud800.xlsx"),
    "name_2231_surrogate": (mail(disposition=b"attachment; filename*=utf-8''%ED%A0%80.xlsx"), ".xlsx"),
    "message_id_utf7": (mail(message_id=b"=?utf-7?Q?+2AA-?="), "+2AA-"),
    "message_id_raw": (mail(message_id=b"<\xff\xfe@b>"), "@b>"),
}
"""Name → a mail, and the texts that can be read from it."""

K = 1024
LONG_HEADERS: dict[str, tuple[bytes, str]] = {
    "letters": (mail(b"a" * (400 * K)), "From"),
    "quotes": (mail(b'\\"' * (200 * K)), "From"),
    "open_comments": (mail(b"(" * (400 * K)), "From"),
    "ats": (mail(b"<" + b"a@" * (200 * K)), "From"),
    "a_name_of_semicolons": (mail(disposition=b'attachment; filename="' + b";" * (400 * K)), "Content-Disposition"),
    "a_name": (mail(disposition=b'attachment; filename="' + b"a" * (400 * K)), "Content-Disposition"),
    "many_parameters": (mail(disposition=b"attachment" + b";a=b" * 500), "Content-Disposition"),
    "the_date": (mail(date=b"1 " * (200 * K)), "Date"),
    "the_id": (mail(message_id=b"=?a?b?" * (60 * K)), "Message-ID"),
}
"""Name → a mail, and the header that is too long."""
