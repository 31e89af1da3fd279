"""What a person does to the master by hand: fill in rows and change cells, past every run and ledger, as typing in Excel would.

The demo and the benchmark start from a master somebody has filled in; this is that somebody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.engines.book import read_book
from collab_xl.engines.workbook_file import write_plan
from collab_xl.model.directory import Directory
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.parse.context import Context
from collab_xl.parse.table import parse_table
from collab_xl.plan.data import plan_changes
from collab_xl.schema import load


def fill_in(master: Path, rows: Mapping[str, Sequence[Mapping[str, Value]]], lang: str, as_of: date) -> None:
    """Add rows (field → parsed value, key included) to the forms' tables of a closed master."""
    schema = load()
    new = [NewRow(form, str(row[schema.form(form).key.id]), row) for form, lines in rows.items() for row in lines]
    _type(master, [], new, lang, as_of)


def change(master: Path, cells: Iterable[tuple[str, str, str, Value]], lang: str, as_of: date) -> None:
    """Overwrite cells, each given as (form, key, field, parsed value). Raises KeyError when a form lacks the field."""
    changes = [CellChange(form, key, field, None, value, "hand") for form, key, field, value in cells]
    _type(master, changes, [], lang, as_of)


def _type(master: Path, changes: list[CellChange], new_rows: list[NewRow], lang: str, as_of: date) -> None:
    schema, book = load(), read_book(master)
    context = Context(lang, Directory(), as_of=as_of)
    tables: dict[str, Table] = {}
    for form in schema.forms:
        ref = book.tables[form.table]
        tables[form.id] = parse_table(book.snapshot(ref.sheet), ref, form, context)[0]
    plan = plan_changes(tables, book.tables, book.snapshot, changes, new_rows, schema, lang)
    written = master.with_name(master.name + ".new")
    write_plan(master, written, plan)
    written.replace(master)
