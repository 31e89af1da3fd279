"""The buttons 发送, 催报 and 升级: whom they write to is shown first, and drafts are written only if the person agrees (decision 0036).

In: the workbook and a question.  Out: the result of `send`.  Effects: those of `send`, never over SMTP: that is for the desk and the
command line.
"""

from __future__ import annotations

from typing import Final

from collab_xl.addin.buttons import MAIL_BUTTONS, ButtonResult, Click
from collab_xl.addin.message_text import mail_preview
from collab_xl.catalogue import text
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.verbs.report import Report
from collab_xl.verbs.send import send

SHEETS: Final = {"sendweek": "week", "escalate": "escalations"}
"""Button → the sheet it shows, where it is not 提交台账."""


def mailed(click: Click) -> ButtonResult:
    """Raises CollabError as `send` does."""
    looked: list[Report] = []

    def confirm(question: str) -> bool:
        assert click.confirm is not None
        report = looked[-1]
        return click.confirm("\n\n".join(filter(None, (mail_preview(report), _unsaved(click, report.lang), question))))

    report = send(
        click.screen,
        MAIL_BUTTONS[click.verb],
        confirm=confirm,
        show=looked.append,
        from_excel=True,
        as_of=click.as_of,
        lang=click.lang,
        progress=click.progress,
    )
    return ButtonResult(report, SHEETS.get(click.verb, "submissions"))


def _unsaved(click: Click, lang: str) -> str:
    """A warning before packs are sent that count only once the master is saved."""
    if click.verb != "sendpacks":
        return ""
    with excel_errors():
        return "" if native.is_saved(click.screen.book) else text("addin.mail.unsaved", lang)
