"""Look into trackers for an import: each file is scanned, then read in a child process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from collab_xl.catalogue import has, text
from collab_xl.engines.pool import SafePool
from collab_xl.engines.refusal import reason
from collab_xl.errors import CollabError
from collab_xl.intake.gates import TEXT, extension
from collab_xl.intake.package import scan
from collab_xl.parse.asking import Question
from collab_xl.parse.context import Context
from collab_xl.pipeline.reading import Job, Survey, survey_job

PRELOAD = ("collab_xl.pipeline.reading",)
KINDS = (".xlsx", ".xlsm", ".xltx", ".csv")


@dataclass(frozen=True)
class Source:
    """One tracker, surveyed."""

    path: Path
    sha256: str
    survey: Survey

    @property
    def questions(self) -> list[Question]:
        return [q for _, parsed in self.survey.sheets for q in parsed.questions]


def survey(sources: Sequence[tuple[Path, Context]], lang: str) -> list[Source]:
    """Each file with what is known about how it is written.

    Raises CollabError `import_kind`, `file_unreadable`, `import_refused`, `import_unreadable`.
    """
    jobs = []
    for path, context in sources:
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
        for (path, _), job, result in zip(sources, jobs, pool.map(survey_job, jobs), strict=True):
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
