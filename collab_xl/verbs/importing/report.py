"""The report of an import: tables found and why, the mapping of columns, unreadable cells, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.catalogue import finding_text, sentences, text
from collab_xl.errors import FINDINGS, OK
from collab_xl.forms import BASIC, Field, Schema, load
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Area, a1, column_letters
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value, same_value
from collab_xl.plan.repeats import grouped
from collab_xl.plan.show import show
from collab_xl.read.asking import Question
from collab_xl.read.choices import key_of
from collab_xl.read.located import Located
from collab_xl.read.sheet import Parsed
from collab_xl.read.text import quoted
from collab_xl.verbs.asking import questions as questions_of
from collab_xl.verbs.findings import finding_json
from collab_xl.verbs.importing.rows import NO_RESULT
from collab_xl.verbs.importing.survey import SurveyedFile, doubled_keys
from collab_xl.verbs.report import Listing, Report

SAMPLE = 40
"""Most characters of a cell that the mapping shows."""
CELLS_SHOWN = 12
REASONS_SHOWN = 4
"""Reasons for which sheets were not read that are told; the sheets beyond are only named."""
SHOWN_ELSEWHERE = frozenset({"H101", "H104"})
"""Findings about columns which the mapping and its lines say already."""


def survey_report(
    surveyed: Sequence[SurveyedFile],
    lang: str,
    explain: bool,
    schema: Schema,
    decisions: Sequence[questions_of.Decision],
    not_asked: Sequence[Question],
) -> Report:
    """What was read, for a person to see before confirming: a line per file, the mapping of every table, what was not read, the questions.
    `schema`: the forms that were looked for. `not_asked`: questions beyond the most that are asked about a file."""
    questions = [q for each in decisions for q in each]
    numbers = questions_of.labels(decisions)
    lines: list[str] = []
    listings: list[Listing] = []
    sheets: list[dict[str, object]] = []
    findings: list[Finding] = []
    for source in surveyed:
        own: list[Finding] = []
        records = tables = 0
        for name, parsed in source.survey.sheets:
            sheets.append({"source": source.name, "sheet": name, "tables": _tables_json(parsed), "left_out": _left_out_json(parsed)})
            sheets[-1].update({"why_not_read": parsed.why_none} if not parsed.tables and parsed.has_content else {})
            sheets[-1].update({"cross_table": parsed.cross} if parsed.cross else {})
            records += sum(len(t) for t in parsed.tables)
            tables += len(parsed.tables)
            own += [*map(_of_an_import, parsed.findings), *doubled_keys(parsed.tables, schema)]
            listings += (
                _mapping(name, table, located, kept, lang, explain, schema)
                for table, located, kept in zip(parsed.tables, parsed.located, parsed.own, strict=True)
            )
        order = {name: i for i, (name, _) in enumerate(source.survey.sheets)}
        own.sort(key=lambda f: (order.get(f.at.sheet, 0), f.at.row, f.at.col) if f.at else (0, 0, 0))
        to_review = sum(f.code not in SHOWN_ELSEWHERE and not _is_asked(f, questions) for f in own)
        lines.append(text("verbs.say.import", lang, source=source.name, sheets=tables, records=records, findings=to_review))
        if source.survey.format:
            lacks = tuple(text(f"read.word.lacks_{what}", lang) for what in source.survey.lacks)
            lines.append(text("verbs.say.import_format", lang, format=source.survey.format, lacks=lacks))
        if left := source.survey.left_out:
            parts = tuple(text(f"book.project.left.{why}", lang, n=n) for why, n in left.items())
            lines.append(text("verbs.say.import_project", lang, parts=parts))
        lines += _no_result_lines(own, lang)
        lines += _no_status_lines(source, lang, schema)
        lines += _left_out_lines(source, lang, explain)
        if source.survey.without_form:
            names = tuple(load().form(form_id).title[lang] for form_id in source.survey.without_form)
            lines.append(text("verbs.say.import_without_form", lang, names=names, forms=" ".join(source.survey.without_form)))
        lines += _column_lines(source, own, lang)
        if source.survey.hidden:
            lines.append(text("verbs.say.import_hidden", lang, sheets=source.survey.hidden))
        findings += own
    if not_asked:
        lines.append(text("verbs.say.import_not_asked", lang, count=len(not_asked), names=tuple(dict.fromkeys(q.found for q in not_asked))))
    if shown := [f for f in findings if f.code not in SHOWN_ELSEWHERE and not _is_asked(f, questions)]:
        listings.append(_finding_list(shown, questions, numbers, lang))
    if questions:
        listings.append(questions_of.listing(decisions, lang, schema))
    body = {
        "version": "collab-xl/import/1",
        "sheets": sheets,
        "hidden_sheets": [name for source in surveyed for name in source.survey.hidden],
        "questions": [_question_json(q, n, lang, schema) for n, q in zip(numbers, questions, strict=True)],
        "findings": [finding_json(f, lang) for f in findings],
    }
    bad = any(f.severity is not Severity.NOTE for f in findings) or bool(questions)
    return Report(lang, body, tuple(lines), tuple(listings), FINDINGS if bad else OK)


def _of_an_import(f: Finding) -> Finding:
    """A tracker of one's own needs no column of IDs: its rows are numbered. (A workbook that comes back from a department does.)"""
    return replace(f, severity=Severity.NOTE) if f.code == "H104" else f


def _is_asked(f: Finding, questions: Sequence[Question]) -> bool:
    """Whether a question below says the same of the same heading."""
    return any(q.code == f.code != "V201" and q.at == f.at for q in questions)


def _column_lines(source: SurveyedFile, findings: Sequence[Finding], lang: str) -> list[str]:
    """What the mapping does not say of columns: that rows without an ID are numbered, and how a column of one's own is made one of ours."""
    out = []
    if lacking := {f.expected: f.at.sheet for f in findings if f.code == "H104" and f.at}:
        out.append(text("verbs.say.import_numbered", lang, names=tuple(lacking)))
    if any(f.code == "H101" for f in findings):
        out.append(text("verbs.say.import_own", lang))
    return out


def _no_result_lines(findings: Sequence[Finding], lang: str) -> list[str]:
    """How many cells come in blank because the results of their formulas are not in the file."""
    cells = [f.at for f in findings if f.code == NO_RESULT and f.at]
    columns = tuple(dict.fromkeys(f"{at.sheet}!{column_letters(at.col)}" for at in cells))
    return [text("verbs.say.import_no_result", lang, count=len(cells), columns=columns)] if cells else []


def _no_status_lines(source: SurveyedFile, lang: str, schema: Schema) -> list[str]:
    """The sheets with a table without a column from which it is seen that a row is finished."""
    without: dict[str, dict[str, None]] = {}
    for name, parsed in source.survey.sheets:
        for table, located in zip(parsed.tables, parsed.located, strict=True):
            if located.cells:
                continue  # a request form is filled in before anything is done
            form = schema.form(table.form)
            told = {f for role in ("status", "finished", "progress") if (f := form.id_of(role))}
            if form.role("status") is not None and len(table) and not told & set(table.columns):
                without.setdefault(form.field(form.id_of("status")).heading[lang], {}).setdefault(name)
    asked = {q.suggestion for q in source.questions}
    status = {form.field(f).heading[lang]: f for form in schema.forms if (f := form.id_of("status"))}
    return [
        text(f"verbs.say.import_no_status{'' if status[heading] in asked else '_map'}", lang, sheet=tuple(names), heading=heading)
        for heading, names in without.items()
    ]


def _left_out_lines(source: SurveyedFile, lang: str, explain: bool) -> list[str]:
    """Content outside tables, which is not imported; with `explain` also why a sheet has no table."""
    out = []
    for name, parsed in source.survey.sheets:
        if parsed.tables and parsed.left_out:
            parts = tuple(f"{_shown(area)}{text(f'read.word.left_{why}', lang)}" for area, why in parsed.left_out)
            out.append(text("verbs.say.import_left", lang, sheet=name, parts=parts))
        elif parsed.cross:
            out.append(text("verbs.say.import_cross", lang, sheet=name, what=parsed.cross))
        elif not parsed.tables and explain:
            out.append(text("verbs.say.import_no_table", lang, sheet=name, why=parsed.why_none))
    return out if explain else [*out, *_not_read_lines(source, lang)]


def _not_read_lines(source: SurveyedFile, lang: str) -> list[str]:
    """The sheets with content that are not read and not asked about, and why: a line for each reason."""
    why: dict[str, list[str]] = {}
    for name, parsed in source.survey.sheets:
        if not parsed.tables and not parsed.questions and not parsed.cross and parsed.has_content:
            why.setdefault(parsed.why_none, []).append(name)
    told = list(why.items())
    out = [
        text("verbs.say.import_sheets_unread", lang, count=len(names), sheets=tuple(names), why=reason)
        for reason, names in told[:REASONS_SHOWN]
    ]
    if rest := [name for _, names in told[REASONS_SHOWN:] for name in names]:
        out.append(text("verbs.say.import_sheets_unread_more", lang, count=len(rest), sheets=tuple(rest)))
    return out


def _left_out_json(parsed: Parsed) -> list[dict[str, str]]:
    return [{"area": str(area), "why": why} for area, why in parsed.left_out]


def _tables_json(parsed: Parsed) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    for table, located, kept in zip(parsed.tables, parsed.located, parsed.own, strict=True):
        out.append(
            {
                "form": table.form,
                "layout": "labels" if located.cells else "table",
                "heading_rows": list(table.heading_rows),
                "columns": {
                    place: {"heading": heading, "field": fields[0] if fields else None, "fields": list(fields), "how": how}
                    for place, heading, fields, how in _places(located)
                },
                "first_row": table.rows[0] if table.rows else None,
                "last_row": table.rows[-1] if table.rows else None,
                "rows": list(table.rows),
                "records": len(table),
                "own_columns": list(kept),
                "score": round(located.score, 3),
                "why": located.why,
            }
        )
    return out


def _places(located: Located) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Column letters (or the cell of a labelled value), heading, fields it is read into, and how it was found."""
    columns = [(column_letters(col), heading, fields, located.how[col]) for col, (heading, fields) in sorted(located.columns.items())]
    return columns + [(a1(*at), label, fields, located.how[at]) for at, (label, fields) in sorted(located.cells.items())]


def _question_json(q: Question, number: str, lang: str, schema: Schema) -> dict[str, object]:
    return {
        "id": q.id,
        "kind": q.kind,
        "code": q.code,
        "sheet": q.at.sheet,
        "cell": q.at.cell,
        "found": q.found,
        "options": list(q.options),
        "suggestion": q.suggestion or None,
        "question": questions_of.words(q, lang, schema),
        "answer": questions_of.how(q, number, lang, schema),
    }


def _mapping(
    sheet: str, table: Table, located: Located, kept: Mapping[str, Sequence[Value]], lang: str, explain: bool, schema: Schema
) -> Listing:
    """The mapping of one table for a person to check: column, heading, field, first cells."""
    form = schema.form_for_display(table.form)
    names = {f.id: f.heading[lang] for f in form.fields}
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("column", "heading", "goes_to", "sample", *(("how",) if explain else ())))
    own = {name.rpartition("·")[0] or name: values for name, values in kept.items()} | dict(kept)
    rows = []
    for place, heading, fields, how in _places(located):
        title = " ".join(heading.split())
        values = next((own[n] for n in (f"{title}·{place}", title) if n in own), None)
        if fields:
            sample = next((_sample(v, table, form.field(f), lang) for f in fields for v in _raw_in(table, f, place) if v is not None), "")
            goes_to = " + ".join(names.get(f, table.headings.get(f, f)) for f in fields)
            goes_to = text("verbs.word.kept_beside", lang, field=goes_to) if values else goes_to
        else:
            sample = next((quoted(v) for v in values or () if v is not None), "")
            goes_to = text("verbs.word.own_column" if values else "verbs.word.not_imported", lang)
        shown = (place, title, goes_to, sample if len(sample) <= SAMPLE else sample[: SAMPLE - 1] + "…")
        rows.append((*shown, text(f"read.word.how_heading_{how}", lang)) if explain else shown)
    first, last = table.heading_rows
    where = f"{first}" if first == last else f"{first}–{last}"
    title = text("verbs.say.import_table", lang, sheet=sheet, form=form.title[lang], headings=where, records=len(table))
    if not located.named and form.id not in BASIC:
        title += text("verbs.say.import_other_form", lang, form=schema.form(BASIC[1]).title[lang])
    return Listing(f"{title}\n{located.why}" if explain else title, columns, tuple(rows))


def _raw_in(table: Table, field_id: str, column: str) -> Sequence[Value]:
    """The raw values of a field; of a matrix those in this column, if the field has some there."""
    raw, placed = table.raw.get(field_id, ()), table.placed.get(field_id, ())
    return [v for v, (_, col) in zip(raw, placed, strict=False) if column_letters(col) == column] or raw


def _sample(raw: Value, table: Table, of: Field, lang: str) -> str:
    """A cell as the tracker shows it: a number that was read as a share is a percentage, as `1` could be 1 of 100."""
    if of.kind == "percent" and isinstance(raw, float | int):
        values = (v for r, v in zip(table.raw.get(of.id, ()), table.values.get(of.id, ()), strict=False) if r is raw or r == raw)
        if same_value(raw, next(values, None)):
            return show(raw, of, lang)
    return quoted(raw)


def _shown(area: Area) -> str:
    first, _, last = str(area).partition(":")
    return first if first == last else str(area)


def _finding_list(findings: Sequence[Finding], questions: Sequence[Question], numbers: Sequence[str], lang: str) -> Listing:
    """Each unreadable cell in a line of its own. An assumption made for several cells, and words that are asked about, have one line with
    all of them."""
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("severity", "code", "cell", "message", "fix"))
    notes = {id(g.first): g for g in grouped(f for f in findings if f.severity is Severity.NOTE)}
    asked = {id(f): n for f in findings if (n := _asked_in(f, questions))}
    told: set[int] = set()
    columns_told: dict[tuple[str, int], str] = {}
    """(sheet, column) → what was said of its first formula without a result."""
    rows: list[tuple[str, str, str, str, str]] = []
    same: dict[tuple[str, str, str], list[str]] = {}
    """(code, what, fix) → the cells where it stands."""
    for f in findings:
        if number := asked.get(id(f)):
            if number not in told:
                told.add(number)
                held = [g.at.cell for g in findings if asked.get(id(g)) == number and g.at]
                places = (*held[:CELLS_SHOWN], *(("…",) if len(held) > CELLS_SHOWN else ()))
                facts = {"found": questions[number - 1].found, "heading": f.facts.get("heading", ""), "count": len(held), "cells": places}
                said, fix = text("verbs.say.import_words", lang, **facts), text("verbs.say.import_words_fix", lang, n=numbers[number - 1])
                rows.append((text(f"model.severity.{f.severity}", lang), f.code, str(f.at or ""), said, fix))
            continue
        group = notes.get(id(f)) if f.severity is Severity.NOTE else None
        if f.severity is Severity.NOTE and group is None:
            continue
        said, fix = finding_text(f, "what", lang), finding_text(f, "fix", lang)
        if f.code == NO_RESULT and f.at is not None:
            said = columns_told.setdefault((f.at.sheet, f.at.col), said)
        cells = [str(m.at) for m in (group.members if group is not None else (f,)) if m.at]
        if (f.code, said, fix) not in same:
            rows.append((text(f"model.severity.{f.severity}", lang), f.code, str(f.at or ""), said, fix))
        same.setdefault((f.code, said, fix), []).extend(cells)
    return Listing("", columns, tuple((*row[:3], _with_others(row[3], same.get((row[1], *row[3:]), ()), lang), row[4]) for row in rows))


def _with_others(said: str, cells: Sequence[str], lang: str) -> str:
    """The sentence, and where the same is said again; cells of another sheet with its name."""
    first = cells[0].rpartition("!")[0] if cells else ""
    others = tuple(dict.fromkeys(cell.removeprefix(f"{first}!") for cell in cells if cell != cells[0]))
    shown = (*others[:CELLS_SHOWN], *(("…",) if len(others) > CELLS_SHOWN else ()))
    return sentences((said, text("verbs.say.import_same", lang, count=len(others), cells=shown) if others else ""), lang)


def _asked_in(f: Finding, questions: Sequence[Question]) -> int:
    """The number of the question about the word of a cell; 0 if there is none."""
    word = key_of(str(f.facts["word"])) if f.code == "V201" and "word" in f.facts else ""
    ours = (n for n, q in enumerate(questions, 1) if word and (q.form, q.field) == (f.form, f.field) and word in map(key_of, q.words))
    return next(ours, 0)
