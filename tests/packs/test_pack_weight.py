"""What a pack weighs in a mailbox: forms that a department does not use cost it nothing, the others little (decision 0021)."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.build.pack import HIDDEN_SHEET
from collab_xl.build.style import AMBER_PALE, INK, deflated, deflated_for_mail, new_workbook
from collab_xl.catalogue import LANGS, text
from collab_xl.demo import desk, scenario
from collab_xl.forms import BASIC, load
from collab_xl.model.pack_texts import joined_marks, mark, marks_in
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

MONDAY = datetime(2026, 11, 16, 9)
THREE = {"zh": 26_789, "en": 25_391}
"""Bytes of a pack of the first three forms with the same rows when the limit was set, on average of the six departments: 30 blank rows for
tasks and problems, one row of the instructions for every column."""
SEVEN = (*BASIC, "risks", "actions", "resources", "responsibilities")
"""The forms there were when the limit was set."""
LIMIT = 1.3
ONE_MORE = 4_200
"""Bytes that one more form with rows may add to a pack. Its sheet, table and relationships are 1,700 before the first value."""


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weight")


def with_rows() -> tuple[str, ...]:
    """The forms of which the demo has rows."""
    out = []
    for form in load().forms:
        with suppress(FileNotFoundError):
            out += [form.id] if scenario.rows_of(form.id, "zh") else []
    return tuple(out)


def packs(folder: Path, lang: str, forms: str, rows_of: tuple[str, ...]) -> dict[str, Path]:
    """Department → its pack, from a master that uses `forms` and has the demo's rows of `rows_of`."""
    master = folder / f"{lang}-{forms}-{len(rows_of)}.xlsx"
    day = MONDAY.date()
    with clock.at(MONDAY):
        verbs.init(master, project=scenario.project(lang), departments=scenario.departments(lang), lang=lang, as_of=day, forms=forms)
        desk.fill_in(master, {form: scenario.rows_of(form, lang) for form in rows_of}, lang, day)
        report = verbs.issue(master, as_of=day, week="2026-W47", lang=lang, out=folder / master.stem, progress=no_progress)
    return {p["department"]: Path(p["file"]) for p in report.json["packs"]}


def issued_again(folder: Path, lang: str) -> dict[str, Path]:
    """The packs of the week after, from the master with all forms: nothing has come back."""
    (master,) = folder.glob(f"{lang}-full-{len(with_rows())}.xlsx")
    later = MONDAY + timedelta(days=7)
    with clock.at(later):
        report = verbs.issue(master, as_of=later.date(), week="2026-W48", lang=lang, out=folder / f"{lang}-again", progress=no_progress)
    return {p["department"]: Path(p["file"]) for p in report.json["packs"]}


def size(path: Path) -> int:
    return path.stat().st_size


def sheets(path: Path) -> list[str]:
    return [name for name in openpyxl.load_workbook(path, read_only=True).sheetnames if name != HIDDEN_SHEET]


@pytest.fixture(scope="module")
def three(folder: Path, lang: str) -> dict[str, Path]:
    return packs(folder, lang, "tasks", BASIC)


def test_packs_of_seven_forms_with_rows_weigh_at_most_a_third_more(folder: Path, lang: str, three: dict[str, Path]) -> None:
    seven = packs(folder, lang, ",".join(SEVEN), SEVEN)
    assert len(seven) == len(three) == 6
    assert round(sum(map(size, seven.values())) / (THREE[lang] * len(seven)), 2) <= LIMIT


def test_every_further_form_with_rows_costs_little(folder: Path, lang: str, three: dict[str, Path]) -> None:
    full = packs(folder, lang, "full", with_rows())
    for department, path in full.items():
        more = len(sheets(path)) - len(sheets(three[department]))
        assert more >= 3
        assert size(path) <= size(three[department]) + ONE_MORE * more, department
    assert sum(map(size, full.values())) <= LIMIT * THREE[lang] * len(full), "the first pack, which every form with rows is in"
    again = issued_again(folder, lang)
    assert round(sum(map(size, again.values())) / (THREE[lang] * len(again)), 2) <= LIMIT, "an ordinary week: the requirements rest too"
    requirements = load().form("requirements").sheet[lang]
    assert not [department for department, path in again.items() if requirements in sheets(path)]
    assert [department for department, path in full.items() if requirements in sheets(path)]


def test_forms_without_rows_for_the_department_cost_nothing(folder: Path, lang: str, three: dict[str, Path]) -> None:
    """Rows in the first three only: the pack gets the risk register, which is always in it, and no word about the rest."""
    full = packs(folder, lang, "full", BASIC)
    risks = load().form("risks").sheet[lang]
    for department, path in full.items():
        names = sheets(path)
        assert sorted(names) == sorted([*sheets(three[department]), risks])
        assert size(path) <= LIMIT * size(three[department]), department
        guide = workbook_at(path)[text("build.pack.guide", lang)]
        words = "\n".join(str(c.value) for row in guide.iter_rows() for c in row if c.value is not None)
        unused = [f.sheet[lang] for f in load().forms if f.sheet[lang] not in names]
        assert unused
        assert not [name for name in unused if name in words.split("\n")]


def test_what_is_left_out_is_in_no_text_and_everything_else_is_kept() -> None:
    words = [
        '<tableStyleInfo showFirstColumn="0"/>',
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n字',
        '<table a="1" totalsRowShown="0">',
        " 空 ",
        '<row r="4" spans="1:2">',
        '<color theme="4"/>',
    ]
    buffer = io.BytesIO()
    book = new_workbook(buffer, "zh", plain=True)
    page = book.add_worksheet("表")
    for row, word in enumerate(words, 1):
        page.write_string(row, 0, word, book.add_format({"font_color": INK, "bg_color": AMBER_PALE, "font_scheme": "minor"}))
    page.freeze_panes(1, 1)
    page.set_column(1, 1, 13)
    page.data_validation("B2:B5", {"validate": "any", "input_message": words[0]})
    page.add_table(
        0, 0, len(words), 1, {"name": "T", "style": None, "banded_rows": False, "columns": [{"header": words[2]}, {"header": "乙"}]}
    )
    book.close()
    whole, light = buffer.getvalue(), deflated_for_mail(buffer.getvalue())
    assert len(light) < len(deflated(whole))
    with zipfile.ZipFile(io.BytesIO(light)) as parts, zipfile.ZipFile(io.BytesIO(whole)) as before:
        assert parts.testzip() is None
        gone = {"docProps/app.xml", "docProps/core.xml", "xl/theme/theme1.xml"}
        assert parts.namelist() == [name for name in before.namelist() if name not in gone]
        assert not [
            name
            for name in parts.namelist()
            if re.search(rb"docProps|theme1|theme=\"|spans=\"[^&]*<v>", parts.read(name)) and "shared" not in name
        ]
        assert not [name for name in parts.namelist() if parts.read(name).startswith(b"<?xml")]
        assert b"<tableStyleInfo/>" in parts.read("xl/tables/table1.xml"), "exceljs cannot save a table without it"
    for data in (whole, light):
        found = workbook_at(io.BytesIO(data))["表"]
        assert [found.cell(row, 1).value for row in range(2, 8)] == words
        assert (found.freeze_panes, round(found.column_dimensions["B"].width, 1)) == ("B2", 13.7)
        assert [column.name for column in found.tables["T"].tableColumns] == [words[2], "乙"]
        assert found.data_validations.dataValidation[0].prompt == words[0]
    plain = workbook_at(io.BytesIO(light))["表"]["A2"]
    assert (plain.font.color.rgb, plain.font.name) == ("FF1B2A3A", "微软雅黑")
    assert plain.fill.start_color.rgb == "FFFBE8CB", "the colour that Excel shows for accent 4, four fifths lighter"
    from_light, from_whole = read_book(light).snapshot("表"), read_book(whole).snapshot("表")
    assert [*map(list, from_light.cells)] == [*map(list, from_whole.cells)]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 140, 3000])
def test_the_marks_of_our_texts_come_back(count: int) -> None:
    texts = [f"文 {n}" for n in range(count)]
    assert marks_in(joined_marks([*texts, " "])) == {mark(words) for words in texts}


def test_marks_of_packs_made_before_are_read_and_foreign_words_are_none() -> None:
    assert marks_in("03c161" + "04d945") == {"03c161", "04d945"}
    assert marks_in(".A") == marks_in(".ßß") == marks_in(".") == marks_in("") == frozenset()
