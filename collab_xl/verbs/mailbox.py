"""The verbs `mailbox set` and `mailbox test`, and the mailbox as `collect` reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from collab_xl.catalogue import error_text, text
from collab_xl.errors import FINDINGS, OK, REFUSED, CollabError
from collab_xl.intake.origin import SAID_CODES, SEPARATOR
from collab_xl.mail.account import Account, account_of, smtp_of
from collab_xl.mail.fetching import Fetched, Mark, fetch, mark_of, taken_in
from collab_xl.mail.imap import Cut, Mailbox
from collab_xl.mail.secret import keep, password_of
from collab_xl.mail.structure import is_wanted
from collab_xl.model.outside_text import encodable
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, replace
from collab_xl.model.submission_log import Received, State
from collab_xl.project.run import Where
from collab_xl.settings import Settings
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.receiving.receiving import Collected
from collab_xl.verbs.report import Progress, Report, no_progress
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.settings_rows import added_rows, set_values

VERSION = "collab-xl/mailbox/1"
IDS = ("mail", "mail_server", "mail_user", "mail_folder", "mail_client", "mail_tenant")
PUT_AWAY = (State.ACCEPTED, State.DUPLICATE, State.SUPERSEDED, State.REFUSED, State.EVIDENCE)
"""A mail that brought one of these was dealt with. What a person has to read (words, links) stays as it is in the mailbox."""
NOTHING_ATTACHED = "—"
"""What S421 says of a mail to which nothing is attached."""
LATER = ("mail_after", "mail_after_folder")
"""Rows that a master from before they were there gets with its mailbox."""
DAYS_BEFORE = 30
"""How far back a mailbox is read in a project that has issued no pack yet."""


def mailbox_set(
    where: Where,
    address: str,
    *,
    server: str = "",
    user: str = "",
    folder: str = "",
    smtp: str = "",
    client: str = "",
    tenant: str = "",
    secret: Callable[[str], str] | None = None,
    sign_in: Callable[[str, str, str], object] | None = None,
    as_of: date,
    lang: str | None,
    progress: Progress = no_progress,
) -> Report:
    """Verb `mailbox set`: write the mailbox on sheet 设置 and its password into the keyring; then open it once.

    Who gives up before the password is typed or the sign-in is done has changed nothing. A mailbox that does not open is told; what was
    written stays.

    Args:
        client, tenant: of the application that IT registered, for a service with OAuth2; `google` as the tenant for a server of another
            name whose users sign in at Google.
        smtp: the server that sends, where it is not the one of the mailbox's service. The password is kept for it too.
        secret: asks a person for the password (at Google for the secret of the application), with nothing shown; None if nobody can
            be asked.
        sign_in: asks a person to sign in on the web, with the question, the page and the code; None if nobody can be asked.

    Raises CollabError as `account_of`, and `settings_full` for a sheet 设置 that cannot take the rows.
    """
    values = {"mail": address.strip(), "mail_server": server.strip(), "mail_user": user.strip(), "mail_folder": folder.strip()}
    values |= {"mail_client": client.strip(), "mail_tenant": tenant.strip()}
    if smtp.strip():
        values["mail_smtp"] = smtp.strip()
    with opened(where, write=True, as_of=as_of, lang=lang) as session:
        account = account_of(
            replace(
                session.settings,
                mail=address or " ",
                mail_server=server,
                mail_user=user,
                mail_folder=folder,
                mail_client=client,
                mail_tenant=tenant,
            ),
            session.lang,
        )
        assert account is not None  # an empty address is none
        sends = smtp_of(replace(session.settings, mail_smtp=smtp), account, session.lang) if smtp.strip() else None
        plan = _plan(session, values)
        lines = [
            text("mail.say.set", session.lang, address=account.address, server=f"{account.server}:{account.port}", folder=account.folder)
        ]
        typed = ""
        if account.login == "oauth2":
            asks = account.at_google and secret is not None and sign_in is not None
            asked = secret(text("mail.say.ask_client_secret", session.lang, client=account.client_id)) if asks and secret else ""
            lines += _signed_in(session, account, sign_in, progress, asked.strip())
        elif secret is not None:
            typed = secret(text("mail.say.ask_password", session.lang, user=account.user, server=account.server))
        if typed:
            keep(account, typed, session.lang)
            if sends is not None and not sends.same_password:
                keep(replace(account, server=sends.host), typed, session.lang)
            lines.append(text("mail.say.kept", session.lang))
        run = session.master.commit(session.record("mailbox_set", summary={"address": account.address}), plan) if plan else None
        if account.login != "oauth2" and not typed and not password_of(account).password:
            lines.append(text("mail.say.no_password", session.lang))
            return session.report(_body(account, run, opens=False), tuple(lines), (), OK, then=NextStep("mailbox_set", "mailbox set"))
        try:
            return _tested(session, account, list(lines), run)
        except CollabError as error:
            what, why, fix = error_text(error, session.lang)
            lines.append(text("mail.say.does_not_open", session.lang, what=what, why=why, fix=fix))
            problem = {"code": error.code, "what": what}
            return session.report(
                _body(account, run, opens=False, problem=problem), tuple(lines), (), FINDINGS, then=NextStep("mailbox_set", "mailbox set")
            )


def _signed_in(
    session: Session, account: Account, sign_in: Callable[[str, str, str], object] | None, progress: Progress, client_secret: str
) -> list[str]:
    """Let the person sign in on the web, if somebody can be asked. Returns what is to be said of it."""
    if sign_in is None:
        return []
    from collab_xl.mail import oauth

    asked, label = sign_in, text("mail.say.waiting", session.lang)

    def ask(page: str, code: str) -> object:
        key = "ask_sign_in" if code else "ask_browser"
        return asked(text(f"mail.say.{key}", session.lang, user=account.user, page=page, code=code), page, code)

    oauth.sign_in(account, ask, session.lang, lambda done, total: progress(label, done, total), client_secret)
    return [text("mail.say.signed_in", session.lang)]


def _plan(session: Session, values: dict[str, str]) -> Plan:
    given = {str(row["id"]) for row in session.service("settings") if row.get("id")}
    missing = [name for name in (*IDS, "mail_smtp") if name not in given and values.get(name)]
    plan = set_values(session, {name: value or None for name, value in values.items()})
    wanted = [*missing, *(name for name in LATER if name not in given)]
    if wanted:
        from collab_xl.build.lists import setting_rows  # few runs need XlsxWriter

        rows = {str(row[3]): row for row in setting_rows(values, session.book_lang)}
        more = added_rows(session, [rows[name] for name in wanted])
        if missing and not more:
            raise CollabError("settings_full", sheet=session.sheet_of("settings"), lang=session.lang)
        plan += more
    return plan


def mailbox_test(where: Where, *, as_of: date, lang: str | None) -> Report:
    """Verb `mailbox test`: open the mailbox and say what is in it; nothing in it is changed, and nothing is fetched.

    Raises CollabError `mail_not_set`, and as `Mailbox.open`.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        account = account_of(session.settings, session.lang)
        if account is None:
            raise CollabError("mail_not_set", file=session.path.name, lang=session.lang)
        return _tested(session, account, [], None)


def _tested(session: Session, account: Account, lines: list[str], run: str | None) -> Report:
    lang = session.lang
    box = Mailbox.open(account, lang)
    day = read_since(session)
    try:
        uids = box.since(day)
        new = [uid for uid in uids if (box.validity, uid) not in seen_mails(session, account)]
        matter = sum(is_wanted(listed, addresses(session)) for listed in box.listed(new))
    except Cut as error:
        raise CollabError("mail_cut", server=account.server, reason=str(error), lang=lang) from error
    finally:
        box.close()
    facts = {"server": account.server, "folder": account.folder, "since": day, "count": len(uids), "new": len(new), "matter": matter}
    lines.append(text("mail.say.opens", lang, **facts))
    lines.append(text("mail.say.untouched", lang))
    return session.report(
        _body(account, run, opens=True, since=day.isoformat(), mails=len(uids), new=len(new), matter=matter),
        tuple(lines),
        (),
        OK,
        then=NextStep("mails", "collect"),
    )


def _body(account: Account, run: str | None, **facts: object) -> dict[str, object]:
    return {
        "version": VERSION,
        "run": run,
        "address": account.address,
        "server": account.server,
        "port": account.port,
        "folder": account.folder,
        **facts,
    }


def read_since(session: Session) -> date:
    """The first day whose mails can matter: that of the first pack issued, or some weeks ago."""
    issued = [pack.issued_at.date() for pack in session.master.ledger.pack_heads().values()]
    first = min(issued, default=session.now.date() - timedelta(days=DAYS_BEFORE))
    return first - timedelta(days=1)  # the day of the server's clock may be another


def addresses(session: Session) -> frozenset[str]:
    """Of everybody who reports for a department, in lower case."""
    return frozenset(mail.strip().casefold() for d in session.directory.departments for mail in d.emails)


def seen_mails(session: Session, account: Account) -> set[Mark]:
    return session.master.ledger.mails(account.address, account.folder)


class FromMailbox(Struct):
    """What `collect` has from the mailbox. `problem`: why it could not be read, or not to the end."""

    account: Account | None = None
    fetched: Fetched | None = None
    problem: CollabError | None = None
    files_left_out: int = 0

    @property
    def files(self) -> list[Path]:
        return self.fetched.files if self.fetched else []

    def without_words(self, collected: Collected) -> None:
        """Leave out mails that were fetched for their words and say nothing that we look for: 好的，收到."""
        if self.fetched is None:
            return
        names = {path.name for path in self.fetched.files}
        plain = [
            r for r in collected.received if r.code == "S421" and r.source in names and dict(r.facts).get("attachments") == NOTHING_ATTACHED
        ]
        self.fetched.passed_over += len({r.source for r in plain})
        left_out = {r.source for r in plain}
        self.files_left_out = len(left_out)
        collected.received = [r for r in collected.received if r.source not in left_out]
        collected.fresh = [r for r in collected.fresh if r.source not in left_out]

    def done(self, session: Session) -> None:
        """After the run is committed."""
        if self.account is not None and self.fetched is not None and self.fetched.seen:
            session.master.ledger.note_mails(self.account.address, self.account.folder, self.fetched.seen)
            taken_in(self.fetched.files)

    def put_away(self, session: Session, received: Sequence[Received]) -> list[str]:
        """Mark or move what the committed run has taken in, as the settings say. Returns what is to be said of it."""
        how, lang = session.settings.mail_after, session.lang
        if how == "leave" or self.fetched is None or self.account is None:
            return []
        taken = {r.source.split(SEPARATOR)[0] for r in received if r.state in PUT_AWAY or r.code in SAID_CODES.values()}
        failed = {r.source.split(SEPARATOR)[0] for r in received if r.state is State.FAILED}
        marks = [mark_of(path) for path in self.fetched.files if encodable(path.name) in taken - failed]
        if not marks:
            return []
        folder = session.settings.mail_after_folder.strip() or text("mail.say.put_folder", session.book_lang)
        lines = []
        if how == "folder" and folder.casefold() == self.account.folder.casefold():
            how, lines = "mark", [text("mail.say.put_same", lang)]
        from collab_xl.mail.put_away import put_away

        word = text(f"build.set.word.{how}", lang)
        try:
            done = put_away(self.account, marks, how, folder, lang)
        except CollabError as error:
            return [text("mail.say.put_failed", lang, count=len(marks), how=word, why=error_text(error, lang)[0])]
        if done.moved:
            lines.append(text("mail.say.put_moved", lang, count=done.moved, folder=folder))
        if done.marked:
            lines.append(text("mail.say.put_cannot_move" if done.cannot_move else "mail.say.put_marked", lang, count=done.marked))
        if done.why:
            lines.append(text("mail.say.put_failed", lang, count=len(marks) - done.moved - done.marked, how=word, why=done.why))
        return lines

    def lines(self, lang: str) -> list[str]:
        if self.problem is not None and self.account is not None:
            what, why, fix = error_text(self.problem, lang)
            return [text("mail.say.not_read", lang, address=self.account.address, what=what, why=why, fix=fix)]
        if self.account is None or self.fetched is None:
            return []
        facts = {
            "address": self.account.address,
            "count": len(self.fetched.files) - self.files_left_out,
            "passed": self.fetched.passed_over,
        }
        lines = [text("mail.say.read", lang, **facts)]
        if self.fetched.left:
            lines.append(text("mail.say.left", lang, count=self.fetched.left, why=self.fetched.why))
        return lines

    def problem_json(self, lang: str) -> dict[str, str] | None:
        """Why not everything was read; None if it was."""
        if self.problem is not None:
            return {"code": self.problem.code, "what": error_text(self.problem, lang)[0]}
        if self.fetched is not None and self.fetched.left:
            return {"code": "mail_cut", "what": text("mail.say.left", lang, count=self.fetched.left, why=self.fetched.why).splitlines()[0]}
        return None

    @property
    def code(self) -> int:
        return REFUSED if self.problem is not None or (self.fetched is not None and self.fetched.left) else OK


def from_mailbox(session: Session, progress: Progress) -> FromMailbox:
    """Fetch what is new in the mailbox that the settings name. One that cannot be read is told, and stops nothing."""
    settings: Settings = session.settings
    out = FromMailbox(Account(settings.mail.strip(), "", ""))
    label = text("mail.say.fetching", session.lang)
    try:
        account = account_of(settings, session.lang)
        assert account is not None
        out.account = account
        out.fetched = fetch(
            lambda: Mailbox.open(account, session.lang),
            session.master.sidecar.mails,
            read_since(session),
            seen_mails(session, account),
            addresses(session),
            lambda done, total: progress(label, done, total),
        )
    except CollabError as error:
        out.problem = error
    return out
