"""What a person does to the master by hand: fill in rows, change cells, choose decisions, past every run and ledger, as in Excel.

The demo and the benchmark start from a master somebody has filled in; this is that somebody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.book.read import Book, read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.directory import Directory
from collab_xl.model.plan import CellChange, CellEdit, NewRow, Plan
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.data import plan_changes
from collab_xl.plan.lists import columns_of
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table

NewRows = Mapping[str, Sequence[Mapping[str, Value]]]
"""Form → rows, each field → parsed value, key included."""


def fill_in(master: Path, rows: NewRows, lang: str, as_of: date) -> None:
    """Add rows to the forms' tables of a closed master."""
    change(master, (), lang, as_of, rows)


def change(master: Path, cells: Iterable[tuple[str, str, str, Value]], lang: str, as_of: date, new: NewRows | None = None) -> None:
    """Overwrite cells, each given as (form, key, field, parsed value), and add `new` rows below them.

    Raises CollabError `row_gone` when a table has no row with the key.
    """
    schema, book = load(), read_book(master)
    changes = [CellChange(form, key, field, None, value, "hand") for form, key, field, value in cells]
    new_rows = [NewRow(form, str(row[schema.form(form).key.id]), row) for form, lines in (new or {}).items() for row in lines]
    plan = plan_changes(_tables(book, lang, as_of), book.tables, book.snapshot, changes, new_rows, schema, lang)
    save(master, plan)


def decide(master: Path, decisions: Mapping[str, str], lang: str) -> int:
    """Choose from the drop-down of 冲突处理: item id → catalogue key of the word. Returns how many rows were found."""
    book, service = read_book(master), load().service("conflicts")
    ref = book.tables[service.table]
    snapshot, column = book.snapshot(ref.sheet), columns_of(ref, service)
    edits = []
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        word = decisions.get(str(snapshot.value(row, column["id"])))
        if word is not None:
            old = snapshot.value(row, column["decision"])
            edits.append(CellEdit(ref.sheet, row, column["decision"], old, text(word, lang)))
    save(master, Plan(edits=tuple(edits)))
    return len(edits)


def values(master: Path, lang: str) -> dict[str, list[dict[str, Value]]]:
    """Every row of every form as the master holds it now."""
    tables = _tables(read_book(master), lang, None)
    return {form: [{f: table.get(i, f) for f in table.values} for i in range(len(table))] for form, table in tables.items()}


def sheet_of_name(master: Path, name: str) -> str | None:
    """The sheet a defined name of the workbook leads to."""
    found = read_book(master).names.get(name)
    return found[0] if found else None


def _tables(book: Book, lang: str, as_of: date | None) -> dict[str, Table]:
    context = Context(lang, Directory(), as_of=as_of)
    refs = [(form, book.tables[form.table]) for form in load().forms if form.table in book.tables]
    return {form.id: parse_table(book.snapshot(ref.sheet), ref, form, context)[0] for form, ref in refs}


def save(master: Path, plan: Plan) -> None:
    """Write the plan into a closed master, past every run."""
    written = master.with_name(master.name + ".new")
    write_plan(master, written, plan)
    written.replace(master)
