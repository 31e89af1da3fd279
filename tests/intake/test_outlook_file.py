"""Mails that Outlook saved as .msg: what is in them is taken in as from any mail; what cannot be read is refused with advice."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_books import hand_made
from outlook_files import HEADERS, Msg, received, within

from collab_xl.catalogue import LANGS, code_key, text
from collab_xl.intake.inbox import Inbox
from collab_xl.intake.mail_file import MAX_DEPTH
from collab_xl.intake.outlook_file import SIGNATURE, Broken, read_message

BOOK = hand_made([["任务名称", "负责部门"], ["压测", "研发部"]])
SENT = datetime(2026, 11, 20, 8, 40, tzinfo=UTC)


def names(mail: Msg) -> list[tuple[tuple[str, ...], str]]:
    return [(a.path, a.name) for a in read_message(mail.bytes()).attachments]


def test_headers_of_the_way_are_used() -> None:
    mail = read_message(received(("填报包.xlsx", b"PK-1"), ("纪要.pdf", b"%PDF" + bytes(9000))).bytes())
    assert (mail.sender, mail.message_id, mail.sent_at, mail.subject) == ("wang@example.cn", "<1@example.cn>", SENT, "W47")
    assert [(a.name, a.data[:4], a.inline) for a in mail.attachments] == [
        ("填报包.xlsx", b"PK-1", False),
        ("纪要.pdf", b"%PDF", False),
    ]


@pytest.mark.parametrize(
    ("mail", "sender"),
    [
        pytest.param(within(), "li@example.cn", id="SMTP address of the sender"),
        pytest.param(within(smtp=""), "", id="only a name inside Exchange"),
        pytest.param(Msg({0x0064: "SMTP", 0x0065: "Head@example.cn", 0x0C1F: "secretary@example.cn"}, {}), "head@example.cn", id="for"),
        pytest.param(Msg({0x0C1E: "smtp", 0x0C1F: "Wang@example.cn"}, {}), "wang@example.cn", id="address"),
        pytest.param(received(headers="From: a@x.cn\r\nFrom: b@x.cn\r\n\r\n"), "b@x.cn", id="two of them"),
    ],
)
def test_who_sent_it(mail: Msg, sender: str) -> None:
    assert read_message(mail.bytes()).sender == sender


def test_a_mail_within_exchange_has_its_time_and_its_id() -> None:
    mail = read_message(within(("a.xlsx", b"PK")).bytes())
    assert (mail.sent_at, mail.message_id, mail.subject) == (SENT, "<2@example.cn>", "周报")


@pytest.mark.parametrize(
    ("page", "encoding"), [(936, "gbk"), (950, "big5"), (54936, "gb18030"), (65001, "utf-8"), (0, "gbk"), (932, "cp932")]
)
def test_names_in_a_code_page(page: int, encoding: str) -> None:
    title = "報告.xlsx" if page in (950, 932) else "研发部.xlsx"
    mail = Msg({0x0C1F: "a@b.cn"}, {0x3FFD: struct.pack("<i", page)} if page else {}, ((title, b"PK"),), encoding=encoding)
    assert names(mail) == [((), title)]


def test_mails_inside_as_deep_as_in_other_mails() -> None:
    mail = within(("in.xlsx", b"PK"))
    for level in range(MAX_DEPTH):
        mail = within((f"{level}", mail), ("beside.csv", b"a"))
    assert ((tuple(str(n) for n in reversed(range(MAX_DEPTH)))), "in.xlsx") in names(mail)
    assert all(name != "in.xlsx" for _, name in names(within(("more", mail))))
    assert names(within(("", within(("a.xlsx", b"PK"))))) == [(("周报",), "a.xlsx")]


def test_the_earliest_date_on_the_way_counts() -> None:
    outer = received(("", within(("a.xlsx", b"PK"))), headers=HEADERS.replace("20 Nov", "25 Nov"))
    assert [a.sent_at for a in read_message(outer.bytes()).attachments] == [SENT]


def test_a_signed_mail_is_inside_as_it_travelled() -> None:
    inner = EmailMessage()
    inner.set_content("见附件")
    inner.add_attachment(b"PK-9", "application", "octet-stream", filename="签名.xlsx")
    signed = received(("smime.p7m", bytes(inner)), attachment={0x370E: "multipart/signed"})
    assert names(signed) == [((), "签名.xlsx")]


def test_pictures_of_the_text_are_no_attachments() -> None:
    hidden = received(("image001.png", b"PNG"), attachment_fixed={0x7FFE: struct.pack("<i", 1)})
    assert read_message(hidden.bytes()).attachments[0].inline
    pasted = received(("image001.png", b"PNG"), attachment={0x370E: "image/png", 0x3712: "image001@01"})
    assert read_message(pasted.bytes()).attachments[0].inline


def test_a_sender_whom_the_own_server_calls_forged() -> None:
    headers = "Authentication-Results: mx.example.cn; dmarc=fail\r\n" + HEADERS
    assert read_message(received(headers=headers).bytes()).dmarc_failed == "mx.example.cn"


def found(folder: Path) -> dict[str, tuple[str, str]]:
    with Inbox() as inbox:
        return {i.source: (i.code, i.sender) for i in inbox.gather([folder])}


def test_the_inbox_takes_workbooks_out_of_it(tmp_path: Path) -> None:
    mail = received(("研发部.xlsx", BOOK), ("fw", within(("深.xlsx", BOOK + b"\0")))).bytes()
    (tmp_path / "a.msg").write_bytes(mail)
    (tmp_path / "B.MSG").write_bytes(within(("纪要.ics", b"BEGIN")).bytes())
    outer = EmailMessage()
    outer["From"], outer["Date"] = "li@example.cn", "Fri, 20 Nov 2026 12:00:00 +0800"
    outer.set_content("转发")
    outer.add_attachment(mail, "application", "vnd.ms-outlook", filename="转发.msg")
    (tmp_path / "c.eml").write_bytes(bytes(outer))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("m/x.msg", mail)
    (tmp_path / "d.zip").write_bytes(packed.getvalue())
    (tmp_path / "e.msg").write_bytes(bytes(outer))  # an ordinary mail under that name
    assert found(tmp_path) == {
        "a.msg » 研发部.xlsx": ("", "wang@example.cn"),
        "a.msg » fw » 深.xlsx": ("", "wang@example.cn"),
        "B.MSG": ("S421", "li@example.cn"),
        "c.eml » 转发.msg » 研发部.xlsx": ("", "wang@example.cn"),
        "c.eml » 转发.msg » fw » 深.xlsx": ("", "wang@example.cn"),
        "d.zip » m/x.msg » 研发部.xlsx": ("", "wang@example.cn"),
        "d.zip » m/x.msg » fw » 深.xlsx": ("", "wang@example.cn"),
        "e.msg » 转发.msg » 研发部.xlsx": ("", "wang@example.cn"),
        "e.msg » 转发.msg » fw » 深.xlsx": ("", "wang@example.cn"),
    }


@pytest.mark.parametrize("link", ["https://example.sharepoint.com/:x:/s/pmo/abc", "https://files.example.cn/abc"])
def test_an_attachment_left_on_a_server_is_said_as_one(link: str, tmp_path: Path) -> None:
    mail = within(("填报包.xlsx", b""), attachment={0x370D: link}, attachment_fixed={0x3705: struct.pack("<q", 7)})
    assert read_message(mail.bytes()).attachments == ()
    (tmp_path / "a.msg").write_bytes(mail.bytes())
    with Inbox() as inbox:
        (item,) = inbox.gather([tmp_path])
    facts = dict(item.facts)
    assert (item.code, facts["service"], facts["link"]) == ("S446", "model.reason.cloud_microsoft", link)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(SIGNATURE, id="only the mark"),
        pytest.param(b"nothing of a mail", id="text"),
        pytest.param(received(("a.xlsx", BOOK)).bytes()[:-700], id="cut"),
        pytest.param(SIGNATURE + bytes(5000), id="zeros"),
    ],
)
def test_what_is_no_outlook_mail_is_refused_with_advice(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.msg").write_bytes(data)
    assert found(tmp_path) == {"a.msg": ("S423", "")}
    for lang in LANGS:
        said = [text(code_key("S423", part), lang, file="a.msg") for part in ("what", "why", "fix")]
        assert "a.msg" in said[0]
        assert all(said)


WHOLE = received(("a.xlsx", bytes(6000)), ("b", within(("c.xlsx", b"PK" * 40)))).bytes()


@settings(max_examples=300)
@given(st.data())
def test_anything_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(8, len(changed) - 1))] = data.draw(st.sampled_from([0, 1, 2, 5, 127, 255]))
    cut = data.draw(st.sampled_from([len(changed), data.draw(st.integers(0, len(changed)))]))
    try:
        mail = read_message(bytes(changed[:cut]))
    except Broken:
        return
    assert sum(len(a.data) for a in mail.attachments) <= len(WHOLE)
    assert all(a.name.encode() is not None for a in mail.attachments)


def test_streams_that_share_their_bytes_do_not_multiply() -> None:
    """Three attachments whose directory entries all point at the same 200 KB: more than the file has."""
    mail = bytearray(received(*((f"{n}.xlsx", bytes([65 + n]) * 200_000) for n in range(3))).bytes())
    entries = [at for at in range(0, len(mail), 128) if mail[at : at + 40] == "__substg1.0_37010102".encode("utf-16-le")]
    assert len(entries) == 3
    for at in entries[1:]:
        mail[at + 116 : at + 120] = mail[entries[0] + 116 : entries[0] + 120]
    assert len(read_message(bytes(mail)).attachments) == 3  # no more than it has: read
    for at in entries:
        mail[at + 120 : at + 124] = struct.pack("<I", 600_000)
    with pytest.raises(Broken):
        read_message(bytes(mail))


def test_the_time_grows_with_the_length() -> None:
    def seconds(n: int) -> float:
        data = received(*((f"{k}.txt", b"x") for k in range(n))).bytes()
        began = time.process_time()
        assert len(read_message(data).attachments) == n
        return time.process_time() - began

    seconds(20)
    assert seconds(480) < 60 * max(seconds(30), 0.005)
