"""Answers to what departments sent: receipts, what was decided since, and workbooks that go back.

In: what the ledger knows about a file.  Out: letters to whom it came from, also those that are held, with the reason.  Pure.
A letter holds rows of its own department only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Schema
from collab_xl.model.directory import Department
from collab_xl.model.merge import Count, Outcome
from collab_xl.model.outgoing import Attached, Grid, Letter, MailKind
from collab_xl.model.submission_log import Received
from collab_xl.model.verdict import Verdict
from collab_xl.plan.letters import MOST_ROWS, Letterhead, shortened
from collab_xl.plan.show import show

NOT_TAKEN = ("conflicts", "rights", "unreadable", "not_cleared", "excluded")
"""Outcomes that a department should know of, the most urgent first."""


WAIT = ("conflicts", "rights", "excluded")
"""Those about which the PMO still decides."""


def account_text(count: Count, lang: str) -> str:
    """`87 处改动：汇总 80，3 处待项目办决定`: what became of every edit; the parts add up to the first number."""
    names = ("applied", "same", *NOT_TAKEN)
    parts = [text(f"plan.mail.account.{name}", lang, n=n) for name in names if (n := getattr(count, name))]
    said = text("plan.mail.account.edits", lang, n=count.edits, parts=text("plan.mail.stop", lang).join(parts))
    if count.edits == 0:
        said = text("plan.mail.account.none", lang)
    more = [text(f"plan.mail.account.{name}", lang, n=n) for name in ("rows_new", "rows_missing") if (n := getattr(count, name))]
    return text("plan.mail.stop", lang).join([said, *more])


News = tuple[Received, Sequence[Verdict]]
"""A file of before, and what was decided about it since its department heard of it."""


def receipt_letters(
    files: Iterable[tuple[Received, Count, str]],
    outcomes: Mapping[str, Sequence[Outcome]],
    schema: Schema,
    post: Letterhead,
    verdicts: Mapping[str, Mapping[str, Verdict]] = {},
    earlier: Mapping[str, Sequence[News]] = {},
    messages: Mapping[str, str] = {},
) -> list[Letter]:
    """One for each submission (with its account and the run that consolidated it), to whom it came from.

    Args:
        verdicts: sha256 → cell → what the PMO has decided about it before the receipt is written.
        messages: sha256 → what the department wrote to the PMO in it.
        earlier: sha256 → decisions about other files of the department, which this receipt tells too.
    """
    out = []
    for received, count, run in files:
        department = post.directory.department(received.department)
        mine = sorted(
            (o for o in outcomes.get(received.sha256, ()) if o.outcome in NOT_TAKEN), key=lambda o: (NOT_TAKEN.index(o.outcome), o.cell)
        )
        made = verdicts.get(received.sha256, {})
        account = account_text(count, post.lang)
        if n := sum(o.cell in made for o in mine):
            account += text("plan.mail.decided.of_these", post.lang, n=n)
        if any(o.outcome in WAIT and o.cell not in made for o in mine):
            account += text("plan.mail.account.later", post.lang)
        if words := messages.get(received.sha256):
            account += text("plan.mail.stop", post.lang) + text("plan.mail.account.message", post.lang, words=shortened(words, 400))
        others = earlier.get(received.sha256, ())
        facts = post.facts(
            department,
            received.week,
            file=received.file,
            received=_moment(received.sent_at or received.received_at),
            account=account,
            rows=(*_outcome_grids(mine, made, schema, post.lang), *(_news_grid(news, schema, post.lang) for news in others)),
        )
        letter = Letter(
            MailKind.RECEIPT, received.department, _back_to(received, department), (received.sha256, *(r.sha256 for r, _ in others)), facts,
            answers=received.message_id, run=run, key=(received.sha256,),
        )  # fmt: skip
        out.append(post.addressed(letter))
    return out


def decided_letters(files: Iterable[News], schema: Schema, post: Letterhead) -> list[Letter]:
    """One for each file whose receipt went out while something waited, now that all of it is decided."""
    out = []
    for received, verdicts in files:
        department = post.directory.department(received.department)
        facts = post.facts(
            department,
            received.week,
            file=received.file,
            received=_moment(received.sent_at or received.received_at),
            account=text("plan.mail.decided.account", post.lang, n=len(verdicts)),
            rows=(_news_grid((received, verdicts), schema, post.lang, named=False),),
        )
        key = (received.sha256, "decided", *sorted(f"{v.form}:{v.row_key}:{v.field}" for v in verdicts))
        to = _back_to(received, department)
        letter = Letter(MailKind.RECEIPT, received.department, to, (received.sha256,), facts, answers=received.message_id, key=key)
        out.append(post.addressed(letter))
    return out


def _news_grid(news: News, schema: Schema, lang: str, *, named: bool = True) -> Grid:
    """What became of what had waited. `named`: with the file it is about."""
    received, verdicts = news
    lines = tuple((_named(v, schema, lang), _shown(v, schema, lang), _ended(v, schema, lang)) for v in verdicts[:MOST_ROWS])
    title = text("plan.mail.decided.title" if named else "plan.mail.decided.now", lang, n=len(verdicts), file=received.file)
    if len(verdicts) > MOST_ROWS:
        title += text("plan.mail.first_of", lang, shown=MOST_ROWS, n=len(verdicts))
    return Grid(tuple(text(f"plan.mail.head.{c}", lang) for c in ("cell", "value", "outcome")), lines, title)


def _named(of: Outcome | Verdict, schema: Schema, lang: str) -> str:
    """`RW-001 计划结束时间`; of a whole row its number, or the form's name for one that has none."""
    form = schema.form_for_display(of.form)
    field = form.known(of.field)
    return f"{of.row_key} {field.heading[lang] if field else of.field}".strip() or form.sheet[lang]


def _shown(of: Outcome | Verdict, schema: Schema, lang: str) -> str:
    value = of.submission if isinstance(of, Outcome) else of.value
    field = schema.form_for_display(of.form).known(of.field)
    return shortened(show(value, field, lang))


def _ended(v: Verdict, schema: Schema, lang: str) -> str:
    """`没有采用，主表里是 2026-12-20：客户已定`."""
    field = schema.form_for_display(v.form).known(v.field)
    said = text(f"plan.mail.decided.{v.word}", lang, now=shortened(show(v.now, field, lang)) or "–")
    return text("plan.reply.because", lang, verdict=said, reason=shortened(v.reason)) if v.reason else said


def _outcome_grids(outcomes: Sequence[Outcome], made: Mapping[str, Verdict], schema: Schema, lang: str) -> tuple[Grid, ...]:
    if not outcomes:
        return ()
    rows: dict[tuple[str, str, str], list[Outcome]] = {}
    for o in outcomes:
        ended = _ended(made[o.cell], schema, lang) if o.cell in made else text(f"plan.mail.outcome.{o.outcome}", lang)
        rows.setdefault((o.form, o.row_key or o.cell[len(o.cell.rstrip("0123456789")) :], ended), []).append(o)
    lines = [(_row_named(of, schema, lang), _row_shown(of, schema, lang), ended) for (*_, ended), of in list(rows.items())[:MOST_ROWS]]
    title = text("plan.mail.not_taken", lang, n=len(outcomes))
    if len(rows) > MOST_ROWS:
        title = text("plan.mail.not_taken_first", lang, n=len(outcomes), first=MOST_ROWS)
    return (Grid(tuple(text(f"plan.mail.head.{c}", lang) for c in ("cell", "value", "outcome")), tuple(lines), title),)


def _row_named(of: Sequence[Outcome], schema: Schema, lang: str) -> str:
    """`RW-009 任务名称、负责人`: the cells of one row that ended alike."""
    first, *others = of
    headings = [field.heading[lang] if (field := schema.form_for_display(o.form).known(o.field)) else o.field for o in others]
    return COMMA[lang].join([_named(first, schema, lang), *headings])


def _row_shown(of: Sequence[Outcome], schema: Schema, lang: str) -> str:
    return shortened(COMMA[lang].join(filter(None, (_shown(o, schema, lang) for o in of))))


Reason = tuple[str, str, str]
"""Place, what is wrong, what to do."""


def return_letters(
    files: Iterable[tuple[Received, Sequence[Reason], int, Sequence[Attached]]], post: Letterhead
) -> list[Letter]:  # fmt: skip
    """One for each workbook that goes back: its reasons (the first of so many), and the marked workbook."""
    out = []
    for received, reasons, count, attached in files:
        department = post.directory.department(received.department)
        grid = _reason_grid(reasons, count, post.lang)
        facts = post.facts(
            department, received.week, file=received.file, received=_moment(received.sent_at or received.received_at), reasons=(grid,)
        )
        to = _back_to(received, department)
        letter = Letter(
            MailKind.RETURN, received.department, to, (received.sha256,), facts, files=tuple(attached), answers=received.message_id
        )
        out.append(post.addressed(letter if attached else post.held(letter, "no_file")))
    return out


def _reason_grid(reasons: Sequence[Reason], count: int, lang: str) -> Grid:
    title = text("plan.mail.reasons", lang, n=count)
    if count > len(reasons):
        title = text("plan.mail.reasons_first", lang, n=count, first=len(reasons))
    lines = tuple((place, shortened(what, 400), shortened(fix, 400)) for place, what, fix in reasons)
    return Grid(tuple(text(f"plan.mail.head.{c}", lang) for c in ("place", "what", "fix")), lines, title if count else "")


def _back_to(received: Received, department: Department | None) -> tuple[str, ...]:
    """The address it came from, if it is one of the department's; else the department's liaisons."""
    if department is None:
        return ()
    mine = [mail for mail in department.emails if mail.casefold() == received.sender.strip().casefold()]
    return tuple(mine) or department.emails


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
