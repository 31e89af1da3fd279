"""Verb `compare`: what is new, gone, moved, finished or otherwise changed between two moments, and by whom (decision 0051)."""

from __future__ import annotations

from datetime import date

from collab_xl.catalogue import text
from collab_xl.errors import OK, CollabError
from collab_xl.plan.comparison import counted, rows_by_kind
from collab_xl.project.run import Where
from collab_xl.rules.standing import differences
from collab_xl.verbs.comparison import Caption, compared_json, compared_listing, sheet_lines, write_comparison
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.times.moments import Moment, moment_of, usual_since
from collab_xl.verbs.times.old_states import with_sources


def compare(
    where: Where, *, since: str | None = None, until: str | None = None, as_of: date, write: bool = True, lang: str | None
) -> Report:
    """Verb `compare`: write the differences on sheet 对比.

    Args:
        since: a day, a week, a baseline (`moments.moment_of`); by default the newest weekly page of an earlier day.
        until: likewise; by default the workbook as it is now.

    Raises CollabError `usage_since`, `usage_swapped` (exit 2), `ledger_missing`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        first = moment_of(session, since) if (since or "").strip() else usual_since(session)
        last = moment_of(session, until)
        if last.day < first.day or (last.kind != "now" and last.runs < first.runs):  # nor is a day ahead the earlier one
            facts = {"since": first.shown(session.lang), "until": last.shown(session.lang)}
            raise CollabError("usage_swapped", exit_code=2, lang=session.lang, **facts)
        counting = session.settings.terms(session.calendar).late
        found = differences(first.state.standing, last.state.standing, session.schema, counting)
        found = with_sources(session, found, first.state.run, last.state.run)
        caption = Caption(first.shown(session.book_lang), last.shown(session.book_lang))
        run = write_comparison(session, found, caption) if write else None
        facts = {"since": first.shown(session.lang), "until": last.shown(session.lang), "counts": counted(found, session.lang)}
        said = text("verbs.say.compare" if found else "verbs.say.compare_same", session.lang, **facts)
        lines = (said, *sheet_lines(session, write=write))
        notes = [text("verbs.say.compare_unsure", session.lang, since=facts["since"])] if not first.state.sure else []
        body = {
            "version": "collab-xl/compare/1",
            "run": run,
            "since": _json(first),
            "until": _json(last),
            "counts": rows_by_kind(found),
            "differences": compared_json(session, found),
        }
        return session.report(
            body, lines, compared_listing(session, found), OK, notes, then=to_write(write, NextStep("who_changed", "log"))
        )


def _json(moment: Moment) -> dict[str, object]:
    return {
        "kind": moment.kind,
        "day": moment.day.isoformat(),
        "week": moment.week or None,
        "baseline": moment.baseline.id if moment.baseline else None,
        "run": moment.state.run.id if moment.state.run else None,
        "complete": moment.state.sure,
    }
