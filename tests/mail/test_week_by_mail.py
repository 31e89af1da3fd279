"""A whole week by mail alone, over real servers: packs out, answers in (late, wrong, twice, from elsewhere, bounced, none), receipts and
returns, reminders, escalations, the weekly mail. At the end a table says who got what."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from e2e.small_project import REQUIREMENTS, Project, fill_pack
from mail_server import USER, MailServer
from smtp_server import SmtpKeeper, Taken
from test_send import mailbox, send, smtp

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.model.directory import Department
from collab_xl.model.outgoing import MailKind, MailState
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

__all__ = ["smtp"]
MONDAY, THURSDAY, FRIDAY = datetime(2026, 11, 16, 9), datetime(2026, 11, 19, 10), datetime(2026, 11, 20, 17, 30)
NEXT_MONDAY = datetime(2026, 11, 23, 9, 30)
START = date(2026, 11, 2)
WAYS = ("answers", "wrong", "twice", "late", "elsewhere", "bounced", "silent", "answers")
"""What a department does, in turn."""


SPONSOR = "sponsor@example.com"


def name(n: int) -> str:
    return f"部门{n:03}"


def liaison(n: int) -> str:
    return f"d{n}@example.com"


def begun(folder: Path, count: int, imap: int, smtp_port: int) -> Project:
    """A project of so many departments with one task each; every third is long overdue."""
    folder.mkdir()
    project = Project(folder)
    people = [
        Department(name(n), (), f"接*{n}", (liaison(n),), "负*", "上*", "分*", f"head{n}@example.com", f"up{n % 7}@example.com", SPONSOR)
        for n in range(count)
    ]
    tasks = [
        {"task_id": f"RW-{n:03}", "name": f"任务{n}", "req_id": "XZ-2026-001", "dept": name(n), "owner": f"员*{n}", "start": START,
         "end": date(2026, 11, 9) if n % 3 == 0 else date(2026, 12, 4), "progress": 0.2, "status": "in_progress"}
        for n in range(count)
    ]  # fmt: skip
    requirement = {**REQUIREMENTS[0], "from_dept": name(0), "to_depts": (name(0),)}
    with clock.at(MONDAY):
        verbs.init(project.master, project="全周", departments=people, lang="zh", as_of=MONDAY.date(), forms="basic")
    desk.fill_in(project.master, {"requirements": [requirement], "tasks": tasks}, "zh", MONDAY.date())
    written = dict(mail=USER, mail_server=f"localhost:{imap}", mail_smtp=f"localhost:{smtp_port}")
    for setting, value in written.items():
        project.set(setting, value)
    with clock.at(MONDAY):
        report = verbs.issue(project.master, as_of=MONDAY.date(), lang="zh", out=folder / "outbox", progress=no_progress)
    project.packs = {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}
    return project


def answer(pack: Taken, n: int, folder: Path, risk: str, sent: datetime, sender: str = "", progress: object = "60%") -> bytes:
    """A liaison opens the attachment, types into it, and answers the mail."""
    (file,) = pack.mail.iter_attachments()
    path = folder / f"{n}-{sent:%d%H}-{risk}.xlsx"
    path.write_bytes(file.get_content())
    fill_pack(path, {("tasks", f"RW-{n:03}"): {"risk": risk, "progress": progress}}, "zh", sent)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender or liaison(n), USER, f"Re: {pack.mail['Subject']}"
    mail["Date"], mail["Message-ID"] = f"{sent:%a, %d %b %Y %H:%M:%S} +0800", f"<answer-{n}-{sent:%d%H}-{len(risk)}@example.com>"
    mail["In-Reply-To"] = str(pack.mail["Message-ID"])
    mail.set_content("已填，请查收。")
    mail.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=f"{name(n)}.xlsx")
    return bytes(mail)


def bounce(pack: Taken) -> bytes:
    """What a mail server says about a mail it could not deliver (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@example.com\r\nTo: {USER}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Date: Mon, 16 Nov 2026 10:05:00 +0800\r\nMessage-ID: <bounce@example.com>\r\nAuto-Submitted: auto-replied\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {pack.recipients[0]}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {pack.mail['Message-ID']}\r\nSubject: pack\r\n\r\n--b--\r\n"
    ).encode()


def the_week(folder: Path, count: int, server: MailServer, keeper: SmtpKeeper) -> tuple[Project, dict[str, Report]]:
    with mailbox(server) as client:
        for each in ("Drafts", "Sent"):
            client.create_folder(each)
    project = begun(folder / "p", count, server.port, keeper.port)
    said: dict[str, Report] = {"packs": send(project, "packs", at=MONDAY.replace(hour=10), now=True)}
    packs = {taken.recipients[0]: taken for taken in keeper.taken}
    first, late = [], []
    for n in range(count):
        way, pack = WAYS[n % len(WAYS)], packs[liaison(n)]
        if way in ("answers", "twice"):
            first.append(answer(pack, n, folder, "缺人", THURSDAY))
        if way == "twice":
            first.append(answer(pack, n, folder, "缺人手", THURSDAY.replace(hour=15)))
        if way == "wrong":
            first.append(answer(pack, n, folder, "缺人", THURSDAY, progress="差不多了"))
        if way == "elsewhere":
            first.append(answer(pack, n, folder, "缺人", THURSDAY, sender="stranger@elsewhere.example"))
        if way == "bounced":
            first.append(bounce(pack))
        if way == "late":
            late.append(answer(pack, n, folder, "缺人", NEXT_MONDAY.replace(hour=8)))

    def taken_in(at: datetime) -> Report:
        with clock.at(at):
            got = verbs.collect(project.master, as_of=at.date(), lang="zh", progress=no_progress)
            verbs.consolidate(project.master, (), as_of=at.date(), lang="zh", progress=no_progress)
        return got

    server.deliver(*first)
    said["collect"] = taken_in(FRIDAY)
    said["receipts"] = send(project, "receipts", at=FRIDAY, now=True)
    said["returns"] = send(project, "returns", at=FRIDAY, now=True)
    said["chase"] = send(project, "chase", at=FRIDAY, now=True)
    server.deliver(*late)
    said["late"] = taken_in(NEXT_MONDAY)
    send(project, "receipts", at=NEXT_MONDAY, now=True)
    said["chase again"] = send(project, "chase", at=NEXT_MONDAY, now=True)
    with clock.at(NEXT_MONDAY):
        verbs.flag(project.master, as_of=NEXT_MONDAY.date(), lang="zh")
        verbs.week(project.master, as_of=NEXT_MONDAY.date(), lang="zh")
    said["escalate"] = send(project, "escalate", at=NEXT_MONDAY, now=True)
    said["week"] = send(project, "week", at=NEXT_MONDAY, now=True)
    return project, said


def got(project: Project) -> dict[str, Counter[str]]:
    """Department → kinds of mails that were sent to it."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        mails = ledger.outgoing()
    assert {mail.state for mail in mails} == {MailState.SENT}
    for mail in mails:
        if mail.kind not in (MailKind.ESCALATION, MailKind.WEEK):
            table[mail.department][str(mail.kind)] += 1
    return table


EXPECTED = {
    "answers": {"pack": 1, "receipt": 1},
    "wrong": {"pack": 1, "receipt": 1, "return": 1},
    "twice": {"pack": 1, "receipt": 2},
    "late": {"pack": 1, "receipt": 1, "chase": 1},
    "elsewhere": {"pack": 1, "chase": 2},
    "bounced": {"pack": 1, "chase": 2},
    "silent": {"pack": 1, "chase": 2},
}


@pytest.mark.parametrize("count", [8, pytest.param(300, marks=pytest.mark.slow)])
def test_the_week(tmp_path: Path, mail_server: MailServer, smtp: SmtpKeeper, count: int) -> None:
    project, said = the_week(tmp_path, count, mail_server, smtp)
    table = got(project)
    for n in range(count):
        print(f"{name(n)} {WAYS[n % len(WAYS)]:<10} {dict(table[name(n)])}")
    assert {name(n): dict(table[name(n)]) for n in range(count)} == {name(n): EXPECTED[WAYS[n % len(WAYS)]] for n in range(count)}
    assert len(smtp.ids()) == len(set(smtp.ids()))
    days = Counter((t.recipients[0], str(t.mail["Date"])[:16]) for t in smtp.taken if "催报" in str(t.mail["Subject"]))
    assert set(days.values()) == {1}
    heads = {r for t in smtp.taken if "催报" in str(t.mail["Subject"]) for r in t.recipients if r.startswith("head")}
    missing = {n for n in range(count) if WAYS[n % len(WAYS)] in ("elsewhere", "bounced", "silent")}
    assert heads == {f"head{n}@example.com" for n in missing}  # from the second time only
    for taken in smtp.taken:  # no row of another department
        mine = {n for n in range(count) if liaison(n) in taken.recipients}
        if mine:
            body = taken.mail.get_body(("plain",))
            assert body is not None
            assert {int(key) for key in re.findall(r"RW-(\d{3})", body.get_content())} <= mine
    above = [t for t in smtp.taken if "升级" in str(t.mail["Subject"])]
    assert {r for t in above for r in t.recipients} == {f"up{n % 7}@example.com" for n in range(0, count, 3)} | {"up0@example.com", SPONSOR}
    assert [m["state"] for m in said["week"].json["mails"]] == ["sent"]
    (page,) = [t for t in smtp.taken if "周报" in str(t.mail["Subject"])]
    assert list(page.recipients) == [SPONSOR]
