"""What machines answer: why in words, and never at the cost of a person's reply. The mails themselves are in the corpus (tests/mail)."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outlook_files import Msg, received

from collab_xl.catalogue import LANGS, text
from collab_xl.intake.cloud_links import found_in
from collab_xl.intake.mail_file import read_mail
from collab_xl.intake.mail_reports import cause_of, plain
from collab_xl.intake.outlook_file import read_message


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("550 5.1.1 User unknown", "address"),
        ("550 5.4.1 Recipient address rejected: Access denied", "address"),
        ("收件人不存在", "address"),
        ("554 5.4.4 unrouteable domain", "domain"),
        ("Host or domain name not found. Name service error", "domain"),
        ("552 5.2.2 Over quota", "full"),
        ("对方邮箱空间不足", "full"),
        ("550 5.2.1 account disabled", "disabled"),
        ("该帐号已被冻结", "disabled"),
        ("552 5.3.4 Message size exceeds fixed limit", "size"),
        ("554 rejected as spam DT:SPM", "refused"),
        ("550 5.7.1 not authorised", "refused"),
        ("connect to mx: Connection timed out", "unreachable"),
        ("whatever", "other"),
        ("", "other"),
    ],
)
def test_the_reason_in_words(reason: str, cause: str) -> None:
    assert cause_of(reason) == cause
    assert all(text(f"model.reason.bounce_{cause}", lang) for lang in LANGS)


@pytest.mark.parametrize(
    ("link", "service"),
    [
        ("https://wx.mail.qq.com/ftn/download?k=1", "qq"),
        ("https://mail.qq.com/cgi-bin/ftnExs_download?k=1", "qq"),
        ("https://exmail.qq.com/cgi-bin/ftnExs_download?k=1", "qq"),
        ("https://mail.163.com/large-attachment-download/index.html?p=1", "netease"),
        ("https://u.163.com/t/abc", "netease"),
        ("https://example.sharepoint.com/:x:/s/pmo/abc", "microsoft"),
        ("https://example.sharepoint.cn/:x:/abc", "microsoft"),
        ("https://1drv.ms/x/s!abc", "microsoft"),
        ("https://docs.google.com/spreadsheets/d/1", "google"),
        ("https://docs.qq.com/sheet/DAA", "tencent_docs"),
        ("https://www.kdocs.cn/l/abc", "wps"),
        ("https://example.feishu.cn/sheets/abc", "feishu"),
        ("https://alidocs.dingtalk.com/i/nodes/1", "dingtalk"),
        ("https://pan.baidu.com/s/1", "baidu"),
        ("https://www.qq.com/", ""),
        ("https://mail.qq.com/", ""),
        ("https://www.example.cn/sheet", ""),
    ],
)
def test_links_to_files_are_told_from_others(link: str, service: str) -> None:
    key, shown = found_in(f"见：<{link}>，谢谢")
    assert (key, shown) == ((f"model.reason.cloud_{service}", link) if service else ("", ""))


def test_a_link_behind_words_in_html() -> None:
    mark = '<div><A class="a" HREF="https://docs.qq.com/sheet/x&amp;y">填报包.xlsx</A><script>if (a<b) "</p>"</script> &lt;好&gt;</div>'
    assert found_in(plain(mark))[1] == "https://docs.qq.com/sheet/x&y"
    assert "<好>" in plain(mark)
    assert "if (a" not in plain(mark)


def test_a_report_that_outlook_saved() -> None:
    words = "以下收件人无法送达:\r\nwang@example.cn\r\n原因：550 5.1.1 User unknown\r\n"
    texts = {0x001A: "REPORT.IPM.Note.NDR", 0x0037: "未送达: W47", 0x0C1F: "postmaster@example.cn", 0x1000: words, 0x1042: "<pack@x>"}
    (said,) = read_message(Msg(texts, {}, (("W47", received(("pack.xlsx", b"PK"))),)).bytes()).said
    assert said == ("bounce", "wang@example.cn", "550 5.1.1 User unknown", "<pack@x>")
    away = Msg(
        {0x001A: "IPM.Note.Rules.OofTemplate.Microsoft", 0x0037: "外出", 0x0C1F: "wang@example.cn"}, {0x3FFD: struct.pack("<i", 936)}
    )
    assert [s[:3] for s in read_message(away.bytes()).said] == [("auto_reply", "wang@example.cn", "外出")]
    assert read_message(received(("pack.xlsx", b"PK")).bytes()).said == ()


BOUNCE = (
    b"From: MAILER-DAEMON@x.cn\r\nSubject: failure notice\r\nContent-Type: multipart/report; report-type=delivery-status; "
    b"boundary=b\r\n\r\n"
    b"--b\r\n\r\n<wang@example.cn>: 550 no\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    b"Final-Recipient: rfc822; wang@example.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


@settings(max_examples=300)
@given(st.data())
def test_anything_is_read(data: st.DataObject) -> None:
    changed = bytearray(BOUNCE)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    mail = read_mail(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
    assert all(len(s.reason) <= 300 for s in mail.said)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("\n" * 60_000, id="blank lines"),
        pytest.param("<script" * 9_000, id="open scripts"),
        pytest.param("<a href=" * 9_000, id="open links"),
        pytest.param("a." * 40_000 + "@", id="addresses that never come"),
        pytest.param("<wang@example.cn>:\n" * 6_000, id="addresses"),
        pytest.param("https://a" * 9_000, id="links"),
        pytest.param("原因：\n" * 20_000, id="reasons"),
        pytest.param("Message-ID: <" * 9_000, id="ids"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_time_grows_with_the_length(kind: str, body: str) -> None:
    def seconds(words: str) -> float:
        mail = f"From: postmaster@x.cn\r\nSubject: failure notice\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{words}".encode()
        began = time.process_time()
        found_in(read_mail(mail).text)
        return time.process_time() - began

    assert seconds(body) < 40 * max(seconds(body[: len(body) // 8]), 0.01)
