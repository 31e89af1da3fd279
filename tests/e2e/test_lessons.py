"""Verb lessons: the retrospectives of several projects, found by words; what cannot be read is named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from e2e.small_project import DAY, DEPARTMENTS, MONDAY

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.errors import CollabError
from collab_xl.verbs.times import clock

REVIEWS = {
    "A项目": [
        {"review_id": "FP-001", "topic": "联调", "held_on": date(2026, 10, 30), "dept": "研发部", "success": "夜间排期",
         "shortfall": "环境只有一套", "improvement": "增加备用环境", "status": "in_progress"},
        {"review_id": "FP-002", "topic": "供应商", "held_on": date(2026, 9, 30), "dept": "市场部", "improvement": "合同写明罚则"},
    ],
    "B项目": [{"review_id": "FP-001", "topic": "上线", "held_on": date(2026, 11, 6), "dept": "研发部",
               "shortfall": "测试环境ＡＰＩ不稳定"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two projects in folders of their own, a master without the form, a copy of a master, a workbook that is none, a broken one."""
    folder = tmp_path_factory.mktemp("library")
    for name, rows in (*REVIEWS.items(), ("C项目", [])):
        master = folder / name / "主表.xlsx"
        master.parent.mkdir()
        with clock.at(MONDAY):
            forms = "retrospective" if rows else "basic"
            verbs.init(master, project=name, departments=DEPARTMENTS, lang="zh", as_of=DAY, forms=forms)
        if rows:
            desk.fill_in(master, {"retrospective": rows}, "zh", DAY)
    shutil.copyfile(folder / "A项目" / "主表.xlsx", folder / "A项目" / "主表 副本.xlsx")
    (folder / "说明.xlsx").write_bytes(b"PK no workbook")
    return folder


def found(projects: Path, *words: str, **more: object) -> list[tuple[str, str]]:
    report = verbs.lessons(projects / "A项目" / "主表.xlsx", words, as_of=DAY, lang="zh", **more)
    assert report.exit_code == 0
    return [(x["project"], x["row_id"]) for x in report.json["lessons"]]


def test_words_are_found_in_every_project_the_newest_first(library: Path) -> None:
    assert found(library, "环境", library=[library]) == [("B项目", "FP-001"), ("A项目", "FP-001")]
    assert found(library, "环境", "排期", library=[library]) == [("A项目", "FP-001")]
    assert found(library, "api", library=[library]) == [("B项目", "FP-001")], "width and capitals do not matter"
    assert found(library, "市场部", library=[library]) == [("A项目", "FP-002")]
    assert len(found(library, library=[library])) == 3
    assert found(library, "火箭", library=[library]) == []


def test_without_a_library_it_is_the_folder_of_the_master(library: Path) -> None:
    assert found(library) == [("A项目", "FP-001"), ("A项目", "FP-002")], "a copy of the master says nothing twice"
    assert found(library, "上线", library=[library / "B项目" / "主表.xlsx"]) == [("B项目", "FP-001")]


def test_what_a_person_sees(library: Path) -> None:
    report = verbs.lessons(library / "A项目" / "主表.xlsx", "环境", library=str(library), as_of=DAY, lang="en")
    assert report.lines[0].startswith("Found 2 lessons of 2 projects")
    (listing,) = report.listings
    assert listing.columns[:2] == ("project", "Retrospective")
    assert [row[1] for row in listing.rows] == ["FP-001 上线", "FP-001 联调"]


def test_a_broken_master_and_a_missing_folder_are_named(library: Path, tmp_path: Path) -> None:
    broken = tmp_path / "lib" / "主表.xlsx"
    broken.parent.mkdir()
    data = (library / "B项目" / "主表.xlsx").read_bytes()
    broken.write_bytes(data)
    master = library / "A项目" / "主表.xlsx"
    shutil.copyfile(broken, tmp_path / "lib" / "好.xlsx")
    broken.write_bytes(data.replace(b"xl/tables/table", b"xl/tables/tabel"))
    report = verbs.lessons(master, (), library=[tmp_path / "lib"], as_of=DAY, lang="zh")
    assert [Path(each["file"]).name for each in report.json["unread"]] == ["主表.xlsx"]
    assert report.exit_code == 3
    assert {x["project"] for x in report.json["lessons"]} == {"A项目", "B项目"}
    with pytest.raises(CollabError, match="library_missing"):
        verbs.lessons(master, (), library=[tmp_path / "none"], as_of=DAY, lang="zh")
