"""The buttons 发送, 催报 and 升级 without a mailbox: whom they write to is shown, and nothing is written before the person says yes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from clicks import Excel, Seen
from copied import copy_project
from e2e.small_project import WEEK, Project

from collab_xl.addin.buttons import MAIL_BUTTONS
from collab_xl.addin.message_text import MOST, MOST_MAILS, mail_preview, message
from collab_xl.addin.sources import macros_folder
from collab_xl.catalogue import LANGS, text
from collab_xl.model.outgoing import MailState, Outgoing
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Report
from collab_xl.verbs.table import MAILS
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
THURSDAY = datetime(2026, 11, 19, 10, 30)


def outgoing(project: Project) -> list[Outgoing]:
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        return ledger.outgoing()


def asked(seen: Seen, lang: str) -> str:
    """The question in which the addresses stand."""
    (question,) = (said for said in seen.questions if "@" in said)
    return question


@pytest.mark.parametrize("lang", LANGS)
def test_packs_are_shown_asked_about_and_written_as_files(
    lang: str, tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.again(tmp_path / "p", lang)
    home = project.master.with_suffix(".collab") / "outbox"
    copy_project(project.folder / "outbox", home / WEEK)
    book, excel, files = open_book(project.master), Excel(monkeypatch, lang), home / "mails"
    before = project.master.read_bytes()
    with clock.at(THURSDAY):
        book.sheets[0].range("A60").value = "typed"
        no = excel.click("sendpacks", book, answer="no")
        question = asked(no, lang)
        for address in ("li@example.com", "wang@example.com"):
            assert address in question
        assert text("addin.mail.unsaved", lang) in question
        assert text("mail.ask.file", lang, n=2, folder=files) in question
        assert text("mail.say.not_sent_now", lang) in no.message
        assert (outgoing(project), list(files.rglob("*"))) == ([], [])

        yes = excel.click("sendpacks", book)
        assert not yes.bad, yes.message
        assert {message_from_bytes(path.read_bytes(), policy=default)["To"] for path in files.rglob("*.eml")} == {
            "li@example.com",
            "wang@example.com",
        }
        assert [mail.state for mail in outgoing(project)] == [MailState.DRAFTED] * 2
        assert str(files) in yes.message
        assert text("desk.ask.mail_sent", lang) in yes.message
        assert text("addin.ribbon.mails_not_saved", lang) in yes.message
        assert yes.sheet == {"zh": "提交台账", "en": "Submissions"}[lang]
        assert project.master.read_bytes() == before, "saving is the person's"

        again = excel.click("sendpacks", book)
        assert not any("@" in said for said in again.questions), "nothing is left to be asked"
        assert len(outgoing(project)) == len(list(files.rglob("*.eml"))) == 2
        assert str(files) in again.message, "where those lie that were not sent yet"

        held = excel.click("escalate", book)
        assert not held.questions
        assert text("addin.mail.none.escalate", lang) in held.message or text("addin.mail.add_address", lang) in held.message
        assert len(outgoing(project)) == 2


def mails(count: int, held: int) -> Report:
    one = {"to": ["a@example.com"], "cc": ["b@example.com"], "held": None, "why": None, "state": "would"}
    out = [{**one, "department": f"D{n}"} for n in range(count)]
    out += [{**one, "department": f"H{n}", "to": [], "held": "no_address", "why": "no address", "state": "held"} for n in range(held)]
    return Report("en", {"what": "packs", "mails": out})


def test_many_are_named_without_their_addresses_and_every_one_is_named() -> None:
    said = mail_preview(mails(MOST_MAILS + 3, MOST + 2))
    assert said.count("a@example.com") == MOST_MAILS
    assert all(f"D{n}" in said for n in range(MOST_MAILS + 3))
    assert all(f"H{n}" in said for n in range(MOST + 2))
    assert len(said.splitlines()) == 1 + MOST_MAILS + 1 + MOST + 1


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("what", MAILS)
def test_no_letter_at_all_says_what_to_do_first(what: str, lang: str) -> None:
    said = message("chase", Report(lang, {"what": what, "mails": []}), "", None)
    assert said == text(f"addin.mail.none.{what}", lang)


def test_every_kind_of_mail_has_a_button_and_collecting_names_both_ways() -> None:
    assert sorted(MAIL_BUTTONS.values()) == sorted(MAILS)
    with (macros_folder() / "labels.csv").open(encoding="utf-8-sig") as file:
        (row,) = (row for row in csv.DictReader(file) if row["id"] == "CollabCollect")
    assert ("邮箱" in row["tip_zh"], "收件文件夹" in row["tip_zh"]) == (True, True)
    assert ("mailbox" in row["tip_en"], "inbox folder" in row["tip_en"]) == (True, True)
