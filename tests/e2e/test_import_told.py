"""What a person says of a tracker is taken, shown again, and remembered for the sender."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from collab_xl.errors import CollabError
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report

DAY = date(2026, 11, 20)


def tracker(folder: Path, name: str = "旧表.xlsx") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    for row in (
        ["甲项目"],
        ["乙", "丙", "丁", "戊", "己"],
        ["联调接口方案", "张伟", "05/06/2026", "归档", "x"],
        ["编写用户手册", "李娜", "07/06/2026", "归档", "y"],
    ):
        sheet.append(row)
    book.create_sheet("别的").append(["任务名称", "负责人", "计划结束时间"])
    book["别的"].append(["别的事", "王强", "2026-06-05"])
    path = folder / name
    book.save(path)
    return path


SAID: dict[str, Any] = {
    "sheets": ["台账"],
    "heading": "2",
    "form": "任务跟踪表",
    "maps": ["A=任务名称", "丙=负责人", "C=计划结束时间", "D=完成状态"],
    "said_words": ["归档=已完成"],
    "order": "DMY",
}


def looked_at(folder: Path, path: Path, **said: Any) -> Report:
    return import_tracker(folder / "主表.xlsx", [path], as_of=DAY, write=False, lang="zh", **said)


def fields(report: Report) -> dict[str, str | None]:
    return {c: what["field"] for c, what in report.json["sheets"][0]["tables"][0]["columns"].items()}


def test_a_sheet_nobody_could_read_is_read_as_said(tmp_path: Path) -> None:
    report = looked_at(tmp_path, tracker(tmp_path), **SAID)
    assert [sheet["sheet"] for sheet in report.json["sheets"]] == ["台账"]
    assert fields(report) == {"A": "name", "B": "owner", "C": "end", "D": "status", "E": None}
    assert not [f for f in report.json["findings"] if f["code"].startswith("V2") and f["severity"] == "error"]
    assert report.lines[0].startswith("按您的指定：")
    assert "--map A=任务名称" in report.lines[0]


def test_what_was_said_is_remembered(tmp_path: Path) -> None:
    master, path = tmp_path / "主表.xlsx", tracker(tmp_path)
    import_tracker(master, [path], as_of=DAY, confirmed=True, lang="zh", department="市场部", **SAID)
    again = import_tracker(
        master, [path], as_of=DAY, write=False, lang="zh", department="市场部", sheets=["台账"], heading="2", form="任务跟踪表"
    )
    assert fields(again) == {"A": "name", "B": "owner", "C": "end", "D": "status", "E": None}


@pytest.mark.parametrize(
    "said",
    [{"maps": ["C"]}, {"maps": ["C=没有这一列"]}, {"said_words": ["归档=没有"]}, {"order": "YMD"}, {"heading": "x"}, {"form": "没有"}],
)
def test_what_cannot_be_understood_is_refused(tmp_path: Path, said: dict[str, Any]) -> None:
    with pytest.raises(CollabError) as refused:
        looked_at(tmp_path, tracker(tmp_path), **said)
    assert (refused.value.code, refused.value.exit_code) == ("usage_told", 2)


def test_a_sheet_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CollabError, match="import_no_sheet"):
        looked_at(tmp_path, tracker(tmp_path), sheets=["没有"])


def test_a_tracker_without_a_status_is_said(tmp_path: Path) -> None:
    report = looked_at(tmp_path, tracker(tmp_path), sheets=["别的"])
    assert any("没有读到“完成状态”" in line for line in report.lines)


@pytest.mark.parametrize(("sheet", "said"), [("Tracker", True), ("Meeting actions", False)])
def test_a_list_known_by_its_headings_alone_says_how_to_call_it_another(tmp_path: Path, sheet: str, said: bool) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in (["What", "Who", "Due", "Status"], ["Book the venue", "Ann Lee", date(2026, 12, 5), "Done"]):
        page.append(row)
    book.save(path := tmp_path / "list.xlsx")
    report = import_tracker(tmp_path / "master.xlsx", [path], as_of=DAY, write=False, lang="en")
    (title,) = (listing.title for listing in report.listings if listing.title.startswith(f"{sheet}: Meeting actions"))
    assert ("--form" in title) == said
