"""Mails in the ledger: planned once, moved from state to state by one only, kept whatever is undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from collab_xl.model.outgoing import MailKind, MailReport, MailState, Outgoing, ReportKind
from collab_xl.model.record import replace
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_schema import VERSION

NOW = datetime(2026, 11, 20, 17, 5, tzinfo=timezone(timedelta(hours=8)))
MAIL = Outgoing(
    "pack:P-1", MailKind.PACK, "市场部", ("a@b.cn", "c@d.cn"), ("head@b.cn",), "填报包 “W47”", "XZ-7", "<1@b.cn>", "0" * 64, ("P-1",), NOW
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "p.collab" / "ledger.db", "p", NOW) as made:
        yield made


def test_a_mail_is_stored_as_it_was_planned(ledger: Ledger) -> None:
    chase = replace(MAIL, id="chase:P-1:2026-11-20", kind=MailKind.CHASE, message_id="<2@b.cn>", planned_at=NOW + timedelta(seconds=1))
    assert ledger.plan_mails([MAIL, chase]) == [MAIL, chase]
    assert ledger.outgoing() == [replace(MAIL, state_at=NOW), replace(chase, state_at=chase.planned_at)]
    assert ledger.outgoing(MailKind.CHASE) == [replace(chase, state_at=chase.planned_at)]


def test_the_same_mail_is_planned_once(ledger: Ledger) -> None:
    ledger.plan_mails([MAIL])
    assert ledger.plan_mails([replace(MAIL, message_id="<other@b.cn>")]) == []
    assert [mail.message_id for mail in ledger.outgoing()] == ["<1@b.cn>"]


def test_a_dropped_mail_can_be_planned_anew(ledger: Ledger) -> None:
    ledger.plan_mails([MAIL])
    assert ledger.mail_is(MAIL, MailState.DROPPED, NOW, reason="no such user")
    anew = replace(MAIL, message_id="<3@b.cn>")
    assert ledger.plan_mails([anew]) == [anew]
    assert [(m.message_id, m.state) for m in ledger.outgoing()] == [("<3@b.cn>", MailState.PLANNED)]


def test_one_of_two_gets_the_mail(ledger: Ledger) -> None:
    ledger.plan_mails([MAIL])
    with Ledger.open(ledger.path) as other:
        (theirs,) = other.outgoing()
        (ours,) = ledger.outgoing()
        sending = ledger.mail_is(ours, MailState.SENDING, NOW, way="smtp")
        assert other.mail_is(theirs, MailState.SENDING, NOW, way="smtp") is None
    assert sending is not None
    sent = ledger.mail_is(sending, MailState.SENT, NOW + timedelta(seconds=2), proof="server")
    assert sent is not None
    assert ledger.outgoing() == [sent]
    assert (sent.way, sent.proof, sent.state_at) == ("smtp", "server", NOW + timedelta(seconds=2))


def test_what_a_mail_says_is_noted_once(ledger: Ledger) -> None:
    bounce = MailReport("f" * 64, ReportKind.BOUNCE, "<1@b.cn>", "a@b.cn", "市场部", "550 没有这个用户", NOW, 7, 12)
    away = replace(bounce, source="e" * 64, kind=ReportKind.AUTO_REPLY, reason="出差中", at=NOW + timedelta(hours=1), validity=0, uid=0)
    ledger.note_reports([bounce, away])
    ledger.note_reports([bounce])
    assert ledger.mail_reports() == [bounce, away]


def test_a_ledger_of_version_3_is_brought_up(ledger: Ledger) -> None:
    ledger.note_mails("a@b.cn", "INBOX", [(7, 1)])
    ledger.close()
    conn = sqlite3.connect(ledger.path)
    conn.executescript("DROP TABLE outgoing; DROP TABLE mail_reports; PRAGMA user_version = 3;")
    conn.close()
    with Ledger.open(ledger.path) as upgraded:
        assert upgraded.plan_mails([MAIL]) == [MAIL]
        assert upgraded.mails("a@b.cn", "INBOX") == {(7, 1)}
        assert upgraded._conn.execute("PRAGMA user_version").fetchone()[0] == VERSION >= 4
