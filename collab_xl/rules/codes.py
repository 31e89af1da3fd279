"""Every rule of `check` as data: its severity and the forms it applies to.  Its texts are in the catalogue, its page in docs/rules.

Pure.  A rule applies to a form because of the form's roles, rules, clocks or due date.  A form may have codes of its own.  To add a rule
for every form: a line here, a function in the module of its family, texts in messages/*/rules.toml (`[rules.<code>]`), an example in
docs/rules/examples.toml; `python docs/make_rules.py` writes the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from collab_xl.catalogue import code_key, codes, example, has, text
from collab_xl.forms import CLOSED, STATES, Clock, Escalation, Form, Over, Schema, load
from collab_xl.forms.folders import own_forms_folder
from collab_xl.forms.form import ExactlyOne, OwnRule
from collab_xl.model.finding import Severity
from collab_xl.model.record import Struct

FAMILIES = "HVRTPQMS"
E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
OPEN = tuple(state for state in STATES if state not in CLOSED)
Applies = Callable[[Form, Schema], bool]


def brought(form: Form) -> tuple[str, ...]:
    """The codes named in a form: for its due date, clocks, escalations, limits and own rules."""
    due = (form.due.warn, form.due.overdue, form.due.escalate) if form.due else ()
    rules = form.rules
    asked: tuple[Clock | Escalation | ExactlyOne | Over | OwnRule, ...] = (*form.clocks, *form.escalations)
    asked += (*rules.exactly_one, *rules.over, *rules.own)
    return tuple(dict.fromkeys(code for code in (*due, *(one.code for one in asked)) if code))


def required_code(form: Form, when: str, name: str) -> str:
    """The rule that reports a blank field of `required_when`."""
    field = form.named(name)
    asked = ("open" if when in OPEN else when, field.role if field else "")
    return {("open", "due"): "V101", ("late", "late_reason"): "V107", ("done", "finished"): "Q508"}.get(asked, "V112")


def order_code(form: Form, later: str) -> str:
    """The rule that reports a date before an earlier date it must follow."""
    field = form.named(later)
    return "V110" if field is not None and field.role == "finished" else "V103"


def _every(form: Form, schema: Schema) -> bool:
    return True


def _with(*roles: str) -> Applies:
    return lambda form, schema: all(form.role(role) is not None for role in roles)


def _names_check(function: str) -> Applies:
    return lambda form, schema: function in form.rules.functions


def _part_names_check(function: str) -> Applies:
    return lambda form, schema: any(function in f.rules.functions and form.id in {p.of for p in f.parents()} for f in schema.forms)


def _needed(code: str) -> Applies:
    return lambda form, schema: any(
        required_code(form, when, name) == code for when, names in form.rules.required_when.items() for name in names
    )


def _ordered(code: str) -> Applies:
    return lambda form, schema: any(order_code(form, later) == code for _, later in form.rules.order)


class Rule(Struct, frozen=True):
    """`severity` is the default; sheet 设置 may switch the rule off or change the severity (row `rule.<code>`)."""

    code: str
    severity: Severity
    applies: Applies | None = None
    """Whether the rule applies to a form; None: it applies to the forms that name the code."""

    @property
    def family(self) -> str:
        return self.code[0]

    def looks_at(self, form: Form, schema: Schema) -> bool:
        return self.applies(form, schema) if self.applies else self.code in brought(form)

    def forms(self, schema: Schema) -> tuple[str, ...]:
        """The forms it applies to; empty for a rule about the departments sheet."""
        return tuple(form.id for form in schema.forms if self.looks_at(form, schema))


class RuleText(Struct, frozen=True):
    """The texts of a rule, filled with the example facts.

    `severity` is None for a reason why intake refuses or sets aside a submission.
    """

    code: str
    family: str
    family_name: str
    severity: Severity | None
    forms: tuple[str, ...]
    rule: str
    """When it reports, in one sentence without facts."""
    what: str
    why: str
    fix: str


def _rules(*rules: Rule) -> Mapping[str, Rule]:
    return {rule.code: rule for rule in rules}


RULES: Mapping[str, Rule] = _rules(
    Rule("R301", E, _every),  # key twice
    Rule("R302", E, lambda form, schema: any(f.of for f in form.fields)),  # reference to nothing
    Rule("R303", W, _every),  # two spellings of one ID
    Rule("R304", N, _every),  # row without an ID
    Rule("R305", N, _every),  # ID written in another way than the others
    Rule("R306", N, _every),  # numbers missing in a series of IDs
    Rule("V101", W, _needed("V101")),  # open row without due date
    Rule("V102", E, lambda form, schema: any(f.required and f.kind != "key" for f in form.fields)),  # required field blank
    Rule("V103", E, _ordered("V103")),  # a date before the one it must follow
    Rule("V104", E, _with("finished")),  # finished in the future
    Rule("V105", W, lambda form, schema: bool(form.rules.match)),  # 100 % but not done
    Rule("V106", W, lambda form, schema: bool(form.rules.match)),  # done but below 100 %
    Rule("V107", W, _needed("V107")),  # late without a reason
    Rule("V108", W, lambda form, schema: bool(form.rules.match)),  # not started but with progress
    Rule("V109", W, _with("finished", "status")),  # a finishing date but still open
    Rule("V110", W, _ordered("V110")),  # finished before it began
    Rule("V111", N, _with("start", "status")),  # should have started
    Rule("V112", W, _needed("V112")),  # a field that the state of the row needs is blank
    Rule("V113", W, lambda form, schema: bool(form.rules.unique)),  # a value that only one row may have
    Rule("T301", W),  # overdue
    Rule("T302", N),  # due within 48 hours
    Rule("T303", W),  # overdue long enough to escalate
    Rule("T304", W),  # problem without measure after 24 hours
    Rule("T305", W),  # urgent problem open
    Rule("T306", W),  # requirement overdue
    Rule("T331", W, _names_check("late_predecessors")),  # will slip because of a late predecessor
    Rule("P401", E, lambda form, schema: any(f.kind in ("department", "departments") for f in form.fields)),  # unknown department
    Rule("P402", W, _with("owner", "status")),  # no owner
    Rule("P403", W),  # department without liaison or e-mail
    Rule("P404", N),  # department without superior and sponsor
    Rule("P405", W),  # one name or address for two departments
    Rule("Q501", W, _names_check("same_title")),  # same task in two departments
    Rule("Q502", W, _names_check("owner_twice")),  # one person, two departments, at once
    Rule("Q503", N, _names_check("owner_twice")),  # one person, two tasks of one department, at once
    Rule("Q504", W, _names_check("stale")),
    Rule("Q505", W, _names_check("progress_back")),  # progress going back
    Rule("Q506", E, _names_check("predecessors")),  # predecessors in a circle
    Rule("Q507", W, _names_check("predecessors")),  # starts before its predecessor ends
    Rule("Q508", W, _needed("Q508")),  # finished without a date
    Rule("Q509", N, _part_names_check("parent_and_parts")),  # requirement under way without tasks
    Rule("Q510", W, _part_names_check("parent_and_parts")),  # requirement closed with open tasks
    Rule("Q511", N, _names_check("one_resource_twice")),  # one resource wanted by two departments
    Rule("Q512", W, _names_check("after_parent")),  # planned to end after its requirement is due
    Rule("Q513", N, _names_check("behind_plan")),  # progress far behind the time gone by
    Rule("Q514", W, _names_check("listed_twice")),  # one department lists a task twice
    Rule("Q541", W, lambda form, schema: bool(form.rules.agreed)),  # changed after the signed baseline without approval
)
"""The rules that do not belong to a single form."""

_OTHERS = {
    E: "H124 H125 V201 V202 V203 V204 V205 V206 V207 V208 V209 V210 V211 V212 V213 V214 V215 V216 V217 V218 R901 R902 R903",
    W: "H102 H103 H104 H105 H109 H113 H116 H117 H118 H119 H121 H123 H126 V220 V221 V222 V223 V244 V246 V249 V250 V252 "
    "M101 M103 M105 M106 M107 M109 M111 M115 M201 M202 M203 M205 M206 M207 M208 M209 S451 S452 S453",
    N: "H101 H106 H107 H108 H110 H111 H112 H114 H115 H122 H127 H128 H129 H130 "
    "V231 V232 V233 V234 V235 V236 V237 V238 V239 V240 V241 V242 V243 V245 V247 V248 V251 M102 M104 M108 M110 M112 M113 M114 M204",
}
"""Default severities of what reading, merging and issuing report, only for the list; those stages set the severity of their findings.
Codes of intake (S1xx, S4xx) have none: they are the reason of a refusal."""
OTHERS: Mapping[str, Severity] = {code: severity for severity, codes in _OTHERS.items() for code in codes.split()}


def rules_of(schema: Schema) -> Mapping[str, Rule]:
    """Code → rule: general rules, then the own rules of forms in the schema (a warning if the form names no severity)."""
    own = {rule.code: Severity(rule.severity) for form in schema.forms for rule in form.rules.own}
    codes = (code for form in schema.forms for code in brought(form))
    return {**{code: Rule(code, own.get(code, Severity.WARNING)) for code in codes}, **RULES}


def installed_rules() -> Mapping[str, Rule]:
    """The rules of all installed forms, in use or not."""
    return _installed(own_forms_folder())


@cache
def _installed(own: str) -> Mapping[str, Rule]:
    return rules_of(load())


def all_rules(lang: str) -> list[RuleText]:
    """Every finding code the catalogue has texts for, whichever stage reports it, by family in the order of `FAMILIES`, then number."""
    return [rule_text(code, lang) for code in sorted(codes(), key=lambda c: (FAMILIES.index(c[0]), c))]


def rule_text(code: str, lang: str) -> RuleText:
    """One rule. Raises KeyError for a code that no stage reports."""
    rule = installed_rules().get(code)
    facts = example(code, lang)
    what, why, fix = (text(code_key(code, part), lang, **facts).strip() for part in ("what", "why", "fix"))
    family = text(f"rules.family.{code[0]}", lang)
    severity, forms = (rule.severity, rule.forms(load())) if rule else (OTHERS.get(code), ())
    return RuleText(code, code[0], family, severity, forms, when_reported(code, lang), what, why, fix)


def switchable(code: str) -> bool:
    """Whether a PMO may switch the code: all except the codes S of refused submissions (S45 is about rows to issue)."""
    return code[0] in "HVRTPQM" or code.startswith("S45")


def when_reported(code: str, lang: str) -> str:
    """When a code reports, without facts (`<code>.rule`). A form of one's own may have none: its example sentence then."""
    key = code_key(code, "rule")
    return text(key, lang) if has(key, lang) else text(code_key(code, "what"), lang, **example(code, lang)).strip()
