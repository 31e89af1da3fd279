"""Survey trackers for an import: each file is scanned, then read in a worker."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from collab_xl.catalogue import code_key, text
from collab_xl.errors import CollabError
from collab_xl.forms import InUse, Schema
from collab_xl.intake.content import OnDisk, on_disk
from collab_xl.intake.gates import extension
from collab_xl.intake.pool import Result
from collab_xl.intake.readers import pool_for
from collab_xl.model.finding import Finding
from collab_xl.model.outside_text import encodable
from collab_xl.model.record import Struct
from collab_xl.model.sheets import Table
from collab_xl.os_errors import may_be_there, reason
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.rules.codes import RULES
from collab_xl.verbs.faults import Faults
from collab_xl.verbs.receiving.reading import PROJECT, Job, Survey, survey_job

KINDS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".csv", ".xls", ".xlt", ".et", ".xlsb", ".ods", *PROJECT)
_PROJECT_ITSELF = (".mpp", ".mpt", ".mpx", ".mpd")
"""Files of Microsoft Project that only it, or a program like it, can open."""


MOST_NAMED = 5
"""Cells that a finding names."""


class SurveyedFile(Struct, frozen=True):
    """One tracker and its content."""

    path: Path
    content: OnDisk
    survey: Survey
    name: str
    """The file's name, also of one that is read from the archive."""

    @property
    def sha256(self) -> str:
        return self.content.sha256

    @property
    def is_whole(self) -> bool:
        """Whether every visible sheet was read: nobody chose some of them, and none waits for an answer about its headings."""
        return not self.survey.chosen and not any(parsed.questions and not parsed.tables for _, parsed in self.survey.sheets)

    @property
    def tables(self) -> list[Table]:
        return [table for _, parsed in self.survey.sheets for table in parsed.tables]

    @property
    def questions(self) -> list[Question]:
        return [q for _, parsed in self.survey.sheets for q in parsed.questions]


class NotRead(Struct, frozen=True):
    """One tracker that was not read: the reason, or None if the program failed on it (it is in the faults then)."""

    path: Path
    error: CollabError | None
    name: str


def survey(
    sources: Sequence[tuple[Path, Context]],
    lang: str,
    faults: Faults,
    forms: tuple[InUse, ...] = (),
    names: Mapping[Path, str] | None = None,
) -> list[SurveyedFile | NotRead]:
    """Survey each file with its context. A file that cannot be read stops no other.

    Args:
        forms: the forms in use in the master, as `Job.forms`.
        names: the names of files that are read from the archive.

    The reasons: `input_missing`, `is_a_folder`, `import_kind`, `file_unreadable`, `import_refused`, `import_unreadable`, and those of
    `read_book`.
    """
    out: list[SurveyedFile | NotRead] = []
    jobs: dict[int, Job] = {}
    for path, context in sources:
        name = encodable((names or {}).get(path, path.name))
        try:
            jobs[len(out)] = _job(path, name, context, forms)
            out.append(NotRead(path, None, name))  # replaced below
        except CollabError as error:
            out.append(NotRead(path, error, name))
    if jobs:
        with pool_for([job.content.size_bytes for job in jobs.values()]) as pool:
            for (n, job), result in zip(jobs.items(), pool.map(survey_job, jobs.values()), strict=True):
                out[n] = _surveyed(out[n].path, job, result, lang, faults)
    for source in out:
        if isinstance(source, NotRead) and source.error is not None:
            source.error.facts.setdefault("lang", lang)
            source.error.facts.setdefault("file", source.name)
    return out


def _job(path: Path, name: str, context: Context, forms: tuple[InUse, ...]) -> Job:
    if os.path.isdir(path) or not may_be_there(path):
        raise CollabError("is_a_folder" if os.path.isdir(path) else "input_missing", path=path, file=name)
    if extension(name) in _PROJECT_ITSELF:
        raise CollabError("import_project", file=name)
    if extension(name) not in KINDS:
        raise CollabError("import_kind", file=name, kind=extension(name) or name)
    try:
        content = on_disk(str(path))
    except OSError as error:
        raise CollabError("file_unreadable", file=name, path=str(path), why=reason(error)) from error
    return Job(content.sha256, name, content, context, forms=forms)


def _surveyed(path: Path, job: Job, result: Result[Survey], lang: str, faults: Faults) -> SurveyedFile | NotRead:
    found = result.value
    if result.trace:
        faults.of_result(job.file, job.sha256, "reading", result)
        return NotRead(path, None, job.file)
    if found is None:
        if isinstance(result.error, CollabError):
            return NotRead(path, result.error, job.file)
        return NotRead(path, CollabError("import_unreadable", file=job.file, reason=f"{result.failed} {result.detail}".strip()), job.file)
    if found.scan.code:
        why, advice = (_gate_text(found.scan.code, part, dict(found.scan.facts), job.file, lang) for part in ("what", "fix"))
        return NotRead(path, CollabError("import_refused", file=job.file, reason=why, advice=advice), job.file)
    assert isinstance(job.content, OnDisk)
    return SurveyedFile(path, job.content, found, job.file)


def _gate_text(code: str, part: str, facts: Mapping[str, str], file: str, lang: str) -> str:
    places = {"file": file, "sender": "", **facts}
    return text(code_key(code, part), lang, **places)


def doubled_keys(tables: Iterable[Table], schema: Schema) -> list[Finding]:
    """R301 at every ID that stands at two rows of one table which say different things. (Other tables may number their rows themselves.)"""
    out = []
    for table in tables:
        field = schema.form(table.form).key.id
        rows: dict[str, list[int]] = {}
        for i, key in enumerate(table.values.get(field, ())):
            if isinstance(key, str):
                rows.setdefault(key, []).append(i)
        for key, same in rows.items():
            if len({repr([values[i] for values in table.values.values()]) for i in same}) < 2:
                continue
            cells = [table.at(i, field) for i in same]
            for at in cells:
                others = [other.cell for other in cells if other != at]
                facts = {"others": (*others[:MOST_NAMED], *(("…",) if len(others) > MOST_NAMED else ())), "n": len(cells)}
                out.append(Finding("R301", RULES["R301"].severity, at, key, table.form, field, key, "", facts))
    return out
