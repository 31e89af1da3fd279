"""What speaks for day or month first, where no date of the file decides it: a suggestion with its reason, or why there is none."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import openpyxl
import pytest

from collab_xl.catalogue import text
from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, survey_job

HEAD = ["任务ID", "任务名称", "计划开始时间", "计划结束时间", "实际完成时间"]
PERIOD = (date(2026, 11, 20), date(2026, 11, 20))


def asked(rows: Sequence[Sequence[object]], lang: str = "zh", formats: str = "") -> Question:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEAD, *([f"RW-{n}", f"任务{n}", *row] for n, row in enumerate(rows, 1))):
        sheet.append(list(line))
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, date):
                cell.number_format = formats or "yyyy-mm-dd"
    out = io.BytesIO()
    book.save(out)
    context = Context(lang, Directory(), PERIOD, PERIOD[1])
    parsed = survey_job(Job("", "表.xlsx", InMemory(out.getvalue()), context)).sheets[0][1]
    (question,) = [q for q in parsed.questions if q.kind == "date_order"]
    return question


CASES: dict[str, tuple[str, str, list[list[object]], str]] = {
    "a weekday": ("day_first", "weekday", [["5/10/2026 (Mon)"]], ""),
    "the format of real days": ("month_first", "format", [["5/10/2026"], [date(2026, 11, 30)]], "m/d/yyyy"),
    "a start after its end": ("month_first", "pairs", [["10/2/2026", "11/1/2026"], ["1/3/2026", "2/3/2026"]], ""),
    "finished in the future": ("day_first", "past", [[None, None, "3/11/2026"], [None, None, "12/2/2026"]], ""),
    "days that go on": ("day_first", "rising", [["9/1/2026"], ["3/2/2026"], ["11/2/2026"], ["2/3/2026"]], ""),
}


@pytest.mark.parametrize(("order", "why", "rows", "formats"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_else_the_file_says_is_suggested(order: str, why: str, rows: list[list[object]], formats: str, lang: str) -> None:
    question = asked(rows, lang, formats)
    assert question.suggestion == order
    assert text(f"read.word.order_{why}", lang) in question.hint


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_a_clue_there_is_no_suggestion_and_it_is_said_why(lang: str) -> None:
    question = asked([["3/4/2026", "5/6/2026"]], lang)
    assert (question.suggestion, question.hint) == ("", text("read.word.order_none", lang))


def test_clues_that_contradict_each_other_suggest_nothing() -> None:
    question = asked([["5/10/2026 (Mon)"], [date(2026, 11, 30)]], formats="m/d/yyyy")
    assert (question.suggestion, question.hint) == ("", text("read.word.order_both", "zh"))
