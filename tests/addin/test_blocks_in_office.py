"""The VBA that writes blocks, in a real LibreOffice: it answers and writes as the stand-in that `tests/excel_com` uses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from excel_com.clicks import on_the_screen
from excel_com.macro import load_addin
from vba_in_office import answers

from collab_xl.addin.sources import macros_folder, read
from collab_xl.excel.macro import ADDIN, ANY, Put, Question, arguments
from collab_xl.model.place import Area

SHEET, OTHER = "任务 表", "It's"


def put(address: str, keys: list[str], typed: list[Any], sheet: str = SHEET) -> Put:
    return Put(sheet, Area.parse(address), keys, typed)


FIRST = put("B2:C3", ["t文字", "n1.5", "", "tx'"], ["新", 2.5, "=1+1", ""])
PUTS: dict[str, list[Put]] = {
    "writes": [FIRST, put("D2", [""], [True]), put("B6:D6", [ANY, ANY, "n46000"], ["a", "b", "c"]), put("A1", ["th"], ["😀"], OTHER)],
    "formulas": [put("C4:C5", ["=1+2", "=B2&C2"], [7.0, "=2+2"]), put("D4", ['=HYPERLINK("#A1","去看")'], ["去"])],
    "changed": [FIRST, put("D2:D3", ["", "n1"], ["x", "y"])],
    "kind": [put("C2", ["t1.5"], ["x"])],
    "blank": [put("C2", [""], ["x"])],
    "no_sheet": [put("B2", [ANY], ["x"]), put("B2", [""], ["x"], "没有")],
    "numbered": [put("B2", [ANY], ["x"]), put("B2", [""], ["x"], "1")],
}
QUESTIONS = [
    *(Question(what, sheet) for sheet in (SHEET, OTHER, "没有") for what in ("protected", "hidden")),
    Question("table", SHEET, "Nothing"),
]


def made(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet, other = book.add_worksheet(SHEET), book.add_worksheet(OTHER)
        sheet.write_row("B2", ["文字", 1.5])
        sheet.write("C3", "x'")
        sheet.write_formula("C4", "=1+2", None, 3)
        sheet.write_formula("C5", "=B2&C2", None, "文字1.5")
        sheet.write_formula("D4", '=HYPERLINK("#A1","去看")', None, "去看")
        sheet.write("D6", 46000, book.add_format({"num_format": "yyyy-mm-dd"}))
        other.write(0, 0, "h")
    return path


def vba(value: Any) -> str:
    """A value as VBA has it; only ASCII stands in a module."""
    if isinstance(value, str):
        units = value.encode("utf-16-le")
        numbers = [int.from_bytes(units[n : n + 2], "little") for n in range(0, len(units), 2)]
        return " & ".join(["CollabNone", *(f"ChrW({n if n < 0x8000 else n - 0x10000})" for n in numbers)])
    return str(value)


def array(values: list[Any]) -> str:
    lines = [", ".join(map(vba, values[n : n + 2])) for n in range(0, len(values), 2)]
    return "Array(" + ", _\n        ".join(lines) + ")"


FUNCTION = """
Public Function {name}() As String
    {name} = {call}
End Function
"""


def probe(book: str) -> tuple[str, list[str]]:
    out, names = ['Private Const CollabNone As String = ""\n'], []
    asked = [word for question in QUESTIONS for word in question]
    calls = {"Asked": f"CollabAsk({vba(book)}, {array(asked)})"}
    for name, puts in PUTS.items():
        parts, before, after, length = arguments(puts)
        for title, said in (("Cut", length + 1), ("Put", length)):
            calls[title + name] = f"CollabWrite({vba(book)}, {array(parts)}, {array(before)}, {array(after)}, {said})"
    for name, call in calls.items():
        out.append(FUNCTION.format(name=name, call=call))
        names.append(name)
    sheet = f"Workbooks({vba(book)}).Worksheets({vba(SHEET)})"
    return "".join(out) + SHOWN.format(sheet=sheet), [*names, "Shown"]


SHOWN = """
Public Function Shown() As String
    Dim row As Long
    Dim column As Long
    Dim cell As Object
    For row = 2 To 6
        For column = 2 To 4
            Set cell = {sheet}.Cells(row, column)
            Shown = Shown & "|" & VarType(cell.Value)
            If VarType(cell.Value) <> vbBoolean Then Shown = Shown & ":" & cell.Formula
        Next column
    Next row
End Function
"""
KINDS = {type(None): 0, float: 5, datetime: 7, str: 8, bool: 11}
"""VbVarType."""


def shown(sheet: Any) -> str:
    out = ""
    for row, col in ((row, col) for row in range(2, 7) for col in "BCD"):
        cell = sheet.do_Range(f"{col}{row}")
        kind = KINDS[type(cell.get_Value())]
        out += f"|{kind}" if kind == 11 else f"|{kind}:{cell.get_Formula()}"
    return out


def test_vba_and_its_stand_in_answer_and_write_alike(tmp_path: Path) -> None:
    for side in ("office", "stand-in"):
        (tmp_path / side).mkdir()
    name = "主表 1.xlsx"
    text, names = probe(name)
    office = made(tmp_path / "office" / name)
    said = answers(read(macros_folder()), text, names, tmp_path, in_front=office)
    with on_the_screen() as excel:
        book = excel.open(made(tmp_path / "stand-in" / name))
        load_addin(book._app)
        run = book._app._macros
        here = {"Asked": run[f"'{ADDIN}'!CollabAsk"](name, [word for question in QUESTIONS for word in question])}
        for case, puts in PUTS.items():
            *given, length = arguments(puts)
            here[f"Cut{case}"] = run[f"'{ADDIN}'!CollabWrite"](name, *given, length + 1)
            here[f"Put{case}"] = run[f"'{ADDIN}'!CollabWrite"](name, *given, length)
        cells = shown(book.get_Worksheets().item(SHEET))
    for name_, answer in here.items():
        assert said[name_].partition(": ")[0].split(" ")[:2] == answer.partition(": ")[0].split(" ")[:2], (name_, said[name_], answer)
    assert {case: here[f"Put{case}"].split(" ")[:2] for case in PUTS} == {
        "writes": ["done"], "formulas": ["done"], "changed": ["changed", "1"], "kind": ["changed", "1"], "blank": ["changed", "1"],
        "no_sheet": ["failed", "0"], "numbered": ["failed", "0"],
    }  # fmt: skip
    assert {here[f"Cut{case}"] for case in PUTS} == {"arguments"}
    assert said["Shown"] == cells
    assert cells.startswith("|8:新|5:2.5|11|")


@pytest.mark.parametrize("module", read(macros_folder()).modules, ids=lambda module: module.name)
def test_no_procedure_has_the_name_of_a_module(module: Any) -> None:
    """`Application.Run` then finds the module, and in VBA the name alone means it."""
    names = {m.name.casefold() for m in read(macros_folder()).modules}
    lines = [line.split("(")[0].split() for line in module.text.splitlines() if " Function " in line or " Sub " in line]
    declared = {words[-1].casefold() for words in lines if words and words[0] in ("Public", "Private", "Sub", "Function")}
    assert not declared & names
