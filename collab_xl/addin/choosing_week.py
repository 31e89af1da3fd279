"""The buttons that make the page of a chosen week, and the one that exports the page to PDF."""

from __future__ import annotations

from typing import Final

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.buttons import ButtonResult, Click
from collab_xl.addin.week_names import week_names
from collab_xl.catalogue import text

OTHER: Final = "weekother"
WORDS: Final = {"weekthis": "verbs.word.week_this", "weeklast": "verbs.word.week_last"}


def chosen_week(click: Click) -> str:
    """The week of the button, as `requested_week` reads it. Raises `GivenUpError`."""
    if click.verb in WORDS:
        return text(WORDS[click.verb], "en")
    from collab_xl.verbs.status import status

    assert click.fill_in is not None
    facts = status(click.screen, as_of=click.as_of, lang=click.lang).json
    lang = click.lang or str(facts["lang"])
    pages = {page["week"]: page["frozen"] for page in facts["pages"]}
    names = week_names(facts["week"], facts["reporting_week"], facts["weeks"], pages, lang)
    said = click.fill_in(Blanks("week", lang, given={"week": facts["reporting_week"]}, weeks=tuple(names.items())))
    return str(said["week"])


def pdf(click: Click) -> ButtonResult:
    """Export the weekly sheet as it stands, without making it anew."""
    from collab_xl.verbs.session import opened
    from collab_xl.verbs.week_files import exported

    with opened(click.screen, write=False, as_of=click.as_of, lang=click.lang) as session:
        made, line = exported(session, click.screen)
        return ButtonResult(session.report({"version": "collab-xl/pdf/1", "file": str(made)}, (line,)), "week")
