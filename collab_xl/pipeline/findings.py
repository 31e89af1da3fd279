"""Findings for a script and for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.catalogue import finding_text
from collab_xl.model.finding import Finding
from collab_xl.pipeline.report import Listing
from collab_xl.pipeline.session import Session
from collab_xl.plan.finding_list import finding_rows


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
    rows = finding_rows(findings, session.schema, session.lang, linked=False, tables=session.looked_at)
    wanted = ("severity", "code", "sheet", "cell", "message", "fix")
    return Listing("", tuple(titles[c] for c in wanted), tuple(tuple(str(row.get(c) or "") for c in wanted) for row in rows))
