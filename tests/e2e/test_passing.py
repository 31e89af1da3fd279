"""Rules of passing in a project: what waits on 冲突处理, the verdicts with a reason, what comes in by itself, the switches on 设置."""

from __future__ import annotations

import pytest
from small_project import DAY, Project, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.errors import CONFLICTS, FINDINGS, OK
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of

HEADINGS = {"zh": ("市场部", "当前进度", "完成状态", "实际完成时间"), "en": ("市场部", "Progress", "Status", "Actual end")}
DONE = {"zh": "已完成", "en": "Done"}


@pytest.fixture(scope="module", params=("zh", "en"))
def issued(request, tmp_path_factory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("passing"), request.param)
    project.issue()
    return project


@pytest.fixture
def project(issued, tmp_path) -> Project:
    return issued.copy(tmp_path / "p")


def sent(project: Project, cells: dict[str, dict[str, object]], name: str = "市场部", hour: int = 12):
    return project.reply("市场部", {("tasks", key): row for key, row in cells.items()}, name, hour)


def waiting(project: Project) -> dict[str, dict[str, object]]:
    """Heading of the field → its row on 冲突处理."""
    kind = text("model.kind.review", project.lang)
    return {str(row["field"]): row for row in project.listed("conflicts") if row["kind"] == kind}


def decide(project: Project, heading: str, decision: str, why: str | None = None) -> None:
    book, service = read_book(project.master), load().service("conflicts")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = [r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["field"]) == heading]
    type_into(project.master, ref.sheet, {(r, col[c]): v for r in rows for c, v in (("decision", decision), ("why", why))})


def resolve(project: Project):
    return verbs.resolve(project.master, as_of=DAY, lang=project.lang)


def test_progress_that_goes_back_and_a_finish_without_a_date_wait(project):
    _, progress, status, end = HEADINGS[project.lang]
    report = project.consolidate(sent(project, {"RW-001": {"progress": 0.3}, "RW-003": {"status": DONE[project.lang], "progress": 1.0}}))
    assert report.exit_code == CONFLICTS
    assert project.value("tasks", "RW-001", "progress") == 0.5
    assert project.value("tasks", "RW-003", "status") != DONE[project.lang]
    rows = waiting(project)
    assert set(rows) == {progress, status}
    assert text("rules.passing.back", project.lang) in str(project_note(project, "RW-001"))
    finding = next(row for row in project.listed("findings") if row["code"] == "M112" and row["row_key"] == "RW-003")
    assert end in str(finding["message"])
    # the date alone, in a second file built on the first: both come in
    more = {"RW-001": {"progress": 0.3}, "RW-003": {"status": DONE[project.lang], "progress": 1.0, "actual_end": DAY}}
    project.consolidate(sent(project, more, "again", 14))
    assert project.value("tasks", "RW-003", "status") == DONE[project.lang]
    assert project.value("tasks", "RW-003", "progress") == 1
    assert set(waiting(project)) == {progress}


def project_note(project: Project, key: str) -> object:
    return next(row["note"] for row in project.listed("conflicts") if row["row_key"] == key)


@pytest.mark.parametrize("column", [True, False], ids=["the column", "after a colon"])
def test_put_off_with_a_reason_then_refused(project, column):
    _, progress, _, _ = HEADINGS[project.lang]
    project.consolidate(sent(project, {"RW-001": {"progress": 0.3}}))
    later, no = text("model.word.postpone", project.lang), text("model.word.do_not_use", project.lang)
    colon = "：" if project.lang == "zh" else ": "
    decide(project, progress, later if column else f"{later}{colon}等评审会", "等评审会" if column else None)
    report = resolve(project)
    assert report.exit_code == CONFLICTS
    assert "1" in next(line for line in report.lines if line == text("verbs.say.postponed", project.lang, count=1))
    row = waiting(project)[progress]
    assert "等评审会" in str(row["note"])
    assert str(row["decision"]).startswith(later)
    before = project.master.read_bytes()
    assert resolve(project).exit_code == CONFLICTS  # 暂缓 again: nothing to do
    assert project.master.read_bytes() == before
    decide(project, progress, no, "上周已验收")
    assert resolve(project).exit_code in (OK, FINDINGS)
    assert not waiting(project)
    assert project.value("tasks", "RW-001", "progress") == 0.5
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert "等评审会" in str(waiting(project)[progress]["note"])  # undone: it is put off again


def test_the_pmo_passes_it(project):
    _, progress, _, _ = HEADINGS[project.lang]
    project.consolidate(sent(project, {"RW-001": {"progress": 0.3}}))
    decide(project, progress, text("model.word.use", project.lang))
    assert resolve(project).exit_code in (OK, FINDINGS)
    assert project.value("tasks", "RW-001", "progress") == 0.3


def test_the_switches(project):
    project.set("pass_back", text("build.set.word.in", project.lang))
    project.set("pass_jump", 20)
    project.consolidate(sent(project, {"RW-001": {"progress": 0.3}, "RW-003": {"progress": 0.9}}))
    assert project.value("tasks", "RW-001", "progress") == 0.3
    assert [row["code"] for row in project.listed("findings") if row["code"] == "M113"] == ["M113"]
    assert text("rules.passing.jump", project.lang) in str(project_note(project, "RW-003"))
    project.set("pass_jump", 0)
    project.consolidate()
    assert project.value("tasks", "RW-003", "progress") == 0.9  # the rule is off: what waited comes in
    assert not waiting(project)


def test_the_next_pack_says_what_became_of_the_last_submission(project, tmp_path):
    _, progress, status, _ = HEADINGS[project.lang]
    wrote = {"RW-001": {"progress": 0.3}, "RW-003": {"status": DONE[project.lang], "progress": 1.0}, "+0": {"name": "加做一项调研"}}
    project.consolidate(sent(project, wrote))
    decide(project, progress, text("model.word.do_not_use", project.lang), "上周已验收")
    decide(project, status, text("model.word.postpone", project.lang), "等评审会")
    decide(project, text("model.word.whole_row", project.lang), text("model.word.do_not_use", project.lang), "并入 RW-001")
    resolve(project)
    project.packs = {}
    project.issue()
    page = workbook_at(project.packs["市场部"]).worksheets[0]
    lines = [[cell.value for cell in row[1:6]] for row in page.iter_rows() if row[1].value]
    head = next(n for n, line in enumerate(lines) if line[0] == text("build.front.section_replies", project.lang))
    found = {(str(line[1]).rpartition(" · ")[2], line[2]): line[4] for line in lines[head + 1 : head + 8] if line[4]}
    word = {key: text(f"plan.reply.{key}", project.lang) for key in ("refused", "put_off")}
    colon = "：" if project.lang == "zh" else ": "
    assert found[progress, "30%"] == f"{word['refused']}{colon}上周已验收"
    assert found[status, DONE[project.lang]] == f"{word['put_off']}{colon}等评审会"
    assert found[text("plan.reply.new_row", project.lang), "加做一项调研"] == f"{word['refused']}{colon}并入 RW-001"
    other = workbook_at(project.packs["研发部"]).worksheets[0]
    assert not any(row[1].value == text("build.front.section_replies", project.lang) for row in other.iter_rows())
