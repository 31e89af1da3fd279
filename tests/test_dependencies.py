"""What pyproject.toml asks for is what the package imports, and foreign XML is only read by a hardened parser."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "collab_xl"


providers = cache(packages_distributions)
"""Asked once: it reads the metadata of everything that is installed."""


@cache
def trees() -> dict[str, ast.Module]:
    paths = sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)
    assert len(paths) > 100
    return {p.relative_to(ROOT).as_posix(): ast.parse(p.read_text(encoding="utf-8")) for p in paths}


OPTIONAL = "collab_xl/verbs/portfolios/data.py"
"""Imports pyarrow only where it is installed: the extra `parquet`."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(pyproject: str) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in tomllib.loads(pyproject)["project"]["dependencies"])
    return {normal(name[0]) for name in names if name}


def imported(tree: ast.Module) -> Iterator[str]:
    """Distributions of every import, also those inside functions; a module nothing installed provides stands under its own name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "collab_xl":
                yield from map(normal, providers().get(top, [PROVIDED.get(top, top)]))


PROVIDED = {"pythoncom": "pywin32", "win32com": "pywin32"}
"""Modules of a package that is only for Windows, so no computer with Linux knows whose they are."""
RUN_BY_PIP = "collab_xl/kit/pip_for_target.py"
"""A script that is started with a Python that has pip, and says so where there is none: pip is no dependency of the program."""


def test_every_dependency_is_imported_and_every_import_is_declared() -> None:
    wanted = declared((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    used = {name for path, tree in trees().items() for name in imported(tree) if path != RUN_BY_PIP}
    assert len(wanted) > 8
    assert set(imported(trees()[RUN_BY_PIP])) == {"pip"}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(imported(trees()[OPTIONAL])) - wanted == {"pyarrow"} == {line.partition(">")[0] for line in extras["parquet"]}
    used -= {"pyarrow"}
    assert {"unused": wanted - used, "undeclared": used - wanted} == {"unused": set(), "undeclared": set()}


def test_the_guard_sees_what_is_missing() -> None:
    assert declared('[project]\ndependencies = ["Foo_Bar>=1; python_version > \'3\'", "lxml"]') == {"foo-bar", "lxml"}
    tree = ast.parse("import os.path, lxml.etree\ndef f():\n    from python_calamine import x\n    import nosuch.thing\nfrom . import y")
    assert set(imported(tree)) == {"lxml", "python-calamine", "nosuch"}


OWN_WORDS = {"collab_xl/book/annotate_styles.py": 6, "collab_xl/book/annotate_sheet.py": 1, "collab_xl/book/added_sheet.py": 1}
"""How often a module parses with the default parser what it has just made or written itself."""
HARDENED = {"resolve_entities": False, "no_network": True, "load_dtd": False}


def loose_parsing(tree: ast.Module) -> list[int]:
    """Lines that parse XML without our three precautions: in a parser made there, or by the default one."""
    options = {  # `options = {...}` handed on as **options
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.Dict, ast.Call))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        on = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        name = node.func.attr
        if on in {"etree", "ElementTree"} and name in {"XMLParser", "XMLPullParser", "iterparse", "HTMLParser"}:
            said = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
            for keyword in node.keywords:
                if keyword.arg is None and isinstance(keyword.value, ast.Name):
                    said |= given(options.get(keyword.value.id))
            if any(said.get(option) is not value for option, value in HARDENED.items()):
                found.append(node.lineno)
        elif on in {"etree", "ElementTree"} and name in {"fromstring", "parse", "XML", "HTML"} and len(node.args) + len(node.keywords) < 2:
            found.append(node.lineno)
    return found


def given(options: ast.expr | None) -> dict[str | None, object]:
    if isinstance(options, ast.Dict):
        pairs = zip(options.keys, options.values, strict=True)
        return {str(k.value): v.value for k, v in pairs if isinstance(k, ast.Constant) and isinstance(v, ast.Constant)}
    if isinstance(options, ast.Call):
        return {k.arg: k.value.value for k in options.keywords if isinstance(k.value, ast.Constant)}
    return {}


def test_every_parser_of_foreign_xml_is_hardened() -> None:
    seen = {name: lines for name, tree in trees().items() if (lines := loose_parsing(tree))}
    assert {name: len(lines) for name, lines in seen.items()} == OWN_WORDS


@pytest.mark.parametrize(
    "line",
    [
        "etree.fromstring(x)",
        "etree.XMLParser()",
        "etree.XMLParser(resolve_entities=True, no_network=True, load_dtd=False)",
        "etree.parse(f)",
    ],
)
def test_the_guard_sees_a_loose_parser(line: str) -> None:
    assert loose_parsing(ast.parse(line)) == [1]
