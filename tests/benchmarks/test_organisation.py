"""The master of the large organisation: rows in every form, and the steps that are measured are verbs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.organisation import STEPS, made
from collab_xl.book.read import read_book
from collab_xl.forms import load
from collab_xl.verbs.table import VERBS


def test_every_form_has_rows(tmp_path: Path) -> None:
    book = read_book(made(tmp_path, 3, 30))
    empty = []
    for form in load().forms:
        ref = book.tables[form.table]
        if book.snapshot(ref.sheet).value(ref.data.first_row, ref.area.first_col) is None:
            empty.append(form.id)
    assert empty == []
    assert {step[0] for step in STEPS} <= {verb.name for verb in VERBS}
