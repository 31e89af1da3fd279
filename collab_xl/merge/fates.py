"""What became of the content of each cell of a submission that goes back to its department.

In: the submission, its findings, the state before the merge and the result.  Out: cell → `Fate`.  Pure.
A cell without an edit has a fate only if it is marked: then it may repeat what the PMO has refused, or what waits since an earlier run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from collab_xl.forms import Schema
from collab_xl.merge.fold import items_after
from collab_xl.merge.view import agree, is_blank
from collab_xl.model.finding import Finding, Word
from collab_xl.model.merge import CellKey, Decision, Item, Kind, MergeResult, MergeState, Moved, Outcome, SetAside, Submission
from collab_xl.model.returns import Fate
from collab_xl.model.values import Unreadable, Value
from collab_xl.rules.passing import RULE_NAMES

OF_OUTCOME: Final = {
    "applied": "merged",
    "same": "merged",
    "conflicts": "waits",
    "rights": "rights",
    "not_cleared": "not_cleared",
    "unreadable": "unread",
    "excluded": "not_merged",
}


def fates(
    submission: Submission,
    state: MergeState,
    result: MergeResult,
    schema: Schema,
    files: Mapping[str, str],
    findings: Iterable[Finding],
) -> dict[str, Fate]:
    """Cell (`任务跟踪表!G17`) → what became of its content. `files`: sha256 → name of the file."""
    return _Fates(submission, state, result, files).all_of(findings, schema)


def replaced(newer: Moved | None, files: Mapping[str, str], name: str = "overtaken") -> Fate:
    """The fate of a value that something newer has replaced: by which file, and when that was sent."""
    if newer is None or not (file := files.get(newer.sha256, "")):
        return Fate(name)
    return Fate(f"{name}_by", {"file": file, "when": f"{newer.sent_at:%Y-%m-%d %H:%M}"})


def judged(name: str, decision: Decision) -> Fate:
    """The fate that the PMO's verdict gives, with the reason."""
    return Fate(f"{name}_because", {"reason": decision.reason}) if decision.reason else Fate(name)


class _Fates:
    def __init__(self, submission: Submission, state: MergeState, result: MergeResult, files: Mapping[str, str]) -> None:
        self._sub, self._state, self._result, self._files = submission, state, result, files
        self._aside: Mapping[str, SetAside] = result.aside.get(submission.sha256, {})
        self._later = {(n.form, n.row_key, n.field) for n in result.not_entered.get(submission.sha256, ())}
        self._keys = {**state.keys, **result.keys}
        self._items: dict[tuple[str, str, str], list[Item]] = {}
        for item in items_after(state, result).values():
            if item.field is not None:
                self._items.setdefault((item.form, item.row_key, item.field), []).append(item)

    def all_of(self, findings: Iterable[Finding], schema: Schema) -> dict[str, Fate]:
        found = {o.cell: self._of_edit(o) for o in self._result.outcomes if o.sha256 == self._sub.sha256}
        marked = {str(f.at) for f in findings if f.at is not None} - found.keys()
        for form_id, table in self._sub.tables.items() if marked else ():
            form = schema.form(form_id)
            for i in range(len(table)):
                for field in form.fields:
                    if field.id in table.values and (cell := table.place(i, field.id)) in marked:
                        key = str(table.get(i, form.key.id) or "")
                        row_id = (table.row_ids[i] if i < len(table.row_ids) else None) or key
                        if (fate := self._of_repeated(CellKey(form_id, row_id, field.id), table.get(i, field.id))) is not None:
                            found[cell] = fate
        return found

    def _of_edit(self, o: Outcome) -> Fate:
        if o.outcome in ("conflicts", "rights"):
            return self._asked(o.form, o.row_key, o.field, o.submission) or Fate(OF_OUTCOME[o.outcome])
        if o.outcome != "excluded":
            return Fate(OF_OUTCOME[o.outcome])
        aside = self._aside.get(o.cell)
        if (o.form, o.row_key, o.field) in self._later:
            return Fate("later")
        if aside is None:
            return Fate("not_merged" if self._sub.pack and o.row_key else "waits")
        if aside.why == "late":
            return replaced(aside.newer, self._files)
        if aside.why == "blocked":
            return Fate("blocked")
        asked = self._asked(o.form, o.row_key, o.field, o.submission)
        return asked or Fate("review", {"rule": Word(f"rules.passing.{RULE_NAMES.get(aside.why, aside.why)}")})

    def _asked(self, form: str, key: str, field: str, value: Value) -> Fate | None:
        """The fate of a value that waits, if the PMO has said something about it."""
        for item in self._items.get((form, key, field), ()):
            if item.earlier is not None and any(agree(c.value, value) for c in item.candidates if c.source.sha256 == self._sub.sha256):
                return judged("put_off" if item.earlier.choice == "later" else "waits_again", item.earlier)
        return None

    def _of_repeated(self, cell: CellKey, value: Value) -> Fate | None:
        """The fate of a marked cell in which the file says nothing new."""
        pack = self._state.packs.get(self._sub.pack or "")
        if pack is None or isinstance(value, Unreadable) or is_blank(value):
            return None
        if agree(value, pack.forms.get(cell.form, {}).get(cell.row_id, {}).get(cell.field)):
            return None  # as issued
        key = self._keys.get((cell.form, cell.row_id), cell.row_id)
        for refused, decision in self._state.refused.get((cell.form, key, cell.field), ()):
            if agree(refused, value):
                return judged("refused", decision)
        for item in self._items.get((cell.form, key, cell.field), ()):
            if any(agree(c.value, value) for c in item.candidates):
                if item.earlier is not None and item.earlier.choice == "later":
                    return judged("put_off", item.earlier)
                if item.kind is Kind.REVIEW:
                    return Fate("review", {"rule": Word(f"rules.passing.{RULE_NAMES.get(item.rule, item.rule)}")})
                return Fate("rights" if item.kind is Kind.RIGHTS else "waits")
        moved = self._state.moved.get((pack.id, cell))
        return Fate("merged") if moved is not None and agree(moved.value, value) else None
