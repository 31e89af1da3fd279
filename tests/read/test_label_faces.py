"""One record as labels and values is read for every form: one pair a row, two pairs a row, with colons."""

from __future__ import annotations

import io

import openpyxl
import pytest

from collab_xl.forms import Form, load
from collab_xl.forms.in_use import InUse
from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, survey_job

VALUES: dict[str, object] = {
    "key": "X-001",
    "text": "接口联调方案",
    "longtext": "说明文字若干",
    "person": "张三",
    "department": "市场部",
    "departments": "市场部、研发部",
    "date": "2026-11-20",
    "moment": "2026-11-20 10:00",
    "percent": "80%",
    "reference": "X-009",
    "references": "X-009",
    "whole": 3,
    "amount": 5,
}
FORMS = [form for form in load().forms if form.id != "fields"]


def face(form: Form, lang: str, pairs: int, colon: str) -> tuple[bytes, set[str]]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = form.title[lang]
    fields = [f for f in form.fields if f.access != "C" and (f.kind in VALUES or f.choices)]
    for n, f in enumerate(fields):
        row, col = 3 + n // pairs, 1 + 2 * (n % pairs)
        sheet.cell(row, col, f.heading[lang] + colon)
        sheet.cell(row, col + 1, f.choices[0].label[lang] if f.choices else VALUES[f.kind])  # type: ignore[arg-type]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), {f.id for f in fields}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("pairs", "colon"), [(1, ""), (1, "："), (2, "")], ids=["one pair", "colons", "two pairs"])
def test_the_face_of_a_form_is_one_row(form: Form, lang: str, pairs: int, colon: str) -> None:
    data, fields = face(form, lang, pairs, colon)
    every = tuple(InUse(f.id, f.version) for f in load().forms)
    ((_, parsed),) = survey_job(Job("", "表.xlsx", InMemory(data), Context(lang, Directory()), forms=every)).sheets
    tables = [table for table in parsed.tables if table.form == form.id]
    assert [len(table) for table in tables] == [1]
    assert set(tables[0].columns) == fields
    assert len(parsed.tables) == 1
