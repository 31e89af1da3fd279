"""The two moments that `compare` compares, as a person says them: a day, a week, a baseline, 上周五."""

from __future__ import annotations

from datetime import date, timedelta

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.model.baseline import Baseline
from collab_xl.model.directory import folded
from collab_xl.model.record import Struct
from collab_xl.model.run import Run
from collab_xl.model.week import week_days
from collab_xl.verbs.baselines import baseline_text, named_baseline
from collab_xl.verbs.session import Session
from collab_xl.verbs.times.old_states import OldState, day_of, now, run_on, state_after
from collab_xl.verbs.times.requested_week import day_in, week_in
from collab_xl.verbs.times.spoken_day import named_day


class Moment(Struct, frozen=True):
    """A moment, with the rows as they were then."""

    kind: str
    """day, week, baseline or now."""
    day: date
    state: OldState
    runs: int
    """Runs of the workbook by then."""
    week: str = ""
    baseline: Baseline | None = None
    page: Run | None = None
    """The run that made the page of the week, if there is one."""

    def shown(self, lang: str) -> str:
        """`2026-11-20`, `2026-W47（2026-11-23 的周报）`, `基准“启动”（2026-11-09）`, `2026-11-27（现在）`."""
        if self.baseline is not None:
            return baseline_text(self.baseline, lang)
        if self.kind == "week":
            key = "verbs.word.moment_page" if self.page else "verbs.word.moment_week"
            return text(key, lang, week=self.week, day=self.day.isoformat())
        return text("verbs.word.moment_now", lang, day=self.day.isoformat()) if self.kind == "now" else self.day.isoformat()


def moment_of(session: Session, said: str | None) -> Moment:
    """The moment a person means; None: as the workbook is now.

    Understood: a baseline (`named_baseline`, 基准), 昨天, 上周五 and the like, a week (`W45`, 45, 上周), a day in every form of a sheet. A
    week whose page was made is as that page saw it, else as on its last day. Raises CollabError `usage_since`, `usage_year` (exit 2),
    `no_baseline`.
    """
    word = (said or "").strip()
    if not word:
        return Moment("now", session.as_of, now(session), len(session.master.ledger.chain(session.run_id)))
    if (found := _baseline(session, word)) is not None:
        return found
    if (day := named_day(word, session.as_of, session.settings.week_start)) is not None:
        return _on(session, day)
    if (week := week_in(session, word)) is not None:
        return _week(session, week)
    if (day := day_in(session, word)) is not None:
        return _on(session, day)
    raise CollabError("usage_since", exit_code=2, text=word, lang=session.lang)


def usual_since(session: Session) -> Moment:
    """What `compare` compares with if nothing is said: the newest weekly page of an earlier day, else a week ago."""
    made = session.master.ledger.weeks_made(session.run_id)
    pages = [(day_of(run), record.week) for record, run in made if day_of(run) < session.as_of]
    return _week(session, max(pages)[1]) if pages else _on(session, session.as_of - timedelta(7))


def _on(session: Session, day: date) -> Moment:
    runs = run_on(session.master.ledger.chain(session.run_id), day)
    return Moment("day", day, state_after(session, runs), runs)


def _week(session: Session, week: str) -> Moment:
    chain = session.master.ledger.chain(session.run_id)
    page = next((run for record, run in session.master.ledger.weeks_made(session.run_id) if record.week == week), None)
    if page is None:
        _, last = week_days(week, session.settings.week_start)
        runs = run_on(chain, last)
        return Moment("week", last, state_after(session, runs), runs, week)
    runs = 1 + next(n for n, run in enumerate(chain) if run.id == page.id)
    return Moment("week", day_of(page), state_after(session, runs), runs, week, page=page)


def _baseline(session: Session, word: str) -> Moment | None:
    try:
        state = named_baseline(session, word)
    except CollabError:
        if folded(word) in {folded(text("verbs.word.baseline", lang)) for lang in LANGS}:
            raise
        return None
    if word.isdigit():  # `45` is a week
        return None
    chain = session.master.ledger.chain(session.run_id)
    runs = 1 + next(n for n, run in enumerate(chain) if run.id == state.run)
    return Moment("baseline", state.baseline.day, state_after(session, runs), runs, baseline=state.baseline)
