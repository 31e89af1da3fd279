"""Verb `lessons`: search the case library, which is the retrospectives of every project: of this master and of those in a folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import error_text, text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.forms import Form
from collab_xl.model.record import Struct
from collab_xl.project.run import Where
from collab_xl.project.sidecar import masters_below
from collab_xl.read.table import parse_table
from collab_xl.rules.rows import Rows, as_text
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session, opened

SHOWN = 50
"""Lessons a person is shown; `--json` has all."""
_TEXTS = ("text", "longtext")


class Lesson(Struct, frozen=True):
    """One row of a retrospective: its texts by field id, in the order of the form."""

    project: str
    file: Path
    key: str
    title: str
    day: date | None
    departments: tuple[str, ...]
    said: dict[str, str]
    form: Form

    def has(self, words: Sequence[str]) -> bool:
        everything = folded("\n".join((self.project, self.title, *self.departments, *self.said.values())))
        return all(word in everything for word in words)


def lessons(
    where: Where, words: Sequence[str] | str = (), *, library: Sequence[Path] | Path | str | None = None, as_of: date, lang: str | None
) -> Report:
    """Verb `lessons`: the rows that contain every word, the newest first. Without words, all of them.

    Args:
        words: in any order, capitals and width do not matter.
        library: folders with masters, looked through with their subfolders, or masters; by default the master's folder.

    A master that cannot be read is named and left out. Raises CollabError `library_missing` for a folder that is not there.
    """
    asked = [folded(word) for said in ([words] if isinstance(words, str) else words) for word in said.split()]
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        folders = (
            [session.path.parent] if not library else [Path(library)] if isinstance(library, (str, Path)) else [Path(p) for p in library]
        )
        others, unread = _masters(session, folders), list[tuple[Path, str]]()
        held = list(_of(session))
        for path in others:
            try:
                with opened(path, write=False, as_of=as_of, lang=lang) as other:
                    held += _of(other)
            except CollabError as error:
                unread.append((path, error_text(error, session.lang)[0]))
        once = {(lesson.project, lesson.key, *lesson.said.values()): lesson for lesson in reversed(held)}
        found = sorted((lesson for lesson in once.values() if lesson.has(asked)), key=_newest)
        projects = {lesson.project for lesson in found}
        lines = [
            text("verbs.say.lessons" if found else "verbs.say.lessons_none", session.lang,
                 n=len(found), projects=len(projects), masters=1 + len(others) - len(unread), all=len(once))
        ]  # fmt: skip
        lines += [text("verbs.say.lessons_unread", session.lang, file=path.name, why=why) for path, why in unread]
        if len(found) > SHOWN:
            lines.append(text("verbs.say.lessons_more", session.lang, shown=SHOWN, n=len(found)))
        body = {
            "version": "collab-xl/lessons/1",
            "words": asked,
            "lessons": [
                {"project": x.project, "file": str(x.file), "row_id": x.key, "title": x.title, "day": x.day.isoformat() if x.day else None,
                 "departments": list(x.departments), "said": x.said}
                for x in found
            ],
            "unread": [{"file": str(path), "why": why} for path, why in unread],
        }  # fmt: skip
        listings = tuple(_listings(session, found[:SHOWN]))
        return session.report(body, tuple(lines), listings, FINDINGS if unread else OK, then=_next(bool(found), bool(asked)))


def _next(found: bool, asked: bool) -> NextStep:
    if found:
        return NextStep("lessons", "check")
    return NextStep("lessons_none", "lessons") if asked else NextStep("nothing", "status")


def folded(said: str) -> str:
    """A text as it is compared: capitals and width do not matter."""
    return unicodedata.normalize("NFKC", said).casefold()


def _newest(lesson: Lesson) -> tuple[int, str, str]:
    return -lesson.day.toordinal() if lesson.day else 0, lesson.project, lesson.key


def _masters(session: Session, folders: Sequence[Path]) -> list[Path]:
    """Other masters, each once."""
    found: dict[Path, Path] = {}
    for folder in folders:
        if not folder.exists():
            raise CollabError("library_missing", path=folder, lang=session.lang)
        for path in [folder] if folder.is_file() else masters_below(folder):
            found.setdefault(path.resolve(), path)
    found.pop(session.path.resolve(), None)
    return list(found.values())


def _of(session: Session) -> Iterator[Lesson]:
    """The lessons of one master; none if it has no such form in use."""
    for form in (form for form in session.schema.forms if form.library):
        ref = session.form_ref(form)
        table, _ = parse_table(session.snapshot(ref.sheet), ref, form, session.context())
        rows = Rows(form, table)
        texts = {f.id: rows.words(f) for f in form.fields if f.kind in _TEXTS and f.role != "title"}
        for i, key in enumerate(rows.keys):
            said = {name: column[i] for name, column in texts.items() if column[i].strip()}
            if said or rows.titles[i]:
                project = session.settings.project or session.path.stem
                names = tuple(map(as_text, rows.departments[i]))
                yield Lesson(project, session.path, key or "", rows.titles[i], rows.days("raised")[i], names, said, form)


def _listings(session: Session, found: Sequence[Lesson]) -> Iterator[Listing]:
    """A table for each form: project, row, then its texts."""
    for form in {lesson.form.id: lesson.form for lesson in found}.values():
        mine = [lesson for lesson in found if lesson.form.id == form.id]
        shown = [f for f in form.fields if any(f.id in lesson.said for lesson in mine)]
        columns = (text("verbs.column.project", session.lang), form.sheet[session.lang], *(f.heading[session.lang] for f in shown))
        rows = ((x.project, " ".join(filter(None, (x.key, x.title))), *(x.said.get(f.id, "") for f in shown)) for x in mine)
        yield Listing("", columns, tuple(rows))
