"""What a master lacks because it was made by an older version: service sheets and columns that are marked `optional` in `service.toml`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from collab_xl.catalogue import text
from collab_xl.forms import Column, Schema, ServiceTable
from collab_xl.model.record import Struct, field
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.sheets import TableRef
from collab_xl.verbs.sheets.mail_columns import COLUMN
from collab_xl.verbs.sheets.settings_rows import columns_of

SHEETS_IN, SHEETS_OUT, COLUMNS_IN, COLUMNS_OUT = "lists_in", "lists_out", "list_columns_in", "list_columns_out"
"""Under `SHAPE` in the summary of a run: [id, sheet, table], and [id, headings]."""


class Lacking(Struct, frozen=True):
    """What a master lacks because it was made by an older version."""

    sheets: tuple[ServiceTable, ...] = ()
    columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    """Service id → its columns that are not there."""

    def __bool__(self) -> bool:
        return bool(self.sheets or self.columns)

    def only(self, ids: Collection[str]) -> Lacking:
        return Lacking(tuple(s for s in self.sheets if s.id in ids), {s: c for s, c in self.columns.items() if s in ids})

    @property
    def of_mails(self) -> Lacking:
        """What of it is about mails: the sheet of their texts, and the columns of what was mailed."""
        columns = {s: tuple(c for c in lost if c.id == COLUMN) for s, lost in self.columns.items()}
        return Lacking(tuple(s for s in self.sheets if s.id == "mail_texts"), {s: lost for s, lost in columns.items() if lost})

    def names(self, schema: Schema, lang: str) -> tuple[str, ...]:
        """`工作表“邮件模板”`, `“提交台账”的列“邮件”`."""
        sheets = [text("verbs.word.lacks_sheet", lang, sheet=s.sheet[lang]) for s in self.sheets]
        columns = [
            text("verbs.word.lacks_column", lang, sheet=schema.service(s).sheet[lang], columns=tuple(c.heading[lang] for c in lost))
            for s, lost in self.columns.items()
        ]
        return (*sheets, *columns)


def lacking(tables: Mapping[str, TableRef], schema: Schema) -> Lacking:
    """The optional sheets and columns that are not among these tables."""
    sheets = tuple(s for s in schema.services if s.optional and s.table not in tables)
    columns = {}
    for service in schema.services:
        ref = tables.get(service.table)
        there = columns_of(ref, service) if ref is not None else {}
        lost = tuple(c for c in service.columns if c.optional and c.id not in there)
        if ref is not None and lost:
            columns[service.id] = lost
    return Lacking(sheets, columns)


def concerned(runs: Iterable[Run]) -> bool:
    """Whether one of these runs added or removed a service sheet or column."""
    kinds = {SHEETS_IN, SHEETS_OUT, COLUMNS_IN, COLUMNS_OUT}
    return any(kinds & set(run.summary.get(SHAPE) or {}) for run in runs)
