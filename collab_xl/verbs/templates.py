"""Verb `templates build`: the master templates as files."""

from __future__ import annotations

from pathlib import Path

from collab_xl.build.master import template, template_path
from collab_xl.catalogue import LANGS
from collab_xl.errors import CollabError
from collab_xl.project.durable import write_durably
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report


def templates_build(out: Path | None = None, *, lang: str) -> Report:
    """Verb `templates build`: write both master templates into `out`; default: over the committed ones."""
    written = []
    for each in LANGS:
        target = template_path(each) if out is None else out / f"master.{each}.xlsx"
        try:
            write_durably(target, template(each), code="cannot_write_into")
        except CollabError as error:
            error.facts.setdefault("lang", lang)
            raise
        written.append(str(target))
    return Report(lang, {"version": "collab-xl/templates/1", "files": written}, tuple(written), next=NextStep("new_master", "init"))
