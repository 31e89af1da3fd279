"""The checks (gates) of an input before it is read, in the order of decision 0005. Pure.

In: an input and what the project knows.  Out: exactly one Received per input: accepted (hand-made when `pack` is empty),
duplicate, refused with a code and the facts of its text, or ignored. Only the merge sets `superseded`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Protocol

from collab_xl.forms import SCHEMA_VERSION, Form, Schema
from collab_xl.intake.package import MAX_BYTES, PackageScan, scan
from collab_xl.intake.token import token_ok, visible_ok
from collab_xl.model.directory import Directory
from collab_xl.model.encryption import encrypted_by
from collab_xl.model.pack_texts import VISIBLE
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Content, Facts, Incoming, Received, State

WORKBOOK, TEXT = frozenset({".xlsx"}), frozenset({".csv"})
_ONE_SAVE = timedelta(seconds=2)
"""A document states its save time in whole seconds. A file written up to this long after that second comes from the same save: our
clock has whole seconds too, and some disks have steps of two."""
_DOUBTED = timedelta(days=1)
"""A stated time that differs more from the time we use is reported: clocks are wrong by minutes or a time zone, not by days."""
UNFINISHED = "S437"
"""Somebody is still writing the file: the next run takes it."""
SYSTEM_FILE = "S440"
UNRECORDED = frozenset({UNFINISHED, SYSTEM_FILE})
"""Codes of inputs that are reported, but not noted in the ledger."""
OLD = frozenset({".xls", ".xlt", ".xlsb", ".et", ".ett", ".ods", ".fods", ".numbers", ".wps", ".tsv"})
"""Spreadsheets a person can save as .xlsx."""
WITH_MACROS = frozenset({".xlsm", ".xltm", ".xlam", ".xla"})


class Issued(Protocol):
    """What the gates need of a pack; `model.merge.Pack` has it."""

    @property
    def department(self) -> str: ...
    @property
    def week(self) -> str: ...
    @property
    def issued_at(self) -> datetime: ...


class Known(Struct, frozen=True, dict=True):
    """What the project knows when inputs come in."""

    project_id: str
    secret: bytes
    directory: Directory
    packs: Mapping[str, Issued] = field(default_factory=dict)
    """Every pack issued, by id."""
    seen: AbstractSet[str] = frozenset()
    """sha256 of every submission accepted before. Refused ones are not in it: the right sender may send them again."""
    schema_version: str = SCHEMA_VERSION
    zone: tzinfo | None = None
    """Time zone for times that a file states in UTC; None is that of the machine."""
    now: datetime | None = None
    """Naive local time: no file was received later. With None the time of the file is used."""

    @cached_property
    def newest(self) -> dict[str, str]:
        """Department → id of its newest pack."""
        out: dict[str, str] = {}
        for pack_id, pack in self.packs.items():
            if pack.department not in out or pack.issued_at > self.packs[out[pack.department]].issued_at:
                out[pack.department] = pack_id
        return out


def extension(name: str) -> str:
    """`.xlsx` for `填报包.XLSX `; "" when there is none."""
    stem, dot, ending = name.strip().rpartition(".")
    return f".{ending.lower()}" if dot and stem and "/" not in ending and "\\" not in ending else ""


def gate(
    incoming: Incoming,
    known: Known,
    *,
    department: str | None = None,
    scanned: PackageScan | None = None,
    seen: AbstractSet[str] = frozenset(),
) -> Received:
    """Check one input.

    Args:
        department: the department of hand-made files as the PMO states it (`--department`), name or alias; a pack contains its own.
        scanned: the result of `look` if that ran before, in a worker.
        seen: sha256 of what was accepted since `known` was made.
    """
    if incoming.state is State.EVIDENCE:
        return _evidence(incoming, known, department)
    if incoming.state is not None:
        return _received(incoming, incoming.state, incoming.code, incoming.facts)
    ending = extension(incoming.file)
    if code := _by_name(ending):
        return _received(incoming, State.REFUSED, code, (("kind", ending or incoming.file),))
    looked = scanned or look(incoming.file, incoming.content.read())
    issued = known.packs.get(looked.claims.get("pack", ""))
    incoming, doubted = _timed(incoming, looked, known, issued.issued_at if issued else None)
    if looked.code:
        return _received(incoming, State.IGNORED if looked.code == UNFINISHED else State.REFUSED, looked.code, looked.facts)
    repeated = incoming.sha256 in known.seen or incoming.sha256 in seen
    if looked.claims.get("kind"):
        received = _claimed(incoming, looked.claims, known, repeated)
    else:
        received = _hand_made(incoming, known, department, repeated)
    if doubted and received.state is State.ACCEPTED:
        return replace(received, warning="S414", facts=(*received.facts, *doubted))
    return received


def gates(
    incoming: Iterable[Incoming],
    known: Known,
    *,
    department: str | None = None,
    scanned: Mapping[str, PackageScan] | None = None,
    broken: Callable[[Incoming, Exception], Received] | None = None,
) -> Iterator[tuple[Incoming, Received]]:
    """`gate` for many inputs, in their order. A workbook that comes twice is a duplicate the second time.

    Args:
        scanned: `reading_key` → PackageScan, for inputs scanned before.
        broken: makes the result of an input on which the program itself fails; without it the exception is raised.
    """
    seen: set[str] = set()
    for item in incoming:
        try:
            own = item.department or department
            received = gate(item, known, department=own, scanned=(scanned or {}).get(reading_key(item.file, item.sha256)), seen=seen)
        except Exception as error:
            if broken is None:
                raise
            received = broken(item, error)
        if received.state is State.ACCEPTED:
            seen.add(item.sha256)
        yield item, received


def _timed(incoming: Incoming, looked: PackageScan, known: Known, issued: datetime | None) -> tuple[Incoming, Facts]:
    """The input with the times that we use, and the facts of S414 if the time it states differs from them by more than a day.

    The stated time is the date of the mail, else the time when the document was last saved, else the time of the file. It must not be
    later than the receipt or earlier than the issue of the pack. If it is, or if none is stated, the time of receipt is used: the time of
    the file, or now if the time of the file is impossible.
    """
    receipt = incoming.received_at or known.now
    if known.now and receipt and (receipt >= known.now + _ONE_SAVE or (issued and receipt < issued)):
        receipt = known.now
    stated = incoming.sent_at or _saved(looked, known, receipt, issued)
    counts = stated or receipt
    latest = receipt if incoming.sent_at else known.now or receipt  # the copy of a document may have any older time
    if (
        stated
        and receipt
        and latest
        and (stated >= latest + _ONE_SAVE or (issued and stated < issued))
        and not (issued and receipt < issued)
    ):
        counts = receipt  # except when the pack was issued after now: then the clock of this computer is wrong
    doubted: Facts = ()
    said = stated or incoming.received_at  # without any other time, that of the file
    if said and counts and abs(said - counts) > _DOUBTED:
        doubted = (("stated", f"{said:%Y-%m-%d %H:%M}"), ("counted", f"{counts:%Y-%m-%d %H:%M}"))
    return replace(incoming, sent_at=counts, received_at=receipt), doubted


def _saved(looked: PackageScan, known: Known, written: datetime | None, issued: datetime | None) -> datetime | None:
    """When the document was last saved; None if it does not state this, or still states the time of issue of the pack.

    A document states whole seconds. If the file was written by the same save, its own, finer time orders two files saved in one second.
    """
    if looked.modified is None:
        return None
    stated = looked.modified.astimezone(known.zone).replace(tzinfo=None)
    if issued is not None and stated == issued.replace(microsecond=0):
        return None
    return written if written is not None and stated <= written < stated + _ONE_SAVE else stated


def _received(
    incoming: Incoming, state: State, code: str = "", facts: Facts = (), department: str = "", pack: str = "", week: str = ""
) -> Received:
    return Received(
        source=incoming.source,
        sha256=incoming.sha256,
        state=state,
        file=incoming.file,
        code=code,
        facts=(("file", incoming.file), ("sender", incoming.sender), *facts),
        department=department,
        pack=pack,
        week=week,
        sender=incoming.sender,
        message_id=incoming.message_id,
        sent_at=incoming.sent_at,
        received_at=incoming.received_at,
    )


def _by_name(ending: str) -> str:
    """The code that refuses a file by its name, "" if it may be opened."""
    if ending in WORKBOOK | TEXT:
        return ""
    return "S103" if ending in WITH_MACROS else "S102" if ending in OLD else "S101"


def reading_key(file: str, sha256: str) -> str:
    """The key of what was found in a file: its content and its kind. The same bytes may be sent as .csv and as .xlsx."""
    return f"{sha256}{extension(file)}"


def look(file: str, data: bytes, inflated: dict[str, bytes] | None = None, *, own: bool = False) -> PackageScan:
    """Check the content of a file as its kind requires. `inflated`, `own`: as for `package.scan`."""
    return _text(data) if extension(file) in TEXT else scan(data, inflated, own=own)


def _text(data: bytes) -> PackageScan:
    """Check a CSV: not empty, not too large, and text."""
    if not data.strip():
        return PackageScan("S106")
    if len(data) > MAX_BYTES:
        return PackageScan("S107", (("size", f"{len(data) >> 20} MB"), ("limit", f"{MAX_BYTES >> 20} MB")))
    if program := encrypted_by(data):
        return PackageScan("S109", (("program", program),))
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return PackageScan("S105") if b"\0" in data and not wide else PackageScan()


def _claimed(incoming: Incoming, claims: Mapping[str, str], known: Known, repeated: bool) -> Received:
    """Check a workbook with a hidden sheet of ours: is it a genuine, known pack of this project, sent by its department?"""
    pack, department, week = (claims.get(name, "") for name in ("pack", "department", "week"))
    version, visible = claims.get("schema", ""), claims.get(VISIBLE)
    if visible is not None:
        issued = known.packs.get(pack)
        if issued is None:
            return _received(incoming, State.REFUSED, "S404", (("department", ""), ("pack", pack)), "", pack)
        department, week = issued.department, issued.week

    def answer(state: State, code: str = "", **facts: str) -> Received:
        return _received(incoming, state, code, (("department", department), ("pack", pack), *facts.items()), department, pack, week)

    if claims["kind"] != "pack":
        return _received(incoming, State.REFUSED, "S405")
    if visible is None and claims.get("project") != known.project_id:
        return _received(incoming, State.REFUSED, "S402", (("department", department), ("pack", pack)))
    proof, proven = (claims.get("token", ""), token_ok) if visible is None else (visible, visible_ok)
    if not proven(proof, known.secret, known.project_id, pack, department, week, version):
        return _received(incoming, State.REFUSED, "S401", (("department", department), ("pack", pack)))
    if _version(version) > _version(known.schema_version):
        return answer(State.REFUSED, "S403", version=version, ours=known.schema_version)
    if pack not in known.packs:
        return answer(State.REFUSED, "S404")
    if repeated:
        return answer(State.DUPLICATE, "S410")
    code, facts = _sender(incoming, department, known)
    if code in ("S406", "S407"):
        return answer(State.REFUSED, code, **facts)
    newest = known.newest.get(department, pack)
    if newest != pack and known.packs[newest].issued_at > known.packs[pack].issued_at:
        return answer(State.ACCEPTED, "S411", newest=newest)
    return answer(State.ACCEPTED, code or ("S415" if visible is not None else ""), **facts)


def _evidence(incoming: Incoming, known: Known, department: str | None) -> Received:
    """A file that proves something: whose it is. By mail it is the sender's; one that nobody vouches for is named and not kept.

    A file without a mail has no department yet (`verbs.evidence`), unless the PMO names one.
    """
    named = known.directory.find(department) or "" if department else ""
    incoming = replace(incoming, sent_at=_not_later(incoming, known))
    if not incoming.mailed:
        return _received(incoming, State.EVIDENCE, incoming.code, incoming.facts, named)
    speaks_for = known.directory.of_sender(incoming.sender) if incoming.sender.strip() else None
    facts = (*incoming.facts, ("mailed", "yes"))
    return _received(incoming, State.EVIDENCE, incoming.code, facts, speaks_for or "")


def _not_later(incoming: Incoming, known: Known) -> datetime | None:
    """When it was sent; not later than it was received."""
    receipt = incoming.received_at or known.now
    stated = incoming.sent_at or receipt
    return receipt if stated and receipt and stated >= receipt + _ONE_SAVE else stated


def _version(words: str) -> tuple[int, ...]:
    return tuple(int(part) for part in words.split(".") if part.isdigit())


def _sender(incoming: Incoming, department: str, known: Known) -> tuple[str, dict[str, str]]:
    """S406: the sender is unknown. S407: the sender belongs to another department. S412: the department has no address. "": no objection.

    For mail only: a file without a mail has no sender and belongs to its pack's department.
    """
    if not incoming.mailed:
        return "", {}
    address = incoming.sender.strip().casefold()
    entry = known.directory.department(department)
    if entry and address and address in (mail.strip().casefold() for mail in entry.emails):
        return "", {}
    other = known.directory.of_sender(address) if address else None
    if other:
        return "S407", {"other": other}
    return ("S406", {}) if entry and entry.emails else ("S412", {})


def _hand_made(incoming: Incoming, known: Known, department: str | None, repeated: bool) -> Received:
    """A workbook or CSV without our hidden sheet: accepted as a proposal once its department is known.

    The sender of a mail decides. A file without a mail gets `department`, or none; then `settle_hand_made` looks at its rows.
    """
    directory = known.directory
    named = department and (directory.find(department) if directory.departments else department)
    if department and not named:
        return _received(incoming, State.REFUSED, "S413", (("department", department),))
    if incoming.mailed:
        speaks_for = directory.of_sender(incoming.sender) if incoming.sender.strip() else None
        if speaks_for is None:
            return _received(incoming, State.REFUSED, "S406", (("department", named or ""),))
        if named and named != speaks_for:
            return _received(incoming, State.REFUSED, "S407", (("department", named), ("other", speaks_for)))
        named = speaks_for
    state = State.DUPLICATE if repeated else State.ACCEPTED
    code = "S410" if state is State.DUPLICATE else "S409"
    return _received(incoming, state, code, (("department", named or ""),), named or "")


def settle_hand_made(received: Received, tables: Mapping[str, Table], schema: Schema, directory: Directory) -> Received:
    """A parsed hand-made file: its department is taken from its rows if it has none yet; if that fails, it is refused (S408)."""
    if received.state is not State.ACCEPTED or received.pack or received.department:
        return received
    found = hand_made_department(tables, schema, directory)
    if found is None:
        return replace(received, state=State.REFUSED, code="S408")
    facts = tuple((k, found if k == "department" else v) for k, v in received.facts)
    return replace(received, department=found, facts=facts)


def hand_made_department(tables: Mapping[str, Table], schema: Schema, directory: Directory) -> str | None:
    """The one department that occurs in every row with a department, by its name in the directory; None if there is none or several.

    A requirement names all departments it involves, so a row may have several if one of them occurs in all other rows.
    A name that the directory does not know is ignored; an empty directory accepts every name.
    """
    common: set[str | None] | None = None
    for form in schema.forms:
        table = tables.get(form.id)
        for i in range(len(table) if table else 0):
            assert table is not None
            value = table.readable(i, telling_field(form, table))
            words: Sequence[str] = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
            if words:
                named = {directory.find(word) if directory.departments else word for word in words}
                common = named if common is None else common & named
    return common.pop() if common is not None and len(common) == 1 else None


def telling_field(form: Form, table: Table) -> str:
    """The field of a hand-made table that says which department wrote it; "" for none. A request form is its asker's, whoever it names."""
    if not table.labelled:
        return form.department_field
    return form.request.asker if form.request else ""


def unreadable(received: Received, why: str) -> Received:
    """Refuse an accepted input that could not be read in the worker process. `why` is `Result.failed` of intake/pool.py."""
    return replace(received, state=State.REFUSED, code=unreadable_code(why))


def unreadable_code(why: str) -> str:
    return {"timeout": "S128", "memory": "S127", "died": "S127"}.get(why, "S129")


def failed(received: Received, error: str, log: str, *, mailed: bool) -> Received:
    """The result for an input on which the program itself failed: the file is not at fault, so it is neither accepted nor refused.

    Args:
        error: the name of the exception.
        log: the file with its traceback.
        mailed: stored for the next try, which checks the sender again.
    """
    facts = (*received.facts, ("error", error), ("log", log), *((("mailed", "yes"),) if mailed else ()))
    return replace(received, state=State.FAILED, code="S131", facts=facts)


def again(received: Received, content: Content) -> Incoming:
    """Make the original input from a failed one, to try it again."""
    mailed = dict(received.facts).get("mailed") == "yes"
    sent_at = received.sent_at if mailed else None  # without a mail, the time is taken from the file when it is scanned
    return Incoming(
        source=received.source,
        file=received.file,
        content=content,
        sha256=received.sha256,
        sender=received.sender,
        message_id=received.message_id,
        sent_at=sent_at,
        received_at=received.received_at,
        mailed=mailed,
        department=received.department,
    )


def as_it_came(incoming: Incoming) -> Received:
    """The result for an input that was not checked: only where it came from is known."""
    return _received(incoming, State.IGNORED)
