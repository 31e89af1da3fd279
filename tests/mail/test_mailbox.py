"""The project's mailbox, read by `collect` from a real IMAP server: each reply once, whatever breaks; nothing in the mailbox is changed."""

from __future__ import annotations

import socket
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest
from e2e.small_project import DAY, Project
from mail_proxy import Proxy, proxy
from mail_server import PASSWORD, USER, MailServer

from collab_xl import verbs
from collab_xl.catalogue import error_text, text
from collab_xl.errors import REFUSED, CollabError
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Report, no_progress

XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
LIAISONS = {"市场部": "li@example.com", "研发部": "wang@example.com"}


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer) -> Project:
    """A project whose mailbox is that of the server; in English for a test that is marked so with `BOTH`."""
    return with_mailbox(Project.again(tmp_path / "p", getattr(request, "param", "zh")), mail_server.port)


BOTH = pytest.mark.parametrize("project", ["zh", "en"], indirect=True)
"""What says something to a person."""


def with_mailbox(project: Project, port: int) -> Project:
    project.set("mail", USER)
    project.set("mail_server", f"localhost:{port}")
    return project


def collect(project: Project, *, mail: bool = True) -> Report:
    return verbs.collect(project.master, mail=mail, as_of=DAY, lang=project.lang, progress=no_progress)


def mailed(sender: str, *files: Path, subject: str = "W47", body: str = "请查收", photo: bool = False) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, USER, subject
    mail["Date"], mail["Message-ID"] = "Fri, 20 Nov 2026 12:00:00 +0800", f"<{abs(hash((sender, subject, files)))}@example.com>"
    mail.set_content(body)
    if photo:
        mail.add_attachment(b"\x89PNG" + bytes(2000), "image", "png", filename="照片.png")
    for file in files:
        mail.add_attachment(file.read_bytes(), *XLSX, filename=file.name)
    return bytes(mail)


def reply(project: Project, department: str, risk: str, name: str) -> Path:
    key = {"市场部": "RW-001", "研发部": "RW-002"}[department]
    return project.reply(department, {("tasks", key): {"risk": risk}}, name)


def states(report: Report) -> dict[str, int]:
    return dict(Counter(str(item["state"]) for item in report.json["items"]))


def outside(project: Project, path: Path) -> Path:
    """The file as somebody else has it: not in the inbox folder."""
    return path.rename(project.folder / path.name)


@BOTH
def test_replies_are_taken_from_the_mailbox_once_and_nothing_in_it_changes(project: Project, mail_server: MailServer) -> None:
    files = {d: outside(project, reply(project, d, "缺人", d)) for d in LIAISONS}
    mail_server.deliver(
        *(mailed(LIAISONS[d], files[d], subject=f"答复 {d}") for d in LIAISONS),
        mailed("news@example.com", subject="周末团建", photo=True),
        mailed("boss@example.com", subject="Re: W47"),
    )
    before = mail_server.flags()
    report = collect(project)
    assert states(report) == {"accepted": 2}
    assert {(i["department"], i["source"].rpartition(" » ")[2]) for i in report.json["items"]} == {(d, f"{d}.xlsx") for d in LIAISONS}
    assert text("mail.say.read", project.lang, address=USER, count=2, passed=2) in report.lines
    assert report.exit_code == 0
    after = mail_server.flags()
    assert {uid: set(f) - {b"\\Recent"} for uid, f in after.items()} == {uid: set(f) - {b"\\Recent"} for uid, f in before.items()}
    project.consolidate()
    assert project.value("tasks", "RW-001", "risk") == "缺人"
    again = collect(project)
    assert again.json["items"] == []
    assert text("mail.say.read", project.lang, address=USER, count=0, passed=0) in again.lines
    assert not list((project.master.with_suffix(".collab") / "mails").glob("*"))


def test_a_mail_and_the_same_file_in_the_folder_are_one(project: Project, mail_server: MailServer) -> None:
    file = reply(project, "市场部", "缺人", "市场部")
    mail_server.deliver(mailed(LIAISONS["市场部"], file))
    assert states(collect(project)) == {"accepted": 1, "duplicate": 1}


def test_a_new_mailbox_under_the_same_name_brings_nothing_twice(project: Project, mail_server: MailServer) -> None:
    mail = mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部")))
    mail_server.deliver(mail)
    assert states(collect(project)) == {"accepted": 1}
    project.consolidate()
    mail_server.empty()  # its UIDVALIDITY is another: every mail is looked at again
    mail_server.deliver(mail, mail)
    collect(project)
    assert [r["state"] for r in project.listed("submissions") if r["file"] == "市场部.xlsx"] == [
        text("model.state.consolidated", project.lang)
    ]


def test_a_cut_connection_goes_on_where_it_was(project: Project, mail_server: MailServer) -> None:
    mails = []
    for n in range(12):
        path = outside(project, reply(project, "市场部", f"缺 {n} 人", f"r{n:02}"))
        mails.append(mailed(LIAISONS["市场部"], path, subject=f"r{n:02}"))
    mail_server.deliver(*mails)
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.cuts += [900, 60_000, 90_000, 200_000]
        report = collect(project)
        assert between.connections > 3
    names = [i["source"].rpartition(" » ")[2] for i in report.json["items"]]
    assert sorted(names) == [f"r{n:02}.xlsx" for n in range(12)]
    assert "refused" not in states(report)


@BOTH
def test_what_cannot_be_fetched_is_told_and_comes_with_the_next_collect(project: Project, mail_server: MailServer) -> None:
    for n in range(4):
        mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", f"缺 {n} 人", f"r{n}")), subject=f"r{n}"))
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.cuts += [50_000, 3_000, 3_000, 3_000, 3_000]
        first = collect(project)
        between.cuts.clear()
        assert first.exit_code == REFUSED
        assert not any("{" in line or "('" in line for line in first.lines), first.lines
        assert 0 < len(first.json["items"]) < 4
        second = collect(project)
    assert second.exit_code == 0
    assert len(first.json["items"]) + len(second.json["items"]) == 4


def test_mails_fetched_by_a_run_that_was_killed_are_taken_in_by_the_next(project: Project, mail_server: MailServer) -> None:
    mail = mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部")))
    left = project.master.with_suffix(".collab") / "mails"
    left.mkdir()
    (left / "1-7 W47.eml").write_bytes(mail)
    (left / "1-8 W47.part").write_bytes(mail[:100])
    assert states(collect(project)) == {"accepted": 1}
    assert not list(left.glob("*"))


def test_a_service_that_wants_to_know_who_asks(project: Project, mail_server: MailServer) -> None:
    mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部"))))
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.wants_id = True
        assert states(collect(project)) == {"accepted": 1}


def test_a_mail_that_is_too_big_is_refused_without_being_fetched(project: Project, mail_server: MailServer, tmp_path: Path) -> None:
    big = tmp_path / "大.xlsx"
    big.write_bytes(bytes(39 << 20))
    mail_server.deliver(mailed(LIAISONS["市场部"], big, subject="大"))
    report = collect(project)
    assert [(i["state"], i["code"]) for i in report.json["items"]] == [("refused", "S107")]
    assert collect(project).json["items"] == []


def refused(project: Project) -> str:
    """The code of the error of `mailbox test`; `collect` tells it, and takes the folder all the same."""
    reply(project, "市场部", "缺人", "市场部")
    report = collect(project)
    assert states(report) == {"accepted": 1}
    assert report.exit_code == REFUSED
    with pytest.raises(CollabError) as error:
        verbs.mailbox_test(project.master, as_of=DAY, lang=project.lang)
    said = "\n".join(report.lines)
    assert all(part in said for part in error_text(error.value, project.lang)), said
    assert not any(secret in f"{said} {error.value}" for secret in ("right-secret", "wrong-secret"))
    return error.value.code


@BOTH
def test_a_wrong_password(project: Project, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_XL_MAIL_PASSWORD", "wrong-secret")
    assert refused(project) == "mail_login"


@BOTH
def test_no_password_for_this_server_so_it_is_not_asked(project: Project, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A master from elsewhere that names another server gets no password."""
    monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "imap.example.com")
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        assert refused(project) in {"mail_no_password", "mail_no_keyring"}
        assert between.connections == 0


def test_a_certificate_nobody_knows(project: Project, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert refused(project) == "mail_certificate"


def test_a_server_that_is_not_there(project: Project, mail_server: MailServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with_mailbox(project, free.getsockname()[1])
        assert refused(project) == "mail_unreachable"


def test_a_folder_that_is_not_there(project: Project, mail_server: MailServer) -> None:
    mail_server.deliver(mailed("a@example.com"))
    project.set("mail_folder", "报送")
    assert refused(project) == "mail_no_folder"
    mail_server.deliver(mailed(LIAISONS["研发部"], outside(project, reply(project, "研发部", "缺人", "研发部"))), folder="报送")
    assert states(collect(project)) == {"accepted": 1, "duplicate": 1}


@BOTH
def test_set_writes_the_settings_and_says_what_is_there(project: Project, mail_server: MailServer) -> None:
    for name in ("mail", "mail_server"):
        project.set(name, None)
    mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部"))), mailed("a@example.com"))
    said = verbs.mailbox_set(project.master, USER, server=f"localhost:{mail_server.port}", as_of=DAY, lang=project.lang)
    assert (said.json["opens"], said.json["mails"], said.json["matter"]) == (True, 2, 1)
    settings = {r["id"]: r["value"] for r in project.listed("settings")}
    assert (settings["mail"], settings["mail_server"]) == (USER, f"localhost:{mail_server.port}")
    assert not any("right-secret" in str(v) for v in settings.values())
    assert states(collect(project)) == {"accepted": 1}


def test_without_a_mailbox_nothing_is_asked_and_nothing_said(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    report = collect(project)
    assert report.exit_code == 0
    assert not any("邮箱" in line for line in report.lines)
    with pytest.raises(CollabError) as error:
        verbs.mailbox_test(project.master, as_of=DAY, lang="zh")
    assert error.value.code == "mail_not_set"


def test_no_mail_leaves_the_mailbox_alone(project: Project, mail_server: MailServer) -> None:
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        report = collect(project, mail=False)
        assert isinstance(between, Proxy)
        assert between.connections == 0
    assert report.exit_code == 0


@BOTH
def test_doctor_says_whether_there_is_a_password(project: Project, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> tuple[str, str]:
        report = verbs.doctor(project.master, as_of=DAY, lang=project.lang, fallback="zh")
        (line,) = (item for item in report.json["items"] if item["topic"] == "mailbox")
        return str(line["state"]), str(line["what"])

    health, what = said()
    assert health == "ok"
    assert USER in what
    assert f"localhost:{mail_server.port}" in what
    monkeypatch.setenv("COLLAB_XL_MAIL_SERVER", "imap.example.com")
    assert said()[0] == "todo"
    project.set("mail", "nobody")
    assert said()[0] == "todo"
    project.set("mail", None)
    assert said()[0] == "skipped"


def machine(name: str) -> bytes:
    """A mail of the corpus that a machine wrote, about the liaison of 市场部."""
    data = (Path(__file__).parent / f"{name}.eml").read_bytes()
    return data.replace(b"wang@example.cn", b"li@example.com").replace(b"Wang@example.cn", b"li@example.com")


@BOTH
def test_bounces_are_told_noted_and_no_submission(project: Project, mail_server: MailServer) -> None:
    names = ("30_bounce_postfix", "35_bounce_qmail", "37_only_delayed", "39_away_rfc3834", "42_receipt", "24_link_to_a_large_attachment")
    mail_server.deliver(*(machine(name) for name in names), mailed(LIAISONS["市场部"], subject="好的", body="收到"))
    report = collect(project)
    assert report.exit_code == 0
    assert states(report) == {"ignored": 6}
    bounced = [line for line in report.lines if "550 5.1.1" in line]
    assert len(bounced) == 1
    assert all(part in bounced[0] for part in ("市场部", "li@example.com", text("model.reason.bounce_address", project.lang)))
    rows = {str(r["state"]): r for r in project.listed("submissions") if r["department"] == "市场部" or not r["pack"]}
    for state in ("bounced", "delayed", "auto_reply", "receipt", "cloud"):
        assert text(f"model.state.{state}", project.lang) in rows, (state, list(rows))
    assert "{" not in "".join(str(r["reason"]) for r in rows.values())
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        noted = [(r.kind.value, r.recipient, r.department, r.message_id) for r in ledger.mail_reports()]
        marks = {(r.validity > 0, r.uid > 0) for r in ledger.mail_reports()}
    ours = "<pack-47-rd@pmo.example.cn>"
    assert sorted(noted) == sorted(
        [
            ("bounce", "li@example.com", "市场部", ours),
            ("bounce", "li@example.com", "市场部", ours),
            ("delayed", "li@example.com", "市场部", ours),
            ("auto_reply", "li@example.com", "市场部", ours),
        ]
    )
    assert marks == {(True, True)}
    assert collect(project).json["items"] == []


def test_words_of_strangers_are_not_fetched(project: Project, mail_server: MailServer) -> None:
    """Of people who report, a mail of words may say where the file is; of others it stays where it is."""
    link = "请下载 https://wx.mail.qq.com/ftn/download?k=1"
    mail_server.deliver(
        mailed("news@example.com", body=link), mailed(LIAISONS["研发部"], body=link), mailed(LIAISONS["市场部"], body="好的")
    )
    report = collect(project)
    assert [(i["code"], i["department"]) for i in report.json["items"]] == [("S446", "研发部")]
    assert text("mail.say.read", "zh", address=USER, count=1, passed=2) in report.lines


def after(project: Project, how: str, folder: str | None = None) -> None:
    project.set("mail_after", text(f"build.set.word.{how}", project.lang))
    if folder:
        project.set("mail_after_folder", folder)


def three_mails(project: Project, mail_server: MailServer) -> None:
    """A reply, a bounce, and words that a person has to read."""
    file = outside(project, reply(project, "市场部", "缺人", "市场部"))
    mail_server.deliver(
        mailed(LIAISONS["市场部"], file, subject="W47"), machine("30_bounce_postfix"), mailed(LIAISONS["研发部"], subject="问一下")
    )


def found_in(mail_server: MailServer, folder: str) -> dict[str, set[bytes]]:
    """Subject → flags of the mails of a folder."""
    from imapclient import IMAPClient

    with IMAPClient("localhost", mail_server.port, ssl_context=mail_server.trusting()) as client:
        client.login(USER, PASSWORD)
        if not client.folder_exists(folder):
            return {}
        client.select_folder(folder, readonly=True)
        said = client.fetch(client.search(), ["FLAGS", "ENVELOPE"])
        return {s[b"ENVELOPE"].subject.decode(): set(s[b"FLAGS"]) - {b"\\Recent"} for s in said.values()}


@BOTH
def test_mails_taken_in_are_marked_if_the_settings_say_so(project: Project, mail_server: MailServer) -> None:
    after(project, "mark")
    three_mails(project, mail_server)
    report = collect(project)
    assert report.exit_code == 0
    assert text("mail.say.put_marked", project.lang, count=2) in report.lines
    flags = found_in(mail_server, "INBOX")
    assert sorted(len(f) for f in flags.values()) == [0, 2, 2]
    assert flags["W47"] == {b"\\Seen", b"CollabXL"}
    assert collect(project).json["items"] == []


@BOTH
@pytest.mark.parametrize("without", [(), (b"MOVE",)], ids=["MOVE", "copy"])
def test_mails_taken_in_are_moved_if_the_settings_say_so(project: Project, mail_server: MailServer, without: tuple[bytes, ...]) -> None:
    after(project, "folder", "2026/W47 报送")
    three_mails(project, mail_server)
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.without += without
        report = collect(project)
    assert text("mail.say.put_moved", project.lang, count=2, folder="2026/W47 报送") in report.lines
    assert list(found_in(mail_server, "INBOX").values()) == [set()]
    moved = found_in(mail_server, "2026/W47 报送")
    assert set(moved) == {"W47", "Undelivered Mail Returned to Sender"}
    assert all(b"\\Deleted" not in flags for flags in moved.values())


def test_a_server_that_cannot_move_safely_marks(project: Project, mail_server: MailServer) -> None:
    after(project, "folder", "已收")
    three_mails(project, mail_server)
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.without += [b"MOVE", b"UIDPLUS"]
        report = collect(project)
    assert text("mail.say.put_cannot_move", "zh", count=2) in report.lines
    assert len(found_in(mail_server, "INBOX")) == 3


@BOTH
def test_what_cannot_be_put_away_is_said_and_stops_nothing(project: Project, mail_server: MailServer) -> None:
    after(project, "folder", "a//b/")
    three_mails(project, mail_server)
    report = collect(project)
    assert report.exit_code == 0
    assert states(report) == {"accepted": 1, "ignored": 1}
    (said,) = [
        line for line in report.lines if line.startswith(text("mail.say.put_failed", project.lang, count=2, how="~", why="~").split("~")[0])
    ]
    assert "{" not in said
    assert len(found_in(mail_server, "INBOX")) == 3
    assert collect(project).json["items"] == []


def test_nothing_is_moved_into_the_folder_that_is_read(project: Project, mail_server: MailServer) -> None:
    after(project, "folder", "inbox")
    three_mails(project, mail_server)
    report = collect(project)
    assert text("mail.say.put_same", "zh") in report.lines
    assert len(found_in(mail_server, "INBOX")) == 3


def test_a_run_that_is_not_committed_puts_nothing_away(project: Project, mail_server: MailServer) -> None:
    after(project, "folder")
    three_mails(project, mail_server)
    owner = project.master.with_name(f"~${project.master.name}")

    def opened_meanwhile(*_: object) -> None:
        owner.write_bytes(b"\x04user" + bytes(160))

    with pytest.raises(CollabError):
        verbs.collect(project.master, as_of=DAY, lang="zh", progress=opened_meanwhile)
    owner.unlink()
    assert not any(found_in(mail_server, "INBOX").values())
    assert len(found_in(mail_server, "INBOX")) == 3
    assert states(collect(project)) == {"accepted": 1, "ignored": 1}
    assert list(found_in(mail_server, "INBOX").values()) == [set()]
