"""The documents keep their promises: links lead somewhere, decisions have their parts, commands and targets exist."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
DECISION_PARTS = ("## Context", "## Decision", "## Consequences", "## What would change our mind")
CODE_BLOCK = re.compile(r"```.*?```", re.S)


@cache
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


REFERENCES = {
    "a page": re.compile(r"(?<![\w/.-])((?:\.\./)*(?:[\w-]+/)*[\w-]+\.md)\b"),
    "a decision": re.compile(r"\b[Dd]ecisions? \[?(\d+)"),
    "a part of a page": re.compile(r"(docs/facts/[\w-]+\.md), ([A-Z][^.;:,()\n\"]*(?:\n(?=[a-z])[^.;:,()\n\"]*)?)"),
    "a paragraph of a page that is not here": re.compile(r"§ ?\d|\b(?:DESIGN|DOMAIN|STYLE|FORMS|ADDIN|LOOK)\b(?![_(=])"),
    "a source that is not here": re.compile(r"(?<![\w\"'/])S[1-9]\b(?![\d\"'])"),
    "a source": re.compile(r"\bSource[^.:\n]{0,40}: *([^\n]*(?:\n[^\n]*)?)"),
}
HERE = re.compile(r"docs/|[Dd]ecision|collab_xl/|workbook_templates/|\[MS-|https?://|\b(?:Excel|Windows|Office|Apple|Microsoft|RFC|ECMA)\b")
"""What a line about a source must name: something in this repository, or what a maker has published."""


@cache
def referable() -> tuple[dict[Path, set[str]], set[str], set[str]]:
    """Of each page of facts its headings · the names of all pages · the numbers of the decisions."""
    facts = (ROOT / "docs" / "facts").glob("*.md")
    headings = {p: set(re.findall(r"^#+ (.+)$", p.read_text(encoding="utf-8"), re.M)) for p in facts}
    return headings, {p.name for p in pages()}, {p.name[:4] for p in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}


def wrong_references(text: str) -> list[str]:
    """References to what is not in this repository."""
    headings, names, numbers = referable()
    found = [m[1] for m in REFERENCES["a page"].finditer(text) if not _leads_somewhere(m[1], names)]
    found += [m[0] for m in REFERENCES["a decision"].finditer(text) if m[1] not in numbers]
    for m in REFERENCES["a part of a page"].finditer(text):
        part = " ".join(m[2].replace("#", " ").split())
        if not any(part.startswith(heading) for heading in headings.get(ROOT / m[1], ())):
            found.append(m[0])
    for kind in ("a paragraph of a page that is not here", "a source that is not here"):
        found += [m[0] for m in REFERENCES[kind].finditer(text)]
    found += [m[0] for m in REFERENCES["a source"].finditer(text) if not HERE.search(m[1])]
    return found


def _leads_somewhere(page: str, names: set[str]) -> bool:
    """A path from the root must be right as a whole; of any other (relative, or a bare name) the file must exist somewhere."""
    return (ROOT / page).is_file() if page.startswith("docs/") else Path(page).name in names


def spoken(path: Path) -> str:
    """What a file says to its reader: of Python its comments and docstrings, of others everything."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join(t.string for t in tokens if t.type == tokenize.COMMENT or (t.type == tokenize.STRING and t.string.endswith('"""')))


def readable() -> list[Path]:
    kinds = ["*.py", "*.md", "*.toml", "*.bas", "*.cls", "Makefile"]
    listed = subprocess.run(["git", "ls-files", "-z", *kinds], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file() and name != "tests/test_docs.py"]


def test_sources_of_rules_are_in_this_repository() -> None:
    files = readable()
    assert len(files) > 300
    said = {p.relative_to(ROOT).as_posix(): spoken(p) for p in files}
    assert sum("docs/facts/" in text for text in said.values()) > 20
    assert {name: wrong for name, text in said.items() if (wrong := wrong_references(text))} == {}


@pytest.mark.parametrize(
    "words",
    [
        "see docs/facts/nowhere.md",
        "see DESIGN.md",
        "the rules of DESIGN, Packs",
        "(DOMAIN §4)",
        "§6 Gates",
        "Headings of S1 and S4",
        "decision 0999",
        "decision 7",
        "docs/facts/domain.md, The moon",
        "Source: S1, overdue by 3 days",
        "Source of the growing rules: the handbook.",
    ],
)
def test_the_guard_sees_a_reference_that_leads_nowhere(words: str) -> None:
    assert wrong_references(words)


@pytest.mark.parametrize(
    "words",
    [
        "Source: docs/facts/domain.md, The week: overdue",
        "decision 0003; decisions 0002",
        "docs/facts/file-format.md,\nTables that grow.",
        "S101 and S4xx",
        "Source of the rules: [MS-OVBA] 2.3.4",
    ],
)
def test_the_guard_lets_good_references_be(words: str) -> None:
    assert wrong_references(words) == []
