"""The table of the practice (docs/practice.md): every row has a proof that exists, and no form is left out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from collab_xl.forms import load
from collab_xl.verbs.table import VERBS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "practice.md").read_text(encoding="utf-8")
NOT_YET = "尚未 · not yet"


def rows() -> list[list[str]]:
    lines = (line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| 实务"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def commands_of(example: str) -> list[str]:
    return [command for command in re.findall("`([^`]+)`", example) if command.startswith(("collab-xl ", "python -m "))]


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def test_every_row_has_a_proof_that_exists_or_says_that_it_does_not_work_yet() -> None:
    found = rows()
    assert len(found) > 40
    for what, where, proof, example in found:
        named = re.findall(r"`(tests/[^`]+?\.py)::(\w+)`", proof)
        assert named or proof == NOT_YET, what
        assert len(re.findall("`", proof)) == 2 * len(named), f"{what}: {proof}"
        for path, name in named:
            assert (ROOT / path).is_file(), path
            assert name in functions_of(path), f"{path}::{name}"
        assert where, what
        assert example, what


def test_no_form_is_left_out() -> None:
    told = " ".join(row[0] for row in rows())
    assert {form.id: form.sheet for form in load().forms if form.sheet["zh"] not in told or form.sheet["en"] not in told} == {}


def test_the_commands_are_verbs() -> None:
    known = {verb.name for verb in VERBS}
    named = {" ".join(words.split()[:2]) for row in rows() for words in re.findall(r"`collab-xl ([a-z]+(?: [a-z]+)?)", row[3])}
    assert len(named) > 10
    assert {words for words in named if words not in known and words.partition(" ")[0] not in known} == set()
