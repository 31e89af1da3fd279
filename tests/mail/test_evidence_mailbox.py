"""Evidence from the mailbox, with a real IMAP server: fetched from people who report to us, each once, and named in its row."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from e2e.small_project import Project
from mail_server import MailServer
from test_mailbox import LIAISONS, USER, collect, outside, project, reply, states  # noqa: F401  (project is a fixture)

from collab_xl.project.sidecar import own_sidecar

PDF = b"%PDF-1.7\n" + bytes(1_200_000)
"""More than a mail that is fetched for its words only."""
JPG = b"\xff\xd8\xff\xe0" + bytes(90_000)


def mail(sender: str, subject: str, body: str, files: dict[str, tuple[bytes, str, str]], logo: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, USER, subject
    message["Date"], message["Message-ID"] = "Fri, 20 Nov 2026 12:00:00 +0800", f"<{abs(hash(subject))}@example.com>"
    message.set_content(body)
    if logo:
        message.add_alternative('<p>谢谢</p><img src="cid:logo">', subtype="html")
        message.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\n" + bytes(20_000), "image", "png", cid="<logo>", filename="image001.png")  # type: ignore[union-attr,index]
    for name, (data, kind, subtype) in files.items():
        message.add_attachment(data, kind, subtype, filename=name)
    return bytes(message)


def test_evidence_is_fetched_from_people_who_report_and_named_in_its_row(project: Project, mail_server: MailServer) -> None:  # noqa: F811
    pack: Path = outside(project, reply(project, "研发部", "缺人", "研发部"))
    li, wang = LIAISONS["市场部"], LIAISONS["研发部"]
    xlsx = (pack.read_bytes(), "application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    mail_server.deliver(
        mail(wang, "W47", "请查收", {"pack.xlsx": xlsx, "现场.jpg": (JPG, "image", "jpeg")}, logo=True),
        mail(li, "XZ-2026-001 验收材料", "见附件", {"报告.pdf": (PDF, "application", "pdf")}),
        mail("news@example.com", "XZ-2026-001", "广告", {"XZ-2026-001.pdf": (PDF, "application", "pdf")}),
    )
    report = collect(project)
    assert states(report) == {"accepted": 1, "evidence": 2}
    assert [(q["department"], q["found"]) for q in report.json["questions"]] == [("研发部", "现场.jpg")]
    project.consolidate()
    assert project.value("requirements", "XZ-2026-001", "attachment") == "报告.pdf"
    (copy,) = (own_sidecar(project.master).evidence / "XZ-2026-001").iterdir()
    assert copy.read_bytes() == PDF
    assert collect(project).json["items"] == []
