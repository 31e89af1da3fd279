"""Verb `send`: mail packs, receipts, returns, chasing, escalations and the weekly page; by default as drafts (decision 0036)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import LANGS, error_text, finding_text, text
from collab_xl.errors import FINDINGS, OK, REFUSED, CollabError
from collab_xl.mail.account import Account, smtp_of
from collab_xl.mail.compose import Written, composed, new_message_id, new_tag
from collab_xl.model.outgoing import Letter, MailKind, MailState, MailTemplate, Outgoing
from collab_xl.model.similar import meant
from collab_xl.model.values import Value
from collab_xl.plan.mail_text import as_html, as_text, filled_subject
from collab_xl.project.interruption import writing_begins
from collab_xl.project.run import Where
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Progress, Report, no_progress
from collab_xl.verbs.sending import mail_lists
from collab_xl.verbs.sending.posting import PostOffice
from collab_xl.verbs.sending.send_report import (
    NO_ADDRESS,
    letter_json,
    letters_listing,
    mail_json,
    unsettled_listing,
    where_addresses_go,
)
from collab_xl.verbs.sending.telling import Told, robots_for, tell
from collab_xl.verbs.sending.urgent import only_urgent, rescued, usable_account
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.mail_columns import mail_cells
from collab_xl.verbs.sheets.service_sheets import home, submissions_plan
from collab_xl.verbs.table import MAILS
from collab_xl.verbs.upgrading.lacking import lacking
from collab_xl.verbs.week_files import exported, shown_week

VERSION = "collab-xl/send/1"
WHAT = {name: MailKind(kind) for name, kind in MAILS.items()}
QUIET = frozenset({MailKind.CHASE, MailKind.ESCALATION})
"""What is not sent in quiet hours and on days off, unless it is urgent."""
ALL = ("all", "全部")


def send(
    where: Where,
    what: str = "",
    *,
    now: bool = False,
    week: str | None = None,
    departments: Sequence[str] | None = None,
    out: Path | None = None,
    again: bool = False,
    sure: Sequence[str] | None = None,
    not_sent: Sequence[str] | None = None,
    confirm: Callable[[str], bool] | None = None,
    show: Callable[[Report], None] | None = None,
    from_excel: bool = False,
    as_of: date,
    write: bool = True,
    lang: str | None,
    progress: Progress = no_progress,
) -> Report:
    """Verb `send`: write the mails of one kind, as drafts or (`now`) over SMTP; without a kind only look what became of those before.

    Args:
        what: packs, receipts, returns, chase, escalate, week, or the Chinese word.
        out: the folder `issue --out` has written the packs into.
        again: also what was sent before.
        sure: marks of mails that a person has sent (`all` for every draft). not_sent: marks of mails that will not be sent.
        confirm: asks a person before anything is sent over SMTP; None if nobody can be asked. show: shows them the list first.
        from_excel: whether it was clicked in Excel: drafts are asked about too, and the next step is one for the open workbook.

    Raises CollabError `usage_mail_what`, `usage_mail_mark` (exit 2), as `account_of` and `smtp_of`, and as `Folders.open` and `Smtp.open`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        kind = kind_of(what, session.lang)
        account, closed = usable_account(session, kind, now=now)
        sidecar = session.master.sidecar
        post = PostOffice(session.master.ledger, sidecar.outgoing, sidecar.outbox / "mails", session.now, session.lang, account)
        try:
            return _Sending(session, post, account, kind, where, closed, now=now, from_excel=from_excel).report(
                week, departments, out, again, (sure, not_sent), confirm, show, progress, write=write
            )
        finally:
            post.close()
            if write:
                post.sweep()


def kind_of(what: str, lang: str) -> MailKind | None:
    """The kind a person means. Raises CollabError `usage_mail_what` (exit 2)."""
    said = what.strip().casefold()
    if not said:
        return None
    for name, kind in WHAT.items():
        if said in {name, str(kind), *(text(f"verbs.word.send_{name}", each).casefold() for each in LANGS)}:
            return kind
    known = [*WHAT, *(text(f"verbs.word.send_{name}", each) for name in WHAT for each in LANGS)]
    words = tuple(f"{name} {text(f'verbs.word.send_{name}', lang)}" if lang != "en" else name for name in WHAT)
    raise CollabError("usage_mail_what", exit_code=2, text=what, words=words, meant=meant(what, known), lang=lang)


class _Sending:
    """One run of the verb."""

    def __init__(
        self, session: Session, post: PostOffice, account: Account | None, kind: MailKind | None, where: Where,
        closed: CollabError | None, *, now: bool, from_excel: bool,
    ) -> None:  # fmt: skip
        self.session, self.post, self.account, self.kind, self.now = session, post, account, kind, now
        self.where: Where = where if from_excel else session.path
        self.from_excel, self.closed = from_excel, closed
        """Why the mailbox cannot be used: then only what is urgent is done."""
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.told = Told()
        self.said_sent: set[MailKind] = set()
        """Kinds of the mails that a person says were sent."""

    def report(
        self, week: str | None, departments: Sequence[str] | None, out: Path | None, again: bool,
        said: tuple[Sequence[str] | None, Sequence[str] | None], confirm: Callable[[str], bool] | None,
        show: Callable[[Report], None] | None, progress: Progress, *, write: bool,
    ) -> Report:  # fmt: skip
        session, lang = self.session, self.session.lang
        unsettled = self._settled(said, write=write)
        self._refuse_faulty_text()
        letters = self._letters(week, out, again, write=write) if self.kind else []
        if departments:
            wanted = {session.named_department(name) for name in departments}
            letters = [one for one in letters if wanted & set(re.split("、|, ", one.department))]  # one mail may be about several
        if self.closed is not None:
            letters = only_urgent(letters, self.closed)
        known = {mail.id: mail for mail in session.master.ledger.outgoing() if mail.state is not MailState.DROPPED}
        new, old = self._sorted(letters, known, again)
        old = old if self.closed is None else []  # what lies in the mailbox is not known, so none of them may go
        if self.now and self.kind in QUIET:
            letters = mail_lists.quiet(letters, session)
            held = {one.id for one in letters if one.held}
            new = [one for one in new if one.id not in held]
            old = [mail for mail in old if mail.id.partition("#")[0] not in held]
        going = [*new, *(mail for mail in old if mail.state is MailState.PLANNED or (self.now and mail.state is MailState.DRAFTED))]
        if self.kind and write and going and (self.now or self.from_excel) and confirm is not None:
            if show is not None:
                looked = {"mails": [letter_json(one, known.get(one.id), lang) for one in letters]}
                show(session.report(looked, (), (letters_listing(letters, known, {}, lang, now=self.now),)))
            if not confirm(self._question(len(going))):
                return self._told(letters, known, {}, unsettled, write=False, stopped=True)
        done: dict[str, Outgoing] = {}
        failed: CollabError | None = None
        robots = robots_for(session, self.kind) if self.now else ()
        if self.kind and write and going:
            writing_begins()
            try:
                if not departments:
                    self._drop_stale({letter.id for letter in letters if not letter.held})
                done = self._sent(new, old, progress)
            except CollabError as error:
                failed = error
            done |= self._rescued([one for one in new if one.urgent], failed)
            if failed is not None:
                known = {mail.id: mail for mail in session.master.ledger.outgoing() if mail.state is not MailState.DROPPED}
        failed = failed or self.closed
        if self.kind and write and robots:
            self.told = tell(session, self.kind, [one for one in letters if self._is_told(one, done.get(one.id) or known.get(one.id))])
        elif robots and any(not one.held or _robot_only(one) for one in letters):
            names = tuple(text(f"model.robot.{robot}", lang) for robot in robots)
            self.told.lines.append(text("mail.robot.would", lang, robots=names))
        if write:
            self._note_on_sheets({mail.id: mail for mail in done.values()})
        self._say_what_is_lacking()
        return self._told(letters, known, done, unsettled, write=write, failed=failed)

    def _is_told(self, letter: Letter, mail: Outgoing | None) -> bool:
        """Robots are told what was mailed, and at once what is urgent, whether a mail could be sent or not."""
        return (mail is not None and mail.state is MailState.SENT) or (letter.urgent and not letter.held) or _robot_only(letter)

    def _question(self, n: int) -> str:
        lang = self.session.lang
        if self.now:
            return text("mail.ask.send", lang, n=n)
        if self.account is not None:
            return text("mail.ask.draft", lang, n=n, address=self.account.address)
        return text("mail.ask.file", lang, n=n, folder=self.post.outbox)

    def _refuse_faulty_text(self) -> None:
        """Raises CollabError `mail_text_faulty` if the PMO's text of this kind has a place that cannot be filled or lacks one."""
        session, lang = self.session, self.session.lang
        row = next((r["_row"] for r in self._text_rows() if r.get("id") == self.kind), None)
        wrong = [f for f in session.mail_text_faults if f.at is not None and f.at.row == row]
        if wrong:
            where = tuple(dict.fromkeys(str(f.at) for f in wrong))
            what, fix = (" ".join(finding_text(f, part, lang) for f in wrong) for part in ("what", "fix"))
            raise CollabError("mail_text_faulty", cells=where, what=what, fix=fix, lang=lang)

    def _text_rows(self) -> list[dict[str, Value]]:
        return self.session.service("mail_texts") if self.session.mail_text_faults else []

    # What was before

    def _settled(self, said: tuple[Sequence[str] | None, Sequence[str] | None], *, write: bool) -> list[Outgoing]:
        """What is unsettled after looking into the mailbox, and after what a person says about it."""
        ledger = self.session.master.ledger
        if not write:
            return [mail for mail in ledger.outgoing() if mail.state in (MailState.UNKNOWN, MailState.DRAFTED, MailState.SENDING)]
        try:
            left = self.post.settle()
        except CollabError as error:
            if self.kind is MailKind.ESCALATION:
                self.closed = error
            elif self.now or self.kind is not None:
                raise
            else:
                self.notes += error_text(error, self.session.lang)
            left = [mail for mail in ledger.outgoing() if mail.state in (MailState.UNKNOWN, MailState.DRAFTED)]
        for marks, key in ((said[0], "confirmed"), (said[1], "not_sent")):
            if marks:
                chosen = self._marked(marks, left)
                for mail in chosen:
                    getattr(self.post, key)(mail)
                self.said_sent |= {mail.kind for mail in chosen if key == "confirmed"}
                self.lines.append(text(f"mail.say.{key}", self.session.lang, n=len(chosen)))
                left = [mail for mail in left if mail not in chosen]
        return [mail for mail in left if mail.state is not MailState.PLANNED]

    def _drop_stale(self, wanted: Collection[str]) -> None:
        """Mails that an earlier run planned and did not hand over, and that would no longer be written."""
        for mail in self.session.master.ledger.outgoing(*([self.kind] if self.kind else [])):
            if mail.state is MailState.PLANNED and mail.id.partition("#")[0] not in wanted:
                self.post.not_sent(mail, "stale")

    def _marked(self, marks: Collection[str], mails: Sequence[Outgoing]) -> list[Outgoing]:
        """Raises CollabError `usage_mail_mark` (exit 2) for a mark that no unsettled mail has."""
        if any(mark.strip().casefold() in ALL for mark in marks):
            return list(mails)
        by_tag = {mail.tag: mail for mail in mails}
        wanted = [mark.strip().strip("[]#").upper() for mark in marks]
        if unknown := tuple(tag for tag in wanted if tag not in by_tag):
            lang = self.session.lang
            raise CollabError("usage_mail_mark", exit_code=2, marks=unknown, known=tuple(by_tag) or ("–",), lang=lang)
        return [by_tag[tag] for tag in dict.fromkeys(wanted)]

    # What is to be written

    def _letters(self, week: str | None, out: Path | None, again: bool, *, write: bool) -> list[Letter]:
        session = self.session
        match self.kind:
            case MailKind.PACK:
                return mail_lists.packs(session, week, out)
            case MailKind.RECEIPT:
                letters, older = mail_lists.receipts(session)
                if older:
                    self.notes.append(text("mail.say.older", session.lang, n=older, days=mail_lists.ANSWER_DAYS))
                return letters
            case MailKind.RETURN:
                return mail_lists.returns(session)
            case MailKind.CHASE:
                return mail_lists.chase(session, week)
            case MailKind.ESCALATION:
                return mail_lists.escalations(session, again)
            case _:
                return mail_lists.weekly(session, week, lambda chosen: self._pdf(chosen) if write else None)

    def _pdf(self, week: str) -> Path | None:
        """The weekly sheet as PDF, if the workbook shows this week and a PDF can be made; else a note says why not."""
        session, lang = self.session, self.session.lang
        if shown_week(session) != week:
            self.notes.append(text("mail.say.no_pdf_week", lang, week=week, shown=shown_week(session) or "–"))
            return None
        try:
            folder = session.master.sidecar.outbox / "mails"
            folder.mkdir(parents=True, exist_ok=True)
            return exported(session, self.where, folder, week)[0]
        except CollabError as error:
            self.notes += error_text(error, lang)
            return None

    def _sorted(self, letters: Sequence[Letter], known: Mapping[str, Outgoing], again: bool) -> tuple[list[Letter], list[Outgoing]]:
        """Letters to be written, and mails of these letters that were planned before."""
        new, old = [], []
        for letter in letters:
            before = known.get(letter.id)
            if letter.held:
                continue
            if before is None or (again and before.state is MailState.SENT):
                new.append(letter)
            else:
                old.append(before)
        return new, old

    # Writing

    def _sent(self, new: Sequence[Letter], old: Sequence[Outgoing], progress: Progress) -> dict[str, Outgoing]:
        """Letter id → its mail, after it was handed over."""
        session, post = self.session, self.post
        server = smtp_of(session.settings, self.account, session.lang) if self.now and self.account is not None else None
        templates = session.mail_texts
        taken = post.keep([self._made(letter, templates[letter.kind]) for letter in new])
        wanted = [*taken, *old]
        planned = [mail for mail in wanted if mail.state is MailState.PLANNED]
        if server is not None:
            ready = [mail for mail in wanted if mail.state in (MailState.PLANNED, MailState.DRAFTED)]
            handed = post.send(ready, server, progress)
            if why := error_text(self.closed, session.lang)[0] if self.closed is not None else post.copy_to_sent(handed):
                self.notes.append(text("mail.say.no_copy", session.lang, why=why))
        elif self.closed is not None:
            handed = []  # `_rescued` does it
        elif self.account is not None:
            handed = post.draft(planned, progress) if planned else []
        else:
            handed = post.file(planned)
        return {mail.id.partition("#")[0]: mail for mail in (*wanted, *handed)}

    def _rescued(self, letters: Sequence[Letter], failed: CollabError | None) -> dict[str, Outgoing]:
        """Letter id → its mail, of urgent ones that did not go: they become drafts, or files where the mailbox cannot be opened."""
        session, ids = self.session, {one.id for one in letters}
        kept = {mail.id.partition("#")[0]: mail for mail in self._all if mail.state is not MailState.DROPPED}
        try:
            self.post.keep([self._made(one, session.mail_texts[one.kind]) for one in letters if one.id not in kept])
            left = [mail for mail in self._all if mail.state is MailState.PLANNED and mail.id.partition("#")[0] in ids]
            if not left or (failed is not None and not self.now and failed.code == "mail_cut"):
                return {}  # a draft may be in the folder all the same: the next run looks
            closed = self.closed is not None or (failed is not None and not self.now)
            mails, way = rescued(self.post, left, closed=closed)
        except CollabError as error:
            self.notes += error_text(error, session.lang)
            return {}
        said = {"n": len(mails), "folder": self.post.outbox, "file": session.path.name}
        self.lines.append(text(f"mail.say.rescued_{way}", session.lang, **said))
        return {mail.id.partition("#")[0]: mail for mail in mails}

    def _made(self, letter: Letter, template: MailTemplate) -> tuple[Outgoing, bytes]:
        session, address = self.session, self.account.address if self.account else ""
        lang, tag = session.book_lang, self._free_tag()
        subject = filled_subject(template, letter.facts, tag, lang, urgent=letter.urgent)
        mail = Written(
            address,
            text("mail.word.sender", lang, project=session.settings.project).strip(),
            letter.to,
            letter.cc,
            subject,
            as_text(template, letter.facts),
            as_html(template, letter.facts, lang, subject),
            new_message_id(tag, address),
            session.now,
            letter.files,
            letter.answers,
            letter.kind in (MailKind.RECEIPT, MailKind.RETURN),
            letter.urgent,
        )
        data = composed(mail)
        outgoing = Outgoing(
            self._id(letter), letter.kind, letter.department, letter.to, letter.cc, subject, tag, mail.message_id,
            hashlib.sha256(data).hexdigest(), letter.about, session.now, run=letter.run,
        )  # fmt: skip
        return outgoing, data

    def _id(self, letter: Letter) -> str:
        """Of a letter that is sent again, with a number."""
        times = sum(mail.id.partition("#")[0] == letter.id for mail in self._all if mail.state is not MailState.DROPPED)
        return f"{letter.id}#{times + 1}" if times else letter.id

    @property
    def _all(self) -> list[Outgoing]:
        return self.session.master.ledger.outgoing()

    def _free_tag(self) -> str:
        if not hasattr(self, "_tags"):
            self._tags = {mail.tag for mail in self._all}
        while (tag := new_tag()) in self._tags:
            pass
        self._tags.add(tag)
        return tag

    def _note_on_sheets(self, done: Mapping[str, Outgoing]) -> None:
        """提交台账, 升级清单 and 首页 with what was mailed, in a run of its own, if anything changes. The mails are out, so a sheet that
        cannot be written is a remark."""
        session = self.session
        try:
            plan = submissions_plan(session) + mail_cells(session, ("escalations",))
            if plan.edits:
                run, waiting = session.master.new_run_id, len(session.state(packs=()).items)
                plan += home(session, session.tables_for_viewing, verb="send", run=run, waiting=waiting)
                counts = Counter(str(mail.state) for mail in done.values())
                session.master.commit(session.record("send", summary={"what": str(self.kind or ""), **counts}), plan)
        except CollabError as error:
            self.notes.append(text("mail.say.not_on_sheets", session.lang, why=error_text(error, session.lang)[0]))

    def _say_what_is_lacking(self) -> None:
        """A master of an older version has no sheet for the texts and no column for what was mailed."""
        session = self.session
        lacks = lacking(session.refs, session.schema).of_mails
        if self.kind and lacks:
            key, what = "old_master_excel" if self.from_excel else "old_master", lacks.names(session.schema, session.lang)
            self.notes.append(text(f"mail.say.{key}", session.lang, what=what, file=session.path.name))

    # What is said

    def _told(
        self, letters: Sequence[Letter], known: Mapping[str, Outgoing], done: Mapping[str, Outgoing], unsettled: Sequence[Outgoing],
        *, write: bool, stopped: bool = False, failed: CollabError | None = None,
    ) -> Report:  # fmt: skip
        session, lang = self.session, self.session.lang
        lines, listings, code = list(self.lines), [], OK
        counts = Counter(done[one.id].state for one in letters if one.id in done)
        if self.kind:
            nothing = [one for one in letters if one.held]
            name = text(f"model.mail_kind.{self.kind}", lang)
            if not letters:
                lines.append(text("mail.say.none", lang, kind=name))
            elif done:
                parts = [text(f"mail.count.{state}", lang, n=n) for state, n in counts.items()]
                lines.append(text("mail.say.done", lang, kind=name, parts=tuple(parts)))
            elif write and not failed:
                key = "all_held" if len(nothing) == len(letters) else "nothing_new"
                lines.append(text(f"mail.say.{key}", lang, kind=name, n=len(nothing)))
            else:
                going = [one for one in letters if not one.held and one.id not in known]
                lines.append(text("mail.say.would", lang, kind=name, n=len(going), held=len(nothing)))
            if any(one.urgent for one in letters if not one.held):
                lines.append(text("mail.say.urgent" if self.now else "mail.say.urgent_draft", lang))
            waiting = self.from_excel and any(one.id in known and known[one.id].state is MailState.DRAFTED for one in letters)
            if (counts[MailState.DRAFTED] or waiting) and not failed and not stopped:
                key = ("drafts" if self.account else "files") + ("_excel" if self.from_excel else "")
                asked = text("desk.ask.mail_sent", lang)
                lines.append(text(f"mail.say.{key}", lang, folder=self.post.outbox, file=session.path.name, what=self._word(), asked=asked))
            if letters:
                listings.append(letters_listing(letters, known, done, lang, now=self.now))
            failing = any(one.held in (*NO_ADDRESS, "no_file") for one in letters)
            if any(one.held in NO_ADDRESS for one in letters):
                lines.append(where_addresses_go(session, self.kind))
            worse = counts[MailState.UNKNOWN] + counts[MailState.DROPPED] + counts[MailState.PLANNED]
            code = FINDINGS if failing or worse else OK
        open_mails = [mail for mail in unsettled if mail.id not in done and (not self.kind or mail.state is MailState.UNKNOWN)]
        if open_mails:
            listings.append(unsettled_listing(open_mails, lang))
        unknown = [mail for mail in (*open_mails, *done.values()) if mail.state is MailState.UNKNOWN]
        if unknown:
            lines.append(text("mail.say.unknown", lang, n=len(unknown), mark=unknown[0].tag, file=session.path.name))
            code = code or FINDINGS
        elif not self.kind and not open_mails:
            lines.append(text("mail.say.settled" if session.master.ledger.outgoing() else "mail.say.none_yet", lang))
        lines += self.told.lines
        if self.told.failed:
            code = code or FINDINGS
        if stopped:
            lines.append(text("mail.say.not_sent_now", lang))
        elif not write:
            lines.append(text("verbs.say.no_write", lang))
        if failed is not None:
            what, why, fix = error_text(failed, lang)
            lines.append(text("mail.say.failed", lang, what=what, why=why, fix=fix))
            code = REFUSED
        body = {
            "version": VERSION,
            "what": next((name for name, kind in WHAT.items() if kind is self.kind), None),
            "mails": [letter_json(one, done.get(one.id) or known.get(one.id), lang) for one in letters],
            "unsettled": [mail_json(mail) for mail in open_mails],
            "robots": self.told.json,
            "error": failed.code if failed else None,
        }
        drafted = bool(counts[MailState.DRAFTED])
        return session.report(
            body, tuple(lines), tuple(listings), code, tuple(self.notes), then=self._next(code, drafted, write=write, stopped=stopped)
        )

    def _next(self, code: int, drafted: bool, *, write: bool, stopped: bool) -> NextStep | None:
        """Drafts are sent by a person. Packs, returns and reminders wait for the departments then; the others are followed by the week."""
        if not write:
            return None if stopped else NextStep("write")
        if code != OK:
            return NextStep("as_said", "send", self._word() if self.kind else "")
        if drafted:
            if self.from_excel:  # its own line names the button
                return None
            return NextStep("draft", "send") if self.account else NextStep("draft_files", "send", "--confirm all")
        kinds = {self.kind} if self.kind else self.said_sent
        for asked, step in _AFTER.items():
            if kinds & set(asked):
                return NextStep(*step)
        return NextStep("where", "status")

    def _word(self) -> str:
        return next(name for name, kind in WHAT.items() if kind is self.kind)


_AFTER = {
    (MailKind.PACK, MailKind.RETURN, MailKind.CHASE): ("replies", "collect"),
    (MailKind.RECEIPT,): ("flag", "flag"),
    (MailKind.ESCALATION,): ("week", "week"),
    (MailKind.WEEK,): ("agenda", "agenda"),
}
"""Kinds of mails → what follows them; of several kinds that were sent what waits for departments comes first."""


def _robot_only(letter: Letter) -> bool:
    """An urgent escalation for which there is no address."""
    return letter.urgent and letter.held == "no_address_of"
