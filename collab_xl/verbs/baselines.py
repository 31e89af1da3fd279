"""The baselines of a workbook: which there are, who has signed them, what differs from the current one without approval, and sheet 基准."""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.model.baseline import PREFIX, Agreement, Baseline, Signature
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, replace
from collab_xl.model.sheets import Table
from collab_xl.model.similar import meant
from collab_xl.plan.lists import ListRow
from collab_xl.rules.case import Case
from collab_xl.rules.change_requests import agreement_of, not_approved
from collab_xl.rules.signatures import no_longer_asked, signatures_of
from collab_xl.verbs.session import Session

SHEET = "baselines"


class BaselineState(Struct, frozen=True):
    """A baseline with what the workbook says of it."""

    baseline: Baseline
    run: str
    current: bool
    signatures: tuple[Signature, ...] = ()
    changed: tuple[Finding, ...] = ()
    """What differs from it without approval; only of the current one, once a department has signed."""
    withdrawn: tuple[str, ...] = ()
    """Departments that had not signed when a newer one was set."""

    @property
    def signed(self) -> tuple[Signature, ...]:
        return tuple(one for one in self.signatures if one.state == "done")

    @property
    def unsigned(self) -> tuple[Signature, ...]:
        return tuple(one for one in self.signatures if one.state != "done")

    @property
    def state(self) -> str:
        """Of the catalogue: `model.baseline.<state>`."""
        if not self.current:
            return "earlier"
        return "unasked" if not self.signatures else "not_signed" if self.unsigned else "fully_signed"


def kept_baselines(session: Session) -> list[tuple[Baseline, str]]:
    """Those in effect, oldest first, each with its run."""
    if not session.master.has_ledger:
        return []
    return [(baseline, run.id) for baseline, run in session.master.ledger.baselines(session.run_id)]


def baseline_states(session: Session, tables: Mapping[str, Table] | None = None) -> list[BaselineState]:
    """The baselines in effect, oldest first. The newest is the current one."""
    kept = kept_baselines(session)
    if not kept:
        return []
    case = case_of(session, tables)
    out = []
    for number, (baseline, run) in enumerate(kept, 1):
        current = number == len(kept)
        signatures = tuple(signatures_of(case.rows, baseline.id, session.book_lang))
        changed = tuple(not_approved(case)) if current and case.agreed is not None else ()
        out.append(BaselineState(baseline, run, current, signatures, changed, no_longer_asked(case.rows, baseline.id)))
    return out


def case_of(session: Session, tables: Mapping[str, Table] | None = None) -> Case:
    """The rows with what was agreed on."""
    given = tables if tables is not None else session.tables_for_viewing
    case = Case(given, session.schema, session.directory, session.settings, session.calendar, session.as_of)
    return replace(case, agreed=agreement(session, case))


def agreement(session: Session, case: Case) -> Agreement | None:
    """What the current baseline fixed, once at least one department has signed it."""
    kept = kept_baselines(session)
    if not kept:
        return None
    baseline, _ = kept[-1]
    signed = any(one.state == "done" for one in signatures_of(case.rows, baseline.id, session.book_lang))
    return agreement_of(baseline, case.rows) if signed else None


def agreed(session: Session) -> Agreement | None:
    """The same for the tables as they are."""
    return case_of(session).agreed if kept_baselines(session) else None


def named_baseline(session: Session, said: str | None) -> BaselineState:
    """A baseline by its name, its id (`JZ-01`), its number (`1`, `基准1`) or `基准` for the current one.

    Raises CollabError `no_baseline`, `unknown_baseline`.
    """
    found = baseline_states(session)
    if not found:
        raise CollabError("no_baseline", lang=session.lang)
    word = folded(said or "")
    current = {folded(text("verbs.word.baseline", lang)) for lang in LANGS}
    if not word or word in current:
        return found[-1]
    one = next((s for s in reversed(found) if word in _names(s.baseline, current)), None)
    if one is None:
        names = tuple(f"{s.baseline.id} {s.baseline.name}" for s in found)
        raise CollabError("unknown_baseline", name=said or "", names=names, meant=meant(said or "", names), lang=session.lang)
    return one


def _names(baseline: Baseline, words: set[str]) -> set[str]:
    number = baseline.id.removeprefix(PREFIX).lstrip("0") or "0"
    return {folded(name) for name in (baseline.id, baseline.name, number, *(f"{word}{number}" for word in words))}


def baselines_plan(session: Session, tables: Mapping[str, Table] | None = None, extra: Baseline | None = None, run: str = "") -> Plan:
    """Sheet 基准 for the tables as they will be; `extra` is the baseline that the run about to be written sets. Empty in a master made
    before the sheet."""
    if session.schema.service(SHEET).table not in session.refs:
        return Plan()
    found = baseline_states(session, tables)
    if extra is not None:
        case = case_of(session, tables)
        new = BaselineState(extra, run, True, tuple(signatures_of(case.rows, extra.id, session.book_lang)))
        found = [BaselineState(one.baseline, one.run, False, one.signatures) for one in found] + [new]
    return session.fill(SHEET, [_row(one, session.book_lang) for one in reversed(found)])


def _row(one: BaselineState, lang: str) -> ListRow:
    kept = one.baseline
    note = text("plan.baseline.changed", lang, n=len(one.changed)) if one.changed else None
    return ListRow(
        row_key=kept.id,
        name=kept.name,
        date=kept.day,
        setter=kept.by or None,
        count=kept.rows(),
        state=text(f"model.baseline.{one.state}", lang),
        signed_by="\n".join(signed_text(s) for s in one.signed) or None,
        unsigned_by="\n".join(f"{s.department} {s.opinion}".strip() for s in one.unsigned) or None,
        note=note,
        run=one.run or None,
    )


def signed_text(one: Signature) -> str:
    """`研发部 王*总 2026-11-20`."""
    return " ".join(filter(None, (one.department, one.person, one.day.isoformat() if one.day else "")))


def baseline_text(baseline: Baseline, lang: str) -> str:
    """`基准“启动”（2026-11-20）`."""
    return text("verbs.word.compared_baseline", lang, name=baseline.name, day=baseline.day.isoformat())
