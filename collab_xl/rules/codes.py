"""Every rule of `check` as data: its severity, the forms it looks at.  Its words are in the catalogue, its page in docs/rules.

Pure.  A new rule: a line here, a function in the module of its family, its texts in locale/*/rules.toml, an example in
docs/rules/examples.toml; `python docs/make_rules.py` writes the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from collab_xl.catalogue import example, text, texts
from collab_xl.model.finding import Severity

FAMILIES = "HVRTPQMS"
_CODE = re.compile(rf"([{FAMILIES}]\d{{3}})\.what$")
_ALL = ("requirements", "tasks", "problems")
E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True)
class Rule:
    """`severity` is the default; sheet 设置 may switch a rule off or give it another (row `rule.<code>`)."""

    code: str
    severity: Severity
    forms: tuple[str, ...] = ()
    """Forms it looks at; empty for a rule about the departments sheet."""

    @property
    def family(self) -> str:
        return self.code[0]


@dataclass(frozen=True)
class RuleText:
    """A rule as a person reads it, its places filled with the example facts.

    `severity` is None for a reason why intake refuses or sets aside a submission.
    """

    code: str
    family: str
    family_name: str
    severity: Severity | None
    forms: tuple[str, ...]
    what: str
    why: str
    fix: str


def _rules(*rules: Rule) -> Mapping[str, Rule]:
    return {rule.code: rule for rule in rules}


RULES: Mapping[str, Rule] = _rules(
    Rule("R301", E, _ALL),  # key twice
    Rule("R302", E, ("tasks", "problems")),  # reference to nothing
    Rule("R303", W, _ALL),  # two spellings of one ID
    Rule("R304", N, _ALL),  # row without an ID
    Rule("R305", N, _ALL),  # ID written in another way than the others
    Rule("R306", N, _ALL),  # numbers missing in a series of IDs
    Rule("V101", W, ("tasks",)),  # open task without planned end
    Rule("V102", E, _ALL),  # required field blank
    Rule("V103", E, ("tasks", "problems")),  # end before start
    Rule("V104", E, ("tasks", "problems")),  # finished in the future
    Rule("V105", W, ("tasks",)),  # 100 % but not done
    Rule("V106", W, ("tasks",)),  # done but below 100 %
    Rule("V107", W, ("tasks",)),  # late without a reason
    Rule("V108", W, ("tasks",)),  # not started but with progress
    Rule("V109", W, ("tasks", "problems")),  # a finishing date but still open
    Rule("V110", W, ("tasks", "problems")),  # finished before it began
    Rule("V111", N, ("tasks",)),  # should have started
    Rule("T301", W, ("tasks", "problems")),  # overdue
    Rule("T302", N, ("tasks",)),  # due within 48 hours
    Rule("T303", W, ("tasks", "problems")),  # overdue long enough to escalate
    Rule("T304", W, ("problems",)),  # problem without measure after 24 hours
    Rule("T305", W, ("problems",)),  # urgent problem open
    Rule("T306", W, ("requirements",)),  # requirement overdue
    Rule("P401", E, _ALL),  # unknown department
    Rule("P402", W, ("tasks", "problems")),  # no owner
    Rule("P403", W),  # department without liaison or e-mail
    Rule("P404", N),  # department without superior and sponsor
    Rule("P405", W),  # one name or address for two departments
    Rule("Q501", W, ("tasks",)),  # same task in two departments
    Rule("Q502", W, ("tasks",)),  # one person, two departments, at once
    Rule("Q503", N, ("tasks",)),  # one person, two tasks of one department, at once
    Rule("Q504", W, ("tasks",)),  # stale
    Rule("Q505", W, ("tasks",)),  # progress going back
    Rule("Q506", E, ("tasks",)),  # predecessors in a circle
    Rule("Q507", W, ("tasks",)),  # starts before its predecessor ends
    Rule("Q508", W, ("tasks", "problems")),  # finished without a date
    Rule("Q509", N, ("requirements",)),  # requirement under way without tasks
    Rule("Q510", W, ("requirements",)),  # requirement closed with open tasks
    Rule("Q511", N, ("requirements",)),  # one resource wanted by two departments
    Rule("Q512", W, ("tasks",)),  # planned to end after its requirement is due
    Rule("Q513", N, ("tasks",)),  # progress far behind the time gone by
    Rule("Q514", W, ("tasks",)),  # one department lists a task twice
)

_OTHERS = {
    E: "V201 V202 V203 V204 V205 V206 V207 V208 V209 V210 V211 V212 V213 V214 V215 V216 V217 V218 R901 R902 R903",
    W: "H102 H103 H104 H105 H109 H113 H116 H117 H118 H119 H121 H123 V220 V221 V222 V223 V244 "
    "M101 M103 M105 M106 M107 M109 M201 M202 M203 M205 M206 M207 M208 M209 S451 S452 S453",
    N: "H101 H106 H107 H108 H110 H111 H112 H114 H115 H122 "
    "V231 V232 V233 V234 V235 V236 V237 V238 V239 V240 V241 V242 V243 M102 M104 M108 M204",
}
"""Default severities of what reading, merging and issuing report, for the list only; those stages give their findings their own.
Codes of intake (S1, S4) have none: they are the reason of a refusal."""
OTHERS: Mapping[str, Severity] = {code: severity for severity, codes in _OTHERS.items() for code in codes.split()}


def all_rules(lang: str) -> list[RuleText]:
    """Every finding code the catalogue has texts for, whichever stage reports it, by family in the order of `FAMILIES`, then number."""
    codes = [found[1] for found in map(_CODE.match, texts(lang)) if found]
    return [rule_text(code, lang) for code in sorted(codes, key=lambda c: (FAMILIES.index(c[0]), c))]


def rule_text(code: str, lang: str) -> RuleText:
    """One rule. Raises KeyError for a code no stage reports."""
    rule = RULES.get(code)
    facts = example(code, lang)
    what, why, fix = (text(f"{code}.{part}", lang, **facts).strip() for part in ("what", "why", "fix"))
    family = text(f"family.{code[0]}", lang)
    return RuleText(code, code[0], family, rule.severity if rule else OTHERS.get(code), rule.forms if rule else (), what, why, fix)
