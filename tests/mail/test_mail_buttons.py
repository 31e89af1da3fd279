"""The ribbon's buttons for mails with a real mailbox, over Excel's stand-ins: drafts once, and what was sent is noted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from e2e.small_project import Project
from excel_com.clicks import on_the_screen
from mail_server import USER, MailServer
from test_send import LIAISONS, THURSDAY, in_folder, mailbox, person_sends, states

from collab_xl.catalogue import LANGS, text
from collab_xl.model.outgoing import MailState
from collab_xl.verbs import clock


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


def test_a_mailbox_that_cannot_be_reached_is_said_and_nothing_is_written(tmp_path: Path, mail_server: MailServer) -> None:
    project = Project.again(tmp_path / "p")
    project.set("mail", USER)
    project.set("mail_server", "localhost:1")
    with on_the_screen() as excel, clock.at(THURSDAY):
        seen = excel.click("chase", excel.open(project.master))
    assert "localhost" in seen.message
    assert MailState.DRAFTED not in states(project).values()
