"""Receipts, returns, chasing, escalations and the weekly mail: who gets which, with what in it, and when not."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from importlib import import_module
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project, type_into
from mail_server import MailServer
from smtp_server import SmtpKeeper
from test_send import BOTH, LIAISONS, THURSDAY, in_folder, person_sends, project, send, smtp, states

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, CollabError
from collab_xl.forms import load
from collab_xl.model.merge import Count
from collab_xl.model.outgoing import MailState
from collab_xl.plan.answer_letters import account_text
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.sending.mail_lists import receipts, returns
from collab_xl.verbs.session import opened
from collab_xl.verbs.times import clock

__all__ = ["project", "smtp"]
FRIDAY = datetime(2026, 11, 20, 17, 30)
MONDAY = datetime(2026, 11, 23, 9, 30)


def drafts(server: MailServer) -> list[EmailMessage]:
    found = [message_from_bytes(data, policy=default) for data in in_folder(server, "Drafts")]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def said(mail: EmailMessage) -> str:
    """Both bodies say the same; the plain one."""
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    content: str = plain.get_content()
    return content


def people(project: Project, cells: dict[str, dict[str, str]]) -> None:
    """Type into the columns of 部门与接口人: department → column → text."""
    book, service = read_book(project.master), load().service("departments")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = {str(snap.value(row, col["name"])): row for row in range(ref.data.first_row, ref.data.last_row + 1)}
    typed = {(rows[name], col[column]): value for name, line in cells.items() for column, value in line.items()}
    type_into(project.master, ref.sheet, typed)


ABOVE = {
    "市场部": {"head": "马* <ma@example.com>", "superior": "王*副总 wangfz@example.com", "sponsor": "张*总（zhang@example.com）"},
    "研发部": {"head": "杨* <yang@example.com>", "superior": "赵*副总 <zhao@example.com>", "sponsor": "张*总（zhang@example.com）"},
}


def answered(project: Project) -> None:
    """市场部 has sent its pack: two edits that are taken, one column that is not its own, one date nobody can read."""
    cells = {"risk": "缺人", "progress": "80%", "end": "2026-12-24", "actual_end": "昨天"}
    path = project.reply("市场部", {("tasks", "RW-001"): cells}, "市场部报送")
    with clock.at(FRIDAY):
        verbs.consolidate(project.master, (path,), as_of=DAY, lang=project.lang, progress=no_progress)


@BOTH
def test_a_receipt_accounts_for_every_edit(project: Project, mail_server: MailServer) -> None:
    answered(project)
    report = send(project, "receipts", at=FRIDAY)
    (mail,) = drafts(mail_server)
    assert mail["To"] == LIAISONS["市场部"]
    assert mail["Auto-Submitted"] == "auto-replied"
    (row,) = [r for r in project.listed("submissions") if r["file"] == "市场部报送.xlsx"]
    count = Count(
        "", "", **{n: int(str(row[n] or 0)) for n in ("edits", "applied", "same", "conflicts", "rights", "not_cleared", "unreadable")}
    )
    count.excluded, count.rows_new, count.rows_missing = (int(str(row[n] or 0)) for n in ("excluded", "rows_new", "rows_missing"))
    assert count.edits == 4
    assert (count.applied, count.rights, count.unreadable) == (2, 1, 1)
    assert account_text(count, project.lang) in said(mail)
    assert "2026-12-24" in said(mail)
    assert "昨天" in said(mail)
    assert "RW-002" not in said(mail)  # the other department's
    assert {m["state"] for m in report.json["mails"]} == {"drafted"}
    send(project, "receipts", at=FRIDAY)
    assert len(drafts(mail_server)) == 1


SATURDAY, TUESDAY = datetime(2026, 11, 21, 11), datetime(2026, 11, 24, 9)


def decide(project: Project, at: datetime, **decisions: tuple[str, object]) -> None:
    project.decide(**decisions)
    with clock.at(at):
        verbs.resolve(project.master, as_of=DAY, lang=project.lang)


def waiting(project: Project) -> list[str]:
    return [f"{str(row['row_key']).replace('-', '_')}__{row['field']}" for row in project.listed("conflicts") if row.get("id")]


def two_waiting(project: Project) -> None:
    """市场部 has changed two columns that are not its own."""
    path = project.reply("市场部", {("tasks", "RW-001"): {"end": "2026-12-24", "start": "2026-11-03", "risk": "缺人"}}, "市场部报送")
    with clock.at(FRIDAY):
        verbs.consolidate(project.master, (path,), as_of=DAY, lang=project.lang, progress=no_progress)


@BOTH
def test_a_department_hears_once_what_became_of_what_waited(project: Project, mail_server: MailServer) -> None:
    two_waiting(project)
    send(project, "receipts", at=FRIDAY)
    first, second = waiting(project)
    keep, take = (text(f"model.word.{w}", project.lang) for w in ("keep_master", "take_submission"))
    decide(project, SATURDAY, **{first: (keep, None)})
    send(project, "receipts", at=SATURDAY + timedelta(hours=1))
    assert len(drafts(mail_server)) == 1, "one of two is decided: it waits for the other"
    decide(project, SATURDAY + timedelta(hours=2), **{second: (take, None)})
    report = send(project, "receipts", at=SATURDAY + timedelta(hours=3))
    assert len(report.json["mails"]) == 2
    _, later = drafts(mail_server)
    words = said(later)
    assert text("plan.mail.decided.account", project.lang, n=2) in words
    assert text("plan.mail.decided.taken", project.lang) in words
    assert text("plan.mail.decided.refused", project.lang, now="").strip() in words
    assert "RW-001" in words
    assert "RW-002" not in words
    assert "缺人" not in words
    for hours in (4, 5):
        send(project, "receipts", at=SATURDAY + timedelta(hours=hours))
    assert len(drafts(mail_server)) == 2, "once, not per click"


def test_what_was_decided_comes_with_the_receipt_of_the_next_file(project: Project, mail_server: MailServer) -> None:
    """Also while another cell of the first file still waits."""
    two_waiting(project)
    send(project, "receipts", at=FRIDAY)
    decide(project, SATURDAY, **{waiting(project)[0]: (text("model.word.keep_master", "zh"), None)})
    path = project.reply("市场部", {("tasks", "RW-001"): {"measure": "增派一人"}}, "市场部再报", hour=16)
    with clock.at(MONDAY):
        verbs.consolidate(project.master, (path,), as_of=DAY, lang="zh", progress=no_progress)
    send(project, "receipts", at=MONDAY + timedelta(hours=1))
    _, second = drafts(mail_server)
    assert text("plan.mail.decided.title", "zh", n=1, file="市场部报送.xlsx") in said(second)
    decide(project, TUESDAY, **{waiting(project)[0]: (text("model.word.take_submission", "zh"), None)})
    send(project, "receipts", at=TUESDAY + timedelta(hours=1))
    third = drafts(mail_server)[2]
    assert said(third).count("RW-001") == 1, "only the one that was not told yet"
    send(project, "receipts", at=TUESDAY + timedelta(hours=2))
    assert len(drafts(mail_server)) == 3


def test_a_receipt_written_after_the_decision_says_the_decision(project: Project, mail_server: MailServer) -> None:
    two_waiting(project)
    decide(project, SATURDAY, **{waiting(project)[0]: (text("model.word.take_submission", "zh"), None)})
    send(project, "receipts", at=SATURDAY + timedelta(hours=1))
    (mail,) = drafts(mail_server)
    assert text("plan.mail.decided.of_these", "zh", n=1) in said(mail)
    assert text("plan.mail.decided.taken", "zh") in said(mail)
    assert text("plan.mail.outcome.rights", "zh") in said(mail)


@BOTH
def test_a_week_without_a_sponsor_says_who_is_missing_and_where_to_write_it(
    project: Project, smtp: SmtpKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("collab_xl.verbs.send"), "shown_week", lambda session: None)  # a page as PDF takes its time
    with clock.at(MONDAY):
        verbs.flag(project.master, as_of=MONDAY.date(), lang=project.lang)
        verbs.week(project.master, week=WEEK, as_of=MONDAY.date(), lang=project.lang)
    report = send(project, "week", at=MONDAY, now=True, week=WEEK)
    assert [m["state"] for m in report.json["mails"]] == ["held"]
    assert report.exit_code == FINDINGS
    sponsor = {"zh": "分管领导", "en": "Sponsor"}[project.lang]
    assert any(sponsor in line and "zhang@example.com" in line for line in report.lines)
    people(project, ABOVE)
    assert [m["state"] for m in send(project, "week", at=MONDAY, now=True, week=WEEK).json["mails"]] == ["sent"]
    assert [t.recipients for t in smtp.taken] == [("zhang@example.com",)]


def test_a_receipt_answers_the_mail_it_came_with(project: Project, mail_server: MailServer) -> None:
    path = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺人"}}, "报送")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "li@example.com", "pmo@example.com", "答复", "<their-mail@example.com>"
    mail["Date"] = "Fri, 20 Nov 2026 12:00:00 +0800"
    mail.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename="报送.xlsx")
    path.unlink()
    mail_server.deliver(bytes(mail))
    with clock.at(FRIDAY):
        verbs.collect(project.master, as_of=DAY, lang="zh", progress=no_progress)
        project.consolidate()
    send(project, "receipts", at=FRIDAY)
    (receipt,) = drafts(mail_server)
    assert (receipt["In-Reply-To"], receipt["References"]) == ("<their-mail@example.com>",) * 2


def test_receipts_and_returns_go_at_night_and_old_ones_not_at_all(project: Project, smtp: SmtpKeeper) -> None:
    answered(project)
    late = send(project, "receipts", at=datetime(2026, 12, 5, 23), now=True)
    assert late.json["mails"] == []
    assert smtp.taken == []
    report = send(project, "receipts", at=datetime(2026, 11, 21, 23), now=True)  # Saturday night
    assert {m["state"] for m in report.json["mails"]} == {"sent"}


@BOTH
def test_what_goes_back_is_attached_and_its_reasons_are_in_the_text(project: Project, mail_server: MailServer) -> None:
    answered(project)
    send(project, "returns", at=FRIDAY)
    (mail,) = drafts(mail_server)
    (file,) = mail.iter_attachments()
    assert mail["To"] == LIAISONS["市场部"]
    assert file.get_filename() == "市场部报送.xlsx"
    back = next((project.master.with_suffix(".collab") / "returned").rglob("*.xlsx"))
    assert file.get_content() == back.read_bytes()
    assert "昨天" in said(mail)
    send(project, "returns", at=FRIDAY)
    assert len(drafts(mail_server)) == 1


def test_nobody_is_asked_to_correct_what_the_pmo_has_read_since(project: Project, mail_server: MailServer) -> None:
    """A word nobody knew: the PMO says on 提问 what it means, and the next run takes it."""
    path = project.reply("市场部", {("tasks", "RW-001"): {"status": "搞得差不多"}}, "市场部报送")
    with clock.at(FRIDAY):
        report = verbs.consolidate(project.master, (path,), as_of=DAY, lang=project.lang, progress=no_progress)
    shown = send(project, "returns", at=FRIDAY, write=False).json["mails"]
    assert [mail["department"] for mail in shown] == ["市场部"]
    (question,) = report.json["questions"]
    book, service = read_book(project.master), load().service("questions")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    (row,) = (r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["id"]) == question["id"])
    type_into(project.master, ref.sheet, {(row, col["answer"]): "暂停"})
    with clock.at(FRIDAY):
        verbs.consolidate(project.master, (), as_of=DAY, lang=project.lang, progress=no_progress)
    send(project, "returns", at=FRIDAY)
    assert drafts(mail_server) == []


def test_a_refused_file_goes_back_with_the_reason(project: Project, mail_server: MailServer) -> None:
    path = project.reply("市场部", {}, "加密")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "li@example.com", "pmo@example.com", "答复", "<x@example.com>"
    mail["Date"] = "Fri, 20 Nov 2026 12:00:00 +0800"
    mail.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename="加密.xlsx")
    path.unlink()
    mail_server.deliver(bytes(mail))
    with clock.at(FRIDAY):
        got = verbs.collect(project.master, as_of=DAY, lang="zh", progress=no_progress)
    (item,) = got.json["items"]
    assert item["state"] == "refused"
    send(project, "returns", at=FRIDAY)
    sent = drafts(mail_server)
    if item["department"]:
        assert [m["To"] for m in sent] == ["li@example.com"]
        assert str(item["reason"])[:10] in said(sent[0]).replace("\n", "")


@BOTH
def test_only_who_is_missing_is_chased_and_the_head_from_the_second_time(
    project: Project, mail_server: MailServer, smtp: SmtpKeeper
) -> None:
    people(project, ABOVE)
    answered(project)
    first = send(project, "chase", at=THURSDAY, now=True)
    assert [m["department"] for m in first.json["mails"]] == ["研发部"]
    assert [taken.recipients for taken in smtp.taken] == [("wang@example.com",)]
    assert text("plan.mail.days_left", project.lang, n=1) in said(smtp.taken[0].mail)
    again = send(project, "chase", at=THURSDAY.replace(hour=15), now=True)
    assert [m["state"] for m in again.json["mails"]] == ["sent"]
    assert len(smtp.taken) == 1
    send(project, "chase", at=MONDAY, now=True)
    assert smtp.taken[1].recipients == ("wang@example.com", "yang@example.com")
    assert text("plan.mail.days_late", project.lang, n=1) in said(smtp.taken[1].mail)
    assert "RW-" not in said(smtp.taken[1].mail)


def test_a_draft_is_no_reminder_until_it_was_sent(project: Project, mail_server: MailServer) -> None:
    people(project, ABOVE)
    send(project, "chase", at=THURSDAY)
    held = send(project, "chase", at=FRIDAY)
    assert {m["held"] for m in held.json["mails"]} == {"open"}
    assert len(drafts(mail_server)) == 2
    person_sends(mail_server)
    send(project, "chase", at=FRIDAY)
    assert {mail["Cc"] for mail in drafts(mail_server)} == {"ma@example.com", "yang@example.com"}


@pytest.mark.parametrize(
    ("at", "why"),
    [(datetime(2026, 11, 19, 21, 0), "quiet"), (datetime(2026, 11, 19, 7, 59), "quiet"), (datetime(2026, 11, 21, 10), "day_off")],
)
def test_nobody_is_chased_at_night_or_on_a_day_off(
    project: Project, mail_server: MailServer, smtp: SmtpKeeper, at: datetime, why: str
) -> None:
    report = send(project, "chase", at=at, now=True)
    assert {m["held"] for m in report.json["mails"]} == {why}
    assert smtp.taken == []
    project.set("mail_quiet", "无")
    report = send(project, "chase", at=at, now=True)
    assert len(smtp.taken) == (2 if why == "quiet" else 0)


def test_a_liaison_of_two_departments_gets_one_mail(project: Project, smtp: SmtpKeeper) -> None:
    people(project, {"研发部": {"emails": "LI@example.com"}})
    send(project, "chase", at=THURSDAY, now=True)
    assert len(smtp.taken) == 1
    send(project, "chase", at=FRIDAY.replace(hour=9), now=True)
    assert Counter(taken.recipients for taken in smtp.taken) == {("li@example.com",): 2}
    assert send(project, "chase", at=FRIDAY.replace(hour=10), departments=["研发部"]).json["mails"] != []
    assert all("市场部" in str(smtp.taken[1].mail["Subject"]) and d in said(smtp.taken[1].mail) for d in LIAISONS)


@BOTH
def test_escalations_go_to_those_above_once_with_what_concerns_them(project: Project, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    report = send(project, "escalate", at=FRIDAY, now=True)
    (mail,) = smtp.taken
    assert set(mail.recipients) == {"wangfz@example.com", "zhao@example.com", "zhang@example.com"}  # of both departments of the requirement
    assert "RW-001" in said(mail.mail)
    assert "RW-002" not in said(mail.mail)
    assert {m["state"] for m in report.json["mails"]} == {"sent"}
    assert send(project, "escalate", at=MONDAY, now=True).json["mails"] == []
    assert len(smtp.taken) == 1


def test_an_urgent_escalation_goes_at_night_too_and_says_so(project: Project, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    project.type(("problems", "WT-001", "level", "urgent"))
    report = send(project, "escalate", at=datetime(2026, 11, 21, 23, 30), now=True)
    (mail,) = smtp.taken
    assert "WT-001" in said(mail.mail)
    assert "RW-001" not in said(mail.mail)
    assert text("mail.say.urgent", "zh") in report.lines
    assert text("plan.mail.urgent", "zh") in said(mail.mail)
    assert [m["held"] for m in report.json["mails"]] == [None, "day_off"]


def test_without_an_address_the_person_is_named(project: Project, smtp: SmtpKeeper) -> None:
    report = send(project, "escalate", at=FRIDAY, now=True)
    assert report.exit_code == FINDINGS
    assert smtp.taken == []
    assert "王*副总" in str(report.listings[0].rows)


@BOTH
def test_the_weekly_page_goes_to_the_sponsors_as_it_was_made(project: Project, mail_server: MailServer) -> None:
    people(project, ABOVE)
    with pytest.raises(CollabError) as error:
        send(project, "week", at=MONDAY)
    assert error.value.code == "mail_week_not_made"
    with clock.at(MONDAY):
        made = verbs.week(project.master, as_of=date(2026, 11, 23), lang=project.lang)
    project.type(("tasks", "RW-001", "owner", "改过的"))
    send(project, "week", at=MONDAY)
    (mail,) = drafts(mail_server)
    assert mail["To"] == "zhang@example.com"
    assert made.json["week"] in mail["Subject"]
    assert "市场部" in said(mail)
    assert "改过的" not in said(mail)
    files = [file.get_filename() for file in mail.iter_attachments()]
    assert files in ([], [f"{text('build.sheet.weekly', project.lang)}_{made.json['week']}.pdf"])
    assert list(states(project).values()) == [MailState.DRAFTED]
    with clock.at(MONDAY):
        assert not verbs.week(project.master, as_of=date(2026, 11, 23), lang=project.lang, write=False).json["frozen"]
    person_sends(mail_server, at=MONDAY)
    send(project, at=MONDAY)
    with clock.at(MONDAY):  # who got it has seen it as it was
        assert verbs.week(project.master, as_of=date(2026, 11, 23), lang=project.lang, write=False).json["frozen"]


def test_the_files_of_a_return_lie_in_its_folder(project: Project, tmp_path: Path) -> None:
    """A changed list cannot attach a file from elsewhere."""
    from collab_xl.verbs.sending.mail_lists import _files

    home = tmp_path / "returned" / "R0001"
    home.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x")
    (home / "a.xlsx").write_bytes(b"x")
    assert [file.name for file in _files(home, ["../../secret.txt", "a.xlsx", str(tmp_path / "secret.txt")])] == ["a.xlsx"]


@BOTH
def test_what_was_mailed_stands_on_the_sheets(project: Project, mail_server: MailServer) -> None:
    people(project, ABOVE)

    def mailed(service: str, key: str) -> dict[str, object]:
        return {str(row[key]): row.get("mailed") for row in project.listed(service)}

    def at(state: MailState, moment: datetime) -> str:
        return text(f"model.mail_state.{state}", project.lang, at=f"{moment:%m-%d %H:%M}")

    pack, chase, receipt, above = (text(f"model.mail_kind.{kind}", project.lang) for kind in ("pack", "chase", "receipt", "escalation"))
    before = project.data()
    send(project, "packs", at=datetime(2026, 11, 16, 10))
    assert set(mailed("submissions", "department").values()) == {f"{pack} {at(MailState.DRAFTED, datetime(2026, 11, 16, 10))}"}
    person_sends(mail_server)
    send(project, "chase", at=THURSDAY, now=True)
    joined = text("plan.mail.stop", project.lang).join(
        (f"{pack} {at(MailState.SENT, THURSDAY)}", f"{chase} {at(MailState.SENT, THURSDAY)}")
    )
    assert {str(note).replace("11-16 10:00", "11-19 10:30") for note in mailed("submissions", "department").values()} == {joined}
    answered(project)
    send(project, "receipts", at=FRIDAY)
    assert mailed("submissions", "file")["市场部报送.xlsx"] == f"{receipt} {at(MailState.DRAFTED, FRIDAY)}"
    with clock.at(FRIDAY):
        verbs.flag(project.master, as_of=DAY, lang=project.lang)
    assert mailed("escalations", "row_key") == {"RW-001": None}
    send(project, "escalate", at=FRIDAY, now=True)
    assert mailed("escalations", "row_key") == {"RW-001": f"{above} {at(MailState.SENT, FRIDAY)}"}
    with clock.at(FRIDAY):
        verbs.flag(project.master, as_of=DAY, lang=project.lang)
        verbs.undo(project.master, as_of=DAY, lang=project.lang)  # mails are not undone
    assert mailed("escalations", "row_key")["RW-001"] == f"{above} {at(MailState.SENT, FRIDAY)}"
    assert project.data()["tasks"]["RW-002"] == before["tasks"]["RW-002"]


@BOTH
def test_a_word_that_is_explained_by_now_is_not_sent_back(project: Project, mail_server: MailServer) -> None:
    odd, meaning = {"zh": ("快好了呀", "进行中"), "en": ("almost there", "In progress")}[project.lang]
    path = project.reply("市场部", {("tasks", "RW-001"): {"status": odd}}, "市场部报送")
    with clock.at(FRIDAY):
        verbs.consolidate(project.master, (path,), as_of=DAY, lang=project.lang, progress=no_progress)
    with clock.at(FRIDAY), opened(project.master, write=False, as_of=DAY, lang=project.lang) as session:
        assert [letter.facts["file"] for letter in returns(session)] == ["市场部报送.xlsx"]
    (asked,) = [row for row in project.listed("questions") if odd in str(row)]
    service, book = load().service("questions"), read_book(project.master)
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    (row,) = (r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["id"]) == asked["id"])
    type_into(project.master, ref.sheet, {(row, col["answer"]): meaning})
    with clock.at(FRIDAY), opened(project.master, write=False, as_of=DAY, lang=project.lang) as session:
        assert returns(session) == []
        (letter,) = receipts(session)[0]
    assert text("plan.mail.decided.understood", project.lang) in str(letter.facts["rows"])
