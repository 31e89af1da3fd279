"""The documents keep their promises: links lead somewhere, decisions have their parts, commands and targets exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
DECISION_PARTS = ("## Context", "## Decision", "## Consequences", "## What would change our mind")
CODE_BLOCK = re.compile(r"```.*?```", re.S)


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_relative_links_lead_to_files() -> None:
    seen, broken = 0, []
    for page in pages():
        for first, second in LINK.findall(CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))):
            target = (first or second).partition("#")[0]
            if target and not re.match(r"[a-z]+:", target):
                seen += 1
                if not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(ROOT).as_posix()}: {target}")
    assert broken == []
    assert seen > 8


def test_every_decision_has_its_parts_and_a_number_of_its_own() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert decisions
    for page in decisions:
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.name[:4]}[:.]? \S", text), f"{page.name}: the title begins with the number"
        assert "Status" in text, page.name
        assert [part for part in DECISION_PARTS if part.lower() not in text.lower()] == [], page.name
    numbers = [page.name[:4] for page in decisions]
    assert len(numbers) == len(set(numbers))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_named_in_the_documents_exist(page: str) -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z]+)\b", (ROOT / page).read_text(encoding="utf-8"), re.M))
    assert named
    assert named - make_targets() == set()


def test_make_help_names_every_target() -> None:
    shown = set(re.findall(r'"make ([a-z]+)', (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert make_targets() - shown == {"help", "setup"}


def test_commands_named_in_the_readme_are_verbs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"collab-xl ([a-z]+)", text))
    done = subprocess.run([sys.executable, "-m", "collab_xl", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    verbs = {line.split()[0] for line in done.stdout.splitlines() if re.match(r"\s{2}[a-z]+\s{2,}", line)}
    assert len(verbs) > 10
    assert named
    assert named - verbs == set()


def test_ci_runs_the_readme_s_test_command() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in run
    assert [line.split()[:2] for line in run.splitlines() if line and not line.startswith(("#", "set", "cd"))] == [["make", "test"]]
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
