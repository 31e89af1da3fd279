"""What the build refuses in `macros/`, each with file and line, and that the text as it stands follows the ribbon's conventions."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from collab_xl.addin.build import build
from collab_xl.addin.sources import macros_folder
from collab_xl.catalogue import error_text
from collab_xl.errors import CollabError

MACROS = macros_folder()
UI = "{http://schemas.microsoft.com/office/2009/07/customui}"
ORDER = (
    "新建 导入 | 下发 发填报包 发回执 发退回件 发周报 催报 收件 | "
    "检查 逾期预警 | 试汇总 汇总 处理冲突 | 周报 上周 本周 其他周 存 PDF 升级 "
    "与上份周报对比 与基准对比 选时点对比 设定基准 登记签认 基准偏移 "
    "会议议程 甘特图 日历文件 项目总览 结项 | 撤销 重做 日志 诊断 设置 帮助"
)
KNOWN_IMAGES = frozenset(
    {"FileSendAsAttachment", "DataValidation", "Consolidate", "RefreshAll", "ErrorChecking", "SheetProtect"}
    | {"CompareAndMergeWorkbooks", "FileDocumentInspect", "Help", "MacroPlay", "FileNew", "GetExternalDataFromText"}
    | {"HeaderFooterCurrentDate", "FunctionsDateTimeInsertGallery", "InsertTimeline", "PivotTableGroupField", "FileSaveAsPdfOrXps"}
    | {"SendUsingEmail", "SendCopySendToMailRecipient", "ReviewReplyWithChanges", "ReviewSendForReview", "FileEmailAsPdfEmailAttachment"}
    | {"ReviewNewComment", "FillUp"}
    | {"ViewSideBySide", "ReviewHighlightChanges", "TracePrecedents", "ScenarioManager", "Lock", "ChartTrendline"}
    | {"TableInsertExcel", "ReviewShowAllComments", "ConditionalFormattingDataBarsGallery", "HeaderFooterCurrentTimeInsert"}
    | {"WindowsArrangeAll", "FileMarkAsFinal", "SignatureLineInsert"}
    | {"FileOpen", "FilePrintPreview", "Undo", "Redo", "ViewPageLayoutView", "ReviewTrackChangesMenu", "AdvancedFileProperties"}
)
"""Pictures Excel brings: each is in Microsoft's lists of command identifiers of Excel 2013, 2016, 2019 and of all three channels of 365
(excelcontrols.xlsx of OfficeDev/office-fluent-ui-command-identifiers, read on 2026-11-20, for Redo on 2026-11-29,
for the mails, for comparing and for the menu of the project on 2026-11-30, for the signature on 2026-12-01).
How they look only a real Excel shows."""


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def without(pattern: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        changed, count = re.subn(pattern, b"", data, count=1)
        assert count
        return changed

    return change


BAS, XML, CSV = "CollabRibbon.bas", "customUI14.xml", "labels.csv"
JOINED = b"Option Explicit\r\nPrivate Const A = 1" + b" + _\r\n 1" * 25
BROKEN = {
    "Chinese in VBA": (BAS, swap(b"The callbacks", "回调".encode()), "not_ascii", 2),
    "tab is no problem, a bell is": (BAS, swap(b"' Called by", b"' \x07Called by"), "not_ascii", 4),
    "LF alone": (BAS, swap(b"Option Explicit\r\n", b"Option Explicit\n"), "line_end", 9),
    "CR alone": (BAS, swap(b"Option Explicit\r\n", b"Option Explicit\r"), "line_end", 9),
    "no line end at the end": (BAS, lambda data: data.removesuffix(b"\r\n"), "line_end", None),
    "long line": (BAS, swap(b"' Called by", b"' " + b"x" * 1022 + b" by"), "long_line", 4),
    "too many continuations": (
        BAS,
        swap(b"Option Explicit", b"Option Explicit\r\nPrivate Const A = 1" + b" + _\r\n 1" * 25),
        "continuations",
        34,
    ),
    "another module name": (BAS, swap(b'VB_Name = "CollabRibbon"', b'VB_Name = "Ribbon"'), "wrong_name", 1),
    "no Option Explicit": (BAS, swap(b"Option Explicit\r\n", b""), "not_explicit", 1),
    "conditional compilation": (BAS, swap(b"Option Explicit\r\n", b"Option Explicit\r\n#If Mac Then\r\n"), "conditional", 10),
    "a public name of another kind": (BAS, swap(b"Public Function CollabCaller", b"Public Function Caller"), "not_ours", None),
    "public by default": (BAS, swap(b"Option Explicit\r\n", b"Option Explicit\r\nSub Auto_Open()\r\nEnd Sub\r\n"), "not_ours", 10),
    "a procedure twice": (BAS, swap(b"Private Function CollabKept", b"Private Function collabsettings"), "procedure_twice", None),
    "class without its block": ("ThisWorkbook.cls", without(rb"VERSION[\s\S]*?END\r\n"), "no_class_block", 1),
    "class without VB_Exposed": ("ThisWorkbook.cls", without(rb"Attribute VB_Exposed = True\r\n"), "no_class_block", 5),
    "another command": (BAS, swap(b"run('check')", b"run('check'); import os"), "command", None),
    "a command with a workbook's name": (BAS, swap(b"run('check')\"", b"run('check')\" & ActiveWorkbook.Name"), "command", None),
    "a message without text": (BAS, swap(b'"CollabMsgFailed"', b'"CollabMsgLost"'), "no_label", None),
    "not XML": (XML, swap(b"</group>", b""), "not_xml", None),
    "another namespace": (XML, swap(b"2009/07/customui", b"2006/01/customui"), "not_ribbon", 1),
    "id twice": (XML, swap(b'id="CollabFlag"', b'id="CollabCheck"'), "twice", None),
    "id twice but for case": (XML, swap(b'id="CollabFlag"', b'id="CollabCHECK"'), "twice", None),
    "foreign id": (XML, swap(b'id="CollabFlag"', b'id="Flag"'), "not_ours", None),
    "label and getLabel": (XML, swap(b'id="CollabFlag"', b'id="CollabFlag" label="x"'), "one_of", None),
    "two images": (XML, swap(b'id="CollabFlag"', b'id="CollabFlag" image="x"'), "one_of", None),
    "no supertip": (XML, swap(b' getSupertip="CollabGetSupertip"', b""), "one_of", None),
    "no action": (XML, swap(b' onAction="CollabFlag"', b""), "one_of", None),
    "key tip in small letters": (XML, swap(b'keytip="FL"', b'keytip="fl"'), "key_tip", None),
    "key tip too long": (XML, swap(b'keytip="FL"', b'keytip="FLAG"'), "key_tip", None),
    "key tip twice": (XML, swap(b'keytip="FL"', b'keytip="CK"'), "key_tip_taken", None),
    "key tip begins another": (XML, swap(b'keytip="FL"', b'keytip="C"'), "key_tip_taken", None),
    "callback missing": (XML, swap(b'onAction="CollabFlag"', b'onAction="CollabFlags"'), "no_callback", None),
    "callback with other arguments": (XML, swap(b'onAction="CollabFlag"', b'onAction="CollabGetLabel"'), "no_callback", None),
    "callback that is private": (BAS, swap(b"Public Sub CollabFlag", b"Private Sub CollabFlag"), "no_callback", None),
    "foreign callback": (XML, swap(b'onAction="CollabFlag"', b'onAction="RunPython"'), "not_ours", None),
    "no text": (CSV, without(rb"CollabFlag,.*\n"), "no_label", None),
    "text for nothing": (CSV, swap(b"CollabTab,", b"CollabOther,x,y,,\nCollabTab,"), "label_unused", 2),
    "text twice": (CSV, swap(b"CollabTab,", b"CollabTab,x,y,,\nCollabTab,"), "label_twice", 3),
    "no English": (CSV, swap("CollabTab,协作,Collab".encode(), "CollabTab,协作,".encode()), "label_row", 2),
    "tip in one language": (CSV, swap("CollabTab,协作,Collab,,".encode(), "CollabTab,协作,Collab,提示,".encode()), "label_row", 2),
    "a column missing": (CSV, swap("CollabTab,协作,Collab,,".encode(), "CollabTab,协作,Collab,".encode()), "label_row", 2),
    "other columns": (CSV, swap(b"label_zh", b"zh"), "label_columns", 1),
    "GBK": (CSV, swap("协作".encode(), "协作".encode("gbk")), "not_utf8", 2),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MACROS, tmp_path / "macros"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_refused_with_file_and_line(name: str, folder: Path) -> None:
    file, change, problem, line = BROKEN[name]
    before = (folder / file).read_bytes()
    (folder / file).write_bytes(change(before))
    with pytest.raises(CollabError) as refused:
        build(folder)
    error = refused.value
    assert (error.code, str(error.facts["problem"])) == ("addin_source", f"addin.problem.{problem}")
    touched = XML if name == "callback that is private" else file
    assert error.facts["file"] == (XML if name == "no text" else touched)
    if line is not None:
        assert error.facts["line"] == line
    elif error.facts["file"] == file and problem not in ("line_end", "not_xml"):
        changed = (folder / file).read_bytes().splitlines()
        old = before.splitlines()
        at = next(i for i, (a, b) in enumerate(zip(old, changed, strict=False), 1) if a != b)
        assert abs(int(str(error.facts["line"])) - at) <= 2, "an element of the ribbon is written over two lines"
    for lang in ("zh", "en"):
        said = error_text(error, lang)[0]
        assert str(error.facts["file"]) in said
        assert "addin_problem" not in said


def test_a_file_too_many_or_too_few_is_refused(folder: Path) -> None:
    (folder / "Extra.bas").write_bytes(b'Attribute VB_Name = "Extra"\r\n')
    with pytest.raises(CollabError, match="unknown_file"):
        build(folder)
    (folder / "Extra.bas").unlink()
    (folder / "CollabConfig.cls").unlink()
    with pytest.raises(CollabError, match="missing_file"):
        build(folder)


def test_the_text_as_it_stands_builds_from_any_folder(folder: Path) -> None:
    assert build(folder) == build()


def buttons() -> list[list[etree._Element]]:
    root = etree.fromstring((MACROS / XML).read_bytes())
    return [[*group.iter(f"{UI}button")] for group in root.iter(f"{UI}group")]


def labels() -> dict[str, dict[str, str]]:
    with (MACROS / CSV).open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_the_ribbon_is_in_the_order_of_the_week() -> None:
    shown = " | ".join(" ".join(labels()[b.attrib["id"]]["label_zh"] for b in group) for group in buttons())
    assert shown == ORDER


def test_the_ribbon_follows_its_conventions() -> None:
    every = [b.attrib for group in buttons() for b in group]
    assert len(every) == 37
    menus = [e.attrib for e in etree.fromstring((MACROS / XML).read_bytes()).iter(f"{UI}menu")]
    pictures = [b["imageMso"] for b in (*every, *menus) if b["id"] != "CollabWeekMenu"]
    assert {*pictures} <= KNOWN_IMAGES
    assert len({*pictures}) == len(pictures), "no two buttons look alike"
    groups = [e for e in etree.fromstring((MACROS / XML).read_bytes()).iter(f"{UI}group")]
    assert [g.get("imageMso") in KNOWN_IMAGES for g in groups] == [True] * 6, "what a group shows in a narrow window"
    tips = [b["keytip"] for b in every]
    assert all(re.fullmatch("[A-Z]{1,3}", tip) for tip in tips)
    assert len(set(tips)) == len(tips)
    for b in every:
        assert b["getLabel"] == "CollabGetLabel"
        for lang, stop in (("zh", "。"), ("en", ".")):
            text = labels()[b["id"]]
            assert text[f"label_{lang}"]
            tip = text[f"tip_{lang}"]
            assert tip.endswith(stop)
            assert tip.count(stop) == 1, "one sentence"


def test_both_languages_differ_and_are_what_they_say() -> None:
    for row in labels().values():
        assert re.search("[一-鿿]", row["label_zh"])
        assert not re.search("[一-鿿]", row["label_en"] + row["tip_en"])
