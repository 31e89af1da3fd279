"""Findings for a script and for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collab_xl.catalogue import finding_text
from collab_xl.model.finding import Finding, Severity
from collab_xl.plan.finding_list import finding_rows
from collab_xl.verbs.report import Listing
from collab_xl.verbs.session import Session


def finding_json(f: Finding, lang: str) -> dict[str, object]:
    return {
        "code": f.code,
        "severity": str(f.severity),
        "sheet": f.at.sheet if f.at else None,
        "cell": f.at.cell if f.at else None,
        "row_id": f.row_id,
        "field": f.field,
        "found": f.found,
        "expected": f.expected,
        "message": finding_text(f, "what", lang),
        "fix": finding_text(f, "fix", lang),
    }


def findings_listing(session: Session, findings: Sequence[Finding]) -> Listing:
    """Findings for the terminal: where, code, what is wrong, what to do."""
    service = session.schema.service("findings")
    titles = {c.id: c.heading[session.lang] for c in service.columns}
    rows = finding_rows(findings, session.schema, session.lang, linked=False, tables=session.tables_for_viewing)
    wanted = ("severity", "code", "sheet", "cell", "message", "fix")
    return Listing("", tuple(titles[c] for c in wanted), tuple(tuple(str(row.get(c) or "") for c in wanted) for row in rows))


def findings_json(findings: Sequence[Finding], lang: str, as_of: date) -> dict[str, object]:
    """The object `check --json` and `flag --json` print."""
    items = [finding_json(f, lang) for f in findings]
    counts = {str(s): sum(f.severity is s for f in findings) for s in Severity}
    by_code: dict[str, int] = {}
    for f in findings:
        by_code[f.code] = by_code.get(f.code, 0) + 1
    return {
        "version": "collab-xl/findings/1",
        "as_of": as_of.isoformat(),
        "findings": items,
        "counts": {**counts, "by_code": dict(sorted(by_code.items()))},
    }
