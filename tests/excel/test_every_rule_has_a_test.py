"""The table of docs/facts/open-excel.md names a test for each rule, and each is there."""

from __future__ import annotations

import re
from pathlib import Path

from collab_xl.addin.sources import macros_folder

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "facts" / "open-excel.md"


def test_every_rule_names_a_test_that_is_there() -> None:
    table = PAGE.read_text("utf-8").partition("## What else Excel does")[2].partition("\n## ")[0]
    rules = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith(("| what ", "|---"))]
    assert len(rules) > 30
    for rule in rules:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", rule)
        assert named, rule
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text("utf-8"), (file, test)


def test_our_macros_never_wait() -> None:
    """Excel would stand still, or let typing and a second click in midway (docs/facts/desk.md)."""
    modules = sorted(macros_folder().glob("*.bas"))
    assert len(modules) == 2
    for module in modules:
        code = re.sub(r"(?m)^\s*'.*$|\s'.*$", "", module.read_text("ascii"))
        assert not re.search(r"\b(DoEvents|Application\.Wait|OnTime|Sleep)\b", code), module.name
