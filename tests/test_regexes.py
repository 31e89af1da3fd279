"""Regular expressions of modules are compiled when first used (`collab_xl/model/regex.py`): all are valid."""

from __future__ import annotations

import importlib
import pkgutil
import re

import collab_xl
from collab_xl.model.regex import _WhenUsed, regex


def test_every_expression_of_the_package_compiles() -> None:
    seen = 0
    for found in pkgutil.walk_packages(collab_xl.__path__, "collab_xl."):
        if found.name.split(".")[1] in {"model", "forms", "rules", "read", "merge", "book", "plan", "project", "intake", "verbs"}:
            for value in vars(importlib.import_module(found.name)).values():
                if isinstance(value, _WhenUsed):
                    assert isinstance(value._compiled, re.Pattern), found.name
                    seen += 1
    assert seen > 150


def test_it_has_what_a_pattern_has() -> None:
    word = regex(r"(\w+)-(\d)", re.ASCII)
    assert word.sub(r"\2", "a-1 b-2") == "1 2"
    assert word.fullmatch("ab-3") is not None
    assert word.pattern == r"(\w+)-(\d)"
    assert word.flags & re.ASCII
