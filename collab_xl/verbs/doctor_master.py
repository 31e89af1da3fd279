"""The lines of `doctor` on one master: the workbook, its ledger and copies, its calendar, its folder.

Each part is checked on its own, so that one fault does not hide the next.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from collab_xl.addin.diagnose import of_error
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.mail.account import account_of
from collab_xl.mail.robot import hook_of, variables
from collab_xl.mail.secret import password_of
from collab_xl.model.checkup import Line, note, skipped, todo, well
from collab_xl.model.evidence import Named
from collab_xl.model.plan import Provenance
from collab_xl.model.robot import TELLS, robots_in
from collab_xl.model.submission_log import State
from collab_xl.os_errors import reason
from collab_xl.project.commit import refuse_open
from collab_xl.project.file_lock import FileLock
from collab_xl.project.foreign import project_ids, refuse_harmful
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_schema import missing
from collab_xl.project.run import OpenMaster, open_master
from collab_xl.project.sidecar import Sidecar, find_sidecar, other_masters, own_sidecar
from collab_xl.project.trust import CONFIRMED, remember
from collab_xl.rules.rows import part_of, rows_of
from collab_xl.settings import robots_named
from collab_xl.verbs.receiving.evidence import changed_copies
from collab_xl.verbs.receiving.inbox_folder import inbox_folder, named_inbox
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import end_years
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.moved_days import by_law_only, is_china_by_mistake
from collab_xl.verbs.upgrading.bad_settings import unusable

NEXT_YEAR_FROM = 11
"""From this month on the calendar must contain the next year: tasks that end in it are planned now."""
SPARE_BYTES = 200_000_000
FEW = 5
"""Most files of evidence that a line names."""


class MasterLines:
    """Call `lines()` once; after that `lang` is the master's language, None for a file that is no master."""

    def __init__(self, path: Path, as_of: date, *, from_excel: bool, message_lang: str | None = None, confirm: bool = False) -> None:
        self.path, self.as_of, self.from_excel, self.message_lang = path, as_of, from_excel, message_lang
        self.confirm = confirm
        self.lang: str | None = None

    def lines(self) -> Iterator[Line]:
        if self.confirm:
            for project in project_ids(self.path):
                remember(CONFIRMED, project, self.path)
        of_ledger: CollabError | None = None
        try:
            refuse_harmful(self.path)
        except CollabError as error:
            if error.code == "foreign_master":
                yield of_error("master", error)
                return
            of_ledger = error
        try:
            book = read_book(self.path)
        except CollabError as error:
            yield of_error("master", error)
            return
        about = {name: str(value or "") for name, value in hidden_values(book).items()}
        try:
            if of_ledger is not None:
                raise of_ledger
            open_master(self.path, for_writing=False).close()
        except CollabError as error:
            if about.get("kind") != "master" or not about.get("project") or error.code == "newer_schema":
                yield of_error("master", error)
                return
        self.lang = about["lang"] if about.get("lang") in ("zh", "en") else "zh"
        sidecar = find_sidecar(self.path, about["project"], about.get("run") or None)
        session = self._session(book, about, sidecar)
        yield from (fault.checkup() for fault in session.layout)
        yield well("master", "master", file=self.path.name)
        if self.confirm:
            remember(CONFIRMED, about["project"], self.path)
            yield well("known", "known", file=self.path.name, folder=self.path.absolute().parent)
        yield from self._open()
        yield from self._others(about["project"])
        if of_ledger is not None:
            yield of_error("ledger", of_ledger)
        else:
            yield from _ledger(self.path, sidecar, about)
        yield from self._settings(session, about)
        yield from self._folder(sidecar)
        yield _mailbox(session)
        yield from _robots(session)

    def _open(self) -> Iterator[Line]:
        if self.from_excel:
            return
        try:
            refuse_open(self.path)
        except CollabError as error:
            yield note("open", "open", "open_fix", **error.facts)

    def _others(self, project: str) -> Iterator[Line]:
        others = other_masters(self.path, project)
        if others:
            yield todo("others", "others", others=tuple(others), file=self.path.name)
        else:
            yield well("others", "no_others")

    def _session(self, book: Book, about: dict[str, str], sidecar: Sidecar | None) -> Session:
        lang = self.lang or "zh"
        plain = OpenMaster(self.path, book, about["project"], None, lang, about.get("schema", ""), sidecar or own_sidecar(self.path))
        return Session(plain, self.as_of, self.message_lang or lang, clock.now())

    def _settings(self, session: Session, about: dict[str, str]) -> Iterator[Line]:
        """The calendar, settings that cannot be used, and the inbox folder. None of them needs the ledger."""
        try:
            bad = unusable(session)
            names = tuple(f"{b.name} {b.facts['cell'] if b.service == 'settings' else '{sheet}!{cell}'.format(**b.facts)}" for b in bad)
            yield (
                todo("settings", "settings_unusable", names=names, sheet=session.sheet_of("settings"))
                if bad
                else well("settings", "settings")
            )
            wanted = {self.as_of.year} | ({self.as_of.year + 1} if self.as_of.month >= NEXT_YEAR_FROM else set())
            wanted |= end_years(part_of(session.schema, rows_of(session.schema, session.tables_for_viewing), "work"))
            years = session.calendar.years
            missing = tuple(str(year) for year in sorted(wanted - years))
            sheet = session.sheet_of("calendar")
            if missing:
                yield todo("calendar", "calendar_missing", years=missing, sheet=sheet)
            else:
                yield well("calendar", "calendar", first=min(years), last=max(years), sheet=sheet)
            if is_china_by_mistake(session):
                yield todo("calendar", "calendar_country", sheet=sheet, country=session.settings.country, file=self.path.name)
            if provisional := by_law_only(session, {*wanted, *(year for year in years if year >= self.as_of.year)}):
                yield note("moved_days", "moved_days", "moved_days_fix", years=tuple(map(str, provisional)), sheet=sheet)
        except CollabError as error:
            yield of_error("settings", error)
            return
        try:
            if self.confirm and (named := named_inbox(session)):
                remember(CONFIRMED, about["project"], self.path, named)
            inbox = inbox_folder(session, make=False)
            yield well("inbox", "inbox" if inbox.is_dir() else "inbox_new", folder=inbox)
        except CollabError as error:
            yield of_error("inbox", error)

    def _folder(self, sidecar: Sidecar | None) -> Iterator[Line]:
        where = sidecar.path if sidecar is not None else self.path.parent
        refused = next(filter(None, map(_cannot_write, {where, self.path.parent})), None)
        if refused is not None:
            yield todo("folder", "folder_refused", path=refused[0], reason=refused[1])
        else:
            yield well("folder", "folder", path=where)
            if sidecar is not None:
                yield _lock(sidecar, self.path.name)
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(self.path.parent).free
            needed = SPARE_BYTES + 4 * self.path.stat().st_size
            facts = {"free": _size(free), "needed": _size(needed)}
            yield well("disk", "disk", **facts) if free >= needed else todo("disk", "disk_full", **facts)


def _ledger(master: Path, sidecar: Sidecar | None, about: dict[str, str]) -> Iterator[Line]:
    """Whether the ledger opens (which checks every page), knows the workbook's runs, and has what was issued and received; its copies."""
    run_id = about.get("run") or None
    if sidecar is None or not os.path.exists(sidecar.ledger_path):
        taken = sidecar is None and own_sidecar(master).project_id is not None
        path = (sidecar or own_sidecar(master)).ledger_path
        yield of_error("ledger", CollabError("ledger_of_another_project", path=path, file=master.name) if taken else missing(path))
        return
    try:
        with Ledger.open(sidecar.ledger_path) as ledger:
            if ledger.project_id != about["project"]:
                raise CollabError("ledger_of_another_project", path=sidecar.ledger_path, file=master.name)
            runs = ledger.chain(run_id)
            packs = ledger.packs()
            ledger.events(run_id)
            wanted = {*(waiting.sha256 for waiting in ledger.ready(run_id)), *ledger.held(run_id)}
            received = {r.sha256: r for _, r in ledger.received(run_id)}
            wanted |= {r.sha256 for r in received.values() if r.state is State.EVIDENCE}
            named = {one: source for one, (_, source) in ledger.evidence(run_id).items()}
    except CollabError as error:
        yield of_error("ledger", error)
        return
    lost = [sha for sha in sorted(wanted) if not sidecar.has_original(sha)]
    for sha in lost:
        r = received.get(sha)
        facts = {"department": r.department if r else "–", "file": r.file if r else sha[:12], "path": sidecar.archive / sha}
        yield todo("original", "original_lost", **facts)
    if not lost:
        yield well("ledger", "ledger", runs=len(runs), packs=len(packs))
    if named:
        yield from _evidence(sidecar, named)
    if runs:
        yield _copies(sidecar)


def _evidence(sidecar: Sidecar, named: Mapping[Named, Provenance]) -> Iterator[Line]:
    """Whether the files that cells lead to are there, and are what was received."""
    missing, changed = changed_copies(sidecar.evidence, named)
    for what, paths in (("evidence_missing", missing), ("evidence_changed", changed)):
        if paths:
            names = tuple(f"{path.parent.name}/{path.name}" for path in paths[:FEW])
            yield todo("evidence", what, count=len(paths), names=names, folder=sidecar.evidence, archive=sidecar.archive)
    if not (missing or changed):
        yield well("evidence", "evidence", count=len(named))


def _copies(sidecar: Sidecar) -> Line:
    """The copy of the ledger made after each run, and the backups of the master."""
    newest = sidecar.backups / "ledger.db"
    try:
        with Ledger.open(newest):
            pass
    except (CollabError, OSError):
        return todo("backups", "no_copy", path=newest)
    files = sidecar.backup_files()
    return (
        well("backups", "backups", count=len(files), folder=sidecar.backups) if files else todo("backups", "no_backup", path=newest.parent)
    )


def _lock(sidecar: Sidecar, master: str) -> Line:
    if not sidecar.lock_path.exists():  # a look leaves no file, above all none in an archive
        return well("lock", "free")
    lock = FileLock(sidecar.lock_path)
    try:
        lock.acquire(master, wait_seconds=0)
    except CollabError as error:
        return note("lock", "busy", "busy_fix", **error.facts)
    lock.release()
    return well("lock", "free")


def _mailbox(session: Session) -> Line:
    """What the settings say of the mailbox, and whether this computer has its password. No server is asked: `mailbox test` does that."""
    try:
        account = account_of(session.settings, session.lang)
    except CollabError as error:
        return of_error("mailbox", error)
    if account is None:
        return skipped("mailbox", "no_mailbox")
    facts = {"address": account.address, "server": f"{account.server}:{account.port}", "file": session.path.name}
    if account.login == "oauth2":
        from collab_xl.mail.oauth import check_kept  # few need it, and msal takes a quarter of a second

        try:
            check_kept(account, session.lang)
        except CollabError as error:
            return of_error("mailbox", error)
        return well("mailbox", "mailbox_signed_in", **facts)
    found = password_of(account)
    if found.password is None:
        if found.problem:
            return todo("mailbox", "mailbox_no_keyring", reason=found.problem, **facts)
        return todo("mailbox", "mailbox_no_password", **facts)
    return well("mailbox", "mailbox_keyring" if found.where == "keyring" else "mailbox_environment", **facts)


def _robots(session: Session) -> Iterator[Line]:
    """A line for each group robot that the settings name: whether this computer has its address. No service is asked: `robot test` does."""
    try:
        named = robots_named(session.settings)
    except CollabError:  # sheet 设置 is reported above
        return
    if not named:
        yield skipped("robot", "no_robot")
    for robot in named:
        kinds = tuple(
            f"model.mail_kind.{kind}" for kind, name in TELLS.items() if robot in (robots_in(getattr(session.settings, name)) or ())
        )
        told = tuple(text(kind, session.lang) for kind in kinds)
        facts = {"robot": text(f"model.robot.{robot}", session.lang), "word": str(robot), "file": session.path.name, "told": told}
        try:
            found = hook_of(robot, session.master.project_id, session.lang)
        except CollabError as error:
            yield of_error("robot", error)
            continue
        if found.hook is not None:
            yield well("robot", "robot_keyring" if found.hook.where == "keyring" else "robot_environment", **facts)
        elif found.problem:
            yield todo("robot", "robot_no_keyring", reason=found.problem, variable=variables(robot)[0], **facts)
        else:
            yield todo("robot", "robot_no_address", **facts)


def _cannot_write(folder: Path) -> tuple[Path, str] | None:
    """Why nothing can be written there; None if it works. It is tried: permissions reported for a share are not reliable."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".collab-", suffix=".tmp") as probe:
            probe.write(b"?")
            probe.flush()
    except OSError as error:
        return folder, reason(error)
    return None


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
