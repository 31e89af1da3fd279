"""Verb `explain`: what one rule means."""

from __future__ import annotations

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.rules.codes import rule_text
from collab_xl.verbs.report import Report
from collab_xl.verbs.rules import rule_json, severity


def explain(code: str, *, lang: str) -> Report:
    """Verb `explain`: one rule. Raises CollabError `unknown_code` (exit 2)."""
    try:
        rule = rule_text(code.strip().upper(), lang)
    except KeyError:
        raise CollabError("unknown_code", exit_code=2, code=code, lang=lang) from None
    why, fix, switch = (text(f"verbs.explain.{k}", lang) for k in ("why", "fix", "switch"))
    lines = (
        f"{rule.code}  {severity(rule, lang)}  {rule.family_name}",
        rule.what,
        f"  {why}{rule.why}",
        f"  {fix}{rule.fix}",
        f"  {switch}{text('verbs.explain.switch_how', lang, code=rule.code)}",
    )
    return Report(lang, {"version": "collab-xl/rules/1", "rules": [rule_json(rule)]}, lines)
