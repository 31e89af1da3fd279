"""Every cell of a row that was added says on 变更记录 and in `log` which cell of which file it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.forms import load

LAB = "研发部"


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def told(project: Project, form: str, key: str) -> dict[str, tuple[str, str]]:
    """Heading → file and sheet of origin, as 变更记录 says; the cells of one row must differ."""
    lines = [r for r in project.listed("changes") if r["row_key"] == key and r.get("cell")]
    assert len({r["cell"] for r in lines}) == len(lines)
    return {str(r["field"]): (str(r["file"]), str(r["cell"]).partition("!")[0]) for r in lines}


def heading(project: Project, form: str, field: str) -> str:
    return load().form(form).field(field).heading[project.lang]


def test_a_row_of_two_copies_names_both(project: Project) -> None:
    place = ("problems", "+0")
    first = project.reply(LAB, {place: {"description": "测试环境又坏了"}}, "first", hour=9)
    second = project.reply(LAB, {place: {"description": "测试环境又坏了", "measure": "重启"}}, "second", hour=10)
    run = str(project.consolidate(first, second).json["run"])
    (key,) = project.data()["problems"].keys() - {"WT-001"}
    sheet = load().form("problems").sheet[project.lang]
    assert told(project, "problems", key) == {
        heading(project, "problems", "description"): ("first.xlsx", sheet),
        heading(project, "problems", "measure"): ("second.xlsx", sheet),
    }
    shown = verbs.log(project.master, run=run, lang=project.lang).json["changes"]
    by_field = {c["field"]: c["source"] for c in shown if c["row_id"] == key and c["kind"] == "new_row"}
    assert "first.xlsx" in by_field["description"]
    assert "second.xlsx" in by_field["measure"]


def test_a_proposal_that_was_adopted_keeps_the_cells(project: Project) -> None:
    project.consolidate(project.reply(LAB, {("tasks", "+0"): {"name": "压测", "risk": "缺机器"}}, "one"))
    project.decide(**{"": (text("model.word.take_submission", project.lang), None)})
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    (key,) = project.data()["tasks"].keys() - {"RW-001", "RW-002", "RW-003"}
    sheet = load().form("tasks").sheet[project.lang]
    assert told(project, "tasks", key) == {
        heading(project, "tasks", "name"): ("one.xlsx", sheet),
        heading(project, "tasks", "risk"): ("one.xlsx", sheet),
    }
