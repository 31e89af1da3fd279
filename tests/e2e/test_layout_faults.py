"""A column of ours missing in the master, and rows below a table: the first line of every verb's answer, and no packs are issued."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from command_line import Done, command_line
from copied import copy_project
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import catalogue
from collab_xl.errors import REFUSED
from collab_xl.forms import load
from collab_xl.verbs.table import VERBS

LOOKS = {"rules", "explain", "demo", "templates build", "addin build", "addin install", "addin uninstall", "init", "kit", "desk"}
"""Verbs that open no master that exists; the desk's window shows what the verbs in it say."""
MANY = {"portfolio make", "portfolio apply", "lessons"}
"""Verbs over many masters: each says of a master that it could not be read, not what its layout lacks."""
MAIL = {"mailbox set", "mailbox test", "robot set", "robot test"}
"""Verbs about the mailbox and group robots: `set` asks for an address first, `test` needs one."""
SIGN = {"baseline sign"}
"""Asks for a department first, and needs the form of signatures."""
HELD = {"forms list", "forms check"}
"""Verbs about the forms that are installed: they do not look at the sheets."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = {}
    for lang in catalogue.LANGS:
        folder = tmp_path_factory.mktemp(f"layout-{lang}")
        project = Project.start(folder, lang)
        project.issue()
        project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "late_reason": "缺人"}}, "reply")
        out[lang] = folder
    return out


@pytest.fixture(params=catalogue.LANGS)
def project(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path: Path) -> Project:
    return Project(copy_project(built[request.param], tmp_path / "p"), request.param)


def by_hand(project: Project, change: Callable[[openpyxl.Workbook], object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl drops sparklines, and says so
        workbook = workbook_at(project.master)
        change(workbook)
        workbook.save(project.master)


def rename(project: Project, field: str, new: str) -> str:
    """Rename a heading of the tasks, cell and column. Returns the heading it had."""
    old = load().form("tasks").field(field).heading[project.lang]

    def change(workbook: openpyxl.Workbook) -> None:
        sheet = next(ws for ws in workbook if "Tasks" in ws.tables)
        next(c for row in sheet.iter_rows(max_row=5) for c in row if c.value == old).value = new
        next(c for c in sheet.tables["Tasks"].tableColumns if c.name == old).name = new

    by_hand(project, change)
    return old


def type_below(project: Project, table: str, gap: int, *rows: dict[int, object]) -> tuple[str, int, str]:
    """Type rows under a table, by column. Returns the sheet, the first row typed, and the range the table has."""
    placed: list[tuple[str, int, str]] = []

    def change(workbook: openpyxl.Workbook) -> None:
        sheet = next(ws for ws in workbook if table in ws.tables)
        area = sheet.tables[table].ref
        first = sheet[area][-1][0].row + 1 + gap
        for n, row in enumerate(rows):
            for col, value in row.items():
                sheet.cell(first + n, col).value = value
        placed.append((sheet.title, first, area))

    by_hand(project, change)
    return placed[0]


def answers(project: Project) -> dict[str, Done]:
    """What every verb on a master answers; `issue` last."""
    tracker = project.folder / "new.csv"
    tracker.write_text("任务名称,负责部门,计划结束时间\n新任务,研发部,2026-12-01\n", encoding="utf-8-sig")
    words: dict[str, tuple[str | Path, ...]] = {
        "collect": (project.folder / "inbox",),
        "import": (tracker, "--yes"),
        "forms add": ("risks", "--no-write"),
        "issue": ("--week", "2026-W48"),
        "export": ("--mspdi",),
    }
    names = [v.name for v in VERBS if v.name not in LOOKS | HELD | MAIL | MANY | SIGN | {"issue"}]
    done = {}
    for name in [*names, "issue"]:
        as_of = ("--as-of", str(DAY)) if "as_of" in next(v for v in VERBS if v.name == name).takes else ()
        done[name] = command_line(*name.split(), project.master, *words.get(name, ()), *as_of, "--lang", project.lang)
    return done


def shown(key: str, lang: str, **facts: object) -> str:
    return catalogue.text(f"verbs.layout.{key}", lang, **facts)


def test_a_missing_column_is_the_first_line_of_every_verb(project: Project) -> None:
    heading = rename(project, "late_reason", "延误原因说明" if project.lang == "zh" else "Reason it is late")
    done = answers(project)
    assert len(done) > 14
    issue, doctor = done.pop("issue"), done.pop("doctor")
    for name, answer in done.items():
        first = next(iter(answer.out.splitlines()), "")
        assert f"“{heading}”" in first, (name, first, answer.err)
        assert answer.code not in (0, 1, REFUSED), (name, answer.code)
    assert heading in doctor.out.splitlines()[2]
    assert issue.code == REFUSED
    assert heading in issue.err
    assert not list(project.folder.rglob("*W48*.xlsx"))


def test_the_home_sheet_says_it_first(project: Project) -> None:
    heading = rename(project, "late_reason", "x")
    assert command_line("check", project.master, "--as-of", str(DAY)).code == 3
    workbook = workbook_at(project.master)
    sheet, area = next(iter(workbook.defined_names["home_next"].destinations))
    assert heading in str(workbook[sheet][area.replace("$", "").partition(":")[0]].value)


def test_rows_below_a_table_are_the_first_line_of_every_verb(project: Project) -> None:
    sheet, row, area = type_below(project, "Problems", 4, {1: "WT-009", 6: "表外"}, {6: "表外之二"})
    to = f"A3:{area.partition(':')[2].rstrip('0123456789')}{row + 1}"
    done = answers(project)
    issue, doctor = done.pop("issue"), done.pop("doctor")
    for name, answer in done.items():
        first = next(iter(answer.out.splitlines()), "")
        assert [part for part in (f"“{sheet}”", f"{row}–{row + 1}", to) if part not in first] == [], (name, first, answer.err)
    assert to in doctor.out
    assert (issue.code, to in issue.err) == (REFUSED, True)
    assert not list(project.folder.rglob("*W48*.xlsx"))


def test_added_rows_never_overwrite_them(project: Project) -> None:
    """Two problems are added: two rows further down there is room, one row further down the run is refused with the cell."""
    two = {("problems", f"+{n}"): {"description": f"新问题{n}", "dept": "研发部"} for n in range(2)}
    project.packs = {path.stem.split("_")[-2]: path for path in (project.folder / "outbox").glob("*.xlsx")}
    reply = project.reply("研发部", two, "two")
    sheet, row, _ = type_below(project, "Problems", 1, {1: "WT-009", 6: "表外"})
    before = project.master.read_bytes()
    done = command_line("consolidate", project.master, reply, "--as-of", str(DAY))
    assert (done.code, f"{sheet}!A{row}" in done.err) == (REFUSED, True)
    assert project.master.read_bytes() == before


def test_a_note_under_the_table_is_no_row(project: Project) -> None:
    type_below(project, "Problems", 2, {1: "注：每周五更新"})
    assert command_line("status", project.master, "--json").json.get("layout") is None
    assert command_line("issue", project.master, "--week", "2026-W48", "--as-of", str(DAY)).code == 0


def test_a_column_that_is_computed_is_not_urgent(project: Project) -> None:
    """The PMO may do without 滞后天数: packs do not have it, and no edit waits for it."""
    rename(project, "late_days", "x")
    assert command_line("status", project.master, "--json").json.get("layout") is None
    assert command_line("issue", project.master, "--week", "2026-W48", "--as-of", str(DAY)).code == 0


def test_json_names_sheet_headings_and_fix(project: Project) -> None:
    heading = rename(project, "late_reason", "延误原因说明" if project.lang == "zh" else "Reason it is late")
    (fault,) = command_line("flag", project.master, "--json", "--no-write", "--lang", project.lang).json["layout"]
    assert (fault["kind"], fault["form"], fault["headings"]) == ("columns", "tasks", [heading])
    assert fault["fix"] == shown("columns.fix", project.lang)
