"""The text of the message box after a click: a few lines. Pure.

In: the verb and its report.  Out: one text. A message box has no scroll bar and no columns, so lists are shortened; the sheet has all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collab_xl import catalogue
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.model.submission_log import State
from collab_xl.verbs.report import Report

MOST = 8
"""Most items of a list that are shown one by one."""
MOST_MAILS = 15
"""Most mails that are named with their addresses before they are written."""
LATEST = 10
"""Operations the log button lists."""
FIGURE, FIGURES = " · ", 4
"""The separator of a run's figures, and how many of them are shown."""
LINES = 40
LONGEST = 400
"""Most characters of one line."""
WRITES = frozenset(
    {
        "import",
        "issue",
        "collect",
        "check",
        "flag",
        "preview",
        "consolidate",
        "resolve",
        "week",
        "weekthis",
        "weeklast",
        "weekother",
        "compare",
        "comparebase",
        "compareother",
        "baselineset",
        "baselinesign",
        "baselinecompare",
        "undo",
        "redo",
    }
)


def message(verb: str, report: Report, sheet: str, run: str | None, *, saved: bool = False, saves_itself: bool = False) -> str:
    """The message: what was done and with which figures, what needs a look and where, and that it is not saved yet.

    Args:
        sheet: the sheet that is shown, "" for none.
        run: the run this click wrote into the workbook; None for none.
        saved: whether the workbook was saved after it.
        saves_itself: whether AutoSave is on.
    """
    lines = [*report.lines, *_details(verb, report, sheet)]
    if verb == "consolidate" and run is None and not report.json.get("run"):  # written into the file, the run is only in the report
        lines.append(text("addin.ribbon.collect_first", report.lang))
    if report.next is not None:
        lines += ["", report.next.as_button(report.lang)]
    if report.notes:
        lines += ["", *report.notes]
    if run is not None and "mails" in report.json and not saves_itself:
        lines += ["", text("addin.ribbon.mails_not_saved", report.lang)]
    if run is not None and verb in WRITES:
        left = "saves_itself" if saves_itself else "saved" if saved else "issue_not_saved" if verb == "issue" else "not_saved"
        lines += ["", text(f"addin.ribbon.{left}", report.lang)]
    return _short(lines, report.lang)


def _details(verb: str, report: Report, sheet: str) -> Iterator[str]:
    if verb == "collect":
        yield from _listed(report, sheet)
    elif verb in ("undo", "redo"):
        yield from _kept(report, sheet)
    elif verb == "import" and not report.json.get("run"):
        yield from _questions(report)
    elif "mails" in report.json:
        yield from _not_written(report)
    elif verb == "log" and report.json.get("runs"):
        yield from _runs(report)


def _listed(report: Report, sheet: str) -> Iterator[str]:
    """The inputs with a state other than accepted or duplicate, each with its reason."""
    usual = {str(State.ACCEPTED), str(State.DUPLICATE)}
    items = [item for item in report.json["items"] if item["state"] not in usual and item["reason"]]
    for item in items[:MOST]:
        state = text(f"model.state.{item['state']}", report.lang)
        yield text("addin.ribbon.listed", report.lang, state=state, source=item["source"], reason=item["reason"])
    yield from _more(len(items), report.lang, sheet)


def _kept(report: Report, sheet: str) -> Iterator[str]:
    """The cells an undo left unchanged."""
    items = report.json["kept"]
    for item in items[:MOST]:
        reason = text(f"verbs.kept.{item['reason']}", report.lang)
        facts = {"cell": item["cell"] or "–", "row": item["row_id"], "field": item["field"] or "", "found": item["found"], "reason": reason}
        yield text("addin.ribbon.kept", report.lang, **facts)
    yield from _more(len(items), report.lang, sheet)


def _not_written(report: Report) -> Iterator[str]:
    """The letters that are held, each with its reason; what to do if there is none at all."""
    lang = report.lang
    if not report.json["mails"]:
        yield text(f"addin.mail.none.{report.json['what']}", lang)
    yield from _held(report)
    if any(str(mail["held"]).startswith("no_address") for mail in report.json["mails"]):
        yield text("addin.mail.add_address", lang)


def _held(report: Report) -> Iterator[str]:
    held = [mail for mail in report.json["mails"] if mail["held"]]
    for mail in held[:MOST]:
        yield text("addin.mail.held", report.lang, department=mail["department"] or "–", why=mail["why"])
    if left := held[MOST:]:
        yield text("addin.mail.more", report.lang, n=len(left), departments=tuple(mail["department"] for mail in left))


def mail_preview(report: Report) -> str:
    """Whom the mails go to, before they are written; the first with their addresses, the others by department. Then who gets none."""
    lang = report.lang
    going = [mail for mail in report.json["mails"] if mail["state"] in ("would", "planned") and not mail["held"]]
    lines = [text("addin.mail.whom", lang, n=len(going))]
    for mail in going[:MOST_MAILS]:
        key = "to_all" if not mail["department"] else "to_cc" if mail["cc"] else "to"
        to, cc = "; ".join(mail["to"]), "; ".join(mail["cc"])
        lines.append(text(f"addin.mail.{key}", lang, department=mail["department"], to=to, cc=cc))
    if left := going[MOST_MAILS:]:
        lines.append(text("addin.mail.more", lang, n=len(left), departments=tuple(mail["department"] for mail in left)))
    return _short([*lines, *_held(report)], lang)


def closing_preview(report: Report) -> str:
    """What is open before a project is closed: the first rows, and by when the retrospective is due."""
    lang = report.lang
    items = report.json["open"]
    key = "verbs.say.close_open" if items else "verbs.say.close_all_closed"
    lines = [text(key, lang, n=len(items))]
    if report.json["retrospective_by"]:
        lines.append(text("verbs.say.close_retrospective", lang, day=report.json["retrospective_by"]))
    lines += [text("addin.project.open", lang, sheet=item["sheet"], row=item["row_id"], what=item["what"]) for item in items[:MOST]]
    if more := len(items) - MOST:
        lines += [text("addin.project.more", lang, n=more)] if more > 0 else []
    return _short(lines, lang)


def _questions(report: Report) -> Iterator[str]:
    """What an import could not read without an answer."""
    for item in report.json.get("questions", ())[:MOST]:
        yield f"{item['sheet']}!{item['cell']}  {item['question']}"


def import_preview(report: Report) -> str:
    """What an import has read and what stays out, before it asks: per table the columns that are taken, and those that are not."""
    lang = report.lang
    not_read = {text("verbs.word.not_imported", lang)}
    lines = [*report.lines]
    for listing in report.listings:
        if len(listing.columns) < 4 or not listing.title or listing.columns[2] != text("verbs.column.goes_to", lang):
            continue
        taken = [title if title == to else f"{title} → {to}" for _, title, to, *_ in listing.rows if to not in not_read]
        left = [title for _, title, to, *_ in listing.rows if to in not_read]
        lines += ["", listing.title, text("addin.ribbon.import_taken", lang, columns=tuple(taken))]
        if left:
            lines.append(text("addin.ribbon.import_left", lang, columns=tuple(left)))
    if questions := [*_questions(report)]:
        lines += ["", text("addin.ribbon.import_open", lang), *questions]
    return _short(lines, lang)


def _more(count: int, lang: str, sheet: str) -> Iterator[str]:
    if count > MOST:
        yield text("addin.ribbon.more", lang, count=count - MOST, sheet=sheet)


def _runs(report: Report) -> Iterator[str]:
    """The latest operations, newest first, as `log` lists them."""
    rows = report.listings[0].rows
    yield text("addin.ribbon.log_head", report.lang)
    for run, time, verb, _as_of, _user, figures, state in rows[:LATEST]:
        said = figures.split(FIGURE)
        figures = FIGURE.join([*said[:FIGURES], "…"] if len(said) > FIGURES else said)
        line = text("addin.ribbon.run", report.lang, time=time, verb=verb, run=run, figures=figures)
        yield (text("addin.ribbon.run_state", report.lang, run=line, state=state) if state else line).rstrip()
    if len(rows) > LATEST:
        yield text("addin.ribbon.log_more", report.lang, count=len(rows) - LATEST)


def _short(lines: list[str], lang: str) -> str:
    flat = [part for line in lines for part in line.split("\n")]
    flat = [part if len(part) <= LONGEST else part[: LONGEST - 1] + "…" for part in flat]
    if len(flat) > LINES:
        flat = [*flat[: LINES - 1], text("addin.ribbon.more_lines", lang, count=len(flat) - LINES + 1)]
    return "\n".join(flat)


def refusal(error: CollabError, lang: str) -> str:
    """A refusal: what, why, what to do. A text made for buttons comes before the one for the command line."""
    own = f"addin.ribbon_error.{error.code}"
    if catalogue.has(f"{own}.what", lang):
        what, why, fix = (text(f"{own}.{part}", lang, **error.facts) for part in ("what", "why", "fix"))
    else:
        what, why, fix = catalogue.error_text(error, lang)
    return "\n\n".join((what, text("addin.ribbon.why", lang, why=why), text("addin.ribbon.fix", lang, fix=fix)))


def verb_name(verb: str, lang: str) -> str:
    """The button's name."""
    return text(f"addin.ribbon_verb.{verb}", lang)


def log_line(verb: str, book: str, outcome: str, seconds: float, facts: Mapping[str, Any]) -> str:
    """One line of the log: `check 主表.xlsx: done in 1.2 s, run R0007-3f2a, exit 3`."""
    more = "".join(f", {name} {value}" for name, value in facts.items() if value not in (None, ""))
    return f"{verb} {book or '-'}: {outcome} in {seconds:.1f} s{more}"
