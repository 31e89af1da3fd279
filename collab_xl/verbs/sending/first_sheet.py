"""What the first sheets of the packs say, and which forms the packs need for it: everything about the departments' week, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property

from collab_xl.merge.replies import replies
from collab_xl.model.baseline import Difference
from collab_xl.model.finding import Finding
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import Ask, Front, PackPlan, Reply, ReplyLine
from collab_xl.model.record import replace
from collab_xl.model.submission_log import State
from collab_xl.plan.issue import file_reply_lines, reply_lines
from collab_xl.plan.this_week import end_of_week, front_lines, row_hints, told_lines
from collab_xl.rules.case import Case
from collab_xl.rules.check import check
from collab_xl.rules.department_asks import answered, department_asks
from collab_xl.rules.responsibilities import Told, informed_of, told
from collab_xl.rules.standing import differences
from collab_xl.verbs.sending.last_sent import file_replies, sent_since
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import accounts_of
from collab_xl.verbs.times.old_states import now, state_after, with_sources


class FirstSheets:
    """`heads`: department → its newest pack so far; `last`: the same with the values issued."""

    def __init__(self, session: Session, week: str, heads: Mapping[str, Pack], last: Mapping[str, Pack]) -> None:
        self.session, self.heads, self.last = session, heads, last
        self.newest = {name: pack.id for name, pack in heads.items()}
        self.week_end = end_of_week(week, session.as_of, session.settings.week_start)

    @cached_property
    def _case(self) -> Case:
        s = self.session
        return Case(s.tables, s.schema, s.directory, s.settings, s.calendar, s.as_of, now=s.moment)

    @cached_property
    def _findings(self) -> list[Finding]:
        s = self.session
        return check(s.tables, s.schema, s.directory, s.settings, s.calendar, s.as_of, now=s.moment)

    @cached_property
    def asks(self) -> dict[str, list[Ask]]:
        """Department → what its rows ask of it up to the end of next week."""
        return department_asks(self._case, self._findings, self.week_end + timedelta(days=7))

    @cached_property
    def _replies(self) -> dict[str, list[Reply]]:
        s = self.session
        return replies(s.state(), s.schema, s.directory, self.newest, sent_since(s, set(self.newest.values())))

    @property
    def concerned(self) -> dict[str, set[str]]:
        """Department → forms with something for it to do, or with something said about what it sent."""
        out: dict[str, set[str]] = {}
        for name, asks in self.asks.items():
            out.setdefault(name, set()).update(ask.form for ask in asks)
        for name, said in self._replies.items():
            out.setdefault(name, set()).update(reply.form for reply in said)
        return out

    def wanted(self, for_all: Sequence[str]) -> dict[str, set[str]]:
        """Department → forms it picked on the first sheet of its newest pack, and `for_all`."""
        names = {d.name for d in self.session.directory.departments} | self.asks.keys() | self.heads.keys()
        out = {name: set(for_all) for name in names}
        department_of = {pack: name for name, pack in self.newest.items()}
        for _, received in self.session.master.ledger.received(self.session.run_id):
            if received.wants and received.state is State.ACCEPTED and received.pack in department_of:
                out[department_of[received.pack]].update(received.wants)
        return out

    @cached_property
    def _taken(self) -> dict[str, tuple[int, int]]:
        """Department → changed cells of its newest pack, and those that went in or were said already; only of those that were merged."""
        ledger, run_id = self.session.master.ledger, self.session.run_id
        department_of = {pack: name for name, pack in self.newest.items()}
        done = ledger.consumed(run_id)
        mine = {r.sha256: department_of[r.pack] for _, r in ledger.received(run_id) if r.pack in department_of and r.sha256 in done}
        accounts = accounts_of(ledger.events(run_id, packs=())) if mine else {}
        out: dict[str, tuple[int, int]] = {}
        for sha, name in mine.items():
            if (count := accounts.get(sha)) is not None:
                edits, taken = out.get(name, (0, 0))
                out[name] = edits + count.edits, taken + count.applied + count.same
        return out

    @cached_property
    def _informed(self) -> Told:
        return informed_of(self._case)

    @cached_property
    def _before(self) -> dict[str, int]:
        """Id of a pack → how many runs the workbook had when it was issued; only packs of this workbook's runs."""
        ledger = self.session.master.ledger
        place = {run.number: n for n, run in enumerate(ledger.chain(self.session.run_id), 1)}
        return {pack.id: place[number] for number, pack in ledger.packs_issued() if number in place}

    @cached_property
    def _since(self) -> dict[int, list[Difference]]:
        return {}

    def _changes(self, name: str) -> list[Difference]:
        """What has changed since the department's newest pack, of what it is informed of; [] if it has had none."""
        s, runs = self.session, self._before.get(self.newest.get(name, ""))
        if runs is None or name not in self._informed:
            return []
        if runs not in self._since:
            old, new = state_after(s, runs), now(s)
            found = differences(old.standing, new.standing, s.schema, s.settings.terms(s.calendar).late)
            self._since[runs] = with_sources(s, found, old.run, new.run)
        return told(self._case, self._informed[name], name, self._since[runs])

    def _answers(self, name: str) -> list[Difference]:
        """What others have said since the department's newest pack to what its rows ask of them."""
        found = answered(self._case, name, self.last[name]) if name in self.last else []
        runs = self._before.get(self.newest.get(name, "")) if found else None
        if runs is None:
            return []
        s = self.session
        told_by = with_sources(s, found, state_after(s, runs).run, now(s).run)
        return [one for one in told_by if one.by != name]

    @cached_property
    def _file_lines(self) -> dict[str, tuple[ReplyLine, ...]]:
        lang = self.session.book_lang
        return {name: file_reply_lines(lines, lang) for name, lines in file_replies(self.session, self.newest).items()}

    def on(self, plan: PackPlan) -> PackPlan:
        """The pack with its first sheet and the hints of its rows."""
        s, name = self.session, plan.pack.department
        asks = self.asks.get(name, [])
        hints = row_hints(asks, self.week_end, s.book_lang)
        said = reply_lines(self._replies.get(name, ()), s.tables, s.schema, s.book_lang)
        issued = {sheet.form: {row_id for row_id, _ in sheet.rows} for sheet in plan.sheets}
        lines = front_lines([a for a in asks if a.row_id in issued.get(a.form, ())], self._case.rows, self.week_end, s.book_lang)
        return replace(
            plan,
            replies=(*self._file_lines.get(name, ()), *said),
            front=Front(
                lines,
                s.settings.mail,
                told_lines(self._changes(name), s.schema, s.book_lang),
                told_lines(self._answers(name), s.schema, s.book_lang),
                *self._taken.get(name, (None, None)),
            ),
            sheets=tuple(replace(sheet, hints=hints.get(sheet.form, {})) for sheet in plan.sheets),
        )
