"""Read a sheet of any layout: find its tables, match its columns, keep its records, report the rest. Pure.

A heading row that occurs again further down starts a second table (`Parsed.tables` has both, H111 reports it). Each keeps its
heading rows and its range; a caller that needs one list of records joins the tables of one form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Schema
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address, Area
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import Cell, Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.almost import misspelt, nearly_found
from collab_xl.read.asking import Question, remarks
from collab_xl.read.body import Body
from collab_xl.read.clues import Clues
from collab_xl.read.columns import ColumnReader, Special, date_columns
from collab_xl.read.content import likely, subject, unlike
from collab_xl.read.context import Context, of_book
from collab_xl.read.date_order import ORDERS, suggested
from collab_xl.read.heading_words import named_in, says_title
from collab_xl.read.headings import fold, lexicon
from collab_xl.read.label_lines import find_label_lines
from collab_xl.read.label_table import dated, read_label_form
from collab_xl.read.labels import find_label_forms
from collab_xl.read.levels import Depth, depth
from collab_xl.read.levels import words as depth_words
from collab_xl.read.locate import FoundBlock, find_blocks, titles, told_blocks
from collab_xl.read.located import Located, located_labels, located_table, with_ticks
from collab_xl.read.matrix import find_matrix, find_named_matrix, question_of
from collab_xl.read.matrix_table import read_matrix
from collab_xl.read.plain_list import PlainList, answered_list, plain_list
from collab_xl.read.remarks import finding
from collab_xl.read.request_form import find_request, read_parts, without_parts
from collab_xl.read.table import held
from collab_xl.read.text import quoted
from collab_xl.read.ticked import Ticked, ticked


class Parsed(Struct):
    """The content of a sheet. A sheet that is no tracker has no tables; `located` has one entry per table."""

    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    own: list[dict[str, list[Value]]] = field(default_factory=list)
    """On request: the user's own columns of each table, by heading, one raw value per record."""
    own_at: list[dict[str, int | Cell]] = field(default_factory=list)
    """Where each of them stands: its column, or its cell in a form of labels and values; not those made of levels and groups."""
    depths: list[Depth] = field(default_factory=list)
    """The levels and groups of each table; an import keeps them as own columns."""
    left_out: list[tuple[Area, str]] = field(default_factory=list)
    """On request: content outside the tables, and its place (see `left_out`)."""
    cross: str = ""
    """On request: what a cross-table is, why it is not read, and what to do; "" where the sheet is none."""
    why_none: str = ""
    """On request: why the sheet has no table, as a text."""
    has_content: bool = False
    """On request: whether any cell of the sheet has content."""


def parse_sheet(snapshot: Snapshot, schema: Schema, context: Context) -> Parsed:
    """Every table of our forms on the sheet, from the top; findings in sheet order; questions for what only a person can decide."""
    out, context = Parsed(), of_book(context, snapshot)
    special = Special(snapshot)
    request = find_request(snapshot, schema, context)
    blocks = [b for b in find_blocks(snapshot, schema, context) if request is None or not request.meets(b.first, b.body_last)]
    named = find_named_matrix(snapshot, schema, context)
    if named is not None:
        blocks = [b for b in blocks if b.body_last < named.heading_row or b.first > named.area.last_row]
    lined = None if request or named else find_label_lines(snapshot, schema, context)
    if lined is not None:
        blocks = []
    elif not blocks and request is None and named is None and (answered := answered_list(snapshot, schema, context)):
        blocks = [answered]
    bodies = [_body(snapshot, b, special, context) for b in blocks]
    labelled = [lined] if lined else find_label_forms(snapshot, schema, context, blocks, request.covers if request else None)
    clues = Clues(
        context,
        lambda: chain(
            chain.from_iterable(body.raw[c] for body in bodies for c in date_columns(body.form, body.mapped)),
            chain.from_iterable(map(dated, labelled)),
        ),
        lambda: _titles(snapshot, [*(body.block.first for body in bodies), *(found.heading_rows[0] for found in labelled)]),
    )
    seen: dict[str, FoundBlock] = {}
    for body in bodies:
        block = body.block
        first = seen.setdefault(block.form.id, block)
        again = first is not block and {m.heading for m in first.matching.mapped} == {m.heading for m in block.matching.mapped}
        guesses = {} if again else likely(block.form, block.matching, body.sample, context)
        found: list[Finding] = []
        questions: list[Question] = []
        if not again:
            silent = {*body.blank, *unlike(block.form, block.matching, body.sample, context)}
            found, questions = remarks(snapshot.sheet, block.form, block.matching, context, ours=False, likely=guesses, blank=silent)
        at = Address(snapshot.sheet, block.first, block.first_col)
        if again:
            found = [finding("H111", at, form=block.form.id, first=first.first, row=block.first)]
        elif block.form.key.id not in block.matching.fields:
            found.append(finding("H104", at, form=block.form.id, expected=block.form.key.heading[context.lang], table=snapshot.sheet))
        read = ColumnReader(snapshot, block.form, context, clues, special, body.mapped, body.rows).read(body.raw)
        last = body.rows[-1] if body.rows else block.last
        area = Area(block.first, block.first_col, max(last, block.last), block.last_col)
        ref = next(
            (t for t in snapshot.tables if t.area.first_row == block.first and t.area.first_col <= block.first_col <= t.area.last_col), None
        )
        out.tables.append(
            Table(
                form=block.form.id,
                sheet=snapshot.sheet,
                area=area,
                heading_rows=(block.first, block.last),
                columns=read.columns,
                headings=read.headings,
                rows=body.rows,
                values=read.values,
                raw=read.raw,
                row_ids=body.row_ids,
                extra=body.extra,
                held=held(snapshot, body.rows, read),
                placed=body.placed,
                name=ref.name if ref else None,
                totals_rows=ref.totals_rows if ref else 0,
            )
        )
        out.located.append(located_table(snapshot, block, body.extra, area, context))
        if body.ticks:
            out.located[-1] = with_ticks(out.located[-1], body.ticks.field, body.ticks.words)
            found.append(_ticks_said(snapshot, body.ticks, context))
        deep = depth(snapshot, out.tables[-1], block.form, body.extra, body.groups, context)
        out.depths.append(deep)
        if deep.columns:
            read.findings.append(finding("H127", at, form=block.form.id, found=depth_words(deep, context), kept=tuple(deep.columns)))
        out.questions += questions
        out.findings += found + body.findings + read.findings
    for found_form in labelled:
        asked_for = request if request is not None and found_form.form.id == request.form.id else None
        found_form = without_parts(found_form, asked_for, context) if asked_for else found_form
        table, found, questions = read_label_form(snapshot, found_form, context, clues)
        out.tables.append(table)
        out.depths.append(Depth({}))
        out.located.append(located_labels(snapshot, found_form, context))
        out.findings += found
        out.questions += questions
        if asked_for:
            parts, said = read_parts(snapshot, asked_for, table, schema, context)
            request, out.findings = None, out.findings + said
            for table, located, found in parts:
                out.tables.append(table)
                out.depths.append(Depth({}))
                out.located.append(located)
                out.findings += found
    if matrix := named or (None if out.tables else find_matrix(snapshot, schema, context)):
        if asked := question_of(matrix, snapshot):
            expected = matrix.form.field(asked.suggestion).heading[context.lang]
            names = tuple(matrix.form.field(f).heading[context.lang] for f in asked.options)
            why = text("read.word.likely_across", context.lang, expected=expected, options=names)
            form_id, field_id = matrix.form.id, asked.suggestion
            out.findings.append(finding("H121", asked.at, form=form_id, field_id=field_id, found=asked.found, expected=expected, why=why))
            out.questions.append(asked)
        else:
            table, found, questions, where = read_matrix(snapshot, matrix, context)
            out.tables.append(table)
            out.depths.append(Depth({}))
            out.located.append(where)
            out.findings += found
            out.questions += questions
    if not out.tables and not out.questions:
        found, out.questions = _asked_about(snapshot, schema, context)
        out.findings += found
    out.questions += _order_question(snapshot, out, schema, context, clues)
    out.findings.sort(key=lambda f: (f.at.row, f.at.col) if f.at else (0, 0))
    return out


def _asked_about(snapshot: Snapshot, schema: Schema, context: Context) -> tuple[list[Finding], list[Question]]:
    """The question about a sheet without a table: what the rows of its likeliest list are about. Misspelt headings go first, then the list
    for which most speaks, if as many of its headings are known."""
    plain = plain_list(snapshot, schema, context)
    for almost, by_cells in _almost(snapshot, schema, context):
        if by_cells and plain and (plain.row < almost.first or len(plain.block.matching.mapped) >= len(almost.matching.mapped)):
            break
        found, questions = _what_is_it_about(snapshot, almost, context, by_cells)
        if questions:
            return found, questions
    return _is_it_a_list(snapshot, plain, context) if plain else ([], [])


def _almost(snapshot: Snapshot, schema: Schema, context: Context) -> Iterator[tuple[FoundBlock, bool]]:
    """Heading rows that come close, and whether the cells may say which column is the title: a misspelt title goes first.

    By the cells, the form with the most columns is asked about; of several the first of the schema, as its own headings say no more then.
    """
    if context.told and context.told.headings:
        said = told_blocks(snapshot, schema, context)
        yield from ((block, by_cells) for by_cells in (False, True) for block in said)
        return
    near = nearly_found(snapshot, schema, context)
    yield from ((block, False) for block in near)
    yield from ((block, False) for block in misspelt(snapshot, schema, context))
    order = {form.id: n for n, form in enumerate(schema.forms)}

    def likeliest(b: FoundBlock) -> tuple[bool, float, int]:
        known = len(b.matching.mapped) + len(b.matching.either)
        about = max((says_title(b.form, heading) for heading in b.matching.extra.values()), default=0.0)
        named = any(named_in(b.form, t) for t in titles(snapshot, b.first, context))
        return not b.titled, -known - about - _NAMED * named, order[b.form.id]

    for block in sorted(near, key=likeliest):
        yield block, True


_NAMED = 2
"""What a word of the form in the sheet's name or a title counts, in columns."""


def _what_is_it_about(snapshot: Snapshot, almost: FoundBlock, context: Context, by_cells: bool) -> tuple[list[Finding], list[Question]]:
    """A tracker whose title column has an unknown heading: a question is asked, and nothing is read before the answer."""

    def sample(col: int) -> list[Value]:
        return [snapshot.value(row, col) for row in range(almost.last + 1, min(almost.body_last, almost.last + 200) + 1)]

    lex, title = lexicon(almost.form, context.lang), almost.form.id_of("title")
    near = {lex.near(heading, almost.matching.fields) for heading in almost.matching.extra.values()}
    guesses = {} if title in near or not by_cells else subject(almost.form, almost.matching, sample, context)
    if not guesses and title not in near:
        return [], []
    found, questions = remarks(snapshot.sheet, almost.form, almost.matching, context, ours=False, likely=guesses)
    if by_cells:  # its other columns are asked about when their rows are known
        found, questions = [f for f in found if f.field == title], [q for q in questions if q.suggestion == title]
    return [f for f in found if f.code in ("H102", "H121")], questions


def _body(snapshot: Snapshot, block: FoundBlock, special: Special, context: Context) -> Body:
    ticks = ticked(snapshot, block, context)
    return Body(snapshot, ticks.block if ticks else block, special, ticks)


def _ticks_said(snapshot: Snapshot, ticks: Ticked, context: Context) -> Finding:
    form = ticks.block.form
    at = Address(snapshot.sheet, ticks.block.last, ticks.at)
    names = COMMA[context.lang].join(" ".join(word.split()) for word in ticks.words.values())
    return finding("H129", at, form=form.id, field_id=ticks.field, found=names, expected=form.field(ticks.field).heading[context.lang])


def _is_it_a_list(snapshot: Snapshot, plain: PlainList, context: Context) -> tuple[list[Finding], list[Question]]:
    """The question whether a list that no form knows is one of ours: is this column what its rows are about?"""
    form, lang = plain.block.form, context.lang
    title = form.id_of("title")
    at, found = Address(snapshot.sheet, plain.row, plain.col), quoted(plain.heading)
    expected, hint = form.field(title).heading[lang], plain.hint(context)
    why = text("read.word.likely_list", lang, form=form.title[lang], signs=hint)
    options = tuple(f.id for f in form.fields if f.id not in plain.block.matching.fields or f.id == title)
    word = fold(plain.heading)
    asked = Question(
        *(f"heading:{snapshot.sheet}:{word}", "heading", "H121", at, found, options, title, form.id), hint=hint, doubt=1 / plain.evidence
    )
    return [finding("H121", at, form=form.id, field_id=title, found=found, expected=expected, why=why)], [asked]


def _titles(snapshot: Snapshot, firsts: Sequence[int]) -> list[Value]:
    """The sheet's name and the texts above its first headings."""
    last = min(firsts, default=snapshot.first_row) - snapshot.first_row
    return [snapshot.sheet, *(v for line in snapshot.cells[:last] for v in line if v is not None)]


def _order_question(snapshot: Snapshot, out: Parsed, schema: Schema, context: Context, clues: Clues) -> list[Question]:
    """The question whether the file writes day or month first: one per file, at the first date that needs it."""
    first = next((f for f in out.findings if f.code == "V204" and f.facts.get("kind") == "order"), None)
    if first is None or first.at is None or clues.day_first is not None:
        return []
    order, why = suggested(snapshot, out.tables, schema, context)
    return [
        Question(f"date_order:{first.at.sheet}", "date_order", "V204", first.at, first.found, ORDERS, order, first.form or "", hint=why)
    ]
