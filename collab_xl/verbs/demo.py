"""The demo: a whole week on real files, reported step by step. Each run prints the same texts; only hashes, ids and paths differ.

Earlier Fridays are built first, so that the weekly sheet has weeks to compare with. Then packs are issued on Monday, the PMO edits the
master, and nine mails arrive by Saturday. On the next Monday morning: preview, consolidate, check, flag, undo, redo, week.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.demo import desk, folder, past, scenario
from collab_xl.demo.replies import write_replies
from collab_xl.errors import CONFLICTS
from collab_xl.excel.libreoffice import pages_as_png, sheet_as_pdf
from collab_xl.forms import load
from collab_xl.intake.pool import workers_kept
from collab_xl.model.record import replace
from collab_xl.project.sidecar import own_sidecar
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Progress, Report, no_progress
from collab_xl.verbs.times import clock

STEPS = 18


def demo(out: Path, *, lang: str, progress: Progress) -> Report:
    """Make `out`, or clear it of an earlier demo (`folder.prepare` says what is refused), run the week in it, and report the steps."""
    folder.prepare(out, lang)
    run = DemoRun(out, lang, progress)
    try:
        with workers_kept():
            run.earlier_weeks()
            run.replies_merged()
            run.judged()
    finally:
        folder.remember(out, run.made())
    return run.report()


class DemoRun:
    """One demo in one folder, in steps; what each reported is kept for the last report."""

    def __init__(self, out: Path, lang: str, progress: Progress) -> None:
        self.out, self.lang, self.progress = out, lang, progress
        self.master = out / text("demo.master", lang)
        self.inbox = out / "inbox"
        self.rows: list[tuple[str, str, str]] = []
        self.listings: list[Listing] = []
        self.json: dict[str, object] = {}
        self.files: list[Path] = [self.master, self.inbox]
        self.done = 0

    def made(self) -> set[str]:
        """Names of what the demo makes in the folder: the master, its `.collab` folder, mails, packs, pictures."""
        pictures = (f"{text('build.sheet.weekly', self.lang)}.{ending}" for ending in ("pdf", "png"))
        return {self.master.name, own_sidecar(self.master).path.name, self.inbox.name, "outbox", *pictures}

    def _record(self, step: str, report: Report, command: str = "") -> Report:
        """Keep one step's report for the table, and count the step."""
        self.json[step] = report.json
        self.rows.append((text(f"demo.step.{step}", self.lang), command, report.lines[0] if report.lines else ""))
        self._count()
        return report

    def _count(self) -> None:
        self.done += 1
        self.progress(text("demo.telling", self.lang), self.done, STEPS)

    def earlier_weeks(self) -> None:
        """Seven Fridays, each with its weekly sheet; between them the master is filled in as a person would."""
        lang, fridays = self.lang, past.fridays()
        first = fridays[0]
        with clock.at(datetime.combine(first, time(9))):
            verbs.init(
                self.master, project=scenario.project(lang), departments=scenario.departments(lang), lang=lang, as_of=first, forms="full"
            )
        rows = past.rows_on(first, lang)
        desk.fill_in(self.master, rows, lang, first)
        for n, day in enumerate(fridays):
            if n:
                rows = self._catch_up(rows, past.rows_on(day, lang))
            with clock.at(datetime.combine(day, time(17, 30))):
                verbs.week(self.master, as_of=day, lang=lang)
            self._count()
        self._catch_up(rows, scenario.rows(lang))

    def _catch_up(
        self, before: dict[str, list[scenario.FormRow]], now: dict[str, list[scenario.FormRow]]
    ) -> dict[str, list[scenario.FormRow]]:
        """Type the changes and the new rows into the master."""
        edits, new = past.edits_between(before, now), past.new_between(before, now)
        desk.change(self.master, edits, self.lang, scenario.AS_OF, new)
        return now

    def _run(self, step: str, command: str, verb: Callable[[], Report]) -> Report:
        with clock.at(scenario.MERGED_AT):
            return self._record(step, verb(), command)

    def replies_merged(self) -> None:
        """The week's packs go out, the PMO types, mails come, and on Monday morning they are merged."""
        lang, master, day, run = self.lang, self.master, scenario.AS_OF, self._run
        with clock.at(scenario.ISSUED_AT):
            issued = verbs.issue(
                master, as_of=scenario.ISSUED_AT.date(), week=scenario.WEEK, out=self.out / "outbox", lang=lang, progress=no_progress
            )
        self._record("issue", issued, "issue")
        self.files.append(self.out / "outbox")
        packs = {str(p["department"]): Path(str(p["file"])) for p in issued.json["packs"]}
        desk.change(master, scenario.pmo_edits(lang), lang, day)
        mails = write_replies(packs, self.inbox, lang)
        said = text("demo.mails", lang, count=len(mails), edits=len(scenario.pmo_edits(lang)))
        self.rows.append((text("demo.step.mails", lang), "", said))

        run("preview", "preview", lambda: verbs.preview(master, [self.inbox], as_of=day, lang=lang, progress=no_progress))
        merged = run("consolidate", "consolidate", lambda: verbs.consolidate(master, as_of=day, lang=lang, progress=no_progress))
        self.listings += [_mails(self.json["preview"], lang), *_accounts(merged, lang), _waiting(merged, lang)]
        back = [Path(str(item["path"])) for item in merged.json["returned"] if item["path"]]
        self.rows.append((text("demo.step.returned", lang), "", text("demo.returned", lang, count=len(back))))
        self.files += back
        run("again", "consolidate inbox", lambda: verbs.consolidate(master, [self.inbox], as_of=day, lang=lang, progress=no_progress))

    def judged(self) -> None:
        """What the PMO does with the merged master: check, flag, undo and redo, the weekly page."""
        lang, master, day, run = self.lang, self.master, scenario.AS_OF, self._run
        run("check", "check", lambda: verbs.check(master, as_of=day, lang=lang))
        run("flag", "flag", lambda: verbs.flag(master, as_of=day, lang=lang))
        run("undo", "undo", lambda: verbs.undo(master, as_of=day, lang=lang))
        run("redo", "redo", lambda: verbs.redo(master, as_of=day, lang=lang))
        run("week", "week", lambda: verbs.week(master, as_of=scenario.LAST_DAY, week=scenario.WEEK, lang=lang))
        self._picture()

    def _picture(self) -> None:
        """The weekly sheet as PDF and PNG, if LibreOffice is installed."""
        said = weekly_picture(self.master, self.out, self.lang)
        if said:
            self.files += said
        else:
            self.rows.append((text("demo.step.picture", self.lang), "", text("demo.no_office", self.lang)))

    def report(self) -> Report:
        lang = self.lang
        columns = tuple(text(f"demo.column.{c}", lang) for c in ("step", "command", "result"))
        steps = Listing(text("demo.title", lang), columns, tuple(self.rows))
        told = {step: said for step, _, said in self.rows}
        paths = Listing(text("demo.open", lang), (text("verbs.column.file", lang),), tuple((str(p),) for p in self.files))
        body = {
            "version": "collab-xl/demo/1",
            "folder": str(self.out),
            "steps": self.json,
            "told": told,
            "files": [str(p) for p in self.files],
        }
        return Report(lang, body, (), (steps, *self.listings, paths), next=NextStep("demo"))


def _mails(preview: object, lang: str) -> Listing:
    assert isinstance(preview, dict)
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("source", "state", "department", "reason"))
    rows = tuple((i["source"], text(f"model.state.{i['state']}", lang), i["department"] or "", i["reason"] or "") for i in preview["items"])
    return Listing(text("demo.inbox", lang), columns, rows)


def _accounts(merged: Report, lang: str) -> list[Listing]:
    """The result of every edit of every reply; the title shows that the parts add up to the total."""
    parts = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
    totals = {name: sum(s[name] for s in merged.json["submissions"]) for name in ("edits", *parts)}
    said = text("demo.balance", lang, **totals)
    return [replace(listing, title=said) for listing in merged.listings]


def _waiting(merged: Report, lang: str) -> Listing:
    columns = tuple(text(f"demo.column.{c}", lang) for c in ("kind", "place", "baseline", "master", "candidates"))
    headings = {(form.sheet[lang], f.id): f.heading[lang] for form in load().forms for f in form.fields}
    rows = []
    for item in merged.json["conflicts"]:
        values = "\n".join(
            text("demo.candidate", lang, value=c["value"] if item["field"] else " · ".join(c["value"].values()), department=c["department"])
            for c in item["candidates"]
        )
        new = item["field"] is None and item["kind"] in ("new_task", "hand_made")
        row = text("demo.new_row", lang) if new else item["row_id"] or ""
        place = f"{item['sheet']} {row} {headings.get((item['sheet'], item['field']), '')}".strip()
        rows.append((text(f"model.kind.{item['kind']}", lang), place, item["baseline"] or "", item["master"] or "", values))
    title = text("demo.waiting", lang) if merged.exit_code == CONFLICTS else ""
    return Listing(title, columns, tuple(rows))


def weekly_picture(master: Path, folder: Path, lang: str) -> list[Path]:
    """Render the weekly sheet to PDF and PNG. Returns the files; none without LibreOffice."""
    pdf = folder / f"{text('build.sheet.weekly', lang)}.pdf"
    sheet = desk.sheet_of_name(master, "wk_title")
    if sheet is None or not sheet_as_pdf(master, sheet, pdf):
        return []
    png = pdf.with_suffix(".png")
    png.write_bytes(next(pages_as_png(pdf)))
    return [pdf, png]
