from datetime import date, datetime

import pytest

from collab_xl.forms import load
from collab_xl.model.values import CLEAR, Unreadable, Value
from collab_xl.plan.render import render

FIELDS = [f for form in load().forms for f in form.fields]
TASK = {f.id: f for f in load().form("tasks").fields}


@pytest.mark.parametrize(
    ("field", "value", "zh", "en"),
    [
        ("status", "in_progress", "进行中", "In progress"),
        ("status", "没见过的词", "没见过的词", "没见过的词"),
        ("predecessors", ("RW-001", "RW-002"), "RW-001、RW-002", "RW-001, RW-002"),
        ("predecessors", (), None, None),
        ("progress", 0.8, 0.8, 0.8),
        ("end", date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 20)),
        ("remark", "=1+1", "=1+1", "=1+1"),
        ("remark", "", None, None),
        ("remark", CLEAR, None, None),
        ("end", Unreadable("下个月"), "下个月", "下个月"),
        ("late_days", 3, 3, 3),
        ("updated", datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 9)),
    ],
)
def test_a_parsed_value_is_written_as_the_sheet_shows_it(field: str, value: Value, zh: Value, en: Value) -> None:
    assert (render(value, TASK[field], "zh"), render(value, TASK[field], "en")) == (zh, en)


def test_every_choice_has_a_label_to_write() -> None:
    choices = [(f, c) for f in FIELDS for c in f.choices]
    assert len(choices) > 15
    assert all(render(c.id, f, lang) == c.label[lang] for f, c in choices for lang in ("zh", "en"))
