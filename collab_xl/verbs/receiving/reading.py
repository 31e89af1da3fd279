"""Read one submitted file from its bytes to parsed tables. Runs in a worker: the main process never opens foreign files.

In: a `Job`, all that the worker needs.  Out: a `Reading`, plain values.  No effect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePath

from collab_xl.book.csv_file import read_csv
from collab_xl.book.hidden_sheet import HIDDEN_SHEET, LISTS_SHEET, hidden_values
from collab_xl.book.other_formats import LACKS, ODS, other_format, read_other
from collab_xl.book.project_file import read_project
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import InUse, Schema, load, schema_of
from collab_xl.forms.in_use import basic, in_use, tables_of
from collab_xl.intake.content import Changed
from collab_xl.intake.gates import TEXT, UNFINISHED, extension, look, reading_key, telling_field
from collab_xl.intake.package import MAX_BYTES, OLE, PackageScan, scan_other
from collab_xl.model.finding import Finding
from collab_xl.model.pack_texts import CLAIM, RESTING, mark, marks_in
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.returns import MEMORY_SHEET
from collab_xl.model.sheets import Cell, Snapshot, Table, joined
from collab_xl.model.similar import meant
from collab_xl.model.submission_log import Content
from collab_xl.model.week import week_days
from collab_xl.read.asked_words import about_words
from collab_xl.read.asking import Question, about_heading
from collab_xl.read.clues import day_order
from collab_xl.read.context import Context
from collab_xl.read.cross_table import Cross, find_cross
from collab_xl.read.cross_table import words as cross_words
from collab_xl.read.duty_words import matrix_form
from collab_xl.read.left_out import left_out, why_none
from collab_xl.read.matrix import find_matrix
from collab_xl.read.outside import added_sheet, around, mostly_ours, picked, typed_on, unreadable_sheet
from collab_xl.read.own_columns import own_with_places, without_values
from collab_xl.read.rows import says
from collab_xl.read.sheet import Parsed, parse_sheet
from collab_xl.read.table import parse_table


class Job(Struct, frozen=True):
    """One file to read. `near` is the day by which dates without a year are completed in hand-made sheets.

    Without a mail (`mailed` False), `near` is the file's time, which changes when the file is copied; so the day on which the workbook
    says it was saved comes first.
    """

    sha256: str
    file: str
    content: Content
    context: Context
    near: date | None = None
    mailed: bool = True
    forms: tuple[InUse, ...] = ()
    """The forms in use in the master; no other form is looked for. Without a master: the forms of a new one."""
    outline: bool = False
    """Nothing is merged now: tables come back without their values, except what is needed to report on them."""

    @property
    def key(self) -> str:
        return reading_key(self.file, self.sha256)

    @property
    def schema(self) -> Schema:
        return schema_of(load(), self.forms or basic(load()))


class Reading(Struct, frozen=True):
    """The content of a file. With `scan.code` set, the file was not opened; `failed` is any other reason why reading stopped."""

    sha256: str
    scan: PackageScan
    tables: Mapping[str, Table] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    """Questions about how its sender writes, which only a person can answer."""
    wants: tuple[str, ...] = ()
    """Forms that the department has picked on the first sheet for its next pack."""
    resting: frozenset[str] = frozenset()
    """Forms of the pack that were issued without a sheet."""


def read_job(job: Job) -> Reading:
    """Scan the file, then read and parse it. In a pack the tables are known; in any other file they are searched for."""
    try:
        data = job.content.read()
    except Changed:
        return Reading(job.sha256, PackageScan(UNFINISHED))
    inflated: dict[str, bytes] = {}
    looked = look(job.file, data, inflated)
    if looked.code:
        return Reading(job.sha256, looked)
    if extension(job.file) in TEXT:
        return _returned(job, Reading(job.sha256, looked, *_any_sheet(read_csv(data, job.file), job.schema, _context(job))))
    if looked.claims.get("kind", "pack") != "pack":
        return Reading(job.sha256, looked)  # a master, or its like: refused whatever it holds
    if looked.modified is not None and not job.mailed:
        job = replace(job, near=looked.modified.astimezone().date())
    book = _opened(job, data, inflated)
    if looked.claims.get("kind") != "pack":
        return _returned(job, Reading(job.sha256, looked, *_any_sheet(book, job.schema, _context(job))))
    pages = _own_pages(book, job.schema, looked.claims)
    tables, findings, questions = _pack(book, job, looked.claims, pages)
    resting = frozenset(looked.claims.get(RESTING, "").split())
    return _returned(job, Reading(job.sha256, looked, tables, (*findings, *pages.findings), questions, pages.wants, resting))


def _returned(job: Job, reading: Reading) -> Reading:
    """The reading, or its outline: of a file without findings, which tables it has, and in a hand-made file the rows' departments."""
    if not job.outline or reading.findings:
        return reading
    forms = {form.id: form for form in job.schema.forms}
    pack = reading.scan.claims.get("kind") == "pack"
    tables = {}
    for form, table in reading.tables.items():
        telling = telling_field(forms[form], table) if form in forms else ""
        kept = {} if pack else {f: v for f, v in table.values.items() if f == telling}
        rows = () if pack else table.rows
        tables[form] = Table(form, table.sheet, table.area, table.heading_rows, table.columns, {}, rows, kept, {}, cells=_cells_of(table))
    return replace(reading, tables=tables)


def _cells_of(table: Table) -> Mapping[str, Cell]:
    return table.cells or next((part.cells for _, part in table.parts if part.cells), {})


def scan_job(item: tuple[str, Content]) -> PackageScan:
    """The scan of a file that need not be read, or that could not be."""
    file, content = item
    try:
        return look(file, content.read())
    except Changed:
        return PackageScan(UNFINISHED)


Read = tuple[dict[str, Table], tuple[Finding, ...], tuple[Question, ...]]


def _opened(job: Job, data: bytes, inflated: Mapping[str, bytes] | None = None) -> Book:
    """The workbook; marks of an annotated return are removed first."""
    book = read_book(data, job.file, inflated)
    if not any(name.casefold() == MEMORY_SHEET for name in book.sheets):
        return book
    from collab_xl.book.annotate import without_marks

    return without_marks(book, data, job.file)


def _context(job: Job) -> Context:
    context = replace(job.context, file=PurePath(job.file).stem)
    if job.near is None or context.period is not None:
        return context
    return replace(context, period=(job.near, job.near))


def _with_date_order(book: Book, sheets: Sequence[str], context: Context) -> Context:
    """The context with the order of day and month in the whole file: a date on one sheet (13/7/2024) decides for all."""
    if context.day_first is not None:
        return context
    return replace(context, day_first=day_order(book.snapshot(name) for name in sheets))


class _OwnPages(Struct, frozen=True):
    """The first and the last sheet of a pack, under whatever names they came back. No data is read there; what was typed is reported."""

    names: frozenset[str]
    findings: tuple[Finding, ...] = ()
    wants: tuple[str, ...] = ()


def _own_pages(book: Book, schema: Schema, claims: Mapping[str, str]) -> _OwnPages:
    """What a department typed on our own sheets. A pack made before there were marks of our texts (`CLAIM`) has its instructions only."""
    guide, front = ({text(key, lang) for lang in LANGS} for key in ("build.pack.guide", "build.front.sheet"))
    ours = marks_in(claims.get(CLAIM, ""))
    if not ours:
        return _OwnPages(frozenset(guide))  # the first sheet is then said as a whole: what was typed there is not told apart
    forms = {table.sheet for table in book.tables.values()}
    names, findings, wants = set[str](), list[Finding](), dict[str, None]()
    by_name = {form.sheet[lang]: form.id for form in schema.forms for lang in LANGS}
    for name in book.sheets:
        if name in forms or name in (HIDDEN_SHEET, LISTS_SHEET) or name.casefold() == MEMORY_SHEET:
            continue
        try:
            snapshot = book.snapshot(name)
        except CollabError:
            continue
        if name in guide | front or mostly_ours(snapshot, ours):
            names.add(name)
            asked = picked(snapshot, ours, by_name)
            wants |= dict.fromkeys(asked.values())
            findings += typed_on(
                snapshot, ours | {mark(word) for word in by_name} if asked else ours, "guide" if name in guide else "front"
            )
    return _OwnPages(frozenset(names), tuple(findings), tuple(wants))


def _pack(book: Book, job: Job, claims: Mapping[str, str], pages: _OwnPages) -> Read:
    """The forms of a pack. A form without its ListObject (a sheet copied into another workbook, say) is searched for by its headings."""
    context = job.context
    try:
        context = replace(context, period=week_days(claims.get("week", "")))
    except ValueError:
        context = _context(job)
    tables: dict[str, Table] = {}
    findings: list[Finding] = []
    questions: list[Question] = []
    schema = job.schema
    own = {HIDDEN_SHEET, *pages.names}
    for form in schema.forms:
        ref = book.tables.get(form.table)
        if ref is not None:
            own.add(ref.sheet)
            table, found = parse_table(book.snapshot(ref.sheet), ref, form.as_issued, context)
            findings += found
            if not table.columns:  # its heading row is missing: search all sheets
                continue
            tables[form.id] = replace(table, raw={})  # the merge needs only parsed values; sending both takes twice as long
            told = {f.at.row for f in found if f.code == "H113" and f.at}
            findings += around(book.snapshot(ref.sheet), table, form, claims, told)
            questions += (q for f in found if f.code == "H102" and (q := about_heading(f, form)))
            questions += about_words(found, schema, context)
    for form in schema.others:  # issued while the form was in use: the merge leaves it out and reports it
        ref = book.tables.get(form.table)
        if ref is not None and ref.sheet not in own:
            own.add(ref.sheet)
            table, _ = parse_table(book.snapshot(ref.sheet), ref, form, context)
            tables[form.id] = replace(table, raw={})
    if not all(form.id in tables for form in schema.forms):
        read = {table.sheet for table in tables.values()} | pages.names
        others, found_elsewhere, asked_elsewhere = _any_sheet(book, schema, context, skip=read)
        for form_id, table in others.items():
            if form_id not in tables:
                tables[form_id] = table
        findings += [f for f in found_elsewhere if f.form in others]
        questions += [q for q in asked_elsewhere if q.form in others]
    findings += _unexpected_sheets(book, {*own, *(table.sheet for table in tables.values())})
    return tables, tuple(findings), tuple(questions)


def _is_own_page(snapshot: Snapshot) -> bool:
    """Whether a sheet is the first or the last one of a pack, by its title: what it lists stands on the sheets of the forms."""
    ends = tuple(text("build.front.title", lang, department="").strip() for lang in LANGS)
    return str(snapshot.value(2, 2) or "").strip().endswith(ends) or _is_guide(snapshot)


def _is_guide(snapshot: Snapshot) -> bool:
    return snapshot.value(3, 2) in {text("build.pack.subtitle", lang) for lang in LANGS}


def _unexpected_sheets(book: Book, own: Collection[str]) -> Iterator[Finding]:
    """A finding for every sheet with content that was neither issued nor read. The instruction sheet is recognised under any name."""
    for name, state in book.sheets.items():
        if name in own or name.casefold() == MEMORY_SHEET or (name == LISTS_SHEET and state != "visible"):
            continue
        try:
            snapshot = book.snapshot(name)
        except CollabError:  # an unreadable extra sheet must not stop the pack from being read
            yield unreadable_sheet(name)
            continue
        if not _is_guide(snapshot) and (said := added_sheet(snapshot)):
            yield said


def _of_source(theirs: Sequence[InUse], ours: Sequence[InUse]) -> tuple[InUse, ...]:
    """The forms of a master that is imported into another: its own headings and words, and the fields of the one that it comes into."""
    own = {f.id: tuple(s for s in f.own if s.is_own) for f in ours}
    theirs = [f for f in theirs if f.id in own or not ours]
    return tuple(replace(f, own=(*(s for s in f.own if not s.is_own and not s.is_aside), *own.get(f.id, ()))) for f in theirs)


def _with_rows(book: Book, forms: Sequence[InUse]) -> tuple[str, ...]:
    """The ids of those forms whose sheet in the book has rows."""
    out = []
    for form_id, name in ((form_id, name) for form_id, name in tables_of(tuple(forms), load()).items() if name in book.tables):
        area, snapshot = book.tables[name].data, book.snapshot(book.tables[name].sheet)
        columns = range(area.first_col, area.last_col + 1)
        if any(snapshot.value(row, col) is not None for row in range(area.first_row, area.last_row + 1) for col in columns):
            out.append(form_id)
    return tuple(out)


def _any_sheet(book: Book, schema: Schema, context: Context, skip: frozenset[str] | set[str] = frozenset()) -> Read:
    """Every table of every visible sheet; tables of one form are joined."""
    found: dict[str, list[Table]] = {}
    findings: list[Finding] = []
    questions: list[Question] = []
    sheets = [name for name, state in book.sheets.items() if state == "visible" and name not in skip]
    context = _with_date_order(book, sheets, context)
    for name in sheets:
        if _is_own_page(book.snapshot(name)):
            continue
        parsed = parse_sheet(book.snapshot(name), schema, context)
        findings += parsed.findings
        questions += parsed.questions
        for table in parsed.tables:
            found.setdefault(table.form, []).append(table)
    questions += about_words(findings, schema, context)
    return {form_id: joined(tables) for form_id, tables in found.items()}, tuple(findings), tuple(questions)


def _cross(snapshot: Snapshot, schema: Schema, context: Context) -> str:
    """What a cross-table is, why it is not read, and what to do; "" for any other sheet."""
    if matrix_form(schema) is None and (matrix := find_matrix(snapshot, load(), context)):
        kinds = {matrix.form.field(f).kind for f in matrix.kinds.values() if f}
        across = "department" if "department" in kinds else "person" if "person" in kinds else "role"
        cross = Cross(matrix.area, matrix.heading_row, matrix.work_col, across, "work", letters=True)
        return cross_words(cross, context, matrix.form.sheet[context.lang])
    found = find_cross(snapshot, context)
    return cross_words(found, context) if found else ""


class Survey(Struct, frozen=True):
    """The content of a tracker by sheet, in tab order, without hidden sheets."""

    sheets: tuple[tuple[str, Parsed], ...]
    hidden: tuple[str, ...] = ()
    """Names of hidden sheets with content."""
    scan: PackageScan = field(default_factory=PackageScan)
    """With a `code`, the file was not opened."""
    format: str = ""
    """Of a file that is no .xlsx: its format."""
    lacks: tuple[str, ...] = ()
    """What is not known of the cells in that format (`book.other_formats.LACKS`)."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Of a file of Microsoft Project: reason (`book.project.left.<reason>`) → how much is not on the list of tasks."""
    plan: str = ""
    """Of a file of Microsoft Project: which plan it is, whatever the file is called."""
    without_form: tuple[str, ...] = ()
    """Of another master: its forms with rows that the master it is imported into does not use."""
    chosen: bool = False
    """Whether a person chose some of the visible sheets: the others were not looked at."""


PROJECT = frozenset({".xml"})
"""Endings of files of Microsoft Project that are read."""
MPP = b"MSProject."
"""Stands in the files that Project itself writes, whatever they are called: MSProject.MPP14 in their stream CompObj."""


def _project(job: Job, data: bytes) -> Survey:
    """The tasks of a file of Microsoft Project."""
    if len(data) > MAX_BYTES:
        return Survey((), (), PackageScan("S107", (("size", f"{len(data) >> 20} MB"), ("limit", f"{MAX_BYTES >> 20} MB"))))
    made, context = read_project(data, job.file, job.schema, job.context.lang), _context(job)
    (sheet,) = made.book.sheets
    snapshot = made.book.snapshot(sheet)
    parsed = parse_sheet(snapshot, job.schema, context)
    _with_own(snapshot, parsed, context)
    return Survey(((sheet, parsed),), left_out=made.left_out, plan=made.plan)


def _with_own(snapshot: Snapshot, parsed: Parsed, context: Context) -> None:
    found = [own_with_places(snapshot, *pair, context) for pair in zip(parsed.tables, parsed.located, strict=True)]
    parsed.own, parsed.own_at = [own for own, _ in found], [at for _, at in found]
    for table, located in zip(parsed.tables, parsed.located, strict=True):
        parsed.findings += without_values(snapshot, table, located)


def survey_job(job: Job) -> Survey:
    """Search every visible sheet of a tracker for tables. Raises CollabError for a file that is not a workbook."""
    data = job.content.read()
    if extension(job.file) in PROJECT:
        return _project(job, data)
    if data.startswith(OLE) and MPP in data:
        raise CollabError("import_project", file=job.file)
    kind = "" if extension(job.file) in TEXT else other_format(data)
    looked = scan_other(data, ods=kind == ODS) if kind else look(job.file, data, own=True)
    if looked.code:
        return Survey((), (), looked)
    book = read_csv(data, job.file) if extension(job.file) in TEXT else read_other(data, job.file) if kind else _opened(job, data)
    return survey_book(book, job, kind)


def survey_book(book: Book, job: Job, kind: str = "") -> Survey:
    """`survey_job` of a workbook that is open; `kind`: its format, where it is no .xlsx."""
    context = _context(job)
    sheets = [name for name, state in book.sheets.items() if state == "visible" and not _is_own_page(book.snapshot(name))]
    about, lacking, left = hidden_values(book), tuple[str, ...](), set[str]()
    if about.get("kind") == "pack":
        raise CollabError("import_pack", file=job.file, department=about.get("department") or "?")
    if about.get("kind") == "master":  # its other sheets are generated from the form sheets
        theirs = in_use(about)
        job = replace(job, forms=_of_source(theirs, job.forms))
        known = {ours.id for ours in job.forms}
        lacking = _with_rows(book, [f for f in theirs if known and f.id not in known])
        named = tables_of(job.forms, load()).values()
        ours = {book.tables[name].sheet for name in named if name in book.tables}
        sheets = [name for name in sheets if name in ours] or sheets
    if context.told and context.told.sheets:
        unknown = [name for name in context.told.sheets if name not in book.sheets]
        if unknown:
            raise CollabError("import_no_sheet", file=job.file, sheet=unknown[0], sheets=tuple(sheets), meant=meant(unknown[0], sheets))
        chosen = [name for name in book.sheets if name in context.told.sheets]
        left, sheets = set(sheets) - set(chosen), chosen
    context = _with_date_order(book, sheets, context)
    found = []
    for name in sheets:
        parsed = parse_sheet(book.snapshot(name), job.schema, context)
        snapshot = book.snapshot(name)
        _with_own(snapshot, parsed, context)
        for own, deep in zip(parsed.own, parsed.depths, strict=True):
            have = {heading.casefold() for heading in own}
            own.update({heading: cells for heading, cells in deep.columns.items() if heading.casefold() not in have})
        parsed.left_out = left_out(snapshot, parsed)
        if not parsed.tables and not parsed.questions:
            parsed.cross = _cross(snapshot, job.schema, context)
        parsed.why_none = why_none(snapshot, parsed, job.schema, context)
        parsed.has_content = any(says(v) for line in snapshot.cells for v in line)
        found.append((name, parsed))
    by_name = dict(found)
    for q in about_words((f for _, parsed in found for f in parsed.findings), job.schema, context):
        by_name[q.at.sheet].questions.append(q)
    hidden = [name for name, state in book.sheets.items() if state != "visible" and hidden_values(book).get("kind") is None]
    hidden = [name for name in hidden if any(v is not None for line in book.snapshot(name).cells for v in line)]
    return Survey(tuple(found), tuple(hidden), format=kind, lacks=LACKS.get(kind, ()), without_form=lacking, chosen=bool(left))
