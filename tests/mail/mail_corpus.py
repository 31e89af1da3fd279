"""Writes the mail corpus: `python tests/mail/mail_corpus.py`. Each .eml has its expected result beside it (.json).

The mails are put together byte by byte, the way people's programs really write them; the library would write them too well.
The workbooks inside are small, uncompressed and made by hand, so that the same source gives the same bytes everywhere.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "intake"))

from intake_books import hand_made, pack_book
from machine_mails import machine_mails

from collab_xl.forms import SCHEMA_VERSION
from collab_xl.intake.gates import Known
from collab_xl.intake.opening import SAID_CODES
from collab_xl.intake.token import make_token
from collab_xl.model.directory import Department, Directory
from collab_xl.model.merge import Pack

HERE = Path(__file__).resolve().parent
SECRET, PROJECT = bytes(range(32)), "7f3c0d52"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _pack(pack_id: str, department: str, week: str, day: int) -> Pack:
    return Pack(pack_id, department, week, datetime(2026, 11, day, 9), SCHEMA_VERSION, {})


KNOWN = Known(
    PROJECT,
    SECRET,
    Directory.of(
        [
            Department("研发部", ("R&D",), "王主管", ("wang@example.cn", "Yanfa.Backup@example.cn")),
            Department("市场部", (), "李经理", ("li@example.cn",)),
            Department("行政部"),
        ]
    ),
    {
        p.id: p
        for p in (
            _pack("P-46-RD", "研发部", "2026-W46", 9),
            _pack("P-47-RD", "研发部", "2026-W47", 16),
            _pack("P-47-MK", "市场部", "2026-W47", 16),
            _pack("P-47-AD", "行政部", "2026-W47", 16),
        )
    },
)


def pack(pack_id: str, note: str = "", *, project: str = PROJECT, department: str = "") -> bytes:
    """A filled-in pack; `department` given, somebody changed it on the hidden sheet."""
    issued = KNOWN.packs[pack_id]
    token = make_token(SECRET, project, pack_id, issued.department, issued.week, SCHEMA_VERSION)
    claims = {"kind": "pack", "project": project, "schema": SCHEMA_VERSION, "lang": "zh", "pack": pack_id}
    claims |= {"department": department or issued.department, "week": issued.week, "token": token}
    return pack_book([["任务ID", "备注"], ["RW-001", note or "本周完成联调"]], claims)


def b64(data: bytes) -> str:
    return base64.encodebytes(data).decode().replace("\n", "\r\n")


def part(headers: Sequence[str], body: str) -> bytes:
    return ("\r\n".join(headers) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def attached(name: str, data: bytes, kind: str = XLSX, disposition: str = "attachment") -> bytes:
    """`name` stands in the header as given, encoded or not."""
    lines = [
        f'Content-Type: {kind}; name="{name}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: {disposition}; filename="{name}"',
    ]
    return part(lines, b64(data))


def text(words: str = "附件是本周填报包，请查收。", charset: str = "utf-8") -> bytes:
    return part([f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: base64"], b64(words.encode(charset)))


def mail(
    parts: Sequence[bytes],
    *,
    sender: str = "王主管 <wang@example.cn>",
    date: str = "Fri, 20 Nov 2026 16:40:00 +0800",
    message_id: str = "<0001@example.cn>",
    subject: str = "研发部第47周填报",
    extra: Sequence[str] = (),
) -> bytes:
    """A multipart/mixed mail; header texts outside ASCII are written as UTF-8 encoded words."""
    head = [f"From: {_encoded(sender)}", "To: pmo@example.cn", f"Subject: {_encoded(subject)}", f"Message-ID: {message_id}"]
    head += [f"Date: {date}"] if date else []
    mark = zlib.crc32(b"".join(parts))  # a mail inside a mail needs a boundary of its own
    boundary = f"----=_Part_{mark:08x}"
    body = b"".join(f"--{boundary}\r\n".encode() + p.rstrip(b"\r\n") + b"\r\n" for p in parts) + f"--{boundary}--\r\n".encode()
    lines = [*head, *extra, "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{boundary}"']
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def _encoded(words: str) -> str:
    """Non-ASCII words as UTF-8 encoded words; surrogates (raw bytes) stay as they are."""
    return " ".join(
        f"=?UTF-8?B?{base64.b64encode(w.encode()).decode()}?=" if not w.isascii() and not any("\udc80" <= c <= "\udcff" for c in w) else w
        for w in words.split(" ")
    )


def gbk_word(words: str, label: str = "gb2312") -> str:
    return f"=?{label}?B?{base64.b64encode(words.encode('gbk')).decode()}?="


def gbk_cut(words: str) -> str:
    """Two encoded words with a Chinese character cut in two between them, folded, as some programs write long names."""
    raw = words.encode("gbk")
    first, second = (base64.b64encode(p).decode() for p in (raw[:9], raw[9:]))
    return f"=?GB2312?B?{first}?=\r\n =?GB2312?B?{second}?="


def gbk_percent(words: str) -> str:
    return "".join(f"%{b:02X}" for b in words.encode("gbk"))


def raw_gbk(words: str) -> str:
    return words.encode("gbk").decode("ascii", "surrogateescape")


def gbk_zip(name: str, data: bytes) -> bytes:
    """A zip as Windows in China writes it: the name in GBK and no UTF-8 flag."""
    placeholder = "x" * len(name.encode("gbk"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(placeholder, (2026, 11, 20, 16, 0, 0)), data)
    return out.getvalue().replace(placeholder.encode(), name.encode("gbk"))


def item(source: str, state: str, code: str = "", **more: str) -> dict[str, str]:
    return {"source": source, "state": state, "code": code, **more}


RD = {"department": "研发部", "pack": "P-47-RD"}
SENT = "2026-11-20T16:40:00+08:00"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
NAME = "填报包_研发部_2026-W47.xlsx"


def corpus() -> dict[str, tuple[bytes, list[dict[str, str]]]]:
    """File name without ending → (mail, what is expected of it), in the order they are collected."""
    good, inner = pack("P-47-RD"), [text(), attached(gbk_word(NAME), pack("P-47-RD", "转发"))]
    forwarded = mail(inner, date="Fri, 20 Nov 2026 10:05:00 +0800", subject="原邮件")
    rfc2231 = part(
        [
            f"Content-Type: {XLSX}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: attachment; filename*0*=gb2312''{gbk_percent('填报包_研发部')};\r\n"
            f" filename*1*={gbk_percent('_第47周镕')}.xlsx",
        ],
        b64(pack("P-47-RD", "二二三一")),
    )
    nameless = part([f"Content-Type: {XLSX}", "Content-Transfer-Encoding: base64"], b64(pack("P-47-RD", "无名")))
    nested = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + forwarded
    nested64 = part(
        ["Content-Type: message/rfc822", 'Content-Disposition: attachment; filename="fwd.eml"', "Content-Transfer-Encoding: base64"],
        b64(mail([text(), attached("a.xlsx", pack("P-47-RD", "编码的转发"))], date="Fri, 20 Nov 2026 11:00:00 +0800")),
    )
    octet = attached(
        "old.eml",
        mail([text(), attached("b.XLSX", pack("P-47-RD", "附件邮件"))], date="Thu, 19 Nov 2026 9:00 +0800"),
        "application/octet-stream",
    )
    zip_ = attached(gbk_word("本周.zip"), gbk_zip("部门/填报包_研发部.xlsx", pack("P-47-RD", "压缩")), "application/zip")
    sent, me = {"sent_at": SENT}, {"sender": "wang@example.cn"}
    return {
        "01_plain": (mail([text(), attached("pack.xlsx", good)]), [item("01_plain.eml » pack.xlsx", "accepted", **RD, **sent, **me)]),
        "02_gbk_name_cut_in_two": (
            mail([text(charset="gbk"), attached(gbk_cut(NAME), pack("P-47-RD", "切开"))]),
            [item(f"02_gbk_name_cut_in_two.eml » {NAME}", "accepted", **RD, **sent)],
        ),
        "03_rfc2231_gbk_name": (
            mail([text(), rfc2231]),
            [item("03_rfc2231_gbk_name.eml » 填报包_研发部_第47周镕.xlsx", "accepted", **RD, **sent)],
        ),
        "04_raw_gbk_header": (
            mail([text(), attached(raw_gbk(NAME), pack("P-47-RD", "原样"))], sender=raw_gbk("王主管") + " <Wang@Example.CN>"),
            [item(f"04_raw_gbk_header.eml » {NAME}", "accepted", **RD, **sent, **me)],
        ),
        "05_forwarded_as_attachment": (
            mail([text(), nested]),
            [item(f"05_forwarded_as_attachment.eml » 原邮件 » {NAME}", "accepted", **RD, sent_at="2026-11-20T10:05:00+08:00", **me)],
        ),
        "06_forwarded_in_base64": (
            mail([text(), nested64]),
            [item("06_forwarded_in_base64.eml » fwd.eml » a.xlsx", "accepted", **RD, sent_at="2026-11-20T11:00:00+08:00")],
        ),
        "07_two_workbooks_and_a_logo": (
            mail(
                [
                    text(),
                    attached("logo.png", PNG, "image/png", "inline"),
                    attached("pack.xlsx", pack("P-47-RD", "两个附件")),
                    attached(gbk_word("补充.xlsx"), hand_made([["任务名称", "负责部门"], ["压测", "研发部"]])),
                ]
            ),
            [
                item("07_two_workbooks_and_a_logo.eml » pack.xlsx", "accepted", **RD),
                item("07_two_workbooks_and_a_logo.eml » 补充.xlsx", "accepted", "S409", department="研发部", pack=""),
            ],
        ),
        "08_wrong_sender": (
            mail([text(), attached("pack.xlsx", pack("P-47-RD", "代发"))], sender="李经理 <li@example.cn>"),
            [item("08_wrong_sender.eml » pack.xlsx", "refused", "S407", **RD, sender="li@example.cn")],
        ),
        "09_unknown_sender": (
            mail([text(), attached("pack.xlsx", pack("P-47-RD", "私人邮箱"))], sender='"wang@example.cn" <wang@private.example>'),
            [item("09_unknown_sender.eml » pack.xlsx", "refused", "S406", **RD, sender="wang@private.example")],
        ),
        "10_resent": (
            mail(
                [text("再发一次"), attached("pack(1).xlsx", good)], date="Fri, 20 Nov 2026 17:00:00 +0800", message_id="<0010@example.cn>"
            ),
            [item("10_resent.eml » pack(1).xlsx", "duplicate", "S410", **RD)],
        ),
        "11_no_workbook": (
            mail(
                [
                    text("好的，收到"),
                    attached("logo.png", PNG, "image/png", "inline"),
                    attached(gbk_word("会议.ics"), b"BEGIN:VCALENDAR", "text/calendar"),
                ]
            ),
            [item("11_no_workbook.eml", "ignored", "S421", department="", pack="", attachments="会议.ics")],
        ),
        "12_zip_with_gbk_names": (
            mail([text(), zip_]),
            [item("12_zip_with_gbk_names.eml » 本周.zip » 部门/填报包_研发部.xlsx", "accepted", file="填报包_研发部.xlsx", **RD)],
        ),
        "13_winmail": (
            mail([text(), attached("winmail.dat", b"\x78\x9f\x3e\x22" + bytes(30), "application/ms-tnef")]),
            [item("13_winmail.eml » winmail.dat", "refused", "S422")],
        ),
        "14_other_project": (
            mail([text(), attached("pack.xlsx", pack("P-47-RD", project="0000"))]),
            [item("14_other_project.eml » pack.xlsx", "refused", "S402", department="", pack="")],
        ),
        "15_department_changed_by_hand": (
            mail([text(), attached("pack.xlsx", pack("P-47-RD", department="市场部"))], sender="li@example.cn"),
            [item("15_department_changed_by_hand.eml » pack.xlsx", "refused", "S401")],
        ),
        "16_older_pack": (
            mail([text(), attached("pack.xlsx", pack("P-46-RD"))], sender="yanfa.backup@example.cn (备用)"),
            [item("16_older_pack.eml » pack.xlsx", "accepted", "S411", department="研发部", pack="P-46-RD")],
        ),
        "17_macro_workbook_and_archives": (
            mail(
                [
                    attached("pack.xlsm", good),
                    attached("pack.rar", b"Rar!\x1a\x07", "application/x-rar"),
                    attached("fw.msg", b"\xd0\xcf\x11\xe0", "application/vnd.ms-outlook"),
                ]
            ),
            [
                item("17_macro_workbook_and_archives.eml » pack.xlsm", "refused", "S103"),
                item("17_macro_workbook_and_archives.eml » pack.rar", "refused", "S426"),
                item("17_macro_workbook_and_archives.eml » fw.msg", "refused", "S423"),
            ],
        ),
        "18_mail_as_plain_file": (
            mail([text(), octet], date="Fri, 20 Nov 2026 18:00:00 +0800"),
            [item("18_mail_as_plain_file.eml » old.eml » b.XLSX", "accepted", **RD, sent_at="2026-11-19T09:00:00+08:00")],
        ),
        "19_attachment_without_name": (
            mail([text(), nameless]),
            [item("19_attachment_without_name.eml » attachment.xlsx", "accepted", **RD)],
        ),
        "20_no_sender_no_date": (
            mail([text(), attached("pack.xlsx", pack("P-47-MK"))], sender="市场部", date=""),
            [item("20_no_sender_no_date.eml » pack.xlsx", "refused", "S406", sender="", department="市场部")],
        ),
        "21_department_without_address": (
            mail([text(), attached("pack.xlsx", pack("P-47-AD"))], sender="someone@example.cn"),
            [item("21_department_without_address.eml » pack.xlsx", "accepted", "S412", department="行政部", pack="P-47-AD")],
        ),
        "22_hand_made_from_a_stranger": (
            mail([attached("x.csv", "任务名称,负责部门\r\n压测,研发部\r\n".encode("gb18030"), "text/csv")], sender="x@other.example"),
            [item("22_hand_made_from_a_stranger.eml » x.csv", "refused", "S406")],
        ),
        "23_zip_that_is_a_workbook": (
            mail([text(), attached("pack.zip", pack("P-47-RD", "被改名"), "application/zip")]),
            [item("23_zip_that_is_a_workbook.eml » pack.xlsx", "accepted", **RD)],
        ),
        "24_link_to_a_large_attachment": (
            mail([text("从QQ邮箱发来的超大附件\n填报包.xlsx (61M)\nhttps://wx.mail.qq.com/ftn/download?func=3&key=a1")]),
            [item("24_link_to_a_large_attachment.eml", "ignored", "S446", link="https://wx.mail.qq.com/ftn/download?func=3&key=a1")],
        ),
        "25_pack_and_a_link": (
            mail([text("说明见 https://docs.qq.com/sheet/x"), attached("pack.xlsx", pack("P-47-RD", "有链接"))]),
            [item("25_pack_and_a_link.eml » pack.xlsx", "accepted", **RD)],
        ),
        "26_written_by_a_person_about_a_bounce": (
            mail(
                [text("上次的邮件被退回，该任务不存在，见附件。"), attached("pack.xlsx", pack("P-47-RD", "人写的"))],
                extra=["Return-Path: <>"],
            ),
            [item("26_written_by_a_person_about_a_bounce.eml » pack.xlsx", "accepted", **RD)],
        ),
        "27_sent_by_a_system_of_the_department": (
            mail(
                [text("OA 自动发送"), attached("pack.xlsx", pack("P-47-RD", "系统发的"))],
                subject="自动回复：第47周填报",
                extra=["Auto-Submitted: auto-generated", "Precedence: bulk"],
            ),
            [item("27_sent_by_a_system_of_the_department.eml » pack.xlsx", "accepted", **RD)],
        ),
        **evidence(),
        **{
            name: (data, [item(f"{name}.eml", "ignored", SAID_CODES[said[0]], recipient=said[1], about=said[3], reason=said[2]), *more])
            for name, (data, said) in machine_mails(good).items()
            for more in [[item(f"{name}.eml", "ignored", "S445", recipient="zhao@example.cn")] if "two_" in name else []]
        },
    }


PDF = b"%PDF-1.7\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0" + bytes(5000)


def document(*more: str) -> bytes:
    """A small .docx, with further parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *more):
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 16, 0, 0)), b"<x/>")
    return out.getvalue()


def of_folder(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 16, 0, 0)), data)
    return out.getvalue()


def shown_in_text(name: str, data: bytes) -> bytes:
    """A picture that the text of the mail shows by its Content-ID."""
    lines = [f'Content-Type: image/png; name="{name}"', "Content-Transfer-Encoding: base64", "Content-ID: <image001@01DC>"]
    return part(lines, b64(data))


def evidence() -> dict[str, tuple[bytes, list[dict[str, str]]]]:
    """Mails with files beside a pack, or without one."""
    kept = {"department": "研发部", "pack": ""}
    report = gbk_word("XZ-2026-001 验收报告.pdf")
    hostile = {
        "..\\..\\..\\evil.pdf": "evil.pdf",
        "=cmd|x!A1.pdf": "cmd|x!A1.pdf",
        "CON.pdf": "CON.pdf",
        gbk_word("长" * 100 + ".pdf"): "长" * 100 + ".pdf",
    }
    return {
        "50_pack_and_evidence": (
            mail(
                [
                    text(),
                    attached("logo.png", PNG, "image/png", "inline"),
                    attached("pack.xlsx", pack("P-47-RD", "带材料")),
                    attached(report, PDF, "application/pdf"),
                    attached("ATT00001.htm", b"<p></p>", "text/html"),
                ]
            ),
            [
                item("50_pack_and_evidence.eml » pack.xlsx", "accepted", **RD),
                item("50_pack_and_evidence.eml » XZ-2026-001 验收报告.pdf", "evidence", "S447", **kept, subject="研发部第47周填报"),
            ],
        ),
        "51_named_in_the_text": (
            mail(
                [
                    text("各位好：\n\n附件：XZ-2026-002 现场.jpg，XZ-2026-001 报告.docx\n\n谢谢"),
                    attached(gbk_word("现场.jpg"), JPG, "image/jpeg"),
                    attached(gbk_word("报告.docx"), document(), "application/msword"),
                ],
                subject="验收材料",
            ),
            [
                item("51_named_in_the_text.eml » 现场.jpg", "evidence", "S447", **kept, near="附件：XZ-2026-002 现场.jpg"),
                item("51_named_in_the_text.eml » 报告.docx", "evidence", "S447", **kept, near="XZ-2026-001 报告.docx"),
            ],
        ),
        "52_zip_of_evidence": (
            mail([text(), attached(gbk_word("材料.zip"), of_folder({"XZ-2026-001/a.jpg": JPG, "说明.txt": b"ok"}), "application/zip")]),
            [
                item("52_zip_of_evidence.eml » 材料.zip » XZ-2026-001/a.jpg", "evidence", "S447", **kept, file="a.jpg"),
                item("52_zip_of_evidence.eml » 材料.zip » 说明.txt", "evidence", "S447", **kept),
            ],
        ),
        "53_what_can_run": (
            mail(
                [
                    text(),
                    attached("pack.xlsx", pack("P-47-RD", "带程序")),
                    attached(gbk_word("报告.pdf.exe"), b"MZ\x90", "application/pdf"),
                    attached("a.pdf", b"MZ\x90", "application/pdf"),
                    attached("b.docx", document("word/vbaProject.bin"), "application/msword"),
                    attached("c.pdf", b"<html>", "application/pdf"),
                    attached(_encoded("报告\u202efdp.exe"), b"MZ", "application/pdf"),
                ]
            ),
            [
                item("53_what_can_run.eml » pack.xlsx", "accepted", **RD),
                item("53_what_can_run.eml » 报告.pdf.exe", "ignored", "S448", cause="model.reason.evidence_runs"),
                item("53_what_can_run.eml » a.pdf", "ignored", "S448", cause="model.reason.evidence_runs"),
                item("53_what_can_run.eml » b.docx", "ignored", "S448", cause="model.reason.evidence_runs"),
                item("53_what_can_run.eml » c.pdf", "ignored", "S448", cause="model.reason.evidence_content"),
                item("53_what_can_run.eml » 报告fdp.exe", "ignored", "S448", cause="model.reason.evidence_runs"),
            ],
        ),
        "54_picture_of_a_signature": (
            mail([text("好的，收到"), shown_in_text("image001.png", PNG + bytes(20_000))]),
            [item("54_picture_of_a_signature.eml", "ignored", "S421", attachments="—")],
        ),
        "55_evidence_from_a_stranger": (
            mail([text(), attached("XZ-2026-001.pdf", PDF, "application/pdf")], sender="x@other.example"),
            [
                item(
                    "55_evidence_from_a_stranger.eml » XZ-2026-001.pdf",
                    "evidence",
                    "S447",
                    department="",
                    pack="",
                    sender="x@other.example",
                )
            ],
        ),
        "56_hostile_names": (
            mail([text(), *(attached(name, PDF + name.encode(), "application/pdf") for name in hostile)]),
            [item(f"56_hostile_names.eml » {name}", "evidence", "S447", **kept, file=name) for name in hostile.values()],
        ),
    }


def expected_text(expected: list[dict[str, str]]) -> str:
    return json.dumps(expected, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for name, (data, expected) in corpus().items():
        (HERE / f"{name}.eml").write_bytes(data)
        (HERE / f"{name}.json").write_text(expected_text(expected), encoding="utf-8")
    print(len(corpus()), "mails")
