"""What `forms apply` does to the bytes of a decorated master that others have saved: only the columns that were named, and provably."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import kept_master
import pytest
from copied import copy_project
from field_sheet import apply, field_line, headings
from judges import new_microsoft_findings, structural_findings
from saved_by_others import by_libreoffice, by_openpyxl, parts_of, prefixed
from small_project import DAY, Project
from test_forms_add import as_saved
from test_forms_upgrade import without_ranges

from collab_xl import verbs
from collab_xl.book.added_sheet import reshaped
from collab_xl.book.changed_columns import column_harm
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.model.shape import ChangedColumns, Shape


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decorated")
    kept_master.decorated(folder)
    return folder


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Project:
    copy_project(base, tmp_path / "p")
    return Project(tmp_path / "p")


@pytest.mark.parametrize("saved", [as_saved, prefixed, by_openpyxl, by_libreoffice])
def test_names_hidden_columns_words_and_new_ones(project: Project, saved: Callable[[Path], None]) -> None:
    saved(project.master)
    known, before = without_ranges(structural_findings(project.master)), project.master.read_bytes()
    was, had = headings(project, "Problems"), read_book(project.master)
    field_line(project, "problems.owner", heading="经办人 & <谁>")
    field_line(project, "problems.tried", hidden="是")
    field_line(project, sheet="任务跟踪表", heading="客户", holds="日期")
    row = field_line(project, sheet="问题跟踪表", heading="客户")
    assert {c["what"] for c in apply(project)["changes"]} == {"renamed", "hidden", "added"}
    field_line(project, row=row, holds="日期")
    assert [c["what"] for c in apply(project)["changes"]] == ["kind"]
    assert without_ranges(structural_findings(project.master)) <= known
    assert new_microsoft_findings(before, project.master) == set()
    renamed = tuple("经办人 & <谁>" if h == "责任人" else h for h in was)
    assert headings(project, "Problems") == (*renamed, "客户")
    for sheet in (kept_master.BOARD, kept_master.PIVOT):
        if sheet in had.sheets:
            assert read_book(project.master).snapshot(sheet).cells == had.snapshot(sheet).cells
    for _ in range(2):
        verbs.undo(project.master, as_of=DAY, lang="zh")
    assert headings(project, "Problems") == was
    assert without_ranges(structural_findings(project.master)) <= known
    now, old = parts_of(project.master), {n: Package(before).read(n) for n in Package(before).entries}
    assert list(now) == list(old)


def test_a_column_of_a_pivot_is_not_renamed(project: Project) -> None:
    field_line(project, "tasks.progress", heading="完成度")
    with pytest.raises(CollabError, match="fields_heading_used"):
        apply(project)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("table", 'name="经办人"', 'name="经手人"'),
        ("table", 'name="处理状态"', 'name="处理状况"'),
        ("sheet", "<v>", "<v>9"),
        ("sheet", ' hidden="1"', ""),
        ("sheet", '<row r="3"', '<row r="3" hidden="1"'),
        ("sheet", "<dataValidations", "<dataValidations disablePrompts='1'"),
        ("styles", "<font>", "<font><b/>"),
    ],
)
def test_the_proof_finds_harm(project: Project, part: str, old: str, new: str) -> None:
    before = Structure(Package(project.master.read_bytes()))
    ref, table = before.tables["Problems"]
    change = ChangedColumns(
        "Problems", renamed=((ref.area.first_col + ref.headings.index("责任人"), "责任人", "经办人"),), hidden=((8, True),)
    )
    after = reshaped(before, Shape(changed=(change,)))
    assert list(column_harm(before, after, change)) == []
    name = {"table": table, "sheet": before.sheets[ref.sheet].part, "styles": before.part("styles")}[part]
    data = after.package.read(str(name))
    assert old.encode() in data, "the harm is done"
    out = project.folder / "harmed.xlsx"
    after.package.rewrite(out.open("wb"), {str(name): after.package.packed(str(name), data.replace(old.encode(), new.encode(), 1))})
    assert list(column_harm(before, Structure(Package(out.read_bytes())), change)) != []


def test_a_drop_down_that_ends_above_its_first_row_is_refused(project: Project) -> None:
    before = Structure(Package(project.master.read_bytes()))
    ref, _ = before.tables["Problems"]
    first, last = ref.data.first_row, ref.data.first_row - 1
    rule = '<dataValidation type="list" sqref="C{}:C{}"><formula1>"a,b"</formula1></dataValidation>'
    for area, right in (((first, first), True), ((first, last), False)):
        change = ChangedColumns("Problems", ruled=((3, rule.format(*area)),))
        assert (list(column_harm(before, reshaped(before, Shape(changed=(change,))), change)) == []) is right
