"""Verb `export`: the plan for another program."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from collab_xl.build.pack import PROJECT_IN_NAME, safe_name
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.model.dependency import dependencies
from collab_xl.plan.project_xml import project_file
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.report.gantt import bar_groups
from collab_xl.rules.case import Case
from collab_xl.rules.rows import part_of
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import opened


def export(where: Where, *, mspdi: bool = False, as_of: date, out: Path | None = None, write: bool = True, lang: str | None) -> Report:
    """Verb `export`: write the file; the master stays as it is. A file of the same name is replaced.

    Args:
        mspdi: as XML of Microsoft Project, the only format so far.
        out: the folder; by default the outbox beside the master.

    Raises CollabError `export_format` (wrong usage) if no format is named.
    """
    if not mspdi:
        raise CollabError("export_format", exit_code=2)
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        case = Case(session.tables, session.schema, session.directory, session.settings, session.calendar, session.as_of)
        work = part_of(session.schema, case.rows, "work")
        groups = bar_groups(case, work, session.book_lang)
        written = sum(len(dependencies(value)) for value in work.values("predecessors")) if work else 0
        made = project_file(
            groups,
            project=session.settings.project,
            calendar=session.calendar,
            as_of=session.as_of,
            now=session.now,
            broken=written - sum(len(bar.links) for group in groups for bar in group.bars),
            others=sum(any(row) for rows in case.rows.values() if rows is not work for row in zip(rows.keys, rows.titles, strict=True)),
            lang=session.book_lang,
        )
        parts = (text("plan.project.file", session.book_lang), session.settings.project[:PROJECT_IN_NAME].strip())
        path = (out or session.master.sidecar.outbox) / f"{safe_name('_'.join(filter(None, parts)))}.xml"
        if write:
            write_durably(path, made.data, code="cannot_write_into")
        lines = [session.said("exported", n=made.tasks, links=made.links, path=path)]
        left = [text(f"plan.project.left.{why}", session.lang, n=n) for why, n in made.left_out.items()]
        lines += [text("verbs.say.left_out", session.lang, what=what) for what in left]
        lines.append(text("verbs.say.exported_not_seen", session.lang))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/export/1",
            "format": "mspdi",
            "file": str(path) if write else None,
            "rows": made.tasks,
            "links": made.links,
            "left_out": dict(made.left_out),
        }
        step = to_write(write, NextStep("project_file", "export", "--mspdi"))
        return session.report(body, tuple(lines), (), FINDINGS if made.left_out.keys() & {"broken_links", "undated"} else OK, then=step)
