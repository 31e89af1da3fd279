"""Verb calendar: what the file says is what the plan says, by another reader of recurrences (dateutil)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil import rrule
from e2e.small_project import DAY, MONDAY, Project
from tables import table, tasks

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.plan.calendar_file import calendar_file, due_days, meetings, until
from collab_xl.rules.case import Case
from collab_xl.rules.rhythms import days, rhythm
from collab_xl.settings import Settings
from collab_xl.verbs.times import clock

HOLIDAYS = {date(2027, 1, 1): False, date(2027, 2, 8): False, date(2027, 2, 9): False, date(2027, 2, 20): True, date(2026, 11, 30): False}
WORK = Calendar(HOLIDAYS, years=frozenset({2026, 2027}))


@dataclass
class Read:
    """One event, as another program reads it."""

    fields: dict[str, str]
    days: list[datetime]


def read(data: bytes) -> dict[str, Read]:
    """UID → event. Lines are unfolded as RFC 5545 says."""
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    found = {}
    for block in re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", data.decode().replace("\r\n ", ""), re.DOTALL):
        lines = [line for line in block.split("\r\n") if line]
        fields = {re.split("[:;]", line)[0]: line.partition(":")[2] for line in lines}
        out = {when(line.partition(":")[2]) for line in lines if line.startswith("EXDATE")}
        start = when(fields["DTSTART"])
        every = list(rrule.rrulestr(fields["RRULE"], dtstart=start)) if "RRULE" in fields else [start]
        found[fields["UID"]] = Read(fields, [moment for moment in every if moment not in out])
    return found


def when(said: str) -> datetime:
    return datetime.strptime(said, "%Y%m%dT%H%M%S" if "T" in said else "%Y%m%d")  # noqa: DTZ007: the file has no zone


def case(*frequencies: str) -> Case:
    plan = "| 沟通编号 | 沟通场景 | 沟通频率 | 参与人员 |\n" + "\n".join(
        f"| GT-{n:02} | 场景{n} | {said} | 研发部;市场部,PMO |" for n, said in enumerate(frequencies, 1)
    )
    work = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 计划结束时间 | 里程碑 | 完成状态 |
        | RW-001 | 联调完成 | 研发部 | 2026-12-11 | 是 | 进行中 |
        | RW-002 | 用例 | 研发部 | 2026-12-04 | | 进行中 |
        | RW-003 | 原型 | 研发部 | 2026-11-25 | 是 | 已完成 |
    """)
    tables = {"communication": table("communication", plan), "tasks": work}
    return Case(tables, load(), Directory(), Settings(), WORK, DAY)


@pytest.mark.parametrize(
    "said",
    [
        "每周一10:00",
        "每日下班前",
        "每两周周五15:00",
        "每月",
        "每月5日10:00",
        "每月31日",
        "每月第一个周一",
        "月初",
        "每季度末",
        "里程碑前2天",
        "每周六",
    ],
)
def test_the_file_says_what_the_plan_says(said: str) -> None:
    of, asked = rhythm(said), case(said)
    assert of is not None
    events, unread = meetings(asked)
    assert unread == []
    held = read(calendar_file(events, "p-1", "产品Q3上线", MONDAY)).values()
    told = sorted(moment for event in held for moment in event.days)
    wanted = days(of, DAY, until(asked), asked.terms.work, None, (date(2026, 12, 11),))
    assert told == [datetime.combine(day, of.at or datetime.min.time()) for day in wanted]
    assert told


def test_what_stands_in_an_event() -> None:
    events, unread = meetings(case("每周一10:00", "即时", "看情况"))
    assert unread == [("GT-03 场景3", "看情况")]
    data = calendar_file(events, "p-1", "产品,Q3;上线", MONDAY)
    (series,) = (event for uid, event in read(data).items() if uid == "communication-GT-01@p-1")
    assert series.fields["SUMMARY"] == "场景1"
    assert series.fields["DTSTART"] == "20261123T100000"
    assert series.fields["DTEND"] == "20261123T110000"
    assert "参与人员：研发部\\;市场部\\,PMO" in series.fields["DESCRIPTION"]
    assert series.fields["EXDATE"].startswith("2026") or series.fields["EXDATE"].startswith("2027")
    assert b"X-WR-CALNAME:\xe4\xba\xa7\xe5\x93\x81\\,Q3\\;" in data


def test_milestones_and_the_due_days_of_a_department() -> None:
    assert [(event.uid, str(event.day)) for event in due_days(case())] == [("tasks-RW-001-milestone", "2026-12-11")]
    assert [event.uid for event in due_days(case(), "研发部")] == ["tasks-RW-001-milestone", "tasks-RW-002-due"]


def test_the_verb_writes_a_file_and_not_the_master(tmp_path: Path) -> None:
    project = Project.start(tmp_path, forms="communication")
    rows = [{"occasion_id": "GT-01", "scene": "周例会", "frequency": "每周一10:00"}]
    desk.fill_in(project.master, {"communication": rows}, "zh", DAY)
    before = project.master.read_bytes()
    with clock.at(MONDAY + timedelta(days=4)):
        shown = verbs.calendar(project.master, as_of=DAY, write=False, lang="zh")
        report = verbs.calendar(project.master, as_of=DAY, department="研发部", out=tmp_path / "out", lang="zh")
    assert (shown.json["file"], report.exit_code) == (None, 0)
    assert project.master.read_bytes() == before
    assert Path(report.json["file"]).name == "日程_产品Q3上线_研发部.ics"
    found = {uid.partition("@")[0] for uid in read(Path(report.json["file"]).read_bytes())}
    assert {"communication-GT-01", "tasks-RW-002-due"} <= found
    assert not any(uid.startswith("tasks-RW-003") for uid in found), "of another department"
    with pytest.raises(CollabError, match="calendar_unknown_department"):
        verbs.calendar(project.master, as_of=DAY, department="法务部", lang="zh")
