"""The account of a merge: every edit of every submission is counted exactly once, with its outcome and its findings.

Pure.  Source: docs/facts/merge.md, Every edit is accounted for.
`edits = applied + same + conflicts + rights + not_cleared + unreadable + excluded`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence

from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.rows import facts_of
from collab_xl.merge.scan import SubmissionScan
from collab_xl.merge.view import FormView, MasterView, folded_text, is_blank
from collab_xl.model.finding import Finding, Saying, Severity, Word
from collab_xl.model.merge import Count, Outcome, Submission
from collab_xl.model.place import Address
from collab_xl.model.record import replace
from collab_xl.model.values import Value
from collab_xl.rules.passing import INCOMPLETE, RULE_NAMES, RULES, lacking

OUTCOMES = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")


class Account:
    """Counts, outcomes and findings of the submissions of one run."""

    def __init__(self, submissions: Sequence[Submission], views: MasterView) -> None:
        self._views = views
        self._counts = {s.sha256: Count(s.sha256, s.department) for s in submissions}
        self._subs = {s.sha256: s for s in submissions}
        self.edits: list[SubmittedEdit] = []
        self._findings: list[Finding] = []
        self.stays: list[SubmissionScan] = []
        """A copy for each of its cells that says nothing against another copy's value."""
        self.passed: Counter[str] = Counter()
        """Rule of passing → edits that meet it and went in, because it is not set to wait."""
        self.released = 0
        """Edits of earlier runs that waited to be passed and came in."""
        self._read: dict[str, dict[Address, list[Finding]]] = {}

    def count(self, sub: Submission) -> Count:
        return self._counts[sub.sha256]

    def add(self, edits: Iterable[SubmittedEdit], findings: Iterable[Finding] = ()) -> None:
        """Count edits. Raises AssertionError for an outcome that is not in the equation above."""
        for edit in edits:
            assert edit.outcome in OUTCOMES, edit
            self.edits.append(edit)
            count = self._counts[edit.scan.sub.sha256]
            setattr(count, edit.outcome, getattr(count, edit.outcome) + 1)
        self._findings += findings

    def edits_set_aside(self, whys: Container[str] | None = None) -> list[SubmittedEdit]:
        """The edits that were set aside, for one of these reasons if any are named."""
        return [e for e in self.edits if e.outcome == "excluded" and (whys is None or e.why in whys)]

    def counts(self) -> tuple[Count, ...]:
        """One per submission in the order sent. Raises AssertionError if the sums differ: two stages counted the same cell."""
        cells: dict[str, set[tuple[str, int, str]]] = {}
        for e in self.edits:
            cells.setdefault(e.scan.sub.sha256, set()).add((e.form, e.record, e.field))
        for sha, count in self._counts.items():
            count.edits = len(cells.get(sha, ()))
            assert count.balanced, f"conservation law broken for {sha}: {count}"
        return tuple(self._counts.values())

    def outcomes(self) -> tuple[Outcome, ...]:
        """One per edit. `submission` contains the text of an unreadable cell."""
        return tuple(
            Outcome(
                e.scan.sub.sha256,
                e.form,
                e.row_key,
                e.field,
                e.outcome,
                e.baseline,
                e.master,
                e.submission,
                e.scan.sub.tables[e.form].place(e.record, e.field),
            )
            for e in self.edits
        )

    def all_findings(self) -> tuple[Finding, ...]:
        """Findings about rows, then findings about single edits, in the order sent."""
        found = list(self._findings)
        late: Counter[str] = Counter()
        columns: dict[tuple[str, str, str], list[SubmittedEdit]] = {}
        for edit in self.edits:
            if edit.why == "late":
                late[edit.scan.sub.sha256] += 1
            elif edit.why == "shifted":
                columns.setdefault((edit.scan.sub.sha256, edit.form, edit.field), []).append(edit)
            found += self._of(edit)
        for cells in columns.values():
            first = min(cells, key=lambda e: e.record)
            made = self._finding("M111", Severity.WARNING, first)
            found.append(replace(made, row_id=None, facts={**made.facts, "cells": len(cells)}))
        for code, files in (("M104", late), ("M110", Counter(s.sub.sha256 for s in self.stays))):
            for sha, n in files.items():
                sub = self._subs[sha]
                facts = {"department": sub.department, "file": sub.file or sha[:12], "cells": n}
                found.append(Finding(code, Severity.NOTE, facts=facts))
        for rule, n in self.passed.items():
            name = Word(f"rules.passing.{RULE_NAMES.get(rule, rule)}")
            found.append(Finding("M113", Severity.NOTE, facts={"rule": name, "cells": n}))
        if self.released:
            found.append(Finding("M114", Severity.NOTE, facts={"cells": self.released}))
        return tuple(found)

    def _of(self, edit: SubmittedEdit) -> list[Finding]:
        if edit.outcome == "not_cleared":
            return [self._finding("M102", Severity.NOTE, edit, expected=edit.master)]
        if edit.outcome == "unreadable":
            at = edit.scan.sub.tables[edit.form].at(edit.record, edit.field)
            return self._reading(edit.scan.sub).get(at) or [self._finding("M103", Severity.WARNING, edit)]
        if edit.why == "not_in_use":
            return []  # one finding for the whole form
        if edit.why == "no_column":
            return [self._finding("M107", Severity.WARNING, edit)]
        if edit.why == "held":
            return [self._finding("M108", Severity.NOTE, edit)]
        if edit.why in RULES:
            return [self._held_back(edit)]
        view = self._views.forms[edit.form]
        if both := edit.names or self._both_names(edit, view):
            older, newer = (view.shown(edit.field, value) for value in both)
            made = self._finding("M105", Severity.WARNING, edit)
            facts = {**made.facts, "row_id": edit.row_key or str(made.at)}
            return [replace(made, found=newer, expected=older, facts=facts)]
        return []

    def _held_back(self, edit: SubmittedEdit) -> Finding:
        """Why an edit waits to be passed. A row reported as done says what it lacks: its department can fill that in."""
        view = self._views.forms[edit.form]
        lacks = lacking(view.form, lambda field: view.value(edit.row_key, field), view.share) if edit.why == INCOMPLETE else []
        severity = Severity.WARNING if lacks else Severity.NOTE
        found = self._finding("M112", severity, edit, expected=edit.master)
        rule = Saying(f"rules.passing.{edit.why}", {"fields": tuple(view.heading(field) for field in lacks)})
        return replace(found, facts={**found.facts, "rule": rule})

    def _both_names(self, edit: SubmittedEdit, view: FormView) -> tuple[Value, Value] | None:
        """(name in the older copy, name in the newer copy) of an added row, if they differ."""
        pack = self._views.state.packs.get(edit.scan.sub.pack or "")
        if edit.field != view.name_field or pack is None or pack.forms.get(edit.form, {}).get(edit.row_id):
            return None
        if is_blank(edit.baseline) or folded_text(edit.baseline) == folded_text(edit.submission):
            return None
        if edit.why == "late":
            return edit.submission, edit.baseline
        return (edit.baseline, edit.submission) if edit.outcome == "applied" else None

    def _reading(self, sub: Submission) -> dict[Address, list[Finding]]:
        if sub.sha256 not in self._read:
            by_cell: dict[Address, list[Finding]] = {}
            for finding in sub.findings:
                if finding.at is not None:
                    by_cell.setdefault(finding.at, []).append(finding)
            self._read[sub.sha256] = by_cell
        return self._read[sub.sha256]

    def _finding(self, code: str, severity: Severity, edit: SubmittedEdit, expected: Value = None) -> Finding:
        at = edit.scan.sub.tables[edit.form].at(edit.record, edit.field)
        shown = self._views.forms[edit.form].shown
        found, wanted = shown(edit.field, edit.submission), shown(edit.field, expected)
        return Finding(code, severity, at, edit.row_key or None, edit.form, edit.field, found, wanted, facts_of(edit.scan))
