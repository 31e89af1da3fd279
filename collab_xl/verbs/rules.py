"""Verb `rules`: every rule in one table."""

from __future__ import annotations

from collab_xl.catalogue import text
from collab_xl.rules.codes import RuleText, all_rules
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Report


def rules(*, lang: str) -> Report:
    """Verb `rules`: every code, its severity and its text."""
    listed = all_rules(lang)
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("code", "severity", "family", "what"))
    rows = tuple((r.code, severity(r, lang), r.family_name, r.rule) for r in listed)
    body = {"version": "collab-xl/rules/1", "rules": [rule_json(r) for r in listed]}
    return Report(lang, body, (), (Listing("", columns, rows),), next=NextStep("rule", "explain", listed[0].code))


def severity(rule: RuleText, lang: str) -> str:
    return text(f"model.severity.{rule.severity}", lang) if rule.severity else text("verbs.explain.on_receipt", lang)


def rule_json(rule: RuleText) -> dict[str, object]:
    return {
        "code": rule.code,
        "family": rule.family,
        "severity": str(rule.severity) if rule.severity else None,
        "forms": list(rule.forms),
        "rule": rule.rule,
        "what": rule.what,
        "why": rule.why,
        "fix": rule.fix,
    }
