"""A project of eight weeks, from request form to archive: `python -m benchmarks.play FOLDER [--weeks 8] [--lang zh] [--pictures]`.

Every form, a field and a form of one's own, mails as files, a late pack, an old one after a newer one, a word nobody knows, evidence, a
signature in a pack, conflicts, undo, minutes, an escalation, a change of goal, forecast, acceptance, overview, retrospective and close. It
asserts what must hold at each step and stops at the first that does not. With `--pictures` every workbook that was made is printed by
LibreOffice, page by page, into `FOLDER/pictures`: to be looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from openpyxl import load_workbook

from benchmarks import play_scenes as scenes
from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.demo.answers import NEW, Written
from collab_xl.demo.filling import fill
from collab_xl.demo.mails import Attachment, Mail, as_eml
from collab_xl.errors import CollabError
from collab_xl.excel.libreoffice import books_as_pdf, pages_as_png
from collab_xl.forms import load
from collab_xl.model.directory import Department
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value
from collab_xl.model.week import week_of
from collab_xl.terminal import print_report
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

FIRST = date(2026, 9, 7)
ZH = {"asks": "产品部", "builds": "技术部", "sells": "市场部"}
EN = {"asks": "Product", "builds": "Engineering", "sells": "Marketing"}
TITLE = {"zh": "秋季会员活动", "en": "Autumn members' offer"}
STEPS = {
    "zh": ("需求确认", "页面开发", "素材制作", "活动上线", "数据复盘"),
    "en": ("Requirements agreed", "Page built", "Material ready", "Go-live", "Figures reviewed"),
}


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block must be refused with this code."""
    try:
        yield
    except CollabError as error:
        if error.code != code:
            raise
    else:
        raise AssertionError(code)


def as_printed(report: Report, master: Path) -> str:
    """What a terminal shows of it."""
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        print_report(report)
    after = [report.next.as_command(report.lang, master.name)] if report.next is not None else []
    return "\n".join([screen.getvalue().rstrip(), *after, *report.notes, ""])


class Play:
    """One project in one folder. `said` lists what was done, with what came of it."""

    def __init__(self, folder: Path, lang: str, weeks: int) -> None:
        self.folder, self.lang, self.weeks = folder, lang, weeks
        self.names = ZH if lang == "zh" else EN
        self.master = folder / ("秋季会员活动.xlsx" if lang == "zh" else "offer.xlsx")
        self.inbox, self.out = folder / "inbox", folder / "made"
        self.said: list[str] = []
        self.printed: list[str] = []
        """Everything a terminal shows, verb by verb."""
        self.mails = 0
        self.client_row = self.asked = ""
        self.last_packs: dict[str, Path] = {}
        self.now = datetime.combine(FIRST, time(9))

    def word(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def tell(self, line: str) -> None:
        self.said.append(line)
        print(line, file=sys.stderr, flush=True)

    # what a person does

    def run(self, what: str, verb: Callable[[], Report], *, worst: int = 4) -> Report:
        with clock.at(self.now):
            report = verb()
        self.tell(f"{self.now:%m-%d %H:%M} {what}: {report.lines[0] if report.lines else ''}")
        self.printed.append(f"$ {what}  ({self.now:%Y-%m-%d %H:%M})\n{as_printed(report, self.master)}")
        assert report.exit_code <= worst, (what, report.exit_code, report.lines)
        return report

    def at(self, week: int, weekday: int, hour: int) -> None:
        self.now = datetime.combine(FIRST + timedelta(days=7 * week + weekday), time(hour))

    def mail(self, who: str, subject: str, *files: tuple[str, bytes]) -> Path:
        """A mail of a department in the inbox; its time is the play's."""
        self.mails += 1
        attached = tuple(Attachment(name, data) for name, data in files)
        sender = f"{['asks', 'builds', 'sells'].index(who)}@example.com"
        mail = Mail(sender, self.names[who], subject, "", self.now, attached)
        path = self.inbox / f"{self.mails:02d}.eml"
        path.write_bytes(as_eml(mail, self.mails))
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))
        return path

    def consolidate(self, *inputs: Path) -> Report:
        inputs = inputs or (self.inbox,)
        return self.run(
            "consolidate",
            lambda: verbs.consolidate(self.master, inputs, as_of=self.now.date(), lang=self.lang, progress=no_progress),
        )

    def decide(self, choice: Callable[[Mapping[str, object]], str] = lambda item: "model.word.take_submission") -> None:
        """What the PMO chooses for everything that waits: take it, if nothing else is said."""
        words = {str(row["id"]): choice(row) for row in self.listed("conflicts") if row.get("id")}
        desk.decide(self.master, words, self.lang)
        self.run("resolve", lambda: verbs.resolve(self.master, as_of=self.now.date(), lang=self.lang))

    def listed(self, service_id: str) -> list[dict[str, Value]]:
        book, service = read_book(self.master), load().service(service_id)
        ref = book.tables[service.table]
        snap = book.snapshot(ref.sheet)
        ids = {c.heading[self.lang]: c.id for c in service.columns}
        rows = range(ref.data.first_row, ref.data.last_row + 1)
        lines = [{ids[h]: snap.value(r, ref.area.first_col + n) for n, h in enumerate(ref.headings) if h in ids} for r in rows]
        return [line for line in lines if any(v is not None for v in line.values())]

    def rows(self, form: str) -> list[dict[str, Value]]:
        key = load().form(form).key.id
        return [row for row in desk.values(self.master, self.lang).get(form, []) if row.get(key)]

    def data(self) -> dict[str, list[dict[str, Value]]]:
        """Every row of every form, fields of one's own too."""
        return {form: [dict(row) for row in rows] for form, rows in desk.values(self.master, self.lang).items()}

    def raw(self, form: str, key: str, heading: str) -> tuple[str, int, int, Value]:
        """Sheet, row, column and value of a cell by its heading, also of a column of one's own."""
        book = read_book(self.master)
        ref = book.tables[load().form(form).table]
        snap = book.snapshot(ref.sheet)
        row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, ref.area.first_col) == key)
        col = ref.area.first_col + ref.headings.index(heading)
        return ref.sheet, row, col, snap.value(row, col)

    def type_raw(self, form: str, key: str, heading: str, value: Value) -> None:
        sheet, row, col, old = self.raw(form, key, heading)
        desk.save(self.master, Plan(edits=(CellEdit(sheet, row, col, old, value),)))

    def departments(self) -> list[Department]:
        w = self.word
        people = (
            w("*经理", "*head"),
            w("*总", "*chief"),
            w("张*总", "*sponsor"),
            "head@example.com",
            "chief@example.com",
            "sponsor@example.com",
        )
        return [Department(name, (), f"{name}*", (f"{n}@example.com",), *people) for n, name in enumerate(self.names.values())]

    def key_of(self, form: str, title: str) -> str:
        schema = load().form(form)
        return next(str(row[schema.key.id]) for row in self.rows(form) if row.get(schema.id_of("title")) == title)

    def type(self, *cells: tuple[str, str, str, Value], new: desk.NewRows | None = None) -> None:
        desk.change(self.master, cells, self.lang, self.now.date(), new)

    def week_id(self, week: int) -> str:
        return week_of(FIRST + timedelta(days=7 * week))

    def issue(self, week: int) -> dict[str, Path]:
        report = self.run(
            f"issue {self.week_id(week)}",
            lambda: verbs.issue(
                self.master, as_of=self.now.date(), week=self.week_id(week), out=self.out, lang=self.lang, progress=no_progress
            ),
        )
        return {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}

    def close_week(self, week: int) -> None:
        """Monday morning: check, flag, weekly page; the sheets that go with it."""
        self.at(week + 1, 0, 8)
        day = self.now.date()
        self.run("check", lambda: verbs.check(self.master, as_of=day, lang=self.lang))
        self.run("flag", lambda: verbs.flag(self.master, as_of=day, lang=self.lang))
        if week == 1:
            scenes.escalated(self)
        page = self.run("week", lambda: verbs.week(self.master, week=self.week_id(week), as_of=day, lang=self.lang))
        assert page.json["week"] == self.week_id(week)
        agenda = self.run("agenda", lambda: verbs.agenda(self.master, as_of=day, out=self.out, lang=self.lang))
        shutil.copyfile(self.master, self.out / f"{self.master.stem} {self.week_id(week)}.xlsx")
        if week == 1:
            scenes.minutes(self, agenda)
        if week in (1, scenes.LEARNT):
            scenes.forecast(self, week)

    # the story

    def request(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.inbox.mkdir()
        self.out.mkdir()
        known = ",".join(form.id for form in load().forms if form.id != scenes.VISITS)
        with clock.at(self.now):
            verbs.init(self.master, project=TITLE[self.lang], departments=self.departments(), lang=self.lang, as_of=FIRST, forms=known)
        empty = self.run("request", lambda: verbs.request(self.master, (), as_of=FIRST, out=self.out, lang=self.lang))
        filled = self._filled_request(Path(str(empty.json["files"][0]["file"])))
        self.mail("asks", self.word("合作需求申请", "Request"), (self.word("合作需求申请表.xlsx", "request.xlsx"), filled))
        report = self.consolidate()
        assert not self.rows("requirements"), "a request is a proposal"
        assert len(report.json["conflicts"]) >= 9, report.json["conflicts"]
        self.decide()
        (wanted,) = self.rows("requirements")
        self.req = str(wanted["req_id"])
        assert {row["req_id"] for row in self.rows("tasks")} == {self.req}
        assert len(self.rows("tasks")) == 5
        assert len(self.rows("resources")) == 2

    def _filled_request(self, path: Path) -> bytes:
        form = load().form("requirements")
        assert form.request is not None
        book = load_workbook(path)
        (sheet,) = book.worksheets
        at = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
        label = {f.field: f.heading[self.lang] for f in form.request.fields}
        others = self.word("、", ", ").join(self.names[n] for n in ("builds", "sells", "asks"))
        values = {
            "name": TITLE[self.lang],
            "from_dept": self.names["asks"],
            "contact": self.word("*产品经理", "*product manager"),
            "goal": self.word("会员复购率提升10%", "repeat purchases +10 %"),
            "to_depts": others,
            "due": datetime.combine(self.day(7, 4), time()),
        }
        for name, value in values.items():
            sheet.cell(at[label[name]], 2).value = value
        milestones, resources, outcome, opinions = form.request.parts
        steps = STEPS[self.lang]
        lines: list[tuple[int, Sequence[Mapping[str, object]]]] = [
            (
                0,
                [
                    {"name": s, "end": datetime.combine(self.day(1 + n * 1.5, 4), time()), "dept": self.names[d]}
                    for n, (s, d) in enumerate(zip(steps, ("asks", "builds", "sells", "sells", "asks"), strict=True))
                ],
            ),
            (
                1,
                [
                    {"name": self.word("开发工程师", "developers"), "need": 3, "giver": self.names["builds"]},
                    {
                        "name": self.word("推广预算", "promotion budget"),
                        "need": 50000,
                        "unit_name": self.word("元", "yuan"),
                        "giver": self.names["sells"],
                    },
                ],
            ),
            (
                3,
                [
                    {
                        "dept": self.names["builds"],
                        "opinion": self.word("同意", "Agreed"),
                        "person": "王*",
                        "signed_on": datetime.combine(FIRST, time()),
                    }
                ],
            ),
        ]
        for number, rows in lines:
            part = form.request.parts[number]
            row = at[part.heading[self.lang]]
            columns = {
                c.field: next(x for x in range(2, 9) if sheet.cell(row, x).value == c.heading[self.lang])
                for c in part.columns
                if any(sheet.cell(row, x).value == c.heading[self.lang] for x in range(2, 9))
            }
            for n, cells in enumerate(rows, 1):
                for name, value in cells.items():
                    sheet.cell(row + n, columns[name]).value = value  # type: ignore[assignment]
        sheet.cell(at[outcome.heading[self.lang]], 2).value = self.word("活动页面1个、数据报告1份", "one page, one report")
        del milestones, resources, opinions
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    def day(self, week: float, weekday: int) -> date:
        return FIRST + timedelta(days=7 * int(week) + weekday)

    def start(self) -> None:
        """Goals, responsibilities, communication; the first packs ask for the plan; the baseline is set."""
        self.at(0, 1, 9)
        w = self.word
        self.type(
            ("requirements", self.req, "status", "confirmed"),
            new={
                "goals": [
                    {
                        "goal_id": "MB-01",
                        "goal": w("会员复购率提升10%", "repeat purchases +10 %"),
                        "depts": tuple(self.names.values()),
                        "due": self.day(7, 4),
                        "status": "open",
                    }
                ],
                "responsibilities": [
                    {"duty_id": f"ZZ-{n:03}", "duty": s, "dept": self.names[d], "raci": "accountable"}
                    for n, (s, d) in enumerate(zip(STEPS[self.lang], ("asks", "builds", "sells", "sells", "asks"), strict=True), 1)
                ],
                "communication": [
                    {"occasion_id": "GT-01", "scene": w("项目例会", "Project meeting"), "frequency": w("每周一10:00", "every Monday 10:00")}
                ],
            },
        )
        scenes.a_field_and_a_form_of_ones_own(self)
        packs = self.issue(0)
        scenes.packs_by_mail(self, packs)
        assert set(packs) == set(self.names.values())
        self.at(0, 3, 15)
        plan = Written(
            "tasks",
            NEW,
            {"name": w("接口联调", "Interfaces joined"), "owner": w("*主管", "*lead"), "start": self.day(1, 0), "end": self.day(3, 4)},
        )
        self.mail(
            "builds", w("任务清单", "Task list"), (packs[self.names["builds"]].name, fill(packs[self.names["builds"]], [plan], self.lang))
        )
        planned = self.consolidate()
        assert [(r["errors"], r["warnings"]) for r in planned.json["returned"]] in ([], [(0, 0)]), planned.json["returned"]
        self.decide()
        self.type(new={"tasks": scenes.short_tasks(self)})
        self.type(
            *(("tasks", str(row["task_id"]), "start", self.day(0, 0)) for row in self.rows("tasks") if not row.get("start")),
            *(("tasks", str(row["task_id"]), "req_id", self.req) for row in self.rows("tasks") if not row.get("req_id")),
        )
        self.at(0, 4, 9)
        self.set_baseline("asks", "sells")
        self.close_week(0)

    def set_baseline(self, *signing: str) -> None:
        """A baseline, signed by these departments; a department that is left out signs in its pack."""
        day = self.now.date()
        self.run("baseline set", lambda: verbs.baseline_set(self.master, as_of=day, lang=self.lang))
        for name in (self.names[who] for who in signing or self.names):
            self.run("baseline sign", partial(verbs.baseline_sign, self.master, department=name, as_of=day, lang=self.lang))

    def ordinary_week(self, week: int) -> None:
        """Packs, replies by mail, one of them late, one conflict, one weekly sheet instead of a pack."""
        self.at(week, 0, 9)
        packs, w = self.issue(week), self.word
        if week == 3:
            scenes.asker_is_told(self, packs)
        sheets = self.run(
            "progress", lambda: verbs.progress(self.master, week=self.week_id(week), as_of=self.now.date(), out=self.out, lang=self.lang)
        )
        built = self.key_of("tasks", STEPS[self.lang][1])
        owned = {name: [row for row in self.rows("tasks") if row.get("dept") == name and row.get("status") != "done"] for name in packs}
        if week == 2:  # the PMO changes what a department changes too
            self.type(("tasks", built, "owner", w("*经理", "*manager")))
        if week == 4:  # last week's pack of one comes on Wednesday
            self.at(week, 2, 10)
            self.mail("asks", w("补交上周", "Last week's, late"), self.late)
            self.consolidate()
            self.decide()
        self.at(week, 4, 16)
        if week == 1:
            scenes.first_answers(self, packs, owned)
        for who in ("asks",) if week == 1 else ("asks", "builds", "sells"):
            name = self.names[who]
            answers = [
                Written("tasks", str(row["task_id"]), self._progress(row, week))
                for row in owned.get(name, ())
                if (row.get("start") or FIRST) <= self.now.date()  # type: ignore[operator]
            ]
            if week == 2 and who == "builds":
                answers = [a for a in answers if a.key != built] + [
                    Written("tasks", built, {"owner": w("*主管", "*lead"), "progress": 0.4, "status": w("进行中", "In progress")})
                ]
                answers.append(scenes.resource_given(self))
                answers.append(
                    Written(
                        "risks",
                        NEW,
                        {
                            "description": w("接口方延期", "the interface's owner is late"),
                            "likelihood": w("高", "High"),
                            "impact": w("高", "High"),
                        },
                    )
                )
            if name not in packs:
                continue
            if who == "sells" and week % 3 == 0 and (made := [f for f in sheets.json["files"] if f["department"] == name]):
                self.mail(who, w("周进度", "Weekly progress"), (w("周进度.xlsx", "weekly.xlsx"), self._weekly(Path(str(made[0]["file"])))))
                continue
            if who == "sells" and week == 2:
                answers.append(scenes.action_done(self))
            data = fill(packs[name], answers, self.lang)
            if who == "asks" and week == 3:
                self.late = (packs[name].name, data)
                continue
            self.mail(who, w("填报", "Report"), (packs[name].name, data))
        self.at(week, 4, 18)
        back = self.consolidate()
        assert not [i for i in back.json["items"] if i["state"] == "refused"], back.json["items"]
        waiting = self.listed("conflicts")
        if week == 2:
            assert any(row.get("row_key") == built for row in waiting), "both sides changed the owner"
        self.decide()
        assert not self.listed("conflicts")
        if week == 1:
            scenes.answered(self)
            scenes.answers_by_mail(self, set())
        if week == 2:
            scenes.old_pack(self, packs, self.last_packs[self.names["builds"]])
        self.last_packs = packs
        if week == self.weeks // 2:
            self._goal_moves()
        self.close_week(week)

    def _goal_moves(self) -> None:
        """The goal moves a week: found as not approved, asked for, approved, and a new baseline is set."""
        w, day = self.word, self.now.date()
        moved = [("goals", "MB-01", "due"), ("requirements", self.req, "due")]
        before = self.day(7, 4)
        self.type(*((form, key, name, before + timedelta(days=7)) for form, key, name in moved))
        found = self.run("check", lambda: verbs.check(self.master, as_of=day, lang=self.lang))
        assert {f["row_id"] for f in found.json["findings"] if f["code"] == "Q541"} == {"MB-01", self.req}
        with refused("baseline_not_approved"):
            verbs.baseline_set(self.master, as_of=day, lang=self.lang)
        change = {
            "dept": self.names["asks"],
            "asked_on": day,
            "approval": "approved",
            "approver": w("张*总", "*sponsor"),
            "decided_on": day,
            "why_changed": w("素材供应商延期", "the supplier is late"),
            "value_before": before.isoformat(),
            "value_after": (before + timedelta(days=7)).isoformat(),
        }
        changes = [
            {"change_id": f"BG-{n:03}", "change_text": w("完成时间顺延一周", "a week later"), "changed_row": key, **change}
            for n, (_, key, _) in enumerate(moved, 1)
        ]
        self.type(new={"change_requests": changes})
        found = self.run("check", lambda: verbs.check(self.master, as_of=day, lang=self.lang))
        assert not [f for f in found.json["findings"] if f["code"] == "Q541"], "it is approved"
        self.set_baseline()
        self.run("baseline compare", lambda: verbs.baseline_compare(self.master, as_of=day, lang=self.lang))

    def _progress(self, row: Mapping[str, Value], week: int) -> dict[str, object]:
        end = row.get("end")
        done = isinstance(end, date) and end <= self.now.date() + timedelta(days=2) and week != 3
        if done:
            return {
                "progress": 1,
                "status": self.word("已完成", "Done"),
                "actual_end": self.now.date(),
                "deliverable": self.word("已交付", "delivered"),
                "done_this_week": self.word("完成", "finished"),
            }
        return {
            "progress": min(0.9, 0.2 * week),
            "status": self.word("进行中", "In progress"),
            "done_this_week": self.word(f"第{week}周进展", f"progress of week {week}"),
            "late_reason": self.word("等待接口", "waiting for the interface"),
            "measure": self.word("加班赶工", "extra hours"),
        }

    def _weekly(self, path: Path) -> bytes:
        book = load_workbook(path)
        (sheet,) = book.worksheets
        head = {sheet.cell(4, c).value: c for c in range(1, sheet.max_column + 1)}
        form = load().form("tasks")
        assert form.weekly is not None
        col = next(head[c.heading[self.lang]] for c in form.weekly.columns if c.field == "done_this_week")
        sheet.cell(5, col).value = self.word("按计划推进", "on plan")
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    def end(self) -> None:
        """Everything is done, accepted, looked back upon and put away."""
        week = self.weeks
        self.at(week, 0, 9)
        w, day = self.word, self.now.date()
        open_tasks = [row for row in self.rows("tasks") if row.get("status") != "done"]
        cells: list[tuple[str, str, str, Value]] = []
        for row in open_tasks:
            key = str(row["task_id"])
            cells += [("tasks", key, "progress", 1), ("tasks", key, "status", "done"), ("tasks", key, "actual_end", day)]
        cells += [("resources", str(r["resource_id"]), "status", "delivered") for r in self.rows("resources")]
        cells += [("risks", str(r["risk_id"]), "status", "closed") for r in self.rows("risks")]
        visits = [str(r["visit_no"]) for r in self.rows(scenes.VISITS) if r.get("went") != "over"]
        cells += [c for key in visits for c in ((scenes.VISITS, key, "went", "over"), (scenes.VISITS, key, "closed_on", day))]
        cells += [c for r in self.rows("actions") if r.get("status") != "done" for c in self._action_done(str(r["action_id"]), day)]
        cells += [("goals", "MB-01", "status", "reached"), ("goals", "MB-01", "actual_value", w("11%", "11 %"))]
        signed = [str(r["signature_id"]) for r in self.rows("signatures") if r.get("opinion") != "consent"]
        cells += [
            c
            for key in signed
            for c in (
                ("signatures", key, "opinion", "consent"),
                ("signatures", key, "person", "李*"),
                ("signatures", key, "signed_on", day),
            )
        ]  # type: ignore[misc]
        self.type(*cells)
        packs = self.issue(week)
        self.at(week, 2, 15)
        accepted = [
            Written(
                "acceptance",
                str(row["acceptance_id"]),
                {
                    "actual_result": w("均已交付", "all delivered"),
                    "conclusion": w("通过", "Accepted"),
                    "confirmed_by": "陈*",
                    "confirmed_on": self.now.date(),
                },
            )
            for row in self.rows("acceptance")
        ]
        assert accepted, "the outcome of the request is what is accepted"
        name = self.names["asks"]
        self.mail("asks", w("验收", "Acceptance"), (packs[name].name, fill(packs[name], accepted, self.lang)))
        self.consolidate()
        self.decide()
        self.type(
            ("requirements", self.req, "status", "done"),
            new={
                "retrospective": [
                    {
                        "review_id": "FP-001",
                        "topic": TITLE[self.lang],
                        "success": w("接口提前约定", "interfaces agreed early"),
                        "shortfall": w("素材晚一周", "material a week late"),
                        "improvement": w("提前锁定素材", "fix the material earlier"),
                        "req_id": self.req,
                        "dept": self.names["asks"],
                        "held_on": day,
                        "done_on": self.now.date(),
                        "status": "done",
                    }
                ]
            },
        )
        self.close_week(week)
        scenes.week_files(self, week)
        scenes.two_projects(self)
        scenes.compared(self, self.day(1, 4))
        day = self.now.date()
        found = self.run("lessons", lambda: verbs.lessons(self.master, w("素材", "material"), as_of=day, lang=self.lang))
        assert found.json["lessons"]
        self.run("gantt", lambda: verbs.gantt(self.master, as_of=day, out=self.out, lang=self.lang))
        plan = self.run("export", lambda: verbs.export(self.master, mspdi=True, as_of=day, out=self.out, lang=self.lang))
        assert plan.exit_code == 0
        self.run("log", lambda: verbs.log(self.master, lang=self.lang))
        self.run("calendar", lambda: verbs.calendar(self.master, as_of=day, out=self.out, lang=self.lang))
        self.run("request again", lambda: verbs.request(self.master, [self.req], as_of=day, out=self.out, lang=self.lang))
        closed = self.run(
            "close", lambda: verbs.close(self.master, as_of=self.now.date(), confirmed=True, lang=self.lang, progress=no_progress)
        )
        self.archive = Path(str(closed.json["folder"]))
        self.said += [f"  open: {i['kind']} {i['sheet']} {i['row_id']} {i['what']}" for i in closed.json["open"]]
        whole = self.run(
            "close --verify", lambda: verbs.close(self.master, verify=self.archive, as_of=day, lang=self.lang, progress=no_progress)
        )
        assert (whole.json["changed"], whole.json["missing"], whole.json["added"]) == ([], [], [])

    def _action_done(self, key: str, day: date) -> list[tuple[str, str, str, Value]]:
        done = {"status": "done", "result": self.word("已定", "settled"), "done_on": day}
        return [("actions", key, name, value) for name, value in done.items()]

    def everything(self) -> None:
        with scenes.own_forms():
            self.request()
            self.start()
            for week in range(1, self.weeks):
                self.ordinary_week(week)
            self.end()


def pictures(folder: Path, files: Iterable[Path]) -> list[Path]:
    """Every workbook printed page by page: name, page. Empty without LibreOffice."""
    target = folder / "pictures"
    target.mkdir(exist_ok=True)
    wanted = [(path, target / f"{n:03d}.pdf") for n, path in enumerate(files)]
    books_as_pdf(wanted, 600)
    for _, pdf in wanted:
        for n, picture in enumerate(pages_as_png(pdf, 55) if pdf.is_file() else (), 1):
            pdf.with_name(f"{pdf.stem}-{n:02}.png").write_bytes(picture)
    return sorted(target.glob("*.png"))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.play")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--lang", default="zh", choices=("zh", "en"))
    parser.add_argument("--pictures", action="store_true")
    args = parser.parse_args(argv)
    play = Play(args.folder, args.lang, args.weeks)
    play.everything()
    (play.folder / "printed.txt").write_text("\n".join(play.printed), encoding="utf-8")
    print("\n".join(play.said))
    if args.pictures:
        made = sorted(play.out.glob("*.xlsx"))
        for number, picture in enumerate(made):
            print(f"{number:03d} {picture.name}")
        print(len(pictures(args.folder, [*made, play.master])), "pages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
