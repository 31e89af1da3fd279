"""Checks that forms name (`[rules] functions`), and a test that everything a form names exists.

Pure.  A check for some forms is one line here. A check for a single form is a function in the module named after that form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from collab_xl.catalogue import LANGS, code_key, has
from collab_xl.errors import CollabError
from collab_xl.forms import Form, Schema
from collab_xl.forms.folders import form_files, own_forms_folder
from collab_xl.forms.validate import FormFault
from collab_xl.model.finding import Finding
from collab_xl.model.values import Value
from collab_xl.rules import (
    communication,
    overlaps,
    overload,
    plan_quality,
    predecessors,
    requirements,
    resources,
    responsibilities,
    roll_up,
    signatures,
)
from collab_xl.rules.case import Case
from collab_xl.rules.clocks import BEGINS
from collab_xl.rules.codes import RULES, brought
from collab_xl.rules.computed import COMPUTED
from collab_xl.rules.rows import Rows
from collab_xl.settings import WHOLE_NUMBERS

FUNCTIONS: Mapping[str, Callable[[Case, Rows], Iterator[Finding]]] = {
    "same_title": overlaps.same_title,
    "listed_twice": overlaps.listed_twice,
    "owner_twice": overload.owner_twice,
    "stale": plan_quality.stale,
    "progress_back": plan_quality.progress_back,
    "behind_plan": plan_quality.behind_plan,
    "predecessors": predecessors.predecessors,
    "late_predecessors": predecessors.late_predecessors,
    "parent_and_parts": plan_quality.parent_and_parts,
    "after_parent": plan_quality.after_parent,
    "one_resource_twice": requirements.one_resource_twice,
    "resource_wanted_twice": resources.resource_wanted_twice,
    "coverage": responsibilities.coverage,
    "signed": signatures.signed,
    "roll_up": roll_up.roll_up,
    "rhythm": communication.rhythms_that_say_nothing,
}

MORE_LINES: Mapping[str, Callable[[Case, Rows], list[dict[str, Value]]]] = {"overloaded_people": resources.overloaded_people}
"""Name in `[report] also` → the lines it brings to the form's block of the weekly page, by field."""


def faults_of_rules(form: Form, path: Path) -> Iterator[FormFault]:
    """Names in a form that do not exist: checks, computed columns, settings, texts. `validate.faults_of` checks everything else."""
    for name in form.rules.functions:
        if name not in FUNCTIONS:
            yield FormFault(path, "rules.functions", "forms.fault.word", {"found": name, "words": tuple(FUNCTIONS)})
    for n, field in enumerate(form.fields, 1):
        at = f"field[{n}].compute"
        computed = COMPUTED.get(field.compute)
        if field.compute and computed is None:
            yield FormFault(path, at, "forms.fault.word", {"found": field.compute, "words": tuple(COMPUTED)})
        if computed is None:
            continue
        for role in computed.roles:
            if form.role(role) is None:
                yield FormFault(path, at, "forms.fault.no_role", {"found": field.compute, "role": role})
        sources = [f for f in map(form.named, field.sources) if f is not None and f.kind in computed.kinds]
        if len(sources) != computed.sources or ("choice" in computed.kinds and not field.choices):
            facts = {"found": field.compute, "n": computed.sources, "words": computed.kinds}
            yield FormFault(path, f"field[{n}].from", "forms.fault.sources", facts)
        if lost := [c for c in computed.choices if c not in {own.id for own in field.choices}]:
            yield FormFault(path, f"field[{n}].choices", "forms.fault.no_choice", {"found": tuple(lost)})
    if form.block and form.block.also and form.block.also not in MORE_LINES:
        yield FormFault(path, "report.also", "forms.fault.word", {"found": form.block.also, "words": tuple(MORE_LINES)})
    for n, clock in enumerate(form.clocks, 1):
        if clock.begins and clock.begins not in BEGINS:
            yield FormFault(path, f"clock[{n}].begins", "forms.fault.word", {"found": clock.begins, "words": tuple(BEGINS)})
    for at, setting, start in (
        *((f"clock[{n}].setting", clock.setting, "clock.") for n, clock in enumerate(form.clocks, 1)),
        *((f"rules.over[{n}].setting", rule.setting, "over.") for n, rule in enumerate(form.rules.over, 1)),
    ):
        if setting not in WHOLE_NUMBERS and not setting.startswith(start):
            yield FormFault(path, at, "forms.fault.setting", {"found": setting, "start": start, "words": tuple(sorted(WHOLE_NUMBERS))})
    own = {rule.code for rule in form.rules.own}
    for code in sorted(own & RULES.keys()):
        yield FormFault(path, "rules.own", "forms.fault.code_taken", {"found": code})
    causes = [one.cause for one in form.escalations] + [rule.cause for rule in form.rules.over if rule.escalate]
    needed = {f"{code}.{part}": code_key(code, part) for code in brought(form) for part in ("what", "why", "fix")}
    needed |= {f"cause.{cause}": f"rules.cause.{cause}" for cause in causes}
    for in_file, key in needed.items():
        if lost := [lang for lang in LANGS if not has(key, lang)]:
            yield FormFault(path, "", "forms.fault.no_text", {"found": in_file, "files": tuple(f"{lang}.toml" for lang in lost)})


def faults_in(forms: Iterable[Form], files: Iterable[Path]) -> list[FormFault]:
    """`faults_of_rules` for several forms and their files."""
    places = {path.parent.name: path for path in files}
    return [fault for form in forms for fault in faults_of_rules(form, places.get(form.id, Path(form.id)))]


def sound(schema: Schema) -> None:
    """Raises CollabError `form_broken` if a form names something that does not exist."""
    if faults := faults_in(schema.forms, form_files(own_forms_folder())):
        first = faults[0]
        raise CollabError("form_broken", file=str(first.file), key=first.key, wrong=first.wrong, allowed=first.allowed, n=len(faults))
