"""Which row a file beside a pack belongs to. The first text that names a row decides; one row of the department, or a person is asked.

Said: the file's name · the folders of its archive · (the cell in which somebody typed the name) · near the name in the mail · its line ·
the line before · the subject.
"""

from __future__ import annotations

import pytest
from tables import table

from collab_xl.forms import load
from collab_xl.merge.evidence import Piece, Placement, RowName, Rows, placed
from collab_xl.model.directory import Department, Directory
from collab_xl.model.plan import Provenance

RD, MK = "研发部", "市场部"
DIRECTORY = Directory.of([Department(RD, ("R&D",)), Department(MK)])
TABLES = {
    "requirements": table(
        "requirements",
        """
        | 需求编号    | 需求名称 | 涉及部门      | 附件             |
        | XZ-2026-001 | 上线     | R&D、市场部   |                  |
        | XZ-2026-002 | 推广     | 市场部        |                  |
        | XZ-2026-003 | 接口     | 研发部        | 见 测试报告.pdf  |
        | XZ-2026-004 | 甲       | 研发部        |                  |
        | XZ-2026-004 | 乙       | 研发部        |                  |
        | 7           | 短       | 研发部        |                  |
        | 需求甲      | 汉字     | 研发部        |                  |
        """,
    ),
    "tasks": table(
        "tasks",
        """
        | 任务ID | 任务名称 | 所属需求编号 | 负责部门 |
        | RW-001 | 联调     | XZ-2026-003  | 研发部   |
        | RW-002 | 问卷     | XZ-2026-002  | 市场部   |
        """,
    ),
}
ROWS = Rows(TABLES, load(), DIRECTORY)
ASKED = Placement()


def row(number: int) -> RowName:
    return RowName("requirements", f"XZ-2026-{number:03}")


def of(
    file: str, *, folder: str = "", near: str = "", line: str = "", before: str = "", subject: str = "", department: str = RD
) -> Placement:
    said = (file, folder, near, line or near, before, subject)
    return placed(Piece("0" * 64, department, file, said, Provenance()), ROWS)


@pytest.mark.parametrize(
    "name",
    [
        "XZ-2026-001.pdf", "XZ-2026-001 验收报告.pdf", "验收报告XZ-2026-001.pdf", "xz-2026-001_v2.pdf", "ＸＺ－２０２６－００１报告.pdf",
        "报告_XZ-2026-001_2026-11-20.pdf", "XZ–2026–001.pdf", "RW-001 XZ-2026-001.pdf", "XZ-2026-001 与 XZ-2026-001.pdf",
    ],
)  # fmt: skip
def test_an_id_in_the_name_points_to_the_row(name: str) -> None:
    assert of(name) == Placement((row(1),))


@pytest.mark.parametrize(
    "name",
    [
        "XZ-2026-0012.pdf",  # another number
        "AXZ-2026-001.pdf",
        "XZ-2026-001v2.pdf",  # may be another ID
        "XZ2026001.pdf",  # two spellings are one ID only by a question
        "附件7.pdf",  # 7 is the ID of a row, and of nothing here
        "验收报告.pdf",
        "XZ-2026-004.pdf",  # two rows have it
    ],
)
def test_what_is_no_id_asks(name: str) -> None:
    assert of(name) == ASKED


def test_two_rows_in_the_name_ask() -> None:
    assert of("XZ-2026-001 XZ-2026-003.pdf") == ASKED


def test_another_departments_row_is_never_taken() -> None:
    assert of("XZ-2026-002 推广.pdf", near="XZ-2026-001", subject="XZ-2026-001") == ASKED
    assert of("XZ-2026-002 XZ-2026-003.pdf") == Placement(suggestion=row(3))
    assert of("XZ-2026-002 推广.pdf", department=MK) == Placement((row(2),))


def test_a_task_suggests_its_requirement() -> None:
    assert of("RW-001 联调记录.pdf") == Placement(suggestion=row(3))
    assert of("RW-002 问卷.pdf") == ASKED


def test_the_first_text_that_names_a_row_decides() -> None:
    assert of("a.jpg", folder="XZ-2026-001", near="XZ-2026-003") == Placement((row(1),))
    assert of("a.jpg", near="XZ-2026-001 a.jpg", line="XZ-2026-001 a.jpg、XZ-2026-003 b.jpg") == Placement((row(1),))
    assert of("a.jpg", near="a.jpg", line="XZ-2026-001：a.jpg、b.jpg") == Placement((row(1),))
    assert of("a.jpg", near="a.jpg", before="XZ-2026-001 的照片：", subject="XZ-2026-003") == Placement((row(1),))
    assert of("a.jpg", subject="XZ-2026-003 材料") == Placement((row(3),))


def test_a_name_that_somebody_typed_into_the_cell_points_to_it() -> None:
    assert of("测试报告.PDF", subject="XZ-2026-001") == Placement((row(3),))
    assert of("测试报告.pdf", department=MK) == ASKED


def test_an_id_in_chinese() -> None:
    assert of("需求甲 报告.pdf") == Placement((RowName("requirements", "需求甲"),))


def test_a_file_without_a_department_needs_a_row_too() -> None:
    assert of("XZ-2026-002.pdf", department="") == Placement((row(2),))
    assert of("扫描件.pdf", department="") == ASKED


def test_the_options_are_the_departments_rows() -> None:
    assert [name.key for name, _ in ROWS.options(MK)] == ["XZ-2026-001", "XZ-2026-002"]
    assert ROWS.options("行政部") == []
    assert ("XZ-2026-003", "接口") in [(name.key, title) for name, title in ROWS.options(RD)]
