"""The code of the rules uses roles and states, and no id of a form, a field or a choice.

What counts: every string of `collab_xl/rules/*.py` that is, or names with a dot or a colon as part of it, the id of an installed form, of
one of its fields or of one of its choices. Exempt are modules named after a form, docstrings, and words that mean something else
everywhere: roles, states, kinds, the words of conditions, severities, what computed columns are called and offer, the causes and facts of
the catalogue (keys of a written dict, keyword arguments).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import collab_xl.rules
from collab_xl.forms import STATES, load
from collab_xl.forms.form import KINDS, ROLES
from collab_xl.rules.computed import COMPUTED
from collab_xl.rules.functions import FUNCTIONS
from collab_xl.rules.lateness import WARNINGS

FOLDER = Path(collab_xl.rules.__file__).parent
FILES = sorted(FOLDER.glob("*.py"))
WORDS = frozenset({*ROLES, *STATES, *KINDS, *COMPUTED, *FUNCTIONS, *WARNINGS, "late"})


def ids() -> set[str]:
    forms = load().forms
    found = {form.id for form in forms} | {f.id for form in forms for f in form.fields}
    return (found | {c.id for form in forms for f in form.fields for c in f.choices}) - WORDS


def literals(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is no docstring and no key of a dict that is written out."""
    tree = ast.parse(source)
    free = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    free |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in free:
            yield node.lineno, node.value


def named(source: str) -> list[str]:
    wanted = ids()
    return [f"{line}: {text!r}" for line, text in sorted(literals(source)) if wanted & {text, *re.split(r"[.:]", text)}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_id_stands_in_a_module_of_all_forms(path: Path) -> None:
    if path.stem in load():
        assert named(path.read_text(encoding="utf-8")), "a module named after a form is about what only that form has"
    else:
        assert named(path.read_text(encoding="utf-8")) == []


def test_an_id_is_seen_wherever_it_stands() -> None:
    assert len(FILES) > 15
    assert len(ids()) > 30
    source = '"""tasks"""\nif form == "tasks" or f"{x}.req_id" in rows["actual_end"]:\n    facts = {"tasks": 1, "x": "rule.in_progress"}\n'
    assert named(source) == ["2: '.req_id'", "2: 'actual_end'", "2: 'tasks'", "3: 'rule.in_progress'"]
