"""`send` is killed at every step, for real: no mail goes out twice, and none is lost without a word."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from e2e.small_project import Project
from mail_server import MailServer
from smtp_server import SmtpKeeper
from test_send import THURSDAY, in_folder, project, send, smtp, states

from collab_xl.model.outgoing import MailState

__all__ = ["project", "smtp"]
SCRIPT = Path(__file__).with_name("killed_send.py")


def start(project: Project, point: str, *more: str) -> subprocess.Popen[bytes]:
    given = [str(project.master), "packs", point, THURSDAY.isoformat(), str(project.folder / "outbox"), *more]
    return subprocess.Popen([sys.executable, str(SCRIPT), *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed_at(project: Project, point: str, *more: str) -> None:
    process = start(project, point, *more)
    _, said = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, said.decode(errors="replace")[-2000:]


def departments(smtp: SmtpKeeper) -> Counter[str]:
    return Counter(taken.recipients[0] for taken in smtp.taken)


SENDING = (
    "mail:bytes_kept",
    "mail:planned",
    "mail:sending",
    "mail:taken_by_server",
    "mail:sent",
    "mail:sending@1",
    "mail:taken_by_server@1",
)


@pytest.mark.parametrize("point", SENDING)
def test_killed_while_sending(project: Project, smtp: SmtpKeeper, point: str) -> None:
    killed_at(project, point, "--send")
    report = send(project, "packs", now=True)
    send(project, "packs", now=True)
    assert all(times == 1 for times in departments(smtp).values())
    assert len(smtp.ids()) == len(set(smtp.ids()))
    found = states(project)
    reached = set(departments(smtp))
    for department, address in (("市场部", "li@example.com"), ("研发部", "wang@example.com")):
        if found[department] is MailState.SENT:
            assert address in reached
        else:  # it may have left: a person is asked, and told which
            assert found[department] is MailState.UNKNOWN
            assert any(
                m["state"] == "unknown" and m["department"] == department for m in [*report.json["mails"], *report.json["unsettled"]]
            )
    asked = point.partition("@")[0] in ("mail:sending", "mail:taken_by_server")
    assert list(found.values()).count(MailState.UNKNOWN) == asked
    for mark in [m["mark"] for m in report.json["mails"] if m["state"] == "unknown"]:
        taken = any(mark in str(t.mail["Subject"]) for t in smtp.taken)
        send(project, **{"sure" if taken else "not_sent": [mark]})
    send(project, "packs", now=True)
    assert departments(smtp) == {"li@example.com": 1, "wang@example.com": 1}
    assert set(states(project).values()) == {MailState.SENT}


@pytest.mark.parametrize("point", ["mail:bytes_kept", "mail:planned", "mail:draft_put", "mail:drafted", "mail:draft_put@1"])
def test_killed_while_drafting(project: Project, mail_server: MailServer, point: str) -> None:
    killed_at(project, point)
    send(project, "packs")
    assert len(in_folder(mail_server, "Drafts")) == 2
    assert set(states(project).values()) == {MailState.DRAFTED}
    send(project, "packs")
    assert len(in_folder(mail_server, "Drafts")) == 2


def test_killed_between_taking_a_draft_back_and_sending_it(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    send(project, "packs")
    killed_at(project, "mail:draft_taken", "--send")
    report = send(project, "packs", now=True)
    assert len(smtp.taken) == 1
    assert sorted(states(project).values()) == [MailState.SENT, MailState.UNKNOWN]
    (mark,) = (m["mark"] for m in report.json["mails"] if m["state"] == "unknown")
    send(project, not_sent=[mark])
    send(project, "packs", now=True)
    assert departments(smtp) == {"li@example.com": 1, "wang@example.com": 1}
    assert in_folder(mail_server, "Drafts") == []


def test_killed_at_any_moment(project: Project, smtp: SmtpKeeper) -> None:
    """From outside, by the clock, a few times in a row."""
    chance = random.Random(12)
    for _ in range(6):
        process = start(project, "", "--send")
        time.sleep(chance.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert all(times == 1 for times in departments(smtp).values())
    report = send(project, "packs", now=True)
    for mark in [m["mark"] for m in report.json["mails"] if m["state"] == "unknown"]:
        taken = any(mark in str(t.mail["Subject"]) for t in smtp.taken)
        send(project, **{"sure" if taken else "not_sent": [mark]})
    send(project, "packs", now=True)
    assert departments(smtp) == {"li@example.com": 1, "wang@example.com": 1}


def test_two_at_once(project: Project, smtp: SmtpKeeper) -> None:
    """Two colleagues press at the same moment: one of them sends, the other is told or finds all done."""
    both = [start(project, "", "--send") for _ in range(2)]
    for process in both:
        process.communicate(timeout=120)
    send(project, "packs", now=True)
    assert departments(smtp) == {"li@example.com": 1, "wang@example.com": 1}
