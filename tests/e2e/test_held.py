"""What left the workbook is held (待再汇总): it is named, and comes in again only when a person says so.

| it left by | named by | comes in again by |
|---|---|---|
| undo | `consolidate`, `collect`, `status`, 首页, 提交台账 | 采用 on 提交台账 |
| a restored backup | | naming the file, or the mail it is in |
| a master closed without saving (tests/excel/test_live_run.py) | | `--again`, or yes to the question |
| | | never: because the inbox folder still has it |

A run that was killed before it reached the workbook took nothing in, so nothing left: tests/e2e/test_killed.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import command_line
from small_project import DAY, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.report import Report, no_progress

LABS, RIGHT = "研发部", "市场部"
WRONG = {("tasks", "RW-002"): {"progress": "60%"}}
PROGRESS = ("tasks", "RW-002", "progress")


@pytest.fixture(scope="module", params=["zh", "en"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("base"), request.param)
    project.issue()
    return project


@pytest.fixture
def thursday(base: Project, tmp_path: Path) -> Project:
    """A wrong file was consolidated on Thursday and thrown out; the inbox folder still has it."""
    project = base.copy(tmp_path / "project")
    project.reply(LABS, WRONG, "wrong")
    taken = friday(project)
    assert len(taken.json["submissions"]) == 1
    assert project.value(*PROGRESS) == 0.6
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    return project


def friday(project: Project, **options: object) -> Report:
    """The ordinary Friday: consolidate the inbox folder."""
    return verbs.consolidate(project.master, [project.folder / "inbox"], as_of=DAY, lang=project.lang, progress=no_progress, **options)  # type: ignore[arg-type]


def mark(project: Project, word: str, file: str = "wrong.xlsx") -> None:
    """The PMO fills in the decision of a file on 提交台账."""
    book, service = read_book(project.master), load().service("submissions")
    ref = book.tables[service.table]
    snap, col = book.snapshot(ref.sheet), columns_of(ref, service)
    rows = [r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["file"]) == file]
    assert rows
    type_into(project.master, ref.sheet, {(rows[0], col["decision"]): text(f"model.word.{word}", project.lang)})


def held(report: Report) -> list[object]:
    return [one["file"] for one in report.json["held"]]


def state(project: Project, file: str = "wrong.xlsx") -> str:
    """What 提交台账 says of the file: the catalogue's id of its state."""
    words = {text(f"model.state.{s}", project.lang): s for s in ("held", "consolidated", "set_aside", "ready", "superseded")}
    found = {words[str(row["state"])] for row in project.listed("submissions") if row.get("file") == file and row["state"] in words}
    assert len(found) == 1, found
    return found.pop()


def test_a_wrong_file_thrown_out_on_thursday_does_not_walk_in_on_friday(thursday: Project) -> None:
    project = thursday
    assert state(project) == "held"
    project.reply(RIGHT, {("tasks", "RW-001"): {"progress": "70%"}}, "right")
    report = friday(project)
    assert (project.value(*PROGRESS), project.value("tasks", "RW-001", "progress")) == (0.2, 0.7)
    assert held(report) == ["wrong.xlsx"]
    assert any(LABS in line and "wrong.xlsx" in line for line in report.lines)
    assert {i["source"]: i["code"] for i in report.json["items"]} == {"wrong.xlsx": "S441", "right.xlsx": None}
    assert state(project) == "held"
    looked = verbs.status(project.master, as_of=DAY, lang=project.lang)
    assert (held(looked), looked.json["ready"]) == (["wrong.xlsx"], 0)
    assert any("wrong.xlsx" in line for line in looked.lines)
    assert any("wrong.xlsx" in str(value) and LABS in str(value) for value in home(project))
    collected = verbs.collect(project.master, [project.folder / "inbox"], as_of=DAY, lang=project.lang, progress=no_progress)
    assert [i["code"] for i in collected.json["items"] if i["source"] == "wrong.xlsx"] == ["S441"]
    assert held(friday(project)) == ["wrong.xlsx"]
    assert project.value(*PROGRESS) == 0.2


def home(project: Project) -> list[object]:
    book = read_book(project.master)
    sheet, _ = book.names["home_title"]
    snap = book.snapshot(sheet)
    return [snap.value(r, c) for r in range(1, snap.last_row + 1) for c in range(1, snap.last_col + 1)]


def test_a_tick_brings_it_in_once(thursday: Project) -> None:
    project = thursday
    mark(project, "use")
    report = friday(project)
    assert (held(report), [one["file"] for one in report.json["taken_again"]]) == ([], ["wrong.xlsx"])
    assert (project.value(*PROGRESS), state(project)) == (0.6, "consolidated")
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert held(friday(project)) == ["wrong.xlsx"]  # the tick was for that time
    assert (project.value(*PROGRESS), state(project)) == (0.2, "held")


def test_a_tick_made_while_it_was_in_does_not_count_after_the_undo(base: Project, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    project.reply(LABS, WRONG, "wrong")
    friday(project)
    mark(project, "use")
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert held(friday(project)) == ["wrong.xlsx"]
    assert project.value(*PROGRESS) == 0.2


def test_do_not_use_ends_the_naming(thursday: Project) -> None:
    project = thursday
    mark(project, "do_not_use")
    report = friday(project)
    assert (held(report), state(project), project.value(*PROGRESS)) == ([], "set_aside", 0.2)
    assert held(verbs.status(project.master, as_of=DAY, lang=project.lang)) == []
    assert project.value(*PROGRESS) == 0.2


@pytest.mark.parametrize("how", ["by_name", "same_file_given_again", "again", "yes"])
def test_a_person_says_so(thursday: Project, how: str, tmp_path: Path) -> None:
    project, wrong = thursday, thursday.folder / "inbox" / "wrong.xlsx"
    asked: list[str] = []
    if how == "by_name":
        project.consolidate(wrong)
    elif how == "same_file_given_again":
        project.consolidate(Path(shutil.copyfile(wrong, tmp_path / "sent again.xlsx")))
    elif how == "again":
        friday(project, again=True)
    else:
        friday(project, confirm=lambda question: not asked.append(question))
        assert len(asked) == 1
        assert LABS in asked[0]
        assert "wrong.xlsx" in asked[0]
    assert (project.value(*PROGRESS), state(project)) == (0.6, "consolidated")


def test_no_is_the_answer_when_nobody_says_yes(thursday: Project) -> None:
    project = thursday
    friday(project, confirm=lambda question: False)
    done = command_line("consolidate", project.master, project.folder / "inbox", "--as-of", str(DAY), "--json")
    assert [one["file"] for one in done.json["held"]] == ["wrong.xlsx"]
    assert project.value(*PROGRESS) == 0.2
    command_line("consolidate", project.master, project.folder / "inbox", "--as-of", str(DAY), "--again", "--json")
    assert project.value(*PROGRESS) == 0.6


def test_a_preview_shows_it_only_with_again(thursday: Project) -> None:
    common = {"as_of": DAY, "lang": thursday.lang, "progress": no_progress}
    assert held(verbs.preview(thursday.master, **common)) == ["wrong.xlsx"]
    assert len(verbs.preview(thursday.master, again=True, **common).json["submissions"]) == 1


def test_redo_brings_it_in_as_it_was(thursday: Project) -> None:
    project = thursday
    verbs.redo(project.master, as_of=DAY, lang=project.lang)
    assert (project.value(*PROGRESS), state(project)) == (0.6, "consolidated")
    assert held(friday(project)) == []


def test_after_a_restored_backup(base: Project, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    before = Path(shutil.copyfile(project.master, tmp_path / "backup.xlsx"))
    project.reply(LABS, WRONG, "wrong")
    friday(project)
    shutil.copyfile(before, project.master)
    assert held(verbs.status(project.master, as_of=DAY, lang=project.lang)) == ["wrong.xlsx"]
    report = project.consolidate()
    assert (held(report), project.value(*PROGRESS), state(project)) == (["wrong.xlsx"], 0.2, "held")
    assert held(friday(project)) == ["wrong.xlsx"]  # the folder has it
    assert project.value(*PROGRESS) == 0.2
    mark(project, "use")
    report = project.consolidate()
    assert (held(report), project.value(*PROGRESS), state(project)) == ([], 0.6, "consolidated")
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert (project.value(*PROGRESS), state(project)) == (0.2, "held")


def test_what_was_only_collected_is_named_after_a_restored_backup(base: Project, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    before = Path(shutil.copyfile(project.master, tmp_path / "backup.xlsx"))
    reply = project.reply(LABS, WRONG, "wrong")
    verbs.collect(project.master, [reply], as_of=DAY, lang=project.lang, progress=no_progress)
    reply.unlink()
    shutil.copyfile(before, project.master)
    assert held(project.consolidate()) == ["wrong.xlsx"]
    mark(project, "use")
    project.consolidate()
    assert project.value(*PROGRESS) == 0.6


def test_a_late_file_taken_again_is_judged_at_its_own_time(thursday: Project) -> None:
    """The department has said something newer since: what comes in again is late."""
    project = thursday
    newer = project.reply(LABS, {("tasks", "RW-002"): {"progress": "90%"}}, "newer", hour=15)
    project.consolidate(newer)
    mark(project, "use")
    project.consolidate()
    assert project.value(*PROGRESS) == 0.9
