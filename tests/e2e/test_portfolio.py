"""`portfolio`: the figures of each master's own page, in one workbook; no master is written, none stops the others."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from e2e.small_project import DAY, WEEK, Project, type_into
from typer.testing import CliRunner

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.cli import app
from collab_xl.errors import FINDINGS, CollabError
from collab_xl.model.portfolio import DataTable, ProjectFacts
from collab_xl.model.record import replace
from collab_xl.model.values import Value
from collab_xl.plan.portfolio import project_line
from collab_xl.verbs.portfolios.data import files_of
from collab_xl.verbs.portfolios.inputs import masters_in
from collab_xl.verbs.portfolios.reading import MasterJob, read_master
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

FRIDAY = datetime(2026, 11, 20, 18)


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    with clock.at(FRIDAY):
        yield


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three projects in folders of their own, and what else lies in such a folder."""
    root = tmp_path_factory.mktemp("many") / "projects"
    root.mkdir()
    for name, end in (("甲 #1", date(2026, 10, 20)), ("乙 50%", date(2026, 11, 18)), ("丙", date(2026, 12, 31))):
        project = Project.again(root / name)
        project.set("project", name)
        project.type(("tasks", "RW-001", "end", end), ("tasks", "RW-002", "owner", "张三"))
    shutil.copyfile(root / "丙" / "主表.xlsx", root / "丙" / "主表 - 副本.xlsx")
    (root / "damaged").mkdir()
    (root / "damaged" / "主表.xlsx").write_bytes(b"PK\x03\x04 cut off")
    (root / "damaged" / "主表.collab").mkdir()
    (root / "notes.xlsx").write_bytes(b"no workbook of ours")
    return root


def make(*inputs: Path, **more: object) -> Report:
    return verbs.portfolio_make(list(inputs), as_of=DAY, lang="zh", progress=no_progress, **more)  # type: ignore[arg-type]


def read(master: Path, as_of: date = DAY, week: str | None = None) -> ProjectFacts:
    return read_master(MasterJob(str(master), as_of, clock.now(), week, "zh"))


def test_one_line_a_project_worst_first_and_no_master_stops_the_others(many: Path) -> None:
    before = {path: path.read_bytes() for path in many.rglob("*") if path.is_file() and path.suffix in (".xlsx", ".db")}
    data = many.parent / "bi"
    report = make(many, data=data)
    assert report.exit_code == FINDINGS
    assert [p["project"] for p in report.json["projects"]] == ["甲 #1", "乙 50%", "丙"]
    assert {Path(n["file"]).name: n["code"] for n in report.json["not_read"]} == {
        "主表 - 副本.xlsx": "portfolio_copy",
        "主表.xlsx": "damaged_workbook",
    }
    assert report.json["skipped"] > 0
    assert [(p["person"], len(p["projects"])) for p in report.json["people"]] == [("张三", 3)]
    assert before == {path: path.read_bytes() for path in before}, "masters and ledgers are only read"

    path = Path(report.json["file"])
    assert path == many / "项目总览.xlsx"
    book = read_book(path)
    assert list(book.sheets)[:3] == ["项目总览", "部门热力图", "多项目人员"]
    shown = book.snapshot("项目总览")
    assert [shown.value(row, 2) for row in range(7, 10)] == ["甲 #1", "乙 50%", "丙"]
    formulas = {shown.formulas[7, 2], shown.formulas[8, 2]}
    assert any("甲 %231/主表.xlsx" in str(f) for f in formulas), "a link leads from the overview's folder to the master"
    assert any("乙 50%25/主表.xlsx" in str(f) for f in formulas)

    with (data / "projects" / f"{WEEK}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["project"], int(row["overdue"])) for row in rows] == [
        (p["project"], p["kpis"]["overdue"]["value"]) for p in report.json["projects"]
    ]
    assert len(list(data.glob("form_tasks/*.csv"))) == 1

    make(many)  # its own overview is replaced, and is no master
    book_of_others = many / "notes.xlsx"
    with pytest.raises(CollabError) as refusal:
        make(many, out=book_of_others)
    assert refusal.value.code == "portfolio_other_file"
    assert book_of_others.read_bytes() == b"no workbook of ours"


@pytest.mark.parametrize("name", ["甲 #1", "丙"])
def test_the_figures_are_those_of_the_masters_own_week_and_status(many: Path, name: str) -> None:
    master = many / name / "主表.xlsx"
    found = read(master)
    page = verbs.week(master, as_of=DAY, write=False, lang="zh").json
    assert {figure: {"value": value, "before": before} for figure, (value, before) in found.kpis.items()} == page["kpis"]
    assert (str(found.rag), found.trend, found.week) == (page["rag"], page["trend"], page["week"])
    own = [{key: d[key] for key in ("name", "open", "overdue", "escalated", "total", "done")} for d in page["departments"]]
    assert [{key: getattr(d, key) for key in own[0]} for d in found.departments] == own
    status = verbs.status(master, as_of=DAY, lang="zh").json
    assert (found.value("open"), found.value("overdue"), found.waiting) == (status["open"], status["overdue"], status["waiting"])
    assert set(found.missing) == set(status["missing"])


def test_a_list_with_a_cell_that_is_no_path_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text(f"主表.xlsx,{'x' * 200_000}\n", encoding="utf-8")
    with pytest.raises(CollabError) as refused:
        masters_in([table])
    assert refused.value.code == "list_unreadable"


def test_a_frozen_week_has_the_figures_of_its_page_also_when_the_data_has_gone_on(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    verbs.week(project.master, as_of=DAY, week=WEEK, lang="zh")
    as_made = read(project.master, week=WEEK)
    project.type(("tasks", "RW-001", "status", "done"))
    later = datetime(2026, 12, 9, 12)
    with clock.at(later):
        now = read(project.master, later.date(), WEEK)
        page = verbs.week(project.master, as_of=later.date(), week=WEEK, write=False, lang="zh").json
    assert (as_made.frozen, now.frozen, page["frozen"]) == (False, True, True)
    assert now.kpis == as_made.kpis == {name: (kpi["value"], kpi["before"]) for name, kpi in page["kpis"].items()}
    assert (now.done, now.planned, now.rag) == (as_made.done, as_made.planned, as_made.rag)
    assert now.sentence == project_line(as_made, "", "zh").why


def test_an_open_master_is_read_as_saved_and_said_to_be_open(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    assert "打开" not in project_line(read(project.master), "", "zh").why
    project.master.with_name(f"~${project.master.name}").write_bytes(b"\x03abc")
    found = read(project.master)
    assert found.open_by == "abc"
    assert "打开" in project_line(found, "", "zh").why


def test_a_master_of_an_older_version_or_without_its_ledger_says_why(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    shutil.rmtree(project.master.with_suffix(".collab"))
    with pytest.raises(CollabError) as refusal:
        read(project.master)
    assert refusal.value.code == "ledger_missing"
    newer = Project.again(tmp_path / "q", issued=False)
    book = read_book(newer.master)
    (row,) = (r for r in range(1, 12) if book.snapshot("_collab").value(r, 1) == "schema")
    type_into(newer.master, "_collab", {(row, 2): 9})
    with pytest.raises(CollabError) as refusal:
        read(newer.master)
    assert refusal.value.code == "newer_schema"


def test_a_list_names_masters_beside_it_and_a_missing_one_is_a_line(many: Path) -> None:
    names = many / "list.txt"
    names.write_text("# our projects\n丙/主表.xlsx\n\n甲 #1\\主表.xlsx\ngone.xlsx\n", encoding="gb18030")
    assert {path.relative_to(many).as_posix() for path in masters_in([names]).masters} == {"丙/主表.xlsx", "甲 #1/主表.xlsx", "gone.xlsx"}
    names.unlink()
    table = many / "list.csv"
    table.write_text('"丙,二/主表.xlsx",红\n\n甲 #1/主表.xlsx,绿\n', encoding="utf-8-sig")  # a comma in a path, as Excel writes it
    assert {path.relative_to(many).as_posix() for path in masters_in([table]).masters} == {"丙,二/主表.xlsx", "甲 #1/主表.xlsx"}
    table.unlink()
    with pytest.raises(CollabError) as refusal:
        masters_in([names])
    assert refusal.value.code == "input_missing"
    with pytest.raises(CollabError) as refusal:
        masters_in([many / "甲 #1" / "outbox"])
    assert refusal.value.code == "portfolio_nothing"


def test_the_group_runs_make_when_no_verb_is_named() -> None:
    said = CliRunner().invoke(app, ["portfolio", "no-such-folder", "--lang", "zh"])
    assert said.exit_code == 5
    assert "找不到 no-such-folder" in said.output


def test_a_copy_is_counted_once_and_the_one_with_its_own_folder_stays(many: Path) -> None:
    from collab_xl.verbs.portfolio import without_copies

    one = read(many / "丙" / "主表.xlsx")
    copy = replace(one, file=one.file.replace("主表", "A"), own_folder=False)
    kept, left = without_copies([copy, one], "zh")
    assert ([p.file for p in kept], [n.code for n in left]) == ([one.file], ["portfolio_copy"])
    other = replace(copy, project="丁")
    assert len(without_copies([one, other], "zh")[0]) == 2


def test_a_master_without_packs_is_shown_with_the_week_of_its_own_page_and_status(tmp_path: Path) -> None:
    master = tmp_path / "a" / "m.xlsx"
    master.parent.mkdir()
    monday, sunday = datetime(2026, 11, 23, 8, 30), date(2026, 11, 22)
    with clock.at(monday):
        verbs.init(master, project="P", departments=(), lang="zh", as_of=sunday, forms="basic")
        for day in (sunday, monday.date()):
            own = verbs.week(master, as_of=day, write=False, lang="zh").json["week"]
            made = verbs.portfolio_make([master], as_of=day, out=tmp_path, lang="zh", write=False, progress=no_progress)
            weeks = {own, verbs.status(master, as_of=day, lang="zh").json["reporting_week"], made.json["projects"][0]["week"]}
            assert weeks == {"2026-W47" if day == sunday else "2026-W48"}


def test_an_encrypted_workbook_is_said_and_stops_no_other(tmp_path: Path) -> None:
    """Beside its folder it is a master that cannot be read; elsewhere in a folder nobody knows what it is, and it was called no master."""
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    for name in "abc":
        (tmp_path / name).mkdir()
    for name in "ab":
        verbs.init(tmp_path / name / f"{name}.xlsx", project=name, departments=(), lang="zh", as_of=date(2026, 11, 20), forms="basic")
        verbs.flag(tmp_path / name / f"{name}.xlsx", as_of=date(2026, 11, 20), lang="zh")
    (tmp_path / "b" / "b.xlsx").write_bytes(ole)
    (tmp_path / "c" / "d.xlsx").write_bytes(ole)
    (tmp_path / "c" / "e.xlsx").write_bytes(b"%TSD-Header-###%" + bytes(600))
    openpyxl.Workbook().save(tmp_path / "c" / "f.xlsx")
    made = verbs.portfolio_make([tmp_path], as_of=date(2026, 11, 20), lang="zh", write=False, progress=no_progress)
    assert [Path(p["file"]).name for p in made.json["projects"]] == ["a.xlsx"]
    assert [(Path(p["file"]).name, p["code"]) for p in made.json["not_read"]] == [("b.xlsx", "encrypted_workbook")]
    assert text("verbs.say.portfolio_closed", "zh", n=2, names=("d.xlsx", "e.xlsx")) in made.lines
    assert made.json["skipped"] == 1


def test_parquet_has_the_values_of_the_csv() -> None:
    """A whole number with more than 19 digits was too much for it: the overview ended in a program error."""
    kinds = {"a": "text", "b": "whole", "c": "number", "d": "day", "e": "moment", "f": "yesno"}
    moment = datetime(2026, 11, 20, 16, 40, 5)
    rows: list[tuple[Value, ...]] = [
        ("第一行\n第二行", 3, 12.5, date(2026, 11, 20), moment, True),
        (("甲", "乙"), 2**63 - 1, 1e18, date(2026, 11, 20), moment, False),
        ("约3", 10**19, None, None, None, None),
        (None, None, 7, moment, date(2026, 11, 20), None),
    ]
    files = {path.suffix: data for path, data in files_of(DataTable("t", kinds, rows), Path(), "2026-W47").items()}
    table = pq.read_table(io.BytesIO(files[".parquet"]))
    assert [tuple(line.values()) for line in table.to_pylist()] == [
        ("第一行\n第二行", 3, 12.5, date(2026, 11, 20), moment, True),
        ("甲、乙", 2**63 - 1, 1e18, date(2026, 11, 20), moment, False),
        ("约3", None, None, None, None, None),
        (None, None, 7.0, date(2026, 11, 20), datetime(2026, 11, 20), None),
    ]
    lines = list(csv.reader(io.StringIO(files[".csv"].decode("utf-8-sig"), newline="")))
    assert (lines[0], len(lines)) == (list(kinds), 5)
    assert (lines[2][0], lines[3][1]) == ("甲、乙", str(10**19))
