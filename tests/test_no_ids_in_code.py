"""Code that serves every form uses roles, states and parts, and names no form, field or choice by its id.

What counts: every string that is the id of an installed form, of one of its fields or choices, its table, or a name made of its id
(`go_tasks`), also as one part of a string with dots or colons. Not counted: docstrings, keys of texts (`plan.returned.refused`), keys of a
written dict that are no form (facts and JSON), and words with one meaning for all forms: roles, states, kinds, computed columns and what
they offer, functions. Exempt are the modules of `rules/` that are named after a form. What else is meant by such a word in one file is
listed in `OTHER_MEANING`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from collab_xl.catalogue import texts
from collab_xl.forms import STATES, load
from collab_xl.forms.form import KINDS, ROLES
from collab_xl.rules.computed import COMPUTED, LIGHTS
from collab_xl.rules.functions import FUNCTIONS
from collab_xl.rules.lateness import WARNINGS

PACKAGE = Path(__file__).resolve().parents[1] / "collab_xl"
FOLDERS = ("rules", "report", "plan", "verbs", "merge", "read")
FILES = [
    *(path for folder in FOLDERS for path in sorted((PACKAGE / folder).rglob("*.py"))),
    *(PACKAGE / "build" / f"{name}.py" for name in ("pack", "pack_guide", "pack_checks", "weekly", "home", "charts", "grid")),
    *(PACKAGE / name for name in ("model/summary.py", "model/report_pages.py", "forms/blocks.py", "intake/gates.py")),
]
WORDS = frozenset({*ROLES, *STATES, *KINDS, *COMPUTED, *FUNCTIONS, *WARNINGS, *LIGHTS, "late", "yes", "no"})
_PAGE = frozenset({"escalated", "urgent", "problems"})
_ANSWER = frozenset({"answer"})
_NAME = frozenset({"name"})
OTHER_MEANING: Mapping[str, frozenset[str]] = {
    # Figures and blocks of 周报, and the sentence of the reason; `problems` has been the name of its block since the first master.
    "report/__init__.py": _PAGE - {"urgent"},
    "report/verdict.py": _PAGE - {"problems"},
    "plan/weekly.py": frozenset({"escalated"}),
    "plan/weekly_lines.py": frozenset({"problems"}),
    "model/report_pages.py": _PAGE - {"urgent"},
    "plan/home.py": frozenset({"escalated"}),
    "plan/portfolio.py": frozenset({"escalated"}),
    "report/portfolio.py": frozenset({"escalated", "people"}),
    "verbs/portfolio.py": frozenset({"escalated", "refused"}),
    "verbs/portfolios/changes.py": frozenset({"refused"}) | _NAME,
    "verbs/portfolios/reading.py": frozenset({"escalated"}) | _NAME,
    # The PMO's verdict on a value.
    "merge/fates.py": frozenset({"refused"}),
    # Columns of the lists 提问, 部门 and 设置.
    "plan/lists.py": _ANSWER,
    "verbs/asking/answers.py": _ANSWER,
    "verbs/asking/questions.py": _ANSWER,
    "verbs/session.py": _ANSWER | _NAME,
    "verbs/sheets/form_sheets.py": _NAME,
    "verbs/upgrading/bad_settings.py": _NAME,
    "verbs/baseline.py": _NAME,
    "verbs/closing/archive_tables.py": _NAME,
    "verbs/comparison.py": _NAME,
    "read/directory.py": _NAME,
    # Facts of texts.
    "merge/rows.py": _NAME,
    "plan/agenda.py": frozenset({"name", "dept"}),
    "read/dates.py": frozenset({"end"}),
    "read/periods.py": frozenset({"end"}),
    # Elements of the XML of Microsoft Project.
    "plan/project_xml.py": frozenset({"Tasks", "Resources"}),
    # Places of the texts of mails, and columns of the tables in them.
    "plan/letters.py": frozenset({"end"}) | _NAME,
    "plan/answer_letters.py": frozenset({"outcome"}),
    # How what waited has ended.
    "merge/verdicts.py": frozenset({"settled", "refused"}),
    # What a person says of a mail.
    "verbs/send.py": frozenset({"confirmed"}),
    # What the words of a heading say.
    "read/heading_words.py": frozenset({"host", "likelihood", "impact", "deliverable", "way", "people", "frequency", "post", "remark"}),
    "read/cells_alone.py": frozenset({"way", "frequency"}),
    # Words people write in a sheet.
    "read/calendar.py": frozenset({"closed"}),
    "read/tracker.py": frozenset({"name", "description", "remark", "dept", "action"}),
}
"""File → words that are no ids there."""


@cache
def form_ids() -> frozenset[str]:
    return frozenset(name for form in load().forms for name in (form.id, form.table, f"go_{form.id}", f"list_{form.id}"))


@cache
def ids() -> frozenset[str]:
    forms = load().forms
    found = {f.id for form in forms for f in form.fields} | {c.id for form in forms for f in form.fields for c in f.choices}
    return form_ids() | (found - WORDS)


@cache
def text_keys() -> frozenset[str]:
    """Every key of a text and every beginning of one, as an f-string has it."""
    return frozenset(key[:end] for key in texts("en") for end in (*(dot.end() for dot in re.finditer(r"[._]", key)), len(key)))


def literals(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that counts, in the order of lines."""
    nodes = list(ast.walk(ast.parse(source)))
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        text = str(node.value)
        if text not in text_keys() and (id(node) not in keys or text in form_ids()):
            yield node.lineno, text


def named(source: str, other: frozenset[str] = frozenset()) -> list[str]:
    """`line: 'text'` of every id in a module."""
    wanted = ids() - other
    return [f"{line}: {text!r}" for line, text in literals(source) if wanted & {text, *re.split(r"[.:]", text)}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_id_of_a_form_field_or_choice_is_in_the_code(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    source = path.read_text(encoding="utf-8")
    if path.parent.name == "rules" and path.stem in load():
        assert named(source), "a module named after a form is about what only that form has"
        return
    assert named(source, OTHER_MEANING.get(name, frozenset())) == []
    unused = [word for word in OTHER_MEANING.get(name, ()) if not named(source, OTHER_MEANING[name] - {word})]
    assert unused == [], "no longer in this file: take it out of OTHER_MEANING"


def test_an_id_is_found_wherever_it_is() -> None:
    assert len(FILES) > 120
    assert {path.relative_to(PACKAGE).as_posix() for path in FILES} >= OTHER_MEANING.keys()
    assert len(form_ids()) > 20
    assert len(ids()) > 60
    source = '''"""tasks"""
def judged(form, x, rows):
    """tasks"""
    if form == "tasks" or f"{x}.req_id" in rows["actual_end"]:
        return {"tasks": 1, "name": 2, "x": "rule.in_progress", "model.state.refused": "overdue"}
    match form:
        case "Problems":
            return text("model.state.refused"), f"model.state.{x}", "title", "go_risks"
'''
    assert named(source) == [
        "4: 'tasks'",
        "4: '.req_id'",
        "4: 'actual_end'",
        "5: 'tasks'",
        "5: 'rule.in_progress'",
        "7: 'Problems'",
        "8: 'go_risks'",
    ]
    assert named(source, frozenset({"tasks", "Problems"})) == ["4: '.req_id'", "4: 'actual_end'", "5: 'rule.in_progress'", "8: 'go_risks'"]
