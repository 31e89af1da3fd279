"""The commands shown to a newcomer are really run: every one of both READMEs and of every `--help`. And the words shown are the demo's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from e2e.command_line import Done, command_line
from kit.small_wheels import folder_of_wheels

from collab_xl.catalogue import LANGS, texts
from collab_xl.verbs.table import VERBS as TABLE

ROOT = Path(__file__).resolve().parents[1]
README = {"zh": ROOT / "README.zh.md", "en": ROOT / "README.md"}
MASTER = {"zh": "主表.xlsx", "en": "master.xlsx"}
TRACKER = {"zh": "旧表.xlsx", "en": "tracker.xlsx"}
EXAMPLE = r"(?:例：|Example: )(collab-xl .+)"
DONE = {0, 3, 4}
"""Exit codes of a command that did its work: nothing to report, findings, something waits."""
WITHOUT_PICTURES = {"PATH": "/nonexistent"}
VERBS = tuple(verb.name for verb in TABLE if " " not in verb.name)


@pytest.fixture(scope="module", params=LANGS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Done]:
    """A language, the folder of its demo, and what the demo printed. The Chinese one has pictures: each is a start of LibreOffice."""
    lang: str = request.param
    folder = tmp_path_factory.mktemp(f"readme-{lang}") / "demo-out"
    return lang, folder, command_line("demo", "--out", folder, "--lang", lang, "--json", env={} if lang == "zh" else WITHOUT_PICTURES)


@pytest.mark.parametrize("told", ["zh", pytest.param("en", marks=pytest.mark.slow)], indirect=True)
def test_the_demo_can_clear_exactly_what_it_made(told: tuple[str, Path, Done], tmp_path: Path) -> None:
    lang, folder, done = told
    copy = tmp_path / "demo-out"
    shutil.copytree(folder, copy)
    assert len(done.json["files"]) > 4
    assert list(copy.glob("*.png")) or lang != "zh" or not shutil.which("soffice")
    again = command_line("demo", "--out", copy, "--lang", lang, "--json", env=WITHOUT_PICTURES)
    assert not list(copy.glob("*.png"))  # those of the first time are gone
    assert (again.code, {*again.json["told"]}) == (done.code, {*done.json["told"], texts(lang)["demo.step.picture"]})
    (copy / MASTER[lang]).write_bytes((copy / MASTER[lang]).read_bytes() + b"typed")
    refused = command_line("demo", "--out", copy, "--lang", lang, "--json")
    assert (refused.code, refused.json["error"]) == (5, "demo_folder")
    assert MASTER[lang] in refused.err


def desk(told: tuple[str, Path, Done], folder: Path) -> str:
    """Lay out what the examples name: the demo's master with its folder, an inbox, a tracker. Returns the language."""
    lang, demo, _ = told
    master = MASTER[lang]
    shutil.copy(demo / master, folder / master)
    shutil.copytree(demo / master.replace(".xlsx", ".collab"), folder / master.replace(".xlsx", ".collab"))
    shutil.copytree(demo / "inbox", folder / "inbox")
    shutil.copy(demo / master, folder / TRACKER[lang])
    return lang


def carry_out(command: str, lang: str, folder: Path) -> Done:
    words = shlex.split(command)
    assert words[0] == "collab-xl"
    if words[1] == "init":
        shutil.rmtree(folder / MASTER[lang].replace(".xlsx", ".collab"))
        (folder / MASTER[lang]).unlink()
    if words[1] == "doctor":
        (folder / TRACKER[lang]).unlink()  # a copy of the master, which doctor would rightly name
    env = {"COLLAB_XL_LANG": lang}
    if words[1] == "kit":  # its packages come from a folder here: a test that says what a newcomer sees needs no network
        env |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": str(folder_of_wheels(folder / "wheels"))}
    if words[1] == "demo":
        env |= WITHOUT_PICTURES
    return command_line(*words[1:], cwd=folder, env=env)


def shown(lang: str) -> list[tuple[str, list[str]]]:
    """(command, the lines printed below it) of every console block."""
    blocks = re.findall(r"```console\n(.*?)```", README[lang].read_text("utf-8"), re.S)
    return [(lines[0].removeprefix("$ "), lines[1:]) for lines in (block.strip().splitlines() for block in blocks)]


def plain(line: str) -> str:
    """Without what differs from run to run: run ids and folders."""
    return re.sub(r"(?<=[:：]).*outbox.*$", " …", re.sub(r"R\d{4}-[0-9a-f]{4}", "R", line))


def test_every_command_of_the_readme_runs(told: tuple[str, Path, Done], tmp_path: Path) -> None:
    commands = shown(told[0])
    assert len(commands) >= 5
    for number, (command, printed) in enumerate(commands):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = carry_out(command, desk(told, folder), folder)
        assert done.code in DONE, f"{command}: {done.code} {done.err}"
        assert printed, f"{command}: its output is not shown"
        if " init " in command:
            assert done.out.splitlines() == printed
        if " doctor " in command:
            rest = iter(done.out.splitlines())
            assert [line for line in printed if line != "…" and line not in rest] == []


def test_the_output_shown_is_the_demo_s(told: tuple[str, Path, Done]) -> None:
    lang, _, done = told
    steps = done.json["steps"]
    assert done.code == 0
    assert len(steps) > 8
    told_lines = {plain(line) for line in done.json["told"].values()}
    first = [plain(printed[0]) for command, printed in shown(lang) if " init " not in command and " doctor " not in command]
    assert len(first) >= 4
    assert [line for line in first if line not in told_lines] == []


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "desk"])  # its window waits for a person: tests/desk
def test_the_example_of_every_help_runs(told: tuple[str, Path, Done], tmp_path: Path, verb: str) -> None:
    lang = desk(told, tmp_path)
    example = re.search(EXAMPLE, texts(lang)[f"verbs.help.{verb}"])
    assert example
    ran = carry_out(example[1].strip(), lang, tmp_path)
    assert ran.code in DONE, f"{example[1]}: {ran.code} {ran.err}"


@pytest.mark.parametrize("lang", LANGS)
def test_help_prints_the_example(lang: str) -> None:
    done = command_line("consolidate", "--help", env={"COLLAB_XL_LANG": lang, "COLUMNS": "200"}, real=True)
    example = re.search(EXAMPLE, done.out)
    assert example
    assert example[0] in texts(lang)["verbs.help.consolidate"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_readme_names_every_verb_and_every_verb_has_an_example(lang: str) -> None:
    named = README[lang].read_text("utf-8")
    helped = [key.removeprefix("verbs.help.") for key in texts(lang) if re.fullmatch(r"verbs\.help\.[a-z]+", key)]
    verbs = [v for v in helped if v not in ("app", "templates")]
    assert set(VERBS) <= set(verbs)
    assert [v for v in verbs if f"`{v}" not in named] == []
    assert [v for v in helped if "collab-xl" not in texts(lang)[f"verbs.help.{v}"]] == []


def test_the_templates_example_runs(tmp_path: Path) -> None:
    done = command_line("templates", "build", "--out", "templates", cwd=tmp_path)
    assert done.code == 0, done.err
    assert sorted(p.name for p in (tmp_path / "templates").iterdir()) == ["master.en.xlsx", "master.zh.xlsx"]
