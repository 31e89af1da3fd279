"""Group robots of 企业微信, 钉钉 and 飞书: told of what was mailed, each thing once; a robot that fails stops nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project
from mail_server import USER, MailServer
from memory_keyring import in_memory
from robot_server import KEY, SECRET, Group, robot_server
from smtp_server import SmtpKeeper, smtp_server
from test_send import mailbox, send
from test_send_answers import ABOVE, people

from collab_xl import verbs
from collab_xl.catalogue import error_text, text
from collab_xl.errors import FINDINGS, OK, REFUSED, CollabError
from collab_xl.mail import robot as posting
from collab_xl.model.outgoing import Letter, MailKind, MailState
from collab_xl.model.robot import Robot, robots_in
from collab_xl.plan.robot_texts import MOST_BYTES, robot_text
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

MONDAY_AFTER = datetime(2026, 11, 23, 10, 30)
ALL = tuple(Robot)


@pytest.fixture
def group(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    with robot_server(mail_server.certificate, mail_server.folder / "key.pem") as group:
        for robot in Robot:
            monkeypatch.setenv(f"COLLAB_XL_ROBOT_{robot.upper()}", group.url(robot))
        yield group


@pytest.fixture
def smtp(mail_server: MailServer) -> Iterator[SmtpKeeper]:
    with smtp_server(mail_server.certificate, mail_server.folder / "key.pem") as keeper:
        yield keeper


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer, smtp: SmtpKeeper) -> Project:
    made = Project.again(tmp_path / "p", getattr(request, "param", "zh"))
    for name, value in {"mail": USER, "mail_server": f"localhost:{mail_server.port}", "mail_smtp": f"localhost:{smtp.port}"}.items():
        made.set(name, value)
    for setting in ("robot_chase", "robot_escalate", "robot_week"):
        made.set(setting, "企业微信")
    with mailbox(mail_server) as client:
        for folder in ("Drafts", "Sent"):
            client.create_folder(folder)
    return made


BOTH = pytest.mark.parametrize("project", ["zh", "en"], indirect=True)


@pytest.fixture
def kept() -> Iterator[dict[tuple[str, str], str]]:
    """A keyring in memory."""
    with in_memory() as entries:
        yield entries


def chase(project: Project, at: datetime = MONDAY_AFTER, **more: object) -> Report:
    return send(project, "chase", at, now=True, week=WEEK, **more)


def posts(project: Project) -> list[tuple[str, MailState]]:
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        return [(str(post.robot), post.state) for post in ledger.posts()]


@BOTH
def test_a_chase_that_is_mailed_is_told_to_the_group_once_a_day(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    report = chase(project)
    assert len(smtp.taken) == 2
    (said,) = group.texts("wecom")
    assert all(name in said for name in ("产品Q3上线", WEEK, "市场部", "研发部", "2026-11-20", "2"))
    assert "RW-001" not in said
    assert text("mail.robot.told", project.lang, robot=text("model.robot.wecom", project.lang)) in report.lines
    assert report.json["robots"] == [{"robot": "wecom", "state": "sent", "reason": None}]
    assert chase(project, MONDAY_AFTER + timedelta(hours=2)).json["robots"] == []
    assert len(group.posts) == 1
    chase(project, MONDAY_AFTER + timedelta(days=1))
    assert len(group.posts) == 2


def test_only_departments_that_were_not_told_are_told_later_on_the_day(project: Project, group: Group) -> None:
    chase(project, departments=["市场部"])
    chase(project)
    first, second = group.texts("wecom")
    assert ("市场部" in first, "研发部" in first, "市场部" in second, "研发部" in second) == (True, False, False, True)


@pytest.mark.parametrize("more", [{"now": False}, {"now": True, "write": False}], ids=["drafts", "no write"])
def test_drafts_and_a_look_tell_no_group(project: Project, group: Group, more: dict[str, bool]) -> None:
    report = send(project, "chase", MONDAY_AFTER, week=WEEK, **more)
    assert group.asked == 0
    assert any(text("model.robot.wecom", "zh") in line for line in report.lines) is more["now"], "the look says that it would"


def test_a_person_who_says_no_tells_nobody(project: Project, group: Group) -> None:
    chase(project, confirm=lambda question: False)
    assert group.asked == 0
    assert posts(project) == []


def test_each_setting_says_which_robots(project: Project, group: Group) -> None:
    project.set("robot_chase", "钉钉、飞书")
    chase(project)
    assert [robot for robot, _ in group.posts] == ["dingtalk", "feishu"]
    project.set("robot_chase", None)
    chase(project, MONDAY_AFTER + timedelta(days=1))
    assert len(group.posts) == 2


def test_a_robot_that_is_not_known_is_said_and_told_nothing(project: Project, group: Group) -> None:
    project.set("robot_chase", "企业微信、微博")
    with clock.at(MONDAY_AFTER):
        said = "\n".join(verbs.status(project.master, as_of=MONDAY_AFTER.date(), lang="zh").notes)
    assert "微博" in said
    chase(project)
    assert group.asked == 0


@pytest.mark.parametrize("robot", ALL)
def test_signatures_are_those_of_the_services(project: Project, group: Group, robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """At enough moments that a signature has `+`, `/` and `=`, which an address must escape."""
    group.signed = True
    hook = posting.Hook(robot, group.url(robot), SECRET)
    for second in range(20):
        posting.post(hook, "一句话 & <b>", 1_795_000_000.25 + second)
    assert group.texts(robot) == ["一句话 & <b>"] * 20
    if robot is Robot.DINGTALK:
        assert group.now == 1_795_000_019.25, "milliseconds"
    if robot is not Robot.WECOM:
        with pytest.raises(posting.NotPosted, match="sign") as error:
            posting.post(posting.Hook(robot, group.url(robot), "another-secret"), "x", 1_795_000_000.0)
        assert error.value.certain


REFUSALS = [
    (200, {"errcode": 45009, "errmsg": "api freq out of limit"}, "45009 api freq out of limit", True),
    (200, {"code": 19024, "msg": "Key Words Not Found"}, "19024 Key Words Not Found", True),
    (200, {"errcode": 310000, "errmsg": "keywords not in content"}, "310000 keywords not in content", True),
    (429, {"errcode": 1}, "HTTP 429", True),
    (403, "no", "HTTP 403", True),
    (302, "", "HTTP 302", True),
    (502, "bad gateway", "HTTP 502", False),
    (200, "<html>Please sign in", "HTTP 200, '<html>Please sign in'", False),
    (200, {"errcode": 93000, "errmsg": f"invalid webhook url {KEY}"}, "93000 invalid webhook url …", True),
]


@pytest.mark.parametrize(("status", "answer", "said", "certain"), REFUSALS, ids=[line[2] for line in REFUSALS])
def test_what_a_service_refuses_is_said_in_its_words(group: Group, status: int, answer: object, said: str, certain: bool) -> None:
    group.answers.append((status, answer))
    with pytest.raises(posting.NotPosted) as error:
        posting.post(posting.Hook(Robot.WECOM, group.url("wecom")), "x", 0.0)
    assert (str(error.value), error.value.certain) == (said, certain)
    assert group.asked == 1, "a redirect is not followed"
    assert KEY not in "".join(traceback.format_exception(error.value))


def test_a_refused_post_is_tried_again_within_a_day_and_stops_nothing(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    group.answers.append((200, {"errcode": 45009, "errmsg": "api freq out of limit"}))
    report = chase(project)
    assert (len(smtp.taken), report.exit_code) == (2, FINDINGS)
    assert any("45009 api freq out of limit" in line for line in report.lines)
    assert posts(project) == [("wecom", MailState.PLANNED)]
    again = chase(project, MONDAY_AFTER + timedelta(minutes=5))
    assert again.exit_code == OK
    assert (len(smtp.taken), len(group.posts)) == (2, 1)
    assert posts(project) == [("wecom", MailState.SENT)]


def test_a_refused_post_is_dropped_after_a_day(project: Project, group: Group) -> None:
    group.answers.append((429, ""))
    chase(project)
    chase(project, MONDAY_AFTER + timedelta(days=2))
    assert posts(project) == [("wecom", MailState.DROPPED), ("wecom", MailState.SENT)]
    assert len(group.posts) == 1


@pytest.mark.parametrize("how", ["slow", "cut"])
def test_a_post_without_an_answer_is_not_posted_again(
    project: Project, group: Group, smtp: SmtpKeeper, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 1)
    if how == "slow":
        group.silent.set()
    group.cut = int(how == "cut")
    report = chase(project)
    group.silent.clear()
    assert (len(smtp.taken), report.exit_code, len(group.posts)) == (2, FINDINGS, 1)
    assert [one["state"] for one in report.json["robots"]] == ["unknown"]
    chase(project, MONDAY_AFTER + timedelta(minutes=5))
    assert len(group.posts) == 1


def test_what_a_killed_process_was_posting_is_not_posted_again(project: Project, group: Group) -> None:
    chase(project)
    with Ledger.open(project.master.with_suffix(".collab") / "ledger.db") as ledger:
        (post,) = ledger.posts()
        ledger.post_is(post, MailState.SENDING, MONDAY_AFTER)
    report = chase(project, MONDAY_AFTER + timedelta(minutes=5))
    assert [one["state"] for one in report.json["robots"]] == ["unknown"]
    assert len(group.posts) == 1


def test_robots_that_cannot_be_reached_or_are_not_trusted(
    project: Project, group: Group, smtp: SmtpKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.set("robot_chase", "wecom dingtalk feishu")
    monkeypatch.setenv("COLLAB_XL_ROBOT_WECOM", f"https://localhost:1/cgi-bin/webhook/send?key={KEY}")
    monkeypatch.setenv("COLLAB_XL_ROBOT_DINGTALK", group.url("dingtalk").replace("localhost", "127.0.0.1"))
    monkeypatch.setenv("COLLAB_XL_ROBOT_FEISHU", "http://localhost/open-apis/bot/v2/hook/x")
    report = chase(project)
    assert (len(smtp.taken), report.exit_code, group.asked) == (2, FINDINGS, 0)
    assert {state for _, state in posts(project)} == {MailState.PLANNED}
    assert len(report.json["robots"]) == 3
    assert KEY not in "\n".join([*report.lines, *report.notes, json.dumps(report.json)])


@BOTH
def test_robot_set_keeps_the_address_names_the_robot_and_posts_a_line(
    project: Project, group: Group, kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for robot in Robot:
        monkeypatch.delenv(f"COLLAB_XL_ROBOT_{robot.upper()}")
    group.signed = True
    answers = iter([group.url("dingtalk"), SECRET])
    asked: list[str] = []

    def secret(question: str) -> str:
        asked.append(question)
        return next(answers)

    report = verbs.robot_set(project.master, "钉钉", secret=secret, as_of=DAY, lang=project.lang)
    assert (report.exit_code, len(asked), len(group.posts)) == (OK, 2, 1)
    assert "产品Q3上线" in group.texts("dingtalk")[0]
    values = {str(row["id"]): row["value"] for row in project.listed("settings")}
    names = ("企业微信、" if project.lang == "zh" else "WeCom, ") + text("model.robot.dingtalk", project.lang)
    assert {values[f"robot_{what}"] for what in ("chase", "escalate", "week")} == {names}
    assert [service for service, _ in kept] == ["collab-xl robot dingtalk"]
    project.set("robot_chase", "wecom")
    verbs.robot_set(project.master, "dingtalk", as_of=DAY, lang=project.lang)
    assert {str(row["id"]): row["value"] for row in project.listed("settings")}["robot_chase"] == "wecom", "as a person has chosen"
    report = verbs.robot_test(project.master, as_of=DAY, lang=project.lang)
    assert report.exit_code == REFUSED
    assert [one["state"] for one in report.json["robots"]] == ["no_webhook", "told"]


def test_no_secret_is_in_master_ledger_log_or_message(
    project: Project, group: Group, kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for robot in Robot:
        monkeypatch.delenv(f"COLLAB_XL_ROBOT_{robot.upper()}")
    answers = iter([group.url("feishu"), SECRET])
    said = [verbs.robot_set(project.master, "feishu", secret=lambda question: next(answers), as_of=DAY, lang="zh")]
    project.set("robot_chase", "feishu")
    said.append(chase(project))
    group.answers.append((200, {"code": 19001, "msg": f"token {KEY} {SECRET} invalid"}))
    said.append(chase(project, MONDAY_AFTER + timedelta(days=1)))
    assert len(group.posts) == 2
    assert any("19001" in line for line in said[-1].lines)
    everything = "".join("\n".join([*r.lines, *r.notes]) + json.dumps(r.json) for r in said).encode()
    everything += b"".join(path.read_bytes() for path in project.folder.rglob("*") if path.is_file())
    assert len(everything) > 100_000
    assert KEY.encode() not in everything
    assert SECRET.encode() not in everything
    assert KEY not in repr(posting.hook_of(Robot.FEISHU, next(iter(kept))[1], "zh"))
    assert SECRET not in repr(posting.hook_of(Robot.FEISHU, next(iter(kept))[1], "zh"))


WRONG = [
    ("wecom", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"),
    ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"),
    ("wecom", "6f0c4a5e-1111"),
    ("wecom", "https://oapi.dingtalk.com/robot/send?access_token=abc&key=abc"),
    ("dingtalk", "https://oapi.dingtalk.com/robot/send?key=abc"),
    ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/"),
    ("feishu", "https://user:secret@open.feishu.cn/open-apis/bot/v2/hook/abc"),
    ("feishu", "https://open.feishu.cn:99999/open-apis/bot/v2/hook/abc"),
    ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/a b"),
]


@pytest.mark.parametrize(("robot", "address"), WRONG)
def test_an_address_that_is_none_is_not_kept_and_not_repeated(
    project: Project, kept: dict[tuple[str, str], str], robot: str, address: str
) -> None:
    before = project.master.read_bytes()
    with pytest.raises(CollabError) as error:
        verbs.robot_set(project.master, robot, secret=lambda question: address, as_of=DAY, lang="zh")
    assert error.value.code == "robot_address"
    said = "".join(error_text(error.value, "zh")).replace(posting.example(Robot(robot)), "")
    assert address not in said
    assert kept == {}
    assert project.master.read_bytes() == before


def test_wrong_words_and_nothing_set_are_told(project: Project) -> None:
    with pytest.raises(CollabError) as error:
        verbs.robot_set(project.master, "weibo", as_of=DAY, lang="en")
    assert (error.value.code, error.value.exit_code) == ("usage_robot", 2)
    for setting in ("robot_chase", "robot_escalate", "robot_week"):
        project.set(setting, None)
    with pytest.raises(CollabError) as error:
        verbs.robot_test(project.master, as_of=DAY, lang="en")
    assert error.value.code == "robot_not_set"


def test_robots_as_people_write_them() -> None:
    assert robots_in("企业微信、 钉钉；Feishu,企微") == (Robot.WECOM, Robot.DINGTALK, Robot.FEISHU)
    assert robots_in(" ") == robots_in("无") == ()
    assert robots_in("微博") is None


# Escalations and the week


def escalate(project: Project, at: datetime = MONDAY_AFTER, **more: object) -> Report:
    with clock.at(at):
        verbs.flag(project.master, as_of=at.date(), lang=project.lang)
    return send(project, "escalate", at, now=True, **more)


def critical(project: Project) -> None:
    """A problem that must be answered at once."""
    project.type(("problems", "WT-001", "level", "critical"), ("problems", "WT-001", "raised_at", date(2026, 11, 18)))


NIGHT = datetime(2026, 11, 23, 22, 30)


@BOTH
def test_an_urgent_escalation_goes_at_night_and_without_an_address(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    """Nobody above has an address in this project, so no mail can go; the group hears of it all the same. What is not urgent waits."""
    critical(project)
    report = escalate(project, NIGHT)
    urgent = [mail for mail in report.json["mails"] if mail["urgent"]]
    assert urgent
    assert smtp.taken == []
    (said,) = group.texts("wecom")
    assert "WT-001" in said
    assert text("plan.robot.urgent", project.lang).strip() in said
    assert "RW-001" not in said
    assert escalate(project, NIGHT + timedelta(minutes=30)).json["robots"] == []
    assert len(group.posts) == 1


def test_an_escalation_that_is_mailed_is_told_by_number_and_title_once(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    report = escalate(project)
    assert {mail["state"] for mail in report.json["mails"]} == {"sent"}
    (said,) = group.texts("wecom")
    assert "RW-001 问卷设计" in said
    assert "*经理" not in said, "a title and a number, no other cell"
    escalate(project, MONDAY_AFTER + timedelta(hours=1), again=True)
    assert len(group.posts) == 1, "also where the mails are sent again"


def test_an_urgent_escalation_is_told_where_the_mail_cannot_go(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    critical(project)
    project.set("mail_smtp", "localhost:1")
    report = escalate(project, NIGHT)
    assert report.json["error"] == "smtp_unreachable"
    (said,) = group.texts("wecom")
    assert "WT-001" in said
    assert "RW-001" not in said


def no_imap(project: Project) -> None:
    project.set("mail_server", "localhost:1")


@BOTH
def test_an_urgent_escalation_goes_where_the_mailbox_cannot_be_opened(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    """A chase that waits as a draft has to be looked for in the mailbox first; what is urgent does not wait for that."""
    people(project, ABOVE)
    critical(project)
    send(project, "packs", at=MONDAY_AFTER)
    no_imap(project)
    report = escalate(project, NIGHT)
    assert (report.json["error"], report.exit_code) == ("mail_unreachable", REFUSED)
    assert {m["state"] for m in report.json["mails"] if m["state"] != "held"} == {"sent"}
    assert {m["held"] for m in report.json["mails"] if m["state"] == "held"} == {"no_mailbox"}
    assert any("WT-001" in str(t.mail.get_body(("plain",)).get_content()) for t in smtp.taken)
    (said,) = group.texts("wecom")
    assert "WT-001" in said
    assert "RW-001" not in said
    sent = len(smtp.taken)
    again = escalate(project, NIGHT + timedelta(minutes=10))
    assert (again.json["robots"], again.exit_code) == ([], REFUSED)
    assert (len(group.posts), len(smtp.taken)) == (1, sent)


def test_an_urgent_escalation_becomes_a_file_where_nothing_can_be_opened(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    critical(project)
    no_imap(project)
    project.set("mail_smtp", "localhost:1")
    report = escalate(project, NIGHT)
    assert report.exit_code == REFUSED
    assert len(group.texts("wecom")) == 1
    outbox = project.master.with_suffix(".collab") / "outbox" / "mails"
    (file,) = outbox.rglob("*.eml")
    assert b"X-Unsent: 1" in file.read_bytes()
    rescued = text("mail.say.rescued_files", "zh", n=1, folder=outbox, file=project.master.name)
    assert rescued in report.lines
    assert [m["state"] for m in report.json["mails"] if m["state"] != "held"] == ["drafted"]
    escalate(project, NIGHT + timedelta(minutes=10))
    assert len(list(outbox.rglob("*.eml"))) == 1, "once"


def test_an_urgent_draft_without_a_mailbox_is_a_file_and_one_that_cannot_be_sent_a_draft(
    project: Project, group: Group, mail_server: MailServer
) -> None:
    people(project, ABOVE)
    critical(project)
    project.set("mail_smtp", "localhost:1")
    report = escalate(project, NIGHT)
    assert report.json["error"] == "smtp_unreachable"
    with mailbox(mail_server) as client:
        client.select_folder("Drafts")
        assert len(client.search()) == 1
    other = project.copy(project.folder.with_name("q"))
    for name in ("mail", "mail_server"):
        other.set(name, None)
    other.type(("problems", "WT-001", "raised_at", date(2026, 11, 19)))
    report = escalate(other, NIGHT + timedelta(hours=1), again=True)
    assert report.json["error"] == "mail_not_set"
    with pytest.raises(CollabError) as error:
        chase(other)
    assert error.value.code == "mail_not_set", "what is not urgent waits until a mailbox is set"


POINTS = {"planned": (0, "planned"), "sending": (0, "sending"), "posted": (1, "sending"), "noted": (1, "sent")}
"""Where the process is killed → posts in the group, and the state in which it left the text."""


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_is_killed_while_posting_never_posts_twice(project: Project, group: Group, smtp: SmtpKeeper, point: str) -> None:
    """With SIGKILL, in a process of its own: what may be in the group is not posted again by itself; what certainly is not, is."""
    given = [str(project.master), "chase", f"robot:{point}", MONDAY_AFTER.isoformat(), str(project.folder / "outbox"), "--send"]
    script = Path(__file__).with_name("killed_send.py")
    done = subprocess.run([sys.executable, str(script), *given], capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode(errors="replace")[-2000:]
    in_group, state = POINTS[point]
    assert (len(group.posts), [str(s) for _, s in posts(project)]) == (in_group, [state])
    report = send(project, "chase", MONDAY_AFTER + timedelta(minutes=5), now=True)
    expected = {"planned": ["sent"], "noted": []}.get(point, ["unknown"])
    assert [one["state"] for one in report.json["robots"]] == expected
    send(project, "chase", MONDAY_AFTER + timedelta(minutes=10), now=True)
    assert len(group.posts) == (1 if point == "planned" else in_group)
    assert len(smtp.taken) == 2, "the mails had gone"


@BOTH
def test_doctor_says_of_each_robot_what_it_knows_and_what_only_a_post_can_tell(
    project: Project, group: Group, kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> list[tuple[str, str]]:
        report = verbs.doctor(project.master, as_of=DAY, lang=project.lang, fallback="zh")
        return [(str(item["state"]), str(item["what"])) for item in report.json["items"] if item["topic"] == "robot"]

    project.set("robot_chase", "wecom feishu")
    monkeypatch.delenv("COLLAB_XL_ROBOT_FEISHU")
    known, unknown = said()
    assert (known[0], unknown[0]) == ("ok", "todo")
    assert text("model.mail_kind.week", project.lang) in known[1]
    assert text("model.mail_kind.week", project.lang) not in unknown[1]
    assert text("model.robot.feishu", project.lang) in unknown[1]
    verbs.robot_set(project.master, "feishu", secret=lambda question: group.url("feishu"), as_of=DAY, lang=project.lang)
    assert [state for state, _ in said()] == ["ok", "ok"]
    assert KEY not in str(said())
    for setting in ("robot_chase", "robot_escalate", "robot_week"):
        project.set(setting, None)
    assert [state for state, _ in said()] == ["skipped"]


@BOTH
def test_the_week_is_told_in_headline_figures(project: Project, group: Group, smtp: SmtpKeeper) -> None:
    people(project, ABOVE)
    at = MONDAY_AFTER
    with clock.at(at):
        verbs.flag(project.master, as_of=at.date(), lang=project.lang)
        page = verbs.week(project.master, week=WEEK, as_of=at.date(), lang=project.lang).json
    send(project, "week", at, now=True, week=WEEK)
    assert len(smtp.taken) == 1
    (said,) = group.texts("wecom")
    assert WEEK in said
    assert text(f"model.rag.{page['rag']}", project.lang) in said
    figures = {"on_time": 0, "late": 0, "missing": 2, "open": sum(d["open"] for d in page["departments"])}
    figures |= {"overdue": len(page["overdue"]), "escalated": len(page["escalations"])}
    assert figures["overdue"] > 0
    assert said.endswith(text("plan.robot.headline", project.lang, n=2, **figures))
    assert "RW-001" not in said


def test_a_long_list_is_cut_to_what_the_smallest_limit_takes() -> None:
    from collab_xl.model.outgoing import Grid

    rows = tuple((str(n), f"RW-{n:03} {'很长的任务名称' * 20}\n研发部\n措施：机密", "原因", "") for n in range(200))
    about = tuple(f"tasks:RW-{n:03}:late" for n in range(200))
    letter = Letter(MailKind.ESCALATION, "研发部", ("a@example.com",), about, {"rows": (Grid(("1", "2", "3", "4"), rows),)})
    said = robot_text(MailKind.ESCALATION, [letter], {about[0]}, "甲 <at user_id='all'>", "zh")
    assert said is not None
    assert len(said.text.encode()) <= MOST_BYTES
    assert said.about == about[1:], "those that are only counted are told too"
    assert "机密" not in said.text
    assert "<" not in said.text
    assert text("plan.robot.more", "zh", n=199 - said.text.count("RW-")) in said.text
    assert robot_text(MailKind.ESCALATION, [letter], about, "甲", "zh") is None
