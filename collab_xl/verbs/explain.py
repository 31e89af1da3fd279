"""Verb `explain`: what one rule means."""

from __future__ import annotations

from collab_xl.catalogue import codes, text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.similar import meant
from collab_xl.rules.codes import rule_text, switchable
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report
from collab_xl.verbs.rules import rule_json, severity


def explain(code: str, *, lang: str) -> Report:
    """Verb `explain`: one rule. Raises CollabError `unknown_code` (exit 2)."""
    try:
        rule = rule_text(code.strip().upper(), lang)
    except KeyError:
        raise CollabError("unknown_code", exit_code=2, code=code, meant=meant(code, codes()), lang=lang) from None
    lines = [f"{rule.code}  {severity(rule, lang)}  {rule.family_name}", rule.rule]
    lines += [
        text(f"verbs.explain.{part}", lang, said=said) for part, said in (("why", rule.why), ("fix", rule.fix), ("example", rule.what))
    ]
    if switchable(rule.code):
        lines.append(text("verbs.explain.switch", lang, code=rule.code, sheet=load().service("rules").sheet[lang]))
    return Report(lang, {"version": "collab-xl/rules/1", "rules": [rule_json(rule)]}, tuple(lines), next=NextStep("explained", "check"))
