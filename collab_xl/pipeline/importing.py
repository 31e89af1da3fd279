"""Import: an existing tracker into a master. Shows what was found where; writes only when confirmed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from collab_xl import schema as schemas
from collab_xl.catalogue import finding_text, has, text
from collab_xl.engines.pool import SafePool
from collab_xl.engines.refusal import reason
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.intake.gates import TEXT, extension
from collab_xl.intake.package import scan
from collab_xl.model.directory import Directory, folded
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.keys import KeyMaker
from collab_xl.model.place import column_letters
from collab_xl.model.plan import NewRow, Provenance
from collab_xl.model.sheets import Table
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.parse.asking import Question
from collab_xl.parse.context import Context
from collab_xl.parse.sheet import Parsed
from collab_xl.pipeline import questions as questions_of
from collab_xl.pipeline.data import data_plan, keyed
from collab_xl.pipeline.findings import finding_json
from collab_xl.pipeline.logs import changes_plan, home
from collab_xl.pipeline.reading import Job, Survey, survey_job
from collab_xl.pipeline.reference import init
from collab_xl.pipeline.report import Listing, Report
from collab_xl.pipeline.session import Session, opened
from collab_xl.plan.applied import applied

PRELOAD = ("collab_xl.pipeline.reading",)
KINDS = (".xlsx", ".xlsm", ".xltx", ".csv")


@dataclass(frozen=True)
class Source:
    """One tracker, surveyed."""

    path: Path
    sha256: str
    survey: Survey


def import_tracker(
    master: Path,
    sources: Sequence[Path],
    *,
    as_of: date,
    write: bool = True,
    confirmed: bool = False,
    confirm: Callable[[str], bool] = lambda question: False,
    explain: bool = False,
    department: str | None = None,
    lang: str | None = None,
    show: Callable[[Report], None] | None = None,
    answers: Sequence[str] = (),
    fallback: str = "zh",
) -> Report:
    """Verb `import`: find the tables of trackers, show the mapping, and add their rows to a master (made when there is none).

    Args:
        sources: workbooks or CSV files; with none, `master` itself is looked at and nothing is written.
        confirmed: write without asking (`--yes`); else `confirm` is asked after `show` has printed what would happen.
        answers: to the questions as numbered, `1=yes`; see `pipeline.questions`.
        department: fills 负责部门 / 涉及部门 of rows that name none.
    """
    if not sources:
        sources, write = [master], False
    exists = os.path.exists(master) and master not in sources
    if exists:
        with opened(master, write=False, as_of=as_of, lang=lang) as session:
            book_lang, directory, out_lang, words = session.book_lang, session.directory, session.lang, session.words
    else:
        book_lang = out_lang = lang or fallback
        directory, words = Directory(), {}
    for path in sources:
        if not os.path.isfile(path):
            code = "is_a_folder" if os.path.isdir(path) else "input_missing"
            raise CollabError(code, path=path, file=path.name, lang=out_lang)
    context = Context(book_lang, directory, None, as_of, words=words)
    surveyed = _survey(sources, context, out_lang)
    if answers:
        asked = [q for s in surveyed for _, p in s.survey.sheets for q in p.questions]
        surveyed = _survey(sources, questions_of.answered(context, asked, answers, out_lang), out_lang)
    report = _report(surveyed, out_lang, explain, as_of)
    records = sum(len(t) for s in surveyed for _, p in s.survey.sheets for t in p.tables)
    if not records:
        lines = (*report.lines, text("say.import_nothing", out_lang))
        return Report(out_lang, report.json, lines, report.listings, FINDINGS)
    if not write:
        return Report(out_lang, report.json, report.lines, report.listings, report.exit_code)
    if not confirmed:
        if show is not None:
            show(report)
        if not confirm(text("say.import_ask", out_lang, path=master)):
            return Report(out_lang, report.json, (text("say.import_not_written", out_lang),), (), report.exit_code)
    if not exists:
        init(master, project=sources[0].stem, lang=book_lang, as_of=as_of)
    with opened(master, write=True, as_of=as_of, lang=lang) as session:
        run, added, skipped = _write(session, surveyed, department)
    said = text("say.import_written", out_lang, path=master, rows=added, run=run or "–")
    lines = (*(() if not confirmed else report.lines), said)
    if skipped:
        lines += (text("say.import_skipped", out_lang, count=len(skipped), keys=tuple(skipped[:10])),)
    body = {**report.json, "run": run, "written": added, "skipped": skipped}
    return Report(out_lang, body, lines, report.listings if confirmed else (), report.exit_code)


def _survey(sources: Sequence[Path], context: Context, lang: str) -> list[Source]:
    jobs = []
    for path in sources:
        if extension(path.name) not in KINDS:
            raise CollabError("import_kind", file=path.name, kind=extension(path.name) or path.name, lang=lang)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CollabError("file_unreadable", file=path.name, path=str(path), why=reason(error), lang=lang) from error
        if extension(path.name) not in TEXT:
            looked = scan(data)
            if looked.code and looked.code not in _HARMLESS:
                raise CollabError(
                    "import_refused", file=path.name, reason=_gate_text(looked.code, dict(looked.facts), path.name, lang), lang=lang
                )
        jobs.append(Job(hashlib.sha256(data).hexdigest(), path.name, data, context))
    out = []
    with SafePool(workers=1 if len(jobs) < 3 else None, preload=PRELOAD) as pool:
        for path, job, result in zip(sources, jobs, pool.map(survey_job, jobs), strict=True):
            if result.value is None:
                if isinstance(result.error, CollabError):
                    result.error.facts.setdefault("lang", lang)
                    raise result.error
                raise CollabError("import_unreadable", file=path.name, reason=f"{result.failed} {result.detail}".strip(), lang=lang)
            out.append(Source(path, job.sha256, result.value))
    return out


_HARMLESS = frozenset({"S113", "S114", "S115", "S116"})
"""What a department must not mail but a PMO's own tracker may hold; nothing of it is opened or taken over."""


def _gate_text(code: str, facts: Mapping[str, str], file: str, lang: str) -> str:
    places = {"file": file, "sender": "", **facts}
    return " ".join(text(f"{code}.{part}", lang, **places) for part in ("what", "fix") if has(f"{code}.{part}", lang))


def _report(surveyed: Sequence[Source], lang: str, explain: bool, as_of: date) -> Report:
    lines: list[str] = []
    listings: list[Listing] = []
    sheets: list[dict[str, object]] = []
    findings: list[Finding] = []
    questions: list[Question] = []
    for source in surveyed:
        own: list[Finding] = []
        records = tables = 0
        for name, parsed in source.survey.sheets:
            sheets.append({"source": source.path.name, "sheet": name, "tables": _tables_json(parsed)})
            records += sum(len(t) for t in parsed.tables)
            tables += bool(parsed.tables)
            own += parsed.findings
            questions += parsed.questions
            listings += (
                _mapping(name, table, located, lang, explain) for table, located in zip(parsed.tables, parsed.located, strict=True)
            )
        lines.append(text("say.import", lang, source=source.path.name, sheets=tables, records=records, findings=len(own)))
        findings += own
    if findings:
        listings.append(_finding_list(findings, lang))
    if questions:
        listings.append(questions_of.listing(questions, lang))
    body = {
        "version": "collab-xl/import/1",
        "sheets": sheets,
        "questions": [_question_json(q, n, lang) for n, q in enumerate(questions, 1)],
        "findings": [finding_json(f, lang) for f in findings],
    }
    bad = any(f.severity is not Severity.NOTE for f in findings) or bool(questions)
    return Report(lang, body, tuple(lines), tuple(listings), FINDINGS if bad else OK)


def _tables_json(parsed: Parsed) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    for table, located in zip(parsed.tables, parsed.located, strict=True):
        columns = {
            column_letters(col): {"heading": heading, "field": fields[0] if fields else None, "fields": list(fields)}
            for col, (heading, fields) in sorted(located.columns.items())
        }
        out.append(
            {
                "form": table.form,
                "heading_rows": list(table.heading_rows),
                "columns": columns,
                "first_row": table.rows[0] if table.rows else None,
                "last_row": table.rows[-1] if table.rows else None,
                "rows": list(table.rows),
                "records": len(table),
                "score": round(located.score, 3),
                "why": located.why,
            }
        )
    return out


def _question_json(q: Question, number: int, lang: str) -> dict[str, object]:
    return {
        "id": q.id,
        "kind": q.kind,
        "code": q.code,
        "sheet": q.at.sheet,
        "cell": q.at.cell,
        "found": q.found,
        "options": list(q.options),
        "suggestion": q.suggestion or None,
        "question": questions_of.words(q, lang),
        "answer": questions_of.how(q, number, lang),
    }


def _mapping(sheet: str, table: Table, located: object, lang: str, explain: bool) -> Listing:
    """The mapping of one table as a person checks it: column, its heading, the field it goes to, what its first cells say."""
    from collab_xl.parse.sheet import Located

    assert isinstance(located, Located)
    form = schemas.load().form(table.form)
    names = {f.id: f.heading[lang] for f in form.fields}
    columns = tuple(text(f"column.{c}", lang) for c in ("column", "heading", "goes_to", "sample"))
    rows = []
    for col, (heading, fields) in sorted(located.columns.items()):
        sample = next((str(v) for f in fields for v in table.raw.get(f, ()) if v is not None), "")
        goes_to = " + ".join(names[f] for f in fields) if fields else text("word.not_taken", lang)
        rows.append((column_letters(col), " ".join(heading.split()), goes_to, sample[:40].replace("\n", " ")))
    first, last = table.heading_rows
    where = f"{first}" if first == last else f"{first}–{last}"
    title = text("say.import_table", lang, sheet=sheet, form=form.title[lang], headings=where, records=len(table))
    return Listing(f"{title}\n{located.why}" if explain else title, columns, tuple(rows))


def _finding_list(findings: Sequence[Finding], lang: str) -> Listing:
    columns = tuple(text(f"column.{c}", lang) for c in ("severity", "code", "cell", "message", "fix"))
    rows = tuple(
        (text(f"severity.{f.severity}", lang), f.code, str(f.at or ""), finding_text(f, "what", lang), finding_text(f, "fix", lang))
        for f in findings
    )
    return Listing("", columns, rows)


def _write(session: Session, surveyed: Sequence[Source], department: str | None) -> tuple[str | None, int, list[str]]:
    """Add every record that the master does not have. Returns the run, rows added, and the keys that were there already."""
    tables, keys = keyed(session)
    new: list[NewRow] = []
    skipped: list[str] = []
    for form in session.schema.forms:
        found = [(s, t) for s in surveyed for _, p in s.survey.sheets for t in p.tables if t.form == form.id]
        have, named = _present(tables[form.id], form.key.id, form.department_field)
        given = session.master.ledger.keys_given(session.run_id).get(form.id, frozenset())
        typed = {str(k) for _, t in found for k in t.values.get(form.key.id, ()) if isinstance(k, str)}
        maker = KeyMaker(form.key_prefix, form.key_width, sorted(have | given | typed))
        for source, table in found:
            for i in range(len(table)):
                values = {
                    f: _kept(v, table.raw[f][i]) for f in table.values if (v := table.get(i, f)) is not None and not isinstance(v, Clear)
                }
                key = values.get(form.key.id)
                if not isinstance(key, str):
                    values.pop(form.key.id, None)
                    key = ""
                name = _name(values)
                if (key and key in have) or (not key and name and (name, _dept(values, form.department_field)) in named):
                    skipped.append(key or name)
                    continue
                if department and form.department_field not in values:
                    values[form.department_field] = (department,) if form.field(form.department_field).kind == "departments" else department
                values[form.key.id] = key = key or maker.next()
                cell = str(table.at(i, form.key.id))
                new.append(NewRow(form.id, key, values, source=Provenance(source.sha256, file=source.path.name, cell=cell)))
    if not new:
        return None, 0, skipped
    run = session.master.new_run_id
    data = data_plan(session, tables, keys, new)
    plan = data + changes_plan(session, "import", run, data.changes, data.added, ())
    after = applied(tables, data, session.schema)
    waiting = len(session.state(packs=()).items)
    plan += home(session, after, verb="import", run=run, waiting=waiting)
    for source in surveyed:
        session.master.sidecar.archive_put(source.path.read_bytes())
    record = session.record("import", summary={"rows": len(new)}, changes=data.changes, added=data.added, ranges=data.ranges)
    return session.master.commit(record, plan), len(new), skipped


def _values(table: Table, index: int) -> dict[str, Value]:
    """The filled fields of a record."""
    filled = {f: table.get(index, f) for f in table.values}
    return {f: _kept(v, table.raw[f][index]) for f, v in filled.items() if v is not None and not isinstance(v, Clear)}


def _kept(value: Value, raw: Value) -> Value:
    """What goes into the master. An unreadable number gets a question mark: as bare text (`7.1`) it would read as something definite."""
    if isinstance(value, Unreadable) and isinstance(raw, (int, float)):
        return Unreadable(f"{value.text}？")
    return value


def _name(values: Mapping[str, Value]) -> str:
    said = values.get("name") or values.get("description")
    return folded(said) if isinstance(said, str) else ""


def _dept(values: Mapping[str, Value], field: str) -> str:
    said = values.get(field)
    return folded("、".join(said) if isinstance(said, tuple) else str(said or ""))


def _present(table: Table, key_field: str, dept_field: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Keys the master has, and the (name, department) of its rows: a row without a key that is there already is not added again."""
    keys = {k for k in table.values.get(key_field, ()) if isinstance(k, str)}
    named = set()
    for i in range(len(table)):
        values = {f: table.get(i, f) for f in ("name", "description", dept_field)}
        named.add((_name(values), _dept(values, dept_field)))
    return keys, named
