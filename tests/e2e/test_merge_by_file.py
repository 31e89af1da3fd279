"""Every line of docs/facts/merge.md on real files: packs filled as liaisons fill them, a master as the PMO edits it, the verbs in between.

The number in a test's name is the section; the parts of the tables stand in the order of the page. After every consolidate `merged`
asks what must always hold: the conservation law, whole workbooks, the shape of the JSON, and no value that no side had.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from copied import copy_project
from judges import structural_findings
from openpyxl.worksheet.worksheet import Worksheet
from small_project import DAY, DEPARTMENTS, Project, stamp, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.errors import CONFLICTS, FINDINGS, OK
from collab_xl.forms import load
from collab_xl.merge.view import agree
from collab_xl.model.directory import Directory
from collab_xl.model.place import Address
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import InMemory
from collab_xl.model.values import Unreadable, Value
from collab_xl.plan.lists import columns_of
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, read_job
from collab_xl.verbs.report import Report, no_progress

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

PARTS = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
COUNTS = {"sha256", "department", "edits", *PARTS, "rows_new", "rows_missing"}
ITEM = {"sheet", "row_id", "field", "baseline", "master", "candidates"}
MARKET, LAB = "市场部", "研发部"


def law(account: Mapping[str, object]) -> bool:
    return account["edits"] == sum(int(str(account[part])) for part in PARTS)


@cache
def tables_in(name: str, data: bytes, lang: str) -> dict[str, Table]:
    """What a file holds, read once: the same inputs are looked at after every consolidate of a test."""
    return dict(read_job(Job("", name, InMemory(data), Context(lang, Directory(DEPARTMENTS), None, DAY), DAY)).tables)


class Site(Project):
    """A small project whose every consolidate is looked at."""

    inputs: list[Path]

    def merge(self, *inputs: Path, department: str | None = None, again: bool = False) -> Report:
        before = desk.values(self.master, self.lang)
        report = verbs.consolidate(self.master, inputs, department=department, again=again, as_of=DAY, lang=self.lang, progress=no_progress)
        self.inputs = [*getattr(self, "inputs", []), *inputs]
        self._look(report, before)
        return report

    def account(self, *inputs: Path, department: str | None = None, again: bool = False) -> dict[str, int]:
        """The one account of a consolidate, without its zeros."""
        (found,) = self.merge(*inputs, department=department, again=again).json["submissions"]
        return {name: n for name, n in found.items() if isinstance(n, int) and n}

    def _look(self, report: Report, before: Mapping[str, Sequence[Mapping[str, Value]]]) -> None:
        body = report.json
        assert body["version"] == "collab-xl/merge/1"
        assert {"run", "submissions", "conflicts"} <= body.keys()
        for account in body["submissions"]:
            assert account.keys() >= COUNTS
            assert law(account), account
        for item in body["conflicts"]:
            assert item.keys() >= ITEM
            assert item["candidates"], item
        assert (report.exit_code == CONFLICTS) is bool(body["conflicts"])
        assert structural_findings(self.master) == []
        assert sum(r["sheet"] is not None for r in self.listed("conflicts")) == len(body["conflicts"])
        self._no_invented_values(before)

    def _no_invented_values(self, before: Mapping[str, Sequence[Mapping[str, Value]]]) -> None:
        said = [t for path in self.inputs for t in tables_in(path.name, path.read_bytes(), self.lang).items()]
        after = desk.values(self.master, self.lang)
        for form in (load().form(form_id) for form_id in before):
            kept = {str(row[form.key.id]): row for row in before[form.id]}
            for row in after[form.id]:
                old = kept.get(str(row[form.key.id]), {})
                for f in form.fields:
                    value = row.get(f.id)
                    if f.access in ("C", "K") or value is None or agree(value, old.get(f.id)):
                        continue
                    sides = [v for name, table in said if name == form.id for v in table.values.get(f.id, ())]
                    if f.id == form.department_field:
                        sides += [(d.name,) if isinstance(value, tuple) else d.name for d in DEPARTMENTS]
                    sides += [r.get(f.id) for r in before[form.id]]
                    assert any(agree(value, side) for side in sides), (form.id, row[form.key.id], f.id, value)

    def resolve(self, **decisions: tuple[str, object]) -> Report:
        self.decide(**decisions)
        report = verbs.resolve(self.master, as_of=DAY, lang=self.lang)
        assert structural_findings(self.master) == []
        return report

    def undo(self, run: str | None = None) -> Report:
        report = verbs.undo(self.master, run=run, as_of=DAY, lang=self.lang)
        assert structural_findings(self.master) == []
        return report

    def collect(self, *inputs: Path) -> Report:
        self.inputs = [*getattr(self, "inputs", []), *inputs]
        return verbs.collect(self.master, list(inputs), department=None, as_of=DAY, write=True, lang=self.lang, progress=no_progress)

    def account_of_nothing(self) -> bool:
        """Whether another consolidate finds nothing to merge and leaves the open items as they are."""
        before = self.kinds()
        return self.merge().json["submissions"] == [] and self.kinds() == before

    def kinds(self) -> list[tuple[str, str, str]]:
        """(kind, key, heading) of every row of the conflicts sheet."""
        return sorted((str(r["kind"]), str(r.get("row_key") or ""), str(r["field"])) for r in self.listed("conflicts"))

    def again(self, name: str, cells: Mapping[tuple[str, str], Mapping[str, object]], hour: int, department: str = LAB) -> dict[str, int]:
        return self.account(self.reply(department, cells, name, hour))

    def by_hand(self, form_id: str, change: Callable[[list[list[object]], dict[str, int]], list[list[object]]]) -> None:
        """Rearrange the rows of a data table as a person does in Excel: `change` gets the rows and field → column, gives the rows."""
        form = load().form(form_id)
        workbook = workbook_at(self.master)
        sheet = next(ws for ws in workbook if form.table in ws.tables)
        columns = {f.id: n for n, f in enumerate(form.fields)}
        area = list(sheet[sheet.tables[form.table].ref])
        rows = change([[cell.value for cell in line] for line in area[1:]], columns)
        for line, values in itertools.zip_longest(area[1:], rows, fillvalue=[None] * len(area[0])):
            for cell, value in zip(line, values, strict=True):
                cell.value = value
        workbook.save(self.master)

    def delete_row(self, form_id: str, key: str) -> None:
        self.by_hand(form_id, lambda rows, col: [r for r in rows if r[0] != key])

    def state_of(self, path: Path) -> str:
        return next(str(r["state"]) for r in self.listed("submissions") if r["file"] == path.name)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issued")
    Project.start(folder).issue()
    return folder


def copied(folder: Path, target: Path, lang: str = "zh") -> Site:
    copy_project(folder, target)
    site = Site(target, lang)
    site.packs = {path.stem.split("_")[-2]: path for path in (target / "outbox").glob("*.xlsx")}
    return site


@pytest.fixture
def site(issued: Path, tmp_path: Path) -> Site:
    return copied(issued, tmp_path / "project")


TASK = ("tasks", "RW-002")


# Baseline


def test_6_01_a_pack_sent_back_untouched_has_no_edit(site: Site) -> None:
    before = site.data()
    assert site.account(site.reply(LAB, {}, "原样")) == {}
    assert site.data() == before
    assert site.kinds() == []


def test_6_01_marks_beside_a_word_are_no_edit(site: Site) -> None:
    """Typed into the master before the packs are issued, sent back untouched, and written by a department alone."""
    site.type((*TASK, "status", Unreadable("🟢进行中")), ("tasks", "RW-003", "status", Unreadable("⚪️ 未开始")))
    assert site.value(*TASK, "status") == "🟢进行中"
    site.issue()
    before = site.data()
    assert site.account(site.reply(LAB, {}, "原样")) == {}
    assert site.account(site.reply(LAB, {TASK: {"status": "✔️ 进行中 🔥"}}, "标记", 13)) == {}
    assert site.account(site.reply(MARKET, {("tasks", "RW-003"): {"status": "未开始"}}, "无标记")) == {}
    assert site.account(site.reply(LAB, {TASK: {"status": "🔴滞后"}}, "真改", 14)) == {"edits": 1, "applied": 1}
    assert site.value(*TASK, "status") == "滞后"
    assert {k: v for k, v in site.data()["tasks"].items() if k != "RW-002"} == {k: v for k, v in before["tasks"].items() if k != "RW-002"}
    assert site.kinds() == []


def test_6_02_an_applied_value_is_the_baseline_from_then_on(site: Site) -> None:
    assert site.again("一", {TASK: {"progress": "40%"}}, 9) == {"edits": 1, "applied": 1}
    assert site.again("二", {TASK: {"progress": 0.4, "risk": "加剧"}}, 10) == {"edits": 1, "applied": 1}
    assert site.again("三", {TASK: {"progress": "60%", "risk": "加剧"}}, 11) == {"edits": 1, "applied": 1}
    assert site.value("tasks", "RW-002", "progress") == 0.6


def test_6_03_a_value_found_the_same_is_the_baseline_too(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    assert site.again("一", {TASK: {"progress": "40%"}}, 9) == {"edits": 1, "same": 1}
    assert site.again("二", {TASK: {"progress": "60%"}}, 10) == {"edits": 1, "applied": 1}


def test_6_04_a_decided_value_is_not_asked_again_by_the_same_pack_and_moves_the_baseline(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    assert site.again("一", {TASK: {"progress": "60%"}}, 9) == {"edits": 1, "conflicts": 1}
    assert site.resolve(RW_002=("保留主表", None)).exit_code == OK
    assert site.again("二", {TASK: {"progress": "60%", "remark": "再报"}}, 10) == {"edits": 1, "applied": 1}
    assert site.again("三", {TASK: {"progress": "80%", "remark": "再报"}}, 11) == {"edits": 1, "conflicts": 1}  # M still differs from B
    assert site.value("tasks", "RW-002", "progress") == 0.4


def test_6_05_an_open_conflict_does_not_move_the_baseline_and_a_later_submission_updates_its_candidates(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    assert site.again("二", {TASK: {"progress": "60%", "remark": "x"}}, 10) == {"edits": 2, "applied": 1, "conflicts": 1}
    assert site.again("三", {TASK: {"progress": "70%", "remark": "x"}}, 11) == {"edits": 1, "conflicts": 1}
    (row,) = site.listed("conflicts")
    assert (row["baseline"], row["master"]) == ("20%", "40%")
    assert str(row["candidates"]).startswith("70%（研发部")
    assert "60%" not in str(row["candidates"])


def test_6_06_rights_blank_and_unreadable_do_not_move_the_baseline(site: Site) -> None:
    cells = {TASK: {"name": "改名", "risk": None, "actual_end": "13月45日"}}
    wanted = {"edits": 3, "rights": 1, "not_cleared": 1, "unreadable": 1}
    assert site.again("一", cells, 9) == wanted
    found = site.again("二", {TASK: {**cells[TASK], "remark": "x"}}, 10)
    assert found == {"edits": 3, "not_cleared": 1, "unreadable": 1, "applied": 1}  # the name is what the file it is built on has said
    assert (site.value(*TASK, "name"), site.value(*TASK, "risk"), site.value(*TASK, "actual_end")) == ("接口联调", "人力不足", None)


def test_6_07_a_submission_only_collected_moves_nothing(site: Site) -> None:
    one = site.reply(LAB, {TASK: {"progress": "40%"}}, "一", 9)
    site.collect(one)
    assert site.value(*TASK, "progress") == 0.2
    assert site.state_of(one) == "待汇总"
    two = site.reply(LAB, {TASK: {"progress": "60%"}}, "二", 10)
    report = site.merge(two)
    assert [(s["edits"], s["applied"]) for s in report.json["submissions"]] == [(1, 1), (1, 1)]
    assert site.value(*TASK, "progress") == 0.6


def test_6_08_going_back_to_the_issued_value_is_a_question(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    assert site.again("同事", {TASK: {"risk": "加剧"}}, 10) == {"edits": 2, "applied": 1, "conflicts": 1}
    assert site.kinds() == [("改回", "RW-002", "当前进度")]
    assert site.value(*TASK, "progress") == 0.4
    assert site.resolve(RW_002=("采用报送", None)).exit_code == OK
    assert site.value(*TASK, "progress") == 0.2


def test_6_09_keeping_the_master_in_a_going_back_is_final_for_that_value(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    site.again("二", {TASK: {"remark": "x"}}, 10)
    site.resolve(RW_002=("保留主表", None))
    assert site.again("三", {TASK: {"remark": "y"}}, 11) == {"edits": 1, "applied": 1}
    assert (site.value(*TASK, "progress"), site.kinds()) == (0.4, [("两份不同", "RW-002", "备注")])


FIRST_COPY = {"progress": "40%", "risk": "加剧", "remark": "x", "measure": "加班"}


def test_6_09b_a_file_that_goes_back_in_several_cells_is_answered_at_once(site: Site) -> None:
    site.again("一", {TASK: FIRST_COPY}, 9)
    assert site.again("二", {TASK: {"remark": "x", "measure": "加班"}}, 10) == {"edits": 2, "conflicts": 2}
    assert site.kinds() == [("改回", "", "整份文件（2 格）"), ("改回", "RW-002", "当前进度"), ("改回", "RW-002", "风险描述")]
    assert next(str(r["name"]) for r in site.listed("conflicts")) == "二.xlsx"
    site.resolve(**{"": ("采用报送", None)})
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.2, "人力不足")
    assert site.kinds() == []


def test_6_09c_a_cell_with_an_answer_of_its_own_keeps_it(site: Site) -> None:
    site.again("一", {TASK: FIRST_COPY}, 9)
    site.again("二", {TASK: {"remark": "x", "measure": "加班"}}, 10)
    site.resolve(**{"": ("保留主表", None), "RW_002__当前进度": ("采用报送", None)})
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.2, "加剧")
    assert site.kinds() == []


def test_6_09d_an_answer_about_a_file_falls_when_its_cells_change(site: Site) -> None:
    site.again("一", {TASK: FIRST_COPY}, 9)
    site.again("二", {TASK: {"remark": "x", "measure": "加班"}}, 10)
    site.decide(**{"": ("采用报送", None)})
    site.type((*TASK, "progress", 0.9))
    site.again("市场", {REQ: {"outcome": "已沟通"}}, 11, department=MARKET)
    rows = site.listed("conflicts")
    assert [r["decision"] for r in rows] == [None] * len(rows)
    assert "已取消" in str(next(r["note"] for r in rows if not r.get("row_key")))


def test_6_10_a_newer_copy_with_the_applied_value_answers_a_going_back(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    site.again("二", {TASK: {"remark": "x"}}, 10)
    assert site.again("三", {TASK: {"progress": "40%", "remark": "x"}}, 11) == {}
    assert site.kinds() == []


def next_week(site: Site) -> None:
    site.packs = {}
    week = "2026-W48"
    report = verbs.issue(site.master, as_of=date(2026, 11, 23), week=week, lang=site.lang, out=site.folder / week, progress=no_progress)
    site.packs = {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}


def test_6_11_a_later_pack_repeating_a_refused_value_is_a_conflict_that_shows_the_decision(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    run = site.resolve(RW_002=("保留主表", None)).json["run"]
    next_week(site)
    assert site.again("二", {TASK: {"progress": "60%"}}, 12) == {"edits": 1, "conflicts": 1}
    (row,) = site.listed("conflicts")
    assert str(run) in str(row["note"])
    assert "40%" in str(row["note"])


def test_6_12_a_later_pack_has_its_own_baseline(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    next_week(site)
    assert site.again("二", {TASK: {"progress": "60%"}}, 12) == {"edits": 1, "applied": 1}
    assert site.value(*TASK, "progress") == 0.6


def test_6_13_an_older_pack_is_merged_with_a_note(site: Site) -> None:
    old = dict(site.packs)
    next_week(site)
    site.packs = old
    report = site.merge(site.reply(LAB, {TASK: {"progress": "40%"}}, "旧包"))
    (item,) = report.json["items"]
    assert (item["state"], item["code"]) == ("accepted", "S411")
    assert item["reason"]
    assert site.value(*TASK, "progress") == 0.4


# Hand-made files


def sheet_of(folder: Path, name: str, *rows: Sequence[object]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(list(row))
    path = folder / f"{name}.xlsx"
    workbook.save(path)
    stamp(path, datetime(2026, 11, 20, 12))
    return path


def test_6_14_a_hand_made_file_only_proposes(site: Site) -> None:
    path = sheet_of(
        site.folder, "手工",
        ("任务ID", "任务名称", "所属需求编号", "负责部门", "当前进度", "风险描述"),
        ("RW-002", "接口联调", "XZ-2026-001", LAB, "70%", None),
        (None, "全新任务", "XZ-2026-001", LAB, "0%", None),
    )  # fmt: skip
    before = site.data()
    found = site.account(path)
    assert found["excluded"] == found["edits"]
    assert "rows_missing" not in found
    assert found["rows_new"] == 1
    assert site.data() == before
    assert {k for k, _, _ in site.kinds()} == {"手工表"}
    assert len(site.kinds()) == 2
    site.resolve(RW_002=("采用报送", None))
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.7, "人力不足")


def test_6_15_a_hand_made_row_without_a_key_is_matched_by_name_and_requirement(site: Site) -> None:
    path = sheet_of(site.folder, "手工", ("工作内容", "需求编号", "部门", "进度"), ("接口联调", "XZ-2026-001", LAB, "完成70%"))
    assert site.account(path) == {"edits": 1, "excluded": 1}
    assert site.kinds() == [("手工表", "RW-002", "当前进度")]


def test_6_16_a_hand_made_new_row_ticked_gets_a_key_and_is_known_afterwards(site: Site) -> None:
    head = ("任务名称", "所属需求编号", "负责部门", "当前进度")
    site.account(sheet_of(site.folder, "一", head, ("全新任务", "XZ-2026-001", LAB, 0.1)))
    (_row,) = site.listed("conflicts")
    workbook = openpyxl.load_workbook(site.master)
    ws = next(s for s in workbook if "Conflicts" in s.tables)
    head_row = int("".join(c for c in ws.tables["Conflicts"].ref.partition(":")[0] if c.isdigit()))
    columns = {c.value: c.column for c in ws[head_row]}
    ws.cell(head_row + 1, columns["处理意见"]).value = "采用报送"
    workbook.save(site.master)
    assert verbs.resolve(site.master, as_of=DAY, lang="zh").exit_code == OK
    assert site.value("tasks", "RW-004", "name") == "全新任务"
    assert site.account(sheet_of(site.folder, "二", head, ("全新任务", "XZ-2026-001", LAB, 0.3))) == {"edits": 1, "excluded": 1}
    assert site.kinds() == [("手工表", "RW-004", "当前进度")]


def test_6_17_a_hand_made_file_that_names_nobody_needs_a_department(site: Site) -> None:
    path = sheet_of(site.folder, "无部门", ("任务ID", "任务名称", "当前进度"), ("RW-002", "接口联调", "70%"))
    refused = site.merge(path)
    assert [(i["state"], i["code"]) for i in refused.json["items"]] == [("refused", "S408")]
    assert site.account(path, department=LAB) == {"edits": 1, "excluded": 1}


# Gates


def with_hidden(path: Path, **claims: str) -> Path:
    workbook = openpyxl.load_workbook(path)
    for row in workbook["_collab"].iter_rows():
        if row[0].value in claims:
            row[1].value = claims[row[0].value]
    workbook.save(path)
    stamp(path, datetime(2026, 11, 20, 12))
    return path


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token": "0" * 64}, "S401"), ({"department": MARKET}, "S401"), ({"project": "0123456789abcdef"}, "S402")],
)
def test_6_18_a_wrong_token_a_changed_department_and_another_project_are_refused(site: Site, claims: dict[str, str], code: str) -> None:
    path = with_hidden(site.reply(LAB, {TASK: {"progress": "40%"}}, "假"), **claims)
    before = site.data()
    report = site.merge(path)
    (item,) = report.json["items"]
    assert (item["state"], item["code"]) == ("refused", code)
    assert item["reason"]
    assert site.data() == before
    assert report.json["submissions"] == []
    assert report.exit_code == FINDINGS
    assert site.state_of(path) == "退回"


@pytest.mark.parametrize("collected_first", [False, True], ids=["consolidate", "collect first"])
def test_6_18_a_pack_whose_issue_run_is_no_longer_in_the_workbook_is_valid_by_the_ledger(
    issued: Path, tmp_path: Path, collected_first: bool
) -> None:
    site = copied(issued, tmp_path / "project")
    before = tmp_path / "before.xlsx"
    shutil.copyfile(site.master, before)
    first = site.packs[LAB]
    site.issue()  # every department gets a second pack …
    shutil.copyfile(before, site.master)  # … and the workbook is closed without saving
    late = site.reply(LAB, {TASK: {"progress": "40%"}}, "发出去的包")
    if collected_first:
        report = site.collect(late)
        assert [(i["state"], i["code"]) for i in report.json["items"]] == [("accepted", None)]
        assert report.exit_code == OK
        account = site.account()
    else:
        report = site.merge(late)
        (account,) = [{k: n for k, n in s.items() if isinstance(n, int) and n} for s in report.json["submissions"]]
    assert account == {"edits": 1, "applied": 1}
    assert site.value("tasks", "RW-002", "progress") == 0.4
    assert text("verbs.say.issue_not_in_book", "zh", names=LAB, sheet="提交台账") in report.lines
    open_lines = [r for r in site.listed("submissions") if not r.get("sha256")]
    assert {(r["department"], r["pack"] != first) for r in open_lines} == {(MARKET, True)}


def test_6_18_a_pack_of_a_lost_run_is_listed_again_by_the_next_run(issued: Path, tmp_path: Path) -> None:
    site = copied(issued, tmp_path / "project")
    before = tmp_path / "before.xlsx"
    shutil.copyfile(site.master, before)
    old = {r["pack"] for r in site.listed("submissions")}
    new = {str(p["pack"]) for p in site.issue().json["packs"]}
    shutil.copyfile(before, site.master)
    assert {r["pack"] for r in site.listed("submissions")} == old
    site.merge()
    assert {r["pack"] for r in site.listed("submissions")} == new


def test_6_19_every_input_ends_in_one_state(site: Site) -> None:
    good = site.reply(LAB, {TASK: {"progress": "40%"}}, "好")
    (site.folder / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    shutil.copyfile(good, site.folder / "inbox" / "重复.xlsx")
    (site.folder / "inbox" / "说明.txt").write_text("你好", "utf-8")
    site.inputs = [good]
    report = verbs.consolidate(site.master, [site.folder / "inbox"], as_of=DAY, lang="zh", progress=no_progress)
    assert sorted(i["state"] for i in report.json["items"]) == ["accepted", "duplicate", "ignored", "refused"]


# The cell table


def test_7_01_line_1_unchanged_keeps_what_the_pmo_typed(site: Site) -> None:
    site.type((*TASK, "progress", 0.9), (*TASK, "risk", None))
    assert site.again("一", {TASK: {"remark": "x"}}, 9) == {"edits": 1, "applied": 1}
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.9, None)


def test_7_02_line_2_the_same_edit_twice_is_nothing_to_do_even_in_a_field_of_the_pmo(site: Site) -> None:
    site.type((*TASK, "name", "接口联调二期"))
    assert site.again("一", {TASK: {"name": "接口联调二期"}}, 9) == {"edits": 1, "same": 1}
    assert site.kinds() == []


def test_7_03_line_3_rights_a_change_request_the_pmo_may_accept(site: Site) -> None:
    assert site.again("一", {TASK: {"end": "2026-12-15"}}, 9) == {"edits": 1, "rights": 1}
    assert site.kinds() == [("超出权限", "RW-002", "计划结束时间")]
    site.resolve(RW_002=("采用报送", None))
    assert str(site.value(*TASK, "end"))[:10] == "2026-12-15"


def test_7_04_rights_follow_the_master_as_it_is_now(site: Site) -> None:
    site.type((*TASK, "dept", MARKET))
    assert site.again("一", {TASK: {"progress": "40%"}}, 9) == {"edits": 1, "rights": 1}
    site.type((*TASK, "dept", LAB))
    assert site.again("二", {TASK: {"progress": "40%", "remark": "x"}}, 10) == {"edits": 2, "applied": 2}
    assert site.kinds() == []  # the older request is answered by the newer word


def test_7_05_line_4_unreadable_the_text_is_kept_and_a_finding_goes_back(site: Site) -> None:
    report = site.merge(site.reply(LAB, {TASK: {"actual_end": "下周吧", "progress": "差不多了"}}, "一"))
    (found,) = report.json["submissions"]
    assert (found["edits"], found["unreadable"]) == (2, 2)
    assert {row["found"] for row in site.listed("findings")} >= {"下周吧", "差不多了"}
    run = str(report.json["run"])
    with pipeline_ledger(site) as ledger:
        assert {str(getattr(o.submission, "text", o.submission)) for o in ledger.outcomes(run)} == {"下周吧", "差不多了"}


def pipeline_ledger(site: Site):  # type: ignore[no-untyped-def]
    from collab_xl.project.ledger import Ledger

    return Ledger.open(next(site.folder.glob("*.collab")) / "ledger.db")


def test_7_06_line_5_a_blank_clears_nothing_and_the_word_does(site: Site) -> None:
    assert site.again("一", {TASK: {"risk": None}}, 9) == {"edits": 1, "not_cleared": 1}
    assert site.value(*TASK, "risk") == "人力不足"
    assert site.again("二", {TASK: {"risk": " 清空 "}}, 10) == {"edits": 1, "applied": 1}
    assert site.value(*TASK, "risk") is None
    assert site.again("三", {TASK: {"risk": "清空"}}, 11) == {}


def test_7_07_the_word_that_clears_in_date_number_choice_cells(site: Site) -> None:
    assert site.again("一", {TASK: {"progress": "清空", "status": "清空", "owner": "CLEAR"}}, 9) == {"edits": 3, "applied": 3}
    assert [site.value(*TASK, f) for f in ("progress", "status", "owner")] == [None, None, None]


def test_7_08_line_6_the_master_untouched_takes_the_submission(site: Site) -> None:
    cells = {"progress": "完成80%", "status": "延期", "actual_end": "2026/11/19", "late_reason": "等环境\n再测", "owner": "*组长"}
    assert site.again("一", {TASK: cells}, 9) == {"edits": 5, "applied": 5}
    assert (site.value(*TASK, "progress"), site.value(*TASK, "status"), site.value(*TASK, "late_reason")) == (0.8, "滞后", "等环境\n再测")
    assert str(site.value(*TASK, "updated"))[:10] == str(DAY)


def test_7_09_line_7_all_three_differ_all_three_are_shown(site: Site) -> None:
    site.type((*TASK, "risk", "已缓解"))
    report = site.merge(site.reply(LAB, {TASK: {"risk": "加剧"}}, "一"))
    (item,) = report.json["conflicts"]
    assert (item["row_id"], item["field"], item["baseline"], item["master"]) == ("RW-002", "risk", "人力不足", "已缓解")
    assert [(c["department"], c["value"]) for c in item["candidates"]] == [(LAB, "加剧")]
    assert item["candidates"][0]["sent_at"]
    assert site.value(*TASK, "risk") == "已缓解"


def test_7_10_a_conflict_with_a_cleared_master_and_a_clearing_submission(site: Site) -> None:
    site.type((*TASK, "risk", None), (*TASK, "owner", "*新人"))
    assert site.again("一", {TASK: {"risk": "加剧", "owner": "清空"}}, 9) == {"edits": 2, "conflicts": 2}
    site.resolve(RW_002__风险描述=("采用报送", None), RW_002__负责人=("采用报送", None))
    assert (site.value(*TASK, "risk"), site.value(*TASK, "owner")) == ("加剧", None)


# The row table


def test_7_11_a_new_problem_is_a_row_and_sent_again_an_edit_of_that_row(site: Site) -> None:
    filled = {"description": "环境不稳", "level": "紧急", "raised_at": "2026-11-20"}
    found = site.again("一", {("problems", "+0"): filled}, 9)
    assert found == {"edits": 3, "applied": 3, "rows_new": 1}
    assert site.value("problems", "WT-002", "dept") == LAB
    found = site.again("二", {("problems", "+0"): {**filled, "level": "一般"}}, 10)
    assert found == {"edits": 1, "applied": 1}
    assert [k for k in site.data()["problems"]] == ["WT-001", "WT-002"]
    assert site.value("problems", "WT-002", "level") == "一般"


def test_7_12_a_new_task_waits_is_keyed_when_confirmed_and_the_pack_row_stays_bound_to_it(site: Site) -> None:
    filled = {"name": "压测", "req_id": "XZ-2026-001", "start": "2026-11-23", "end": "2026-12-04", "owner": "*主管"}
    found = site.again("一", {("tasks", "+0"): filled}, 9)
    assert found == {"edits": 5, "excluded": 5, "rows_new": 1}
    assert "压测" not in str(site.data()["tasks"])
    assert [k for k, _, _ in site.kinds()] == ["新任务"]
    site.resolve(**{"": ("采用报送", None)})
    assert (site.value("tasks", "RW-004", "name"), site.value("tasks", "RW-004", "dept")) == ("压测", LAB)
    found = site.again("二", {("tasks", "+0"): {**filled, "progress": "10%"}}, 10)
    assert found == {"edits": 1, "applied": 1}
    assert site.value("tasks", "RW-004", "progress") == 0.1
    assert len(site.data()["tasks"]) == 4


def test_7_13_a_refused_new_task_is_not_asked_again_by_the_same_pack(site: Site) -> None:
    filled = {"name": "压测", "owner": "*主管"}
    site.again("一", {("tasks", "+0"): filled}, 9)
    site.resolve(**{"": ("保留主表", None)})
    assert site.kinds() == []
    assert site.again("二", {("tasks", "+0"): filled, TASK: {"remark": "x"}}, 10) == {"edits": 1, "applied": 1}
    assert site.kinds() == []
    assert len(site.data()["tasks"]) == 3


def test_7_14_a_new_task_may_be_given_a_key_by_hand(site: Site) -> None:
    site.again("一", {("tasks", "+0"): {"name": "压测"}}, 9)
    site.resolve(**{"": ("手填", "RW-100")})
    assert site.value("tasks", "RW-100", "name") == "压测"


def test_7_15_a_key_in_use_and_one_new_key_from_two_sides_are_add_add(site: Site) -> None:
    one = site.reply(MARKET, {("problems", "+1"): {"problem_id": "WT-001", "description": "撞号"}}, "一", 9)
    two = site.reply(MARKET, {("problems", "+0"): {"problem_id": "WT-050", "description": "甲"}}, "二", 10)
    three = site.reply(LAB, {("problems", "+1"): {"problem_id": "WT-050", "description": "乙"}}, "三", 11)
    report = site.merge(one, two, three)
    assert sum(s["conflicts"] for s in report.json["submissions"]) == 6
    assert site.kinds() == [("编号重复", "WT-001", "整行"), ("编号重复", "WT-050", "整行")]
    assert list(site.data()["problems"]) == ["WT-001"]
    site.resolve(WT_001=("采用报送", None), WT_050=("采用 市场部", None))
    assert site.value("problems", "WT-050", "description") == "甲"
    assert "撞号" in str(site.data()["problems"])
    assert "乙" not in str(site.data()["problems"])


def test_7_16_a_row_not_returned_is_listed_and_never_deleted(site: Site) -> None:
    path = site.reply(MARKET, {}, "少一行")
    edit_pack(path, "Tasks", lambda rows: [r for r in rows if r[0] != "RW-003"])
    report = site.merge(path)
    (found,) = report.json["submissions"]
    assert (found["edits"], found["rows_missing"]) == (0, 1)
    assert site.value("tasks", "RW-003", "name") == "预热素材"
    assert [(r["code"], r["row_key"]) for r in site.listed("findings")] == [("M101", "RW-003")]


def edit_pack(path: Path, table: str, change: Callable[[list[list[object]]], list[list[object]]], hour: int = 12) -> None:
    """Rearrange a pack's table, hidden row ids with it."""
    workbook = openpyxl.load_workbook(path)
    sheet = next(ws for ws in workbook if table in ws.tables)
    area = list(sheet[sheet.tables[table].ref])
    rows = change([[c.value for c in line] for line in area[1:]])
    for line, values in itertools.zip_longest(area[1:], rows[: len(area) - 1], fillvalue=[None] * len(area[0])):
        for cell, value in zip(line, values, strict=True):
            cell.value = value
    workbook.save(path)
    stamp(path, datetime(2026, 11, 20, hour))


def test_7_17_deleted_in_the_master_and_edited_is_a_conflict_unedited_is_nothing(site: Site) -> None:
    site.delete_row("tasks", "RW-002")
    assert site.account(site.reply(LAB, {}, "原样", 8)) == {}
    assert site.again("一", {TASK: {"progress": "60%", "remark": "x"}}, 9) == {"edits": 2, "conflicts": 2}
    assert site.kinds() == [("已删又改", "RW-002", "整行")]
    site.resolve(RW_002=("采用报送", None))
    row = site.data()["tasks"]["RW-002"]
    assert (row["任务名称"], row["当前进度"], row["备注"], row["风险描述"]) == ("接口联调", 0.6, "x", "人力不足")


def test_7_18_deleted_and_kept_deleted_is_not_asked_again(site: Site) -> None:
    site.delete_row("tasks", "RW-002")
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    site.resolve(RW_002=("保留主表", None))
    found = site.again("二", {TASK: {"progress": "60%"}, ("problems", "WT-001"): {"status": "处理中"}}, 10)
    assert found == {"edits": 1, "applied": 1}
    assert "RW-002" not in site.data()["tasks"]
    assert site.kinds() == []


REQ = ("requirements", "XZ-2026-001")


def test_7_18b_a_proposed_task_whose_date_cannot_be_read_keeps_the_text_in_sight(site: Site) -> None:
    site.again("新", {("tasks", "+0"): {"name": "压测", "end": "月底吧"}}, 9)
    (row,) = site.listed("conflicts")
    assert "计划结束时间: 月底吧（无法识别）" in str(row["candidates"])


def test_7_19_two_departments_one_cell_is_one_conflict_with_both_candidates(site: Site) -> None:
    one = site.reply(MARKET, {REQ: {"outcome": "已沟通"}}, "甲", 9)
    two = site.reply(LAB, {REQ: {"outcome": "待评审", "resources": "2人"}}, "乙", 10)
    report = site.merge(one, two)
    (item,) = report.json["conflicts"]
    assert [(c["department"], c["value"]) for c in item["candidates"]] == [(MARKET, "已沟通"), (LAB, "待评审")]
    assert (site.value(*REQ, "outcome"), site.value(*REQ, "resources")) == (None, "2人")
    assert site.resolve(XZ_2026_001=("采用报送", None)).exit_code == CONFLICTS  # whose?
    assert site.value(*REQ, "outcome") is None
    assert site.resolve(XZ_2026_001=("采用 市场部", None)).exit_code == OK
    assert site.value(*REQ, "outcome") == "已沟通"


def test_7_20_two_departments_the_same_value_is_applied_once(site: Site) -> None:
    one = site.reply(MARKET, {REQ: {"outcome": "已沟通"}}, "甲", 9)
    two = site.reply(LAB, {REQ: {"outcome": "已沟通"}}, "乙", 10)
    report = site.merge(two, one)
    assert sorted((s["department"], s["applied"], s["same"]) for s in report.json["submissions"]) == [(MARKET, 1, 0), (LAB, 0, 1)]
    assert site.value(*REQ, "outcome") == "已沟通"
    assert site.kinds() == []


def test_7_21_two_departments_one_cell_in_two_runs_waits_as_well(site: Site) -> None:
    site.merge(site.reply(MARKET, {REQ: {"outcome": "已沟通"}}, "甲", 9))
    found = site.account(site.reply(LAB, {REQ: {"outcome": "待评审"}}, "乙", 10))
    assert found == {"edits": 1, "conflicts": 1}
    assert site.value(*REQ, "outcome") == "已沟通"


def test_7_22_a_requirement_row_is_open_to_each_of_its_departments_and_closed_to_one_taken_off(site: Site) -> None:
    one = site.reply(MARKET, {REQ: {"outcome": "已沟通"}}, "甲", 9)
    two = site.reply(LAB, {REQ: {"resources": "2人", "goal": "改目标"}}, "乙", 10)
    report = site.merge(one, two)
    assert [(s["applied"], s["rights"]) for s in report.json["submissions"]] == [(1, 0), (1, 1)]
    site.type((*REQ, "to_depts", (MARKET,)))
    found = site.account(site.reply(LAB, {REQ: {"resources": "3人", "goal": "改目标"}}, "丙", 11))
    assert found == {"edits": 1, "rights": 1}  # 改目标 is what the file it is built on has said
    assert (site.value(*REQ, "outcome"), site.value(*REQ, "resources")) == ("已沟通", "2人")


# Order, copies, late arrival


def test_7_23_two_copies_filled_by_two_people_give_one_master_in_any_order(issued: Path, tmp_path: Path) -> None:
    source = copied(issued, tmp_path / "source")
    one = source.reply(LAB, {TASK: {"progress": "40%", "risk": "加剧"}, ("problems", "+0"): {"description": "甲的事"}}, "甲", 9)
    two = source.reply(LAB, {TASK: {"progress": "60%", "measure": "加人"}, ("problems", "+1"): {"description": "乙的事"}}, "乙", 10)
    results = []
    for n, way in enumerate(([(one, two)], [(two, one)], [(one,), (two,)], [(two,), (one,)])):
        site = copied(issued, tmp_path / f"way{n}")
        for inputs in way:
            site.merge(*inputs)
        problems = sorted(str(row["问题描述"]) for row in site.data()["problems"].values())
        results.append((site.data()["tasks"], problems))
    assert all(result == results[0] for result in results[1:]), results
    tasks, problems = results[0]
    row = tasks["RW-002"]
    assert (row["当前进度"], row["风险描述"], row["解决措施"]) == (0.6, "加剧", "加人")
    assert problems == ["乙的事", "测试环境不可用", "甲的事"]


def test_7_23b_two_departments_and_two_packs_that_touch_different_cells_commute(issued: Path, tmp_path: Path) -> None:
    source = copied(issued, tmp_path / "source")
    replies = [
        source.reply(LAB, {TASK: {"progress": "30%"}}, "甲", 9),
        source.reply(MARKET, {("tasks", "RW-001"): {"risk": "缺人"}, REQ: {"outcome": "已沟通"}}, "乙", 10),
    ]
    next_week(source)
    replies += [
        source.reply(LAB, {TASK: {"risk": "加剧"}, ("problems", "+0"): {"description": "某事"}}, "丙", 11),
        source.reply(MARKET, {("tasks", "RW-003"): {"progress": "20%"}}, "丁", 12),
    ]
    results = []
    for n, (order, cut) in enumerate((((0, 1, 2, 3), 2), ((3, 2, 1, 0), 1), ((2, 0, 3, 1), 3))):
        site = copied(source.folder, tmp_path / f"way{n}")
        site.merge(*(replies[k] for k in order[:cut]))
        site.merge(*(replies[k] for k in order[cut:]))
        results.append((site.data(), site.kinds()))
    assert results[0] == results[1] == results[2]
    assert results[0][1] == []
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk"), site.value(*REQ, "outcome")) == (0.3, "加剧", "已沟通")


def test_7_24_a_late_one_brings_only_what_no_newer_one_changed(site: Site) -> None:
    site.again("新", {TASK: {"progress": "60%"}}, 11)
    late = site.reply(LAB, {TASK: {"progress": "40%", "risk": "加剧"}}, "迟", 9)
    assert site.account(late) == {"edits": 2, "applied": 1, "excluded": 1}
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.6, "加剧")
    assert site.state_of(late) == "有冲突", "its 40% is asked about"
    left = site.reply(LAB, {TASK: {"progress": "30%", "risk": "加剧"}}, "迟二", 10)
    assert site.account(left) == {"edits": 1, "excluded": 1}
    assert site.state_of(left) == "已被新件取代"
    assert "M104" in {row["code"] for row in site.listed("findings")}


def test_7_25_a_value_in_conflict_is_not_overtaken_by_an_older_one(site: Site) -> None:
    site.type((*TASK, "progress", 0.9))
    site.again("新", {TASK: {"progress": "60%"}}, 11)
    assert site.again("迟", {TASK: {"progress": "40%"}}, 9) == {"edits": 1, "excluded": 1}
    (row,) = site.listed("conflicts")
    assert str(row["candidates"]).startswith("60%")


def test_7_26_an_item_closes_by_itself_when_the_pmo_types_the_candidate(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%", "name": "改名"}, ("tasks", "+0"): {"name": "压测"}}, 9)
    assert len(site.kinds()) == 3
    site.type((*TASK, "progress", 0.6), (*TASK, "name", "改名"))
    report = site.merge()
    assert report.json["submissions"] == []
    assert site.kinds() == [("新任务", "", "整行")]
    assert site.again("二", {TASK: {"progress": "70%", "name": "改名"}, ("tasks", "+0"): {"name": "压测"}}, 10)["applied"] == 1


def test_7_27_an_item_closes_by_itself_when_a_later_submission_agrees_with_the_master(site: Site) -> None:
    site.type((*TASK, "progress", 0.4), (*TASK, "risk", "已缓解"))
    assert site.again("一", {TASK: {"progress": "60%", "risk": "加剧"}}, 9) == {"edits": 2, "conflicts": 2}
    assert site.again("二", {TASK: {"progress": "40%", "risk": "加剧"}}, 10) == {"edits": 1, "same": 1}
    assert site.kinds() == [("冲突", "RW-002", "风险描述")]  # still the first file's


def test_7_28_typed_by_the_pmo_a_proposed_row_is_known_afterwards(site: Site) -> None:
    filled = {"name": "压测", "owner": "*主管"}
    site.again("一", {("tasks", "+0"): filled}, 9)
    desk.fill_in(site.master, {"tasks": [{"task_id": "RW-009", "name": "压测", "owner": "*主管", "dept": LAB}]}, "zh", DAY)
    site.merge()
    assert site.kinds() == []
    assert site.again("二", {("tasks", "+0"): {**filled, "progress": "10%"}}, 10) == {"edits": 1, "applied": 1}
    assert site.value("tasks", "RW-009", "progress") == 0.1


# Resolve


def test_7_29_a_master_cell_changed_since_it_was_shown_is_asked_again(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    site.type((*TASK, "progress", 0.5))
    report = site.resolve(RW_002=("采用报送", None))
    assert len(report.json["asked_again"]) == 1
    assert report.exit_code == CONFLICTS
    (row,) = site.listed("conflicts")
    assert (row["master"], row["decision"], site.value(*TASK, "progress")) == ("50%", None, 0.5)
    assert site.resolve(RW_002=("采用报送", None)).exit_code == OK
    assert site.value(*TASK, "progress") == 0.6


def test_7_30_by_hand_takes_what_the_field_takes_and_says_what_it_cannot_read(site: Site) -> None:
    site.type((*TASK, "progress", 0.4), (*TASK, "status", "paused"), (*TASK, "actual_end", date(2026, 11, 18)))
    cells = {"progress": "60%", "status": "已完成", "actual_end": "2026-11-19"}
    assert site.again("一", {TASK: cells}, 9)["conflicts"] == 3
    report = site.resolve(RW_002__当前进度=("手填", "55%"), RW_002__完成状态=("手填", "滞后"), RW_002__实际完成时间=("手填", "大概周五"))
    assert len(report.json["refused"]) == 1
    assert report.exit_code == CONFLICTS
    assert (site.value(*TASK, "progress"), site.value(*TASK, "status")) == (0.55, "滞后")
    (row,) = site.listed("conflicts")
    assert (row["decision"], row["manual"]) == ("手填", "大概周五")


def test_7_31_by_hand_the_word_that_clears_empties_the_cell(site: Site) -> None:
    site.type((*TASK, "risk", "已缓解"))
    site.again("一", {TASK: {"risk": "加剧"}}, 9)
    assert site.resolve(RW_002=("手填", "清空")).exit_code == OK
    assert site.value(*TASK, "risk") is None


def test_7_32_what_is_typed_on_the_conflicts_sheet_survives_other_runs(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    site.decide(RW_002=("手填", "55%"))
    site.merge(site.reply(MARKET, {("tasks", "RW-001"): {"progress": "60%"}}, "二", 10))
    (row,) = site.listed("conflicts")
    assert (row["decision"], row["manual"]) == ("手填", "55%")
    assert verbs.resolve(site.master, as_of=DAY, lang="zh").exit_code == OK
    assert site.value(*TASK, "progress") == 0.55


def test_7_33_a_new_candidate_after_the_decision_was_typed_is_not_taken_unseen(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%"}}, 9)
    site.decide(RW_002=("采用报送", None))
    site.again("二", {TASK: {"progress": "95%"}}, 10)
    (row,) = site.listed("conflicts")
    assert str(row["candidates"]).startswith("95%")
    assert row["decision"] is None


def test_7_33b_a_value_by_hand_without_a_choice_is_said_not_guessed(site: Site) -> None:
    site.type((*TASK, "risk", "已缓解"))
    site.again("一", {TASK: {"risk": "加剧"}}, 9)
    report = site.resolve(RW_002=(None, "观察中"))
    assert len(report.json["refused"]) == 1
    assert "M208" in str(report.listings)
    (row,) = site.listed("conflicts")
    assert (row["manual"], site.value(*TASK, "risk")) == ("观察中", "已缓解")
    assert str(row["note"]).startswith("处理意见“（空）”无法识别。")


def test_7_33c_a_line_not_carried_out_says_why_and_where_it_stands_now(site: Site) -> None:
    site.type((*TASK, "progress", 0.4), (*TASK, "risk", "已缓解"))
    site.again("一", {TASK: {"progress": "60%", "risk": "加剧", "remark": "x"}}, 9)
    site.type((*TASK, "risk", "又变"))
    report = site.resolve(RW_002__当前进度=("采用报送", None), RW_002__风险描述=("保留主表", None))
    (row,) = site.listed("conflicts")
    assert row["field"] == "风险描述"
    assert str(row["note"]).startswith("RW-002 的主表值已由“已缓解”变为“又变”，需要重新决定。")
    ref = read_book(site.master).tables[load().service("conflicts").table]
    column = columns_of(ref, load().service("conflicts"))["decision"]
    where = (ref.sheet, Address(ref.sheet, ref.data.first_row, column).cell)
    assert where in {(line[2], line[3]) for listing in report.listings for line in listing.rows}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_7_33c_two_colleagues_in_one_blank_row_are_two_rows_with_their_own_sources(site: Site, order: tuple[int, int]) -> None:
    copies = [
        site.reply(LAB, {("tasks", "+0"): {"name": "甲"}, ("problems", "+0"): {"description": "一事"}}, "一", 9),
        site.reply(LAB, {("tasks", "+0"): {"name": "乙"}, ("problems", "+0"): {"description": "二事"}}, "二", 10),
    ]
    site.merge(copies[order[0]])
    site.merge(copies[order[1]])
    added = {row["问题描述"] for row in site.data()["problems"].values() if row.get("问题描述")}
    assert {"一事", "二事"} <= added
    asked = [str(row["candidates"]) for row in site.listed("conflicts")]
    assert len(asked) == 2
    assert all(sum(name in words for words in asked) == 1 for name in ("甲", "乙"))
    sources = {str(r["new"]): str(r["file"]) for r in site.listed("changes") if r["new"] in ("一事", "二事")}
    assert "一.xlsx" in sources["一事"]
    assert "二.xlsx" in sources["二事"]


def test_7_33d_a_colleagues_copy_that_knows_nothing_of_the_first_asks_nothing(site: Site) -> None:
    first = {"progress": "60%", "risk": "加剧", "measure": "加人", "deliverable": "报告"}
    site.merge(site.reply(LAB, {TASK: first}, "一", 9))
    report = site.merge(site.reply(LAB, {("problems", "WT-001"): {"tried": "重启"}}, "二", 10))
    assert report.json["conflicts"] == []
    assert site.value(*TASK, "progress") == 0.6
    assert site.value(*TASK, "risk") == "加剧"
    assert site.value("problems", "WT-001", "tried") == "重启"
    assert "M110" in {r["code"] for r in site.listed("findings")}


# Set aside, blocked rows, held cells


def mark(site: Site, path: Path, word: str | None) -> None:
    book = read_book(site.master)
    ref = book.tables["Submissions"]
    snap, columns = book.snapshot(ref.sheet), {h: ref.area.first_col + n for n, h in enumerate(ref.headings)}
    rows = [r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, columns["文件"]) == path.name]
    assert rows
    type_into(site.master, ref.sheet, {(rows[0], columns["处理"]): word})


def test_7_34_set_aside_is_counted_and_used_once_the_mark_is_gone(site: Site) -> None:
    path = site.reply(
        LAB, {TASK: {"progress": "60%"}, ("tasks", "+0"): {"name": "压测"}, ("problems", "+0"): {"description": "某事"}}, "一"
    )
    site.collect(path)
    mark(site, path, "不采用")
    assert site.account() == {"edits": 3, "excluded": 3}
    assert site.state_of(path) == "不采用"
    assert site.kinds() == []
    assert len(site.data()["problems"]) == 1
    before = site.master.read_bytes()
    site.merge()
    assert site.master.read_bytes() == before  # nothing new: the workbook is not touched
    mark(site, path, None)
    assert site.account()["applied"] == 2
    assert site.value(*TASK, "progress") == 0.6


def test_7_34b_a_mark_that_comes_too_late_is_said(site: Site) -> None:
    path = site.reply(LAB, {TASK: {"progress": "60%", "risk": None}}, "一")
    report = site.merge(path)
    assert "提示 1" in "".join(report.lines)  # what the reader should look at is named where the run reports
    assert "检查结果" in "".join(report.lines)
    (found,) = site.listed("findings")
    assert (found["field"], "“风险描述”" in str(found["message"])) == ("风险描述", True)  # a heading, never the name of a field
    mark(site, path, "不采用")
    before = site.master.read_bytes()
    said = "".join(site.merge().lines)
    assert path.name in said
    assert str(report.json["run"]) in said
    assert site.master.read_bytes() == before
    site.undo(str(report.json["run"]))
    assert site.merge().json["submissions"] == []
    assert site.state_of(path) == "不采用"


@pytest.mark.parametrize(("word", "state"), [("Do not use", "不采用"), (" 不 采 用", "不采用"), ("不要", "不采用"), ("采用", "已汇总")])
def test_7_34c_only_a_submission_that_is_to_be_used_is_used(site: Site, word: str, state: str) -> None:
    path = site.reply(LAB, {TASK: {"progress": "60%"}}, "一")
    site.collect(path)
    mark(site, path, word)
    site.merge()
    assert site.state_of(path) == state
    assert site.value(*TASK, "progress") == (0.6 if state == "已汇总" else 0.2)


def test_7_35_a_row_copied_with_its_hidden_id_blocks_both_and_nothing_else(site: Site) -> None:
    path = site.reply(MARKET, {("tasks", "RW-001"): {"progress": "60%"}, ("tasks", "RW-003"): {"progress": "30%"}}, "复制")

    def twice(rows: list[list[object]]) -> list[list[object]]:
        rows[5] = list(next(r for r in rows if r[0] == "RW-001"))
        rows[5][-1] = rows[0][-1]
        return rows

    edit_pack(path, "Tasks", twice)
    report = site.merge(path)
    (found,) = report.json["submissions"]
    assert (found["applied"], found["excluded"], found["edits"]) == (1, 2, 3)
    assert (site.value("tasks", "RW-001", "progress"), site.value("tasks", "RW-003", "progress")) == (0.5, 0.3)
    assert [r["code"] for r in site.listed("findings")].count("R901") == 2


def test_7_36_a_key_that_occurs_twice_in_the_master_blocks_its_rows(site: Site) -> None:
    def twice(rows: list[list[object]], col: dict[str, int]) -> list[list[object]]:
        rows[2][col["task_id"]] = "RW-001"
        return rows

    path = site.reply(MARKET, {("tasks", "RW-001"): {"progress": "60%"}, REQ: {"outcome": "已沟通"}}, "一")
    site.by_hand("tasks", twice)
    report = site.merge(path)
    (found,) = report.json["submissions"]
    assert (found["edits"], found["applied"], found["excluded"]) == (2, 1, 1)
    assert "R902" in {r["code"] for r in site.listed("findings")}
    assert site.kinds() == [("未入账", "RW-001", "整行")]
    (row,) = site.listed("conflicts")
    assert "一.xlsx 1 格" in str(row["candidates"])
    assert verbs.status(site.master, as_of=DAY, lang="zh").json["waiting"] == 1
    verbs.week(site.master, as_of=DAY, lang="zh")

    def once(rows: list[list[object]], col: dict[str, int]) -> list[list[object]]:
        rows[2][col["task_id"]] = "RW-003"
        return rows

    site.by_hand("tasks", once)
    report = site.merge()  # nobody sends again
    assert [(a["edits"], a["applied"]) for a in report.json["submissions"]] == [(1, 1)]
    assert site.value("tasks", "RW-001", "progress") == 0.6
    assert site.kinds() == []
    (line,) = [r for r in site.listed("submissions") if r["file"] == path.name]
    assert (line["state"], line["edits"], line["applied"], line["excluded"]) == ("已汇总", 2, 2, 0)
    assert text("verbs.say.entered_now", "zh", cells=1, files="一.xlsx") in report.lines
    assert site.merge().json["submissions"] == []
    site.undo()
    assert site.kinds() == [("未入账", "RW-001", "整行")]
    assert site.value("tasks", "RW-001", "progress") == 0.5


def rename_heading(site: Site, old: str, new: str) -> None:
    """What a PMO does in Excel: the heading's cell and the table's column get another name."""
    workbook = openpyxl.load_workbook(site.master)
    sheet = next(ws for ws in workbook if "Tasks" in ws.tables)
    table = sheet.tables["Tasks"]
    for cell, column in zip(sheet[table.ref][0], table.tableColumns, strict=True):
        if cell.value == old:
            cell.value = column.name = new
    workbook.save(site.master)


def test_7_36b_what_was_sent_for_a_renamed_column_comes_in_when_the_heading_is_back(site: Site) -> None:
    path = site.reply(LAB, {TASK: {"risk": "加剧"}}, "一", 9)
    rename_heading(site, "风险描述", "某某")
    assert site.account(path) == {"edits": 1, "excluded": 1}
    assert site.kinds() == [("未入账", "", "风险描述")]
    assert site.state_of(path) == "已汇总"
    assert site.account_of_nothing()
    rename_heading(site, "某某", "风险描述")
    shutil.copyfile(path, site.folder / "inbox" / "再发.xlsx")
    again = site.merge(site.folder / "inbox" / "再发.xlsx")  # the department sends it again, though nobody asked
    assert [i["state"] for i in again.json["items"]] == ["duplicate"]
    assert site.value(*TASK, "risk") == "加剧"
    assert site.kinds() == []


def test_7_37_a_cell_with_a_users_formula_is_never_written(site: Site) -> None:
    def formula(rows: list[list[object]], col: dict[str, int]) -> list[list[object]]:
        rows[1][col["progress"]] = "=0.1+0.1"
        return rows

    site.by_hand("tasks", formula)
    path = site.reply(LAB, {TASK: {"progress": "60%"}}, "一")
    report = site.merge(path)
    (found,) = report.json["submissions"]
    assert (found["edits"], found["conflicts"]) == (1, 1)
    book = read_book(site.master)
    assert len(book.snapshot(book.tables["Tasks"].sheet).formulas) == 1
    refused = site.resolve(RW_002=("采用报送", None))
    assert refused.json["refused"]
    assert refused.exit_code == CONFLICTS


# Packs as spreadsheet programs and people change them


def in_sheet(path: Path, table: str, change: Callable[[Worksheet], None], hour: int = 12) -> Path:
    workbook = openpyxl.load_workbook(path)
    change(next(ws for ws in workbook if table in ws.tables))
    workbook.save(path)
    stamp(path, datetime(2026, 11, 20, hour))
    return path


PLAIN = {("tasks", "RW-001"): {"progress": "60%"}, ("tasks", "RW-003"): {"risk": "缺料"}, ("problems", "+0"): {"description": "某事"}}


def landed(site: Site, *, notes: bool = True) -> None:
    assert (site.value("tasks", "RW-001", "progress"), site.value("tasks", "RW-003", "risk")) == (0.6, "缺料")
    assert site.value("problems", "WT-002", "description") == "某事"
    assert site.kinds() == []


def test_6_20_a_sorted_pack(site: Site) -> None:
    path = site.reply(MARKET, PLAIN, "排序")
    for table in ("Tasks", "Problems"):
        edit_pack(path, table, lambda rows: rows[::-1])
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)


def test_6_20b_cells_moved_without_their_hidden_row_ids(site: Site) -> None:
    """The liaison sorts, or deletes cells of, the columns that are seen: the ID and the name say which row it is."""

    def shifted(sheet: Worksheet) -> None:
        head = sheet[sheet.tables["Tasks"].ref.partition(":")[0]].row
        seen = [cell.column for cell in sheet[head] if not sheet.column_dimensions[cell.column_letter].hidden and cell.value]
        rows = [[sheet.cell(r, c).value for c in seen] for r in (head + 1, head + 2)]
        for r, values in zip((head + 1, head + 2), rows[::-1], strict=True):
            for c, value in zip(seen, values, strict=True):
                sheet.cell(r, c).value = value

    path = in_sheet(site.reply(MARKET, PLAIN, "只排看得见的"), "Tasks", shifted)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)


def test_6_21_a_renamed_heading_and_an_inserted_column(site: Site) -> None:
    def renamed(sheet: Worksheet) -> None:
        area = sheet.tables["Tasks"]
        head = sheet[area.ref.partition(":")[0]].row
        for cell in sheet[head]:
            if cell.value == "当前进度":
                cell.value = "进度"
        for column in area.tableColumns:
            if column.name == "当前进度":
                column.name = "进度"

    path = in_sheet(site.reply(MARKET, PLAIN, "改表头"), "Tasks", renamed)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)
    assert [(r["code"], r["found"]) for r in site.listed("findings")] == [("H115", "进度")]  # read, with a note


def test_6_22_a_column_inserted_in_the_middle(site: Site) -> None:
    def inserted(sheet: Worksheet) -> None:
        from openpyxl.worksheet.table import TableColumn

        area = sheet.tables["Tasks"]
        first, last = area.ref.split(":")
        rows = list(sheet[area.ref])
        for line in rows:
            values = [c.value for c in line]
            line[3].value = "我的备注" if line is rows[0] else "随便"
            for cell, value in zip(line[4:], values[3:-1], strict=True):
                cell.value = value
            sheet.cell(line[-1].row, line[-1].column + 1).value = values[-1]
        columns = area.tableColumns
        columns.insert(3, TableColumn(id=99, name="我的备注"))
        end = sheet[last]
        area.ref = f"{first}:{sheet.cell(end.row, end.column + 1).coordinate}"
        if area.autoFilter:
            area.autoFilter.ref = area.ref

    path = in_sheet(site.reply(MARKET, PLAIN, "插列"), "Tasks", inserted)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)


def test_6_23_a_sheet_deleted(site: Site) -> None:
    path = site.reply(MARKET, PLAIN, "删表")
    workbook = openpyxl.load_workbook(path)
    del workbook[next(ws.title for ws in workbook if "Requirements" in ws.tables)]
    workbook.save(path)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1, "rows_missing": 1}
    landed(site)


def test_6_24_the_hidden_row_ids_deleted(site: Site) -> None:
    def without(sheet: Worksheet) -> None:
        name = next(iter(sheet.tables))
        area = sheet.tables[name]
        for line in sheet[area.ref]:
            line[-1].value = None
        first, last = area.ref.split(":")
        end = sheet[last]
        area.ref = f"{first}:{sheet.cell(end.row, end.column - 1).coordinate}"
        if area.autoFilter:
            area.autoFilter.ref = area.ref
        area.tableColumns.pop()

    path = site.reply(MARKET, PLAIN, "删列")
    in_sheet(in_sheet(path, "Tasks", without), "Problems", without)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)
    again = site.reply(MARKET, {**PLAIN, ("problems", "+0"): {"description": "某事", "level": "一般"}}, "删列二", 13)
    in_sheet(in_sheet(again, "Tasks", without, 13), "Problems", without, 13)
    assert site.account(again) == {"edits": 1, "applied": 1}
    assert len(site.data()["problems"]) == 2


def test_6_25_a_pack_without_its_tables_is_read_by_its_headings(site: Site) -> None:
    def plain(sheet: Worksheet) -> None:
        for name in list(sheet.tables):
            del sheet.tables[name]

    path = site.reply(MARKET, PLAIN, "区域")
    for table in ("Tasks", "Problems", "Requirements"):
        in_sheet(path, table, plain)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)
    assert site.listed("findings") == []
    again = site.reply(MARKET, {**PLAIN, ("problems", "+0"): {"description": "某事，改了说法"}}, "区域二", 13)
    assert site.account(in_sheet(again, "Problems", plain, 13)) == {"edits": 1, "applied": 1}  # known by its hidden row id
    assert len(site.data()["problems"]) == 2


def test_6_26_a_pack_copied_into_a_new_workbook_is_a_hand_made_file(site: Site) -> None:
    source = openpyxl.load_workbook(site.reply(MARKET, {("tasks", "RW-001"): {"progress": "60%"}}, "原"))
    target = openpyxl.Workbook()
    sheet = next(ws for ws in source if "Tasks" in ws.tables)
    for line in sheet.iter_rows():
        for cell in line:
            new = target.active.cell(cell.row, cell.column)
            new.value, new.number_format = cell.value, copy(cell.number_format)
    path = site.folder / "抄.xlsx"
    target.save(path)
    assert site.account(path) == {"edits": 1, "excluded": 1}
    assert site.kinds() == [("手工表", "RW-001", "当前进度")]


def test_6_26b_a_pack_without_hidden_sheet_and_without_its_line_is_a_hand_made_file_of_its_department(site: Site) -> None:
    path = site.reply(MARKET, {("tasks", "RW-001"): {"progress": "60%"}}, "无隐藏表")
    workbook = openpyxl.load_workbook(path)
    del workbook["_collab"]
    (line,) = (cell for sheet in workbook for row in sheet.iter_rows() for cell in row if "CXL_" in str(cell.value))
    line.value = None
    workbook.save(path)
    assert site.account(path) == {"edits": 1, "excluded": 1}
    assert site.kinds() == [("手工表", "RW-001", "当前进度")]
    assert site.listed("findings") == []


def test_6_27_rows_typed_below_the_table(site: Site) -> None:
    def below(sheet: Worksheet) -> None:
        area = sheet.tables["Problems"]
        last = sheet[area.ref.split(":")[1]].row
        head = sheet[area.ref.partition(":")[0]].row
        columns = {c.value: c.column for c in sheet[head] if c.value}
        sheet.cell(last + 1, columns["问题描述"]).value = "表外一行"

    path = in_sheet(site.reply(MARKET, {}, "表外"), "Problems", below)
    report = site.merge(path)
    assert [(r["code"], r["found"]) for r in site.listed("findings")] == [("H113", "表外一行")]  # never silently lost
    assert report.exit_code == FINDINGS
    assert "警告 1" in "".join(report.lines)


def test_6_28_a_filtered_row_and_a_hidden_column_are_read_like_any_other(site: Site) -> None:
    def hidden(sheet: Worksheet) -> None:
        for row in range(4, 6):
            sheet.row_dimensions[row].hidden = True
        sheet.column_dimensions["K"].hidden = True

    path = in_sheet(site.reply(MARKET, PLAIN, "隐藏"), "Tasks", hidden)
    assert site.account(path) == {"edits": 3, "applied": 3, "rows_new": 1}
    landed(site)


# The chain of runs and undo, with the merge on top


def test_8_01_undo_after_sorting_and_a_new_column_of_the_users(site: Site) -> None:
    before = site.data()
    site.again("一", {TASK: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "某事"}}, 9)
    site.by_hand("tasks", lambda rows, col: [r for r in rows if r[0]][::-1])
    insert_column(site.master, "Tasks", 5, "我的列", "自用")
    report = site.undo()
    assert report.json["kept"] == []
    assert report.exit_code == OK
    after = site.data()
    assert {k: {h: v for h, v in r.items() if h != "我的列"} for k, r in after["tasks"].items()} == before["tasks"]
    assert after["problems"] == before["problems"]
    assert all(row["我的列"] == "自用" for row in after["tasks"].values())


def insert_column(path: Path, table: str, at: int, heading: str, value: object) -> None:
    """Insert a table column before the `at`-th (from 0), as Excel does: everything to the right moves."""
    from openpyxl.worksheet.table import TableColumn

    workbook = openpyxl.load_workbook(path)
    sheet = next(ws for ws in workbook if table in ws.tables)
    area = sheet.tables[table]
    first, last = area.ref.split(":")
    rows = list(sheet[area.ref])
    for line in rows:
        values = [c.value for c in line]
        filled = values[0] is not None
        line[at].value = heading if line is rows[0] else value if filled else None
        for cell, old in zip(line[at + 1 :], values[at:-1], strict=True):
            cell.value = old
        sheet.cell(line[-1].row, line[-1].column + 1).value = values[-1]
    area.tableColumns.insert(at, TableColumn(id=max(c.id for c in area.tableColumns) + 1, name=heading))
    area.ref = f"{first}:{sheet.cell(sheet[last].row, sheet[last].column + 1).coordinate}"
    if area.autoFilter:
        area.autoFilter.ref = area.ref
    workbook.save(path)


def test_8_02_consolidate_works_with_a_users_column_and_sorted_rows(site: Site) -> None:
    site.by_hand("tasks", lambda rows, col: [r for r in rows if r[0]][::-1])
    insert_column(site.master, "Tasks", 2, "我的列", "自用")
    assert site.again("一", {TASK: {"progress": "60%"}}, 9) == {"edits": 1, "applied": 1}
    assert site.value(*TASK, "progress") == 0.6
    assert site.data()["tasks"]["RW-002"]["我的列"] == "自用"


def test_8_03_undo_a_run_and_all_later_ones_then_redo(site: Site) -> None:
    start = site.data()
    first = site.merge(site.reply(LAB, {TASK: {"progress": "40%"}}, "一", 9)).json["run"]
    site.merge(site.reply(LAB, {TASK: {"progress": "60%"}, ("problems", "+0"): {"description": "某事"}}, "二", 10))
    site.type((*REQ, "goal", "PMO 手填"))
    site.merge(site.reply(MARKET, {("tasks", "RW-001"): {"progress": "90%"}}, "三", 11))
    full = site.data()
    report = site.undo(str(first))
    assert len(report.json["undone"]) == 3
    assert report.json["kept"] == []
    start["requirements"]["XZ-2026-001"]["核心目标"] = "PMO 手填"
    assert site.data() == start
    assert [r["state"] for r in site.listed("submissions") if r["sha256"]] == ["待再汇总"] * 3
    checked = verbs.redo(site.master, as_of=DAY, lang="zh")
    assert checked.json["undone"] == [report.json["run"]]
    assert site.data() == full
    assert [(r["file"], r["state"]) for r in site.listed("submissions") if r["sha256"]] == [
        ("三.xlsx", "已汇总"), ("二.xlsx", "已汇总"), ("一.xlsx", "有冲突"),
    ]  # fmt: skip
    assert site.merge().json["submissions"] == []


def test_8_04_consolidating_again_after_undo_gives_the_same_master_and_the_same_keys(site: Site) -> None:
    cells = {TASK: {"progress": "60%"}, ("problems", "+0"): {"description": "某事"}, ("tasks", "+1"): {"name": "压测"}}
    site.again("一", cells, 9)
    site.resolve(**{"": ("采用报送", None)})
    once, waiting = site.data(), site.kinds()
    site.undo()
    assert [k for k, _, _ in site.kinds()] == ["新任务"]
    assert "RW-004" not in site.data()["tasks"]
    site.undo()
    assert "WT-002" not in site.data()["problems"]
    site.merge(again=True)
    site.resolve(**{"": ("采用报送", None)})
    assert site.data() == once
    assert site.kinds() == waiting


def test_8_04b_rows_the_pmo_typed_without_a_key_get_the_same_one_again_after_undo(site: Site) -> None:
    workbook = openpyxl.load_workbook(site.master)
    sheet = next(ws for ws in workbook if "Problems" in ws.tables)
    area = sheet.tables["Problems"]
    first, last = area.ref.split(":")
    row = sheet[last].row + 1
    area.ref = f"{first}:{sheet.cell(row, sheet[last].column).coordinate}"
    if area.autoFilter:
        area.autoFilter.ref = area.ref
    columns = {c.value: c.column for c in sheet[sheet[first].row]}
    sheet.cell(row, columns["问题描述"]).value = "PMO 手加"
    sheet.cell(row, columns["责任部门"]).value = LAB
    workbook.save(site.master)
    site.again("一", {("problems", "+0"): {"description": "某事"}}, 9)
    once = {key: row["问题描述"] for key, row in site.data()["problems"].items()}
    assert once == {"WT-001": "测试环境不可用", "WT-002": "PMO 手加", "WT-003": "某事"}
    site.undo()
    assert list(site.data()["problems"]) == ["WT-001", "row 5"]
    site.merge(again=True)
    assert {key: row["问题描述"] for key, row in site.data()["problems"].items()} == once


def test_8_04c_remarks_beside_our_lists_stay_with_their_rows(site: Site) -> None:
    site.type((*TASK, "progress", 0.4), (*TASK, "risk", "已缓解"))
    one = site.reply(LAB, {TASK: {"progress": "60%", "risk": "加剧"}}, "一", 9)
    site.merge(one)
    insert_column(site.master, "Conflicts", 3, "我的", None)
    insert_column(site.master, "Submissions", 3, "我的", None)
    remark(site, "Conflicts", "字段", "风险描述", "问过王工")
    remark(site, "Submissions", "文件", one.name, "电话催过")
    site.merge(site.reply(MARKET, {("tasks", "RW-001"): {"name": "改名"}}, "二", 10))
    assert remarks(site, "Conflicts", "字段") == {"风险描述": "问过王工"}
    assert remarks(site, "Submissions", "文件") == {one.name: "电话催过"}
    site.resolve(RW_002__风险描述=("保留主表", None), RW_002__当前进度=("保留主表", None))
    assert remarks(site, "Conflicts", "字段") == {None: "问过王工"}  # the question is gone, what was typed is not
    assert len(site.kinds()) == 1
    site.merge(site.reply(MARKET, {("tasks", "RW-001"): {"name": "改名"}}, "三", 11))
    assert remarks(site, "Conflicts", "字段") == {None: "问过王工"}
    assert remarks(site, "Submissions", "文件") == {one.name: "电话催过"}


def remark(site: Site, table: str, column: str, wanted: str, words: str) -> None:
    workbook = openpyxl.load_workbook(site.master)
    sheet = next(ws for ws in workbook if table in ws.tables)
    lines = list(sheet[sheet.tables[table].ref])
    head = [c.value for c in lines[0]]
    (line,) = [line for line in lines[1:] if line[head.index(column)].value == wanted]
    line[head.index("我的")].value = words
    workbook.save(site.master)


def remarks(site: Site, table: str, column: str) -> dict[object, object]:
    book = read_book(site.master)
    ref = book.tables[table]
    snap, at = book.snapshot(ref.sheet), ref.area.first_col
    mine, other = at + ref.headings.index("我的"), at + ref.headings.index(column)
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    return {snap.value(row, other): snap.value(row, mine) for row in rows if snap.value(row, mine) is not None}


def test_8_05_a_book_closed_without_saving_needs_no_repair(site: Site) -> None:
    one = site.reply(LAB, {TASK: {"progress": "60%"}, ("problems", "+0"): {"description": "某事"}}, "一", 9)
    site.collect(one)
    saved = site.master.read_bytes()
    site.merge()
    done = site.data()
    site.master.write_bytes(saved)  # Excel closed without saving
    looked = verbs.status(site.master, as_of=DAY, lang="zh").json
    assert (looked["ready"], [one["file"] for one in looked["held"]]) == (0, [one.name])
    site.merge(again=True)
    assert site.data() == done
    assert site.state_of(one) == "已汇总"
    states = {r["run"]: r["contained"] for r in verbs.log(site.master, lang="zh").json["runs"]}
    assert list(states.values()).count(False) == 1


def test_8_06_a_submission_collected_in_a_run_that_was_not_saved_can_be_given_again(site: Site) -> None:
    saved = site.master.read_bytes()
    one = site.reply(LAB, {TASK: {"progress": "60%"}}, "一", 9)
    site.merge(one)
    site.master.write_bytes(saved)
    report = site.merge(one)
    assert [i["state"] for i in report.json["items"]] == ["accepted"]
    assert site.value(*TASK, "progress") == 0.6


def test_8_07_a_restored_backup_goes_on_from_there(site: Site) -> None:
    site.type((*TASK, "risk", "已缓解"))
    first = site.reply(LAB, {TASK: {"progress": "40%", "risk": "加剧"}}, "一", 9)
    site.merge(first)
    site.resolve(RW_002=("保留主表", None))
    site.again("二", {TASK: {"progress": "60%", "risk": "加剧"}}, 10)
    backups = sorted(next(site.folder.glob("*.collab")).glob("backups/*.xlsx"))
    assert len(backups) >= 3
    shutil.copyfile(backups[-2], site.master)  # as it was before the decision
    assert site.kinds() == [("冲突", "RW-002", "风险描述")]
    assert site.value(*TASK, "progress") == 0.4
    found = site.account(site.folder / "inbox" / "二.xlsx")
    assert found == {"edits": 1, "applied": 1}
    assert site.kinds() == [("冲突", "RW-002", "风险描述")]
    site.resolve(RW_002=("采用报送", None))
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.6, "加剧")
    assert site.undo().json["cells"] >= 1


def test_8_08_two_workbooks_of_one_project_are_reported_and_each_has_its_own_history(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    other = Site(site.folder)
    other.master = site.folder / "主表 副本.xlsx"
    shutil.copyfile(site.master, other.master)
    report = site.merge(site.reply(LAB, {TASK: {"progress": "60%"}}, "二", 10))
    assert any("副本" in note for note in report.notes)
    assert other.value(*TASK, "progress") == 0.4
    theirs = verbs.consolidate(other.master, [site.folder / "inbox" / "二.xlsx"], as_of=DAY, lang="zh", progress=no_progress)
    assert [s["applied"] for s in theirs.json["submissions"]] == [1]
    assert theirs.notes
    assert theirs.json["run"] != report.json["run"]
    assert (site.value(*TASK, "progress"), other.value(*TASK, "progress")) == (0.6, 0.6)
    verbs.undo(other.master, as_of=DAY, lang="zh")
    assert (site.value(*TASK, "progress"), other.value(*TASK, "progress")) == (0.6, 0.4)
    assert site.undo().json["cells"] >= 1
    assert site.value(*TASK, "progress") == 0.4


def test_8_09_a_renamed_master_keeps_its_ledger(site: Site) -> None:
    site.again("一", {TASK: {"progress": "40%"}}, 9)
    site.master = site.master.rename(site.folder / "主表 改名.xlsx")
    assert site.again("二", {TASK: {"progress": "60%"}}, 10) == {"edits": 1, "applied": 1}
    site.undo()
    assert site.value(*TASK, "progress") == 0.4


def test_8_10_undo_keeps_what_the_pmo_typed_in_a_cell_and_in_an_added_row(site: Site) -> None:
    cells = {
        TASK: {"progress": "60%", "risk": "加剧"},
        ("problems", "+0"): {"description": "某事"},
        ("problems", "+1"): {"description": "二事"},
    }
    site.again("一", cells, 9)
    site.type((*TASK, "progress", 0.75), ("problems", "WT-002", "measure", "PMO 补充"))
    report = site.undo()
    assert (site.value(*TASK, "progress"), site.value(*TASK, "risk")) == (0.75, "人力不足")
    assert site.value("problems", "WT-002", "measure") == "PMO 补充"
    assert "WT-003" not in site.data()["problems"]
    assert len(report.json["kept"]) == 2
    assert report.exit_code == FINDINGS
    found = site.account(again=True)
    assert found == {"edits": 4, "applied": 2, "conflicts": 1, "same": 1, "rows_new": 1}  # the row that stayed is not added twice
    assert site.kinds() == [("冲突", "RW-002", "当前进度")]  # 75 % typed, 60 % submitted, 20 % issued: asked, not overwritten
    assert site.value(*TASK, "progress") == 0.75
    assert sorted(str(r["问题描述"]) for r in site.data()["problems"].values()) == ["二事", "某事", "测试环境不可用"]


def test_8_11_what_was_undone_can_be_set_aside(site: Site) -> None:
    path = site.reply(LAB, {TASK: {"progress": "60%"}}, "一", 9)
    site.merge(path)
    site.undo()
    mark(site, path, "不采用")
    assert site.merge(again=True).json["submissions"] == []
    assert site.value(*TASK, "progress") == 0.2
    assert site.state_of(path) == "不采用"


def test_8_12_undoing_a_resolve_opens_the_question_again(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    site.again("一", {TASK: {"progress": "60%", "name": "改名"}}, 9)
    site.resolve(RW_002__当前进度=("采用报送", None), RW_002__任务名称=("保留主表", None))
    assert site.kinds() == []
    site.undo()
    assert site.value(*TASK, "progress") == 0.4
    assert site.kinds() == [("冲突", "RW-002", "当前进度"), ("超出权限", "RW-002", "任务名称")]


def test_8_13_preview_says_what_consolidate_does_and_leaves_the_data(site: Site) -> None:
    site.type((*TASK, "progress", 0.4))
    path = site.reply(LAB, {TASK: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "某事"}}, "一", 9)
    before, site.inputs = site.data(), [path]
    seen = verbs.preview(site.master, [path], as_of=DAY, lang="zh", progress=no_progress)
    assert site.data() == before
    assert site.kinds() == []
    assert structural_findings(site.master) == []
    assert sorted(str(r["outcome"]) for r in site.listed("preview")) == ["待决定", "汇总", "汇总"]
    done = site.merge()
    assert seen.json["submissions"] == done.json["submissions"]
    assert [c["id"] for c in seen.json["conflicts"]] == [c["id"] for c in done.json["conflicts"]]


# In English


def test_9_01_the_same_week_in_english(tmp_path: Path) -> None:
    folder = tmp_path / "english"
    folder.mkdir()
    site = Site.start(folder, "en")
    assert isinstance(site, Site)
    site.issue()
    site.type((*TASK, "risk", "under control"))
    cells = {
        TASK: {"progress": "60%", "risk": "worse", "status": "Done", "name": "renamed", "owner": "CLEAR", "actual_end": "next week"},
        ("problems", "+0"): {"description": "lab down", "level": "Urgent"},
        ("tasks", "+0"): {"name": "load test"},
    }
    found = site.again("reply", cells, 9)
    assert found == {"edits": 9, "applied": 4, "conflicts": 1, "rights": 1, "unreadable": 1, "excluded": 2, "rows_new": 2}
    before = site.data()
    site.decide(RW_002=("Take submitted", None))
    assert verbs.resolve(site.master, as_of=DAY, lang="en").exit_code == CONFLICTS  # the new task still waits
    assert (site.value(*TASK, "risk"), site.value(*TASK, "name"), site.value(*TASK, "status")) == ("worse", "renamed", "Done")
    site.undo()
    assert site.data() == before
