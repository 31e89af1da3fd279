"""Every verb is one line of the table, one file of its name, one command; and gets from the command line what its function takes."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from collab_xl import verbs
from collab_xl.catalogue import LANGS, texts
from collab_xl.cli import app
from collab_xl.errors import CollabError
from collab_xl.options import PARAMETERS, TO_ALL, Call, passed
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.table import VERBS, Verb

FOLDER = Path(verbs.__file__).parent
HEAVY = {"pandas", "numpy", "lxml", "openpyxl", "xlsxwriter", "python_calamine", "rich"}


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[str]:
    """What can be typed, as typer has it: `templates build`."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words)
    for name, each in (inner or {}).items():
        yield from commands(each, (*words, name))


def test_the_command_line_has_the_verbs_of_the_table_and_no_others() -> None:
    typed = list(commands(typer.main.get_command(app)))
    assert len(typed) > 20
    assert sorted(typed) == sorted(verb.name for verb in VERBS)


@pytest.mark.parametrize("typed", sorted(commands(typer.main.get_command(app))))
def test_every_verb_has_a_file_of_its_name(typed: str) -> None:
    """Of a group (`forms add`) the group's; `import` alone is called otherwise, as it is a word of Python."""
    name = "import_tracker" if typed == "import" else typed.partition(" ")[0]
    assert (FOLDER / f"{name}.py").is_file()
    verb = next(verb for verb in VERBS if verb.name == typed)
    assert verb.load().__module__ == f"collab_xl.verbs.{name}"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.id)
def test_a_verb_is_found_by_name_also_when_its_file_is_loaded(verb: Verb) -> None:
    function = verb.load()
    assert inspect.isfunction(function)
    assert getattr(verbs, verb.function) is function
    assert verb.function in verbs.__all__


def test_no_other_name_is_a_verb() -> None:
    with pytest.raises(AttributeError):
        _ = verbs.no_such_verb


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.id)
@pytest.mark.parametrize("all_typed", [False, True], ids=["nothing typed", "everything typed"])
def test_a_function_takes_what_is_passed_to_it(verb: Verb, all_typed: bool) -> None:
    samples = {"as_of": "2026-11-20", "lang": "en", "own_lang": "zh"}
    typed: dict[str, Any] = {}
    for name in verb.takes:
        shown = PARAMETERS[name].shown
        if shown is not None:
            needed = shown.default is ... or all_typed
            typed[name] = samples.get(name, "typed") if needed else shown.default
    by_place, by_keyword = passed(verb, typed, Call(as_json=True, quiet=False, progress=no_progress))
    signature = inspect.signature(verb.load())
    signature.bind(*by_place, **by_keyword)
    wanted = {name for name, p in signature.parameters.items() if p.default is p.empty}
    assert wanted <= {*list(signature.parameters)[: len(by_place)], *by_keyword}


def test_every_word_is_taken_by_a_verb() -> None:
    assert {name for verb in VERBS for name in verb.takes} == set(PARAMETERS)
    assert not PARAMETERS.keys() & TO_ALL.keys()


def test_what_cannot_be_read_is_wrong_usage() -> None:
    check = next(verb for verb in VERBS if verb.name == "check")
    call = Call(as_json=False, quiet=False, progress=no_progress)
    for typed, code in (({"as_of": "2026-13-05"}, "usage_as_of"), ({"lang": "fr"}, "usage_lang")):
        with pytest.raises(CollabError) as refusal:
            passed(check, {"master": Path("m.xlsx"), **typed}, call)
        assert (refusal.value.code, refusal.value.exit_code) == (code, 2)


@pytest.mark.parametrize("lang", LANGS)
def test_every_verb_has_its_help(lang: str) -> None:
    wanted = {f"verbs.help.{verb.id}" for verb in VERBS} | {f"verbs.help.{verb.file}" for verb in VERBS if " " in verb.name}
    assert wanted <= texts(lang).keys()


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, collab_xl.cli; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert "typer" in loaded
    assert loaded & HEAVY == set()
