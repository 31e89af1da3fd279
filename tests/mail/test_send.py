"""Mails that go out: drafts in a real mailbox, real SMTP with TLS and login; each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from e2e.small_project import MONDAY, Project
from imapclient import IMAPClient
from mail_server import PASSWORD, USER, MailServer
from memory_keyring import in_memory
from smtp_server import SmtpKeeper, smtp_server

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, REFUSED, CollabError
from collab_xl.model.outgoing import MailState
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

THURSDAY = datetime(2026, 11, 19, 10, 30)
LIAISONS = {"市场部": "li@example.com", "研发部": "wang@example.com"}


@pytest.fixture
def smtp(mail_server: MailServer) -> Iterator[SmtpKeeper]:
    with smtp_server(mail_server.certificate, mail_server.folder / "key.pem") as keeper:
        yield keeper


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer, smtp: SmtpKeeper) -> Project:
    made = Project.again(tmp_path / "p", getattr(request, "param", "zh"))
    made.set("mail", USER)
    made.set("mail_server", f"localhost:{mail_server.port}")
    made.set("mail_smtp", f"localhost:{smtp.port}")
    with mailbox(mail_server) as client:
        for folder in ("Drafts", "Sent"):
            client.create_folder(folder)
    return made


BOTH = pytest.mark.parametrize("project", ["zh", "en"], indirect=True)


def mailbox(server: MailServer) -> IMAPClient:
    client = IMAPClient("localhost", server.port, ssl_context=server.trusting())
    client.login(USER, PASSWORD)
    return client


def in_folder(server: MailServer, folder: str) -> list[bytes]:
    with mailbox(server) as client:
        client.select_folder(folder, readonly=True)
        return [said[b"BODY[]"] for _, said in sorted(client.fetch(client.search(), ["BODY.PEEK[]"]).items())]


def person_sends(server: MailServer, *, new_ids: bool = False, at: datetime = THURSDAY) -> None:
    """As a mail program does with drafts: a copy in Sent, the draft gone; some programs give the mail another Message-ID."""
    with mailbox(server) as client:
        client.select_folder("Drafts")
        uids = client.search()
        for uid in uids:
            mail = message_from_bytes(client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"], policy=default)
            if new_ids:
                mail.replace_header("Message-ID", f"<made-by-a-program-{uid}@example.com>")
            client.append("Sent", bytes(mail), [b"\\Seen"], at.astimezone())
        client.delete_messages(uids)
        client.expunge()


def send(project: Project, what: str = "", at: datetime = THURSDAY, **more: object) -> Report:
    with clock.at(at):
        return verbs.send(project.master, what, as_of=at.date(), lang=project.lang, **{"out": project.folder / "outbox", **more})


def states(project: Project) -> dict[str, MailState]:
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        return {mail.department: mail.state for mail in ledger.outgoing()}


def test_packs_become_drafts_each_for_its_liaison(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    project.set("mail_cc", "pmo2@example.com; boss@example.com")
    report = send(project, "packs")
    assert report.exit_code == 0
    drafts = [message_from_bytes(data, policy=default) for data in in_folder(mail_server, "Drafts")]
    assert {str(mail["To"]) for mail in drafts} == set(LIAISONS.values())
    for mail in drafts:
        (file,) = mail.iter_attachments()
        department = next(d for d, address in LIAISONS.items() if address == mail["To"])
        assert file.get_content() == project.packs[department].read_bytes()
        assert file.get_filename() == project.packs[department].name
        assert mail["Cc"] == "pmo2@example.com, boss@example.com"
        assert department in mail["Subject"]
        other = next(d for d in LIAISONS if d != department)
        assert other not in mail.as_string() + mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()
    assert set(states(project).values()) == {MailState.DRAFTED}
    assert smtp.taken == []
    again = send(project, "packs")
    assert len(in_folder(mail_server, "Drafts")) == 2
    assert {m["state"] for m in again.json["mails"]} == {"drafted"}


@pytest.mark.parametrize("new_ids", [False, True])
def test_a_draft_is_sent_when_it_is_found_in_sent(project: Project, mail_server: MailServer, new_ids: bool) -> None:
    send(project, "packs")
    person_sends(mail_server, new_ids=new_ids)
    report = send(project)
    assert report.json["unsettled"] == []
    assert set(states(project).values()) == {MailState.SENT}
    assert not list((project.master.with_suffix(".collab") / "outgoing").glob("*"))
    assert {m["state"] for m in send(project, "packs").json["mails"]} == {"sent"}
    assert in_folder(mail_server, "Drafts") == []


@BOTH
def test_the_state_on_the_sheets_changes_with_the_mail_itself(project: Project, mail_server: MailServer) -> None:
    """Without a collect or consolidate in between."""

    def shown() -> tuple[set[str], str]:
        book = read_book(project.master)
        sheet, area = book.names["home_missing"]
        home = str(book.snapshot(sheet).value(area.first_row, area.first_col))
        return {str(row["state"]) for row in project.listed("submissions")}, home.partition("\n")[2]

    def both(state: str) -> tuple[set[str], str]:
        word = text(f"model.state.{state}", project.lang)
        return {word}, f"{word} 2"

    send(project, "packs", at=MONDAY + timedelta(hours=1))
    assert shown() == both("prepared")
    person_sends(mail_server, at=MONDAY + timedelta(hours=3))
    send(project, at=MONDAY + timedelta(hours=4))
    assert shown() == both("sent")
    before = project.master.read_bytes()
    send(project, at=MONDAY + timedelta(hours=5))
    assert project.master.read_bytes() == before, "nothing new, nothing written"
    with clock.at(MONDAY + timedelta(hours=6)):
        verbs.undo(project.master, as_of=MONDAY.date(), lang=project.lang)
    assert shown() in (both("sent"), (set(), "")), "undo takes back a run, never a mail"


def test_a_state_that_a_person_confirms_is_on_the_sheet_at_once(project: Project, mail_server: MailServer) -> None:
    report = send(project, "packs", at=MONDAY + timedelta(hours=1))
    with mailbox(mail_server) as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()
    (mark,) = [m["mark"] for m in report.json["mails"] if m["department"] == "市场部"]
    send(project, at=MONDAY + timedelta(hours=2), sure=[mark])
    states_ = {str(row["department"]): str(row["state"]) for row in project.listed("submissions")}
    assert states_["市场部"] == text("model.state.sent", "zh") != states_["研发部"]


def test_a_draft_that_is_gone_is_asked_about(project: Project, mail_server: MailServer) -> None:
    send(project, "packs")
    with mailbox(mail_server) as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()
    report = send(project)
    assert report.exit_code == FINDINGS
    assert {m["state"] for m in report.json["unsettled"]} == {"unknown"}
    marks = [m["mark"] for m in report.json["unsettled"]]
    send(project, sure=[marks[0]], not_sent=[marks[1]])
    assert sorted(states(project).values()) == [MailState.DROPPED, MailState.SENT]
    send(project, "packs")
    assert len(in_folder(mail_server, "Drafts")) == 1


def test_sent_over_smtp_with_a_copy_in_sent(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    report = send(project, "packs", now=True)
    assert report.exit_code == 0
    assert {m["state"] for m in report.json["mails"]} == {"sent"}
    assert smtp.logins == 1
    assert {taken.recipients for taken in smtp.taken} == {(address,) for address in LIAISONS.values()}
    assert {taken.sender for taken in smtp.taken} == {USER}
    assert {message_from_bytes(m)["Message-ID"] for m in in_folder(mail_server, "Sent")} == set(smtp.ids())
    assert in_folder(mail_server, "Drafts") == []
    assert {m["state"] for m in send(project, "packs", now=True).json["mails"]} == {"sent"}
    assert len(smtp.taken) == 2


def test_drafts_are_taken_back_before_they_are_sent(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    send(project, "packs")
    ids = {message_from_bytes(m)["Message-ID"] for m in in_folder(mail_server, "Drafts")}
    send(project, "packs", now=True)
    assert in_folder(mail_server, "Drafts") == []
    assert set(smtp.ids()) == ids


def test_a_draft_that_was_changed_is_left_to_the_person(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    send(project, "packs")
    with mailbox(mail_server) as client:
        client.select_folder("Drafts")
        uid, said = next(iter(client.fetch(client.search(), ["BODY.PEEK[]"]).items()))
        client.append("Drafts", said[b"BODY[]"] + b"PS: by hand\r\n", [b"\\Draft"], THURSDAY.astimezone())
        client.delete_messages([uid])
        client.expunge()
    send(project, "packs", now=True)
    assert len(smtp.taken) == 1
    assert len(in_folder(mail_server, "Drafts")) == 1
    assert sorted(states(project).values()) == [MailState.DRAFTED, MailState.SENT]


def test_no_write_shows_who_would_be_written_to_and_asks_no_server(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    before = project.master.read_bytes()
    report = send(project, "packs", now=True, write=False)
    assert [m["to"] for m in report.json["mails"]] == [[address] for address in LIAISONS.values()]
    assert {m["state"] for m in report.json["mails"]} == {"would"}
    assert smtp.logins == 0
    assert states(project) == {}
    assert project.master.read_bytes() == before


def test_a_person_who_says_no_sends_nothing(project: Project, smtp: SmtpKeeper) -> None:
    asked: list[str] = []
    shown: list[Report] = []

    def no(question: str) -> bool:
        asked.append(question)
        return False

    send(project, "packs", now=True, confirm=no, show=shown.append)
    assert len(asked) == 1
    assert "li@example.com" in str(shown[0].listings[0].rows)
    assert smtp.taken == []
    assert states(project) == {}


def test_what_the_server_refuses_for_good_is_told_and_can_be_written_anew(project: Project, smtp: SmtpKeeper) -> None:
    smtp.refused["wang@example.com"] = "550 5.1.1 no such user"
    report = send(project, "packs", now=True)
    assert report.exit_code == FINDINGS
    refused = next(m for m in report.json["mails"] if m["department"] == "研发部")
    assert (refused["state"], "no such user" in str(refused["reason"])) == ("dropped", True)
    smtp.refused.clear()
    send(project, "packs", now=True)
    assert len(smtp.taken) == len(set(smtp.ids())) == 2


def test_what_the_server_refuses_for_now_is_sent_next_time_as_it_was(project: Project, smtp: SmtpKeeper) -> None:
    smtp.answers += ["451 try later"]
    first = send(project, "packs", now=True)
    assert sorted(str(m["state"]) for m in first.json["mails"]) == ["planned", "sent"]
    waiting = next(m["message_id"] for m in first.json["mails"] if m["state"] == "planned")
    send(project, "packs", now=True)
    assert waiting in smtp.ids()
    assert len(smtp.taken) == len(set(smtp.ids())) == 2


def test_a_connection_that_breaks_before_the_mail_is_taken(project: Project, smtp: SmtpKeeper) -> None:
    """The answer was not heard, so it is not sent again by itself, though the server has not taken it."""
    smtp.cut_before = 1
    report = send(project, "packs", now=True)
    assert sorted(str(m["state"]) for m in report.json["mails"]) == ["sent", "unknown"]
    send(project, "packs", now=True)
    assert len(smtp.taken) == 1
    mark = next(m["mark"] for m in report.json["mails"] if m["state"] == "unknown")
    send(project, not_sent=[mark])
    send(project, "packs", now=True)
    assert len(smtp.taken) == len(set(smtp.ids())) == 2


def test_a_mail_that_was_taken_without_an_answer_is_found_in_sent(project: Project, mail_server: MailServer, smtp: SmtpKeeper) -> None:
    smtp.cut_after = 1
    report = send(project, "packs", now=True)
    assert sorted(str(m["state"]) for m in report.json["mails"]) == ["sent", "unknown"]
    assert send(project).exit_code == FINDINGS
    with mailbox(mail_server) as client:  # the service has put its copy there meanwhile
        client.append("Sent", smtp.taken[0].data, [b"\\Seen"], THURSDAY.astimezone())
    assert send(project).json["unsettled"] == []
    assert set(states(project).values()) == {MailState.SENT}
    assert len(smtp.taken) == 2


def test_without_a_mailbox_there_are_files_for_a_mail_program(project: Project) -> None:
    project.set("mail", None)
    assert text("mail.say.none_yet", project.lang) in send(project).lines
    report = send(project, "packs")
    files = sorted((project.master.with_suffix(".collab") / "outbox" / "mails").rglob("*.eml"))
    assert {path.name.split(" ")[1] for path in files} == {"填报包"}
    assert len(files) == 2
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    assert {mail["X-Unsent"] for mail in mails} == {"1"}
    assert {str(mail["To"]) for mail in mails} == set(LIAISONS.values())
    assert all(mail["From"] is None for mail in mails)
    assert {m["state"] for m in report.json["mails"]} == {"drafted"}
    sent = send(project, sure=["all"])
    assert set(states(project).values()) == {MailState.SENT}
    assert sent.next is not None
    assert (sent.next.key, sent.next.verb) == ("replies", "collect"), "packs that were sent wait for the departments"
    assert text("mail.say.settled", project.lang) in send(project).lines


def test_starttls_and_a_server_without_encryption(project: Project, mail_server: MailServer) -> None:
    key = mail_server.folder / "key.pem"
    with smtp_server(mail_server.certificate, key, starttls=True) as keeper:
        project.set("mail_smtp", f"localhost:{keeper.port} starttls")
        send(project, "packs", departments=["市场部"], now=True)
        assert len(keeper.taken) == 1
    with smtp_server(mail_server.certificate, key, tls=False) as keeper:
        project.set("mail_smtp", f"localhost:{keeper.port} starttls")
        report = send(project, "packs", now=True)
        assert (report.exit_code, report.json["error"]) == (REFUSED, "smtp_no_tls")
        assert keeper.logins == 0


def refused(project: Project) -> object:
    report = send(project, "packs", now=True)
    assert report.exit_code == REFUSED
    assert not any(secret in "\n".join(report.lines) for secret in ("right-secret", "wrong-secret"))
    assert MailState.SENT not in states(project).values()
    return report.json["error"]


@BOTH
def test_refusals_are_told_and_nothing_is_lost(
    project: Project, mail_server: MailServer, smtp: SmtpKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.set("mail_smtp", "localhost:1")
    assert refused(project) == "smtp_unreachable"
    project.set("mail_smtp", f"127.0.0.1:{smtp.port}")  # another name: the password is not for it
    assert refused(project) in {"mail_no_password", "mail_no_keyring"}
    project.set("mail_smtp", "a b c")
    assert refused(project) == "smtp_server"
    project.set("mail_smtp", None)
    assert refused(project) == "smtp_not_set"
    project.set("mail_smtp", f"localhost:{smtp.port}")
    send(project, "packs", now=True)
    assert len(smtp.taken) == len(set(smtp.ids())) == 2


def test_wrong_words_are_told(project: Project) -> None:
    for more, code in (({"what": "pakcs"}, "usage_mail_what"), ({"sure": ["ABCDEF"]}, "usage_mail_mark")):
        with pytest.raises(CollabError) as error:
            send(project, **more)
        assert (error.value.code, error.value.exit_code) == (code, 2)


def test_a_pack_whose_file_is_gone_or_of_another_pack_is_not_sent(project: Project) -> None:
    project.packs["市场部"].write_bytes(project.packs["研发部"].read_bytes())
    report = send(project, "packs")
    assert report.exit_code == FINDINGS
    assert {m["department"]: m["held"] for m in report.json["mails"]} == {"市场部": "no_file", "研发部": None}


def test_departments_that_have_answered_get_no_pack(project: Project) -> None:
    path = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺人"}}, "a")
    project.consolidate(path)
    report = send(project, "packs", at=datetime(2026, 11, 20, 15))
    assert {m["department"]: m["held"] for m in report.json["mails"]} == {"市场部": "answered", "研发部": None}


def test_the_password_is_kept_for_a_sending_server_that_is_named(
    project: Project, mail_server: MailServer, smtp: SmtpKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's own servers have two names; a workbook that names another gets no password."""
    monkeypatch.delenv("COLLAB_XL_MAIL_PASSWORD")
    with in_memory() as kept:
        typed = {"server": f"localhost:{mail_server.port}", "smtp": "smtp.example.com:587", "secret": lambda question: PASSWORD}
        verbs.mailbox_set(project.master, USER, as_of=THURSDAY.date(), lang="zh", **typed)
        assert {service for service, _ in kept} == {"collab-xl localhost", "collab-xl smtp.example.com"}
        assert {r["id"]: r["value"] for r in project.listed("settings")}["mail_smtp"] == "smtp.example.com:587"
        project.set("mail_smtp", f"127.0.0.1:{smtp.port}")
        assert send(project, "packs", now=True).json["error"] == "mail_no_password"
        assert smtp.logins == 0
        project.set("mail_smtp", f"localhost:{smtp.port}")
        send(project, "packs", now=True)
        assert len(smtp.taken) == 2


def test_the_environment_may_name_both_servers(project: Project, smtp: SmtpKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "smtp.example.com, localhost")
    send(project, "packs", now=True)
    assert len(smtp.taken) == 2
