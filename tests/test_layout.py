"""The layout of docs/architecture.md, read from the imports: stages are pure and know nothing of each other."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "collab_xl"
SHARED = frozenset({"model", "forms", "rules", "settings", "errors", "catalogue"})
"""What every stage may import: what passes between stages, the forms, the rules two stages share."""
STAGES = frozenset({"read", "merge", "report", "plan"})
"""Values in, values out. They know nothing of each other."""
MAY_IMPORT: dict[str, frozenset[str]] = {
    "model": frozenset(),
    "errors": frozenset(),
    "settings": frozenset({"model"}),
    "forms": frozenset({"model", "errors"}),
    "catalogue": frozenset({"model", "errors", "forms"}),
    "rules": SHARED,
    **dict.fromkeys(STAGES, SHARED),
    "os_errors": frozenset({"model", "catalogue", "errors"}),
    "user_logs": frozenset(),
    "faults": frozenset({"errors", "user_logs"}),
    "book": SHARED | {"os_errors"},
    "build": SHARED | {"book"},
    "intake": SHARED | {"os_errors", "faults"},
    "project": SHARED | {"os_errors", "user_logs", "book", "intake"},
    "excel": SHARED | {"os_errors", "book", "project"},
    "mail": SHARED | {"os_errors", "intake", "user_logs"},
}
"""Folder → the folders it may import. The others join the stages (`JOINS`) and may import all."""
JOINS = frozenset(
    {"cli", "options", "terminal", "wrapping", "command_help", "wrong_usage", "verbs", "demo", "addin", "desk", "kit", "__main__"}
)
EFFECTS = JOINS | {"os_errors", "user_logs", "faults", "project", "excel", "mail"}
"""What may touch disk, clock, network or Excel."""
EDGES = frozenset(
    {
        "intake/content.py",
        "intake/inbox.py",
        "intake/opening.py",
        "intake/pool.py",
        "intake/pool_worker.py",
        "intake/readers.py",
        "catalogue.py",
        "forms/folders.py",
        "forms/read.py",
    }
    | {"book/read.py", "book/verify.py", "book/write_plan.py", "build/master.py", "build/style.py"}
)
"""Single files that do: the edges of intake, book and build, and what reads files of the package itself."""
NO_EFFECT: dict[str, frozenset[str]] = {
    "build": frozenset({"xlsxwriter"}),
    "book": frozenset({"openpyxl", "python_calamine", ".touch()"}),
    "intake": frozenset({"urllib", ".is_dir()"}),
}
"""Folder → what looks like an effect there and is none: bytes in memory, `touch` of a part, `is_dir` of an entry of a zip."""


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)


def area(path: Path) -> str:
    """`collab_xl/merge/cells.py` → merge, `collab_xl/settings.py` → settings, the package's own `__init__` → ""."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, area) of every import of our own package, also those inside functions and relative ones."""
    package = ("collab_xl", *path.relative_to(PACKAGE).parts[:-1])
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            names = [f"{module}.{a.name}" for a in node.names]
        else:
            continue
        for name in names:
            head, _, rest = name.partition(".")
            if head == "collab_xl":
                yield node.lineno, rest.partition(".")[0]


def say(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}: {what}"


def test_every_module_is_seen() -> None:
    listed = subprocess.run(["git", "ls-files", "collab_xl"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    tracked = {ROOT / name for name in listed if name.endswith(".py")}
    seen = set(modules())
    assert len(seen) > 20
    assert tracked <= seen
    areas = {area(p) for p in seen}
    assert areas == {"", *MAY_IMPORT, *JOINS}, "a new folder: say here what it may do"


def test_folders_import_only_what_they_may() -> None:
    seen, wrong = 0, []
    for path in modules():
        here = area(path)
        if here in MAY_IMPORT:
            for line, there in own_imports(path):
                seen += 1
                if there not in MAY_IMPORT[here] | {here, "__version__"}:
                    wrong.append(say(path, line, f"{here} imports {there}"))
    assert not wrong
    assert seen > 500


def test_no_folder_imports_in_a_circle() -> None:
    """Also behind `TYPE_CHECKING`: such an import is read like any other."""
    links = {folder: set[str]() for folder in {area(p) for p in modules()} - {"", *JOINS}}
    for path in modules():
        if area(path) in links:
            links[area(path)] |= {there for _, there in own_imports(path) if there in links and there != area(path)}
    order = list(graphlib.TopologicalSorter(links).static_order())  # raises CycleError
    assert order.index("model") < order.index("forms") < order.index("rules")


def test_pandas_and_numpy_are_imported_in_the_report_alone() -> None:
    """`verbs/frames.py` names a type of pandas."""
    seen = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Import) and any(a.name in ("pandas", "numpy") for a in node.names)
    }
    assert {"report/figures.py", "report/forecast.py"} <= seen
    assert {name for name in seen if not name.startswith("report/")} == {"verbs/frames.py"}


EFFECT_MODULES = frozenset(
    {"socket", "requests", "subprocess", "urllib", "http", "ftplib", "smtplib", "imaplib", "imap_tools", "sqlite3", "shutil", "tempfile"}
    | {"os", "glob", "time", "multiprocessing", "threading", "asyncio", "random", "secrets", "keyring"}
    | {"xlwings", "openpyxl", "xlsxwriter", "python_calamine"}
)
"""Modules a pure stage has no use for. `zipfile`, `io` and `email` work on bytes in memory and stay."""
EFFECT_CALLS = frozenset({"open", "input", "print", "exec", "eval"})
EFFECT_ATTRIBUTES = frozenset(
    {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rmdir", "touch", "iterdir", "glob", "rglob"}
    | {"exists", "is_file", "is_dir", "now", "today", "utcnow"}
    | {"read_excel", "read_csv", "to_excel", "to_csv", "read_pickle", "to_pickle"}
)
"""Method names of Path, datetime and pandas that reach outside."""


def effects(path: Path) -> Iterator[tuple[int, str]]:
    """(line, what) for everything in a module that asks disk, clock, network or a screen."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, f"import {a.name}") for a in node.names if a.name.partition(".")[0] in EFFECT_MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] in EFFECT_MODULES:
            yield node.lineno, f"from {node.module} import"
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in EFFECT_CALLS:
                yield node.lineno, f"{called.id}()"
            elif isinstance(called, ast.Attribute) and called.attr in EFFECT_ATTRIBUTES:
                yield node.lineno, f".{called.attr}()"


def test_only_the_edges_touch_the_world() -> None:
    pure = [p for p in modules() if area(p) not in EFFECTS and p.relative_to(PACKAGE).as_posix() not in EDGES]
    assert len(pure) > 100
    found = [(p, line, what) for p in pure for line, what in effects(p)]
    harmless = {(p, line) for p, line, what in found for word in NO_EFFECT.get(area(p), ()) if word in what}
    assert [say(p, line, what) for p, line, what in found if (p, line) not in harmless] == []
    assert len(harmless) > 10


def test_the_guard_can_see_an_effect(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(
        "import socket\nfrom subprocess import run\nfrom datetime import datetime, date\n"
        "datetime.now(); date.today(); open('x'); Path('x').read_text()\n",
        encoding="utf-8",
    )
    assert [what for _, what in effects(sample)] == [
        "import socket",
        "from subprocess import",
        ".now()",
        ".today()",
        "open()",
        ".read_text()",
    ]


@pytest.mark.parametrize("name", sorted(EDGES))
def test_the_exempt_modules_still_exist_and_need_it(name: str) -> None:
    assert list(effects(PACKAGE / name))


MACHINE = re.compile(
    r"(?<![\w.:/])/(?:work|tmp|root|home|opt|Users)/[A-Za-z]"  # a folder of the machine the file was written on
    r"|https?://[\w.-]*(?:registry|pypi|npmjs|artifactory|nexus)[\w.-]*"
    r"|extra-inde[x]-url|find-link[s]"
)


def tracked_text() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        path = ROOT / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" not in data[:4096]:
            yield name, data.decode("utf-8", errors="replace")


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    files = list(tracked_text())
    found = [f"{name}: {hit.group()}" for name, text in files for hit in MACHINE.finditer(text)]
    assert len(files) > 40
    assert found == []


def test_no_workbook_lies_beside_the_readme() -> None:
    """A verb run by hand in this folder writes its workbooks here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    top = {name for name in listed if name and "/" not in name}
    assert {"README.md", "pyproject.toml"} <= top
    assert {name for name in top if Path(name).suffix not in {"", ".md", ".toml", ".yml", ".json"}} == set()


def test_every_tracked_file_is_a_file() -> None:
    """A link leads to a place of the machine it was made on."""
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    modes = {line.split()[0] for line in listed}
    assert modes <= {"100644", "100755"}


# Put together here, so that this file itself holds none of them.
LEAKS = ["see /" + "tmp/x", '"/' + 'home/someone"', "https:" + "//registry.example/a", "--extra-" + "index-url"]


@pytest.mark.parametrize("leak", LEAKS)
def test_the_leak_pattern_finds_leaks(leak: str) -> None:
    assert MACHINE.search(leak)


def places(text: str) -> set[str]:
    """The facts a text takes: `{days}`, `{rows|row|rows}` (rows alone), `{days|unit}` (both)."""
    names: set[str] = set()
    for _, name, _, _ in Formatter().parse(text):
        first, *words = (name or "").split("|")
        names |= {first.partition(".")[0].partition("[")[0]} | set(words if len(words) == 1 else ())
    return names - {""}


@cache
def catalogue(lang: str) -> dict[str, dict[str, str]]:
    """File name → its texts as flat keys."""

    def flat(data: dict[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
        for key, value in data.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield prefix + key, str(value)

    files = sorted((PACKAGE / "messages" / lang).glob("*.toml"))
    return {p.name: dict(flat(tomllib.loads(p.read_text(encoding="utf-8")))) for p in files}


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert zh.keys() == en.keys()
    wrong: list[str] = []
    seen = 0
    for name in zh:
        wrong += [f"{name}: {key} only in one language" for key in sorted(zh[name].keys() ^ en[name].keys())]
        for key in zh[name].keys() & en[name].keys():
            seen += 1
            if places(zh[name][key]) != places(en[name][key]):
                wrong.append(f"{name}: {key}: {sorted(places(zh[name][key]))} and {sorted(places(en[name][key]))}")
    assert wrong == []
    assert seen > 20


def test_no_text_stands_twice() -> None:
    for lang in ("zh", "en"):
        keys = [key for texts in catalogue(lang).values() for key in texts]
        assert keys
        assert sorted({k for k in keys if keys.count(k) > 1}) == []


@cache
def said_in_code() -> dict[str, list[str]]:
    """Area → every string in its modules but `rules/codes.py`; `{}` is a place of an f-string. `StaleCell` stands for `stale_cell`."""
    found: dict[str, list[str]] = {}
    for path in modules():
        here = found.setdefault("verbs" if path.parent == PACKAGE and area(path) in JOINS else area(path), [])
        inside = {id(part) for node in nodes(path) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes(path):
            match node:
                case ast.Constant(str(text)) if id(node) not in inside and path != PACKAGE / "rules" / "codes.py":
                    here.append(text)
                case ast.JoinedStr(values):
                    here.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values))
                case ast.Name("StaleCell"):
                    here.append("stale_cell")
    return found


CODE_OF_TEXT = re.compile(r"(\w+)\.(?:error\.(\w+)|([A-Z]\d{3}))\.(?:what|why|fix|rule)")
"""Folder, code of an error, code of a finding."""


def test_every_file_of_texts_is_of_a_folder_and_its_keys_start_with_the_folder() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    for lang in ("zh", "en"):
        files = catalogue(lang)
        assert len(files) > 12
        assert {Path(name).stem for name in files} <= folders
        assert [f"{lang}/{name}: {key}" for name, keys in files.items() for key in keys if not key.startswith(f"{Path(name).stem}.")] == []


def test_a_folder_shows_only_texts_of_folders_it_may_import() -> None:
    keys = {key for texts in catalogue("en").values() for key in texts}
    beginnings = {key[:n] for key in keys for n in range(key.index(".") + 2, len(key))}
    seen, wrong = 0, []
    for here, said in said_in_code().items():
        for text in said:
            head, place, _ = text.partition("{}")
            if "." in head and (head in beginnings if place else head in keys):
                seen += 1
                if here in MAY_IMPORT and head.partition(".")[0] not in MAY_IMPORT[here] | {here}:
                    wrong.append(f"{here}: {text}")
    assert seen > 500
    assert wrong == []


def test_the_texts_of_a_code_are_in_the_file_of_a_folder_that_raises_it() -> None:
    said = {here: set(texts) for here, texts in said_in_code().items()}
    forms = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "workbook_templates" / "forms").rglob("form.toml")))
    said["rules"] |= set(re.findall(r'"([A-Z]\d{3})"', forms))
    codes = {found.groups() for texts in catalogue("en").values() for key in texts if (found := CODE_OF_TEXT.fullmatch(key))}
    assert len(codes) > 200
    assert sorted(f"{folder}: {error or code}" for folder, error, code in codes if (error or code) not in said[folder]) == []


def test_every_text_is_shown_somewhere() -> None:
    """Its key is in the code, or an f-string makes it. `_one` (the singular), `.wrong` and `.allowed` (of a form) are added to a key."""
    everything = {text for said in said_in_code().values() for text in said}
    parts = [text for text in everything if re.match(r"[a-z]+\.(?:\{\}|[a-z_]+[._{].*\{\})", text)]
    made = [re.compile(re.escape(text).replace(r"\{\}", r"[\w+-]+")) for text in parts]
    keys = [key for texts in catalogue("en").values() for key in texts if not CODE_OF_TEXT.fullmatch(key) and ".example." not in key]
    assert len(keys) > 1000
    unused = []
    for key in keys:
        shown = {key, re.sub(r"_one$|\.wrong$|\.allowed$|\.what$|\.why$|\.fix$", "", key)}
        if not shown & everything and not any(pattern.fullmatch(one) for pattern in made for one in shown):
            unused.append(key)
    assert unused == []
