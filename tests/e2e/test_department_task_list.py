"""T13, 部门协作任务清单: a department lists its tasks in a sheet of its own; they are proposals until the PMO takes them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import DAY, Project

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.verbs.report import no_progress

LISTS = {
    "zh": ("部门协作任务清单", ["任务名称", "负责人", "计划周期", "所需资源"]),
    "en": ("Department task list", ["Task name", "Owner", "Timeline", "Resources needed"]),
}
ROWS = [["压测脚本", "王*", "2026.11.23-12.4", "测试工程师2人"], ["接口文档", "*主管", "2026-12-01 - 2026-12-11", "-"]]


def listed(folder: Path, lang: str) -> Path:
    name, headings = LISTS[lang]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = name
    for line in ([name], headings, *ROWS):
        sheet.append(line)
    book.save(folder / f"{name}.xlsx")
    return folder / f"{name}.xlsx"


@pytest.mark.parametrize("lang", LISTS)
def test_a_department_task_list_becomes_proposals(lang: str, tmp_path: Path) -> None:
    project = Project.start(tmp_path, lang)
    source = listed(tmp_path, lang)
    report = verbs.consolidate(project.master, [source], department="研发部", as_of=DAY, lang=lang, progress=no_progress)
    assert len(report.json["conflicts"]) == 2, report.lines
    assert len(project.data()["tasks"]) == 3, "nothing is taken by itself"
    items = {str(line["id"]): "model.word.take_submission" for line in project.listed("conflicts")}
    assert desk.decide(project.master, items, lang) == 2
    verbs.resolve(project.master, as_of=DAY, lang=lang)
    rows = {row["name"]: row for row in desk.values(project.master, lang)["tasks"]}
    taken = rows["压测脚本"]
    wanted = {"dept": "研发部", "owner": "王*", "start": date(2026, 11, 23), "end": date(2026, 12, 4), "resources": "测试工程师2人"}
    assert {name: taken[name] for name in wanted} == wanted
    assert (rows["接口文档"]["end"], rows["接口文档"]["resources"]) == (date(2026, 12, 11), None)
