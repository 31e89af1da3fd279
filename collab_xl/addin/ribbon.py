"""The entry of the ribbon: VBA starts `run('check')` in a new Python process; this module makes all messages.

A button shows at once that it works (status bar), runs the verb of its name on the workbook in front, shows the sheet concerned and a
short message. No error escapes: a refusal is shown with what to do, a fault of the program goes into the log with its details,
and the process exits with 0, so that VBA shows no message of its own. Heavy modules are imported when needed.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collab_xl.errors import REFUSED, CollabError

if TYPE_CHECKING:
    from collab_xl.addin.blanks import Blanks, FillIn
    from collab_xl.addin.buttons import ButtonResult, Click
    from collab_xl.addin.screen import Screen
    from collab_xl.excel.run import OnScreen

COPY = "--copy="
"""Before the path of a copy, among the words that say where it was clicked."""
FALLBACK = "zh"
"""The language if neither Excel nor a workbook has one."""


def run(verb: str, argv: Sequence[str] | None = None, *, fill_in: FillIn | None = None) -> str:
    """Carry out the click of one button. Raises only for an unknown verb, which is a fault of the add-in that its tests find.

    Args:
        argv: what says where it was clicked, `--wb=` and `--hwnd=`, and the desk's `--copy=`, a copy of that workbook; by default the
            command line of this process.
        fill_in: shows the form of a button that asks something first; by default a dialog of this process.

    Returns:
        How it ended: done, given up, refused, fault, failed twice. The person has seen all messages already.
    """
    from collab_xl.excel.xlwings_setup import drop_exit_hook

    drop_exit_hook()  # first: the hook would end other Excel processes, also after a fault of this program

    from collab_xl.addin.buttons import BUTTONS

    if verb not in BUTTONS:
        raise ValueError(f"no such button: {verb}")
    click = _ButtonRun(verb, sys.argv if argv is None else argv, fill_in)
    click.carry_out()
    return click.outcome


def set_back(argv: Sequence[str] | None) -> bool:
    """Set back what a killed click left in this Excel and took off its workbooks; None: in every Excel that runs.

    The desk asks for it when its worker has died in a click, and when it starts and finds that something was left. Returns whether
    something was set back. Raises CollabError `excel_busy`; then what is left can be set back later.
    """
    from collab_xl.excel.left_state import anything_left
    from collab_xl.excel.xlwings_setup import drop_exit_hook, xlwings

    if not anything_left():
        return False
    drop_exit_hook()
    from collab_xl.addin.screen import Screen, set_back_in

    if argv is not None:
        return Screen(argv).set_back_now()
    return any([set_back_in(app) for app in xlwings().apps])


def _copies(argv: Sequence[str]) -> list[Path]:
    return [Path(word.removeprefix(COPY)) for word in argv if word.startswith(COPY) and word != COPY]


class _ButtonRun:
    """One click, with what is known so far for its messages."""

    def __init__(self, verb: str, argv: Sequence[str], fill_in: FillIn | None = None) -> None:
        self.verb, self.argv = verb, argv
        self._fill_in = fill_in
        self._filled: Mapping[str, Any] | None = None
        self.outcome = ""
        self.began = time.monotonic()
        self.screen: Screen | None = None
        self.where: OnScreen | None = None
        self.set_back = False
        """Whether settings were set back that a killed click had left in Excel."""
        self.clean = False
        """Whether the workbook had no unsaved changes before the click; looked at for 下发."""

    @property
    def lang(self) -> str | None:
        return self.screen.lang if self.screen is not None else None

    def carry_out(self) -> None:
        try:
            self._work()
        except Exception as error:
            try:
                self._failed(error)
            except Exception:  # Excel has ended or the disk is full: no message can be shown
                self._log("failed twice", details=traceback.format_exc())
        finally:
            if self.screen is not None:
                self.screen.status("")
            self._delete_copies()

    def _delete_copies(self) -> None:
        """What the desk was given and no verb has used, also where the click failed before."""
        if copies := _copies(self.argv):
            from collab_xl.excel.copy import delete, is_ours

            for path in filter(is_ours, copies):
                delete(path)

    def _work(self) -> None:
        from collab_xl.addin.buttons import NEEDS_NO_WORKBOOK, Click, GivenUpError, press
        from collab_xl.addin.message_text import verb_name
        from collab_xl.addin.screen import Screen
        from collab_xl.catalogue import text

        self.screen = screen = Screen(self.argv)
        said = screen.lang or FALLBACK
        name = verb_name(self.verb, said)
        self.set_back = screen.set_back()
        screen.status(text("addin.ribbon.working", said, verb=name))
        try:
            book = screen.book()
        except CollabError:
            if self.verb not in NEEDS_NO_WORKBOOK:
                raise
            book = None
        if book is not None:
            from collab_xl.excel.run import OnScreen

            self.where = OnScreen(book, text("addin.ribbon.writing", said, verb=name), copies=_copies(self.argv))
        elif self.verb not in NEEDS_NO_WORKBOOK:
            raise CollabError("ribbon_no_book", name=screen.name or "–")

        def progress(label: str, done: int, total: int) -> None:
            screen.progress(text("addin.ribbon.progress", said, verb=name, label=label, done=done, total=total), last=done == total)

        def confirm(question: str) -> bool:
            return screen.ask(question, title=self._title(said))

        click = Click(self.verb, self.where, screen.lang, progress, confirm, self._blanks_filled, screen)
        self.clean = self.verb == "issue" and self.where is not None and _has_nothing_unsaved(self.where)
        try:
            self._finish(press(click))
        except GivenUpError:
            self._log("given up")
        except CollabError as error:
            if not self._goes_other_way(click, error):
                raise

    def _blanks_filled(self, blanks: Blanks) -> Mapping[str, Any]:
        """What the person fills in, once for a click. Raises `GivenUpError`."""
        from collab_xl.addin.buttons import GivenUpError
        from collab_xl.addin.fill_in import filled_in

        assert self.screen is not None
        if self._filled is None:
            self._filled = self._fill_in(blanks) if self._fill_in is not None else filled_in(self.screen, blanks)
        if not self._filled:
            raise GivenUpError
        return self._filled

    def _goes_other_way(self, click: Click, error: CollabError) -> bool:
        """Offer to save, close, work on the file and open it again, where Excel refuses to be written. Returns whether that was done."""
        from collab_xl.addin import other_way
        from collab_xl.addin.buttons import OTHER_WAY, on, shown
        from collab_xl.addin.message_text import refusal
        from collab_xl.catalogue import text
        from collab_xl.excel.run import OnScreen

        where, lang = self.where, self.lang or FALLBACK
        if error.code not in other_way.HELPS or where is None or where.run_id or not where.masters or self.verb not in OTHER_WAY:
            return False
        if reason := other_way.refused(where.book):
            error.facts["other_way"] = reason
            return False
        assert self.screen is not None
        assert click.confirm is not None
        said = refusal(error, lang)
        if not click.confirm("\n\n".join((said, text("addin.other_way.ask", lang, file=where.book.name)))):
            self._log("refused", code=error.code, exit=REFUSED, details=said)
            return True
        sidecar, masters = where.masters[-1].sidecar, where.masters
        self.screen.status(text("addin.other_way.working", lang))
        report, book = other_way.carried_out(where.book, sidecar, lambda path: on(click, path))
        self.where = OnScreen(book, masters=masters)
        self._finish(shown(click, report), other_way=True)
        return True

    def _saved(self, lang: str) -> bool:
        """Save the master after packs were issued, as they count only then: at once if nothing else was unsaved, else if wanted."""
        from collab_xl.catalogue import text
        from collab_xl.excel.busy import excel_errors

        assert self.screen is not None
        assert self.where is not None
        if not self.clean and not self.screen.ask(text("addin.ribbon.issue_ask_save", lang), title=self._title(lang)):
            return False
        try:
            with excel_errors():
                self.where.book.save()
        except Exception as error:  # the message says that it is not saved, and what follows from that
            self._log("done", saved="no", details=str(error))  # the click itself ended well
            return False
        return True

    def _title(self, lang: str) -> str:
        from collab_xl.addin.message_text import verb_name
        from collab_xl.addin.screen import TITLE

        return f"{TITLE} · {verb_name(self.verb, lang)}"

    def _finish(self, done: ButtonResult, *, other_way: bool = False) -> None:
        from collab_xl.addin.message_text import message
        from collab_xl.catalogue import text

        assert self.screen is not None
        sheet = ""
        if done.master is not None:
            self._bring(done.master)
        elif self.where is not None and done.service:
            sheet = _sheet(self.where, done.service)
            if sheet:
                self.screen.show(self.where.book, sheet, done.cell)
        run_id = done.run or (self.where.run_id if self.where is not None else None)
        why = next((master.in_blocks for master in reversed(self.where.masters)), "") if self.where is not None else ""
        self._log("done", run=run_id, exit=done.report.exit_code, read_in_blocks=why)
        self.screen.status("")
        if done.page is not None:
            self._open(done.page, done.report.lang)
        else:
            saves_itself = run_id is not None and self._saves_itself()
            saved = self.verb == "issue" and run_id is not None and not saves_itself and self._saved(done.report.lang)
            said = message(self.verb, done.report, sheet, run_id, saved=saved, saves_itself=saves_itself)
            if self.set_back:
                said += "\n\n" + text("addin.ribbon.set_back", done.report.lang)
            if other_way:
                said += "\n\n" + text("addin.other_way.done", done.report.lang)
            self._say(said, done.report.lang)

    def _saves_itself(self) -> bool:
        """Whether Excel has saved the run by now: AutoSave was off only while cells were written."""
        import contextlib

        from collab_xl.excel import native

        with contextlib.suppress(Exception):  # only for the message
            return self.where is not None and native.saves_itself(self.where.book)
        return False

    def _bring(self, master: Path) -> None:
        """Show a master that was made or filled. If Excel does not open it, the message names it all the same."""
        import contextlib

        assert self.screen is not None
        book = self.screen.open_at(master)
        if book is None:
            self.screen.open_book(master)
        else:  # opening it again would lose what is not saved
            with contextlib.suppress(Exception):
                book.activate()

    def _open(self, page: Path, lang: str) -> None:
        import webbrowser

        from collab_xl.catalogue import text

        if not webbrowser.open(page.as_uri()):
            self._say(text("addin.ribbon.help_shut", lang, path=page), lang, bad=True)

    def _failed(self, error: Exception) -> None:
        import sqlite3

        if isinstance(error, (OSError, sqlite3.Error)):
            error = _refusal_of_system(error)
        if isinstance(error, CollabError):
            from collab_xl.addin.message_text import refusal

            lang = self.lang or str(error.facts.get("lang") or FALLBACK)
            message = refusal(error, lang)
            if other := error.facts.get("other_way"):
                from collab_xl.catalogue import text

                message += "\n\n" + text("addin.other_way.not_here", lang, reason=text(f"addin.other_way.reason.{other}", lang))
            self._log("refused", code=error.code, exit=REFUSED, details=message)
        else:
            lang = self.lang or FALLBACK
            message = self._fault(error, lang)
        if self.screen is not None:
            self.screen.status("")
        self._say(message, lang, bad=True)

    def _fault(self, error: Exception, lang: str) -> str:
        """The text for a fault of the program: what it means for the workbook, and where the details are."""
        from collab_xl.addin.message_text import verb_name
        from collab_xl.catalogue import text

        path = self._log("fault", details="".join(traceback.format_exception(error)))
        written = self.where.run_id if self.where is not None else None
        what = ("unexpected_saved" if self._saves_itself() else "unexpected_written") if written else "unexpected_clean"
        state = text(f"addin.ribbon.{what}", lang, run=written)
        where = text("addin.ribbon.unexpected_log", lang, path=path) if path else text("addin.ribbon.unexpected_no_log", lang)
        head = text("addin.ribbon.unexpected", lang, verb=verb_name(self.verb, lang), error=type(error).__name__)
        return "\n\n".join((head, state, where))

    def _say(self, message: str, lang: str, *, bad: bool = False) -> None:
        from collab_xl.addin.screen import system_alert

        title = self._title(lang)
        if self.screen is None:
            system_alert(message, title)
        else:
            self.screen.alert(message, title=title, bad=bad)

    def _log(self, outcome: str, *, details: str = "", **facts: object) -> Path | None:
        self.outcome = outcome
        from collab_xl.addin.message_text import log_line
        from collab_xl.addin.ribbon_log import write

        book = self.screen.name if self.screen is not None else ""
        line = log_line(self.verb, book, outcome, time.monotonic() - self.began, facts)
        beside = self.where.masters[-1].sidecar.logs if self.where is not None and self.where.masters else None
        return write("\n  ".join((line, *details.splitlines())), beside)


def _has_nothing_unsaved(where: OnScreen) -> bool:
    from collab_xl.excel import native

    try:
        return native.is_saved(where.book)
    except Exception:  # only a question: the click itself says when Excel does not answer
        return False


def _sheet(where: OnScreen, service: str) -> str:
    """The name of the sheet that shows the result, in this workbook; "" if it has none."""
    from collab_xl.forms import load

    book = where.masters[-1].book
    if service == "week":
        return book.names["wk_title"][0] if "wk_title" in book.names else ""
    table = load().service(service).table
    return book.tables[table].sheet if table in book.tables else ""


def _refusal_of_system(error: Exception) -> CollabError:
    """An error of the disk that no other code turned into a CollabError."""
    from collab_xl.os_errors import reason

    return CollabError("system_refused", reason=reason(error), path=getattr(error, "filename", None) or "–")
