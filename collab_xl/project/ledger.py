"""The ledger: every run of a project with its old and new values, in `ledger.db` in the sidecar folder.

The ledger does not record whether a run was saved or a submission is done. A workbook contains the chain of parents that starts at
the run id inside it, so every query takes this run id (decision 0003). A run that was prepared but never written into the workbook
is not on its chain.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from collab_xl.errors import CollabError
from collab_xl.model.baseline import Baseline, Standing
from collab_xl.model.chain import active
from collab_xl.model.escalation import Escalated
from collab_xl.model.evidence import Named
from collab_xl.model.imported import Imported, joined_imports, tracker_name
from collab_xl.model.merge import CellKey, Outcome, Pack, Withdrawn
from collab_xl.model.outgoing import MailKind, MailReport, MailState, Outgoing
from collab_xl.model.plan import CellChange, Provenance
from collab_xl.model.robot import Post
from collab_xl.model.run import ALONE, Held, LoggedChange, LoggedRun, Run, RunChanges, RunEvents, RunRecord
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.submission_log import Received, State
from collab_xl.model.summary import WeekRecord
from collab_xl.model.values import same_value
from collab_xl.os_errors import reason
from collab_xl.project import ledger_mails, ledger_packs, ledger_questions, ledger_read
from collab_xl.project.checkpoint import checkpoint
from collab_xl.project.ledger_schema import connect, damaged
from collab_xl.project.ledger_write import Writer, pack_json
from collab_xl.project.private import make_private_file, make_private_folder


class Ledger:
    """Made by `Ledger.open` or `Ledger.create`. Close it, or use it as a context manager."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self.path, self._conn = path, conn
        with self._readable():
            project = conn.execute("SELECT id, secret FROM project").fetchone()
            if project is None:
                raise sqlite3.DatabaseError("no project in it")
            self.project_id: str = project[0]
            self.secret: bytes = project[1]
            """32 random bytes, the key of the pack tokens."""
            self._simulated: Withdrawn | None = None
            self._runs: dict[str, Run] = {run.id: run for run in ledger_read.runs(conn)}

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Raises CollabError `ledger_missing`, `ledger_damaged`, `ledger_damaged_no_copy`, `ledger_altered`, `ledger_newer`,
        `ledger_unusable`."""
        conn = connect(path)
        try:
            return cls(path, conn)
        except BaseException:
            conn.close()
            raise

    @classmethod
    def create(cls, path: Path, project_id: str, created: datetime) -> Ledger:
        """A new ledger with a new secret. Raises CollabError `ledger_exists`."""
        if os.path.exists(path):
            raise CollabError("ledger_exists", path=path)
        make_private_folder(path.parent)
        temporary = path.with_name(".ledger.db.tmp")  # a ledger without its project must never have the final name
        temporary.unlink(missing_ok=True)
        try:
            make_private_file(temporary)
            with closing(connect(temporary, create=True)) as conn:
                conn.execute("INSERT INTO project VALUES (?,?,?)", (project_id, secrets.token_bytes(32), created.isoformat()))
            temporary.replace(path)
        except BaseException:  # a full disk leaves nothing
            for left in (temporary, *path.parent.glob(f"{temporary.name}-*")):
                left.unlink(missing_ok=True)
            raise
        return cls.open(path)

    def close(self) -> None:
        self._conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Raise CollabError for errors of SQLite: an unreadable page is a damaged ledger."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise CollabError("ledger_unusable", path=self.path, reason=reason(error)) from error
        except (sqlite3.DatabaseError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
            raise damaged(self.path, error) from error

    # Writing

    def next_id(self) -> str:
        """An id for the next run: `R0007-3f2a`. Two copies of a project use the same numbers; the random ending tells their runs apart."""
        number = max((run.number for run in self._runs.values()), default=0) + 1
        return f"R{number:04d}-{secrets.token_hex(2)}"

    def prepare(self, record: RunRecord, *, parent: str | None, run_id: str) -> Run:
        """Store a run, all of it or nothing, before the workbook is changed.

        Args:
            parent: the run id inside the workbook, None or "" for a workbook without one.
            run_id: from `next_id`.

        Raises CollabError `run_not_in_ledger` for a parent that is not in the ledger, `ledger_unusable` (locked, disk full).
        """
        if parent:
            self.chain(parent)
        files = ledger_packs.write_packs(self.path.parent / "issued", record.packs)
        checkpoint("ledger:packs_written")
        number = int(run_id[1:].partition("-")[0])
        run = record.as_run(run_id, number, parent)
        try:
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", ledger_read.run_line(run))
            Writer(self._conn, number).write(record)
            self._conn.executemany(
                "INSERT INTO packs VALUES (?,?,?,?,?,?,?)",
                ((p.id, number, p.department, p.week, p.issued_at.isoformat(), p.schema_version, files[p.id]) for p in record.packs),
            )
            checkpoint("ledger:before_commit")
            self._conn.execute("COMMIT")
        except BaseException as error:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise CollabError("ledger_unusable", path=self.path, reason=reason(error)) from error
            raise
        checkpoint("ledger:prepared")
        self._runs[run.id] = run
        return run

    def reached(self, run_id: str) -> None:
        """Note that a run was written into a workbook. Only such a run can leave it again: what a killed or refused run was about to
        consolidate is simply ready. Raises CollabError `ledger_unusable`."""
        with self._readable():
            self._conn.execute("INSERT OR IGNORE INTO events VALUES (?,?,?)", (self._runs[run_id].number, "reached", pack_json(True)))

    def simulate(self, record: RunRecord, *, parent: str | None) -> str:
        """Add a run in memory only and return its id: queries with this id answer as if the run had been stored. Used by undo.

        Only the runs and files that it takes back have an effect on the answers; what it adds itself is not stored.
        """
        run_id = "R0000-0000"
        self._runs[run_id] = record.as_run(run_id, -1, parent)
        self._simulated = record.withdrawn
        return run_id

    def ask(self, questions: Iterable[SenderQuestion]) -> None:
        """Store questions about how a sender writes; existing ones stay unchanged. Raises CollabError `ledger_unusable`."""
        with self._readable():
            ledger_questions.ask(self._conn, questions)

    def answer(self, question_id: str, reply: str | None, at: datetime, by: str) -> None:
        """Store a person's answer; None means that the question is asked again. Raises CollabError `ledger_unusable`."""
        with self._readable():
            ledger_questions.answer(self._conn, question_id, reply, at, by)

    def questions(self) -> list[SenderQuestion]:
        """All questions, answered or not, in the order asked. They belong to no run, so no run id is needed (decision 0011)."""
        with self._readable():
            return ledger_questions.questions(self._conn)

    def mails(self, account: str, folder: str) -> set[tuple[int, int]]:
        """UIDVALIDITY and UID of the mails of a mailbox that were taken in, or in which nothing could matter."""
        with self._readable():
            found = self._conn.execute("SELECT validity, uid FROM mails WHERE account = ? AND folder = ?", (account, folder))
            return {(int(validity), int(uid)) for validity, uid in found}

    def note_mails(self, account: str, folder: str, marks: Iterable[tuple[int, int]]) -> None:
        """Note mails that need not be looked at again, after the run that took them in. Raises CollabError `ledger_unusable`."""
        with self._readable():
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.executemany("INSERT OR IGNORE INTO mails VALUES (?,?,?,?)", ((account, folder, *mark) for mark in marks))
            self._conn.execute("COMMIT")

    def plan_mails(self, mails: Iterable[Outgoing]) -> list[Outgoing]:
        """Note mails before they leave, all or none. Returns those that are new; one whose id is taken was planned before.

        Raises CollabError `ledger_unusable`.
        """
        with self._readable():
            return ledger_mails.plan(self._conn, mails)

    def mail_is(
        self, mail: Outgoing, state: MailState, at: datetime, *, way: str | None = None, proof: str = "", reason: str = ""
    ) -> Outgoing | None:
        """Note the next state of a mail, on disk when this returns. None if it is no longer in the state it was read in.

        Raises CollabError `ledger_unusable`.
        """
        with self._readable():
            return ledger_mails.moved(self._conn, mail, state, at, way=way, proof=proof, reason=reason)

    def outgoing(self, *kinds: MailKind) -> list[Outgoing]:
        """Mails that were planned, in that order, with what became of them; of all kinds if none is named."""
        with self._readable():
            return ledger_mails.outgoing(self._conn, kinds)

    def plan_post(self, post: Post) -> bool:
        """Note a text for a group before it is posted; False if it was noted before. Raises CollabError `ledger_unusable`."""
        with self._readable():
            return ledger_mails.plan_post(self._conn, post)

    def post_is(self, post: Post, state: MailState, at: datetime, reason: str = "") -> Post | None:
        """As `mail_is`, for a text for a group."""
        with self._readable():
            return ledger_mails.post_is(self._conn, post, state, at, reason)

    def posts(self) -> list[Post]:
        """Texts for groups that were planned, with what became of them."""
        with self._readable():
            return ledger_mails.posts(self._conn)

    def note_reports(self, reports: Iterable[MailReport]) -> None:
        """Note what mails that came in say about ours. Raises CollabError `ledger_unusable`."""
        with self._readable():
            ledger_mails.note_reports(self._conn, reports)

    def mail_reports(self) -> list[MailReport]:
        """Bounces and automatic replies, oldest first."""
        with self._readable():
            return ledger_mails.reports(self._conn)

    def copy_to(self, target: Path) -> None:
        """Copy the whole ledger; the target appears in one step."""
        temporary = target.with_name(f".{target.name}.tmp")
        target.parent.mkdir(parents=True, exist_ok=True)
        make_private_file(temporary)
        copy = sqlite3.connect(temporary)
        try:
            self._conn.backup(copy)
        finally:
            copy.close()
        temporary.replace(target)

    # Queries; `run_id` is always the one inside the workbook

    def knows(self, run_id: str) -> bool:
        return run_id in self._runs

    def chain(self, run_id: str | None) -> list[Run]:
        """The runs a workbook contains, oldest first; none for a workbook without a run id.

        Raises CollabError `run_not_in_ledger`.
        """
        out: list[Run] = []
        at = run_id or None
        while at is not None:
            if at not in self._runs:
                raise CollabError("run_not_in_ledger", run=at, path=self.path)
            out.append(self._runs[at])
            at = self._runs[at].parent
        return out[::-1]

    def effective(self, run_id: str | None) -> list[Run]:
        """The chain without the runs that later ones undid, oldest first."""
        chain = self.chain(run_id)
        on = active(chain)
        return [run for run in chain if run.id in on]

    def log(self, run_id: str | None = None) -> list[LoggedRun]:
        """Every run in the ledger, newest first, and whether the workbook contains it."""
        chain = self.chain(run_id)
        contained, on = {run.id for run in chain}, active(chain)
        newest = sorted(self._runs.values(), key=lambda run: run.number, reverse=True)
        return [LoggedRun(run, run.id in contained, run.id in contained and run.id not in on) for run in newest]

    def events(self, run_id: str | None, packs: Collection[str] | None = None) -> list[RunEvents]:
        """What the effective runs did to the state of the merge, oldest first; `packs` limits baselines to those packs."""
        with self._readable():
            runs = [run for run in self.effective(run_id) if run.merged]
            simulated = (RunEvents(run, withdrawn=self._simulated) for run in runs if run.number < 0)
            return [*(ledger_read.events(self._conn, run, packs) for run in runs if run.number >= 0), *simulated]

    def packs(self, ids: Collection[str] | None = None) -> dict[str, Pack]:
        """Packs issued, with the values issued, in the order issued. Raises CollabError `pack_values_lost`.

        All that were ever issued, whatever run the workbook contains: what was sent out cannot be unsent.
        """
        folder = self.path.parent / "issued"
        out = {}
        for head, sha, _ in self._pack_lines():
            if ids is None or head.id in ids:
                forms = ledger_packs.read_pack(folder, head.id, sha)
                out[head.id] = Pack(head.id, head.department, head.week, head.issued_at, head.schema_version, forms)
        return out

    def taken_back(self, run_id: str | None, packs: Mapping[str, Pack]) -> frozenset[tuple[str, CellKey]]:
        """(pack, cell) of these packs whose value as issued was taken back since: by an undo or redo, or because the run that issued the
        pack is not in this workbook (a restored backup, a workbook closed without saving)."""
        chain = self.chain(run_id)
        on, numbers = active(chain), {run.number: run for run in self._runs.values()}
        undone = [run for run in chain if run.id in on and (run.undoes or run.alone) and run.changed_data and run.number >= 0]
        inside = {run.number for run in chain}
        out: set[tuple[str, CellKey]] = set()
        by_row: dict[str, dict[tuple[str, str], list[CellChange]]] = {}
        for number, head in self.packs_issued() if packs else ():
            if (pack := packs.get(head.id)) is None:
                continue
            if number in inside:
                runs, before = [run for run in undone if run.number > number], True
            else:
                left = self.chain(numbers[number].id)
                runs, before = [run for run in left if run.number not in inside and run.changed_data], False
            for run in runs:
                if run.id not in by_row:  # read once, not for each pack
                    by_row[run.id] = self._changes_by_row(run.id)
                for form, rows in pack.forms.items():
                    for key, row in rows.items():
                        for change in by_row[run.id].get((form, key), ()):
                            value = change.old if before else change.new
                            if row and value is not None and same_value(row.get(change.field), value):
                                out.add((pack.id, CellKey(form, key, change.field)))
        return frozenset(out)

    def _changes_by_row(self, run_id: str) -> dict[tuple[str, str], list[CellChange]]:
        """(form, row key) → what one run changed in the row."""
        out: dict[tuple[str, str], list[CellChange]] = {}
        for change in self.run_changes(run_id).changes:
            out.setdefault((change.form, change.row_key), []).append(change)
        return out

    def pack_heads(self) -> dict[str, Pack]:
        """Packs issued, in the order issued, without their rows (`forms` is empty): no file is read."""
        return {head.id: head for head, _, _ in self._pack_lines()}

    def packs_outside(self, run_id: str | None) -> frozenset[str]:
        """Ids of the packs whose issue run the workbook does not contain: a backup was restored, or it was closed without saving."""
        inside = {run.number for run in self.chain(run_id)}
        return frozenset(head.id for head, _, run in self._pack_lines() if run not in inside)

    def packs_issued(self) -> list[tuple[int, Pack]]:
        """(number of the run, pack without its rows), in the order issued."""
        return [(run, head) for head, _, run in self._pack_lines()]

    def _pack_lines(self) -> list[tuple[Pack, str, int]]:
        with self._readable():
            return ledger_read.packs(self._conn)

    def received(self, run_id: str | None) -> list[tuple[Run, Received]]:
        """Everything collected, in order. What an undone consolidate collected stays collected."""
        with self._readable():
            return [(run, r) for run in self.chain(run_id) for r in ledger_read.received(self._conn, run.number)]

    def consumed(self, run_id: str | None) -> dict[str, Run]:
        """sha256 of each consolidated submission → the first run that consolidated it. One that was taken out since is not among them."""
        out: dict[str, Run] = {}
        with self._readable():
            withdrawn = self._withdrawn()
            for run in self.effective(run_id):
                for sha in withdrawn[run.number].files if run.number in withdrawn else ():
                    out.pop(sha, None)
                for sha in ledger_read.consumed(self._conn, run.number):
                    out.setdefault(sha, run)
        return out

    def _withdrawn(self) -> dict[int, Withdrawn]:
        found = ledger_read.withdrawn(self._conn)
        return found if self._simulated is None else {**found, -1: self._simulated}

    def refused(self, run_id: str | None) -> frozenset[str]:
        """sha256 of the submissions that `undo --submission` took out of this workbook."""
        out: set[str] = set()
        with self._readable():
            withdrawn = self._withdrawn()
            for run in self.effective(run_id):
                if run.number in withdrawn and withdrawn[run.number].refused:
                    out |= set(withdrawn[run.number].files)
                out -= set(ledger_read.consumed(self._conn, run.number))
        return frozenset(out)

    def ready(self, run_id: str | None) -> list[Received]:
        """Accepted submissions not consolidated yet, ordered by the time sent, then by hash; without those that are held."""
        done = self.consumed(run_id).keys() | self.held(run_id).keys()
        waiting = {r.sha256: r for _, r in self.received(run_id) if r.state is State.ACCEPTED and r.sha256 not in done}
        return sorted(waiting.values(), key=lambda r: (_sent(r), r.sha256))

    def held(self, run_id: str | None) -> dict[str, Held]:
        """sha256 of each submission or piece of evidence that left this workbook → what is known of it, ordered as `ready`.

        It was consolidated by a run that was undone or that is not in this workbook (a restored backup, a workbook closed without saving),
        or it was only received by such a run.
        """
        done, inside = set(self.consumed(run_id)), {run.number for run in self.chain(run_id)}
        named = self.evidence(run_id)
        with self._readable():
            written, parents = ledger_read.reached(self._conn) | inside, {run.parent for run in self._runs.values()}
            runs = {run.number: run for run in self._runs.values() if run.number in written or run.id in parents}
            accepted = ledger_read.accepted_by(self._conn)
            known = {sha for number, sha in accepted if number in inside}
            left = {sha: runs[number] for number, sha in accepted if number in runs and sha not in known}
            left.update((sha, runs[number]) for number, sha in ledger_read.consumed_by(self._conn) if number in runs)
            if self.has_evidence:
                done |= {one.sha256 for one in named}
                left.update((one.sha256, runs[number]) for number, one, _ in ledger_read.evidence_by(self._conn) if number in runs)
            found = [(r, left[sha]) for sha in left.keys() - done if (r := ledger_read.accepted(self._conn, sha))]
        found.sort(key=lambda pair: (_sent(pair[0]), pair[0].sha256))
        return {r.sha256: Held(r, run, run.number in inside) for r, run in found}

    def evidence(self, run_id: str | None) -> dict[Named, tuple[Run, Provenance]]:
        """The files named in rows of this workbook → the run that named them, and whose they are. One taken out since is not among them."""
        out: dict[Named, tuple[Run, Provenance]] = {}
        with self._readable():
            if not self.has_evidence:
                return out
            by_run: dict[int, list[tuple[Named, Provenance]]] = {}
            for number, one, source in ledger_read.evidence_by(self._conn):
                by_run.setdefault(number, []).append((one, source))
            withdrawn = self._withdrawn()
            for run in self.effective(run_id):
                gone = set(withdrawn[run.number].files) if run.number in withdrawn else set()
                out = {one: by for one, by in out.items() if one.sha256 not in gone}
                for one, source in by_run.get(run.number, ()):
                    out.setdefault(one, (run, source))
        return out

    @property
    def has_evidence(self) -> bool:
        """Whether a file beside a pack was ever kept."""
        with self._readable():
            return ledger_read.has_evidence(self._conn)

    def changes(self, run_id: str | None, limit: int | None = None) -> list[LoggedChange]:
        """Changes of the data tables along the chain, newest first. A row added or removed is one line for each of its cells.

        Undone runs are included and marked: without them old and new values would not match.
        """
        chain = self.chain(run_id)
        on = active(chain)
        out: list[LoggedChange] = []
        with self._readable():
            for run in reversed(chain):
                if run.changed_data and (limit is None or len(out) < limit):
                    lines = ledger_read.changes_newest_first(self._conn, run.number, None if limit is None else limit - len(out))
                    out += [LoggedChange(run, change, run.id not in on) for change in lines]
        return out

    def run_changes(self, run_id: str) -> RunChanges:
        """What one run did to the data tables."""
        if run_id not in self._runs:
            raise CollabError("run_not_in_ledger", run=run_id, path=self.path)
        with self._readable():
            return ledger_read.run_changes(self._conn, self._runs[run_id])

    def outcomes(self, run_id: str, files: Collection[str] | None = None) -> list[Outcome]:
        """The outcome of every edit that one run consolidated, or of those of some files (sha256): each edit is accounted for once."""
        if run_id not in self._runs:
            raise CollabError("run_not_in_ledger", run=run_id, path=self.path)
        with self._readable():
            return ledger_read.outcomes(self._conn, self._runs[run_id].number, files)

    def weeks(self, run_id: str | None) -> list[WeekRecord]:
        """The newest record of each finished week, oldest week first."""
        return [record for record, _ in self.weeks_made(run_id)]

    def weeks_made(self, run_id: str | None) -> list[tuple[WeekRecord, Run]]:
        """The same, each with the run that made it."""
        newest: dict[str, tuple[WeekRecord, Run]] = {}
        with self._readable():
            for run in self.effective(run_id):
                newest.update((w.week, (w, run)) for w in ledger_read.weeks(self._conn, run.number))
        return [newest[week] for week in sorted(newest)]

    def escalated(self, run_id: str | None) -> tuple[Escalated, ...]:
        """The register of escalations, as the newest run in effect that kept it left it."""
        with self._readable():
            for run in reversed(self.effective(run_id)):
                if (kept := ledger_read.escalated(self._conn, run.number)) is not None:
                    return kept
        return ()

    def imported(self, run_id: str | None) -> Imported:
        """What the imports in effect have read from trackers. Rows of an import of an earlier version count as it wrote them."""
        runs = self.effective(run_id)
        alone = {str(run.summary[ALONE]) for run in runs if run.alone}
        found: list[Imported] = []
        for run in runs:
            if run.verb != "import" or run.id in alone:
                continue
            with self._readable():
                said = ledger_read.imported(self._conn, run.number)
            found.append(said if said is not None else _as_written(self.run_changes(run.id)))
        return joined_imports(found)

    def baselines(self, run_id: str | None) -> list[tuple[Baseline, Run]]:
        """The baselines in effect, oldest first, each with the run that set it."""
        with self._readable():
            kept = ledger_read.with_standing(self._conn)
            found = [(ledger_read.baseline(self._conn, run.number), run) for run in self.effective(run_id) if run.number in kept]
        return [(baseline, run) for baseline, run in found if baseline is not None]

    def with_standing(self) -> frozenset[int]:
        """Numbers of the runs that kept the rows as they were after them, for comparing."""
        with self._readable():
            return frozenset(ledger_read.with_standing(self._conn))

    def standing(self, run: Run) -> Standing:
        """The rows after a run that kept them; empty for any other."""
        with self._readable():
            return ledger_read.standing(self._conn, run.number)

    def keys_given(self, run_id: str | None = None) -> Mapping[str, frozenset[str]]:
        """Form → keys that runs assigned to rows and that must not be used for other rows, even if the row was deleted since.

        Without a run id: the keys of every run. With a run id: the keys of a run that is not effective in that workbook (undone or never
        saved) are free again, unless packs that may contain them were issued after it. So consolidating again assigns the same keys.
        """
        with self._readable():
            given = ledger_read.keys_given(self._conn)
            issued = ledger_read.last_issue(self._conn)
        counting = {run.number for run in self.effective(run_id)} if run_id else None
        out: dict[str, set[str]] = {}
        for number, form, key in given:
            if counting is None or number in counting or number < issued:
                out.setdefault(form, set()).add(key)
        return {form: frozenset(keys) for form, keys in out.items()}


def _as_written(changes: RunChanges) -> Imported:
    rows = {(tracker_name(row.source.file if row.source else ""), row.form, row.row_key): row.values for row in changes.added}
    return Imported(rows)


def _sent(received: Received) -> tuple[bool, Any]:
    """Sort key: submissions without a date first. Dates with and without a time zone can be compared."""
    moment = received.sent_at
    return (False, "") if moment is None else (True, moment.timestamp())


def new_project_id() -> str:
    return secrets.token_hex(8)
