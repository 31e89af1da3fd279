"""Read one submitted file from its bytes to parsed tables. Runs in a child process: foreign files never meet the main one.

In: a `Job`, everything a child needs to know.  Out: a `Reading`, plain values.  No effect.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from collab_xl.book.csv_file import read_csv
from collab_xl.book.hidden_sheet import HIDDEN_SHEET, hidden_values
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import InUse, Schema, load, schema_of
from collab_xl.forms.in_use import ROW, basic, listed, tables_of
from collab_xl.intake.gates import TEXT, extension
from collab_xl.intake.package import PackageScan, scan
from collab_xl.model.finding import Finding
from collab_xl.model.returns import MEMORY_SHEET
from collab_xl.model.sheets import Table, joined
from collab_xl.model.week import week_days
from collab_xl.read.asking import Question, about_heading
from collab_xl.read.clues import day_order
from collab_xl.read.context import Context
from collab_xl.read.left_out import left_out, why_none
from collab_xl.read.outside import added_sheet, around, unreadable_sheet
from collab_xl.read.own_columns import own_columns
from collab_xl.read.sheet import Parsed, parse_sheet
from collab_xl.read.table import parse_table


@dataclass(frozen=True)
class Job:
    """One file to read. `data` never leaves the pool; `near` settles yearless dates of hand-made sheets.

    Without a mail to date it (`mailed` False) the day a workbook states it was saved counts before `near`, the day of the file: copying
    gives a file a new time.
    """

    sha256: str
    file: str
    data: bytes = field(repr=False)
    context: Context
    near: date | None = None
    mailed: bool = True
    forms: tuple[InUse, ...] = ()
    """What the master has in use: nothing else is looked for. Without a master: the forms a new one gets."""

    @property
    def schema(self) -> Schema:
        return schema_of(load(), self.forms or basic(load()))


@dataclass(frozen=True)
class Reading:
    """What a file holds. Where `scan.code` is set it was not opened at all; `failed` says why reading stopped otherwise."""

    sha256: str
    scan: PackageScan
    tables: Mapping[str, Table] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    """What only a person can decide about how its sender writes."""


def read_job(job: Job) -> Reading:
    """PackageScan, then read and parse. A pack is read by its own tables, anything else by looking for tables."""
    if extension(job.file) in TEXT:
        return Reading(job.sha256, PackageScan(), *_any_sheet(read_csv(job.data, job.file), job.schema, _around(job)))
    inflated: dict[str, bytes] = {}
    looked = scan(job.data, inflated)
    if looked.code:
        return Reading(job.sha256, looked)
    if looked.modified is not None and not job.mailed:
        job = dataclasses.replace(job, near=looked.modified.astimezone().date())
    book = _opened(job, inflated)
    read = _pack(book, job, looked.claims) if looked.claims.get("kind") == "pack" else _any_sheet(book, job.schema, _around(job))
    return Reading(job.sha256, looked, *read)


def scan_job(item: tuple[str, bytes]) -> PackageScan:
    """What a file says it is, from its name and bytes, where reading it failed."""
    file, data = item
    return PackageScan() if extension(file) in TEXT else scan(data)


Read = tuple[dict[str, Table], tuple[Finding, ...], tuple[Question, ...]]


def _opened(job: Job, inflated: Mapping[str, bytes] | None = None) -> Book:
    """The workbook as its department means it: one that was returned with our marks is read as without them."""
    book = read_book(job.data, job.file, inflated)
    if not any(name.casefold() == MEMORY_SHEET for name in book.sheets):
        return book
    from collab_xl.book.annotate import without_marks

    return without_marks(book, job.data, job.file)


def _around(job: Job) -> Context:
    if job.near is None or job.context.period is not None:
        return job.context
    return dataclasses.replace(job.context, period=(job.near, job.near))


def _ordered(book: Book, sheets: Sequence[str], context: Context) -> Context:
    """With how the whole file writes `7/11/2024`: a date on another sheet (13/7/2024) decides too."""
    if context.day_first is not None:
        return context
    return dataclasses.replace(context, day_first=day_order(book.snapshot(name) for name in sheets))


def _pack(book: Book, job: Job, claims: Mapping[str, str]) -> Read:
    """The forms of a pack. A form whose ListObject is gone (copied into another workbook, say) is looked for by its headings."""
    context = job.context
    try:
        context = dataclasses.replace(context, period=week_days(claims.get("week", "")))
    except ValueError:
        context = _around(job)
    tables: dict[str, Table] = {}
    findings: list[Finding] = []
    questions: list[Question] = []
    schema = job.schema
    own = {HIDDEN_SHEET, *(text("pack.guide", lang) for lang in LANGS)}
    for form in schema.forms:
        ref = book.tables.get(form.table)
        if ref is not None:
            own.add(ref.sheet)
            table, found = parse_table(book.snapshot(ref.sheet), ref, form, context)
            findings += found
            if not table.columns:  # its heading row is gone: looked for on all sheets
                continue
            tables[form.id] = dataclasses.replace(table, raw={})  # a merge asks what was meant; sending both takes twice as long
            told = {f.at.row for f in found if f.code == "H113" and f.at}
            findings += around(book.snapshot(ref.sheet), table, form, claims, told)
            questions += (q for f in found if f.code == "H102" and (q := about_heading(f, form)))
    for form in schema.others:  # issued when the master had it in use: the merge sets it aside and says so
        ref = book.tables.get(form.table)
        if ref is not None and ref.sheet not in own:
            own.add(ref.sheet)
            table, _ = parse_table(book.snapshot(ref.sheet), ref, form, context)
            tables[form.id] = dataclasses.replace(table, raw={})
    if not all(form.id in tables for form in schema.forms):
        read = {table.sheet for table in tables.values()} | {text("pack.guide", lang) for lang in LANGS}
        others, found_elsewhere, asked_elsewhere = _any_sheet(book, schema, context, skip=read)
        for form_id, table in others.items():
            if form_id not in tables:
                tables[form_id] = table
        findings += [f for f in found_elsewhere if f.form in others]
        questions += [q for q in asked_elsewhere if q.form in others]
    findings += _added(book, {*own, *(table.sheet for table in tables.values())})
    return tables, tuple(findings), tuple(questions)


def _added(book: Book, own: Collection[str]) -> Iterator[Finding]:
    """Of sheets that were not issued and were not read: they have content. The instruction sheet is known under another name too."""
    for name in book.sheets:
        if name in own or name.casefold() == MEMORY_SHEET:
            continue
        try:
            snapshot = book.snapshot(name)
        except CollabError:  # the pack itself can be read: one sheet more must not keep it out
            yield unreadable_sheet(name)
            continue
        if snapshot.value(3, 2) not in {text("pack.subtitle", lang) for lang in LANGS} and (said := added_sheet(snapshot)):
            yield said


def _any_sheet(book: Book, schema: Schema, context: Context, skip: frozenset[str] | set[str] = frozenset()) -> Read:
    """Every table of every visible sheet, those of one form joined."""
    found: dict[str, list[Table]] = {}
    findings: list[Finding] = []
    questions: list[Question] = []
    sheets = [name for name, state in book.sheets.items() if state == "visible" and name not in skip]
    context = _ordered(book, sheets, context)
    for name in sheets:
        parsed = parse_sheet(book.snapshot(name), schema, context)
        findings += parsed.findings
        questions += parsed.questions
        for table in parsed.tables:
            found.setdefault(table.form, []).append(table)
    return {form_id: joined(tables) for form_id, tables in found.items()}, tuple(findings), tuple(questions)


@dataclass(frozen=True)
class Survey:
    """What somebody's tracker holds, sheet by sheet in tab order, hidden sheets left out."""

    sheets: tuple[tuple[str, Parsed], ...]
    hidden: tuple[str, ...] = ()
    """Names of the hidden sheets that have content."""


def survey_job(job: Job) -> Survey:
    """Look for tables on every visible sheet of a tracker. Raises CollabError for a file that is no workbook."""
    book = read_csv(job.data, job.file) if extension(job.file) in TEXT else _opened(job)
    context = _around(job)
    sheets = [name for name, state in book.sheets.items() if state == "visible"]
    if hidden_values(book).get("kind") == "master":  # its other sheets are lists and reports made from these
        job = dataclasses.replace(job, forms=listed(hidden_values(book).get(ROW)))
        named = tables_of(job.forms, load()).values()
        ours = {book.tables[name].sheet for name in named if name in book.tables}
        sheets = [name for name in sheets if name in ours] or sheets
    context = _ordered(book, sheets, context)
    found = []
    for name in sheets:
        parsed = parse_sheet(book.snapshot(name), job.schema, context)
        snapshot = book.snapshot(name)
        parsed.own = [own_columns(snapshot, *pair, context) for pair in zip(parsed.tables, parsed.located, strict=True)]
        parsed.left_out = left_out(snapshot, parsed)
        parsed.why_none = why_none(snapshot, parsed, job.schema, context)
        found.append((name, parsed))
    hidden = [name for name, state in book.sheets.items() if state != "visible" and hidden_values(book).get("kind") is None]
    return Survey(tuple(found), tuple(name for name in hidden if any(v is not None for line in book.snapshot(name).cells for v in line)))
