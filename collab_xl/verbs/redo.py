"""Verb `redo`."""

from __future__ import annotations

from datetime import date

from collab_xl.plan.undo_choice import run_to_redo
from collab_xl.project.run import Where
from collab_xl.verbs.report import Report
from collab_xl.verbs.undo import Step, take


def redo(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `redo`: bring back what the latest undo took back. What a person has typed since stays."""
    return take(Step("redo", lambda chain, only_computed: [run_to_redo(chain, only_computed)]), where, as_of=as_of, write=write, lang=lang)
