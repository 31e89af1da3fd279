"""The state of each department on 提交台账, 首页 and in `status`: as mails leave, come back, and replies come in."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from e2e.small_project import DAY, DEPARTMENTS, MONDAY, WEEK, Project
from mail_server import MailServer
from smtp_server import smtp_server
from test_mailbox import machine, with_mailbox
from test_mailbox import mailed as written
from test_send import send

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.model.outgoing import MailKind, MailState, Outgoing
from collab_xl.model.record import replace
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

OURS = "<pack-47-rd@pmo.example.cn>"
THURSDAY, SATURDAY = MONDAY + timedelta(3, 2), MONDAY + timedelta(5, 2)
BOTH = pytest.mark.parametrize("lang", ["zh", "en"])


def mailed(project: Project, kind: MailKind, state: MailState, at: datetime, message_id: str = OURS) -> None:
    """What the verb that sends notes in the ledger."""
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        mail = Outgoing(
            f"{kind} {at} {state}", kind, "市场部", ("li@example.com",), (), "W47", "", message_id, "", (WEEK,), at, MailState.PLANNED
        )
        (planned,) = ledger.plan_mails([mail])
        assert ledger.mail_is(planned, state, at, way="smtp")


def states(project: Project, when: datetime) -> dict[str, str]:
    with clock.at(when):
        report = verbs.status(project.master, as_of=when.date(), week=WEEK, lang=project.lang)
    listed = {str(one["department"]): str(one["state"]) for one in report.json["states"]}
    line = next(line for line in report.lines if line.startswith(f"{WEEK}{'：' if project.lang == 'zh' else ':'}"))
    assert all(text(f"model.state.{state}", project.lang) in line for state in listed.values()), line
    return listed


def collect(project: Project, when: datetime, *inputs: Path) -> None:
    with clock.at(when):
        verbs.collect(project.master, inputs, mail=False, as_of=when.date(), lang=project.lang, progress=no_progress)


def home_line(project: Project) -> str:
    book = read_book(project.master)
    sheet, area = book.names["home_missing"]
    return str(book.snapshot(sheet).value(area.first_row, area.first_col))


def test_who_is_missing_is_named_in_the_order_of_the_departments(tmp_path: Path) -> None:
    """As 周报 names them, not as their names sort."""
    turned = tuple(reversed(DEPARTMENTS))
    assert [one.name for one in turned] != sorted(one.name for one in turned)
    project = Project.start(tmp_path, departments=turned)
    project.issue()
    with clock.at(SATURDAY):
        verbs.flag(project.master, as_of=SATURDAY.date(), lang="zh")
    assert "、".join(one.name for one in turned) in home_line(project)


@BOTH
def test_from_the_pack_to_the_master(lang: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", lang)
    assert states(project, MONDAY + timedelta(hours=2)) == {"市场部": "issued", "研发部": "issued"}
    mailed(project, MailKind.PACK, MailState.DRAFTED, MONDAY + timedelta(hours=1), "<draft@x>")
    assert states(project, MONDAY + timedelta(hours=2))["市场部"] == "prepared"
    mailed(project, MailKind.PACK, MailState.SENT, MONDAY + timedelta(hours=3))
    assert states(project, MONDAY + timedelta(hours=4))["市场部"] == "sent"

    bounce = tmp_path / "bounce.eml"
    bounce.write_bytes(machine("30_bounce_postfix").replace(b"Fri, 20 Nov 2026 16:40", b"Tue, 17 Nov 2026 10:00"))
    collect(project, MONDAY + timedelta(1, 4), bounce)
    assert states(project, MONDAY + timedelta(1, 5)) == {"市场部": "bounced", "研发部": "issued"}
    (row,) = [r for r in project.listed("submissions") if r["department"] == "市场部" and r["pack"]]
    assert row["state"] == text("model.state.bounced", lang)
    assert all(part in str(row["reason"]) for part in ("li@example.com", "550 5.1.1"))
    with clock.at(MONDAY + timedelta(1, 5)):
        verbs.check(project.master, as_of=DAY, lang=lang)
    book = read_book(project.master)
    sheet, area = book.names["home_next"]
    steps = "\n".join(str(book.snapshot(sheet).value(r, area.first_col)) for r in range(area.first_row, area.last_row + 1))
    assert text("plan.next.bounced", lang, names="市场部") in steps

    mailed(project, MailKind.PACK, MailState.SENT, MONDAY + timedelta(2), "<again@x>")
    mailed(project, MailKind.CHASE, MailState.SENT, THURSDAY, "<chase@x>")
    assert states(project, THURSDAY + timedelta(hours=1)) == {"市场部": "chased", "研发部": "issued"}
    assert states(project, SATURDAY) == {"市场部": "not_in", "研发部": "not_in"}

    reply = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺人"}}, "市场部")
    reply.rename(tmp_path / "r.xlsx")
    collect(project, SATURDAY, tmp_path / "r.xlsx")
    assert states(project, SATURDAY) == {"市场部": "ready", "研发部": "not_in"}
    (row,) = [r for r in project.listed("submissions") if r["department"] == "研发部"]
    assert row["state"] == text("model.state.not_in", lang)

    project.type(("tasks", "RW-001", "risk", "PMO 已改"))
    with clock.at(SATURDAY):
        project.consolidate()
    assert states(project, SATURDAY) == {"市场部": "conflicts", "研发部": "not_in"}
    (row,) = [r for r in project.listed("submissions") if r["file"] == "r.xlsx"]
    assert row["state"] == text("model.state.conflicts", lang)
    shown = home_line(project).splitlines()
    assert len(shown) == 2
    assert shown[1] == " · ".join(f"{text(f'model.state.{s}', lang)} 1" for s in ("conflicts", "not_in"))

    project.decide(RW_001=(text("model.word.take_submission", lang), None))
    with clock.at(SATURDAY):
        verbs.resolve(project.master, as_of=DAY, lang=lang)
    assert states(project, SATURDAY) == {"市场部": "consolidated", "研发部": "not_in"}
    (row,) = [r for r in project.listed("submissions") if r["file"] == "r.xlsx"]
    assert row["state"] == text("model.state.consolidated", lang)


def test_parts_that_colleagues_send_are_one_department(tmp_path: Path) -> None:
    market = replace(DEPARTMENTS[0], emails=("li@example.com", "zhao@example.com"))
    (tmp_path / "p").mkdir()
    project = Project.start(tmp_path / "p", departments=(market, DEPARTMENTS[1]))
    project.issue()
    mails = []
    for sender, key, risk in (("li@example.com", "RW-001", "缺人"), ("zhao@example.com", "RW-003", "缺素材")):
        part = project.reply("市场部", {("tasks", key): {"risk": risk}}, key)
        mails.append(tmp_path / f"{key}.eml")
        mails[-1].write_bytes(written(sender, part))
        part.unlink()
    collect(project, SATURDAY, *mails)
    assert states(project, SATURDAY) == {"市场部": "ready", "研发部": "not_in"}
    with clock.at(SATURDAY):
        report = verbs.status(project.master, as_of=SATURDAY.date(), week=WEEK, lang="zh")
        project.consolidate()
    assert report.json["missing"] == ["研发部"]
    assert "待汇总 1（市场部）" in "\n".join(report.lines)
    assert [project.value("tasks", key, "risk") for key in ("RW-001", "RW-003")] == ["缺人", "缺素材"]
    assert states(project, SATURDAY)["市场部"] == "consolidated"
    senders = {str(r["sender"]) for r in project.listed("submissions") if r["department"] == "市场部"}
    assert senders == {"li@example.com", "zhao@example.com"}


def test_a_bounce_of_a_pack_that_was_sent(tmp_path: Path, mail_server: MailServer) -> None:
    """Sent over SMTP, bounced into the mailbox: known by the Message-ID, whatever the address in it."""
    project = with_mailbox(Project.again(tmp_path / "p"), mail_server.port)
    with smtp_server(mail_server.certificate, mail_server.folder / "key.pem") as keeper:
        project.set("mail_smtp", f"localhost:{keeper.port}")
        send(project, "packs", MONDAY + timedelta(hours=3), now=True)
        ours = {str(taken.mail["To"]): str(taken.mail["Message-ID"]) for taken in keeper.taken}
    assert states(project, MONDAY + timedelta(hours=4)) == {"市场部": "sent", "研发部": "sent"}
    bounce = machine("30_bounce_postfix").replace(OURS.encode(), ours["li@example.com"].encode()).replace(b"20 Nov 2026", b"17 Nov 2026")
    late = machine("37_only_delayed").replace(OURS.encode(), ours["wang@example.com"].encode()).replace(b"20 Nov 2026", b"17 Nov 2026")
    mail_server.deliver(bounce, late)
    with clock.at(MONDAY + timedelta(1, 12 * 3600)):
        report = verbs.collect(project.master, as_of=DAY, lang="zh", progress=no_progress)
    assert [(i["code"], i["department"]) for i in report.json["items"]] == [("S442", "市场部"), ("S443", "研发部")]
    assert states(project, MONDAY + timedelta(2)) == {"市场部": "bounced", "研发部": "sent"}
