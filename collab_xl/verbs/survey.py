"""Survey trackers for an import: each file is scanned, then read in a worker."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from collab_xl.catalogue import code_key, has, text
from collab_xl.errors import CollabError
from collab_xl.forms import InUse, load
from collab_xl.intake.gates import TEXT, extension
from collab_xl.intake.package import scan
from collab_xl.intake.readers import pool_for
from collab_xl.model.finding import Finding
from collab_xl.model.outside_text import encodable
from collab_xl.model.place import Address
from collab_xl.model.sheets import Table
from collab_xl.os_errors import reason
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.rules.codes import RULES
from collab_xl.verbs.faults import Faults
from collab_xl.verbs.reading import Job, Survey, survey_job

KINDS = (".xlsx", ".xlsm", ".xltx", ".csv")


@dataclass(frozen=True)
class SurveyedFile:
    """One tracker and its content."""

    path: Path
    sha256: str
    survey: Survey

    @property
    def name(self) -> str:
        """The file's name."""
        return encodable(self.path.name)

    @property
    def tables(self) -> list[Table]:
        return [table for _, parsed in self.survey.sheets for table in parsed.tables]

    @property
    def questions(self) -> list[Question]:
        return [q for _, parsed in self.survey.sheets for q in parsed.questions]


def survey(sources: Sequence[tuple[Path, Context]], lang: str, faults: Faults, forms: tuple[InUse, ...] = ()) -> list[SurveyedFile | None]:
    """Survey each file with its context; None for a file on which the program failed, which is added to `faults`.

    `forms`: the forms in use in the master, as `Job.forms`.

    Raises CollabError `import_kind`, `file_unreadable`, `import_refused`, `import_unreadable`.
    """
    jobs = []
    for path, context in sources:
        name = encodable(path.name)
        if extension(name) not in KINDS:
            raise CollabError("import_kind", file=name, kind=extension(name) or name, lang=lang)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CollabError("file_unreadable", file=name, path=str(path), why=reason(error), lang=lang) from error
        if extension(name) not in TEXT:
            looked = scan(data)
            if looked.code and looked.code not in _HARMLESS:
                raise CollabError("import_refused", file=name, reason=_gate_text(looked.code, dict(looked.facts), name, lang), lang=lang)
        jobs.append(Job(hashlib.sha256(data).hexdigest(), name, data, context, forms=forms))
    out: list[SurveyedFile | None] = []
    with pool_for(len(jobs)) as pool:
        for (path, _), job, result in zip(sources, jobs, pool.map(survey_job, jobs), strict=True):
            if result.trace:
                faults.of_result(job.file, job.sha256, "reading", result)
                out.append(None)
                continue
            if result.value is None:
                if isinstance(result.error, CollabError):
                    result.error.facts.setdefault("lang", lang)
                    raise result.error
                raise CollabError("import_unreadable", file=job.file, reason=f"{result.failed} {result.detail}".strip(), lang=lang)
            out.append(SurveyedFile(path, job.sha256, result.value))
    return out


_HARMLESS = frozenset({"S113", "S114", "S115", "S116"})
"""What a department may not mail but the PMO's own tracker may contain; none of it is opened or imported."""


def _gate_text(code: str, facts: Mapping[str, str], file: str, lang: str) -> str:
    places = {"file": file, "sender": "", **facts}
    return " ".join(text(code_key(code, part), lang, **places) for part in ("what", "fix") if has(code_key(code, part), lang))


def doubled_keys(found: Sequence[SurveyedFile]) -> dict[int, list[Finding]]:
    """Number of a file → R301 at every ID that occurs twice in imported tables: the master would contain both rows and refuse them."""
    places: dict[tuple[str, str], list[tuple[int, Table, int]]] = {}
    schema = load()
    for n, source in enumerate(found):
        for table in source.tables:
            for i, key in enumerate(table.values.get(schema.form(table.form).key.id, ())):
                if isinstance(key, str):
                    places.setdefault((table.form, key), []).append((n, table, i))
    out: dict[int, list[Finding]] = {}
    for (form, key), rows in places.items():
        field = schema.form(form).key.id
        cells = [(n, table.at(i, field)) for n, table, i in rows]
        for n, at in cells if len(cells) > 1 else ():
            others = [_cell(found, m, other, n, at) for m, other in cells if (m, other) != (n, at)]
            facts = {"others": (*others[:5], *(("…",) if len(others) > 5 else ())), "n": len(cells)}
            out.setdefault(n, []).append(Finding("R301", RULES["R301"].severity, at, key, form, field, key, "", facts))
    return out


def _cell(found: Sequence[SurveyedFile], number: int, at: Address, seen_from: int, beside: Address) -> str:
    """The name of a cell as seen from another: with its sheet and file if these differ."""
    if number != seen_from:
        return f"{found[number].name} {at}"
    return at.cell if at.sheet == beside.sheet else str(at)
