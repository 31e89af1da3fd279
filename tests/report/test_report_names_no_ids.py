"""The report's code uses roles, states and parts, and no id of a form, field or choice.

Some words are no ids there, although a form has an id with the same word: roles, states and the page's own figures.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from collab_xl.forms import STATES, load
from collab_xl.forms.form import ROLES
from collab_xl.model.report_pages import HOME_CARDS, KPIS

PACKAGE = Path(__file__).resolve().parents[2] / "collab_xl"
FILES = (
    *sorted((PACKAGE / "report").glob("*.py")),
    *sorted((PACKAGE / "plan").glob("weekly*.py")),
    PACKAGE / "plan" / "home.py",
    *(PACKAGE / "build" / f"{name}.py" for name in ("weekly", "home", "charts", "grid")),
    PACKAGE / "model" / "summary.py",
    PACKAGE / "model" / "report_pages.py",
    PACKAGE / "forms" / "blocks.py",
    *(
        PACKAGE / "verbs" / f"{name}.py"
        for name in ("check", "flag", "week", "undo", "log", "status", "service_sheets", "earlier_progress", "doctor_master")
    ),
)
OUR_WORDS = frozenset({*ROLES, *STATES, "late", "waiting", "text", "amount"} | {card.id for card in (*KPIS, *HOME_CARDS)})
NO_IDS_HERE = {
    "service_sheets.py": {"warning"},
    "report_pages.py": {"problems"},
    "verdict.py": {"urgent"},
    "weekly.py": {"problems"},
}
"""A severity, the sentence of the reason, and the block that has been called `problems` in every master since the first."""


def ids() -> set[str]:
    found: set[str] = set()
    for form in load().forms:
        found |= {form.id, *(f"go_{form.id}", f"list_{form.id}")}
        found |= {f.id for f in form.fields} | {c.id for f in form.fields for c in f.choices}
    return found - OUR_WORDS


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every string but the keys of a dict that is written out: options, facts and JSON."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_id_of_a_form_field_or_choice_stands_in_the_code(path: Path) -> None:
    wanted, seen = ids(), list(literals(path))
    assert len(wanted) > 40
    assert seen
    assert [f"{path.name}:{line}: {value!r}" for line, value in seen if value in wanted - NO_IDS_HERE.get(path.name, set())] == []
