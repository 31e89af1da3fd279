"""Rows of a form that is not in use in the master: they are counted, not used, and reported (M109).

In: one submission, the pack it answers, the views of the master.  Out: edits and findings.  Pure.
"""

from __future__ import annotations

from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.rows import facts_of
from collab_xl.merge.scan import SubmissionScan, same_as_baseline
from collab_xl.merge.view import MasterView
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import Pack


def forms_not_in_use(scan: SubmissionScan, pack: Pack | None, views: MasterView) -> tuple[list[SubmittedEdit], list[Finding]]:
    """An edit for each cell that differs from the issued value (without a pack: each filled cell), and a finding for each such form."""
    edits: list[SubmittedEdit] = []
    findings: list[Finding] = []
    for form_id, table in scan.sub.tables.items():
        if form_id in views.forms:
            continue
        issued = pack.forms.get(form_id, {}) if pack else {}
        own: list[SubmittedEdit] = []
        for i in range(len(table)):
            row_id = (table.row_ids[i] if i < len(table.row_ids) else None) or ""
            base = issued.get(row_id, {})
            for field_id, column in table.values.items():
                b, s = base.get(field_id), column[i]
                if not same_as_baseline(s, b, master_is_blank=True):
                    own.append(SubmittedEdit(scan, form_id, "", row_id, field_id, "excluded", b, None, s, i, "not_in_use"))
        if own:
            facts = {**facts_of(scan), "sheet": table.sheet, "cells": len(own), "rows": len({e.record for e in own})}
            findings.append(Finding("M109", Severity.WARNING, table.at(own[0].record, own[0].field), facts=facts))
        edits += own
    return edits, findings
