"""The rules a form defines as data apply to its rows, tested with a form that only the tests have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import rtoml
from forms.forms_of_tests import TEXTS, installed, visits, written
from rules.test_rules import make_rules
from tables import directory, requirements, table, tasks

from collab_xl.catalogue import error_text, finding_text
from collab_xl.errors import CollabError
from collab_xl.forms import Form, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.summary import Flags
from collab_xl.model.values import Value
from collab_xl.rules.check import check
from collab_xl.rules.clocks import ends
from collab_xl.rules.codes import all_rules
from collab_xl.rules.flag import flag
from collab_xl.rules.functions import FUNCTIONS, faults_in
from collab_xl.rules.rows import Rows
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
SAID = {"what": "“{field}”：{found}", "why": "。", "fix": "。"}
OWN = {lang: {**texts, **{code: SAID for code in ("V391", "V392")}} for lang, texts in TEXTS.items()}
"""The texts of a form with two more codes."""


class Judge:
    """The installed forms and one more, on a Friday."""

    def __init__(self, folder: Path, form: Mapping[str, Any]) -> None:
        self.folder = written(folder, form, texts=OWN)
        self.id = str(form["id"])

    def form(self) -> Form:
        with installed(self.folder):
            return load().form(self.id)

    def found(self, markdown: str, *codes: str, settings: Settings | None = None, **others: Table) -> list[Finding]:
        with installed(self.folder):
            tables = {self.id: table(self.id, markdown), **others}
            found = check(tables, load(), Directory(), settings or Settings(), Calendar(), FRIDAY)
            for finding in found:
                for lang in ("zh", "en"):
                    assert "{" not in "".join(finding_text(finding, part, lang) for part in ("what", "why", "fix"))
            return [f for f in found if f.code in codes]

    def places(self, markdown: str, *codes: str, settings: Settings | None = None, **others: Table) -> list[tuple[str, str]]:
        return [(f.at.cell, f.code) for f in self.found(markdown, *codes, settings=settings, **others) if f.at and f.form == self.id]

    def flags(self, markdown: str, people: Directory | None = None, settings: Settings | None = None, **others: Table) -> Flags:
        with installed(self.folder):
            tables = {self.id: table(self.id, markdown), **others}
            return flag(tables, settings or Settings(), Calendar(), FRIDAY, load(), people or Directory())


def judge(folder: Path, **rules: object) -> Judge:
    form = visits()
    form["rules"] |= rules
    return Judge(folder / "forms", form)


def test_what_a_state_needs(tmp_path: Path) -> None:
    """`open` is any state that is not closed, a blank status too. The code says which column is blank."""
    asked = judge(
        tmp_path, required_when={"open": ["due"], "done": ["finished", "reply"], "paused": ["who"], "late": ["reply"], "dropped": ["who"]}
    )
    visits = """
        | 拜访编号 | 拜访状态 | 回访期限   | 回访日期   | 答复内容 | 拜访人 |
        | BF-001   | 已约     |            |            |          |        |
        | BF-002   | 跟进     |            |            |          |        |
        | BF-003   |          |            |            |          |        |
        | BF-004   | 结束     |            |            |          |        |
        | BF-005   | 作罢     |            |            |          |        |
        | BF-006   | 跟进     | 2026-11-13 |            |          |        |
        | BF-007   | 结束     |            | 2026-11-13 | 同意     |        |
    """
    assert asked.places(visits, "V101", "V107", "V112", "Q508") == [
        ("C2", "V101"),
        ("C3", "V101"),
        ("C4", "V101"),
        ("D5", "Q508"),
        ("E5", "V112"),
        ("F6", "V112"),
        ("E7", "V112"),
    ]


def test_the_order_of_dates_and_what_contradicts_the_status(tmp_path: Path) -> None:
    asked = judge(tmp_path, order=[["raised", "due"], ["asked", "finished"]])
    visits = """
        | 拜访编号 | 约定时间         | 回访期限   | 回访日期   | 拜访状态 | 拜访人 |
        | BF-001   | 2026-11-10 09:00 | 2026-11-09 | 2026-11-09 | 结束     | 张三   |
        | BF-002   | 2026-11-10       | 2026-11-10 | 2026-11-23 | 跟进     |        |
        | BF-003   | 2026-11-10       | 2026-11-10 | 2026-11-10 | 作罢     |        |
    """
    assert asked.places(visits, "V103", "V104", "V109", "V110", "P402") == [
        ("C2", "V103"),
        ("D2", "V110"),
        ("D3", "V104"),
        ("D3", "V109"),
        ("F3", "P402"),
    ]


def test_a_value_that_may_stand_once(tmp_path: Path) -> None:
    twice = judge(tmp_path, unique=["who"])
    visits = "| 拜访编号 | 拜访人 |\n| BF-001 | 张三 |\n| BF-002 | 李四 |\n| BF-003 | 张三 |\n| BF-004 | |\n| BF-005 | |"
    assert [(f.at.cell, f.facts["others"]) for f in twice.found(visits, "V113") if f.at] == [("B2", ("B4",)), ("B4", ("B2",))]


def test_exactly_one_of_the_rows_that_share_a_value(tmp_path: Path) -> None:
    """A row counts under the first of `per` it fills in; cancelled rows, and groups that leave the field blank, are not checked."""
    asked = judge(tmp_path, exactly_one=[{"field": "level", "value": "big", "per": ["for_task", "who"], "code": "V391"}])
    visits = """
        | 拜访编号 | 相关任务 | 拜访人 | 客户等级 | 拜访状态 |
        | BF-001   | RW-001   |        | 大       |          |
        | BF-002   | RW-001   | 张三   | 大       |          |
        | BF-003   | RW-001   |        | 大       | 作罢     |
        | BF-004   |          | 张三   | 大       |          |
        | BF-005   |          | 李四   | 小       |          |
        | BF-006   |          | 李四   | 小       |          |
        | BF-007   |          | 王五   |          |          |
        | BF-008   |          |        | 小       |          |
    """
    found = asked.found(visits, "V391")
    assert [(f.at.cell, f.facts["n"]) for f in found if f.at] == [("D2", 2), ("D3", 2), ("D6", 0)]


AMOUNTS = [
    {"id": "wanted", "kind": "amount", "access": "D", "role": "need", "zh": "需求量", "en": "Needed"},
    {"id": "there", "kind": "amount", "access": "D", "role": "have", "zh": "可用量", "en": "There"},
    {"id": "lack", "kind": "percent", "access": "C", "compute": "gap", "zh": "缺口", "en": "Lacking"},
]
LACK = {"field": "lack", "limit": 0.2, "setting": "over.visits.lack", "code": "V392", "escalate": True, "cause": "resource_gap"}


def amounts(folder: Path) -> Judge:
    form = visits()
    form["field"] += AMOUNTS
    form["rules"] |= {"over": [LACK]}
    return Judge(folder / "forms", form)


@pytest.mark.parametrize(("written_limit", "over"), [(None, ["C2", "C3"]), ("30%", ["C3"]), (0.1, ["C2", "C3", "C4"])])
def test_a_number_above_its_limit(written_limit: Value, over: list[str], tmp_path: Path) -> None:
    """20 % unless sheet 设置 says otherwise; it is also escalated, after rows the form escalates and before late rows."""
    settings, bad = Settings.of({"over.visits.lack": written_limit})
    assert bad == []
    visits = """
        | 拜访编号 | 客户名称 | 缺口 | 拜访状态 | 客户等级 | 回访期限   |
        | BF-001   | 甲       | 25%  |          | 小       |            |
        | BF-002   | 乙       | 60%  |          | 大       |            |
        | BF-003   | 丙       | 20%  |          |          | 2026-11-02 |
        | BF-004   | 丁       | 90%  | 结束     |          |            |
        | BF-005   | 戊       |      |          |          |            |
    """
    asked = amounts(tmp_path)
    assert asked.places(visits, "V392", settings=settings) == [(cell, "V392") for cell in over]
    lines = asked.flags(visits, settings=settings).escalations
    causes = {"BF-002": "urgent_problem", "BF-003": "resource_gap" if "C4" in over else "overdue"}
    causes |= {"BF-001": "resource_gap"} if "C2" in over else {}
    assert {line.key: line.cause for line in lines} == causes
    ranks = [("urgent_problem", "resource_gap", "overdue").index(line.cause) for line in lines]
    assert ranks == sorted(ranks)


def test_the_share_that_is_missing(tmp_path: Path) -> None:
    visits = """
        | 拜访编号 | 需求量 | 可用量 | 缺口 |
        | BF-001   | 10     | 8      |      |
        | BF-002   | 10     | 12     |      |
        | BF-003   | 10     |        | 30%  |
        | BF-004   | 0      | 0      |      |
    """
    assert [(c.row_key, c.new) for c in amounts(tmp_path).flags(visits).changes] == [("BF-001", 0.2), ("BF-002", 0.0)]


@pytest.mark.parametrize(
    ("likely", "impact", "level"),
    [("低", "低", "低"), ("低", "中", "低"), ("低", "高", "中"), ("中", "中", "中"), ("中", "高", "高"), ("高", "高", "高")],
)
def test_the_level_of_two_levels(likely: str, impact: str, level: str, tmp_path: Path) -> None:
    form = visits()
    form["choices"]["grade"] = [{"id": f"g{n}", "zh": word, "en": f"Grade {n}"} for n, word in enumerate("低中高")]
    for n, name in enumerate(("可能性", "影响程度", "风险等级")):
        form["field"].append({"id": f"level{n}", "kind": "choice", "choices": "grade", "access": "D", "zh": name, "en": f"Level {n}"})
    form["field"][-1] |= {"access": "C", "compute": "level_product", "from": ["level0", "level1"]}
    asked = Judge(tmp_path / "forms", form)
    visits_ = f"""
        | 拜访编号 | 可能性   | 影响程度 | 风险等级 |
        | BF-001   | {likely} | {impact} |          |
        | BF-002   | {impact} | {likely} | 低       |
        | BF-003   | 高       |          | 中       |
        | BF-004   |          |          | 高       |
    """
    grades = {"低": "g0", "中": "g1", "高": "g2"}
    expected = [("BF-001", grades[level]), *([("BF-002", grades[level])] if level != "低" else [])]
    assert [(c.row_key, c.new) for c in asked.flags(visits_).changes] == expected, "a level somebody wrote stays where one is blank"


NINE = datetime(2026, 11, 20, 9, 0)  # a Friday


@pytest.mark.parametrize(
    ("since", "limit", "unit", "until"),
    [
        (NINE, 30, "minutes", datetime(2026, 11, 20, 9, 30)),
        (NINE, 24, "hours", datetime(2026, 11, 21, 9, 0)),
        (NINE, 1, "working_days", date(2026, 11, 23)),
        (NINE, 2, "days", datetime(2026, 11, 22, 9, 0)),
        (FRIDAY, 24, "hours", date(2026, 11, 21)),  # a day without a time: from its end
        (FRIDAY, 30, "minutes", datetime(2026, 11, 21, 0, 30)),
        (FRIDAY, 36, "hours", datetime(2026, 11, 22, 12, 0)),
        (FRIDAY, 1, "working_days", date(2026, 11, 23)),
        (FRIDAY, 2, "days", date(2026, 11, 22)),
        (FRIDAY, 0, "hours", FRIDAY),
        (date(9999, 12, 31), 1, "days", None),
        (date(9999, 12, 31), 1, "working_days", None),
        ("昨天", 24, "hours", None),
        (None, 24, "hours", None),
    ],
)
def test_when_a_clock_runs_out(since: Value, limit: int, unit: str, until: date | None) -> None:
    found = ends(since, limit, unit, Calendar())
    assert (found, type(found)) == (until, type(until))


CLOCKED = """
    | 拜访编号 | 客户名称 | 约定时间         | 答复内容 | 拜访状态 | 客户等级 | 拜访人 |
    | BF-001   | 甲       | 2026-11-18 16:30 |          | 已约     | 大       | 张三   |
    | BF-002   | 乙       | 2026-11-19 16:30 |          | 已约     | 小       | 张三   |
    | BF-003   | 丙       | 2026-11-18       |          |          | 大       | 李四   |
    | BF-004   | 丁       | 2026-11-02       | 好       | 已约     | 大       | 王五   |
    | BF-005   | 戊       | 2026-11-02       |          | 作罢     | 大       | 赵六   |
    | BF-006   | 己       |                  |          | 已约     | 大       |        |
    | BF-007   | 庚       | 2026-11-03       |          | 跟进     | 大       |        |
"""


@pytest.mark.parametrize(
    ("clock", "said", "reported"),
    [
        ({}, None, ["C2", "C4", "C8"]),
        ({}, "48 小时", ["C8"]),
        ({}, "1 个工作日", ["C2", "C4", "C8"]),
        ({}, "10 working days", ["C8"]),
        ({}, 380, ["C8"]),
        ({"when": {"level": "small"}}, None, []),
        ({"when": {"state": "open"}, "stops": ["who"]}, None, ["C8"]),
        ({"per": "owner"}, None, ["C2", "C4", "C8"]),
    ],
    ids=str,
)
def test_a_clock_that_has_run_out(clock: dict[str, Any], said: Value, reported: list[str], tmp_path: Path) -> None:
    """What is due on a day is not late on that day. Stopped clocks, closed rows and rows without a moment are not reported."""
    form = visits()
    form["clock"][0] |= clock
    settings, bad = Settings.of({"clock.visits.reply": said})
    assert bad == []
    asked = Judge(tmp_path / "forms", form)
    assert asked.places(CLOCKED, "T391", settings=settings) == [(cell, "T391") for cell in reported]


def test_rows_that_share_a_value_have_one_clock(tmp_path: Path) -> None:
    """From the earliest moment; a stop in one of the rows stops it; reported once, at the first row that is open."""
    form = visits()
    form["clock"][0]["per"] = "who"
    visits_ = """
        | 拜访编号 | 拜访人 | 约定时间   | 答复内容 | 拜访状态 |
        | BF-001   | 张三   | 2026-11-16 |          | 结束     |
        | BF-002   | 张三   | 2026-11-19 |          | 已约     |
        | BF-003   | 张三   | 2026-11-19 |          | 已约     |
        | BF-004   | 李四   | 2026-11-02 | 好       | 已约     |
        | BF-005   | 李四   | 2026-11-02 |          | 已约     |
        | BF-006   |        | 2026-11-02 |          | 已约     |
        | BF-007   |        | 2026-11-02 |          | 已约     |
    """
    found = Judge(tmp_path / "forms", form).found(visits_, "T391")
    assert [f.row_id for f in found] == ["BF-002", "BF-006", "BF-007"]


@pytest.mark.parametrize("said", ["24 公里", "很快", "-1", "4000", True, "", "1.5 天", "1 个工作日左右"])
def test_a_limit_nobody_can_use_is_named(said: Value) -> None:
    settings, bad = Settings.of({"clock.visits.reply": said, "over.visits.lack": "很多", "clock.visits.other": None})
    assert bad == ["clock.visits.reply", "over.visits.lack"]
    assert (settings.clocks, settings.limits) == ({}, {})


def test_late_rows_of_any_form_are_listed_and_escalated_to_both_departments(tmp_path: Path) -> None:
    people = directory("""
        | 部门   | 上级 | 分管领导 |
        | 研发部 | 李总 | 赵总     |
        | 销售部 | 周总 | 钱总     |
        | 客服部 | 吴总 | 钱总     |
    """)
    lines = judge(tmp_path).flags(
        """
        | 拜访编号 | 客户名称 | 拜访部门 | 拜访人 | 回访期限   | 拜访状态 | 客户等级 | 相关任务 | 答复内容 | 超期天数 |
        | BF-001   | 甲       | 研发部   | 张三   | 2026-11-13 | 跟进     | 小       | RW-001   | 在办     |          |
        | BF-002   | 乙       | 研发部   | 张三   | 2026-11-19 | 跟进     | 小       | RW-001   |          | 1        |
        | BF-003   | 丙       | 客服部   | 张三   |            | 已约     | 大       | RW-009   |          |          |
        """,
        people,
        tasks=tasks("| 任务ID | 所属需求编号 | 负责部门 |\n| RW-001 | XZ-2026-001 | 客服部 |"),
        requirements=requirements("| 需求编号 | 发起部门 | 涉及部门 |\n| XZ-2026-001 | 销售部 | 研发部 |"),
    )
    assert [(o.form, o.key, o.name, o.dept, o.owner, o.days, o.measure) for o in lines.overdue] == [
        ("visits", "BF-001", "甲", "研发部", "张三", 5, "在办"),
        ("visits", "BF-002", "乙", "研发部", "张三", 1, ""),
    ]
    assert [(e.key, e.cause, e.to, e.answer_by) for e in lines.escalations] == [
        ("BF-003", "urgent_problem", ("吴总", "钱总"), FRIDAY),
        ("BF-001", "overdue", ("李总", "周总", "赵总", "钱总"), date(2026, 11, 23)),
    ]
    assert [(c.row_key, c.field, c.new) for c in lines.changes] == [("BF-001", "days_over", 5)]
    assert [(f.at.cell, f.code) for f in lines.findings if f.at] == [("E2", "T301"), ("E2", "T303"), ("E3", "T301")]


def test_a_date_that_is_a_date_only_makes_nobody_late(tmp_path: Path) -> None:
    form = visits()
    form["due"] = "date only"
    form["field"] = [f for f in form["field"] if f["id"] != "days_over"]
    visits_ = "| 拜访编号 | 回访期限 | 拜访状态 |\n| BF-001 | 2026-11-02 | 已约 |"
    asked = Judge(tmp_path / "forms", form)
    assert asked.places(visits_, "T301", "T302", "T303") == []
    assert asked.flags(visits_).overdue == ()


NAMED = (
    ("forms.fault.word", "rules.functions", lambda form: form["rules"].update(functions=["same_title", "weather"])),
    ("forms.fault.word", "field[12].compute", lambda form: form["field"][11].update(compute="weather")),
    ("forms.fault.no_role", "field[12].compute", lambda form: form["field"][11].update(compute="gap")),
    ("forms.fault.sources", "field[12].from", lambda form: form["field"][11].update(compute="level_product")),
    (
        "forms.fault.no_choice",
        "field[12].choices",
        lambda form: form["field"][11].update(compute="warning", kind="choice", choices="weight"),
    ),
    ("forms.fault.setting", "clock[1].setting", lambda form: form["clock"][0].update(setting="answer_hours")),
    ("forms.fault.code_taken", "rules.own", lambda form: form["rules"].update(own=[{"code": "T301", "severity": "note"}])),
    ("forms.fault.no_text", "", lambda form: form["clock"][0].update(code="T399")),
    ("forms.fault.no_text", "", lambda form: form["escalation"][0].update(cause="weather")),
)


@pytest.mark.parametrize(("said", "key", "change"), NAMED, ids=[f"{said} {n}" for n, (said, _, _) in enumerate(NAMED)])
def test_what_a_form_names_and_there_is_not_is_refused(said: str, key: str, change: Any, tmp_path: Path) -> None:
    """`forms check` lists it; check and flag stop, naming the file, the key and what may be written, in both languages."""
    form = visits()
    change(form)
    with installed(written(tmp_path / "forms", form)):
        assert (said, key) in [(fault.text_key, fault.key) for fault in faults_in(load().forms, ())]
        for run in (
            lambda: check({}, load(), Directory(), Settings(), Calendar(), FRIDAY),
            lambda: flag({}, Settings(), Calendar(), FRIDAY, load(), Directory()),
        ):
            with pytest.raises(CollabError) as refused:
                run()
            assert refused.value.code == "form_broken"
            for lang in ("zh", "en"):
                what, _, fix = error_text(refused.value, lang)
                assert "visits" in what
                assert "{" not in what + fix


def test_a_code_a_form_brings_has_its_severity_its_forms_and_its_page(tmp_path: Path) -> None:
    """A warning unless the form says otherwise; its example is next to the form."""
    form = visits()
    assert {f.severity for f in Judge(tmp_path / "warned", form).found(CLOCKED, "T391")} == {Severity.WARNING}
    form["rules"]["own"] = [{"code": "T391", "severity": "error"}]
    asked = Judge(tmp_path / "forms", form)
    assert {f.severity for f in asked.found(CLOCKED, "T391")} == {Severity.ERROR}
    example = {"at": ["客户拜访表!B2"], "fails": {"visits": "| 拜访编号 | 约定时间 |\n| BF-001 | 2026-11-02 |"}}
    example["passes"] = {"visits": "| 拜访编号 | 约定时间 |\n| BF-001 | 2026-11-20 |"}
    (asked.folder / "visits" / "examples.toml").write_text(rtoml.dumps({"T391": example}), encoding="utf-8")
    with installed(asked.folder):
        (rule,) = (rule for rule in all_rules("en") if rule.code == "T391")
        assert (rule.severity, rule.forms) == (Severity.ERROR, ("visits",))
        page = make_rules().pages()["T391.md"]
    assert all(said in page for said in ("severity: error", "Visits", "客户拜访表!B2", "2026-11-02"))


def test_open_is_every_state_that_is_not_closed(tmp_path: Path) -> None:
    form = visits()
    form["choices"]["state"].append({"id": "held", "zh": "搁置", "en": "On hold", "state": "paused"})
    made = Judge(tmp_path / "forms", form).form()
    rows = Rows(made, table(made, "| 拜访状态 |\n| 已约 |\n| 跟进 |\n| 搁置 |\n| 结束 |\n| 作罢 |\n| |"))
    terms = Settings().terms(Calendar())

    def where(*states: str) -> list[bool]:
        return rows.where({"state": states}, terms, FRIDAY)

    assert where("open") == [True, True, True, False, False, True]
    assert where("waiting") == [True, False, False, False, False, False]
    assert where("paused", "done") == [False, False, True, True, False, False]


def test_the_installed_forms_name_only_what_there_is() -> None:
    assert len(load().forms) >= 3
    assert faults_in(load().forms, ()) == []
    named = {name for form in load().forms for name in form.rules.functions}
    assert named == FUNCTIONS.keys(), "a check no form asks for is never run"


def test_every_named_check_is_quiet_where_the_form_lacks_the_roles() -> None:
    bare = replace(load().form("tasks"), fields=load().form("tasks").fields[:2])
    sheet = table(bare, "| 任务ID | 任务名称 |\n| RW-001 | 联调 |\n| RW-002 | 联调 |")
    schema = replace(load(), forms=(bare,))
    found = check({"tasks": sheet}, schema, Directory(), Settings(), Calendar(), FRIDAY)
    assert {f.code for f in found} == set()
