"""The ribbon's buttons for mails with a real mailbox, over Excel's stand-ins: drafts once, and what was sent is noted."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from e2e.small_project import Project
from excel_com.clicks import on_the_screen
from mail_server import USER, MailServer
from test_send import LIAISONS, THURSDAY, in_folder, mailbox, person_sends, states
from test_send_answers import ABOVE, FRIDAY, MONDAY, people

from collab_xl.catalogue import LANGS, text
from collab_xl.model.outgoing import MailState
from collab_xl.verbs.times import clock


@pytest.mark.parametrize("lang", LANGS)
def test_reminders_become_drafts_once_and_count_as_sent_when_they_are(lang: str, tmp_path: Path, mail_server: MailServer) -> None:
    project = Project.again(tmp_path / "p", lang)
    project.set("mail", USER)
    project.set("mail_server", f"localhost:{mail_server.port}")
    with mailbox(mail_server) as client:
        for folder in ("Drafts", "Sent"):
            client.create_folder(folder)
    before = project.master.read_bytes()
    with on_the_screen(lang) as excel:
        book = excel.open(project.master)
        with clock.at(THURSDAY):
            first = excel.click("chase", book)
            assert not first.bad, first.message
            assert text("mail.say.drafts_excel", lang) in first.message
            drafts = in_folder(mail_server, "Drafts")
            assert len(drafts) == len(LIAISONS)
            assert all(any(address.encode() in mail for mail in drafts) for address in LIAISONS.values())
            assert set(states(project).values()) == {MailState.DRAFTED}
            excel.click("chase", book)
            assert len(in_folder(mail_server, "Drafts")) == len(LIAISONS)
        person_sends(mail_server)
        with clock.at(THURSDAY + timedelta(hours=1)):
            noted = excel.click("chase", book)
            assert not noted.bad, noted.message
            assert in_folder(mail_server, "Drafts") == []
        assert set(states(project).values()) == {MailState.SENT}
        assert first.sheet == {"zh": "提交台账", "en": "Submissions"}[lang]
    assert project.master.read_bytes() == before, "saving is the person's"


def test_escalations_and_the_page_on_the_screen_go_to_those_above(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    people(project, ABOVE)
    with on_the_screen() as excel:
        book = excel.open(project.master)
        with clock.at(FRIDAY):
            seen = excel.click("escalate", book)
            assert seen.sheet == "升级清单"
        with clock.at(MONDAY):
            refused = excel.click("sendweek", book)
            assert refused.bad
            assert text("addin.ribbon_error.mail_week_not_made.fix", "zh") in refused.message
            assert not excel.click("week", book).bad
            page = excel.click("sendweek", book)
            assert not page.bad, page.message
            assert page.sheet == "周报"
    files = project.master.with_suffix(".collab") / "outbox" / "mails"
    written = [message_from_bytes(path.read_bytes(), policy=default) for path in files.rglob("*.eml")]
    assert sorted(mail["To"] for mail in written)[-1] == "zhang@example.com", "the page"
    assert {address for mail in written for address in mail["To"].split(", ")} == {
        "wangfz@example.com",
        "zhao@example.com",
        "zhang@example.com",
    }
    assert len(written) == 2
    (week,) = (mail for mail in written if mail["To"] == "zhang@example.com")
    assert [file.get_content_type() for file in week.iter_attachments()] == ["application/pdf"], "of the open workbook"


def test_a_mailbox_that_cannot_be_reached_is_said_and_nothing_is_written(tmp_path: Path, mail_server: MailServer) -> None:
    project = Project.again(tmp_path / "p")
    project.set("mail", USER)
    project.set("mail_server", "localhost:1")
    with on_the_screen() as excel, clock.at(THURSDAY):
        seen = excel.click("chase", excel.open(project.master))
    assert "localhost" in seen.message
    assert MailState.DRAFTED not in states(project).values()
